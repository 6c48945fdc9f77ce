"""Classes whose labels are numbers, in another order than their indices."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.viewer import until_agreed, until_painted
from tests.pages.support import add_numbered
from tests.server import running_server

NewVisit = Callable[..., Visit]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a server that has such a model."""
    add_numbered(tmp_path)
    with running_server(tmp_path) as address:
        yield address


def test_a_number_that_is_a_label_here_and_an_index_there_is_asked_about(visit: NewVisit) -> None:
    page = visit().open("/?model=digits")
    search, rows = page.locator(".hp .search"), page.locator(".hp .found li")
    search.fill("2")
    expect(rows.filter(has_text="2 (the label 2)")).to_have_count(1)
    expect(rows.filter(has_text="10 (the index 2)")).to_have_count(1)
    expect(page.locator(".hp .found [aria-selected=true]")).to_have_count(0)
    search.press("Enter")  # neither is taken
    expect(rows.filter(has_text="2 (the label 2)")).to_be_visible()
    rows.filter(has_text="2 (the label 2)").click()
    until_painted(page, 4)
    until_agreed(page)
    search.fill("0")
    expect(page.locator(".hp .found [aria-selected=true]")).to_contain_text("0")
    search.press("Enter")
    until_painted(page, 0)
