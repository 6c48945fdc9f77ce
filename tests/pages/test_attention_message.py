"""What the page Attention sends: the weights of the network itself, in a first message that stays small."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gradcam_core.attention import features, flow, sinks
from gradcam_core.attention.blocks import CHANGED
from gradcam_core.attention.passes import AttentionPass, attend
from gradcam_core.models import load_model
from gradcam_core.preprocessing import prepare
from gradcam_core.receptive_field import receptive_field
from gradcam_core.recording import record
from gradcam_core.rendering.render import DEFAULT_LOOK
from gradcam_core.samples import load_sample
from pages._ui.attention import message as messages
from pages._ui.attention.element import Wanted
from pages._ui.attention.features import feature_layers
from pages._ui.attention.message import _block, attention_message, view_id
from pages._ui.attention.parts import part_message
from pages._ui.attention.reading import _blocks, attention_reading
from pages._ui.attention.words import opening
from pages._ui.session.question import Question
from pages._ui.viewer.payload import unpack
from tests.core.test_attention_places import OtherOrder, Stem
from tests.core.transformers import SIDE
from tests.pages.questions import question_about
from tests.support import loaded

HALF = 1e-3  # of a share, that float16 may be away from it


def sent(question: Question) -> tuple[dict, dict[str, bytes]]:  # type: ignore[type-arg]
    return unpack(attention_message(question, attention_reading(question), DEFAULT_LOOK))


def matrix(data: bytes, *shape: int) -> np.ndarray:
    return np.frombuffer(data, "<f2").reshape(shape)


def part(question: Question, name: str) -> tuple[dict, dict[str, bytes]]:  # type: ignore[type-arg]
    return unpack(part_message(question, Wanted(view_id(question), name, 1)))


def test_all_heads_of_a_small_network_come_at_once_as_the_network_weighs_them(
    question: Question, attended: AttentionPass
) -> None:
    head, blobs = sent(question)
    for place, block in enumerate(head["blocks"]):
        heads, tokens, weights = block["heads"], block["tokens"], attended.weights(place)
        assert np.allclose(matrix(blobs[f"heads-{place}"], heads, tokens, tokens), weights, rtol=HALF, atol=1e-6)
    assert len(head["blocks"]) == len(attended.blocks)
    assert len(attention_message(question, attention_reading(question), DEFAULT_LOOK)) <= messages.MOST_BYTES


def test_what_is_read_is_the_class_token_and_its_rows_are_the_filmstrip(
    question: Question, attended: AttentionPass
) -> None:
    head, blobs = sent(question)
    assert head["tokens"] == ["class token"]
    assert {(block["reader"], block["prefix"]) for block in head["blocks"]} == {("the class token", 1)}
    assert np.frombuffer(blobs["readers-1"], "<f4").tolist() == [1.0] + [0.0] * 256
    rows = matrix(blobs["rows-1"], 1 + head["blocks"][1]["heads"], head["blocks"][1]["tokens"])
    assert np.allclose(rows[1:], attended.weights(1)[:, 0], rtol=HALF, atol=1e-6)
    assert np.allclose(rows[0], attended.weights(1)[:, 0].mean(0), rtol=HALF, atol=1e-6)


def test_what_does_not_fit_into_the_first_message_is_a_part_and_the_last_block_comes_first(
    question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, all_blobs = sent(question)
    of_mean = 2 * head["blocks"][1]["tokens"] ** 2
    whole = len(attention_message(question, attention_reading(question), DEFAULT_LOOK))
    of_heads = sum(len(blob) for name, blob in all_blobs.items() if name.startswith("heads"))
    monkeypatch.setattr(messages, "MOST_BYTES", whole - of_heads + of_mean + of_mean // 2)
    message = attention_message(question, attention_reading(question), DEFAULT_LOOK)
    _, blobs = unpack(message)
    assert len(message) <= messages.MOST_BYTES
    assert {"mean-2"} == {name for name in blobs if name.startswith(("mean", "heads"))}
    assert part(question, "heads-0")[1]["heads-0"] == all_blobs["heads-0"]
    last = matrix(all_blobs["heads-2"], head["blocks"][2]["heads"], -1)
    assert part(question, "head-8")[1]["head-8"] == last[2].tobytes()  # after the six of the first two blocks
    heads = matrix(all_blobs["heads-0"], head["blocks"][0]["heads"], -1).astype(np.float32)
    mean = matrix(part(question, "mean-0")[1]["mean-0"], -1)
    assert np.allclose(mean, heads.mean(0), rtol=2 * HALF, atol=1e-6)


def test_rollout_up_to_a_block_is_that_of_the_blocks_until_then(question: Question, attended: AttentionPass) -> None:
    _, blobs = part(question, "rollout-0")
    wanted = flow.rollout([attended.weights(0)])
    assert np.allclose(matrix(blobs["rollout-0"], *wanted.shape), wanted, rtol=HALF, atol=1e-6)


@pytest.mark.parametrize("name", ["heads-9", "head-9", "heads-", "what-1", "heads-1e3", "rollout-99", "-", "heads-²"])
def test_a_part_that_there_is_not_is_refused_in_a_sentence(question: Question, name: str) -> None:
    head, blobs = part(question, name)
    assert head["error"]
    assert blobs == {}


def test_a_network_without_attention_gives_a_page_that_says_so() -> None:
    head, _ = sent(question_about("tinynet"))
    assert head["blocks"] == []
    assert "has no attention" in head["says"][0]


def test_the_first_sentence_names_the_block_and_what_shows_no_weights(question: Question) -> None:
    reading = attention_reading(question)
    first, _, last = reading.blocks
    of_first = replace(reading, blocks=(first, replace(last, mean=None, rows=None)))
    assert opening(question, reading)[0].startswith("In the last block the class token looks most ")
    assert opening(question, of_first)[0].startswith("In block 1 the class token looks most ")
    even = replace(last, rows=np.full_like(last.rows, 1 / 257))
    of_even = opening(question, replace(reading, blocks=(first, even)))[0]
    assert of_even == "In the last block the class token looks at all patches nearly alike."
    why = "The attention of blocks.0 is computed in a way that shows no weights."
    unseen = replace(reading, blocks=(), unseen=("blocks.0",), why_not_followed=why)
    assert opening(question, unseen)[0].startswith(why)


def test_views_differ_by_image_model_and_preprocessing_and_by_nothing_else(question: Question) -> None:
    assert view_id(replace(question, preprocessing="squash")) != view_id(question)
    assert view_id(replace(question, layer="blocks.0", method="hirescam")) == view_id(question)


def test_features_of_a_layer_are_the_cores_and_lie_where_its_cells_look() -> None:
    question = question_about("tinynet")
    head, _ = sent(question)
    place, model = len(head["layers"]) - 1, load_model("tinynet")
    layer = model.layer(head["layers"][place]["name"])
    tensor = prepare(load_sample("meadow"), model.input_spec).tensor
    activation = record(model, tensor, [layer.name]).activation(layer.name)
    told, blobs = part(question, f"similarity-{place}")
    own = matrix(blobs[f"similarity-{place}"], -1, told["channels"]).astype(np.float32)
    assert np.allclose(own @ own.T, features.similarity(activation), atol=2 * HALF)
    assert tuple(told["shift"]) == receptive_field(model, layer).shift
    shades = np.frombuffer(part(question, f"colours-{place}")[1][f"colours-{place}"], np.uint8)
    assert np.array_equal(shades.reshape(*layer.layout.grid, 3), features.colours(activation))


def test_a_stage_that_gives_what_its_last_block_gives_is_offered_once() -> None:
    asked = question_about("tinynet")
    assert {"blocks", "blocks.5"} <= {layer.name for layer in asked.model.layers if layer.is_block}
    names = [layer.name for layer in feature_layers(asked)]
    assert "blocks.5" in names
    assert "blocks" not in names


def test_the_last_block_is_compared_too_though_only_its_class_token_is_read() -> None:
    asked, model = question_about("tinyvit"), load_model("tinyvit")
    names = [layer.name for layer in feature_layers(asked)]
    assert names[-1] == "blocks.2"
    assert "blocks.2" not in {layer.name for layer in model.layers}
    tensor = prepare(load_sample("meadow"), model.input_spec).tensor
    shades = part(asked, f"colours-{len(names) - 1}")[1][f"colours-{len(names) - 1}"]
    expected = features.colours(record(model, tensor, ["blocks.2"]).activation("blocks.2"))
    assert np.array_equal(np.frombuffer(shades, np.uint8).reshape(16, 16, 3), expected)


def test_a_block_whose_weights_the_network_changes_says_so() -> None:
    model = load_model("tinyvit")
    plain, *_ = _blocks(model, attend(model, prepare(load_sample("meadow"), model.input_spec).tensor), None)
    changed = replace(plain, block=replace(plain.block, is_changed=True))
    reading = attention_reading(question_about("tinyvit"))
    assert [_block(reading, one, (0, 0))["doubt"] for one in (plain, changed)] == ["", CHANGED]


def test_patches_of_unusual_size_are_those_of_the_last_block_but_one(question: Question) -> None:
    model = load_model("tinyvit")
    tensor = prepare(load_sample("meadow"), model.input_spec).tensor
    activation = record(model, tensor, ["blocks.1"]).activation("blocks.1")
    head, blobs = part(question, "outliers-0")
    assert head["layer"] == "blocks.1"
    found = np.frombuffer(blobs["outliers-0"], np.uint8).reshape(activation.shape[1:])
    assert np.array_equal(found, sinks.outlying_cells(activation))
    assert part(question_about("tinynet"), "outliers-0")[1]["outliers-0"] == b""


def test_cells_lie_where_the_network_looks_and_in_another_order_nowhere() -> None:
    of_strides, scrambled = (
        _blocks(model, attend(model, torch.rand(1, 3, SIDE, SIDE)), None)
        for model in (loaded(Stem(), side=SIDE), loaded(OtherOrder(), side=SIDE))
    )
    assert all(-0.6 < side < -0.2 for one in of_strides for side in one.field.shift)
    assert all(one.rows is not None and not one.reason for one in of_strides)
    assert all(one.rows is None and "lie in another order" in one.reason for one in scrambled)
