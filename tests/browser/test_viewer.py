"""The viewer as a person works it: a class is a click, and nothing of the look asks the server."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from gradcam_core.engine import Explainer, ForwardPass
from gradcam_core.models import LoadedModel
from gradcam_core.samples import load_sample
from tests.browser.conftest import Visit, settle
from tests.browser.viewer import (
    canvas,
    cards,
    choose,
    chosen,
    open_look,
    sentence,
    shown,
    until,
    until_agreed,
    until_painted,
)
from tests.pages.support import HOSTILE

NewVisit = Callable[..., Visit]


@pytest.fixture(scope="module")
def meadow(tinynet: LoadedModel) -> ForwardPass:
    """What the embedded network sees on the first screen."""
    return Explainer(tinynet).forward(load_sample("meadow"))


def frames_sent(page: Page) -> list[object]:
    """Every message to the server from the next load on."""
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))  # noqa: PLW0108 - Playwright marks the function
    return sent


def set_range(page: Page, label: str, value: int) -> None:
    page.get_by_label(label, exact=True).evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input'));"
        " input.dispatchEvent(new Event('change')); }",
        value,
    )


def next_frame(page: Page) -> None:
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


COUNTED_WHEN_PAINTED = """hp => {
  window.told = [];
  const channel = globalThis[Symbol.for("heatproof.chosen")];
  new MutationObserver(() => window.told.push(channel.isTold)).observe(hp, { attributeFilter: ["data-shown"] });
}"""


def number_in(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    assert found, text
    return float(found[1].replace("\N{MINUS SIGN}", "-").replace(",", ""))


@pytest.mark.smoke
def test_the_first_screen_shows_three_equal_panels_without_a_click(visit: NewVisit) -> None:
    page = visit().open()
    boxes = [panel.bounding_box() for panel in page.locator(".hp .frame").all()]
    assert len(boxes) == 3
    assert len({(round(box["y"]), round(box["width"]), round(box["height"])) for box in boxes if box}) == 1
    expect(page).to_have_title("Explore · Heatproof")
    expect(page.get_by_role("heading", level=1)).to_have_text("Explore")
    until_agreed(page)


def test_a_click_on_a_prediction_is_drawn_before_the_server_hears_of_it_once(visit: NewVisit) -> None:
    tab = visit()
    sent = frames_sent(tab.page)
    page = tab.open()
    before, count = canvas(page, "heatmap"), len(sent)
    page.locator(".hp").evaluate(COUNTED_WHEN_PAINTED)
    label = choose(page, 1)
    assert label in sentence(page)
    next_frame(page)
    assert (canvas(page, "heatmap") != before).any()
    until_agreed(page)
    assert page.evaluate("window.told") == [False]
    until(page, lambda: len(sent) > count)
    settle(page)
    assert len(sent) == count + 1
    assert b"chosen" in bytes(str(sent[-1]), "utf-8")
    until_agreed(page)


def test_the_look_is_drawn_at_the_next_frame_and_asks_nobody(visit: NewVisit) -> None:
    tab = visit()
    sent = frames_sent(tab.page)
    page = tab.open()
    count = len(sent)
    open_look(page)
    set_range(page, "Opacity", 0)
    next_frame(page)
    assert (canvas(page, "overlay") == canvas(page, "original")).all()
    set_range(page, "Opacity", 100)
    page.get_by_label("Overlay", exact=True).select_option("even")
    next_frame(page)
    assert (canvas(page, "overlay") == canvas(page, "heatmap")).all()
    set_range(page, "Hide weak evidence", 60)
    next_frame(page)
    hidden = (canvas(page, "overlay") == canvas(page, "original")).all(axis=2).mean()
    assert 0.5 < hidden < 1
    page.wait_for_url(re.compile("opacity=100.*threshold=60|threshold=60.*opacity=100"))
    choose(page, 1)
    until(page, lambda: len(sent) > count)
    assert len(sent) == count + 1  # what was chosen, and nothing before it
    assert b"chosen" in bytes(str(sent[-1]), "utf-8")


def test_a_link_reopens_the_look_and_nonsense_in_it_is_passed_over(visit: NewVisit) -> None:
    page = visit().open(
        "/?view=swipe&colormap=viridis&opacity=80&threshold=20&scale=shared&contour=10&k=3&class=1&overlay=even"
    )
    assert page.locator(".hp .stage").get_attribute("data-view") == "swipe"
    for label, value in {
        "Colours": "viridis",
        "Opacity": "80",
        "Hide weak evidence": "20",
        "Scale": "shared",
        "Contour": "10",
        "Overlay": "even",
        "Evidence": "positive",
    }.items():
        expect(page.get_by_label(label, exact=True)).to_have_value(value)
    expect(cards(page)).to_have_count(3)
    until_agreed(page)
    page = visit().open(
        "/?view=<b>&colormap=__proto__&opacity=1e9&threshold=-1&scale=constructor&contour=7&k=99&overlay=hatch&sign=-"
    )
    usual = {
        "Overlay": "evidence",
        "Evidence": "positive",
        "Colours": "inferno",
        "Hide weak evidence": "0",
        "Scale": "own",
        "Contour": "0",
    }
    for label, value in usual.items():
        expect(page.get_by_label(label, exact=True)).to_have_value(value)
    expect(page.get_by_label("Opacity", exact=True)).to_have_value("65")
    expect(cards(page)).to_have_count(5)
    until_agreed(page)


def test_one_scale_for_all_dims_the_weaker_map(visit: NewVisit) -> None:
    page = visit().open("/?class=9&colormap=gray")
    own = canvas(page, "heatmap").max()
    open_look(page)
    page.get_by_label("Scale", exact=True).select_option("shared")
    next_frame(page)
    assert canvas(page, "heatmap").max() < 0.9 * own
    bar = page.locator(".hp .bar").get_attribute("aria-label") or ""
    page.get_by_label("Scale", exact=True).select_option("own")
    assert page.locator(".hp .bar").get_attribute("aria-label") != bar


@pytest.mark.smoke
def test_hovering_reads_the_cores_values(visit: NewVisit, meadow: ForwardPass) -> None:
    page = visit().open()
    cam = meadow.cam(int(shown(page).split()[1]))
    frame = page.locator(".hp .overlay .frame")
    box = frame.bounding_box()
    assert box
    for across, down in ((0.22, 0.7), (0.6, 0.3), (0.05, 0.95)):
        frame.hover(position={"x": across * box["width"], "y": down * box["height"]})
        read = page.locator(".hp .readout").inner_text()
        x, y = (int(number) for number in re.findall(r"[xy] (\d+)", read))
        assert abs(number_in(r": (\S+) logits per cell", read) - cam.value_at(x, y)) < 0.006 * abs(cam.value_at(x, y))
        row, column = (int(found) for found in re.findall(r"(?:row|column) (\d+)", read))
        assert (row - 1, column - 1) == cam.cell_at(x, y)


def test_a_click_keeps_a_point_and_it_follows_the_class(visit: NewVisit) -> None:
    page = visit().open()
    page.locator(".hp .original .frame").click(position={"x": 60, "y": 200})
    page.mouse.move(5, 5)
    first = page.locator(".hp .readout").inner_text()
    assert first.startswith("Kept: x ")
    choose(page, 1)
    second = page.locator(".hp .readout").inner_text()
    assert second != first
    assert second.split(":")[1] == first.split(":")[1]
    expect(page.locator(".hp .heatmap .pin")).to_be_visible()
    page.locator(".hp .original .frame").focus()
    page.keyboard.press("Escape")
    expect(page.locator(".hp .heatmap .pin")).to_be_hidden()


def test_a_box_counts_its_share_of_the_evidence(visit: NewVisit, meadow: ForwardPass) -> None:
    page = visit().open()
    cam = meadow.cam(int(shown(page).split()[1]))
    box = page.locator(".hp .heatmap .frame").bounding_box()
    assert box
    corners = [(0.1, 0.4), (0.45, 0.9)]
    (x0, y0), (x1, y1) = [(box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in corners]
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move(x1, y1, steps=5)
    page.mouse.up()
    page.mouse.move(5, 5)
    read = page.locator(".hp .readout").inner_text()
    pixels = [int(corner * 512) for corner in (*corners[0], *corners[1])]
    share = 100 * cam.share_within((pixels[0], pixels[1], pixels[2] + 1, pixels[3] + 1))
    assert abs(number_in(r"([\d.]+)\s%", read) - share) < 0.8
    expect(page.locator(".hp .overlay .box")).to_be_visible()


def test_keys_choose_predictions_but_not_while_someone_types(visit: NewVisit) -> None:
    page = visit().open()
    page.keyboard.press("3")
    assert chosen(page) == cards(page).nth(2).locator(".label").inner_text()
    page.locator(".hp .search").focus()
    page.keyboard.type("2")
    assert chosen(page) == cards(page).nth(2).locator(".label").inner_text()
    page.keyboard.press("Escape")
    page.get_by_text("Keys", exact=True).click()
    page.get_by_label("Keys 1 to 9 choose predictions").uncheck()
    page.keyboard.press("1")
    assert chosen(page) == cards(page).nth(2).locator(".label").inner_text()
    until_agreed(page)


def test_arrows_walk_the_radio_group_round_its_ends(visit: NewVisit) -> None:
    page = visit().open()
    labels = cards(page).locator(".label").all_inner_texts()
    cards(page).first.focus()
    for wanted in (*labels[1:], labels[0], labels[1]):
        page.keyboard.press("ArrowRight")
        assert chosen(page) == wanted
    page.keyboard.press("ArrowUp")
    assert chosen(page) == labels[0]
    until_agreed(page)


def test_any_class_is_found_by_name_and_its_map_is_fetched(visit: NewVisit) -> None:
    page = visit().open("/?model=photos&k=4")
    listed = cards(page).locator(".label").all_inner_texts()
    other = next(
        index for index in range(20) if f"kind {index}" not in page.locator(".hp .list").inner_text() and index > 9
    )
    page.locator(".hp .search").fill(f"kind {other}")
    page.keyboard.press("Enter")
    until_painted(page, other)
    settle(page)
    assert cards(page).locator(".label").all_inner_texts() == [*listed, f"kind {other}"]
    until_agreed(page)
    page.go_back()
    expect(page.locator(".hp .card[aria-checked=true] .label")).to_have_text(listed[0])
    page.go_forward()
    until_painted(page, other)
    until_agreed(page)
    page.locator(".hp .search").fill("no such thing")
    expect(page.get_by_role("option", name="No class has this name.")).to_be_visible()


def test_a_class_searched_for_survives_a_change_of_method(visit: NewVisit) -> None:
    page = visit().open("/?model=photos&k=1&class=13")
    until_painted(page, 13)
    page = visit().open("/?model=photos&k=1&class=13&method=hirescam")
    until_painted(page, 13)
    expect(page.locator(".hp .words .caption")).to_contain_text("HiResCAM")
    until_agreed(page)


def test_one_to_ten_predictions_are_shown(visit: NewVisit) -> None:
    page = visit().open()
    for count in (1, 10):
        page.get_by_label("How many predictions").select_option(str(count))
        expect(cards(page)).to_have_count(count)
        until_agreed(page)


def test_the_swipe_uncovers_the_original(visit: NewVisit) -> None:
    page = visit().open()
    page.get_by_role("button", name="Swipe").click()
    set_range(page, "Where the swipe cuts", 30)
    cut = page.locator(".hp .overlay .picture").evaluate("canvas => getComputedStyle(canvas).clipPath")
    assert "30%" in cut
    box = page.locator(".hp .overlay .frame").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 40, steps=4)
    page.mouse.up()
    expect(page.get_by_label("Where the swipe cuts")).to_have_value("75")


def test_what_the_model_saw_is_shown(visit: NewVisit) -> None:
    page = visit().open("/?preprocessing=pad&image=hopper")
    page.get_by_text("What the model saw", exact=True).click()
    picture = page.get_by_alt_text("The picture as the model saw it")
    expect(picture).to_be_visible()
    size = picture.evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert size == [128, 128]
    assert "and nothing else" in page.locator(".hp .saw").inner_text()


@pytest.mark.parametrize(
    ("path", "title", "noun"),
    [
        ("/?method=eigencam", "Eigen-CAM", "evidence"),
        ("/?model=tinyvit&method=rollout", "Attention rollout", "attention"),
    ],
)
def test_a_method_that_knows_no_classes_draws_one_map_and_says_so(
    visit: NewVisit, path: str, title: str, noun: str
) -> None:
    page = visit().open(path)
    before = canvas(page, "heatmap")
    choose(page, 2)
    next_frame(page)
    assert np.array_equal(canvas(page, "heatmap"), before)
    assert f"{title} draws the same map for every class" in sentence(page)
    bar = str(page.locator(".hp [aria-label^='Colour bar']").get_attribute("aria-label"))
    assert f"no {noun}" in bar
    assert bar.endswith("(every class's)")
    open_look(page)
    expect(page.get_by_label(f"Hide weak {noun}")).to_be_visible()
    expect(page.locator(".hp .looks")).to_contain_text(
        f"A line round the smallest area that holds this share of the {noun}."
    )
    expect(page.locator(".hp .looks option").nth(0)).to_have_text(f"By {noun}")
    expect(page.get_by_label("Scale", exact=True)).to_be_hidden()  # of one map there are no two scales


def test_hostile_labels_and_titles_are_shown_letter_by_letter(visit: NewVisit) -> None:
    page = visit().open("/?model=hostile&k=10")
    expect(cards(page)).to_have_count(10)
    assert len(set(cards(page).locator(".label").all_inner_texts()) & set(HOSTILE)) == 10
    assert page.locator(".hp .list :is(img, a, code, strong), .hp .words > p :is(img, a)").count() == 0
    assert ":red[t] $t$" in page.locator(".hp .words .caption").first.inner_text()


def test_a_presentation_is_walked_with_keys_and_leaves_no_picker(visit: NewVisit) -> None:
    page = visit().open()
    first, second = cards(page).locator(".label").all_inner_texts()[:2]
    page.get_by_role("button", name="Present").click()
    dialog = page.get_by_role("dialog", name="Presentation")
    expect(dialog.get_by_role("heading", name=first)).to_be_visible()
    assert page.locator(".hp .presenting :is(select, input:not([hidden]))").count() == 0
    expect(page.locator(".hp .presenting .stage")).to_have_attribute("data-view", "overlay")
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("heading", name=second)).to_be_visible()
    page.keyboard.press("v")
    expect(page.locator(".hp .presenting .stage")).to_have_attribute("data-view", "swipe")
    page.keyboard.press("Home")
    expect(dialog.get_by_role("heading", name=first)).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator(".hp > .stage")).to_be_visible()
    until_agreed(page)


def test_the_search_offers_no_label_of_a_former_model_and_the_count_comes_back(visit: NewVisit) -> None:
    page = visit().open("/?model=photos&k=7")
    page.locator(".hp .search").fill("kind 1")
    expect(page.get_by_role("option", name="kind 19 class 19")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".st-key-model_list button").first.click()
    page.get_by_text("TinyNet (12 drawn things)", exact=True).last.click()
    expect(page.locator(".hp .words .caption").first).to_contain_text("TinyNet (12 drawn things)")
    settle(page)
    expect(page.locator(".hp .search")).to_have_value("")
    expect(page.locator(".hp .found li")).to_have_count(0)
    expect(cards(page)).to_have_count(7)


def test_a_box_by_keys_begins_where_the_pointer_is(visit: NewVisit) -> None:
    page = visit().open()
    frame = page.locator(".hp .original .frame")
    frame.focus()
    for _ in range(5):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Tab")
    frame.click(position={"x": 40, "y": 40})
    page.mouse.move(5, 5)
    frame.focus()
    page.keyboard.press("Shift+ArrowRight")
    read = page.locator(".hp .readout").inner_text()
    assert number_in(r"Box of (\d+)", read) < 20


def test_the_arrow_up_takes_the_last_class_found(visit: NewVisit) -> None:
    page = visit().open()
    page.locator(".hp .search").focus()
    page.keyboard.press("ArrowUp")
    last = page.locator(".hp .found li").last
    expect(page.locator(".hp .found [aria-selected=true]")).to_have_text(last.inner_text())
