"""Slow work as a person sees it: it reports, can be cancelled, survives a rerun, ends with its page, bothers nobody."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import findings
from tests.browser.conftest import PATIENCE, Visit, settle
from tests.browser.viewer import until
from tests.server import running_server

NewVisit = Callable[..., Visit]
LONG = 60_000  # milliseconds: on a busy machine; how fast Cancel is, tests/core/test_jobs.py says


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    """Expectations wait as long as everything else."""
    expect.set_options(timeout=LONG)
    yield
    expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def address(model_folder: Path) -> Iterator[str]:
    """A server with one slow page."""
    with running_server(model_folder, Path(__file__).with_name("slow_page.py")) as started:
        yield started


def started(visit: NewVisit, address: str, **options: object) -> Page:
    """The page, with its work begun and a few places measured."""
    page = opened(visit, address, **options)
    press(page, "Measure")
    expect(page.get_by_text(re.compile(r"places: \d+"))).to_be_visible(timeout=60_000)
    return page


def opened(visit: NewVisit, address: str, **options: object) -> Page:
    page = visit(address, **options).page
    page.goto(address, timeout=LONG)
    expect(page.get_by_role("heading", name="Slow page")).to_be_visible(timeout=60_000)
    return page


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def places(page: Page) -> int:
    """How many are measured, as the partial result on screen says."""
    return int(page.get_by_text(re.compile(r"places: \d+")).inner_text().split()[-1])


def slots_in_use(page: Page) -> int:
    """As a run says that is asked for now."""
    press(page, "Look")
    settle(page)
    return int(re.findall(r"slots in use: (\d+)", page.inner_text("body"))[0])


def until_more_than(page: Page, count: int) -> None:
    page.wait_for_function("count => Number(document.body.innerText.match(/places: (\\d+)/)?.[1]) > count", arg=count)


def test_slow_work_reports_survives_a_rerun_and_is_cancelled_at_once(visit: NewVisit, address: str) -> None:
    page = started(visit, address)
    progress = page.locator(".st-key-progress_occlusion")
    words = r"Occlusion: [\d,]+ of 16,384 forward passes, (about \d+ (s|min)|a few seconds) left"
    expect(progress).to_contain_text(re.compile(words))
    expect(progress.get_by_role("progressbar")).to_be_visible()
    before = places(page)
    press(page, "Look")
    expect(page.get_by_text("slots in use: 1")).to_be_visible()
    until_more_than(page, before)
    cancel = progress.get_by_role("button", name="Cancel")
    cancel.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("state: cancelled")).to_be_visible()
    expect(progress).to_have_count(0)
    until(page, lambda: slots_in_use(page) == 0)


def test_others_and_the_same_person_are_answered_meanwhile(visit: NewVisit, address: str) -> None:
    page, other = started(visit, address, is_own=True), opened(visit, address, is_own=True)
    press(other, "Ask")
    expect(other.get_by_text("answers: 1")).to_be_visible()
    before = places(page)
    press(page, "Ask")
    expect(page.get_by_text("answers: 1")).to_be_visible()
    until_more_than(page, before)
    press(page, "Cancel")
    expect(page.get_by_text("state: cancelled")).to_be_visible()


def test_two_people_have_their_slow_work_one_after_the_other(visit: NewVisit, address: str) -> None:
    first, second = started(visit, address, is_own=True), opened(visit, address, is_own=True)
    press(second, "Measure")
    waiting = second.locator(".st-key-progress_occlusion")
    expect(waiting).to_contain_text("Occlusion: waiting for its turn")
    press(first, "Cancel")
    expect(waiting).to_contain_text("forward passes")
    press(second, "Cancel")
    expect(second.get_by_text("state: cancelled")).to_be_visible()


def test_slow_work_ends_when_its_page_is_closed(visit: NewVisit, address: str) -> None:
    other, page = opened(visit, address), visit(address).page
    page.goto(address, timeout=LONG)
    press(page, "Measure")
    expect(page.get_by_text(re.compile(r"places: \d+"))).to_be_visible(timeout=60_000)
    press(other, "Look")
    expect(other.get_by_text("slots in use: 1")).to_be_visible()
    page.goto(f"{address}/_stcore/health")
    until(other, lambda: slots_in_use(other) == 0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_running_work_is_readable_by_everybody(visit: NewVisit, address: str, scheme: str) -> None:
    page = started(visit, address, width=390, scheme=scheme)
    expect(page.locator(".st-key-progress_occlusion")).to_contain_text("left")
    assert findings(page, ".st-key-progress_occlusion") == []
    press(page, "Cancel")
    expect(page.get_by_text("state: cancelled")).to_be_visible()
