"""Texts and answers of strangers: shown letter by letter, and never the cause of a request to another host."""

import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, Page, expect

from gradcam_core.encoding import to_png
from gradcam_core.scenes.scene import draw_scene
from tests.browser.conftest import Visit, settle
from tests.pages.support import HOSTILE

NewVisit = Callable[..., Visit]
PARAMETERS = ("image", "model", "layer", "method", "preprocessing", "class", "opacity", "colormap")


@pytest.mark.parametrize("path", ["/", "/explore", "/_stcore/health", "/static/none.js", "/%3Cscript%3E"])
def test_every_answer_of_the_server_carries_its_headers(server: str, path: str) -> None:
    request = urllib.request.Request(server + path)  # noqa: S310
    try:
        headers = urllib.request.urlopen(request, timeout=10).headers  # noqa: S310
    except urllib.error.HTTPError as error:
        headers = error.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert "Server" not in headers or "/" not in headers["Server"]


def test_even_what_got_into_the_page_runs_no_script_and_asks_no_other_host(visit: NewVisit) -> None:
    tab = visit()
    page = tab.open()
    refused = page.evaluate(
        """async () => {
            const refused = [];
            document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
            document.body.insertAdjacentHTML("beforeend",
                `<img src="http://host.invalid/a.png" onerror="window.ran = 1"><iframe src="http://host.invalid/"></iframe>`);
            const script = document.createElement("script");
            script.textContent = "window.ran = 2";
            document.body.append(script);
            await fetch("http://host.invalid/b").catch(() => 0);
            const awaited = ["img-src", "connect-src", "script-src-elem", "frame-src"];
            for (let wait = 0; wait < 600 && !awaited.every((name) => refused.includes(name)); wait++)
                await new Promise((resolve) => setTimeout(resolve, 50));
            return refused;
        }"""
    )
    assert {"img-src", "connect-src", "script-src-elem", "frame-src"} <= set(refused)
    assert page.evaluate("window.ran") is None
    assert tab.problems
    assert not any("asked another host" in problem for problem in tab.problems if "host.invalid" not in problem)
    tab.problems.clear()


@pytest.mark.parametrize("text", [HOSTILE[0], HOSTILE[3], pytest.param("</script><script>alert(1)</script>")])
def test_hostile_texts_in_the_address_do_nothing(visit: NewVisit, text: str) -> None:
    query = "&".join(f"{name}={urllib.parse.quote(text)}" for name in PARAMETERS)
    page = visit().open(f"/?{query}")
    settle(page)
    expect(page.locator(".hp .original .frame")).to_have_attribute("aria-label", "Original. The image Meadow")
    assert leads_elsewhere(page) == []
    assert page.evaluate("document.querySelectorAll('script:not([src])').length") <= 1


def test_hostile_file_names_are_shown_letter_by_letter(visit: NewVisit) -> None:
    page = visit().open()
    page.get_by_text("Upload", exact=True).click()
    files: list[FilePayload] = [
        {"name": f"{name.replace('/', '_')}.png", "mimeType": "image/png", "buffer": to_png(draw_scene(seed).pixels)}
        for seed, name in enumerate(HOSTILE[:8])
    ]
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(files)
    expect(page.locator(".st-key-tray [data-testid=stRadioOption]")).to_have_count(len(files), timeout=60_000)
    settle(page)
    shown = shown_names(page)
    for file in files:
        assert " ".join(str(file["name"]).split()) in shown
    assert leads_elsewhere(page) == []


def leads_elsewhere(page: Page) -> list[str]:
    """Links and pictures of another host; a link of our own may carry the text in its query."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("img[src], a[href]")].map((node) => node.href || node.src)
            .filter((address) => new URL(address).hostname === "host.invalid")"""
    )
    return found


def shown_names(page: Page) -> list[str]:
    texts = page.locator(".st-key-tray [data-testid=stRadioOption]").all_inner_texts()
    return [text.replace("\u2060", "").strip() for text in texts]
