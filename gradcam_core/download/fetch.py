"""The guarded fetch of image URLs.

An image URL comes from a stranger: it may not make this machine talk to anything but a public web server. So the name
is looked up once, every answer is judged, and the very address that was judged is dialled; `http.client` is handed the
connected socket and never connects by itself. The URL, the Host header and the name in the TLS handshake stay as typed.
The environment's proxies, netrc, cookies and retries do not exist here.
"""

import contextlib
import http.client
import logging
import socket
import ssl
from collections.abc import Iterator

import certifi

from gradcam_core.config import settings
from gradcam_core.decoding.signatures import ACCEPTED, HEAD_BYTES, kind_of
from gradcam_core.download.addresses import (
    FetchPolicy,
    WebAddress,
    check_address,
    is_allowed_private,
    is_public,
    parse_url,
)
from gradcam_core.download.deadline import Deadline
from gradcam_core.download.policy import policy_from
from gradcam_core.download.rate_limit import too_many
from gradcam_core.download.resolver import Resolver, ask_the_system
from gradcam_core.download.responses import (
    REDIRECTS,
    SAVE_IT,
    body_too_large,
    broken_off,
    not_a_picture,
    promised_length,
    redirect_target,
    stopped_half_way,
)
from gradcam_core.download.transport import connection_over
from gradcam_core.download.way_out import addresses_of, not_connected
from gradcam_core.errors import HeatproofError, ImageError
from gradcam_core.resources.limiter import Limiter
from gradcam_core.version import HOME, __version__

_log = logging.getLogger(__name__)
_limiter = Limiter()
_WAIT_SECONDS = 3.0
_LOOKUP_SECONDS = 3.0
_DIAL_SECONDS = 3.0
_DIALLED_ANSWERS = 3
_CHUNK = 65_536
_HEADERS = {
    "Accept": "image/*",
    "Accept-Encoding": "identity",  # a compressed body could unfold to any size
    "Connection": "close",
}


def fetch_image(url: str, *, policy: FetchPolicy | None = None, resolver: Resolver | None = None) -> bytes:
    """The bytes of a picture on the public web; their first bytes are those of an accepted kind.

    Args:
        policy: what may be fetched; by default what the settings say.

    Raises:
        ImageError: if the address may not be fetched, or no picture comes from it in time.
        ResourceError: if too many others are fetching.
    """
    limits = settings()
    if not limits.fetch_urls:
        raise ImageError("Fetching pictures from the web is switched off here.", hint=SAVE_IT)
    policy = policy or policy_from(limits)
    address = parse_url(url)
    check_address(address, policy)  # a typing mistake waits for nobody
    patience = min(_WAIT_SECONDS, policy.seconds)
    try:
        with Deadline(policy.seconds) as deadline, _turn(limits.fetches_at_once, patience):
            body = _Fetch(policy, resolver or ask_the_system, deadline).follow(address)
    except HeatproofError as error:
        _log.info("not fetched from %s: %s", address.host, error)  # never the path or the query
        raise
    _log.info("fetched %d bytes from %s", len(body), address.host)
    return body


def user_agent(contact: str) -> str:
    """Who asks, and whom to write to about it."""
    return f"Heatproof/{__version__} (+{HOME}{f'; {contact}' if contact else ''})"


@contextlib.contextmanager
def _turn(most: int, patience: float) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(_limiter.slot(most, patience=patience))
        except TimeoutError:
            raise too_many() from None
        yield


class _Fetch:
    """One picture's way: every hop is judged and dialled anew."""

    def __init__(self, policy: FetchPolicy, resolver: Resolver, deadline: Deadline) -> None:
        self._policy = policy
        self._resolver = resolver
        self._deadline = deadline

    def follow(self, address: WebAddress) -> bytes:
        for _ in range(self._policy.max_redirects + 1):
            check_address(address, self._policy)
            answer = self._answer_of(address)
            if isinstance(answer, bytes):
                return answer
            address = answer
        raise ImageError(f"The address leads on to others more than {self._policy.max_redirects} times.", hint=SAVE_IT)

    def _answer_of(self, address: WebAddress) -> bytes | WebAddress:
        """The body, or the address that it redirects to."""
        with self._dialled(address) as dialled:
            try:
                return self._exchanged(address, dialled)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._deadline.check()
                raise _talk_failed(error) from error

    def _dialled(self, address: WebAddress) -> socket.socket:
        """A connection to an address that was judged; the same sentence for private, closed and unknown hosts."""
        answers = [address.ip] if address.ip else self._addresses_of(address.host)
        is_allowed = is_allowed_private(address, self._policy)
        errors: list[OSError] = []
        if is_allowed or all(is_public(ip) for ip in answers):
            for ip in answers[:_DIALLED_ANSWERS]:
                try:
                    timeout = min(_DIAL_SECONDS, self._deadline.left())
                    dialled = socket.create_connection((ip, address.port), timeout=timeout)
                except OSError as error:  # the next answer may be reachable
                    errors.append(error)
                    continue
                if is_allowed or not _is_this_machine(dialled):
                    return dialled
                dialled.close()
                errors.append(ConnectionRefusedError())
        raise not_connected(errors)

    def _addresses_of(self, host: str) -> list[str]:
        return addresses_of(host, self._resolver, seconds=lambda: min(_LOOKUP_SECONDS, self._deadline.left()))

    def _exchanged(self, address: WebAddress, dialled: socket.socket) -> bytes | WebAddress:
        with _secured(address, dialled) as ready:
            self._deadline.hold(ready)
            if isinstance(ready, ssl.SSLSocket):
                ready.do_handshake()
            connection = connection_over(ready, address.host, address.port, max_bytes=self._policy.max_bytes)
            connection.request("GET", address.target, headers=self._headers(address))
            with connection.getresponse() as response:
                self._deadline.check()
                if response.status in REDIRECTS:
                    return redirect_target(address, response.getheader("Location"))  # its body is never read
                return self._body(response)

    def _headers(self, address: WebAddress) -> dict[str, str]:
        return {"Host": address.netloc, "User-Agent": user_agent(self._policy.contact), **_HEADERS}

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        promised = promised_length(response.status, response.headers, self._policy.max_bytes)
        body = response.read(HEAD_BYTES)
        self._deadline.check()
        if kind_of(body) not in ACCEPTED:
            raise not_a_picture(body)
        pieces = [body]
        while piece := response.read(_CHUNK):
            self._deadline.check()
            pieces.append(piece)
            if sum(map(len, pieces)) > self._policy.max_bytes:
                raise body_too_large(self._policy.max_bytes)
        self._deadline.check()
        body = b"".join(pieces)
        if promised is not None and len(body) < promised:
            raise stopped_half_way()
        return body


def _is_this_machine(dialled: socket.socket) -> bool:
    """Whether it leads to an own public address, where what trusts its own machine may listen."""
    return bool(dialled.getsockname()[0] == dialled.getpeername()[0])


def _secured(address: WebAddress, dialled: socket.socket) -> socket.socket:
    """The socket itself for http; for https in TLS, the handshake still to be done."""
    if address.scheme == "http":
        return dialled
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context.wrap_socket(dialled, server_hostname=address.host, do_handshake_on_connect=False)


def _talk_failed(error: Exception) -> ImageError:
    if isinstance(error, ssl.SSLError):
        return ImageError("The server can't prove who it is, or does not speak https.", hint=SAVE_IT)
    return stopped_half_way() if isinstance(error, http.client.IncompleteRead) else broken_off()
