"""How sure is a share that was counted? Wilson 1927, JASA 22: the score interval."""

import math

_Z = 1.959964  # 95 %


def interval(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share, 0 to 1; (0, 1) where nothing was counted."""
    if not count:
        return 0.0, 1.0
    share, widening = hits / count, _Z**2 / count
    middle = (share + widening / 2) / (1 + widening)
    half = _Z / (1 + widening) * math.sqrt(share * (1 - share) / count + widening / (4 * count))
    return max(0.0, middle - half), min(1.0, middle + half)


def may_be_at_least(limit: float, hits: int, count: int) -> bool:
    """Whether the share may be this large or larger: the interval does not lie below the limit."""
    return interval(hits, count)[1] >= limit


def may_be_at_most(limit: float, hits: int, count: int) -> bool:
    """Whether the share may be this small or smaller: the interval does not lie above the limit."""
    return interval(hits, count)[0] <= limit
