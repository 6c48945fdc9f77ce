"""Python imports this as it starts, where the tests put it on the path: no process of theirs may leave the machine."""

import sys

witnesses: list[list[tuple[object, ...]]] = []  # the last one is told every address that is dialled


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """End every connection that would go to another machine before it is begun; the witnesses see every one."""
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    for witness in witnesses[-1:]:
        witness.append(arguments[1][:2])
    if not is_here(str(arguments[1][0])):
        raise ConnectionRefusedError(f"a test may not leave the machine, but {arguments[1]} was dialled")


def is_here(host: str) -> bool:
    """Whether this is the machine itself."""
    return host in {"::1", "localhost"} or host.startswith("127.")


sys.addaudithook(refuse)
