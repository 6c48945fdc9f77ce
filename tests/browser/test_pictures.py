"""The page looks as it looked: four states of one scene, pixel by pixel, where pictures can be the same at all."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.browser.picturing import FINGERPRINT, PICTURES, STATES, difference, exact_browser, fingerprint, take


@pytest.fixture(scope="module")
def exact(chromium: Browser) -> Iterator[Browser]:
    """The browser of the kept pictures; skipped on another kind of machine, where it says what differs."""
    kept, here = json.loads(FINGERPRINT.read_text(encoding="utf-8")), fingerprint(chromium)
    other = [
        f"{name} {here.get(name)}, not {kept.get(name)}" for name in kept | here if kept.get(name) != here.get(name)
    ]
    if other:
        pytest.skip(f"the kept pictures were taken elsewhere: here is {'; '.join(other)}")
    with exact_browser(chromium.browser_type) as browser:
        yield browser


@pytest.mark.parametrize("name", STATES)
def test_the_page_looks_as_it_looked(exact: Browser, server: str, tmp_path: Path, name: str) -> None:
    actual = take(exact, server, STATES[name])
    changed = difference(Image.open(PICTURES / f"{name}.png").convert("RGB"), actual)
    if changed is not None:
        actual.save(tmp_path / f"{name}.png")
        changed.save(tmp_path / f"{name}-difference.png")
        pytest.fail(f"{name} looks different: see {tmp_path}; if it is meant, python -m tests.browser.make_pictures")


@pytest.mark.smoke
def test_a_different_pixel_is_seen_and_shown_red() -> None:
    expected, actual = Image.new("RGB", (4, 3), "white"), Image.new("RGB", (4, 3), "white")
    assert difference(expected, actual) is None
    actual.putpixel((2, 1), (255, 255, 254))
    changed = difference(expected, actual)
    assert changed is not None
    assert [place for place in range(12) if changed.getpixel((place % 4, place // 4)) == (220, 0, 0)] == [6]
