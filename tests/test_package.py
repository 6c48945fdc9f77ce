"""What the package offers; and no test leaves the machine."""

import socket
import subprocess
import sys

import pytest

import gradcam_core


@pytest.mark.parametrize("name", gradcam_core.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(gradcam_core, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'load_picture'"):
        gradcam_core.load_picture  # noqa: B018 - asking is the test


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_no_test_and_no_process_of_one_can_leave_the_machine(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as own, pytest.raises(ConnectionRefusedError, match="a test may not leave"):
        own.connect((host, 80))
    code = f"import socket; socket.socket(socket.{family.name}).connect(({host!r}, 80))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "a test may not leave the machine" in done.stderr
