"""The page Attention in a browser: what is pointed at is drawn from what is there, and a link says what is kept."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from gradcam_core.attention.flow import rollout
from gradcam_core.attention.passes import AttentionPass
from gradcam_core.attention.sinks import outlying_cells
from gradcam_core.models import load_model
from gradcam_core.preprocessing import prepare
from gradcam_core.recording import record
from gradcam_core.samples import load_sample
from tests.browser.axe import findings
from tests.browser.conftest import Visit, at_rest
from tests.browser.test_lost_messages import LossyServer

NewVisit = Callable[..., Visit]
ADDRESS = "/attention?model=tinyvit"


def said(page: Page) -> Locator:
    return page.locator(".attention .readout")


def cell_words(attended: AttentionPass, cell: int) -> str:
    layout = attended.blocks[-1].layout
    assert layout is not None
    return f"row {cell // layout.width + 1}, column {cell % layout.width + 1}"


def middle_of(page: Page, attended: AttentionPass, cell: int) -> tuple[float, float]:
    """Where a cell is on screen."""
    layout = attended.blocks[-1].layout
    box = page.locator(".attention .overlay .frame").bounding_box()
    assert layout is not None
    assert box is not None
    across, down = (cell % layout.width + 0.5) / layout.width, (cell // layout.width + 0.5) / layout.height
    return box["x"] + box["width"] * across, box["y"] + box["height"] * down


def most_of(attended: AttentionPass, row: np.ndarray) -> str:
    """The cell with the largest weight in a token's row; what comes before the cells is left out."""
    layout = attended.blocks[-1].layout
    assert layout is not None
    return cell_words(attended, int(row[-layout.height * layout.width :].argmax()))


@pytest.mark.smoke
def test_a_patch_that_is_pointed_at_and_a_head_of_the_filmstrip_are_drawn(
    visit: NewVisit, attended: AttentionPass
) -> None:
    page = visit().open(ADDRESS)
    expect(said(page)).to_contain_text(f"looks most at {most_of(attended, attended.weights(2).mean(0)[0])}")
    page.mouse.move(*middle_of(page, attended, 100))
    patch = f"patch {cell_words(attended, 100)}"
    most = most_of(attended, attended.weights(2).mean(0)[101])  # after the class token
    expect(said(page)).to_contain_text(f"{patch} looks most at {most}")
    page.mouse.click(*middle_of(page, attended, 100))
    expect(page).to_have_url(re.compile("token=c100"))
    page.get_by_role("gridcell", name="Block 1, head 3").click()
    most = most_of(attended, attended.weights(0)[2][101])
    expect(said(page)).to_contain_text(f"Block 1, head 3: {patch} looks most at {most}")
    at_rest(page)
    page.go_back()
    expect(said(page)).to_contain_text("Block 3, mean of heads: patch")
    page.go_back()
    expect(said(page)).to_contain_text("Block 3, mean of heads: the class token")


@pytest.mark.slow
def test_a_network_without_attention_is_compared_cell_by_cell_and_a_link_says_which(visit: NewVisit) -> None:
    page = visit().open("/attention")
    expect(page.locator(".attention h1")).to_contain_text("has no attention")
    expect(said(page)).to_contain_text("is most like")
    page.get_by_role("slider", name="Block").fill("2")
    page.get_by_role("button", name="Colours").click()
    expect(page.locator(".attention")).to_have_attribute("data-painted", re.compile(" colours 1 "))
    expect(page).to_have_url(re.compile("block=2&show=colours"))
    expect(page.locator(".depth, .near, .st-key-class_maps")).to_have_count(0)
    page.get_by_role("button", name="Show TinyViT").click()
    expect(page.locator(".attention h1")).to_contain_text("the class token looks most")
    expect(page).to_have_url(re.compile("model=tinyvit"))


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_page_has_no_accessibility_findings_and_no_sideways_scrolling(
    visit: NewVisit, width: int, scheme: str
) -> None:
    page = visit(width=width, scheme=scheme).open(ADDRESS)
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
def test_without_sinks_the_rest_of_a_row_is_shared_and_a_link_says_so(visit: NewVisit, attended: AttentionPass) -> None:
    head = int(attended.weights(0)[:, 0, 0].argmax())
    page = visit().open(f"{ADDRESS}&block=1&head={head + 1}")
    expect(said(page)).to_contain_text("The class token gets")
    page.get_by_label("Hide sinks").check()
    expect(page.locator(".attention > .small").first).to_contain_text("Left out: the class token")
    expect(said(page)).not_to_contain_text("The class token gets")
    row = attended.weights(0)[head, 0]
    model = load_model("tinyvit")
    tensor = prepare(load_sample("meadow"), model.input_spec).tensor
    activation = record(model, tensor, ["blocks.1"]).activation("blocks.1")
    kept = np.where(outlying_cells(activation).ravel(), 0, row[1:])
    share = kept.max() / kept.sum()
    shown = f"{100 * share:.0f}\N{NO-BREAK SPACE}%" if share >= 0.0995 else f"{100 * share:.1f}\N{NO-BREAK SPACE}%"
    expect(said(page)).to_contain_text(f"{most_of(attended, kept)} ({shown})")
    expect(page).to_have_url(re.compile(f"block=1&head={head + 1}&hide=1"))
    expect(page.locator(".attention > .small").first).to_contain_text("the rest is shared among the others")
    page.get_by_role("button", name="Who looks at it").click()  # that is a column, which sums to no 1
    expect(page.locator(".attention > .small").first).not_to_contain_text("the rest is shared")


