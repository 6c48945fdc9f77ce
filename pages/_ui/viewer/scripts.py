"""Which text is an element's module, and which its style? Files in folders, put together without a build step.

Each file is one subject. Those of one module see each other's functions: drawing/ knows nothing of the others,
controls/ stands round it, page/ knows the document.
"""

import re
from collections.abc import Sequence
from pathlib import Path

_HERE = Path(__file__).parent
DRAWING_SCRIPT = (
    "drawing/dom",
    "drawing/message",
    "drawing/evidence",
    "drawing/overlays",
    "drawing/contour",
    "drawing/panes",
    "drawing/marks",
    "drawing/zoom",
    "drawing/holding",
    "drawing/pointing",
    "drawing/readout",
)
PANES_SCRIPT = (*DRAWING_SCRIPT, "drawing/element")
PANES_STYLE = ("drawing/drawing",)
VIEWER_SCRIPT = (
    *DRAWING_SCRIPT,
    "state",
    "controls/terms",
    "controls/cue",
    "controls/classes",
    "controls/search",
    "controls/look",
    "controls/words",
    "controls/remedies",
    "controls/export",
    "controls/take_away",
    "controls/picture",
    "controls/copying",
    "controls/presenting",
    "page/focus",
    "page/control",
    "page/keys",
    "page/pictures",
    "page/about",
    "page/address",
    "page/waiting",
    "page/requests",
    "page/files",
    "page/channel",
    "page/choice",
    "page/main",
)
TAKE_AWAY_SCRIPT = ("controls/take_away", "controls/picture", "controls/copying", "page/waiting", "page/files")
VIEWER_STYLE = (
    "drawing/drawing",
    "controls/controls",
    "controls/copying",
    "controls/presenting",
    "controls/phone",
)
CHANNEL_SCRIPT = ("page/channel", "page/channel_element")


def script(names: Sequence[str | Path]) -> str:
    """A module's text without indentation and comments, for that of a small element travels with every message.

    Args:
        names: of files here without their ending, or paths of an element's own ones.
    """
    text = "\n".join((_HERE / f"{name}.js").read_text(encoding="utf-8") for name in names)
    lines = (re.sub(r"\s+// .*$", "", line.strip()) for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def style(names: Sequence[str | Path]) -> str:
    """A style sheet likewise."""
    text = "\n".join((_HERE / f"{name}.css").read_text(encoding="utf-8") for name in names)
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)).strip()
