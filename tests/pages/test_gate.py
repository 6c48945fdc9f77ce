"""Who is let in, and what waits at the door."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from gradcam_core.resources.memory import Memory
from pages._ui.server import admission as gate
from pages._ui.server.admission import Admission, address_of

MINE, OTHER = "198.51.100.1", "198.51.100.2"
MB = 10**6


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test in a thread of its own, for the browser tests may have a loop in this one."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, test(*args, **kwargs)).result(timeout=30)

    return run


async def passing(_scope: Scope, _receive: Receive, send: Send) -> None:
    """An application that answers everything."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"passed"})


async def answer(door: Admission, scope: Scope, data: bytes = b"") -> tuple[int, str, dict[bytes, bytes]]:
    """Status, text and headers of what the door says to a request."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": data}

    async def send(message: Message) -> None:
        sent.append(message)

    await door(scope, receive, send)
    status, body = sent[0].get("status", sent[0].get("code")), sent[-1].get("body", b"")
    return status, body.decode(), dict(sent[0].get("headers", []))


def request(path: str, method: str = "GET", *, size: int = 0, client: str = MINE) -> Scope:
    headers = [(b"content-length", str(size).encode())] if size else []
    return {"type": "http", "method": method, "path": path, "headers": headers, "client": (client, 1)}


def wish(client: str = MINE) -> Scope:
    """To open a page."""
    answering: dict[str, Any] = {"websocket.http.response": {}}
    return {**request("/_stcore/stream", client=client), "type": "websocket", "extensions": answering}


def upload(session: str, size: int) -> Scope:
    return request(f"/_stcore/upload_file/{session}/file", "PUT", size=size)


@asynccontextmanager
async def open_page(door: Callable[..., Any], client: str = MINE) -> AsyncIterator[asyncio.Task[None]]:
    """A page that is open within, until its own application ends."""

    page = asyncio.create_task(door(wish(client), nothing, nothing))
    await asyncio.sleep(0)
    try:
        yield page
    finally:
        page.cancel()
        await asyncio.gather(page, return_exceptions=True)


async def held(scope: Scope, receive: Receive, send: Send) -> None:
    """An application where pages and uploads last until they are cancelled."""
    is_long = scope["type"] == "websocket" or scope["method"] == "PUT"
    await (asyncio.sleep(60) if is_long else passing(scope, receive, send))


async def nothing(*_: Message) -> Any:
    return {"type": "http.request"}


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three pages, two of one address, and 30 MB."""
    for name, value in {"SESSIONS": 3, "SESSIONS_OF_ONE": 2, "UPLOADS_OF_ONE_BYTES": 30 * MB}.items():
        monkeypatch.setenv(f"HEATPROOF_{name}", str(value))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Memory is short, and stays so; what was tried against it."""
    tried: list[str] = []
    monkeypatch.setattr(gate, "memory", lambda: Memory(9, 10))
    monkeypatch.setattr(gate, "ensure_room", lambda: tried.append("relieved"))
    return tried


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryUploadedFileManager:
    """Streamlit's store of uploads, in a server where all sessions but `gone` are open."""
    files = MemoryUploadedFileManager("/upload")
    server = SimpleNamespace(uploaded_file_mgr=files, is_active_session=lambda session: session != "gone")
    monkeypatch.setattr("pages._ui.server.admission.runtime.exists", lambda: True)
    monkeypatch.setattr("pages._ui.server.admission.runtime.get_instance", lambda: server)
    return files


