"""The sweep as a picture, the league of all maps, and the classic measures of one: each against what is known of it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

from gradcam_core.engine import Explainer, ForwardPass
from gradcam_core.errors import ImageError
from gradcam_core.images import load_image
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models import LoadedModel
from gradcam_core.samples import load_sample, sample_masks
from gradcam_core.scoring.function import score_function
from gradcam_core.trust.check import sweep_of
from gradcam_core.trust.fall_map import fall_map
from gradcam_core.trust.league import league
from gradcam_core.trust.measured import CHANCE, MAP, PICTURES, measure_map
from gradcam_core.trust.provisional import provisional
from gradcam_core.trust.sweep import Sweep
from tests.support import methods_for, png

LAYERS = ("blocks.3", "blocks.5")


@pytest.fixture(scope="module")
def forward(tinynet: LoadedModel) -> ForwardPass:
    return Explainer(tinynet, LAYERS[0]).forward(load_sample("meadow"), layers=LAYERS)


@pytest.fixture(scope="module")
def sweep(forward: ForwardPass) -> Sweep:
    return sweep_of(forward)


def class_of(forward: ForwardPass, label: str) -> int:
    return forward.model.labels.index(label)


def test_hiding_costs_most_where_the_thing_is(forward: ForwardPass, sweep: Sweep) -> None:
    masks = sample_masks("meadow")
    for label, mask in masks.items():
        cam = fall_map(sweep, forward.cam(class_of(forward, label)))
        x, y = cam.peak
        assert mask[max(y - 40, 0) : y + 40, max(x - 40, 0) : x + 40].any()
        cost = cam.geometry.to_original(cam.values)
        (other,) = (one for name, one in masks.items() if name != label)
        assert cost[mask].mean() > 0 > cost[other].mean()


def test_the_fall_map_lies_where_the_image_lies_in_a_padded_input(
    tinynet: LoadedModel, make_image: Callable[..., LoadedImage]
) -> None:
    padded = Explainer(tinynet).forward(make_image(300, 100), preprocessing="pad")
    cam = fall_map(sweep_of(padded), padded.cam(0))
    assert cam.geometry.window == pytest.approx((0, 0, 300, 100), abs=2)
    assert cam.shape[1] > 2 * cam.shape[0]


def test_the_league_holds_every_quick_map_with_its_own_agreement(forward: ForwardPass, sweep: Sweep) -> None:
    index = class_of(forward, "cat")
    told: list[tuple[int, int]] = []
    rows = league(forward, sweep, index, LAYERS, progress=lambda done, total: told.append((done, total)))
    methods = methods_for(forward.model)
    assert {(row.layer, row.method) for row in rows} == {(layer, slug) for layer in LAYERS for slug in methods}
    assert told == [(done, len(rows)) for done in range(len(rows))]
    for row in rows[:3]:
        cam = forward.cam(index, row.method, layer=row.layer)
        assert row.agreement == pytest.approx(provisional(sweep, cam).agreement.lower)
    found = [row.agreement for row in rows if not row.note]
    assert found == sorted(found, reverse=True)


def test_a_container_of_a_layer_is_no_further_layer_of_the_league(tinynet: LoadedModel) -> None:
    layers = ("blocks.5", "blocks")
    forward = Explainer(tinynet, layers[0]).forward(load_sample("meadow"), layers=layers)
    rows = league(forward, sweep_of(forward), class_of(forward, "cat"), layers)
    assert {row.layer for row in rows} == {"blocks.5"}


def test_measures_stand_beside_what_knows_nothing(forward: ForwardPass, sweep: Sweep) -> None:
    asked: list[int] = []
    score = score_function(forward.model)

    def counted(inputs: np.ndarray | Tensor, /) -> np.ndarray:
        asked.append(len(inputs))
        return score(inputs)

    cam = forward.cam(class_of(forward, "cat"), layer="blocks.5")
    found = measure_map(counted, sweep, cam, sample_masks("meadow")["cat"])
    assert sum(asked) == PICTURES
    rows = {row.measure.slug: row for row in found.rows}
    for slug in ("deletion", "insertion", "srg"):
        row = rows[slug]
        sign = -1 if row.measure.better == "lower" else 1
        assert all(
            sign * row.value > sign * other for other in row.baselines.values() if other != row.baselines["edges"]
        )
    assert rows["pointing-game"].value == 1
    assert rows["energy-pointing-game"].value > 3 * rows["energy-pointing-game"].baselines[CHANCE]
    assert found.deletion[MAP].values[0] == pytest.approx(found.insertion[MAP].values[-1], abs=1e-5)


def test_without_a_mask_nothing_is_said_of_the_thing(forward: ForwardPass, sweep: Sweep) -> None:
    found = measure_map(score_function(forward.model), sweep, forward.cam(0))
    assert not any(row.measure.needs_mask for row in found.rows)


def test_a_mask_of_another_size_is_refused_before_the_network_is_asked(forward: ForwardPass, sweep: Sweep) -> None:
    mask = np.pad(sample_masks("meadow")["cat"], ((0, 1), (0, 0)))

    def nothing(_inputs: np.ndarray | Tensor, /) -> np.ndarray:
        raise AssertionError("the network was asked")

    with pytest.raises(ImageError, match="The mask is"):
        measure_map(nothing, sweep, forward.cam(0), mask)


def test_of_a_picture_without_room_for_parts_both_views_say_why(tinynet: LoadedModel) -> None:
    thin = load_image(png(Image.new("RGB", (900, 10), (200, 80, 20))))
    forward = Explainer(tinynet).forward(thin, preprocessing="pad")
    sweep, index = sweep_of(forward), forward.top(1)[0].class_index
    for told in (
        fall_map(sweep, forward.cam(index)).note,
        *(row.note for row in league(forward, sweep, index, LAYERS[1:])),
    ):
        assert told == "The picture is too small for parts to be hidden in it."


def test_of_a_network_of_one_class_both_views_say_why(forward: ForwardPass, sweep: Sweep) -> None:
    one = replace(sweep, logits=sweep.logits[:1], hidden_logits=sweep.hidden_logits[..., :1])
    assert "only one class" in fall_map(one, forward.cam(0)).note
    assert all(np.isnan(row.agreement) and row.note for row in league(forward, one, 0, LAYERS[:1]))
