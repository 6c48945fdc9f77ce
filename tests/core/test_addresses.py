"""URLs taken apart and addresses judged; nothing here touches the network."""

import pytest

from gradcam_core.addresses import FetchPolicy, WebAddress, check_address, is_public, parse_url
from gradcam_core.errors import ImageError

_NO_SCHEME = "begin with http"
_ODD = "space, a backslash or a control"
_HOST = "host"
_REFUSED = {
    "file:///etc/passwd": _NO_SCHEME,
    "FILE:///etc/passwd": _NO_SCHEME,
    "file://localhost/etc/passwd": _NO_SCHEME,
    "ftp://img.test/a": _NO_SCHEME,
    "gopher://127.0.0.1:6379/_INFO": _NO_SCHEME,
    "http+unix://%2Fvar%2Frun%2Fdocker.sock": _NO_SCHEME,
    "data:image/png;base64,iVBORw0KGgo=": _NO_SCHEME,
    "javascript:alert(1)": _NO_SCHEME,
    "blob:http://img.test/1": _NO_SCHEME,
    "ws://img.test/a": _NO_SCHEME,
    "": _NO_SCHEME,
    "//127.0.0.1/a": _NO_SCHEME,
    "img.test/a.png": _NO_SCHEME,
    "http:127.0.0.1/a": "names no host",
    "http:///a": "names no host",
    "http://img.test:port/": _HOST,
    "http://img.test:-1/": _HOST,
    "http://img.test:65536/": _HOST,
    "http://[::1": _HOST,
    "http://" + "a" * 300 + ".test/": _HOST,
    "http://a..test/": _HOST,
    "http://-a.test/": _HOST,
    "http://img.test/" + "a" * 9000: "longer than 2,048",
    "http://img.test\r\nX: y/": _ODD,
    "http://img .test/": _ODD,
    "http://img.test/a\0b": _ODD,
    "http://img.test/a\r\nX: y": _ODD,
    " http://127.0.0.1/": _ODD,
    "http://127.0.0.1\t/": _ODD,
    "ht\ntp://127.0.0.1/": _ODD,
    "http://127.0.0.1\\@img.test/": _ODD,
    "http://user:pw@img.test/ok.png": "user name",
    "http://img.test@127.0.0.1/": "user name",
    "http://a:b@c@127.0.0.1/": "user name",
    "http://127.0.0.1%2f.img.test/": _HOST,
    "http://127.1/": _HOST,
    "http://0/": _HOST,
    "http://2130706433/": _HOST,
    "http://0x7f000001/": _HOST,
    "http://017700000001/": _HOST,
    "http://0177.0.0.1/": _HOST,
    "http://0x7f.1/": _HOST,
    "http://00127.0.0.1/": _HOST,
    "http://127.0.0.1./": _HOST,
    "http://256.1.1.1/": _HOST,
    "http://img.test.1/": _HOST,
    "http://[fe80::1%25lo]/": _HOST,
    "http://[1.2.3.4]/": _HOST,
}


@pytest.mark.parametrize(("url", "sentence"), _REFUSED.items(), ids=[url[:40] for url in _REFUSED])
def test_url_that_is_no_plain_web_address_is_refused(url: str, sentence: str) -> None:
    with pytest.raises(ImageError, match=sentence) as refusal:
        parse_url(url)
    assert refusal.value.hint


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://img.test/a/b.png", WebAddress("https", "img.test", 443, "/a/b.png")),
        ("HTTP://IMG.Test:80", WebAddress("http", "img.test", 80, "/")),
        ("http://img.test:/a", WebAddress("http", "img.test", 80, "/a")),
        ("http://img.test./a", WebAddress("http", "img.test", 80, "/a")),
        ("https://img.test:8443/a?b=1&c=[2]#part", WebAddress("https", "img.test", 8443, "/a?b=1&c=[2]")),
        ("https://img.test/a%20b/ü.png?q=ö", WebAddress("https", "img.test", 443, "/a%20b/%C3%BC.png?q=%C3%B6")),
        ("https://bücher.test/", WebAddress("https", "xn--bcher-kva.test", 443, "/")),
        ("https://my_bucket.img.test/", WebAddress("https", "my_bucket.img.test", 443, "/")),
        ("http://8.8.8.8/a", WebAddress("http", "8.8.8.8", 80, "/a")),
        ("http://[2606:4700:0:0::1111]/a", WebAddress("http", "2606:4700::1111", 80, "/a")),
        ("http://127.0.0.1#@img.test/", WebAddress("http", "127.0.0.1", 80, "/")),
        ("http://１２７.０.０.１/", WebAddress("http", "127.0.0.1", 80, "/")),  # noqa: RUF001  the trick itself
        ("http://①②⑦.⓪.⓪.①/", WebAddress("http", "127.0.0.1", 80, "/")),
        ("http://127。0。0。1/", WebAddress("http", "127.0.0.1", 80, "/")),
    ],
)
def test_url_is_taken_apart_in_ascii(url: str, address: WebAddress) -> None:
    assert parse_url(url) == address


