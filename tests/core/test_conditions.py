"""Each way in which a map is blank or misleads has one sentence and one remedy: one made network for each."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gradcam_core.engine import Explainer
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models import LoadedModel
from gradcam_core.samples import load_sample
from gradcam_core.trust.conditions import conditions, sticks_to_border
from tests.core.made_maps import made_cam, made_image
from tests.core.transformers import SIDE, small_vit
from tests.support import loaded


class _Made(nn.Module):
    """One layer, and a head that gives its map one condition."""

    def __init__(self, head: Callable[[Tensor], Tensor], *, bias: float, weight: float, kernel: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, kernel, padding=kernel // 2)
        nn.init.constant_(self.conv.weight, weight)
        nn.init.constant_(self.conv.bias, bias)  # type: ignore[arg-type]
        self.head = head

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.conv(images))


def _one_class(scores: Tensor) -> Tensor:
    """(n, 2), of which the second does not depend on the image."""
    return torch.stack([scores, 0 * scores.detach()], dim=1)


NETWORKS = {
    "zero": lambda: _Made(lambda a: (a - 100).relu().mean((2, 3)), bias=0, weight=1),
    "flat": lambda: _Made(lambda a: a.mean((2, 3)), bias=1, weight=0),
    "negative": lambda: _Made(lambda a: -a.pow(2).mean((2, 3)), bias=0, weight=1),
    "not finite": lambda: _Made(lambda a: a.sub(a).sqrt().mean((2, 3)), bias=0, weight=1),
    "saturated": lambda: _Made(lambda a: _one_class(50 + a[:, 0].pow(2).mean((1, 2))), bias=0, weight=1),
}


class _Padded(nn.Module):
    """It makes nothing of the image and everything of the zeros that its layer adds round it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3, padding=1)
        nn.init.constant_(self.conv.weight, -1 / 27)
        nn.init.constant_(self.conv.bias, 1)  # type: ignore[arg-type]

    def forward(self, images: Tensor) -> Tensor:
        activation = self.conv(torch.ones_like(images) + 0 * images).relu()
        return torch.stack([activation[:, 0].mean((1, 2)), -activation[:, 1].mean((1, 2))], dim=1)


@pytest.mark.parametrize("slug", [*NETWORKS, "border-stuck"])
def test_each_condition_is_found_and_has_a_sentence_and_a_remedy(
    slug: str, make_image: Callable[..., LoadedImage]
) -> None:
    module = _Padded() if slug == "border-stuck" else NETWORKS[slug]()
    cam = Explainer(loaded(module, side=16)).forward(make_image()).cam(0, "hirescam")
    (found,) = conditions(cam)
    assert found.slug == slug
    assert found.sentence.endswith(".")
    assert found.remedy.endswith(".")


def test_what_cancels_before_a_normalisation_is_no_fault_of_the_weights(make_image: Callable[..., LoadedImage]) -> None:
    explainer = Explainer(loaded(small_vit(), side=SIDE), "encoder.layers.encoder_layer_1")
    cam = explainer.forward(make_image()).cam(1, "hirescam")
    (found,) = conditions(cam)
    assert (found.slug, found.sentence) == ("cancels", cam.note)
    assert "normalisation" in found.remedy


def test_a_map_on_the_things_of_a_scene_has_none(tinynet: LoadedModel) -> None:
    forward = Explainer(tinynet).forward(load_sample("meadow"))
    assert conditions(forward.cam(forward.top(1)[0].class_index)) == ()


WHERE = {
    "top": (slice(0, 1), slice(7)),
    "bottom": (slice(6, 7), slice(7)),
    "left": (slice(7), slice(0, 1)),
    "right": (slice(7), slice(6, 7)),
    "corner": (slice(0, 2), slice(0, 2)),
    "all within": (slice(1, 6), slice(1, 6)),
}


@pytest.mark.parametrize("side", WHERE)
def test_a_thing_at_one_side_of_the_image_is_no_fault(side: str) -> None:
    values = np.zeros((7, 7))
    rows, columns = WHERE[side]
    values[rows, columns] = 1
    assert not sticks_to_border(made_cam(values, made_image(70, 70)))
    values[:] = 0
    values[0], values[-1] = 1, 1
    assert sticks_to_border(made_cam(values, made_image(70, 70)))
