"""What is offered where a map shows nothing or much of the picture was never seen, and does it help?"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.image.samples import sample_picture
from pages._ui.result.remedies import for_misleading
from pages._ui.session.question import Question
from pages._ui.session.results import ForwardResult, model_card
from pages._ui.session.shared import shared
from tests.pages.support import view

Open = Callable[..., AppTest]
NEGATIVE = {"layer": "blocks.3", "class": "10"}  # of the first scene, by Grad-CAM


def of_class(app: AppTest, index: int) -> dict[str, Any]:
    (found,) = [one for one in view(app)["classes"] if one["index"] == index]
    return dict(found)


def press(app: AppTest, name: str, value: str) -> AppTest:
    """As the browser tells of a button beside the panels."""
    app.session_state["viewer"] = {"choice": {"token": f"{name} {value}", "name": name, "value": value}}
    return app.run()


def test_a_negative_map_is_offered_its_other_side_and_what_gives_one(open_app: Open) -> None:
    negative = of_class(open_app(**NEGATIVE), 10)
    assert "negative everywhere" in negative["note"]
    assert negative["magnitude"] > 0
    against, layer, method, likeliest = negative["remedies"]
    assert against == {"title": "Show evidence against it", "look": {"sign": "both"}}
    assert layer == {"title": "Explain at layer blocks.5", "choose": ["layer", "blocks.5"]}
    assert method == {"title": "Use HiResCAM", "choose": ["method", "hirescam"]}
    assert likeliest == {"title": "Explain “cat”, the likeliest class", "class": 0}


@pytest.mark.parametrize("name", ["layer", "method"])
def test_what_is_offered_is_chosen_on_the_whole_page_and_gives_a_map(open_app: Open, name: str) -> None:
    app = open_app(**NEGATIVE)
    (choice,) = [one["choose"] for one in of_class(app, 10)["remedies"] if one.get("choose", [""])[0] == name]
    press(app, *choice)
    assert not app.exception
    assert of_class(app, 10)["note"] == ""
    assert of_class(app, 10)["remedies"] == []
    shown = app.radio(key=name) if name == "method" else app.selectbox(key=name)
    assert shown.value == choice[1]


def test_a_blank_map_that_nothing_helps_is_offered_the_likeliest_class_alone(open_app: Open) -> None:
    app = open_app(model="photos", **{"class": "0"})
    blank = of_class(app, 0)
    assert "is blank" in blank["note"]
    assert blank["magnitude"] == 0
    assert [one.get("class") for one in blank["remedies"]] == [view(app)["classes"][0]["index"]]


def test_a_map_that_can_be_used_is_offered_nothing(open_app: Open) -> None:
    assert {str(one["remedies"]) for one in view(open_app())["classes"] if "remedies" in one} == {"[]"}


def test_where_much_was_never_seen_everything_is_a_button_away(open_app: Open) -> None:
    app = open_app(image="temple", model="photos")
    (remedy,) = view(app)["remedies"]
    assert remedy["text"] == "The model never saw 49.0\N{NO-BREAK SPACE}% of the image."
    press(app, *remedy["choose"])
    assert app.radio(key="preprocessing").value == "pad"
    assert view(app)["remedies"] == []
    assert view(app)["seen"] == [0, 0, *view(app)["shown"]]
    assert view(open_app(image="temple"))["remedies"] == []  # not quite a third


@pytest.mark.parametrize(
    "told",
    [{}, {"token": "1", "name": "model", "value": "photos"}, {"token": "1", "name": "layer", "value": ["blocks.0"]}],
)
def test_other_things_are_not_chosen_so(open_app: Open, told: dict[str, Any]) -> None:
    app = open_app()
    before = view(app)
    app.session_state["viewer"] = {"choice": told}
    assert view(app.run()) == before
    assert not app.exception


def test_a_layer_that_is_not_there_leaves_the_usual_one(open_app: Open) -> None:
    app = press(open_app(), "layer", "nowhere")
    assert app.selectbox(key="layer").value == "blocks.5"
    assert not app.exception


def test_others_are_tried_once_somebody_looks_at_the_class(open_app: Open) -> None:
    app = open_app(image="desert", layer="blocks.3")  # where one listed class has no map of its own
    unseen = next(one for one in view(app)["classes"][1:] if one.get("note"))
    assert not unseen["isLookedAt"]
    assert not any("choose" in remedy for remedy in unseen["remedies"])
    asked = {"imageAndModel": view(app)["imageAndModel"], "index": unseen["index"], "try": 1}
    app.session_state["viewer"] = {"asked": asked}
    seen = of_class(app.run(), unseen["index"])
    assert seen["isLookedAt"]
    assert any("choose" in remedy for remedy in seen["remedies"])


def test_a_certain_answer_and_a_map_at_the_border_have_a_sentence_and_a_way_out(open_app: Open) -> None:
    open_app()
    known, question = answered()
    cam = known.cams[0]
    certain = replace(cam, prediction=replace(cam.prediction, probability=0.9999))
    (told,) = for_misleading(question, known, certain, tries_others=True)
    assert "certain" in told["text"]
    assert (told["title"], told["class"]) == ("Explain “dog”", 1)
    values = np.zeros(cam.shape, np.float32)
    values[:, [0, -1]] = 1
    first, *_ = for_misleading(question, known, replace(cam, values=values), tries_others=True)
    assert "border" in first["text"]
    assert first["choose"][0] == "layer"
    assert for_misleading(question, known, replace(cam, values=values), tries_others=False) == []
    assert for_misleading(question, known, cam, tries_others=True) == []


def answered() -> tuple[ForwardResult, Question]:
    """What the first screen asked, and its answer from the store that everybody shares."""
    card = model_card("tinynet")
    image = sample_picture("meadow")
    question = Question(image, card, card.default_layer, "gradcam", "trained")
    known = shared().results.get(question.key)
    assert known is not None
    return known, question
