"""What does every answer of the server tell the browser to refuse? Streamlit sets no such headers itself.

With them a page can't be framed by a stranger's site, no text on it can become a script, nothing on it can make the
browser ask another host, and no file is taken for another kind than the one that it is sent as.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit
from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CONTENT = (  # what Streamlit's front end needs, and nothing from elsewhere
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'self'",
)
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), clipboard-read=(self), clipboard-write=(self), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SecurityHeaders:
    """ASGI middleware that adds them to every HTTP answer; what an answer says itself stays."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in security_headers(host).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)


def security_headers(host: str) -> dict[str, str]:
    """By name; `host` is the request's own, whose websocket older browsers do not count as `'self'`."""
    is_plain = host.isascii() and not any(sign in host for sign in " \t;,'\"")
    own = f" ws://{host} wss://{host}" if host and is_plain else ""
    content = "; ".join((*_CONTENT, f"script-src {_scripts()}", f"connect-src 'self'{own} data: blob:"))
    return {"Content-Security-Policy": content, **_FIXED}


@cache
def _scripts() -> str:
    """The front end's files, the blobs as which elements like our viewer come, and the scripts inside its one page.

    Scripts of these may make others from text, as Streamlit's charts and browser tests do; text in the page may not.
    """
    page = Path(streamlit.__file__).with_name("static") / "index.html"
    inline = re.findall(rb"<script>(.*?)</script>", page.read_bytes(), re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in inline]
    return " ".join(["'self'", "'unsafe-eval'", "blob:", *(f"'sha256-{digest}'" for digest in hashes)])
