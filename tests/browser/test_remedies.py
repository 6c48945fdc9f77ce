"""What a person sees and presses where a map shows nothing or much of the picture was never seen."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from gradcam_core.engine import Explainer
from gradcam_core.models import LoadedModel
from gradcam_core.rendering.render import Look, heatmap_image
from gradcam_core.samples import load_sample
from tests.browser.conftest import Visit, settle
from tests.browser.test_viewer import next_frame
from tests.browser.viewer import canvas, chosen, open_look, sentence

NewVisit = Callable[..., Visit]


def edge_widths(page: Page) -> list[str]:
    """Of the visible lines round what was seen."""
    edges = page.locator(".hp .edge:visible")
    return [edge.evaluate("node => getComputedStyle(node).borderTopWidth") for edge in edges.all()]


@pytest.mark.smoke
def test_a_negative_map_shows_the_image_its_other_side_and_a_way_on(visit: NewVisit, tinynet: LoadedModel) -> None:
    page = visit().open("/?layer=blocks.3&class=10")
    assert "negative everywhere" in sentence(page)
    assert np.array_equal(canvas(page, "overlay"), canvas(page, "original"))
    helps = page.get_by_role("group", name="What helps here")
    helps.get_by_role("button", name="Show evidence against it").press("Enter")
    next_frame(page)
    image = load_sample("meadow")
    cam = Explainer(tinynet, "blocks.3").forward(image).cam(10)
    assert np.array_equal(canvas(page, "heatmap"), heatmap_image(cam, image, Look(sign="both")))
    assert page.evaluate("document.activeElement.shadowRoot?.activeElement?.className") == "frame"
    helps.get_by_role("button", name="Explain at layer blocks.5").click()
    page.wait_for_function("!location.search.includes('layer')")
    settle(page)
    expect(page.locator(".hp .saying > .sentence")).not_to_contain_text("negative everywhere")
    expect(page).to_have_url(re.compile("class=10"))
    expect(helps).to_be_hidden()


def test_the_likeliest_class_is_a_step_that_back_takes_back(visit: NewVisit) -> None:
    page = visit().open("/?layer=blocks.3&class=10")
    former = chosen(page)
    page.get_by_role("button", name="Explain “cat”, the likeliest class").click()
    assert chosen(page) == "cat"
    page.go_back()
    expect(page.locator(".hp .card[aria-checked=true] .label")).to_have_text(former)


def test_everything_is_shown_to_the_model_after_one_click(visit: NewVisit) -> None:
    page = visit().open("/?image=temple&model=photos")
    assert edge_widths(page) == ["1px", "1px"]
    page.get_by_role("button", name="Show it everything").click()
    page.wait_for_function("location.search.includes('preprocessing=pad')")
    settle(page)
    expect(page.get_by_role("button", name="Show it everything")).to_have_count(0)
    assert edge_widths(page) == []


def test_a_presentation_is_a_spotlight_unless_another_overlay_was_chosen(visit: NewVisit) -> None:
    page = visit().open()
    before = canvas(page, "overlay")
    page.get_by_role("button", name="Present", exact=True).click()
    next_frame(page)
    corner = canvas(page, "overlay")[:60, -60:].astype(int)
    assert np.ptp(corner, axis=2).max() == 0
    page.keyboard.press("Escape")
    next_frame(page)
    assert np.array_equal(canvas(page, "overlay"), before)
    open_look(page)
    page.get_by_label("Overlay", exact=True).select_option("even")
    next_frame(page)
    before = canvas(page, "overlay")
    page.get_by_role("button", name="Present", exact=True).click()
    next_frame(page)
    assert np.array_equal(canvas(page, "overlay"), before)
