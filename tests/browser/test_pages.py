"""Two pages: what is chosen on one holds on the other, in both addresses, over Back, a reload and a copied link."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit, settle
from tests.browser.frame import choose_layer, unfold
from tests.browser.test_viewer import set_range
from tests.browser.viewer import cards, choose, shown, until_agreed

NewVisit = Callable[..., Visit]


def parameters(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def go_to_model(page: Page) -> None:
    page.get_by_role("link", name="Model", exact=True).click()
    stands_on_model(page)


def stands_on_model(page: Page) -> None:
    page.wait_for_selector(".layers tr[data-layer]", timeout=60_000)
    settle(page)


def go_to_explore(page: Page) -> None:
    page.get_by_role("link", name="Explore", exact=True).click()
    stands_on_explore(page)


def stands_on_explore(page: Page) -> None:
    page.wait_for_selector(".st-key-explained .hp[data-shown]", timeout=60_000)
    settle(page)


def target_row(page: Page) -> Locator:
    """The row that the table marks as the target."""
    return page.locator(".layers tr[aria-selected=true]")


def target(page: Page) -> str:
    """The layer of that row."""
    return str(target_row(page).get_attribute("data-layer"))


def choose_everything(page: Page) -> dict[str, str]:
    """Another choice of each kind on Explore; what the address then says."""
    page.locator(".st-key-sample label", has_text="Night").click()
    page.wait_for_url("**image=night**")
    settle(page)
    unfold(page)
    choose_layer(page, "blocks.4")
    for name, title in (("method", "LayerCAM"), ("preprocessing", "squash")):
        page.locator(f".st-key-{name}_list button").click()
        page.locator(f".st-key-{name} [data-testid=stRadioOption]", has_text=title).first.click()
        page.wait_for_url(f"**{name}=**")
        settle(page)
    page.get_by_role("button", name="Overlay", exact=True).click()
    choose(page, 1)
    settle(page)
    until_agreed(page)
    return parameters(page)


@pytest.mark.smoke
def test_every_choice_holds_on_both_pages_and_in_both_addresses(visit: NewVisit) -> None:
    page = visit().open()
    chosen = choose_everything(page)
    assert set(chosen) == {"image", "layer", "method", "preprocessing", "class", "view"}
    steps, painted = page.evaluate("history.length"), shown(page)
    go_to_model(page)
    assert target(page) == "blocks.4"
    page.wait_for_function("location.search.includes('class=')")
    assert parameters(page) == chosen
    assert page.evaluate("history.length") == steps + 1
    go_to_explore(page)
    assert shown(page) == painted
    until_agreed(page)
    assert parameters(page) == chosen


def test_a_layer_chosen_in_the_table_is_explained_and_back_leads_back(visit: NewVisit) -> None:
    page = visit().open()
    choose(page, 1)
    before = shown(page)
    go_to_model(page)
    page.locator(".layers tr[data-layer='blocks.2']").click()
    page.wait_for_url("**layer=blocks.2**")
    settle(page)
    assert target(page) == "blocks.2"
    page.locator(".layers tr[data-layer='head']").click()
    expect(page.locator(".layers .note")).to_contain_text("can't be explained")
    assert target(page) == "blocks.2"
    go_to_explore(page)
    expect(page.locator(".hp .caption").first).to_contain_text("blocks.2")
    until_agreed(page)
    page.go_back()
    stands_on_model(page)
    assert target(page) == "blocks.2"
    page.go_back()
    page.wait_for_function("!location.search.includes('layer=')")
    expect(target_row(page)).to_have_attribute("data-layer", "blocks.5")
    settle(page)
    page.go_back()
    page.wait_for_selector(f".hp[data-shown='{before}']")
    until_agreed(page)
    page.go_forward()
    stands_on_model(page)
    page.go_forward()
    page.wait_for_function("location.search.includes('layer=blocks.2')")
    expect(target_row(page)).to_have_attribute("data-layer", "blocks.2")


def test_class_and_look_stay_in_the_address_after_a_choice_on_a_page_without_a_viewer(visit: NewVisit) -> None:
    page = visit().open()
    card = cards(page).nth(1)
    card.click()
    set_range(page, "Opacity", 85)
    own = {"class": str(card.get_attribute("data-index")), "opacity": "85"}
    go_to_model(page)
    page.locator(".layers tr[data-layer='blocks.2']").click()
    page.wait_for_url("**layer=blocks.2**")
    settle(page)
    assert parameters(page) == own | {"layer": "blocks.2"}
    page.reload()
    stands_on_model(page)
    go_to_explore(page)
    assert parameters(page) == own | {"layer": "blocks.2"}
    until_agreed(page)


def test_each_pages_address_opens_the_same_in_another_browser_and_over_a_reload(visit: NewVisit) -> None:
    page = visit().open()
    chosen = choose_everything(page)
    painted = shown(page)
    go_to_model(page)
    page.wait_for_function("location.search.includes('class=')")
    page.reload()
    stands_on_model(page)
    assert target(page) == "blocks.4"
    assert parameters(page) == chosen
    other = visit(is_own=True)
    other.page.goto(page.url)
    stands_on_model(other.page)
    assert target(other.page) == "blocks.4"
    go_to_explore(other.page)
    assert shown(other.page) == painted
    assert parameters(other.page) == chosen
    go_to_explore(page)
    assert shown(page) == painted
    page.reload()
    stands_on_explore(page)
    assert shown(page) == painted
    assert parameters(page) == chosen


def test_what_is_chosen_on_the_second_page_holds_on_the_first(visit: NewVisit) -> None:
    page = visit().open("/model")
    stands_on_model(page)
    page.locator(".st-key-sample label", has_text="Bay").click()
    page.wait_for_url("**image=bay**")
    settle(page)
    page.locator(".st-key-model_list button").click()
    page.locator(".st-key-model [data-testid=stRadioOption]", has_text="Photo network").first.click()
    page.wait_for_url("**model=photos**")
    settle(page)
    expect(page.locator(".layers tr[data-layer='features']")).to_have_count(1)
    go_to_explore(page)
    assert parameters(page)["image"] == "bay"
    assert parameters(page)["model"] == "photos"
    assert "The image Bay" in (page.locator(".hp .original .frame").get_attribute("aria-label") or "")


def test_a_page_opened_just_after_a_choice_stands_and_the_choice_is_kept(visit: NewVisit) -> None:
    page = visit().open()
    for step, delay in enumerate(range(60, 260, 20)):  # ms; the server is told of a choice after 150
        index = cards(page).nth(1 + step % 3).get_attribute("data-index")
        cards(page).nth(1 + step % 3).click()
        page.wait_for_timeout(delay)
        page.get_by_role("link", name="Model", exact=True).click()
        stands_on_model(page)
        go_to_explore(page)
        assert shown(page).split()[1] == index
        until_agreed(page)


def test_the_parameter_of_one_page_stands_in_its_address_alone(visit: NewVisit) -> None:
    page = visit().open("/model?side=64&layer=blocks.3")
    stands_on_model(page)
    expect(page.get_by_text("for an input of 1 × 3 × 64 × 64")).to_have_count(1)
    go_to_explore(page)
    assert parameters(page) == {"layer": "blocks.3"}
    go_to_model(page)
    assert parameters(page) == {"layer": "blocks.3", "side": "64"}
    field = page.get_by_label("Side in pixels")
    field.fill("none")
    field.press("Enter")
    expect(page.get_by_text("A side is a whole number")).to_have_count(1)
    expect(page.get_by_text("for an input of 1 × 3 × 64 × 64")).to_have_count(1)


def test_the_table_is_searched_folded_and_walked_by_keyboard(visit: NewVisit) -> None:
    page = visit(width=390).open("/model")
    stands_on_model(page)
    rows = page.locator(".layers tbody tr")
    page.get_by_role("button", name="Fold all", exact=True).click()
    expect(rows).to_have_count(3)
    page.locator(".layers tbody tr[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".layers tr[data-layer='blocks']")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**layer=blocks.0**")
    settle(page)
    assert target(page) == "blocks.0"
    page.get_by_label("Search layers").fill("conv2d")
    expect(page.locator(".layers .count")).to_have_text("6 of 27 rows")
    page.get_by_label("Search layers").fill("nothing like it")
    expect(page.locator(".layers .count")).to_have_text("No layer has this name or kind.")
    expect(rows).to_have_count(0)
