"""A machine whose network leads nowhere, with a name server of its own: run as a program, in a network namespace.

    unshare --map-root-user --net --mount python -m tests.core.closed_network NAMES URL

NAMES, with commas, are known to the name server; "-" leaves the machine without any network. What a fetch of URL is
refused with is printed.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

from gradcam_core.download import fetch_image
from gradcam_core.errors import ImageError

_SERVER = "127.0.0.53"


def answer(question: bytes, known: set[str]) -> bytes:
    """What a name server says to this: 8.8.8.8 for a known name's A record, else that there is none (RFC 1035)."""
    end = question.index(0, 12)
    labels, place = [], 12
    while place < end:
        labels.append(question[place + 1 : place + 1 + question[place]].decode())
        place += 1 + question[place]
    asked, is_known = question[12 : end + 5], ".".join(labels) in known
    has_answer = is_known and asked[-4:-2] == b"\x00\x01"
    flags = b"\x81\x80" if is_known else b"\x81\x83"
    record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x08\x08\x08\x08"
    counts = b"\x00\x01" + (b"\x00\x01" if has_answer else b"\x00\x00") + b"\x00\x00\x00\x00"
    return question[:2] + flags + counts + asked + (record if has_answer else b"")


def serve(known: set[str]) -> None:
    """Be the name server of this machine."""
    subprocess.run([_tool("ip"), "link", "set", "lo", "up"], check=True)
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind((_SERVER, 53))

    def answer_all() -> None:
        while True:
            question, client = door.recvfrom(512)
            door.sendto(answer(question, known), client)

    threading.Thread(target=answer_all, daemon=True).start()


def _tool(name: str) -> str:
    found = shutil.which(name)
    assert found
    return found


def main() -> None:
    """Fetch, and say what came of it."""
    names, url = sys.argv[1:]
    with tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False) as file:
        file.write(f"nameserver {_SERVER}\noptions timeout:1 attempts:1\n")
    os.chmod(file.name, 0o644)
    subprocess.run([_tool("mount"), "--bind", file.name, "/etc/resolv.conf"], check=True)
    os.unlink(file.name)
    if names != "-":
        serve(set(names.split(",")))
    try:
        fetch_image(url)
    except ImageError as error:
        print(error.message)


if __name__ == "__main__":
    main()
