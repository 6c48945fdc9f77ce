"""What is a CAM method? A sentence, a paper, and a pure function of what one layer recorded."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Weigh = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""activation (channels, h, w), gradient of the class's score there, same shape → raw CAM (h, w)."""


@dataclass(frozen=True)
class CamMethod:
    """One way of turning an activation and a gradient into a map.

    Attributes:
        slug: its name in links, on the command line and in results.
        sentence: what it does, in one line, for someone who chooses.
        paper: author, year and where; "grad-cam library" where there is none.
        depends_on_class: whether two classes can get different maps.
        needs_gradient: whether it reads the gradient at all.
        weigh: the method itself; float32 in and out, raw and signed.
    """

    slug: str
    title: str
    sentence: str
    paper: str
    weigh: Weigh
    depends_on_class: bool = True
    needs_gradient: bool = True
