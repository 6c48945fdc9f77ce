"""A page more is two files, and what is chosen holds there too, though it has no viewer: class and look with it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from gradcam_core.engine import Explainer
from gradcam_core.models import LoadedModel
from gradcam_core.rendering.render import Look, overlay_image
from gradcam_core.samples import load_sample
from tests.browser.conftest import Visit, at_rest, settle
from tests.browser.test_pages import choose_everything, go_to_explore, parameters
from tests.browser.test_viewer import set_range
from tests.browser.viewer import PIXELS, array, cards, choose, chosen, until_agreed
from tests.server import ROOT, running_server

NewVisit = Callable[..., Visit]
LINE = '    PageEntry("compare", "Compare", "Do two methods say the same?", ("second",)),\n)'


@pytest.fixture(scope="module")
def three_pages(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with one page more: its file, and its line in the registry."""
    site = tmp_path_factory.mktemp("site")
    shutil.copy(ROOT / "app.py", site)
    shutil.copytree(ROOT / "pages", site / "pages")
    shutil.copy(Path(__file__).with_name("third_page.py"), site / "pages" / "compare.py")
    registry = site / "pages" / "_ui" / "frame" / "registry.py"
    before, after = registry.read_text(encoding="utf-8").split("\n)\n", 1)  # where the list of pages ends
    registry.write_text(f"{before}\n{LINE}\n{after}", encoding="utf-8")
    with running_server(model_folder, site / "app.py") as address:
        yield address


def go_to_compare(page: Page) -> None:
    page.get_by_role("link", name="Compare", exact=True).click()
    stands_on_compare(page)


def stands_on_compare(page: Page) -> None:
    expect(page.locator(".hp.sets .set")).to_have_count(2, timeout=60_000)
    settle(page)


def titles(page: Page) -> Locator:
    return page.locator(".hp.sets .title")


def overlay(page: Page) -> np.ndarray:
    """What the first map's overlay shows."""
    return array(page.locator(".hp.sets .overlay canvas.picture").first.evaluate(PIXELS))


def test_every_choice_holds_on_a_page_without_a_viewer_and_in_its_address(three_pages: str, visit: NewVisit) -> None:
    page = visit(three_pages).open()
    choices = choose_everything(page)
    label = chosen(page)
    go_to_compare(page)
    expect(titles(page)).to_have_text([f"LayerCAM: {label}", f"LayerCAM: {label}"])
    assert parameters(page) == choices
    page.get_by_label("Second method").fill("HiResCAM")
    expect(page.get_by_role("option").filter(has_text="HiResCAM").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(titles(page)).to_have_text([f"LayerCAM: {label}", f"HiResCAM: {label}"])
    page.wait_for_function("location.search.includes('second=') && location.search.includes('class=')")
    with_second = choices | {"second": "hirescam"}
    assert parameters(page) == with_second
    page.reload()
    stands_on_compare(page)
    expect(titles(page)).to_have_text([f"LayerCAM: {label}", f"HiResCAM: {label}"])
    other = visit(three_pages, is_own=True).page
    other.goto(page.url)
    stands_on_compare(other)
    expect(titles(other)).to_have_text([f"LayerCAM: {label}", f"HiResCAM: {label}"])
    go_to_explore(page)
    until_agreed(page)
    assert (chosen(page), parameters(page)) == (label, choices)
    page.go_back()
    stands_on_compare(page)
    expect(titles(page)).to_have_text([f"LayerCAM: {label}", f"HiResCAM: {label}"])
    assert parameters(page) == with_second


def test_a_class_chosen_just_before_the_page_is_opened_is_the_one_it_shows(three_pages: str, visit: NewVisit) -> None:
    page = visit(three_pages).open()
    for step, delay in enumerate((0, 40, 80, 120, 160, 200)):  # ms; the server is told of a choice after 150
        label = choose(page, 1 + step % 2)
        page.wait_for_timeout(delay)
        go_to_compare(page)
        expect(titles(page)).to_have_text([f"Grad-CAM: {label}", f"LayerCAM: {label}"])
        go_to_explore(page)
        assert chosen(page) == label


def test_back_leads_to_the_class_that_the_page_showed_then(three_pages: str, visit: NewVisit) -> None:
    page = visit(three_pages).open()
    first = choose(page, 1)
    go_to_compare(page)
    go_to_explore(page)
    second = choose(page, 2)
    go_to_compare(page)
    expect(titles(page).first).to_have_text(f"Grad-CAM: {second}")
    for _ in range(3):  # Explore with the second class, and with the first
        page.go_back()
        at_rest(page)
    stands_on_compare(page)
    expect(titles(page).first).to_have_text(f"Grad-CAM: {first}")
    go_to_explore(page)
    assert chosen(page) == first
    until_agreed(page)


def test_panes_are_drawn_in_the_look_that_is_on_screen(three_pages: str, visit: NewVisit, tinynet: LoadedModel) -> None:
    page = visit(three_pages).open("/?image=night")
    set_range(page, "Opacity", 85)
    go_to_compare(page)  # the server has not run since
    image = load_sample("night")
    forward = Explainer(tinynet).forward(image)
    cam = forward.cam(forward.top(1)[0].class_index)
    expected = overlay_image(image, cam, Look(opacity=0.85))
    assert parameters(page) == {"image": "night", "opacity": "85"}
    for _ in range(300):  # the browser tells the look that the server did not know
        if np.array_equal(overlay(page), expected):
            break
        page.wait_for_timeout(200)
    assert np.array_equal(overlay(page), expected)


def test_a_link_to_copy_names_the_class_and_the_look(three_pages: str, visit: NewVisit) -> None:
    page = visit(three_pages).open()
    card = cards(page).nth(1)
    card.click()
    set_range(page, "Opacity", 40)
    link = page.get_by_role("link", name="Compare", exact=True)
    link.click(button="right")
    told = link.get_attribute("href") or ""
    assert f"class={card.get_attribute('data-index')}" in told
    assert "opacity=40" in told
