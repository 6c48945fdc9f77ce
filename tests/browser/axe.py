"""What axe finds on a page that has come to rest."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
UNDIMMED = """() => !document.querySelector('.st-key-explained [data-stale="true"]')
  && document.getAnimations().every(({ playState, effect }) =>
    playState !== "running" || effect.getTiming().iterations === Infinity)"""


def findings(page: Page, within: str | None = None) -> list[str]:
    """The rules that are broken, each with its first element; while a former result is dimmed, it waits."""
    page.wait_for_function(UNDIMMED)
    results = Axe().run(page, within, options=WCAG)
    return [f"{found['id']}: {found['nodes'][0]['html'][:160]}" for found in results.response["violations"]]
