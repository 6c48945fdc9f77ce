"""What this server may fetch: a policy from its settings."""

import contextlib
import re

from gradcam_core.config import PREFIX, Settings
from gradcam_core.download.addresses import FetchPolicy, WebAddress, parse_url
from gradcam_core.errors import HeatproofError, ImageError

_HOST = r"([^/?#@:\[\]]+|\[[^/?#@\[\]]+\])"
_HOST_AND_PORT = _HOST + ":[0-9]+"
_CONTACT = r"[!-'*-~]+(@|://)[!-'*-~]+"  # within the brackets of one line
_LONGEST_CONTACT = 200


def policy_from(limits: Settings) -> FetchPolicy:
    """The policy that the settings describe; hosts are written as `parse_url` writes them.

    Raises:
        HeatproofError: if an entry of `fetch_hosts` or `fetch_private` is no host, or no host:port, or the contact is
            none.
    """
    private = [_parsed(entry, _HOST_AND_PORT, "FETCH_PRIVATE") for entry in limits.fetch_private]
    return FetchPolicy(
        allowed_private=frozenset((address.host, address.port) for address in private),
        only_hosts=frozenset(_parsed(entry, _HOST, "FETCH_HOSTS").host for entry in limits.fetch_hosts),
        contact=_checked_contact(limits.contact.strip()),
        seconds=limits.fetch_seconds,
        max_bytes=limits.max_file_bytes,
    )


def _checked_contact(contact: str) -> str:
    if contact and (len(contact) > _LONGEST_CONTACT or not re.fullmatch(_CONTACT, contact)):
        raise HeatproofError(
            f"{PREFIX}CONTACT is {_shortened(contact)!r}.",
            hint="Set it to an address such as https://example.org/about or someone@example.org, or remove it.",
        )
    return contact


def _shortened(entry: str) -> str:
    return entry if len(entry) <= 60 else entry[:57] + "..."


def _parsed(entry: str, form: str, name: str) -> WebAddress:
    if re.fullmatch(form, entry):
        with contextlib.suppress(ImageError):
            return parse_url(f"http://{entry}/")
    wanted = "hosts such as example.org" if form == _HOST else "pairs such as nas.local:8080 or [fd00::1]:80"
    raise HeatproofError(
        f"{PREFIX}{name} names {_shortened(entry)!r}.", hint=f"Set it to {wanted}, with commas, or remove it."
    )
