"""What is on screen of a visitor without a browser: the server's messages, applied as Streamlit's front end does it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from pages._ui.viewer.payload import unpack

_CHOICES = ("radio", "selectbox")
_FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass(frozen=True)
class View:
    """One message of the viewer."""

    head: dict[str, Any]
    blobs: dict[str, bytes]

    def map_of(self, class_index: int) -> np.ndarray:
        """(h, w) float32, as it came."""
        cells = np.frombuffer(self.blobs["maps"], dtype="<f4").reshape(-1, *self.head["cells"])
        return np.asarray(cells[self.head["mapped"].index(class_index)])

    def card_of(self, class_index: int) -> dict[str, Any]:
        """What is said of a class."""
        return next(one for one in self.head["classes"] if one["index"] == class_index)

    @property
    def photo_is_its_own(self) -> bool:
        """Whether the picture is the one that the head speaks of."""
        return hashlib.sha256(self.blobs["photo"]).hexdigest()[:16] == str(self.head["photo"])


@dataclass(frozen=True)
class Placed:
    """An element, the fragment that drew it, and the number of the run that did."""

    element: Element
    fragment: str
    run: int


@dataclass
class Screen:
    """Elements by their place, and the state of the widgets among them.

    Attributes:
        query: what the address bar says; `page`: which page the server says that is.
        widgets: what a browser would send of each widget, by its id.
        views: what the viewer was sent, the oldest first; whoever reads them may clear them.
        texts: what `st.text` said, likewise.
        problems: every error that was ever shown, and what this client does not understand.
        is_awaiting: something was sent, and no run has begun since; `is_running`: one has, and has not finished.
    """

    query: str = ""
    page: str = ""
    widgets: dict[str, WidgetState] = field(default_factory=dict)
    views: list[View] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    is_awaiting: bool = False
    is_running: bool = False
    _placed: dict[tuple[int, ...], Placed] = field(default_factory=dict)
    _run: int = 0
    _fragments: frozenset[str] = frozenset()

    def apply(self, message: ForwardMsg) -> None:
        """Take in one message of the server."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._begin(frozenset(message.metadata.run.fragment_ids))
        elif kind == "delta":
            self._draw(tuple(message.metadata.delta_path), message)
        elif kind == "script_finished":
            self._finish(message.script_finished)
        elif kind == "navigation":
            self.page = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind in ("ref_hash", "session_event", "page_not_found"):  # none of which our server should send
            self.problems.append(str(message)[:300])

    @property
    def is_settled(self) -> bool:
        """Whether every run that was heard of is over."""
        return not self.is_awaiting and not self.is_running

    def element(self, key: str) -> Any:
        """The element that the page gave this key."""
        return self._found(key)[0]

    def fragment_of(self, key: str) -> str:
        """The fragment that the element of this key belongs to, "" where it is the page's."""
        return self._found(key)[1]

    def options(self, key: str) -> list[str]:
        """What a radio group or a list offers."""
        return list(self.element(key).options)

    def alerts(self, kind: "Alert.Format.ValueType" = Alert.ERROR) -> list[str]:
        """The sentences of this kind that are on screen."""
        found = (placed.element for placed in self._placed.values())
        return [element.alert.body for element in found if element.HasField("alert") and element.alert.format == kind]

    def _found(self, key: str) -> tuple[Any, str]:
        for placed in self._placed.values():
            inner = _inner(placed.element)
            if getattr(inner, "id", "").endswith(f"-{key}"):
                return inner, placed.fragment
        raise LookupError(f"Nothing on screen has the key {key}.")

    def _begin(self, fragments: frozenset[str]) -> None:
        self._run += 1
        self._fragments = fragments
        self.is_awaiting, self.is_running = False, True

    def _draw(self, path: tuple[int, ...], message: ForwardMsg) -> None:
        if message.delta.WhichOneof("type") == "add_block":
            self._placed.pop(path, None)
        if message.delta.WhichOneof("type") != "new_element":
            return
        element = message.delta.new_element
        for below in [known for known in self._placed if len(known) > len(path) and known[: len(path)] == path]:
            del self._placed[below]
        self._placed[path] = Placed(element, message.delta.fragment_id, self._run)
        self._notice(element)

    def _notice(self, element: Element) -> None:
        """Errors, the viewer's message, and what a browser would send of a widget from now on."""
        kind = element.WhichOneof("type")
        if kind == "exception" or (kind == "alert" and element.alert.format == Alert.ERROR):
            self.problems.append(str(getattr(element, kind)).strip()[:300])
        elif kind == "bidi_component" and element.bidi_component.component_name.endswith("heatproof_viewer"):
            self.views.append(View(*unpack(element.bidi_component.bytes)))
        elif kind == "text":
            self.texts.append(element.text.body)
        elif kind in _CHOICES:
            self._notice_choice(getattr(element, kind))
        elif kind == "checkbox" and (element.checkbox.set_value or element.checkbox.id not in self.widgets):
            box = element.checkbox
            self.widgets[box.id] = WidgetState(id=box.id, bool_value=box.value if box.set_value else box.default)

    def _notice_choice(self, widget: Any) -> None:
        if not widget.set_value and widget.id in self.widgets:
            return
        state = WidgetState(id=widget.id)
        if widget.set_value and widget.HasField("raw_value"):
            state.string_value = widget.raw_value
        elif not widget.set_value and widget.HasField("default") and widget.options:
            state.string_value = widget.options[widget.default]
        self.widgets[widget.id] = state

    def _finish(self, status: int) -> None:
        """A run is over: what it did not draw again is gone; one that was cut off leaves everything."""
        self.is_running = False
        if status not in _FINISHED:
            self.is_awaiting = True
            return
        self._placed = {path: placed for path, placed in self._placed.items() if not self._is_stale(placed)}
        present = {getattr(inner, "id", "") for inner in self._inners()}
        self.widgets = {name: state for name, state in self.widgets.items() if name in present}

    def _is_stale(self, placed: Placed) -> bool:
        return placed.run != self._run and (not self._fragments or placed.fragment in self._fragments)

    def _inners(self) -> Iterator[Any]:
        return (_inner(placed.element) for placed in self._placed.values())


def _inner(element: Element) -> Any:
    kind = element.WhichOneof("type")
    return getattr(element, kind) if kind else None
