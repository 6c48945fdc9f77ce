"""What the first screen says, in words for people; and nothing that is said or opened moves the page."""

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from gradcam_core.cli.main import main
from gradcam_core.rendering.colormaps import COLORMAPS
from gradcam_core.text import figures
from pages._ui.viewer.scripts import script
from tests.browser.conftest import Visit, settle
from tests.browser.frame import unfold
from tests.browser.viewer import canvas, cards, open_look, sentence, until_at_rest, until_painted
from tests.pages.support import ASSETS, write_description
from tests.server import running_server

NewVisit = Callable[..., Visit]
LONG = "a label without end " * 10
MANY = [
    "dog",
    "dog",
    LONG,
    "catamaran",
    "tiger cat",
    "cat",
    "cattle",
    "concatenated",
    "dog",
    "Katze",
    LONG.upper(),
    "x",
]

PLACES = ".hp :is(.list, .card:not(.searched), .frame, .bar, .controls > *)"
BOXES = """parts => parts
    .map(part => part.getBoundingClientRect())
    .filter(box => box.width || box.height)
    .map(box => [box.x, box.y, box.width, box.height])"""  # of one moment: a card may be drawn anew at any time
SHIFTS = """() => {
  window.shifts = [];
  const seen = (list) => window.shifts.push(...list.getEntries().map(({ value }) => value));
  new PerformanceObserver(seen).observe({ type: "layout-shift" });
}"""


