"""Did the page come over https, or from this very machine? Others get no camera and no clipboard."""

import ipaddress
from urllib.parse import urlsplit

import streamlit as st


def is_secure() -> bool:
    """Whether the visitor's browser counts this page as secure; True where its address is not known."""
    return is_secure_address(st.context.url or "")


def is_secure_address(url: str) -> bool:
    """Whether browsers count a page at this address as secure (W3C, Secure Contexts, section 3.1)."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme != "http" or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
