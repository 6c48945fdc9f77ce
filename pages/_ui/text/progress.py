"""What is said of long work, as text: how far it has come, how long it will take, and how it ended."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcam_core.resources.job import Job, Unit

_ROUGH = 5  # seconds: an estimate is no more exact than that


def job_words(job: Job[Any]) -> str:
    """How far a running job has come, and about how long it will still take."""
    if job.ahead is not None:
        return f"waiting for its turn{f', {job.ahead} ahead' if job.ahead else ''}"
    left = job.seconds_left
    words = progress_words(job.done, job.total, job.unit)
    return words if left is None else f"{words}, {time_left_words(left)}"


def progress_words(done: int, total: int, unit: Unit) -> str:
    """So many of so many, in the work's own unit."""
    if total:
        return f"{_count(done, unit)} of {_count(total, unit)} {unit.name}"
    return f"{_count(done, unit)} {unit.name} so far" if done else "starting"


def time_left_words(seconds: float) -> str:
    """An estimate in words, rounded up."""
    if seconds <= _ROUGH:
        return "a few seconds left"
    if seconds <= 90:
        return f"about {math.ceil(seconds / _ROUGH) * _ROUGH} s left"
    if seconds <= 90 * 60:
        return f"about {math.ceil(seconds / 60)} min left"
    return f"about {math.ceil(seconds / 3600)} h left"


def _count(number: int, unit: Unit) -> str:
    return f"{number:,}" if unit.size == 1 else f"{number / unit.size:,.1f}"
