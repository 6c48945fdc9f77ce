"""What is refused is read above the result, also where the sidebar that says it is closed, as on every phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

NewVisit = Callable[..., Visit]


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("/?image=nothere", "is not the address of a picture"),
        pytest.param("/?layer=zzz", "The link asks for layer", marks=pytest.mark.slow),
    ],
)
def test_a_refusal_is_seen_on_a_phone(visit: NewVisit, link: str, said: str) -> None:
    page = visit(width=390).open(link)
    expect(page.locator("[data-testid=stMain] [data-testid=stAlert]").get_by_text(said)).to_be_visible()


def test_beside_an_open_sidebar_it_is_said_once(visit: NewVisit) -> None:
    page = visit().open("/?image=nothere")
    seen = [alert for alert in page.get_by_test_id("stAlert").all() if alert.is_visible()]
    assert len(seen) == 1
