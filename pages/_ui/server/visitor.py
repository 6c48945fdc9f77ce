"""Where does the visitor of this session sit?"""

import streamlit as st

_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


def is_visitor_on_this_machine() -> bool:
    """Whether the browser runs on the machine of this server; a proxy's visitors do not, whatever their address.

    Streamlit gives no address for a browser on this machine. A proxy on this machine passes on the public name.
    """
    host = st.context.headers.get("Host", "localhost")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return st.context.ip_address is None and name in _LOCAL_NAMES
