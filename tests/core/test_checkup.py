"""The commands for operators: what the settings are, and whether everything works."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

from gradcam_core.cli.main import main
from gradcam_core.config import Settings

ROOT = Path(__file__).resolve().parents[2]
WritePair = Callable[..., Path]


def test_settings_prints_every_setting_with_its_value_and_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEATPROOF_FETCH_URLS", "off")
    monkeypatch.setenv("HEATPROOF_FETCH_HOSTS", "a.test,b.test")
    assert main(["settings"]) == 0
    printed = capsys.readouterr().out
    for setting in fields(Settings):
        assert f"HEATPROOF_{setting.name.upper()} = " in printed
        assert setting.metadata["reason"] in printed
    assert "HEATPROOF_FETCH_URLS = off  (default: on)" in printed
    assert "HEATPROOF_FETCH_HOSTS = a.test,b.test  (default: (none))" in printed


def test_check_tries_everything_and_finds_it_fine(
    capsys: pytest.CaptureFixture[str], folder: Path, write_pair: WritePair
) -> None:
    write_pair("good")
    assert main(["check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["fine", name] for name in ("settings", "machine", "decoders", "models", "web", "answer")
    ]
    assert "a drawn cat is named" in lines[-1]
    assert "good" in lines[3]


def test_check_says_what_is_wrong_and_ends_with_2(
    capsys: pytest.CaptureFixture[str], folder: Path, write_pair: WritePair, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pair("lonely").unlink()
    monkeypatch.setenv("HEATPROOF_FETCH_PRIVATE", "localhost:8080")
    monkeypatch.setattr("gradcam_core.cli.selfcheck.load_model", lambda _name: 1 / 0)
    assert main(["check"]) == 2
    said = capsys.readouterr()
    assert "WRONG  models" in said.out
    assert "WARNING: any visitor can read what answers at localhost:8080" in said.out
    assert "WRONG  answer    ZeroDivisionError" in said.out
    assert "2 of 6 checks failed: models, answer." in said.err


@pytest.mark.parametrize("package", ["threadpoolctl", "starlette", "pillow", "urllib3", "requests", "torch", "idna"])
def test_what_the_program_imports_is_named_in_the_requirements(package: str) -> None:
    assert package in (ROOT / "requirements.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("package", "floor"),
    [
        ("streamlit", "1.54"),  # CVE-2026-33682, and older ones
        ("starlette", "1.1.0"),  # CVE-2026-48818
        ("python-multipart", "0.0.26"),
        ("urllib3", "2.7.0"),  # CVE-2025-66418, CVE-2025-66471, CVE-2026-21441, CVE-2026-44431, CVE-2026-44432
        ("requests", "2.32.4"),  # a leak of netrc
        ("pillow", "12.3.0"),  # six decoders, of kinds that are not opened here
        ("torch", "2.10"),  # CVE-2025-32434, CVE-2026-24747: code from a file in spite of weights_only
    ],
)
def test_no_dependency_is_older_than_its_last_known_hole(package: str, floor: str) -> None:
    assert Version(version(package)) >= Version(floor)
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    (asked,) = [line.split("#")[0].strip() for line in lines if line.startswith((f"{package}>", f"{package}="))]
    assert Version(asked.lstrip(f"{package}>=").rstrip(".*")) >= Version(floor)


@pytest.mark.slow
def test_importing_the_commands_opens_no_network() -> None:
    code = (
        "import sys, socket\n"
        "def refuse(event, arguments):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo'): raise SystemExit(f'{event} {arguments}')\n"
        "sys.addaudithook(refuse)\n"
        "from gradcam_core.cli.main import main\n"
        "raise SystemExit(main(['check']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
