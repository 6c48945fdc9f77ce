"""Who is let in? Open pages and waiting uploads are counted before Streamlit, which bounds neither, hears of them.

Whose an address is, is uvicorn's to say: behind a proxy on this machine, or on one that FORWARDED_ALLOW_IPS names, it
is the visitor of X-Forwarded-For; without that header all visitors of a proxy count as one address.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from streamlit import runtime

from gradcam_core.config import settings
from gradcam_core.errors import ResourceError
from gradcam_core.resources.memory import memory
from pages._ui.session.shared import ensure_room

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+\Z")
_NO_PAGES = {"_stcore", "static", "media", "component", "app"}  # Streamlit's own paths, below any base path
_EVERY = 10.0  # seconds between two attempts to make room: each takes a while
_MINUTE = {"Retry-After": "60", "Cache-Control": "no-store"}
_MOST_UNREAD = (
    20_000_000  # bytes of a refused upload that are read, for a browser hears no answer before it has sent all
)

_FULL = "Heatproof is full just now. Try again in a minute."
_FULL_FOR_ONE = "Too many pages of Heatproof are open at your address. Close one, or try again in a minute."
_SHORT = "Heatproof is short of memory just now. Try again in a minute."
_WAITING = "Too many files are on their way here. Try again in a minute."
_TOO_MANY = "These are too many files at once. Bring fewer."


@dataclass(frozen=True)
class Refusal:
    """An HTTP status and one sentence."""

    status: int
    sentence: str


class Admission:
    """ASGI middleware that answers some requests itself: new pages where the server is full or short of memory, and
    uploads where too many bytes wait. All else passes untouched.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._pages: Counter[str] = Counter()  # open ones, by address
        self._coming: Counter[str] = Counter()  # bytes of uploads under way, by session
        self._next_relief = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        upload = _UPLOAD.search(scope.get("path", ""))
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send)
        elif scope["type"] == "http" and upload and scope["method"] in {"PUT", "POST"}:
            await self._upload(upload[1], scope, receive, send)
        elif scope["type"] == "http" and _is_page(scope) and (refusal := await self._refusal(address_of(scope))):
            await _page(refusal)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = address_of(scope)
        if refusal := await self._refusal(address):
            await receive()  # the visitor's wish to connect
            if "websocket.http.response" in scope.get("extensions", {}):
                await _text(refusal)(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1013, "reason": refusal.sentence})
            return
        with _counted(self._pages, address):  # nothing has waited since the count was looked at
            await self._app(scope, receive, send)

    async def _upload(self, session: str, scope: Scope, receive: Receive, send: Send) -> None:
        size = _size(Headers(scope=scope))
        refusal = Refusal(503, _SHORT) if await self._is_short() else self._no_room(session, size)
        if refusal:
            await _read(receive)
            await _text(refusal)(scope, receive, send)
            return
        with _counted(self._coming, session, size):
            try:
                await self._app(scope, receive, send)
            finally:
                _forget_late(session)

    async def _refusal(self, address: str) -> Refusal | None:
        """Of one more page for this address, if there can be none."""
        if await self._is_short():
            return Refusal(503, _SHORT)
        limits = settings()
        if self._pages.total() >= limits.sessions:
            return Refusal(503, _FULL)
        return Refusal(503, _FULL_FOR_ONE) if self._pages[address] >= limits.sessions_of_one else None

    def _no_room(self, session: str, size: int) -> Refusal | None:
        """Of so many bytes more for this session; all sessions together have as much room as their trays have."""
        stored, limits = _stored(), settings()
        if stored[session] + self._coming[session] + size > limits.uploads_of_one_bytes:
            return Refusal(413, _TOO_MANY)
        is_over = stored.total() + self._coming.total() + size > limits.trays_bytes
        return Refusal(503, _WAITING) if is_over else None

    async def _is_short(self) -> bool:
        """Whether memory is short even without what can be made again: else nobody might ever be let in."""
        if memory().is_short and time.monotonic() >= self._next_relief:
            self._next_relief = time.monotonic() + _EVERY
            with suppress(ResourceError):
                await asyncio.to_thread(ensure_room)
        return memory().is_short


def address_of(scope: Scope) -> str:
    """Whose request this is; of IPv6 the network, for one visitor has 2^64 addresses there."""
    host = (scope.get("client") or ("", 0))[0]
    with suppress(ValueError):
        address = ipaddress.ip_address(host)
        if isinstance(address, ipaddress.IPv6Address) and not address.ipv4_mapped:
            return str(ipaddress.ip_network((int(address), 64), strict=False))
    return str(host)


@contextmanager
def _counted(counts: Counter[str], key: str, count: int = 1) -> Iterator[None]:
    """Within it, so many more; afterwards as before, and nothing stays of a key that has none."""
    counts[key] += count
    try:
        yield
    finally:
        counts[key] -= count
        if not counts[key]:
            del counts[key]


def _is_page(scope: Scope) -> bool:
    """Whether a browser asks for the page itself, under whichever of its addresses."""
    parts = scope["path"].split("/")
    return scope["method"] in {"GET", "HEAD"} and "." not in parts[-1] and _NO_PAGES.isdisjoint(parts)


def _size(headers: Headers) -> int:
    """How many bytes come, or may come where the request does not say."""
    told = headers.get("content-length", "")
    is_told = told.isascii() and told.isdigit() and len(told) < 16 and "transfer-encoding" not in headers
    return int(told) if is_told else int(st.get_option("server.maxUploadSize")) * 2**20


def _stored() -> Counter[str]:
    """The bytes in Streamlit's store of uploads, by session; nothing public tells."""
    store = getattr(runtime.get_instance(), "uploaded_file_mgr", None) if runtime.exists() else None
    sessions = list(getattr(store, "file_storage", {}).items())  # copied at once: other threads take files away
    return Counter({name: sum(len(file.data) for file in list(files.values())) for name, files in sessions})


def _forget_late(session: str) -> None:
    """Streamlit would keep for ever what comes when its session has ended."""
    server = runtime.get_instance() if runtime.exists() else None
    forget = getattr(getattr(server, "uploaded_file_mgr", None), "remove_session_files", None)
    if server and forget and not server.is_active_session(session):
        forget(session)


async def _read(receive: Receive) -> None:
    """Read what is refused, up to a bound, and keep nothing of it."""
    count, is_more = 0, True
    while is_more and count < _MOST_UNREAD:
        message = await receive()
        count += len(message.get("body", b""))
        is_more = message.get("more_body", False)


def _text(refusal: Refusal) -> Response:
    return PlainTextResponse(refusal.sentence, refusal.status, _MINUTE)


def _page(refusal: Refusal) -> Response:
    """A page without a script, for Streamlit's own would try to connect for ever."""
    return HTMLResponse(_HTML.replace("SENTENCE", refusal.sentence), refusal.status, _MINUTE)


_HTML = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Heatproof</title>
<style>
  :root { color-scheme: light dark; font: 1.125rem/1.5 sans-serif; }
  body { max-width: 34rem; margin: 20vh auto; padding: 0 1.5rem;
    color: light-dark(#17111f, #f4f0f7); background: light-dark(#ffffff, #120e18); }
  a { color: light-dark(#93203f, #ffb883); }
</style>
<h1>Heatproof</h1>
<p>SENTENCE</p>
<p><a href="">Try again</a></p>
</html>
"""
