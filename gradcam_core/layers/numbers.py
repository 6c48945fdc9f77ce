"""What do a network's numbers tell of its layers, where their shapes do not suffice?

The network is asked with noise. One on the meta device has no numbers: a copy with random weights is asked in its
place, for which cells reach the output, and which way a map lies, does not depend on the weights.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from gradcam_core.hooks import attach, recording
from gradcam_core.layers.calls import Call
from gradcam_core.layers.copies import with_random_values
from gradcam_core.layers.layouts import Layout

FEW, MANY = 48, 192  # layers from the end of a network whose gradient is asked for


@dataclass(frozen=True, eq=False)
class Numbers:
    """A network that can be asked: (1, channels, height, width) of noise goes in."""

    module: nn.Module
    image: Tensor

    def settled(self, calls: Sequence[Call]) -> list[Call]:
        """These calls with one layout each: of two that fit, the one whose cells change where the image does.

        Two forward passes, which few networks need.
        """
        names = [call.name for call in calls if len(call.layouts) > 1]
        if not names:
            return list(calls)
        before, after = self._outputs(self.image, names), self._outputs(self._with_other_left(), names)
        changes = {name: (after[name] - before[name]).abs() for name in before}
        return [replace(call, layouts=_by_movement(call, changes.get(call.name))) for call in calls]

    def reached(self, calls: Sequence[Call], most: int = FEW) -> set[str]:
        """The layers on whose cells, not only on tokens before them, the outputs depend: their gradient is not 0.

        What comes before a layer that is reached is reached as well, so only the last ones are looked at, in one
        forward pass whose graph starts there.

        Args:
            most: so many.

        Returns:
            Their names; none where none of those looked at is reached.
        """
        earlier, tail = calls[:-most], calls[-most:]
        gradients = self._gradients([call.name for call in tail])
        found = {call.name for call in tail if _is_alive(call.layout, gradients.get(call.name))}
        return found | {call.name for call in earlier} if found else found

    def _with_other_left(self) -> Tensor:
        half = self.image.shape[-1] // 2
        other = self.image.clone()
        other[..., :half] = self.image.flip(-2, -1)[..., :half]
        return other

    def _outputs(self, image: Tensor, names: Collection[str]) -> dict[str, Tensor]:
        with torch.no_grad():
            return {name: output.detach() for name, output in self._recorded(image, names)[0].items()}

    def _gradients(self, names: Collection[str]) -> Mapping[str, Tensor | None]:
        """Of a mixture of all outputs, with respect to these layers' outputs."""
        with torch.enable_grad():
            recorded, outputs = self._recorded(self.image, names)
            if not outputs.requires_grad:
                return {}
            signs = 1.0 - 2.0 * (torch.arange(outputs.shape[1], device=outputs.device) % 2)
            found = torch.autograd.grad(outputs[0] @ signs, list(recorded.values()), allow_unused=True)
        return dict(zip(recorded, found, strict=True))

    def _recorded(self, image: Tensor, names: Collection[str]) -> tuple[dict[str, Tensor], Tensor]:
        handles = attach(self.module, names)
        try:
            with torch.device(image.device), recording(names) as record:  # the caller may be within that of another
                outputs = self.module(image.clone())
        finally:
            for handle in handles:
                handle.remove()
        return {name: output for name, output in record.items() if output is not None}, outputs


def numbers_of(module: nn.Module, input_tensor: Tensor) -> Numbers:
    """The network itself; without values, a copy with random weights."""
    return stand_in(module, input_tensor) if input_tensor.is_meta else Numbers(module, input_tensor.detach())


def stand_in(module: nn.Module, input_tensor: Tensor) -> Numbers:
    """A copy of the network with random weights, and noise of this shape."""
    with torch.device("cpu"):
        noise = torch.randn(tuple(input_tensor.shape), generator=torch.Generator().manual_seed(0))
        return Numbers(with_random_values(module).eval(), noise)


def _is_alive(layout: Layout, gradient: Tensor | None) -> bool:
    return gradient is not None and bool((layout.maps(gradient) != 0).any())


def _by_movement(call: Call, change: Tensor | None) -> tuple[Layout, ...]:
    """The layout in which more of the change lies on the left comes first; it alone stays."""
    if change is None or len(call.layouts) < 2:
        return call.layouts[:1]
    return (max(call.layouts, key=lambda layout: _share_on_the_left(layout.maps(change))),)


def _share_on_the_left(change: Tensor) -> float:
    """How much of a change, (1, channels, h, w), lies in the left half: 0 to 1."""
    columns = change.double().sum((0, 1, 2))
    half = len(columns) // 2
    left, right = float(columns[:half].sum()), float(columns[-half:].sum())
    return left / (left + right) if left + right > 0 else 0.0
