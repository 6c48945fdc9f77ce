"""Fast clicks and several people at once: the server lives, and everything belongs to the last click."""

import itertools
from collections.abc import Callable

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, settle
from tests.browser.frame import unfold
from tests.browser.viewer import canvas, cards, choose, chosen, download, open_menu, shown, until_agreed, until_told

NewVisit = Callable[..., Visit]
SAMPLES = ("Meadow", "Bay", "Winter", "Garden", "Night", "Desert")
METHODS = ("gradcam", "hirescam", "gradcam++", "layercam")


def click_on(page: Page, click: int) -> str:
    return choose(page, click % 5)


def maps_of(page: Page) -> dict[str, np.ndarray]:
    """The heatmap of every listed class, one after another."""
    maps = {}
    for place in range(5):
        label = choose(page, place)
        page.wait_for_selector(f".hp[data-shown$=' {cards(page).nth(place).get_attribute('data-index')}']")
        maps[label] = canvas(page, "heatmap")
    return maps


def test_sixty_fast_clicks_leave_everything_of_the_last_one(visit: NewVisit) -> None:
    page = visit().open()
    alone = maps_of(page)
    last = [click_on(page, click * 3) for click in range(60)][-1]
    settle(page)
    assert chosen(page) == last
    until_agreed(page)
    assert np.array_equal(canvas(page, "heatmap"), alone[last])
    open_menu(page)
    name, _ = download(page, "Raw map")
    assert name.endswith(f"-{last}-cam.npy")


def test_four_people_at_once_each_end_with_their_own(visit: NewVisit) -> None:
    pages = [visit(is_own=True).open(f"/?image={name}") for name in ("meadow", "bay", "winter", "garden")]
    alone = [maps_of(page) for page in pages]
    for click in range(60):
        for place, page in enumerate(pages):
            click_on(page, click + place)
    for place, page in enumerate(pages):
        settle(page)
        until_agreed(page)
        assert np.array_equal(canvas(page, "heatmap"), alone[place][chosen(page)])
        assert chosen(page) == cards(page).nth((59 + place) % 5).locator(".label").inner_text()


def test_fast_changes_of_image_class_and_layer_end_with_the_last_of_each(visit: NewVisit) -> None:
    page = visit().open()
    unfold(page)
    for click, title in zip(range(30), itertools.cycle(SAMPLES), strict=False):
        page.locator(".st-key-sample label", has_text=title).click()
        if click % 3 == 0:
            click_on(page, click)
        if click % 7 == 0:
            page.locator(".st-key-all_layers label").click()
    slug = title.lower()
    page.wait_for_function(
        "slug => (new URLSearchParams(location.search).get('image') ?? 'meadow') === slug", arg=slug, timeout=60_000
    )
    expect(page.locator(".hp .original .frame")).to_have_attribute(
        "aria-label", f"Original. The image {title}", timeout=60_000
    )
    settle(page)
    until_told(page)
    settle(page)
    until_agreed(page)
    fresh = visit().open(f"/?image={slug}&class={shown(page).split()[1]}")
    assert shown(fresh) == shown(page)
    assert np.array_equal(canvas(fresh, "heatmap"), canvas(page, "heatmap"))
