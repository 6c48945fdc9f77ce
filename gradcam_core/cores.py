"""How are the cores shared between computations that run at the same time?

Left alone, every computation starts a thread for each core, in torch and once more in numpy, and they fight: eight at
once took ten times as long. The number of threads also decides the last bits of a sum, so it is the same for the
page, busy or idle, and for the command line.
"""

import os

from gradcam_core.config import settings


def slot_count() -> int:
    """How many computations run at the same time: the setting, or as many as there are cores."""
    return settings().slots or core_count()


def core_count() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def share_cores() -> int:
    """Let every computation of this process have its share of the threads from now on, and say how many that is."""
    import torch
    from threadpoolctl import threadpool_limits

    share = max(1, core_count() // slot_count())
    torch.set_num_threads(share)
    threadpool_limits(share, user_api="blas")
    return share
