"""The page Trust without a browser: what is asked for is computed once, shown, and belongs to its map alone."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gradcam_core.cam import BESIDE
from pages._ui.session.jobs import jobs
from pages._ui.session.shared import shared
from pages._ui.trust.works import laid_as
from tests.core.made_maps import made_cam, made_image

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """Every test is the same session for Streamlit."""
    shared().checks.clear()
    jobs()._owners.clear()


@pytest.fixture
def opened(open_app: Open) -> AppTest:
    """The page, with its check made."""
    app = open_app(check="1")
    app.switch_page("pages/trust.py").run()
    return until(app, lambda: "heatproof_panes" in elements(app))


def elements(app: AppTest) -> dict[str, Any]:
    """What each element that the browser draws was told, by its name, where that is JSON."""
    return {found.proto.component_name: json.loads(found.proto.json or "null") for found in app.get("bidi_component")}


def until(app: AppTest, holds: Callable[[], bool]) -> AppTest:
    for _ in range(300):
        if holds():
            return app
        app.run()
        assert not app.exception
    raise TimeoutError


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()


def explained(app: AppTest) -> str:
    """Which map the page says that it judges."""
    (words,) = [one.value for one in app.caption if "Another class is chosen" in one.value]
    return re.sub(r"\\(?=[^\w\s])", "", words)


def headings(app: AppTest) -> list[str]:
    return [one.value for one in app.markdown if one.value.startswith("#")]


def test_the_page_says_which_map_it_judges_and_computes_nothing_more_unasked(opened: AppTest) -> None:
    assert headings(opened)[0] == "# Does the heatmap of cat (50\u00a0%) deserve belief?"
    assert {button.label for button in opened.button} >= {"Measure it", "Destroy a copy", "Compare all"}
    assert "heatproof_film" not in elements(opened)
    assert "heatproof_row_table" not in elements(opened)


@pytest.mark.slow
def test_the_table_of_known_truth_is_shown_for_the_network_that_it_was_made_with(
    opened: AppTest, open_app: Open
) -> None:
    assert "## Where the truth is known" in headings(opened)
    other = open_app(model="photos").switch_page("pages/trust.py").run()
    assert "## Where the truth is known" not in headings(other)


@pytest.mark.slow
def test_the_film_follows_the_map_and_is_not_made_twice(opened: AppTest) -> None:
    press(opened, "Measure it")
    until(opened, lambda: "heatproof_film" in elements(opened))
    film = elements(opened)["heatproof_film"]
    assert [len(reel["files"]) for reel in film["pictures"]] == [21, 21]
    assert film["pictures"][0]["captions"][0] == "49.8\u00a0%"
    assert film["steps"][film["start"]] == "20 %"
    opened.session_state["chosen_class"] = (("", ""), 1)
    opened.run()
    assert "heatproof_film" not in elements(opened)
    assert "Measure it" in {button.label for button in opened.button}
    opened.session_state["chosen_class"] = (("", ""), 0)
    opened.run()
    assert elements(opened)["heatproof_film"]["id"] == film["id"]


@pytest.mark.slow
def test_a_row_of_the_league_is_explained_on_the_whole_page_and_judged_like_any_other(opened: AppTest) -> None:
    press(opened, "Compare all")
    until(opened, lambda: "heatproof_row_table" in elements(opened))
    table = elements(opened)["heatproof_row_table"]
    assert f"{len(table['rows'])} maps were tried" in " ".join(one.value for one in opened.caption)
    before = explained(opened)
    for told in ("x", {"row": "1", "number": "2"}, {"row": 10**9, "number": "3"}, {"row": -1}):
        opened.session_state["league_table"] = {"chosen": told}
        assert explained(opened.run()) == before
        assert not opened.exception
    place = next(place for place, row in enumerate(table["rows"]) if row[0] == "LayerCAM" and row[1] == "blocks.4")
    opened.session_state["league_table"] = {"chosen": {"row": place, "number": "1"}}
    opened.run()
    assert "layer blocks.4 · LayerCAM" in explained(opened)
    assert elements(opened)["heatproof_row_table"]["current"] == place
    assert elements(opened)["heatproof_trust_cards"] is not None


@pytest.mark.slow
def test_a_destroyed_copy_leaves_the_network_as_it_is(opened: AppTest) -> None:
    from pages._ui.session.shared import model_cache

    with model_cache().borrow("tinynet") as model:
        before = {name: value.clone() for name, value in model.module.state_dict().items()}
        press(opened, "Destroy a copy")
        until(opened, lambda: "heatproof_film" in elements(opened))
        assert all(bool((before[name] == value).all()) for name, value in model.module.state_dict().items())
    film = elements(opened)["heatproof_film"]
    first, *_, last = film["plot"]["curves"][0]["values"]
    assert first == pytest.approx(1)
    assert last is None or abs(last) < 0.9


@pytest.mark.slow
def test_all_scenes_are_checked_in_one_go_and_none_again_when_it_is_opened(opened: AppTest) -> None:
    press(opened, "Check 6 images")
    until(opened, lambda: any("6 checked" in one.value for one in opened.markdown))
    (table,) = [one for one in opened.get("html") if "Images that were checked" in one.proto.body]
    for name in ("Meadow", "Bay", "Winter", "Garden", "Night", "Desert"):
        assert f">{name}<" in table.proto.body
    assert "✓ supported" in table.proto.body
    assert "on the thing" in table.proto.body
    assert len(shared().checks) >= 6


def test_a_map_laid_where_another_lies_is_told_to_show_nothing_there() -> None:
    image = made_image(30, 10)
    cam = made_cam([[1, 0, 0], [0, 0, 0], [0, 0, 0]], image)
    intact = made_cam([[0, 0, 0], [0, 1, 0], [0, 0, 0]], image, window=(0, -10, 30, 20))  # only the middle row
    assert cam.note == ""
    assert laid_as(intact, cam).note == BESIDE
