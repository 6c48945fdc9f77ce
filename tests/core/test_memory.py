"""How much memory is there, and what happens when it is short?"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from gradcam_core.errors import ResourceError
from gradcam_core.resources.cores import core_count, share_cores, slot_count
from gradcam_core.resources.memory import Memory, enough_memory, ensure_memory, give_back, is_out_of_memory, memory

ROOT = Path(__file__).resolve().parents[2]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


@pytest.fixture(autouse=True)
def _no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The container's own limit counts here."""
    monkeypatch.delenv("HEATPROOF_MAX_MEMORY_BYTES", raising=False)


def group(folder: Path, **files: str) -> Path:
    """A folder as the system tells of a container; __ in a name is a folder, _dot_ a dot."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n", encoding="ascii")
    return folder


def test_a_containers_limit_is_read_and_what_the_system_can_reclaim_is_not_counted(tmp_path: Path) -> None:
    told = group(
        tmp_path,
        memory_dot_max="2000000000",
        memory_dot_current="1700000000",
        memory_dot_stat="anon 1\ninactive_file 100000000\nactive_file 200000000\nfile 5",
    )
    assert memory(group=told) == Memory(1_400_000_000, 2_000_000_000)
    assert not memory(group=told).is_short
    (tmp_path / "memory.stat").write_text("inactive_file 0\n", encoding="ascii")
    assert memory(group=told).is_short


def test_the_first_kind_of_container_is_read_too(tmp_path: Path) -> None:
    told = group(
        tmp_path,
        memory__memory_dot_limit_in_bytes="1000",
        memory__memory_dot_usage_in_bytes="900",
        memory__memory_dot_stat="total_inactive_file 50",
    )
    assert memory(group=told) == Memory(850, 1000)


@pytest.mark.parametrize("limit", ["max", "9223372036854771712", "0", ""])
def test_a_container_without_a_limit_has_none(tmp_path: Path, limit: str) -> None:
    told = group(
        tmp_path,
        memory_dot_max=limit,
        memory_dot_current="900",
        memory__memory_dot_limit_in_bytes=limit,
        memory__memory_dot_usage_in_bytes="900",
    )
    assert memory(group=told).limit == 0
    assert not memory(group=told).is_short


def test_where_the_system_tells_nothing_nothing_is_refused(tmp_path: Path) -> None:
    assert memory(group=tmp_path, process=tmp_path / "absent") == Memory(0, 0)


@on_linux
def test_over_four_fifths_of_the_setting_new_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    give_back()  # what earlier tests have left would go meanwhile
    used = memory().used
    assert used > 10_000_000
    monkeypatch.setenv("HEATPROOF_MAX_MEMORY_BYTES", str(2 * used))
    ensure_memory()
    relieved: list[str] = []
    monkeypatch.setenv("HEATPROOF_MAX_MEMORY_BYTES", str(used))
    with pytest.raises(ResourceError, match="short of memory") as refusal:
        ensure_memory(lambda: relieved.append("once"))
    assert refusal.value.hint
    assert relieved == ["once"]


@on_linux
def test_what_can_be_made_again_is_let_go_before_anything_is_refused() -> None:
    code = """
import os, numpy as np
from gradcam_core.resources.memory import ensure_memory, memory
kept = [np.ones(25_000_000)]  # 200 MB
os.environ["HEATPROOF_MAX_MEMORY_BYTES"] = str(memory().used)
ensure_memory(kept.clear)
print(len(kept))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"


def test_memory_can_be_given_back_anywhere() -> None:
    give_back()


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu_dot_max": "100000 100000"}, 1),
        ({"cpu_dot_max": "10000 100000"}, 1),
        ({"cpu_dot_max": "max 100000"}, None),
        ({"cpu_dot_max": "nonsense"}, None),
        ({"cpu__cpu_dot_cfs_quota_us": "100000", "cpu__cpu_dot_cfs_period_us": "100000"}, 1),
        ({"cpu__cpu_dot_cfs_quota_us": "-1", "cpu__cpu_dot_cfs_period_us": "100000"}, None),
        ({}, None),
    ],
)
def test_a_containers_share_of_time_counts_as_cores(tmp_path: Path, files: dict[str, str], cores: int | None) -> None:
    free = core_count(group=tmp_path / "absent")
    assert core_count(group=group(tmp_path, **files)) == (free if cores is None else cores)


def test_every_computation_has_its_share_of_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from threadpoolctl import threadpool_info

    np.linalg.svd(np.eye(3))
    assert slot_count() == core_count()
    try:
        monkeypatch.setenv("HEATPROOF_SLOTS", "1")
        assert slot_count() == 1
        assert share_cores() == core_count() == torch.get_num_threads()
    finally:
        monkeypatch.delenv("HEATPROOF_SLOTS")
        assert share_cores() == torch.get_num_threads() == 1
    assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} <= {1}


def test_memory_that_ran_out_is_told_from_other_errors() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60)
    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_what_is_no_lack_of_memory_stays_loud() -> None:
    with pytest.raises(RuntimeError, match="cannot be multiplied"), enough_memory("Too little.", hint="Wait."):
        torch.zeros(2, 3) @ torch.zeros(2, 3)
