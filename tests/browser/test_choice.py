"""The server hears which class is chosen: after it is drawn, only the last of many, and without disturbing anything."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, at_rest, settle
from tests.browser.test_history import pick_sample, search
from tests.browser.test_viewer import next_frame
from tests.browser.test_waiting import mark
from tests.browser.viewer import cards, choose, shown, until_agreed, until_painted

NewVisit = Callable[..., Visit]
Trial = Callable[[str], Page]
ASKED_AND_NOT_ANSWERED = """answer => document.querySelector(".stApp").dataset.testScriptState === "running" &&
  !document.querySelector(".st-key-below").innerText.includes(answer)"""

ASK_WHILE_LEAVING = """(search, toggle) => {
  toggle.click();
  search.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, composed: true }));
}"""

SLOW_DECODING = """(() => {
  const quick = createImageBitmap;
  window.decoding = 0;
  window.createImageBitmap = async (...args) => {
    window.decoding++;
    await new Promise(done => setTimeout(done, 1500));
    return quick(...args).finally(() => window.decoding--);
  };
})()"""


def server_class(page: Page) -> list[str]:
    """Image, model and class as the server has them."""
    return page.locator(".st-key-below").inner_text().split()[:3]


def drawn(page: Page) -> int:
    """How often the server has drawn what depends on the class."""
    return int(page.locator(".st-key-below").inner_text().split()[-1])


def index_on_screen(page: Page) -> str:
    return shown(page).split()[1]


def heard(page: Page) -> None:
    """Wait until the server has the class on screen, and see that it keeps it."""
    next_frame(page)  # the last choice may not be painted yet
    index = index_on_screen(page)
    expect(page.locator(".st-key-below")).to_contain_text(f" {index} drawn")
    at_rest(page)
    assert server_class(page)[2] == index == index_on_screen(page)
    until_agreed(page)


def test_the_server_follows_clicks_keys_and_back(trial: Trial) -> None:
    page = trial("/")
    assert server_class(page) == ["meadow", "tinynet", index_on_screen(page)]
    likeliest, length = index_on_screen(page), page.evaluate("history.length")
    choose(page, 1)
    heard(page)
    page.keyboard.press("3")
    heard(page)
    assert page.evaluate("history.length") == length + 2
    page.go_back()
    until_painted(page, int(cards(page).nth(1).get_attribute("data-index") or -1))
    heard(page)
    page.go_back()
    until_painted(page, int(likeliest))
    heard(page)
    page.go_forward()
    until_painted(page, int(cards(page).nth(1).get_attribute("data-index") or -1))
    heard(page)


def test_of_sixty_fast_choices_the_server_hears_the_last_and_few_others(trial: Trial) -> None:
    page = trial("/")
    before = drawn(page)
    for click in range(60):
        page.keyboard.press(str(1 + click * 3 % 5))
    heard(page)
    assert index_on_screen(page) == cards(page).nth(59 * 3 % 5).get_attribute("data-index")
    assert drawn(page) - before <= 10


def test_a_class_by_address_or_search_is_heard_and_never_belongs_to_another(trial: Trial) -> None:
    page = trial("/?class=4&model=photos")
    assert server_class(page) == ["meadow", "photos", "4"]
    listed = {card.get_attribute("data-index") for card in cards(page).all()}
    other = next(index for index in range(19, 0, -1) if str(index) not in listed)
    search(page, f"kind {other}", other)
    heard(page)
    pick_sample(page, "Bay")
    settle(page)
    assert server_class(page)[0] == "bay"
    heard(page)
    assert cards(page).first.get_attribute("aria-checked") == "true"
    choose(page, 1)
    page.locator(".st-key-sample label", has_text="Night").click()  # before the server has heard of the choice
    expect(page.locator(".st-key-below")).to_contain_text("night")
    settle(page)
    heard(page)
    assert cards(page).first.get_attribute("aria-checked") == "true"


def test_what_the_server_adds_comes_later_and_disturbs_nothing(trial: Trial) -> None:
    page = trial("/?slow=1")
    page.locator(".hp").evaluate(
        "hp => { window.views = window.stale = 0;"
        " const explained = document.querySelector('.st-key-explained');"
        " const noted = () => window.stale += explained.querySelectorAll('[data-stale=true]').length;"
        " new MutationObserver(noted).observe(explained, { subtree: true, attributeFilter: ['data-stale'] });"
        " new MutationObserver(() => window.views++).observe(hp.querySelector('.list'), { childList: true }); }"
    )
    length = page.evaluate("history.length")
    choose(page, 1)
    index = index_on_screen(page)
    page.wait_for_function(ASKED_AND_NOT_ANSWERED, arg=f" {index} drawn")
    assert mark(page) == "none"
    choose(page, 2)
    until_painted(page, int(cards(page).nth(2).get_attribute("data-index") or -1))
    expect(page.locator(".st-key-below")).to_contain_text(f" {index_on_screen(page)} drawn")
    heard(page)
    assert page.evaluate("history.length") == length + 2
    assert page.evaluate("[window.views, window.stale]") == [0, 0]


def test_a_class_chosen_while_a_link_still_names_the_usual_image_is_a_step_of_the_history(trial: Trial) -> None:
    page = trial("/?slow=1")
    page.goto(f"{page.url.split('?')[0]}?image=meadow&model=tinynet&slow=1")
    length = page.evaluate("history.length")
    choose(page, 1)
    assert "image=meadow" in page.url  # the address is put right when the server is silent, which it is not yet
    index = cards(page).nth(1).get_attribute("data-index")
    page.wait_for_function(f"location.search.includes('class={index}')")
    assert page.evaluate("history.length") == length + 1
    heard(page)


def test_what_is_asked_for_outlives_the_element_that_asked(trial: Trial) -> None:
    page = trial("/?model=photos&k=10&late=1")
    listed = {card.get_attribute("data-index") for card in cards(page).all()}
    other = next(index for index in range(19, 0, -1) if str(index) not in listed)
    page.locator(".hp .search").fill(f"kind {other}")
    toggle = page.locator(".st-key-first input")
    page.locator(".hp .search").evaluate(ASK_WHILE_LEAVING, toggle.element_handle())
    expect(page.locator(".st-key-below")).to_have_count(0)
    toggle.evaluate("toggle => toggle.click()")
    until_painted(page, other)
    heard(page)


def test_back_before_a_new_viewer_shows_anything_is_heard(trial: Trial) -> None:
    page = trial("/")
    likeliest = int(index_on_screen(page))
    choose(page, 1)
    heard(page)
    page.evaluate(SLOW_DECODING)
    toggle = page.locator(".st-key-first input")
    toggle.evaluate("toggle => toggle.click()")
    expect(page.locator(".st-key-below")).to_have_count(0)
    toggle.evaluate("toggle => toggle.click()")
    page.wait_for_function("window.decoding === 1")
    page.go_back()
    until_painted(page, likeliest)
    heard(page)
