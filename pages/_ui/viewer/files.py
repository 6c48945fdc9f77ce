"""An element's module and style as one file, served under its hash: a browser loads it once, and no message carries it.

The module puts its style into the root that it is drawn in, so nothing is ever seen without it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response

from pages._ui.viewer.scripts import PANES_SCRIPT, PANES_STYLE, VIEWER_SCRIPT, VIEWER_STYLE, script, style

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_PATH = re.compile(r"/viewer/([0-9a-f]{16})\.js\Z")  # below any base path
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
_LOADED = """const file = new URL("./viewer/{digest}.js", document.baseURI);
const load = (again) => import(again ? `${{file}}?${{again}}` : file).catch(() => {{
if (again === 5) throw new Error("The viewer could not be loaded. Reload the page.");
return new Promise((done) => setTimeout(done, 500 * 2 ** again)).then(() => load(again + 1));
}});
export default (await load(0)).default;
"""  # again under another address, for a browser remembers that a module failed; for 15 s, a server's start
_STYLED = """const OWN_STYLE = new CSSStyleSheet();
OWN_STYLE.replaceSync({style});
const withStyle = (element) => {{
  const root = element.getRootNode(), sheets = root.adoptedStyleSheets;
  if (!sheets.includes(OWN_STYLE)) root.adoptedStyleSheets = [...sheets, OWN_STYLE];
}};
"""


def _file(scripts: Sequence[str | Path], styles: Sequence[str | Path]) -> bytes:
    return (_STYLED.format(style=json.dumps(style(styles))) + script(scripts)).encode()


def _digest(file: bytes) -> str:
    return hashlib.sha256(file).hexdigest()[:16]


_FILES: dict[str, bytes] = {}  # by digest
_PACKED: dict[str, bytes] = {}


def served_module(scripts: Sequence[str | Path], styles: Sequence[str | Path]) -> str:
    """What an element's message carries instead of its own module, which is served from now on.

    Args:
        scripts, styles: as `scripts.script` and `scripts.style` take them.
    """
    file = _file(scripts, styles)
    digest = _digest(file)
    _FILES[digest], _PACKED[digest] = file, gzip.compress(file)
    return _LOADED.format(digest=digest)


VIEWER_MODULE = served_module(VIEWER_SCRIPT, VIEWER_STYLE)
PANES_MODULE = served_module(PANES_SCRIPT, PANES_STYLE)


class ViewerFiles:
    """ASGI middleware that answers for these files; all else passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        asked = _PATH.search(scope.get("path", "")) if scope["type"] == "http" else None
        if asked and scope["method"] in {"GET", "HEAD"}:
            await _answer(asked[1], Headers(scope=scope))(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _answer(digest: str, headers: Headers) -> Response:
    if digest not in _FILES:  # of another version of the program: nothing that may be kept
        return PlainTextResponse("There is no such file.", 404, {"Cache-Control": "no-store"})
    if "gzip" in headers.get("accept-encoding", ""):
        packed = {**_FOR_EVER, "Content-Encoding": "gzip"}
        return Response(_PACKED[digest], headers=packed, media_type="text/javascript")
    return Response(_FILES[digest], headers=_FOR_EVER, media_type="text/javascript")
