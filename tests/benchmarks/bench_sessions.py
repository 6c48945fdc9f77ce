"""What does a kept session weigh?

    python -m tests.benchmarks.bench_sessions [--sessions 24]

Two servers, the same number of open pages each. In the first one every page shows the default scene: that growth is
Streamlit's own session. In the second one every page has uploaded and explained a picture of its own of 2,048 x 1,536
pixels. Counted is the growth of the server's resident memory from its first page, which imported everything, to its
last. What all sessions share stays counted: the stores of decoded pictures and answers fill while it runs, so few
sessions weigh more each than many; and so does what the C library's allocator keeps of freed pictures. Linux only.
"""

import argparse
import contextlib
import os
import platform
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.benchmarks.bench_viewer import explored
from tests.browser.conftest import launched
from tests.server import running_server
from tests.support import photograph

_SIZE = 2048, 1536


def server_megabytes() -> float:
    """Resident memory of the server that this process started."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(
                line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line
            )
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue  # a process that has just ended
        if int(status["PPid"]) == os.getpid() and b"streamlit" in command:
            return int(status["VmRSS"].split()[0]) / 1024
    sys.exit("The server's memory can't be read here: there is no /proc as on Linux.")


def growth(browser: Browser, files: list[bytes]) -> list[float]:
    """Megabytes of a fresh server after its first page, and after each session more; b"" is the default scene."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder)) as address,
        contextlib.ExitStack() as open_pages,
    ):
        open_pages.enter_context(explored(browser, address))
        grown = [server_megabytes()]
        for file in files:
            open_pages.enter_context(explored(browser, address, file))
            grown.append(server_megabytes())
        return grown


def print_growth(what: str, grown: list[float]) -> None:
    """Per session: over all of them, and over the second half, when the shared stores are full."""
    half = len(grown) // 2
    whole, later = (grown[-1] - grown[0]) / (len(grown) - 1), (grown[-1] - grown[half]) / (len(grown) - 1 - half)
    print(f"{what:44}{whole:>8.1f} MB{later:>15.1f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=24)
    count = parser.parse_args().sessions
    pictures = [photograph(*_SIZE, seed=seed) for seed in range(count)]
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {count} sessions")
    print(f"pictures of {_SIZE[0]} x {_SIZE[1]}, files of {len(pictures[0]) / 1e6:.1f} MB\n")
    print(f"{'growth per session':44}{'all':>11}{'second half':>18}")
    with sync_playwright() as playwright:
        browser = launched(playwright)
        print_growth("the default scene", growth(browser, [b""] * count))
        print_growth("a picture of its own, explained", growth(browser, pictures))
        browser.close()


if __name__ == "__main__":
    main()
