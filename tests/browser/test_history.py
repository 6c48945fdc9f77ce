"""Back and Forward walk through images and classes, and what is on screen always agrees with the address."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from gradcam_core.samples import sample_bytes
from tests.browser.conftest import Visit, at_rest, settle
from tests.browser.frame import choose_layer, unfold
from tests.browser.viewer import cards, choose, open_look, sentence, shown, until, until_agreed, until_painted

NewVisit = Callable[..., Visit]
NO_CLASSES = ("-1", "x", "9" * 400, "1.0", "٣")


def pick_sample(page: Page, title: str) -> None:
    former = shown(page).split()[0]
    page.locator(".st-key-sample label", has_text=title).click()
    expect(page.locator(f".hp[data-shown^='{former}']")).to_have_count(0)
    settle(page)


def test_back_and_forward_walk_over_images_and_classes(visit: NewVisit) -> None:
    page = visit().open()
    steps = [(page.url, shown(page), sentence(page))]

    def note() -> None:
        settle(page)
        until_agreed(page)
        steps.append((page.url, shown(page), sentence(page)))

    choose(page, 1)
    note()
    choose(page, 2)
    note()
    pick_sample(page, "Night")
    page.wait_for_url("**/*image=night*")
    note()
    choose(page, 1)
    note()
    assert len({url for url, _, _ in steps}) == len(steps)
    for step in reversed(steps[:-1]):
        page.go_back()
        stands(page, step)
    for step in steps[1:]:
        page.go_forward()
        stands(page, step)


def stands(page: Page, step: tuple[str, str, str]) -> None:
    url, painted, words = step
    page.wait_for_selector(f".hp[data-shown='{painted}']")
    expect(page.locator(".hp .saying > .sentence")).to_have_text(words)
    settle(page)
    expect(page).to_have_url(url)
    until_agreed(page)


def test_one_act_is_one_step_of_the_history(visit: NewVisit) -> None:
    page = visit().open("/?class=2")
    length = page.evaluate("history.length")
    pick_sample(page, "Night")
    page.wait_for_url("**/?image=night")
    assert page.evaluate("history.length") == length + 1
    choose(page, 1)
    assert page.evaluate("history.length") == length + 2


def test_a_change_of_look_is_no_step_and_lasts(visit: NewVisit) -> None:
    page = visit().open()
    choose(page, 1)
    length = page.evaluate("history.length")
    page.get_by_role("button", name="Overlay", exact=True).click()
    open_look(page)
    page.get_by_label("Colours", exact=True).select_option("viridis")
    assert page.evaluate("history.length") == length
    page.go_back()
    page.wait_for_function("!location.search.includes('class=')")
    settle(page)
    assert page.locator(".hp .stage").get_attribute("data-view") == "overlay"
    expect(page).to_have_url(re.compile("view=overlay"))
    expect(page).to_have_url(re.compile("colormap=viridis"))
    until_agreed(page)


def test_the_class_and_the_look_outlive_what_the_server_writes(visit: NewVisit) -> None:
    page = visit().open()
    page.get_by_role("button", name="Overlay", exact=True).click()
    choose(page, 1)
    index = shown(page).split()[1]
    unfold(page)
    page.locator(".st-key-all_layers label").click()
    at_rest(page)  # a list that is filled anew forgets what is typed in it
    choose_layer(page, "blocks.4")
    expect(page).to_have_url(re.compile(f"class={index}"))
    expect(page).to_have_url(re.compile("view=overlay"))
    assert shown(page).split()[1] == index
    until_agreed(page)
    fresh = visit().open(page.url.removeprefix(page.url.split("/?")[0]))
    assert shown(fresh) == shown(page)
    assert sentence(fresh) == sentence(page)


def test_a_deep_link_works_on_a_fresh_server_and_ever_after(fresh_server: str, visit: NewVisit) -> None:
    for _ in range(2):
        page = visit(fresh_server).open("/explore?image=night&class=0")
        expect(page.locator(".st-key-bar")).to_have_count(1)
        expect(page.get_by_role("dialog")).to_have_count(0)
        until_painted(page, 0)
        assert "The image Night" in (page.locator(".hp .original .frame").get_attribute("aria-label") or "")
        until_agreed(page)


@pytest.mark.parametrize("told", ["99", *(pytest.param(text, marks=pytest.mark.slow) for text in NO_CLASSES)])
def test_a_class_that_is_none_is_said_so_and_leaves_the_address(visit: NewVisit, told: str) -> None:
    page = visit().open(f"/?class={told}")
    expect(page.get_by_test_id("stAlert")).to_contain_text("This is the likeliest one.")
    length = page.evaluate("history.length")
    page.wait_for_function("!location.search.includes('class')")
    assert page.evaluate("history.length") == length
    assert cards(page).first.get_attribute("aria-checked") == "true"
    until_agreed(page)


def search(page: Page, name: str, index: int) -> None:
    """Choose a class by its name and wait for its map."""
    page.locator(".hp .search").fill(name)
    page.keyboard.press("Enter")
    until_painted(page, index)
    settle(page)


def test_searched_classes_are_steps_that_back_returns_to_one_by_one(visit: NewVisit) -> None:
    page = visit().open("/?model=photos&k=10")
    listed = {int(card.get_attribute("data-index") or -1) for card in cards(page).all()}
    mapped = [index for index in range(20) if index not in listed]
    length, first = page.evaluate("history.length"), int(shown(page).split()[1])
    chosen_ones = mapped[-3:]
    for index in chosen_ones:
        search(page, f"kind {index}", index)
        until_agreed(page)
    assert page.evaluate("history.length") == length + 3
    for index in [*reversed(chosen_ones[:-1]), first]:
        page.go_back()
        until_painted(page, index)
        settle(page)
        until_agreed(page)
    for index in chosen_ones:
        page.go_forward()
        until_painted(page, index)
        settle(page)
        until_agreed(page)


def test_opening_the_menu_is_no_step(visit: NewVisit) -> None:
    page = visit().open("/?class=1")
    length = page.evaluate("history.length")
    page.get_by_text("Take away", exact=True).click()
    expect(page.locator(".hp pre").first).to_contain_text("--class index:1 ")
    at_rest(page)
    assert page.evaluate("history.length") == length
    expect(page).to_have_url(re.compile(r"/\?class=1$"))


@pytest.mark.parametrize("gap", [0, 60, 200])
def test_back_in_the_middle_of_a_run_ends_in_one_state(visit: NewVisit, gap: int) -> None:
    page = visit().open("/?image=night")
    pick_sample(page, "Desert")
    page.wait_for_url("**/*image=desert*")
    page.locator(".st-key-sample label", has_text="Garden").click()
    page.wait_for_timeout(gap)
    page.go_back()
    at_rest(page)

    def is_one_state() -> bool:
        alt = page.locator(".hp .original .frame").get_attribute("aria-label") or ""
        named = page.evaluate("new URLSearchParams(location.search).get('image')")
        return alt.lower() == f"original. the image {named}"

    until(page, is_one_state)
    until_agreed(page)


def test_a_layer_whose_maps_do_not_all_come_along_keeps_the_class_in_one_step(visit: NewVisit) -> None:
    page = visit().open("/?model=photos")
    page.get_by_label("How many predictions").select_option("10")
    choose(page, 9)
    index, length = int(shown(page).split()[1]), page.evaluate("history.length")
    question = shown(page).split()[0]
    unfold(page)
    page.locator(".st-key-layer input").click()
    page.get_by_role("option").first.click()
    expect(page.locator(f".hp[data-shown^='{question}']")).to_have_count(0)
    at_rest(page)
    assert int(shown(page).split()[1]) == index
    assert page.evaluate("history.length") == length + 1
    until_agreed(page)


def test_look_values_that_make_no_sense_leave_the_address(visit: NewVisit) -> None:
    length = visit().open().evaluate("history.length")
    page = visit().open("/?view=nix&opacity=900&k=0&layer=nothing&image=nowhere")
    page.wait_for_function("location.search === ''")
    at_rest(page)
    assert page.evaluate("history.length") == length
    until_agreed(page)


def test_the_same_picture_by_another_door_is_named_anew(visit: NewVisit) -> None:
    page = visit().open("/?class=1")
    page.get_by_role("radio", name="Upload").click()
    data = sample_bytes("meadow")
    page.locator("input[type=file]").set_input_files({"name": "twin.png", "mimeType": "image/png", "buffer": data})
    page.wait_for_url("**/*image=upload-*")
    expect(page.locator(".hp .original .frame")).to_have_attribute("aria-label", "Original. The image twin.png")
    settle(page)
    choose(page, 2)
    until_agreed(page)
    expect(page).to_have_url(re.compile("image=upload-"))


def test_back_while_a_picture_is_still_decoded_keeps_to_what_is_asked_last(visit: NewVisit) -> None:
    tab = visit()
    tab.page.add_init_script(
        "const quick = createImageBitmap; window.decoding = 0; window.createImageBitmap = async (...args) => {"
        " window.decoding++; await new Promise(done => setTimeout(done, window.slow ? 1500 : 0));"
        " return quick(...args).finally(() => window.decoding--); };"
    )
    page = tab.open()
    page.evaluate("window.slow = true")
    page.locator(".st-key-sample label", has_text="Night").click()
    page.wait_for_url("**/*image=night*")
    page.locator(".st-key-sample label", has_text="Meadow").click()
    page.wait_for_function("!location.search.includes('image')")
    at_rest(page)
    page.wait_for_function("window.decoding === 0")
    at_rest(page)
    assert page.locator(".hp .original .frame").get_attribute("aria-label") == "Original. The image Meadow"
    until_agreed(page)
