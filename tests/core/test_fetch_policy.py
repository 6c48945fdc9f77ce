"""What the settings let be fetched."""

import pytest

from gradcam_core.config import Settings, settings
from gradcam_core.download import fetch_image, policy_from
from gradcam_core.download.addresses import FetchPolicy, check_address, parse_url
from gradcam_core.errors import HeatproofError, ImageError
from gradcam_core.version import HOME, __version__
from tests.core.loopback import PNG, Address, Server, http, moved, running

_FEW = "few named hosts"


def test_settings_as_they_come_are_the_strict_policy() -> None:
    assert policy_from(Settings()) == FetchPolicy()


def test_time_and_size_are_those_of_the_settings() -> None:
    policy = policy_from(Settings(fetch_seconds=3, max_file_bytes=1000))
    assert (policy.seconds, policy.max_bytes) == (3, 1000)


def test_hosts_are_written_as_those_of_urls_are() -> None:
    given = settings({"HEATPROOF_FETCH_HOSTS": "IMG.test., bücher.test,b。test, 8.8.8.8,[2606:4700:0::1111]"})
    hosts = {"img.test", "xn--bcher-kva.test", "b.test", "8.8.8.8", "2606:4700::1111"}
    assert policy_from(given).only_hosts == hosts


def test_private_places_are_written_as_those_of_urls_are() -> None:
    given = settings({"HEATPROOF_FETCH_PRIVATE": "NAS.local.:8080, 10.0.0.1:80,[FD00::0:1]:9000,bücher.test:081"})
    places = {("nas.local", 8080), ("10.0.0.1", 80), ("fd00::1", 9000), ("xn--bcher-kva.test", 81)}
    assert policy_from(given).allowed_private == places


@pytest.mark.parametrize(
    "entry",
    [
        *("nas.local", "nas.local:", ":80", "nas.local:http", "nas.local:99999", "nas.local:+80", "nas.local:80/a"),
        *("http://nas.local:80", "user@nas.local:80", "nas.local:80?a", "nas.local:80#a", "a b:80", "*:80", "10.1:80"),
        *(
            "::1:80",
            "[::1]",
            "[::1]x:80",
            "[fe80::1%lo]:80",
            "[nas.local]:80",
            "10.0.0.0/8:80",
            "\\\\nas:80",
            "x" * 300,
        ),
    ],
)
def test_malformed_private_place_is_one_sentence(entry: str) -> None:
    with pytest.raises(HeatproofError, match=r"^HEATPROOF_FETCH_PRIVATE names '") as refusal:
        policy_from(Settings(fetch_private=("nas.local:80", entry)))
    assert "nas.local:8080" in refusal.value.hint
    assert len(str(refusal.value)) < 120
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize(
    "entry", ["img.test:80", "*.img.test", "https://img.test", "img.test/a", "::1", "127.1", ".test"]
)
def test_malformed_host_is_one_sentence(entry: str) -> None:
    with pytest.raises(HeatproofError, match=r"^HEATPROOF_FETCH_HOSTS names '") as refusal:
        policy_from(Settings(fetch_hosts=(entry,)))
    assert "example.org" in refusal.value.hint


def test_a_fetch_without_a_policy_takes_that_of_the_settings(
    server: Server, dialled: list[Address], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEATPROOF_FETCH_PRIVATE", f"img.test:{server.port}")
    server.answers["/a"] = http(PNG)
    assert fetch_image(f"http://IMG.test.:{server.port}/a", resolver=lambda _: ["127.0.0.1"]) == PNG
    monkeypatch.setenv("HEATPROOF_FETCH_PRIVATE", "img.test")
    with pytest.raises(HeatproofError, match="HEATPROOF_FETCH_PRIVATE"):
        fetch_image(f"http://img.test:{server.port}/a", resolver=lambda _: ["127.0.0.1"])
    assert dialled == [("127.0.0.1", server.port)]


@pytest.mark.parametrize("url", ["http://www.img.test/", "http://img.test.evil.test/", "http://evil.test/?img.test"])
def test_only_the_named_hosts_are_fetched_from(
    dialled: list[Address], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("HEATPROOF_FETCH_HOSTS", "img.test")
    check_address(parse_url("https://IMG.test./a"), policy_from(settings()))
    with pytest.raises(ImageError, match=_FEW):
        fetch_image(url, resolver=lambda _: ["8.8.8.8"])
    assert dialled == []


def test_redirect_to_a_host_that_is_not_named_is_refused(
    server: Server, dialled: list[Address], monkeypatch: pytest.MonkeyPatch
) -> None:
    with running() as other:
        places = f"img.test:{server.port},other.test:{other.port}"
        monkeypatch.setenv("HEATPROOF_FETCH_PRIVATE", places)
        server.answers["/a"] = moved(f"http://other.test:{other.port}/b")
        other.answers["/b"] = http(PNG)
        url = f"http://img.test:{server.port}/a"
        assert fetch_image(url, resolver=lambda _: ["127.0.0.1"]) == PNG
        dialled.clear()
        monkeypatch.setenv("HEATPROOF_FETCH_HOSTS", "img.test")
        with pytest.raises(ImageError, match=_FEW):
            fetch_image(url, resolver=lambda _: ["127.0.0.1"])
        assert dialled == [("127.0.0.1", server.port)]


@pytest.mark.parametrize("contact", ["", "https://example.org/about", "someone@example.org"])
def test_every_request_says_which_program_asks_and_whom_to_write_to(
    server: Server, monkeypatch: pytest.MonkeyPatch, contact: str
) -> None:
    monkeypatch.setenv("HEATPROOF_FETCH_PRIVATE", f"127.0.0.1:{server.port}")
    monkeypatch.setenv("HEATPROOF_CONTACT", contact)
    server.answers["/a"] = http(PNG)
    fetch_image(server.url("/a"))
    (said,) = [line for line in server.requests[0].split("\r\n") if line.startswith("User-Agent: ")]
    assert said == f"User-Agent: Heatproof/{__version__} (+{HOME}{f'; {contact}' if contact else ''})"


@pytest.mark.parametrize("contact", ["me", "a@b\r\nX: y", "a@b)", "é@b.test", "@", "a@" + "b" * 300])
def test_contact_that_is_none_or_would_break_the_request_is_one_sentence(contact: str) -> None:
    with pytest.raises(HeatproofError, match=r"^HEATPROOF_CONTACT is ") as refusal:
        policy_from(Settings(contact=contact))
    assert "someone@example.org" in refusal.value.hint
