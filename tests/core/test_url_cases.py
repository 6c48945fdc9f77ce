"""The guarded fetch against the whole table: what comes of each URL, who is dialled, and what is said."""

import re
import socket
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator

import pytest

from gradcam_core.download import fetch_image
from gradcam_core.download.addresses import FetchPolicy
from gradcam_core.errors import HeatproofError, ImageError
from tests.core.answer_cases import ANSWER_CASES
from tests.core.endless_answers import FLOODS, SLOW
from tests.core.loopback import PNG, Address, Answer, Server, fetch_from, moved, running
from tests.core.url_cases import ANSWERS_OF_NAMES, NAMES_OF_SERVER, URL_CASES, UrlCase

_CASES = [*URL_CASES, *ANSWER_CASES]
_GIVES_AWAY = re.compile(
    r"\d+\.\d+\.\d+\.\d+|::|0x|(?<![:/\w])/\w|[A-Z]\w+(Error|Exception)|errno|traceback|img\.test", re.IGNORECASE
)
_ENDS_OF_SENTENCES = re.compile(r"[.?!](?=\s|$)")


@pytest.fixture(scope="module")
def shared_server() -> Iterator[Server]:
    with running() as started:
        yield started


def _answers(case: UrlCase, port: int) -> dict[str, Answer]:
    said = str(port).encode()
    return {
        path: answer.replace(b"{port}", said) if isinstance(answer, bytes) else answer
        for path, answer in case.answers.items()
    }


def _resolved(host: str) -> list[str]:
    if host in NAMES_OF_SERVER:
        return ["127.0.0.1"]
    if host not in ANSWERS_OF_NAMES:
        raise socket.gaierror("no such host")
    return ANSWERS_OF_NAMES[host]


def _fetched(case: UrlCase, port: int) -> bytes:
    policy = FetchPolicy(allowed_private=frozenset((name, port) for name in NAMES_OF_SERVER))
    return fetch_image(case.url.replace("{port}", str(port)), policy=policy, resolver=_resolved)


def _check_words(error: HeatproofError) -> None:
    """At most two sentences and what to do next; nothing of the machine's inside."""
    assert error.hint
    for words in (error.message, error.hint):
        assert len(_ENDS_OF_SENTENCES.findall(words)) in {1, 2}, words
        assert not _GIVES_AWAY.search(words.replace("https://example.org/cat.jpg", "")), words


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name[:50].encode("ascii", "backslashreplace").decode())
def test_url_comes_out_as_the_table_says(shared_server: Server, dialled: list[Address], case: UrlCase) -> None:
    home = ("127.0.0.1", shared_server.port)
    shared_server.answers = _answers(case, shared_server.port)
    if case.outcome == "A":
        assert _fetched(case, shared_server.port) == PNG
        assert set(dialled) == {home}
        return
    with pytest.raises(ImageError) as refusal:
        _fetched(case, shared_server.port)
    assert str(refusal.value).endswith(case.sentence)
    _check_words(refusal.value)
    if case.outcome == "R":
        assert set(dialled) == {home}
    else:
        assert dialled == {"B": [], "H": [home]}[case.outcome]


def test_table_is_as_large_as_the_one_it_stands_for() -> None:
    assert len(_CASES) >= 247
    assert min(Counter(case.outcome for case in _CASES).values()) >= 30
    assert len({(case.outcome, case.name, case.url) for case in _CASES}) == len(_CASES)


@pytest.mark.parametrize("name", ["endless body", "endless chunks", "endless chunk of -1"])
def test_flood_takes_little_memory(server: Server, name: str) -> None:
    server.answers["/a"] = FLOODS[name]
    tracemalloc.start()
    try:
        with pytest.raises(ImageError):
            fetch_from(server, "/a")
        assert tracemalloc.get_traced_memory()[1] < 64_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("seconds", [0.5, pytest.param(FetchPolicy().seconds, marks=pytest.mark.slow)])
def test_slow_servers_end_at_the_deadline(
    server: Server, dialled: list[Address], monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setenv("HEATPROOF_FETCHES_AT_ONCE", str(len(SLOW)))
    server.answers = {f"/{number}": answer for number, answer in enumerate(SLOW.values())}
    said: list[str] = []

    def fetch(path: str) -> None:
        try:
            fetch_from(server, path, seconds=seconds)
        except ImageError as error:
            said.append(str(error))

    threads = [threading.Thread(target=fetch, args=(path,), daemon=True) for path in server.answers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=seconds + 2)
    assert said == [f"No picture came within {seconds:g} seconds."] * len(SLOW)
    assert set(dialled) == {("127.0.0.1", server.port)}


def test_redirects_share_one_deadline(server: Server) -> None:
    def late(connection: socket.socket) -> None:
        time.sleep(0.15)
        connection.sendall(moved("/a"))

    server.answers["/a"] = late
    with pytest.raises(ImageError, match=r"within 0\.4 seconds"):
        fetch_from(server, "/a", seconds=0.4)
