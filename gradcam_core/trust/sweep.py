"""One set of hidden parts for every map of an image: what the network says of each.

A sweep belongs to one image, model, preprocessing and seed, whatever the class, the layer and the method. It is a
value: what it keeps are logits, the picture and the edges in it, about 1 MB for 224 pixels and 1,000 classes.
"""

from dataclasses import dataclass

import numpy as np

from gradcam_core.metrics.agreement import heat_shares
from gradcam_core.metrics.baselines import edge_map
from gradcam_core.metrics.fills import FILLS, filled, with_hidden
from gradcam_core.metrics.log_odds import log_odds
from gradcam_core.metrics.parts import PARTS, Parts
from gradcam_core.metrics.region import Region
from gradcam_core.scoring.protocol import ScoreFunction

SMALLEST_SIDE = 8  # pixels of the region: in less, parts and blur are a pixel or two wide
PICTURES_OF_A_SWEEP = 1 + len(FILLS) * PARTS  # none but the whole one where there is no room for parts
_AT_ONCE = 32  # pictures that are made before the network is asked


@dataclass(frozen=True, eq=False)
class Sweep:
    """What the network says of an image while parts of it are hidden. Arrays are read-only.

    Attributes:
        picture: (3, h, w) float32, the model's input.
        region: where the image lies in it.
        activation: what the logits mean: softmax, sigmoid or binary.
        logits: (classes,) of the whole image.
        hidden_logits: (fills, parts, classes), in the order of `FILLS`; no parts where the region is too small for
            them.
        edges: (height, width) float32 of the region, as `edge_map` gives them.
        edge_shares: (parts,), the share of them that each part hides.
    """

    picture: np.ndarray
    region: Region
    activation: str
    parts: Parts
    logits: np.ndarray
    hidden_logits: np.ndarray
    edges: np.ndarray
    edge_shares: np.ndarray

    @property
    def classes(self) -> int:
        """How many the network knows."""
        return len(self.logits)

    @property
    def nbytes(self) -> int:
        """What it takes in the memory."""
        return sum(
            each.nbytes for each in (self.picture, self.logits, self.hidden_logits, self.edges, self.edge_shares)
        )

    @property
    def is_large_enough(self) -> bool:
        """Whether the image is, in the model's input, for parts to be hidden in it."""
        return has_room(self.region)

    def log_odds(self, class_index: int) -> float:
        """Of the whole image; NaN or infinite where the network's numbers are not finite."""
        return float(log_odds(self.logits, class_index, self.activation))

    def hidden_log_odds(self, class_index: int) -> np.ndarray:
        """(fills, parts) float64."""
        return log_odds(self.hidden_logits, class_index, self.activation)

    def drops(self, class_index: int) -> np.ndarray:
        """(fills, parts) float64: what hiding each part costs, in log-odds."""
        with np.errstate(invalid="ignore"):  # of what is not finite; `silent_because` says it
            return np.asarray(self.log_odds(class_index) - self.hidden_log_odds(class_index))

    @property
    def silent_because(self) -> str:
        """Why it says nothing of any map, in one sentence; empty if it does."""
        if not self.is_large_enough:
            return "The picture is too small for parts to be hidden in it."
        if self.classes < 2:
            return "There is only one class: hiding costs it nothing."
        is_finite = np.isfinite(self.logits).all() and np.isfinite(self.hidden_logits).all()
        return "" if is_finite else "The network's numbers are not finite here."


def sweep(
    score: ScoreFunction, picture: np.ndarray, region: Region | None = None, *, activation: str, seed: int = 0
) -> Sweep:
    """Hide 64 parts of an image under two fills and ask the network each time: 129 pictures with the whole one.

    Args:
        score: may tell how far it is and raise `Cancelled`; what it raises passes through.
        picture: (3, h, w) or (1, 3, h, w) floating point, normalised.
        region: where the image lies in it; all of it if not given.
        activation: what the logits mean: softmax, sigmoid or binary.
        seed: of the parts.

    Raises:
        ValueError: if the picture has another shape.
    """
    picture = _one_picture(picture)
    region = region or Region(0, 0, *picture.shape[1:])
    parts, edges = Parts(region.shape, seed), edge_map(picture, region)
    masks = parts.masks() if has_room(region) else np.empty((0, *region.shape), dtype=bool)
    logits = np.asarray(score(picture[None]), dtype=np.float32)[0]
    hidden = _hidden_logits(score, picture, region, masks)
    edge_shares = heat_shares(edges[None], masks.astype(np.float32), np.ones(edges.shape))[0]
    for array in (picture, logits, hidden, edges, edge_shares):
        array.setflags(write=False)
    return Sweep(picture, region, activation, parts, logits, hidden, edges, edge_shares)


def has_room(region: Region) -> bool:
    """Whether parts can be hidden in it."""
    return min(region.shape) >= SMALLEST_SIDE


def _hidden_logits(score: ScoreFunction, picture: np.ndarray, region: Region, masks: np.ndarray) -> np.ndarray:
    """(fills, parts, classes) float32."""
    fills = filled(picture, region)
    return np.stack([hidden_scores(score, picture, region, masks, fills[name]) for name in FILLS])


def hidden_scores(
    score: ScoreFunction, picture: np.ndarray, region: Region, masks: np.ndarray, fill: np.ndarray
) -> np.ndarray:
    """(n, classes): the logits with each mask hidden; arguments as of `with_hidden`."""
    starts = range(0, max(len(masks), 1), _AT_ONCE)  # no masks are one call, which tells how many classes there are
    made = (with_hidden(picture, region, masks[start : start + _AT_ONCE], fill) for start in starts)
    return np.concatenate([np.asarray(score(pictures), dtype=np.float32) for pictures in made])


def _one_picture(picture: np.ndarray) -> np.ndarray:
    """(3, h, w) float32, a copy."""
    picture = np.array(picture, dtype=np.float32, order="C")
    picture = picture[0] if picture.ndim == 4 and len(picture) == 1 else picture
    if picture.ndim != 3 or len(picture) != 3 or picture.size == 0:
        raise ValueError(f"A sweep takes one picture, (3, height, width), not {picture.shape}.")
    return picture
