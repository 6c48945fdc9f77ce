"""Python imports this as it starts, where the tests put it on the path: no process of theirs may leave the machine."""

import sys


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """End every connection that would go to another machine before it is begun."""
    if event == "socket.connect" and isinstance(arguments[1], tuple) and not is_here(str(arguments[1][0])):
        raise ConnectionRefusedError(f"a test may not leave the machine, but {arguments[1]} was dialled")


def is_here(host: str) -> bool:
    """Whether this is the machine itself."""
    return host in {"::1", "localhost"} or host.startswith("127.")


sys.addaudithook(refuse)
