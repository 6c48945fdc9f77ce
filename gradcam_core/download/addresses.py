"""Which web addresses may be fetched? URLs taken apart, and addresses judged; nothing here touches the network."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna

from gradcam_core.errors import ImageError

MAX_URL_LENGTH = 2048
_OWN_PORT = {"http": 80, "https": 443}
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ud800-\udfff]")
_BRACKETED = re.compile(r"\[[^\[\]]*\](:[^\[\]]*)?")
_IN_PATH = "/%:@!$&'()*+,;=~-._"  # what RFC 3986 allows there unescaped
_TYPE_IT = "Give an address such as https://example.org/cat.jpg."

# The registry's "globally reachable" is not enough, and `ipaddress.is_global` is wrong for many of these (13 of 17
# special addresses tried on Python 3.11), so the lists are our own: IANA's special-purpose registries of IPv4 and IPv6.
_NOT_PUBLIC_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by a provider's customers; a cloud's metadata too
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's host agent, on a public number
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")  # all that is handed out; everything else is refused
_NOT_PUBLIC_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo, ORCHID and other protocols
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries an IPv4 address
        "2620:4f:8000::/48",
        "3ffe::/16",  # the former 6bone
        "3fff::/20",  # documentation
    )
)
_INSIDE_V4 = tuple(network for network in _NOT_PUBLIC_V4 if 0 < network.network_address.packed[0] < 224)
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214: these interface identifiers carry an IPv4 address


@dataclass(frozen=True)
class FetchPolicy:
    """What may be fetched; the defaults are the strict ones, and an operator opens single doors."""

    allowed_private: frozenset[tuple[str, int]] = frozenset()  # (host, port) that may be private and on any port
    only_hosts: frozenset[str] = frozenset()  # if any, no other host is fetched from
    contact: str = ""  # of whoever runs this, told to every server
    seconds: float = 10.0  # for everything: name, connection, redirects, body
    max_bytes: int = 10_000_000
    max_redirects: int = 5


@dataclass(frozen=True)
class WebAddress:
    """A URL taken apart, in ASCII; `target` is the path with its query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def ip(self) -> str:
        """The host, where it is an IP address and not a name; else empty."""
        return self.host if ":" in self.host or _ends_in_number(self.host) else ""

    @property
    def url(self) -> str:
        """The URL again, for relative redirects."""
        return f"{self.scheme}://{self.netloc}{self.target}"

    @property
    def netloc(self) -> str:
        """The host, bracketed if it is IPv6, and the port unless it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _OWN_PORT[self.scheme] else f"{host}:{self.port}"


def parse_url(url: str, *, base: str = "") -> WebAddress:
    """Take apart an http or https URL, which may be relative to a base.

    Raises:
        ImageError: if it is anything else, or written in a way that two programs could read differently.
    """
    if len(url) > MAX_URL_LENGTH:
        raise ImageError(
            f"The address is longer than {MAX_URL_LENGTH:,} characters.", hint="Save the picture and upload it."
        )
    if _FORBIDDEN.search(url):  # before urljoin and urlsplit, which drop tabs and line ends silently
        raise ImageError("The address contains a space, a backslash or a control character.", hint=_TYPE_IT)
    try:
        parts = urlsplit(urljoin(base, url))
        port = parts.port
    except ValueError:
        raise ImageError("The address has a host or port that can't be read.", hint=_TYPE_IT) from None
    _check_parts(parts)
    own_port = _OWN_PORT[parts.scheme]
    return WebAddress(parts.scheme, _host(parts), own_port if port is None else port, _target(parts))


def check_address(address: WebAddress, policy: FetchPolicy) -> None:
    """Refuse what can be refused before a name is looked up.

    Raises:
        ImageError: if the host is not among the only ones allowed, or the port is not the scheme's own.
    """
    if policy.only_hosts and address.host not in policy.only_hosts:
        raise ImageError("Pictures are fetched from a few named hosts only.", hint="Save the picture and upload it.")
    if address.port != _OWN_PORT[address.scheme] and not is_allowed_private(address, policy):
        raise ImageError(
            f"Port {address.port} is not fetched from.", hint="Only the usual ports are: 80 for http, 443 for https."
        )


def is_allowed_private(address: WebAddress, policy: FetchPolicy) -> bool:
    """Whether the operator has named this host and port."""
    return (address.host, address.port) in policy.allowed_private


def is_public(ip: str) -> bool:
    """Whether this IP address belongs to the public internet, by our own list; False for what is no IP address."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return _is_public_v6(address)
        address = address.ipv4_mapped
    return not any(address in network for network in _NOT_PUBLIC_V4)


def _is_public_v6(address: ipaddress.IPv6Address) -> bool:
    if address.scope_id is not None or address not in _PUBLIC_V6:
        return False
    interface, last = (int(address) >> 32) & 0xFFFFFFFF, ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if interface in _ISATAP or any(address in network for network in _NOT_PUBLIC_V6):
        return False
    # RFC 6052 section 2.2: a network may translate to IPv4 under a prefix of its own, mostly of 96 bits.
    return interface != 0 or not any(last in network for network in _INSIDE_V4)


def _check_parts(parts: SplitResult) -> None:
    if parts.scheme not in _OWN_PORT:
        raise ImageError("Only addresses that begin with http:// or https:// are fetched.", hint=_TYPE_IT)
    if "@" in parts.netloc:
        raise ImageError("The address contains a user name or an @ before its path.", hint="Remove that part.")
    if not parts.hostname:
        raise ImageError("The address names no host.", hint=_TYPE_IT)


def _host(parts: SplitResult) -> str:
    """The host in lower case and ASCII; an IP address only in its one canonical form."""
    typed = parts.hostname or ""
    try:
        if "[" in parts.netloc:
            return _ipv6_host(typed, parts.netloc)
        host = typed if typed.isascii() else idna.encode(typed, uts46=True).decode("ascii")
        host = str(ipaddress.IPv4Address(host)) if _ends_in_number(host) else host.removesuffix(".")
    except ValueError:  # idna's own error is one
        raise ImageError("The address names a host that can't be read.", hint=_TYPE_IT) from None
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise ImageError("The address names a host that can't be read.", hint=_TYPE_IT)
    return host


def _ipv6_host(typed: str, netloc: str) -> str:
    if not _BRACKETED.fullmatch(netloc):  # urlsplit takes what is in the brackets and forgets what is round them
        raise ValueError("something stands round the brackets")
    address = ipaddress.IPv6Address(typed)
    if address.scope_id is not None:
        raise ValueError("an address with a zone belongs to one machine")
    return str(address)


def _ends_in_number(host: str) -> bool:
    """As in the URL standard: such a host is an IPv4 address or nothing, so 127.1 and 0x7f.1 are no names."""
    return _NUMERIC.fullmatch(host.removesuffix(".").rpartition(".")[2]) is not None


def _target(parts: SplitResult) -> str:
    """Path and query, percent-encoded where they were not; the fragment stays here."""
    path = quote(parts.path or "/", safe=_IN_PATH)
    return f"{path}?{quote(parts.query, safe=_IN_PATH + '?[]')}" if parts.query else path
