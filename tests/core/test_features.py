"""Which cells are alike to a network: do similarity and colours of features equal their closed forms?"""

import numpy as np
import pytest
import torch

from gradcam_core.attention.features import colours, similarity
from gradcam_core.errors import LayerError, ResourceError
from gradcam_core.recording import record
from gradcam_core.tinynet import TinyNet
from gradcam_core.tinyvit import INPUT_SIDE
from tests.support import embedded_network, loaded

H, W, CHANNELS = 3, 5, 7
UP, DOWN = (np.random.default_rng(seed).normal(size=CHANNELS) for seed in (0, 1))
IS_UP = np.random.default_rng(2).random((H, W)) < 0.5


def noise(channels: int = CHANNELS, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(channels, H, W)).astype(np.float32)


def two_groups() -> np.ndarray:
    return np.where(IS_UP, UP[:, None, None], DOWN[:, None, None]).astype(np.float32)


def test_two_groups_of_features_give_a_matrix_of_blocks() -> None:
    between = UP @ DOWN / np.linalg.norm(UP) / np.linalg.norm(DOWN)
    together = np.equal.outer(IS_UP.ravel(), IS_UP.ravel())
    assert np.allclose(similarity(two_groups()), np.where(together, 1, between), atol=1e-6)


def test_similarity_knows_directions_alone() -> None:
    lengths = np.where(IS_UP, 3.0, -0.5)
    signs = np.sign(lengths).ravel()
    assert np.allclose(similarity(UP[:, None, None] * lengths), np.multiply.outer(signs, signs), atol=1e-6)
    found = similarity(noise())
    assert found.dtype == np.float32
    assert np.allclose(np.diag(found), 1)
    assert np.array_equal(found, found.T)


def test_a_cell_without_features_is_like_no_cell() -> None:
    features = noise()
    features[:, 1, 2] = 0
    found = similarity(features)
    assert not found[7].any()
    assert not found[:, 7].any()
    assert np.allclose(np.delete(np.diag(found), 7), 1)


def test_more_cells_than_can_be_compared_are_refused() -> None:
    with pytest.raises(ResourceError, match="4,160 cells are too many") as caught:
        similarity(np.ones((1, 64, 65), dtype=np.float32))
    assert "later layer" in caught.value.hint


@pytest.mark.parametrize("made", [similarity, colours])
def test_features_that_are_no_numbers_are_one_sentence(made: object) -> None:
    features = noise()
    features[0, 0, 0] = np.nan
    with pytest.raises(LayerError, match="finite numbers"):
        made(features)  # type: ignore[operator]


def test_features_along_one_direction_vary_in_the_first_colour_alone() -> None:
    direction = np.array([0.1, -1.5, 2.0, 0, 0, 1, 0])  # its second channel is the first that has much of it
    places = np.arange(H * W, dtype=np.float32).reshape(H, W)
    found = colours(5 + direction[:, None, None] * places)
    assert found.dtype == np.uint8
    assert np.array_equal(found[..., 0], np.rint(255 * (1 - places / 14)))
    assert (found[..., 1:] == 128).all()


def test_components_are_ordered_by_how_much_they_vary() -> None:
    """Three channels that vary independently: the widest is red, the next one green, the last one blue."""
    rows, columns = np.indices((4, 4))
    chequered = (rows + columns) % 2 * 2 - 1
    steps = np.stack([np.where(rows % 2, 1, -1), np.where(rows < 2, 3, -3), np.where(columns < 2, -9, 9) * chequered])
    found = colours(steps.astype(np.float32))
    for colour, channel in enumerate((2, 1, 0)):
        assert np.array_equal(found[..., colour], np.where(steps[channel] > 0, 255, 0))


@pytest.mark.parametrize("channels", [CHANNELS, 40])  # fewer and more than cells
def test_the_same_features_always_have_the_same_colours(channels: int) -> None:
    """However they come: turned over, mirrored or shifted, as decompositions give either sign then."""
    features = noise(channels)
    found = colours(features)
    assert np.array_equal(colours(features[:, ::-1])[::-1], found)
    assert np.array_equal(colours(features[:, :, ::-1])[:, ::-1], found)
    assert np.array_equal(colours(features.astype(np.float64) + 100), found)
    assert np.array_equal(colours(4 * features), found)


def test_many_channels_and_few_give_the_same_components() -> None:
    """Channels that are all 0 change nothing but the way it is computed."""
    padded = np.concatenate([noise(), np.zeros((40, H, W), dtype=np.float32)])
    assert np.array_equal(colours(padded), colours(noise()))


@pytest.mark.parametrize("value", [0.0, 0.1, -7e4])
def test_cells_that_are_all_alike_are_grey(value: float) -> None:
    features = np.full((CHANNELS, H, W), value, dtype=np.float32)
    assert (colours(features) == 128).all()


def test_one_channel_and_one_cell_are_no_error() -> None:
    assert (colours(np.ones((CHANNELS, 1, 1), dtype=np.float32)) == 128).all()
    single = colours(np.arange(6, dtype=np.float32).reshape(1, 2, 3))
    assert single[..., 0].tolist() == [[0, 51, 102], [153, 204, 255]]


@pytest.mark.parametrize("name", ["tinynet", "tinyvit"])
def test_a_cnn_and_a_transformer_show_their_features_alike(name: str) -> None:
    module = TinyNet(4) if name == "tinynet" else embedded_network(name)
    model = loaded(module, side=INPUT_SIDE)
    image = torch.rand(1, 3, INPUT_SIDE, INPUT_SIDE, generator=torch.Generator().manual_seed(0))
    activation = record(model, image, [model.default_layer]).activation(model.default_layer)
    assert similarity(activation).shape == (256, 256)
    assert colours(activation).shape == (16, 16, 3)
    assert all(np.ptp(colours(activation)[..., colour]) == 255 for colour in range(3))
