"""The Trust card without a browser: what the server tells it, for which view, and what happens where it can't."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gradcam_core.engine import Explainer
from gradcam_core.models import LoadedModel
from gradcam_core.samples import load_sample, sample_masks
from gradcam_core.scoring.function import _copied
from gradcam_core.trust.check import check_map
from pages._ui.session.jobs import jobs
from pages._ui.session.shared import model_cache, shared
from pages._ui.trust.cards import verdict_card
from tests.pages.support import view, view_and_blobs

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """Every test is the same session for Streamlit."""
    shared().checks.clear()
    jobs()._owners.clear()


def cards(app: AppTest) -> dict[str, dict[str, Any]]:
    """By class index, as the browser keeps them: what is told last counts."""
    found: dict[str, dict[str, Any]] = {}
    for element in app.get("bidi_component"):
        if element.proto.component_name.startswith("heatproof_trust_card"):
            told = json.loads(element.proto.json)
            assert told["question"] == view(app)["question"]
            found |= told["cards"]
    return found


def asks(app: AppTest) -> bool:
    """Whether the button is there."""
    return any(button.label == "Check this heatmap" for button in app.button)


def checked(app: AppTest) -> AppTest:
    """Press the button and wait for the verdict."""
    next(button for button in app.button if button.label == "Check this heatmap").click().run()
    return settled(app)


def settled(app: AppTest) -> AppTest:
    for _ in range(200):
        if cards(app) or asks(app):
            return app
        app.run()
    raise TimeoutError("no card and no button")


def words(app: AppTest) -> str:
    return re.sub(r"\\(?=[^\w\s])|\u2060", "", " ".join(one.value for one in (*app.error, *app.caption)))


def test_the_card_says_what_the_core_says(open_app: Open, tinynet: LoadedModel) -> None:
    app = open_app()
    assert asks(app)
    assert cards(app) == {}
    forward = Explainer(tinynet).forward(load_sample("meadow"))
    chosen, *others = forward.top(10)
    told = cards(checked(app))
    judged = check_map(forward, forward.cam(chosen.class_index), thing_mask=sample_masks("meadow")[chosen.label])
    assert told[str(chosen.class_index)] == verdict_card(judged, chosen.label)
    assert judged.verdict == "supported"
    assert {int(index) for index in told} == {chosen.class_index, *(one.class_index for one in others)}
    assert all(told[str(one.class_index)]["isProvisional"] for one in others)
    assert not asks(app)


@pytest.mark.slow
def test_a_sweep_serves_every_class_layer_and_method_of_its_image_and_no_other(open_app: Open) -> None:
    app = checked(open_app())
    first = cards(app)
    app.session_state["chosen_class"] = (("", ""), 1)
    assert not cards(app.run())["1"]["isProvisional"]
    app.session_state["chosen_class"] = (("", ""), 0)
    app.selectbox(key="layer").set_value("blocks.2").run()
    assert cards(app)["0"] != first["0"]
    app.radio(key="method").set_value("eigencam").run()
    assert "least likely" not in json.dumps(cards(app)["0"]["numbers"])
    app.radio(key="preprocessing").set_value("pad").run()
    assert asks(app)
    assert cards(app) == {}
    app.radio(key="preprocessing").set_value("trained").run()
    assert not asks(app)
    app.radio(key="sample").set_value("night").run()
    assert asks(app)
    app.radio(key="sample").set_value("meadow").run()
    assert cards(app)


def test_a_link_asks_for_the_check_of_its_own_image_alone(open_app: Open) -> None:
    app = open_app(check="1")
    assert not asks(app)
    assert cards(settled(app))
    assert app.query_params["check"] == "1"
    app.radio(key="sample").set_value("night").run()
    assert asks(app)
    assert "check" not in app.query_params


@pytest.mark.slow
def test_where_memory_runs_out_in_the_middle_the_card_says_so_and_can_be_asked_again(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = iter(range(1000))

    def copied(inputs: Any) -> Any:
        if next(asked) == 9:
            raise MemoryError
        return _copied(inputs)

    app = open_app()
    monkeypatch.setattr("gradcam_core.scoring.function._copied", copied)
    checked(app)
    assert "not enough memory" in words(app)
    assert asks(app)
    assert not app.exception
    assert cards(checked(app))


@pytest.mark.slow
def test_a_model_that_was_let_go_meanwhile_is_loaded_again(open_app: Open) -> None:
    app = checked(open_app())
    shared().results.clear()
    model_cache()._slots.clear()
    app.session_state["chosen_class"] = (("", ""), 1)
    assert not cards(app.run())["1"]["isProvisional"]


def test_a_class_that_the_network_does_not_see_gets_a_reason_instead_of_a_verdict(open_app: Open) -> None:
    app = checked(open_app(**{"class": "3"}))
    card = cards(app)["3"]
    assert (card["verdict"], card["title"]) == ("cannot tell", "Cannot tell")
    assert "hardly sees bird" in card["because"][0]
    assert card["heard"] == f"The heatmap of bird: Cannot tell. {card['because'][0]}"
    assert card["bars"] == card["lines"] == []


def test_the_rule_is_shown_word_for_word(open_app: Open) -> None:
    from gradcam_core.trust.rule import HOW

    for card in cards(checked(open_app())).values():
        assert card["rule"][1:] == list(HOW)


@pytest.mark.slow
def test_the_verdict_is_in_the_files_once_it_was_asked_for(open_app: Open, tinynet: LoadedModel) -> None:
    app = open_app()
    assert "trust" not in manifest(app, "1")
    told = manifest(checked(app), "2")["trust"]
    forward = Explainer(tinynet).forward(load_sample("meadow"))
    cam = forward.cam(forward.top(1)[0].class_index)
    assert told == check_map(forward, cam, thing_mask=sample_masks("meadow")["cat"]).as_json()


def manifest(app: AppTest, token: str) -> dict[str, Any]:
    """What explanation.json says that the page gives."""
    shown = view(app)
    wanted = {"token": token, "what": "json", "index": 0, "look": {}, "view": shown["question"]}
    app.session_state["viewer"] = {"wanted": wanted}
    app.run()
    return dict(json.loads(view_and_blobs(app)[1]["reply"]))
