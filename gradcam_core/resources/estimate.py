"""How much longer will it take? Judged by the latest steps of the work."""

from collections import deque
from itertools import pairwise

_APART = 0.25  # seconds between two samples: a download reports far more often
_KEPT = 40  # samples: about the last ten seconds of a download, the last 40 steps of slow work
_SHORTEST = 1.0  # seconds of work before there is an estimate
_SILENCE = 5.0  # seconds without a report, after which nothing is known, unless single steps take as long


class TimeEstimate:
    """What is left of work that reports how much of it is done; times are seconds of one clock."""

    def __init__(self, now: float) -> None:
        """The work begins."""
        self._samples = deque([(now, 0)], maxlen=_KEPT)

    def record(self, now: float, done: int) -> None:
        """So much is done now; less than before means that it began anew."""
        samples = self._samples
        if done == samples[-1][1]:
            return
        if done < samples[-1][1]:
            samples.clear()
        if len(samples) > 1 and now - samples[-2][0] < _APART:
            samples.pop()
        samples.append((now, done))

    def seconds_left(self, now: float, total: int) -> float | None:
        """None while too little is known: at the beginning, without a total, or when reports fail to come."""
        samples = list(self._samples)[1:]  # without the first step, which often loads what all others use
        if not samples:
            return None
        (begun, before), (last, done) = samples[0], samples[-1]
        if not total or done <= before or last - begun < _SHORTEST:
            return None
        longest = max(later[0] - earlier[0] for earlier, later in pairwise(samples))
        if now - last > max(_SILENCE, 3 * longest):
            return None
        pace = (last - begun) / (done - before)
        return max(0.0, pace * (total - done) - (now - last))
