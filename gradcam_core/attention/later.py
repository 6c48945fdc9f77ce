"""What is recorded of an image's attention, and not before a method asks for it."""

import threading
from dataclasses import dataclass, field

from torch import Tensor

from gradcam_core.attention.lens import ReadOff, read_off
from gradcam_core.attention.passes import AttentionPass, attend
from gradcam_core.models import LoadedModel


@dataclass(eq=False)
class LaterAttention:
    """The attention of one image with gradients: each part is recorded when it is first asked for, and kept.

    Each then pins the graph above the first block: 165 MB for ViT-B/16 at 224 px.

    Attributes:
        input_tensor: (1, 3, height, width), normalised.
        forwards: how many forward passes were made so far.
    """

    model: LoadedModel
    input_tensor: Tensor
    forwards: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _recorded: AttentionPass | None = field(default=None, init=False)
    _read_off: ReadOff | None = field(default=None, init=False)

    def recorded(self) -> AttentionPass:
        """One forward pass; ResourceError if the memory does not suffice."""
        with self._lock:
            if self._recorded is None:
                self._recorded = attend(self.model, self.input_tensor, gradients=True)
                self.forwards += 1
            return self._recorded

    def read_off(self) -> ReadOff:
        """Two forward passes, one where the attention was recorded; ResourceError if the memory does not suffice."""
        with self._lock:
            if self._read_off is None:
                known = self._recorded
                self._read_off = read_off(self.model, self.input_tensor, attention=known, gradients=True)
                self.forwards += 1 if known else 2
            return self._read_off
