"""URLs taken apart and addresses judged; nothing here touches the network. What is refused stands in `url_cases`."""

import pytest

from gradcam_core.download.addresses import FetchPolicy, WebAddress, check_address, is_public, parse_url
from gradcam_core.errors import ImageError


@pytest.mark.parametrize("url", ["http://img.test:port/", "http://127.1/", "http://[::1", "http://a\u200db.test/"])
def test_mistake_in_typing_has_no_cause_to_look_into(url: str) -> None:
    with pytest.raises(ImageError) as refusal:
        parse_url(url)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


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


@pytest.mark.parametrize(
    ("url", "path"), [("b", "/x/b"), ("../b", "/b"), ("//img.test/b", "/b"), ("?b", "/x/a?b"), ("http:b", "/x/b")]
)
def test_url_may_be_relative(url: str, path: str) -> None:
    assert parse_url(url, base="http://img.test/x/a") == WebAddress("http", "img.test", 80, path)


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
2606:4700:64::7f00:1 2606:4700:64::10.0.0.1 2606:4700:64::a9fe:a9fe
"""
_PUBLIC = """
8.8.8.8 1.1.1.1 172.15.0.1 172.32.0.1 192.0.1.1 100.63.0.1 100.128.0.1 169.253.0.1 223.255.255.255 ::ffff:8.8.8.8
2606:4700::1111 2a00:1450:4001::1 2001:4860:4860::8888 2606:4700:64::8.8.8.8
2606:4700::1:7f00:1 2606:4700::f00d:1
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
