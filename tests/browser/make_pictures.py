"""Take the kept pictures anew: python -m tests.browser.make_pictures

Look at them before they are committed: from then on the tests hold the page to them.
"""

import json
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.picturing import FINGERPRINT, PICTURES, STATES, exact_browser, fingerprint, take
from tests.pages.support import add_hostile, add_photo_network
from tests.server import running_server


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        add_hostile(folder)
        add_photo_network(folder)
        with running_server(folder) as address, exact_browser(playwright.chromium) as browser:
            for state, about in STATES.items():
                file = PICTURES / f"{state}.png"
                take(browser, address, about).save(file, optimize=True)
                print(f"{file.name}: {file.stat().st_size / 1000:.0f} KB")
            FINGERPRINT.write_text(json.dumps(fingerprint(browser), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