def test_url_of_an_address_is_itself_again() -> None:
    for url in ("https://img.test/a?b", "http://img.test:81/a", "http://[2606:4700::1111]:81/a"):
        assert parse_url(url).url == url


_NOT_PUBLIC = """
127.0.0.1 127.255.255.254 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.254 192.168.1.1 169.254.169.254 169.254.170.2
100.64.0.1 100.100.100.200 168.63.129.16 192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1
224.0.0.1 240.0.0.1 255.255.255.255
:: ::1 ::ffff:127.0.0.1 ::127.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::7f00:1 100::1 2002:7f00:1::
2001:0:53aa:64c:0:0:80ff:fffe 2001:10::1 2001:20::1 2001:db8::1 2620:4f:8000::1 3ffe::1 3fff::1 4000::1 5f00::1
fd00:ec2::254 fe80::1 fe80::1%lo fec0::1 ff02::1 2606:4700::5efe:7f00:1 2606:4700::200:5efe:7f00:1 2606:4700::1%lo
"""
_PUBLIC = """
8.8.8.8 1.1.1.1 172.15.0.1 172.32.0.1 192.0.1.1 100.63.0.1 100.128.0.1 169.253.0.1 223.255.255.255 ::ffff:8.8.8.8
2606:4700::1111 2a00:1450:4001::1 2001:4860:4860::8888
"""


@pytest.mark.parametrize("ip", _NOT_PUBLIC.split())
def test_address_outside_the_public_internet_is_not_public(ip: str) -> None:
    assert not is_public(ip)


@pytest.mark.parametrize("ip", _PUBLIC.split())
def test_address_of_the_public_internet_is_public(ip: str) -> None:
    assert is_public(ip)


@pytest.mark.parametrize("text", ["", "img.test", "127.1", "8.8.8.8/8", "8.8.8"])
def test_text_that_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize("port", [0, 22, 25, 443, 2375, 3306, 5432, 6379, 8080, 8501, 9200, 11211])
def test_port_other_than_the_schemes_own_is_refused(port: int) -> None:
    with pytest.raises(ImageError, match=f"Port {port} "):
        check_address(parse_url(f"http://img.test:{port}/"), FetchPolicy())


def test_port_80_over_https_is_refused() -> None:
    with pytest.raises(ImageError, match="Port 80 "):
        check_address(parse_url("https://img.test:80/"), FetchPolicy())


def test_allowed_private_opens_one_host_on_one_port() -> None:
    policy = FetchPolicy(allowed_private=frozenset({("img.test", 8080)}))
    check_address(parse_url("http://img.test:8080/"), policy)
    for url in ("http://img.test:8081/", "http://other.test:8080/"):
        with pytest.raises(ImageError, match="Port"):
            check_address(parse_url(url), policy)


def test_only_hosts_closes_every_other_host() -> None:
    policy = FetchPolicy(only_hosts=frozenset({"img.test"}))
    check_address(parse_url("https://IMG.test/a.png"), policy)
    with pytest.raises(ImageError, match="few named hosts"):
        check_address(parse_url("https://img.test.evil.test/a.png"), policy)
