"""The app as a person starts it: a server in a process of its own, for the tests of the browser and of the crowd."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]


@contextlib.contextmanager
def running_server(
    checkpoints: Path,
    app: Path = ROOT / "app.py",
    *,
    output: IO[bytes] | int = subprocess.DEVNULL,
    options: Sequence[str] = (),
) -> Iterator[str]:
    """`streamlit run app.py` on a free port, as a person starts it, in a process of its own; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port), "--server.headless=true"]
    command += options
    environment = os.environ | {"HEATPROOF_CHECKPOINTS": str(checkpoints), "TORCH_HOME": str(checkpoints / "torch")}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
        yield f"http://127.0.0.1:{port}"
        assert process.poll() is None, "the server died"
    finally:
        process.terminate()
        process.wait(20)


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Until the server at this address of its health says that it is well."""
    for _ in range(600):
        assert process.poll() is None, "the server did not start"
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=1) as answer:  # noqa: S310
            if answer.read() == b"ok":
                return
        time.sleep(0.1)
    raise TimeoutError(address)