@pytest.fixture(scope="module")
def labels_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a network that has repeated and endless labels."""
    folder = tmp_path_factory.mktemp("labels")
    (folder / "many.safetensors").write_bytes((ASSETS / "tinynet.safetensors").read_bytes())
    description = json.loads((ASSETS / "tinynet.json").read_text(encoding="utf-8"))
    write_description(folder, "many", description | {"title": "Many", "labels": MANY, "sha256": ""})
    with running_server(folder) as address:
        yield address


def places(page: Page) -> list[tuple[float, ...]]:
    """Where everything lies that a person may just be reaching for."""
    return [tuple(box) for box in page.locator(PLACES).evaluate_all(BOXES)]


@pytest.mark.smoke
def test_the_sentence_is_above_the_panels_and_the_command_lines_own(
    visit: NewVisit, capsys: pytest.CaptureFixture[str]
) -> None:
    page = visit().open()
    assert sentence(page).replace("\N{NO-BREAK SPACE}", " ") == "It says cat (50 %). The evidence is on the left."
    above, below = page.locator(".hp .saying").bounding_box(), page.locator(".hp .stage").bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"]
    assert main(["explain", "sample:meadow", "--json", "--class", "cat", "--class", "dog", "--class", "bird"]) == 0
    for place, told in enumerate(json.loads(capsys.readouterr().out)["explanations"]):
        cards(page).nth(place).click()
        assert sentence(page) == told["sentence"]
    assert "weak" in sentence(page)


def test_measured_values_are_written_as_the_core_writes_them(visit: NewVisit) -> None:
    values = [0, -5.97e-4, 0.41234, 1.125, 999.6, 1234.5, -99999, 123456, 5e-8, -3.456e20, 1e15, 9.9996e-7, 2e-308]
    made = visit().open().evaluate(f"values => {{ {script(['drawing/dom'])}; return values.map(figures); }}", values)
    assert made == [figures(value) for value in values]


@pytest.mark.parametrize("width", [1280, 390])
def test_neither_reading_nor_choosing_nor_a_run_moves_the_page(visit: NewVisit, width: int) -> None:
    tab = visit(width=width, is_own=True)
    page = tab.open("/?method=eigencam")
    unfold(page)
    page.evaluate("window.scrollTo(0, 0)")
    until_at_rest(page, PLACES)
    before = places(page)
    page.evaluate(SHIFTS)
    page.locator(".hp .original .frame").evaluate(
        "frame => frame.dispatchEvent(new PointerEvent('pointermove', { clientX: 500, clientY: 500, bubbles: true }))"
    )
    for place, key in enumerate("2345", 1):
        page.keyboard.press(key)
        until_painted(page, int(str(cards(page).nth(place).get_attribute("data-index"))))
        assert [y for _, y, *_ in places(page)] == [y for _, y, *_ in before]
    page.locator(".st-key-all_layers label").click()  # a run that changes nothing of the answer
    settle(page)
    until_at_rest(page, PLACES)
    assert page.evaluate("window.shifts") == []
    assert [y for _, y, *_ in places(page)] == [y for _, y, *_ in before]


def test_a_class_searched_for_has_no_rank_and_moves_nothing(visit: NewVisit) -> None:
    page = visit().open()
    before = places(page)
    page.locator(".hp .search").fill("balloon")
    page.keyboard.press("Enter")
    expect(page.locator(".hp .card[aria-checked=true] .label")).to_have_text("balloon")
    settle(page)
    assert places(page) == before
    assert cards(page).locator(".rank").all_inner_texts() == ["#1", "#2", "#3", "#4", "#5", ""]
    searched, search = page.locator(".hp .searched").bounding_box(), page.locator(".hp .search").bounding_box()
    assert searched
    assert search
    assert searched["y"] >= search["y"] + search["height"]


def test_the_search_puts_whole_words_first_and_then_the_likeliest(visit: NewVisit, labels_server: str) -> None:
    page = visit(labels_server).open("/?model=many")
    page.locator(".hp .search").fill("cat")
    found = page.locator(".hp .found li").all_inner_texts()
    names = [text.split("\n")[0].strip() for text in found]
    assert names[:2] == ["cat", "tiger cat"]
    assert set(names[2:4]) == {"catamaran", "cattle"}
    assert names[4] == "concatenated"
    shares = [
        float(text.rsplit("\n", 1)[-1].replace("<", "").replace("\N{NO-BREAK SPACE}%", "")) for text in found[2:4]
    ]
    assert shares == sorted(shares, reverse=True)
    page.locator(".hp .search").fill("dog")
    assert {text.split("\n")[1].strip() for text in page.locator(".hp .found li").all_inner_texts()} == {
        "class 0",
        "class 1",
        "class 8",
    }


def test_tab_from_the_search_goes_past_its_list_which_scrolls(visit: NewVisit) -> None:
    page = visit().open("/?model=photos")
    page.locator(".hp .search").fill("kind")
    expect(page.locator(".hp .found li")).to_have_count(20)
    page.keyboard.press("Tab")
    expect(page.get_by_label("How many predictions")).to_be_focused()
    expect(page.locator(".hp .found")).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 390])
def test_endless_and_repeated_labels_fit_and_are_told_apart(visit: NewVisit, labels_server: str, width: int) -> None:
    page = visit(labels_server, width=width).open("/?model=many&k=10")
    boxes = [card.bounding_box() for card in cards(page).all()]
    assert len({box["height"] for box in boxes if box}) == 1
    for card in cards(page).all():
        repeated = card.locator(".label").inner_text() == "dog"
        assert ("class" in card.locator(".rank").inner_text()) == repeated
    page.locator(".hp .search").fill("without end")
    page.keyboard.press("Enter")
    until_painted(page, 2)
    settle(page)
    assert len(sentence(page)) < 200
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= page.viewport_size["width"] if page.viewport_size else False
    found = page.locator(".hp .saying").bounding_box()
    assert found
    assert found["height"] < 130


def test_terms_are_explained_where_they_stand_by_pointer_and_by_keyboard(visit: NewVisit) -> None:
    page = visit().open()
    explained = page.locator(".hp .explained")
    terms = page.locator(".hp :is(.saying, .words) .term")
    assert terms.all_inner_texts() == ["evidence", "class", "logit", "layer"]
    terms.nth(0).hover()
    expect(explained).to_contain_text("raised the network's score")
    page.mouse.move(5, 5)
    expect(explained).to_be_hidden()
    for place in range(4):
        terms.nth(place).focus()
        page.keyboard.press("Enter")
        expect(explained).to_be_visible()
        box, term = explained.bounding_box(), terms.nth(place).bounding_box()
        assert box
        assert term
        assert box["y"] >= term["y"] + term["height"] or box["y"] + box["height"] <= term["y"]
        heard = terms.nth(place).evaluate(
            "node => node.getRootNode().getElementById(node.getAttribute('aria-describedby')).textContent"
        )
        assert heard == explained.inner_text()
        page.keyboard.press("Escape")
        expect(explained).to_be_hidden()
        expect(terms.nth(place)).to_be_focused()


def test_on_a_touch_screen_words_are_those_of_touch_and_a_tap_explains(chromium: Browser, server: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(server)
    page.wait_for_selector(".hp[data-shown]", timeout=60_000)
    settle(page)
    expect(page.locator(".hp .cue")).to_have_text("Tap the second class, and watch the evidence move.")
    expect(page.locator(".hp .readout")).to_contain_text("Tap a panel")
    page.locator(".hp .saying .term").tap()
    box = page.locator(".hp .explained").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    page.locator(".hp .search").tap()
    found = page.locator(".hp .found").bounding_box()
    assert found
    assert found["x"] >= 0
    assert found["x"] + found["width"] <= 390
    context.close()


@pytest.mark.parametrize("width", [1280, 1024, 390])
def test_the_cue_covers_nothing_and_its_end_moves_nothing(visit: NewVisit, width: int) -> None:
    page = visit(width=width, is_own=True).open()
    cue = page.locator(".hp .cue").bounding_box()
    assert cue
    assert cue["x"] + cue["width"] <= width
    parts = page.locator(".hp :is(.sentence, .card, .search, select, figcaption, .frame)").all()
    others = [box for part in parts if part.is_visible() and (box := part.bounding_box())]
    assert others
    for box in others:
        is_beside = box["x"] >= cue["x"] + cue["width"] or box["x"] + box["width"] <= cue["x"]
        is_above_or_below = box["y"] >= cue["y"] + cue["height"] or box["y"] + box["height"] <= cue["y"]
        assert is_beside or is_above_or_below
    before = places(page)
    page.keyboard.press("2")
    expect(page.locator(".hp .cue")).to_be_hidden()
    assert [y for _, y, *_ in places(page)] == [y for _, y, *_ in before]


def test_the_controls_stand_in_one_row(visit: NewVisit) -> None:
    tab = visit(is_own=True)
    for width in (1280, 1024):
        page = tab.resized(width).open()
        boxes = [box for part in page.locator(".hp .controls > *").all() if (box := part.bounding_box())]
        middles = [box["y"] + box["height"] / 2 for box in boxes]
        assert len(boxes) == 5
        assert max(middles) - min(middles) < 4
        assert max(box["x"] + box["width"] for box in boxes) <= width


def test_the_search_field_says_in_full_how_many_classes_there_are(visit: NewVisit) -> None:
    page = visit().open()
    wide = """input => {
        const style = getComputedStyle(input), pen = document.createElement("canvas").getContext("2d");
        pen.font = style.font;
        const room = input.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        return [pen.measureText("Search 1,000 classes").width, room];
    }"""
    needed, room = page.locator(".hp .search").evaluate(wide)
    assert needed <= room


def test_the_cue_is_shown_once_and_goes_with_the_first_choice(visit: NewVisit) -> None:
    page = visit(is_own=True).open()
    cue = page.locator(".hp .cue")
    expect(cue).to_have_text("Press 2, and watch the evidence move.")
    page.keyboard.press("2")
    expect(cue).to_be_hidden()
    page.reload()
    page.wait_for_selector(".hp[data-shown]", timeout=60_000)
    settle(page)
    expect(cue).to_be_hidden()


@pytest.mark.parametrize("path", ["/?class=1", "/?method=eigencam", "/?layer=blocks.3&class=10"])
def test_no_cue_promises_a_move_that_would_not_be_seen(visit: NewVisit, path: str) -> None:
    """Where the second class is chosen, where the method knows no classes, and where there is no map."""
    page = visit(is_own=True).open(path)
    expect(page.locator(".hp .cue")).to_be_hidden()
    page.goto(page.url.split("?")[0])
    page.wait_for_selector(".hp[data-shown]", timeout=60_000)
    expect(page.locator(".hp .cue")).to_be_visible()


def test_the_colour_bar_touches_the_panels_and_names_the_chosen_colours(visit: NewVisit) -> None:
    page = visit().open()
    panel, bar = page.locator(".hp .original .frame").bounding_box(), page.locator(".hp .bar").bounding_box()
    assert panel
    assert bar
    assert 0 <= bar["y"] - (panel["y"] + panel["height"]) < 24
    open_look(page)
    said = {}
    for slug in COLORMAPS:
        page.get_by_label("Colours", exact=True).select_option(slug)
        said[slug] = page.locator(".hp .bar").inner_text().replace("\n", " ")
    assert said["inferno"].startswith("Black: no evidence pale yellow: 0.177 logits per cell")
    assert said["jet"].startswith("Dark blue: no evidence dark red: 0.177 logits per cell")
    assert "this class's most" in said["jet"]
    page.get_by_label("Scale", exact=True).select_option("shared")
    assert "shared" in page.locator(".hp .bar").inner_text()


@pytest.mark.parametrize("overlay", ["evidence", "spotlight", "even"])
def test_the_colour_bar_of_an_overlay_alone_is_of_what_is_on_screen(visit: NewVisit, overlay: str) -> None:
    page = visit().open(f"/?view=overlay&overlay={overlay}")
    bar, painted = page.locator(".hp .bar"), canvas(page, "overlay")
    first, last = {
        "evidence": ("Uncoloured", "pale yellow"),
        "spotlight": ("Dim grey", "full colour"),
        "even": ("Black", "pale yellow"),
    }[overlay]
    assert bar.inner_text().startswith(f"{first}: no evidence")
    assert f"{last}: 0.177 logits per cell" in bar.inner_text().replace("\n", " ")
    ramp = bar.locator(".ramp").evaluate("ramp => getComputedStyle(ramp).backgroundImage.match(/rgb[(][^)]*[)]/g)")
    none, most = ([int(part) for part in re.findall(r"\d+", stop)] for stop in (ramp[0], ramp[-1]))
    assert max(none) - min(none) < 8
    assert max(most) - min(most) > 40
    sky = painted[4, 4].astype(int)  # holds no evidence: untouched, dim and grey, or darkened by the colour of none
    assert (np.ptp(sky) < 8) == (overlay == "spotlight")
    assert (max(none) > 160) == (overlay == "evidence")
    page.get_by_role("button", name="Side by side").click()
    assert bar.inner_text().startswith("Black: no evidence")


def test_the_copied_picture_has_its_sentence_its_name_and_a_colour_bar(visit: NewVisit, tmp_path: Path) -> None:
    page = visit().open("/?view=overlay")
    page.get_by_text("Take away", exact=True).click()
    page.locator(".hp .sheet .row", has_text="Copy the picture").click()
    expect(page.locator(".hp .notice")).to_have_text("The picture is copied.", timeout=20_000)
    file = page.evaluate(
        "navigator.clipboard.read().then(items => items[0].getType('image/png')).then(blob => blob.arrayBuffer())"
        ".then(buffer => [...new Uint8Array(buffer)])"
    )
    copied = np.asarray(Image.open(io.BytesIO(bytes(file))).convert("RGB")).astype(int)
    panel = page.locator(".hp .overlay canvas.picture").evaluate("canvas => canvas.height")
    below = copied[-60:]
    yellow, white = (abs(below - (252, 255, 164)).sum(axis=2) < 120), (below == 255).all(axis=2)
    assert yellow.any()
    assert white.mean() > 0.5
    assert copied.shape[0] > panel + 60
