"""The viewer's browser code keeps its rooms: what knows what, and where its state is declared."""

import re
from pathlib import Path

import pytest

from pages._ui.viewer import scripts

VIEWER = Path(scripts.__file__).parent
FILES = sorted(VIEWER.rglob("*.js"))
PAGE_WIDE = (
    r"\b(location|history|localStorage|setStateValue|window\.navigation|document\.(?!createElement|activeElement))"
)


def code(path: Path) -> str:
    return "\n".join(line.split("//")[0] for line in path.read_text(encoding="utf-8").splitlines())


def functions(folder: str) -> set[str]:
    """What a folder's files declare for the others."""
    texts = (code(path) for path in (VIEWER / folder).glob("*.js"))
    return {
        name for text in texts for name in re.findall(r"^(?:async )?(?:function|const|let) (\w+)", text, re.MULTILINE)
    }


def test_every_file_is_in_a_module() -> None:
    used = {*scripts.VIEWER_SCRIPT, *scripts.PANES_SCRIPT, *scripts.CHANNEL_SCRIPT}
    assert {str(path.relative_to(VIEWER).with_suffix("")) for path in FILES} == used
    styles = {*scripts.VIEWER_STYLE, *scripts.PANES_STYLE}
    assert {str(path.relative_to(VIEWER).with_suffix("")) for path in VIEWER.rglob("*.css")} == styles


@pytest.mark.parametrize("path", sorted((VIEWER / "drawing").glob("*.js")), ids=lambda path: path.name)
def test_drawing_knows_no_page_and_no_viewer(path: Path) -> None:
    text = code(path)
    assert not re.search(PAGE_WIDE, text)
    assert not re.search(r"\bstate\b", text)
    others = (functions("controls") | functions("page")) - functions("drawing")
    assert {name for name in re.findall(r"\b(\w+)\(", text) if name in others} == set()


def test_one_file_listens_to_the_document_and_two_touch_its_history() -> None:
    listening = [path.name for path in FILES if re.search(r"addEventListener|\bon\((document|window)", code(path))]
    assert listening == ["control.js"]
    writing = [path.name for path in FILES if re.search(r"\bhistory\b", code(path))]
    assert writing == ["address.js"]


def test_every_field_of_the_state_is_declared_with_its_meaning() -> None:
    declared = (VIEWER / "state.js").read_text(encoding="utf-8")
    fields = set(re.findall(r"^    (\w+)(?:,|:)", declared, re.MULTILINE))
    others = [path for path in FILES if path.name != "state.js"]
    used = {name for path in others for name in re.findall(r"\bstate\.(\w+)", code(path))}
    assert used - fields == set()
    nested = set(re.findall(r"^      (\w+):", declared, re.MULTILINE))
    written = {
        name
        for path in others
        for name in re.findall(r"\b(?:state\.)?(?:node|code|file|incoming)\.(\w+) =(?!=)", code(path))
    }
    assert written - nested == set()


def test_every_field_of_a_pane_set_is_declared() -> None:
    declared = (VIEWER / "drawing" / "panes.js").read_text(encoding="utf-8")
    fields = set(re.findall(r"^    (\w+):", declared[: declared.index("function buildPanes")], re.MULTILINE))
    used = {name for path in FILES for name in re.findall(r"\bpanes\.(\w+)", code(path))}
    assert used - fields == set()