@pytest.mark.slow
def test_a_link_may_say_any_word(visit: NewVisit) -> None:
    tab = visit()
    for words in ("show=toString&block=99", "direction=constructor&head=x&token=c9999"):
        page = tab.open(f"{ADDRESS}&{words}")
        expect(said(page)).to_contain_text("Block 3, mean of heads: the class token looks most at")
        expect(page).to_have_url(re.compile(f"{re.escape(ADDRESS)}$"))


@pytest.mark.slow
def test_the_keys_walk_over_the_patches_keep_one_and_let_it_go(visit: NewVisit) -> None:
    page = visit().open(f"{ADDRESS}&token=c0")
    expect(said(page)).to_contain_text("patch row 1, column 1 looks")
    page.keyboard.press("Escape")
    expect(said(page)).to_contain_text("the class token looks")
    page.locator(".attention .overlay .frame").focus()
    page.keyboard.press("ArrowRight")
    first = said(page).inner_text()
    page.keyboard.press("ArrowDown")
    expect(said(page)).not_to_have_text(first)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("token=c"))
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("token=c"))
    expect(said(page)).to_contain_text("the class token looks")
    page.get_by_role("button", name="Present").click()
    page.wait_for_function("document.fullscreenElement !== null")
    page.get_by_role("button", name="Leave").click()
    page.wait_for_function("document.fullscreenElement === null")
    expect(page.get_by_role("button", name="Present")).to_be_visible()


@pytest.mark.slow
def test_a_matrix_whose_message_is_lost_is_asked_for_again(visit: NewVisit, attended: AttentionPass) -> None:
    tab = visit()
    server = LossyServer(tab.page, lambda head: head["name"] == "rollout-2", "heatproof_attention_parts")
    page = tab.open(ADDRESS)
    page.get_by_role("button", name="Rollout").click()
    flow = rollout([attended.weights(place) for place in range(3)])
    expect(said(page)).to_contain_text(
        f"Rollout up to block 3: the class token looks most at {most_of(attended, flow[0])}"
    )
    assert not server.is_losing


@pytest.mark.slow
def test_what_never_came_comes_when_it_is_chosen_once_more(visit: NewVisit) -> None:
    page = visit(is_own=True).open(ADDRESS)
    is_late = "const now = performance.now.bind(performance); performance.now = () => now() + (window.later ?? 0)"
    page.evaluate(is_late)
    page.context.set_offline(True)
    page.get_by_role("button", name="Rollout").click()
    expect(said(page)).to_contain_text("on its way")
    page.evaluate("window.later = 31000")
    expect(page.locator(".attention > .small").first).to_have_text("Nothing came. Choose it once more.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Rollout").click()
    expect(said(page)).to_contain_text("Rollout up to block 3: the class token looks most at")


@pytest.mark.slow
def test_nothing_of_another_image_is_kept(visit: NewVisit) -> None:
    page = visit().open(f"{ADDRESS}&block=1&token=c100")
    page.locator("[data-testid=stRadioOption]", has_text="Bay").click()
    page.wait_for_url("**image=bay**")
    expect(said(page)).to_contain_text("Block 1, mean of heads: the class token")
    at_rest(page)
    assert "token=" not in page.url
    page.go_back()
    expect(said(page)).to_contain_text("patch row 7, column 5")


@pytest.mark.slow
def test_what_was_chosen_stands_again_after_another_page(visit: NewVisit) -> None:
    page = visit().open(ADDRESS)
    page.get_by_role("gridcell", name="Block 1, head 3").click()
    at_rest(page)
    page.get_by_role("link", name="Trust", exact=True).click()
    expect(page.locator(".attention")).to_have_count(0)
    page.get_by_role("link", name="Attention", exact=True).click()
    expect(said(page)).to_contain_text("Block 1, head 3: the class token")
    expect(page).to_have_url(re.compile("block=1&head=3"))
