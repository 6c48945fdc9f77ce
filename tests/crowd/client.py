"""A visitor without a browser: Streamlit's websocket protocol, spoken as its front end and our own scripts speak it.

Every act only sends, as a click does; `settle` then waits until the server has nothing more to say. So acts can be
as fast as one likes, and thirty visitors need no more than thirty threads.
"""

import base64
import itertools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.crowd.screen import Screen, View

QUIET = 0.3  # seconds
_INTAKE, _VIEWER = "intake_told", "viewer"


class LostActError(Exception):
    """The server did not finish in time what was asked of it."""


@contextmanager
def visiting(
    address: str, query: Mapping[str, str] | None = None, *, coming_from: str = "127.0.0.1", quiet: float = QUIET
) -> Iterator["Visitor"]:
    """Open the page as a new session, with this in its address, and wait until it stands; leave at the end.

    Args:
        coming_from: the visitor's own address, as a proxy before the server tells it.
        quiet: seconds without a message after which a server that has finished has nothing more to say; one whose
            cores are all taken lets a run wait for longer.
    """
    socket = connect(
        f"{address.replace('http', 'ws', 1)}/_stcore/stream",
        origin=Origin(address),
        additional_headers={"X-Forwarded-For": coming_from},
        subprotocols=[Subprotocol("streamlit")],
        proxy=None,
        max_size=None,
        max_queue=None,  # or the server's own queue fills while nobody reads
        compression=None,
        open_timeout=60,  # a browser waits as well
    )
    with socket as connection:
        visitor = Visitor(connection, quiet)
        visitor.go(query or {})
        visitor.settle()
        yield visitor


class Visitor:
    """One browser tab."""

    def __init__(self, socket: ClientConnection, quiet: float = QUIET) -> None:
        self.screen = Screen()
        self._quiet = quiet
        self._socket = socket
        self._numbers = itertools.count(1)  # of the intake's acts
        self._drops: list[dict[str, Any]] = []  # that the server has not taken
        self._components: dict[str, dict[str, Any]] = {}  # their states, by key
        self._sent = self._finished = time.perf_counter()

    @property
    def view(self) -> View:
        """What the viewer shows."""
        return self.screen.views[-1]

    def go(self, query: Mapping[str, str]) -> None:
        """Follow a link within the page, or Back: another address, and no act."""
        self.screen.query = urlencode(query)
        self._send(is_travel=bool(self.screen.page))

    def choose(self, key: str, place: int) -> None:
        """Choose an option of a radio group or a list, counted from 0; nothing happens where it is chosen already."""
        if self._set_choice(key, place):
            self._send()

    def click_card(self, group: str, place: int) -> None:
        """Click a picture's card: our own script tells of it, the group says what it shows, and both go together."""
        self._set_choice(group, place)
        self._tell(_INTAKE, "click", {"group": group, "place": place, "number": next(self._numbers)})

    def ask_class(self, class_index: int) -> None:
        """Ask for the map of a class that did not come along."""
        self._tell(_VIEWER, "asked", {"imageAndModel": self.view.head["imageAndModel"], "index": class_index, "try": 1})

    def ask_file(self, what: str, class_index: int, look: Mapping[str, Any]) -> None:
        """Ask for a file to take away."""
        token = f"file {next(self._numbers)}"
        wanted = {"token": token, "what": what, "index": class_index, "look": dict(look)}
        self._tell(_VIEWER, "wanted", wanted | {"view": self.view.head["question"]})

    def bring(self, name: str, data: bytes) -> None:
        """Drop a picture on the page."""
        self._hand_over(files=[{"name": name, "base64": base64.b64encode(data).decode("ascii")}])

    def paste(self, address: str) -> None:
        """Paste the address of a picture."""
        self._hand_over(address=address)

    def _hand_over(self, *, files: Sequence[Mapping[str, str]] = (), address: str = "") -> None:
        drop = {"large": [], "unreadable": [], "leftOut": 0, "number": next(self._numbers)}
        self._drops.append(drop | {"files": list(files), "address": address})
        self._tell(_INTAKE, "drops", self._drops)

    def settle(self, *, limit: float = 60, is_calm: bool = False) -> float:
        """Wait until the server has answered everything; the seconds from the last act to the end of its last run.

        Args:
            is_calm: this was one act on a page at rest, which is answered by one run: nothing can come after that.

        Raises:
            LostActError: if it does not come to an end within `limit` seconds.
        """
        has_heard = is_calm  # that the server has read all that was sent; a heartbeat asks it
        while not (is_calm and self.screen.is_settled):
            try:
                self._receive(self._quiet)
            except TimeoutError:
                if self.screen.is_settled and has_heard:
                    break
                if self.screen.is_settled:
                    self._socket.send(BackMsg(app_heartbeat=True).SerializeToString())
                    has_heard = True
            if time.perf_counter() - self._sent > limit:
                raise LostActError(f"no end after {limit} s: {self.screen.is_awaiting=}, {self.screen.is_running=}")
        seconds = self._finished - self._sent
        if self._has_forgotten():
            self.settle(limit=limit)
        return seconds

    def _has_forgotten(self) -> bool:
        """Let go of what the server has taken, as our script does once a run is over; whether there was any."""
        if not self._drops:
            return False
        taken = json.loads(self.screen.element(_INTAKE).json)["taken"]
        left = [drop for drop in self._drops if drop["number"] > taken]
        if left == self._drops:
            return False
        self._drops = left
        self._tell(_INTAKE, "drops", left)
        return True

    def watch(self, seconds: float) -> None:
        """Take in what comes within this time, as a page that is looked at does."""
        until = time.perf_counter() + seconds
        with suppress(TimeoutError):
            while (left := until - time.perf_counter()) > 0:
                self._receive(left)

    def _receive(self, patience: float) -> None:
        """Take in one message; what it takes to read a message is no quiet.

        Raises:
            TimeoutError: if none comes within `patience` seconds.
        """
        message = ForwardMsg.FromString(self._socket.recv(timeout=patience, decode=False))
        if message.WhichOneof("type") == "script_finished":
            self._finished = time.perf_counter()
        self.screen.apply(message)

    def _set_choice(self, key: str, place: int) -> bool:
        """Whether that is another choice than before."""
        widget = self.screen.element(key)
        former = self.screen.widgets.get(widget.id)
        self.screen.widgets[widget.id] = WidgetState(id=widget.id, string_value=widget.options[place])
        return former != self.screen.widgets[widget.id]

    def _tell(self, key: str, name: str, value: Any) -> None:
        """What a component calls setStateValue."""
        component = self.screen.element(key)
        state = self._components.setdefault(key, {})
        state[name] = value
        self.screen.widgets[component.id] = WidgetState(id=component.id, json_value=json.dumps(state))
        self._send(fragment=self.screen.fragment_of(key))

    def _send(self, *, fragment: str = "", is_travel: bool = False) -> None:
        """Ask for a run with everything that the browser knows."""
        message = BackMsg()
        message.rerun_script.query_string = self.screen.query
        message.rerun_script.page_script_hash = self.screen.page
        message.rerun_script.is_history_navigation = is_travel
        message.rerun_script.fragment_id = fragment
        message.rerun_script.widget_states.widgets.extend(self.screen.widgets.values())
        self.screen.is_awaiting |= not fragment  # a fragment's run may be dropped, or be part of one that goes on
        self._sent = time.perf_counter()
        self._socket.send(message.SerializeToString())
