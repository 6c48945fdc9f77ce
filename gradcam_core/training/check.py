"""How good is a network at drawn scenes that it was never trained on?"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from gradcam_core.scenes.scene import THINGS, Scene, draw_scene
from gradcam_core.tinynet import TinyNet
from gradcam_core.training.fit import FIRST_CHECKING_SEED, normalised

ClassMap = Callable[[Any, Tensor, int], Tensor]  # of a network, one image (1, 3, 128, 128), a class: Grad-CAM, (h, w)


class Check(NamedTuple):
    """How good a network is: shares from 0 to 1.

    Attributes:
        accuracy: one-thing scenes whose highest score is that thing's.
        pointing: things of two-thing scenes inside whose mask the maximum of their Grad-CAM lies.
        chance: the same for a point thrown blindly: the mean share of the picture that a thing covers.
    """

    accuracy: float
    pointing: float
    chance: float


def tinynet_map(network: TinyNet, image: Tensor, class_index: int) -> Tensor:
    """Behind the last block come a mean and one linear layer: there Grad-CAM is the maps weighted by the head."""
    with torch.no_grad():
        maps = network.blocks(image)[0]  # (128, 16, 16)
        return torch.einsum("c,chw->hw", network.head.weight[class_index], maps)


def check_network(
    network: nn.Module,
    *,
    scenes: tuple[int, int],
    first_seed: int = FIRST_CHECKING_SEED,
    class_map: ClassMap = tinynet_map,
) -> Check:
    """Judge a network on so many one-thing scenes and so many two-thing scenes, all held out."""
    singles = [draw_scene(first_seed + i, things=1) for i in range(scenes[0])]
    pairs = [draw_scene(first_seed + scenes[0] + i, things=2) for i in range(scenes[1])]
    right = [THINGS[_logits(network, scene).argmax()] == scene.things[0].label for scene in singles]
    hits = [hit for scene in pairs for hit in _hits(network, scene, class_map)]
    covered = [thing.mask.mean() for scene in pairs for thing in scene.things]
    return Check(float(np.mean(right)), float(np.mean(hits)), float(np.mean(covered)))


def _logits(network: nn.Module, scene: Scene) -> np.ndarray:
    with torch.no_grad():
        logits = network(normalised(torch.from_numpy(scene.pixels)[None]))[0]
    return np.asarray(logits)


def _hits(network: nn.Module, scene: Scene, class_map: ClassMap) -> list[bool]:
    """For each thing: does the maximum of its map, laid over the picture, lie on it?"""
    image = normalised(torch.from_numpy(scene.pixels)[None])
    hits = []
    for thing in scene.things:
        cam = class_map(network, image, THINGS.index(thing.label))[None, None]
        large = nn.functional.interpolate(cam, size=scene.pixels.shape[:2], mode="bilinear")
        hits.append(bool(thing.mask.flat[int(large.argmax())]))
    return hits