def keeping(store: MemoryUploadedFileManager) -> Admission:
    """A door before an application that stores what is uploaded."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        session = scope["path"].split("/")[-2]
        body = (await receive())["body"]
        store.add_file(session, UploadedFileRec(str(len(store.file_storage[session])), "a.jpg", "image/jpeg", body))
        await passing(scope, receive, send)

    return Admission(app)


@pytest.mark.usefixtures("limits")
@in_a_loop
async def test_pages_are_bounded_for_one_address_and_for_all() -> None:
    door = Admission(held)
    async with open_page(door), open_page(door):
        assert (await answer(door, wish()))[:2] == (503, gate._FULL_FOR_ONE)
        assert (await answer(door, request("/")))[0] == 503
        assert (await answer(door, request("/", client=OTHER)))[0] == 200
        async with open_page(door, OTHER):
            status, page, headers = await answer(door, request("/explore", client="203.0.113.9"))
            assert (status, headers[b"retry-after"]) == (503, b"60")
            assert gate._FULL in page
    assert (await answer(door, request("/")))[0] == 200


@pytest.mark.usefixtures("limits")
@pytest.mark.parametrize("end", [ValueError, asyncio.CancelledError, None])
@in_a_loop
async def test_a_page_counts_no_more_however_it_ends(end: type[BaseException] | None) -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        if end:
            raise end

    door = Admission(app)
    for _ in range(5):
        async with open_page(door) as page:
            await asyncio.wait([page])
    assert not door._pages


@pytest.mark.usefixtures("limits")
@in_a_loop
async def test_a_server_that_can_not_answer_a_handshake_closes_it() -> None:
    door = Admission(held)
    async with open_page(door), open_page(door):
        assert (await answer(door, {**wish(), "extensions": {}}))[0] == 1013


@pytest.mark.usefixtures("store")
@in_a_loop
async def test_short_of_memory_no_page_and_no_upload_comes_in_and_all_else_does(short: list[str]) -> None:
    door = Admission(passing)
    assert (await answer(door, wish()))[:2] == (503, gate._SHORT)
    assert (await answer(door, upload("mine", 100)))[:2] == (503, gate._SHORT)
    assert gate._SHORT in (await answer(door, request("/")))[1]
    for path in ("/_stcore/health", "/_stcore/host-config", "/static/js/index.js", "/media/a.png", "/favicon.png"):
        assert (await answer(door, request(path)))[1] == "passed"
    assert (await answer(door, request("/_stcore/upload_file/mine/file", "DELETE")))[1] == "passed"
    assert short == ["relieved"]  # once in ten seconds


@in_a_loop
async def test_a_page_comes_in_where_making_room_helps(short: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "memory", lambda: Memory(7 if short else 9, 10))
    assert (await answer(Admission(passing), request("/")))[1] == "passed"


@pytest.mark.usefixtures("limits")
@in_a_loop
async def test_what_waits_of_one_session_is_bounded(store: MemoryUploadedFileManager) -> None:
    door = keeping(store)
    told = [(await answer(door, upload("mine", 10 * MB), bytes(10 * MB)))[0] for _ in range(15)]
    assert told == [200] * 3 + [413] * 12
    assert (await answer(door, upload("other", 10 * MB), bytes(10 * MB)))[0] == 200
    store.remove_session_files("mine")
    assert (await answer(door, upload("mine", 10 * MB), b""))[0] == 200
    assert not door._coming


@pytest.mark.usefixtures("limits", "store")
@pytest.mark.parametrize("size", [10 * MB, 0])
@in_a_loop
async def test_uploads_under_way_count_and_those_that_do_not_say_how_large_they_are(size: int) -> None:
    door = Admission(held)
    on_the_way = [asyncio.create_task(door(upload("mine", size), nothing, nothing)) for _ in range(3)]
    await asyncio.sleep(0)
    assert (await answer(door, upload("mine", 10 * MB)))[:2] == (413, gate._TOO_MANY)
    for task in on_the_way:
        task.cancel()
    await asyncio.gather(*on_the_way, return_exceptions=True)
    assert not door._coming


@in_a_loop
async def test_all_that_waits_is_bounded(store: MemoryUploadedFileManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_TRAYS_BYTES", str(5 * MB))
    door = keeping(store)
    told = [(await answer(door, upload(str(person), 2 * MB), bytes(2 * MB)))[0] for person in range(4)]
    assert told == [200, 200, 503, 503]


@in_a_loop
async def test_what_comes_after_its_session_has_ended_is_not_kept(store: MemoryUploadedFileManager) -> None:
    await answer(keeping(store), upload("gone", 100), bytes(100))
    assert not store.file_storage


@in_a_loop
async def test_a_streamlit_that_keeps_uploads_elsewhere_is_left_alone(store: MemoryUploadedFileManager) -> None:
    del store.file_storage
    assert (await answer(Admission(passing), upload("mine", 100)))[1] == "passed"


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("203.0.113.9", 80), "203.0.113.9"),
        (("2001:db8:1:2:3:4:5:6", 80), "2001:db8:1:2::/64"),
        (None, ""),
    ],
)
def test_one_visitor_is_one_address(client: tuple[str, int] | None, address: str) -> None:
    assert address_of({"client": client}) == address
