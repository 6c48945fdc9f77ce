"""How long does a visitor wait for the first paint and for the first heatmap?

    python -m tests.benchmarks.bench_first_paint [--rounds 5]

Each round starts the server anew, so that torch is not imported yet, and opens it in a new Chromium window. The clock
starts when the address is asked for. First paint: the header and the sample picture are on screen; first heatmap: the
viewer has painted. The floor is a page of Streamlit's with one line of text, started and opened in the same way.
"""

import argparse
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import launched
from tests.server import ROOT, running_server

HEADER, PICTURE, HEATMAP = ".st-key-bar", "img[alt^='The image']", ".hp[data-shown]"
ROWS = ("one line of Streamlit", "first paint: header", "first paint: picture", "first heatmap")


def seconds(browser: Browser, app: Path, *selectors: str) -> list[float]:
    """Start a server and visit it: how long until each of these is visible, in this order."""
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder), app) as address:
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        start, times = time.perf_counter(), []
        page.goto(address, wait_until="commit")
        for selector in selectors:
            page.wait_for_selector(selector, timeout=120_000)
            times.append(time.perf_counter() - start)
        page.context.close()
        return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    measured: list[list[float]] = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        line = Path(folder) / "line.py"
        line.write_text('import streamlit as st\nst.markdown("one line")\n', encoding="utf-8")
        browser = launched(playwright)
        for _ in range(rounds):
            floor = seconds(browser, line, "text=one line")
            measured.append(floor + seconds(browser, ROOT / "app.py", HEADER, PICTURE, HEATMAP))
        browser.close()
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {rounds} cold starts\n")
    print(f"{'':24}{'median':>10}{'slowest':>10}")
    for row, times in zip(ROWS, zip(*measured, strict=True), strict=True):
        print(f"{row:24}{statistics.median(times):>8.2f} s{max(times):>8.2f} s")


if __name__ == "__main__":
    main()
