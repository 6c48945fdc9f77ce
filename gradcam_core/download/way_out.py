"""No server was reached: is the address wrong, or has this machine no way to the web?

An address that leads inwards, to a closed port or to nothing gets one and the same sentence, so that nobody can map the
network behind this machine. What is said of the machine itself does not depend on the address.
"""

import errno
from collections.abc import Callable, Sequence
from urllib.request import getproxies

from gradcam_core.download.resolver import NoNameServer, Resolver, ask_the_system, looked_up
from gradcam_core.errors import ImageError

SURE_NAME = "example.com"
"""It is registered for ever (RFC 6761, section 6.5): where it is unknown, so is every name of the web."""

_NO_WAY = {
    errno.ENETUNREACH,
    errno.ENETDOWN,
    errno.EADDRNOTAVAIL,
    errno.EAFNOSUPPORT,
    errno.EACCES,  # a firewall of this machine's own
    errno.EPERM,
}
_NO_ANSWER = {errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.EHOSTDOWN}


def addresses_of(host: str, resolver: Resolver, *, seconds: Callable[[], float]) -> list[str]:
    """What its name leads to; none where it leads nowhere.

    The system's own resolver is then tried with a name that surely exists; any other is taken at its word.

    Args:
        seconds: how long a lookup may take from now on.

    Raises:
        ImageError: if names lead nowhere in general.
        ResourceError: if too many lookups hang already.
    """
    found, is_silent = _answer(host, resolver, seconds())
    if found:
        return found
    if resolver is ask_the_system:
        is_silent = not _answer(SURE_NAME, resolver, seconds())[0]
    if is_silent:
        raise ImageError("Heatproof can look up no name of the web just now.", hint=_advice())
    return []


def not_connected(errors: Sequence[OSError]) -> ImageError:
    """The refusal where none of a host's addresses could be dialled, by what became of each."""
    kinds = {_kind(error) for error in errors}
    if kinds == {"no way"}:
        return ImageError("No network leads from Heatproof to this address.", hint=_advice())
    if kinds and kinds <= {"no way", "no answer"}:
        return ImageError(
            "The server at this address does not answer.",
            hint="It is down, or a firewall stands between. Try again later, or save the picture and upload it.",
        )
    return ImageError(
        "No public web server answers at this address.",
        hint="Check its spelling, or save the picture and upload it.",
    )


def _answer(host: str, resolver: Resolver, seconds: float) -> tuple[list[str], bool]:
    """Its addresses, and whether no name server had an answer."""
    try:
        return looked_up(host, resolver, seconds=seconds), False
    except NoNameServer:
        return [], True


def _kind(error: OSError) -> str:
    if error.errno in _NO_WAY:
        return "no way"
    return "no answer" if isinstance(error, TimeoutError) or error.errno in _NO_ANSWER else "closed"


def _advice() -> str:
    if getproxies().keys() & {"http", "https", "all"}:
        return (
            "The machine it runs on uses a proxy, which it fetches no picture through. Save the picture and upload it."
        )
    return "The machine it runs on is offline, or behind a firewall. Save the picture and upload it."
