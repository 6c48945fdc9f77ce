"""The sentences on screen."""

from dataclasses import replace

import numpy as np
import pytest

from gradcam_core.cam import Cam, Prediction, ResultKey
from gradcam_core.errors import ImageError
from gradcam_core.geometry import InputGeometry, Window
from gradcam_core.layers.finding import TargetLayer
from gradcam_core.layers.layouts import Kind, Layout
from gradcam_core.methods import METHODS, CamMethod
from gradcam_core.sentences import caption
from pages._ui.text.sentences import (
    error_text,
    escape_markdown,
    how_to_read,
    notes,
    what_it_saw,
)

WHOLE = Window(0, 0, 90, 90)
LAYER = TargetLayer("layer4.1", "BasicBlock", Layout(Kind.CHANNELS_FIRST, 3, 3, 8))


def cam(values: np.ndarray, *, window: Window = WHOLE, note: str = "") -> Cam:
    return Cam(
        values=values.astype(np.float32),
        prediction=Prediction(7, "tabby", 4.25, 0.71),
        key=ResultKey("sha", "net", "layer4.1", "gradcam", 7, "trained"),
        geometry=InputGeometry((90, 90), (30, 30), window),
        method_title="Grad-CAM",
        model_title="Net",
        note=note,
    )


def one_hot(row: int, column: int) -> np.ndarray:
    values = np.zeros((3, 3))
    values[row, column] = 1
    return values


def test_caption_and_how_to_read_say_that_a_sign_is_a_convention_where_it_is_one() -> None:
    eigen = METHODS["eigencam"]
    made = replace(cam(one_hot(2, 0)), method_title=eigen.title, sign_rule=eigen.sign_rule)
    assert "Eigen-CAM (sign by convention)" in caption(made, "ab" * 32)
    assert any(eigen.sign_rule in paragraph for paragraph in how_to_read(made, eigen))
    assert "convention" not in caption(cam(one_hot(2, 0)), "ab" * 32)


def test_whoever_switches_to_a_method_with_the_same_map_is_told_so() -> None:
    plain = cam(one_hot(2, 0))
    said = "Grad-CAM and HiResCAM give the same map here: at this layer a channel counts the same in every cell."
    same = replace(plain, same_map_note=said)
    switched = replace(same, key=replace(same.key, method="hirescam"))
    assert notes(switched, LAYER, ("A note.",)) == [said, "A note."]
    assert notes(same, LAYER, ()) == []
    assert how_to_read(same, METHODS["gradcam"])[-1] == said
    assert said not in how_to_read(plain, METHODS["gradcam"])


def test_no_layer_is_named_where_the_map_does_not_depend_on_it() -> None:
    blind = replace(METHODS["gradcam"], depends_on_layer=False)
    for method in (blind, replace(blind, depends_on_class=False)):
        assert "layer4.1" not in how_to_read(cam(one_hot(0, 0)), method)[0]


def test_notes_say_what_was_never_seen_and_what_was_done_to_the_file() -> None:
    whole, cropped = cam(one_hot(1, 1)), cam(one_hot(1, 1), window=Window(10, 0, 80, 90))
    assert notes(whole, LAYER, ("The first of 12 frames is shown.",)) == ["The first of 12 frames is shown."]
    assert notes(cropped, LAYER, ()) == ["The model never saw the faded part."]


def test_a_layers_default_method_is_no_matter_where_no_layer_is_asked() -> None:
    tokens, one = replace(LAYER, layout=Layout(Kind.TOKENS, 3, 3, 8, prefix=1)), cam(one_hot(1, 1))
    rollout = replace(one, key=replace(one.key, method="rollout"))
    assert [len(notes(each, tokens, ())) for each in (one, rollout)] == [1, 0]
    assert notes(replace(rollout, remark="It leaves out blocks."), tokens, ()) == ["It leaves out blocks."]


def test_how_to_read_counts_the_cells_and_claims_no_cause() -> None:
    said = " ".join(how_to_read(cam(one_hot(1, 1)), METHODS["gradcam"]))
    assert "3 × 3 cells, each about 30 × 30 pixels" in said
    assert "no proof of a cause" in said
    assert METHODS["gradcam"].paper in said


@pytest.mark.parametrize("method", METHODS.values(), ids=list(METHODS))
def test_what_is_marked_is_said_in_the_methods_own_words(method: CamMethod) -> None:
    said = how_to_read(cam(one_hot(1, 1)), method)[0]
    marked = "What is marked at layer layer4.1" if method.depends_on_layer else "What is marked"
    assert said.startswith(f"{marked} is {method.phrase.bright}. ")


@pytest.mark.parametrize("slug", ["gradcam", "eigencam", "rollout"])
def test_how_to_read_says_that_a_map_is_about_no_class_where_it_is_the_same_for_all(slug: str) -> None:
    one = cam(one_hot(1, 1))
    said = " ".join(how_to_read(replace(one, key=replace(one.key, method=slug)), METHODS[slug]))
    assert "tabby" not in said  # it stands below the maps of all classes
    assert ("is not evidence for any of them" in said) is not METHODS[slug].depends_on_class


def test_what_it_saw_counts_what_it_did_not() -> None:
    cropped = InputGeometry((90, 90), (30, 30), Window(0, 0, 45, 90))
    said = " ".join(what_it_saw("Net", cropped, "As trained.")).replace("\N{NO-BREAK SPACE}", " ")
    assert "Net saw these 30 × 30 pixels and nothing else." in said
    assert "never saw 50.0 % of the picture" in said
    assert "saw the whole picture" in what_it_saw("Net", cam(one_hot(0, 0)).geometry, "Pad.")[-1]


@pytest.mark.parametrize(
    "text", ["![b](http://host/x.png)", ":red[x]", "$a$", "<img onerror>", "`c`", "# h", "* l", "a|b", "&lt;"]
)
def test_literal_escapes_every_sign_that_markdown_reads(text: str) -> None:
    shown = escape_markdown(text)
    for place_in_text, sign in enumerate(shown):
        if sign in "!#$&()*<>[]_`|":
            assert shown[place_in_text - 1] == "\\"


def test_literal_parts_what_is_looked_for_after_markdown() -> None:
    for text in (":smile:", "http://host", "a@b.c", "www.host.com", "a -> b", "x -- y", "a >= b"):
        assert "\u2060" in escape_markdown(text)
    assert escape_markdown("two\nlines") == "two lines"


def test_error_text_holds_message_and_hint() -> None:
    assert error_text(ImageError("No picture.", hint="Try another.")) == r"No picture\. Try another\."
