"""Every entrance lets waiting threads sleep before torch is imported, for the variable is read only then."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
POLICY = "OMP_WAIT_POLICY"

_WATCHED = """
import os, runpy, sys

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            print("policy at the import of torch:", os.environ.get("OMP_WAIT_POLICY"), flush=True)
            os._exit(0)

sys.meta_path.insert(0, Watch())
sys.argv = sys.argv[1:]
"""
_ENTRANCES = {
    "command line": (
        ["gradcam_core", "predict", "sample:meadow"],
        "runpy.run_module(sys.argv[0], run_name='__main__')",
    ),
    "training": (["gradcam_core.training", "--help"], "runpy.run_module(sys.argv[0], run_name='__main__')"),
    "page": (["app.py"], "runpy.run_path(sys.argv[0])\nimport torch"),  # the server imports torch at the first visit
}


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "start"), _ENTRANCES.values(), ids=_ENTRANCES)
@pytest.mark.parametrize("given", ["", "active"])
def test_an_entrance_sets_the_policy_before_torch_unless_somebody_has(
    arguments: list[str], start: str, given: str
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != POLICY}
    environment |= {"PYTHONPATH": str(ROOT)} | ({POLICY: given} if given else {})
    command = [sys.executable, "-c", _WATCHED + start, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == f"policy at the import of torch: {given or 'passive'}\n", done.stderr
