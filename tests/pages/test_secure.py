"""Which pages a browser gives the camera and the clipboard to: over https, or from the same machine."""

import pytest

from pages._ui.frame.secure import is_secure_address


@pytest.mark.parametrize(
    ("url", "is_it"),
    [
        *((url, True) for url in ("https://a.test/", "http://localhost:8501/explore", "http://app.localhost/", "")),
        *((url, True) for url in ("http://127.0.0.1:8501/", "http://127.8.0.1/", "http://[::1]:8501/")),
        *((url, False) for url in ("http://192.168.1.4:8501/", "http://a.test/", "http://[fe80::1]/", "http://[x/")),
        *((url, False) for url in ("http://localhost.a.test/", "http://127.0.0.1.a.test/", "HTTP://a.test/")),
    ],
)
def test_page_is_secure_as_browsers_count_it(url: str, is_it: bool) -> None:
    assert is_secure_address(url) is is_it
