"""How are the cores shared between computations that run at the same time?

Left alone, every computation starts a thread for each core, in torch and once more in numpy, and they fight: eight at
once took ten times as long. The number of threads also decides the last bits of a sum, so it is the same for the
page, busy or idle, and for the command line.
"""

import os
from pathlib import Path

from gradcam_core.config import settings


def slot_count() -> int:
    """How many computations run at the same time: the setting, or as many as there are cores."""
    return settings().slots or core_count()


def core_count(*, group: Path = Path("/sys/fs/cgroup")) -> int:
    """The cores that this process may use; a container may have a share of time instead of cores of its own.

    Args:
        group: where the system tells of the container.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, round(_share_of_time(group) or cores)))


def _share_of_time(group: Path) -> float:
    """In cores; 0 where there is no limit."""
    for files in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        try:
            quota, period = " ".join((group / name).read_text(encoding="ascii") for name in files).split()
            return max(0.0, int(quota) / int(period))  # "max" or -1 is none
        except (OSError, ValueError, ZeroDivisionError):
            continue
    return 0.0


def share_cores() -> int:
    """Let every computation of this process have its share of the threads from now on, and say how many that is."""
    import torch
    from threadpoolctl import threadpool_limits

    share = max(1, core_count() // slot_count())
    torch.set_num_threads(share)
    threadpool_limits(share, user_api="blas")
    return share
