"""Sample pictures: drawn things on a drawn ground, with the exact mask of every thing.

A scene is a function of its seed, and the same composition at any size: everything is placed in the unit
square before a pixel is drawn. Any thing may stand on any ground with equal chance. The things and the ground
come from separate random streams: the same things on another ground have the same masks.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from gradcam_core.errors import ImageError
from gradcam_core.scenes import animals, objects, plants
from gradcam_core.scenes.grounds import GROUND_PAINTERS, LOWEST_HORIZON, Ground
from gradcam_core.scenes.shapes import Drawing, Frame, bounds, moved, scaled, tilted

_PAINTERS: dict[str, Callable[[Generator], Drawing]] = {
    "cat": animals.cat,
    "dog": animals.dog,
    "fish": animals.fish,
    "bird": animals.bird,
    "butterfly": animals.butterfly,
    "tree": plants.tree,
    "flower": plants.flower,
    "mushroom": plants.mushroom,
    "car": objects.car,
    "boat": objects.boat,
    "house": objects.house,
    "balloon": objects.balloon,
}
THINGS: tuple[str, ...] = tuple(_PAINTERS)
GROUNDS: tuple[str, ...] = tuple(GROUND_PAINTERS)

_FLOATING = frozenset({"butterfly", "balloon", "fish"})  # may hang anywhere; the others stand on the ground
_SIDES = {1: (0.42, 0.74), 2: (0.36, 0.5), 3: (0.3, 0.4)}  # longer side of a thing, by how many there are
_FINE = 4  # everything is drawn this much larger and reduced: smooth edges
_MARGIN = 0.02
_FARTHEST, _NEAREST = LOWEST_HORIZON + 0.04, 0.96  # where a foot may be: on the ground, whichever it is
_OVERLAP = 0.1  # of the smaller frame; the things themselves cover each other less


@dataclass(frozen=True, eq=False)
class PlacedThing:
    """One thing of a scene.

    Attributes:
        label: one of `THINGS`.
        mask: (size, size) bool, its visible pixels: those of which it covers more than half.
        visible: the share of it that no nearer thing hides.
    """

    label: str
    mask: np.ndarray
    visible: float


@dataclass(frozen=True, eq=False)
class Scene:
    """A drawn picture: (size, size, 3) uint8 pixels, its things from far to near, and where it came from."""

    pixels: np.ndarray
    things: tuple[PlacedThing, ...]
    ground: str
    seed: int


def draw_scene(
    seed: int, *, size: int = 128, things: Sequence[str] | int | None = None, ground: str | None = None
) -> Scene:
    """Draw the scene of this seed.

    Args:
        seed: any whole number from zero; the same one gives the same pixels, and the same masks on any ground.
        size: side of the picture in pixels; it changes the resolution and nothing else.
        things: which things (one to three labels), or how many, or None to leave it to the seed.
        ground: one of `GROUNDS`, or None to leave it to the seed.

    Raises:
        ImageError: if there is no such thing or ground, or their number is not one to three.
    """
    for_things, for_ground = np.random.default_rng(seed).spawn(2)
    placed = _arrange(for_things, _choose_things(for_things, things))
    ground_name = _choose_ground(for_ground, ground)
    pixels, visible = _paint(GROUND_PAINTERS[ground_name](for_ground), placed, size)
    return Scene(pixels, visible, ground_name, seed)


@dataclass(frozen=True, eq=False)
class _Actor:
    """A thing placed in the unit square; `depth` is the height of its foot: what is lower is nearer."""

    label: str
    drawing: Drawing
    depth: float
    stands: bool


def _choose_things(rng: Generator, wanted: Sequence[str] | int | None) -> tuple[str, ...]:
    count, shuffled = int(rng.integers(1, 4)), rng.permutation(THINGS)  # always both: what follows is then the same
    if isinstance(wanted, str):
        wanted = (wanted,)
    if wanted is None or isinstance(wanted, int):
        wanted = [str(name) for name in shuffled[: count if wanted is None else wanted]]
    chosen = tuple(wanted)
    unknown = [name for name in chosen if name not in _PAINTERS]
    if unknown:
        raise ImageError(f"{unknown[0]!r} can't be drawn.", hint=f"Choose from {', '.join(THINGS)}.")
    if len(chosen) not in _SIDES:
        raise ImageError(f"A scene can't hold {len(chosen)} things.", hint="Ask for one, two or three.")
    return chosen


def _choose_ground(rng: Generator, wanted: str | None) -> str:
    chosen = GROUNDS[int(rng.integers(len(GROUNDS)))]
    if wanted is not None and wanted not in GROUNDS:
        raise ImageError(f"{wanted!r} is not a ground.", hint=f"Choose from {', '.join(GROUNDS)}.")
    return wanted or chosen


def _arrange(rng: Generator, labels: Sequence[str]) -> list[_Actor]:
    """Every thing in its place, from far to near, hardly overlapping: with every failed try a little smaller."""
    streams = rng.spawn(len(labels))  # one for each thing: what one is changes no other's pose
    posed = [(label, _pose(own, label, len(labels))) for own, label in zip(streams, labels, strict=True)]
    for attempt in itertools.count():
        actors = [_place(rng, label, scaled(drawing, *(0.996**attempt,) * 2)) for label, drawing in posed]
        frames = [bounds(actor.drawing) for actor in actors]
        if all(_overlap(a, b) < _OVERLAP for i, a in enumerate(frames) for b in frames[:i]):
            break
    return sorted(actors, key=lambda actor: actor.depth)


def _pose(rng: Generator, label: str, count: int) -> Drawing:
    """The thing drawn about its foot: flipped, stretched, leaning and sized by chance."""
    flip, (across, down) = rng.choice((-1, 1)), rng.uniform(0.9, 1.1, size=2)
    drawing = scaled(_PAINTERS[label](rng), flip * across, down)
    drawing = tilted(drawing, rng.normal(0, 10 if label in _FLOATING else 2))
    frame = bounds(drawing)
    longer = max(frame.right - frame.left, frame.bottom - frame.top)
    side = rng.uniform(*_SIDES[count]) / longer
    return scaled(moved(drawing, (-(frame.left + frame.right) / 2, -frame.bottom)), side, side)


def _place(rng: Generator, label: str, drawing: Drawing) -> _Actor:
    """The thing somewhere in the unit square, its foot on the ground unless it floats."""
    frame = bounds(drawing)
    stands = label not in _FLOATING
    highest = max(_MARGIN - frame.top, _FARTHEST if stands else 0)
    x, y = rng.uniform(_MARGIN - frame.left, 1 - _MARGIN - frame.right), rng.uniform(highest, _NEAREST)
    return _Actor(label, moved(drawing, (x, y)), depth=y, stands=stands)


def _overlap(one: Frame, other: Frame) -> float:
    """The common part of two frames as a share of the smaller one."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    smaller = min((right - left) * (bottom - top) for left, top, right, bottom in (one, other))
    return max(width, 0) * max(height, 0) / smaller


def _paint(stage: Ground, actors: list[_Actor], size: int) -> tuple[np.ndarray, tuple[PlacedThing, ...]]:
    """The pixels, and each thing with what is seen of it."""
    canvas = _paint_ground(stage, size)
    whole: list[np.ndarray] = []
    seen: list[np.ndarray] = []
    for actor in actors:
        if actor.stands:
            _cast_shadow(canvas, actor)
        whole.append(_paint_thing(canvas, actor))
        seen = [*(cover * (1 - whole[-1]) for cover in seen), whole[-1]]
    things = tuple(
        PlacedThing(actor.label, mask=cover > 0.5, visible=float(cover.sum() / full.sum()))
        for actor, cover, full in zip(actors, seen, whole, strict=True)
    )
    return np.clip(canvas + 0.5, 0, 255).astype(np.uint8), things


def _paint_ground(stage: Ground, size: int) -> np.ndarray:
    """(size, size, 3) float32: the sky from its upper to its lower colour, and the ground before it."""
    side = size * _FINE
    share = np.clip((np.arange(side) + 0.5) / side / stage.horizon, 0, 1)[:, None]
    column = (1 - share) * stage.sky[0] + share * stage.sky[1]  # (side, 3)
    picture = Image.fromarray(column[:, None].round().astype(np.uint8)).resize((side, side), Image.Resampling.NEAREST)
    _fill(ImageDraw.Draw(picture), stage.drawing, scale=side)
    return np.asarray(picture.reduce(_FINE)).astype(np.float32)


def _cast_shadow(canvas: np.ndarray, actor: _Actor) -> None:
    """Darken the ground under a thing, softly."""
    left, _, right, bottom = bounds(actor.drawing)
    size = len(canvas)
    at = (np.arange(size) + 0.5) / size
    across, down = (at - (left + right) / 2) / (0.34 * (right - left)), (at - bottom + 0.004) / 0.022
    canvas *= (1 - 0.38 * np.exp(-(across[None, :] ** 4) - down[:, None] ** 2))[..., None]


def _paint_thing(canvas: np.ndarray, actor: _Actor) -> np.ndarray:
    """Paint a thing over the canvas; returns the share that it covers of every pixel, (size, size) float32."""
    size = len(canvas)
    left, top, right, bottom = _pixel_frame(bounds(actor.drawing), size)
    layer = Image.new("RGBA", ((right - left) * _FINE, (bottom - top) * _FINE))
    _fill(ImageDraw.Draw(layer), actor.drawing, scale=size * _FINE, corner=(left * _FINE, top * _FINE))
    small = layer.reduce(_FINE)
    pixels = np.asarray(small).astype(np.float32)  # (h, w, 4)
    share = pixels[..., 3] / 255
    color = pixels[..., :3] * (1 + _relief(small.getchannel("A"), size))[..., None]
    region = canvas[top:bottom, left:right]
    region += (color - region) * share[..., None]
    cover = np.zeros((size, size), dtype=np.float32)
    cover[top:bottom, left:right] = share
    return cover


def _relief(alpha: Image.Image, size: int) -> np.ndarray:
    """How much lighter a thing is where its rim faces the upper left, and darker where it faces away."""
    reach = 0.02 * size
    border = math.ceil(3 * reach)
    padded = ImageOps.expand(alpha, border=border)
    soft = np.asarray(padded.filter(ImageFilter.GaussianBlur(reach))).astype(np.float32) / 255
    slope = np.gradient(soft, axis=0) + np.gradient(soft, axis=1)
    return np.asarray(0.3 * reach * slope[border:-border, border:-border])


def _pixel_frame(frame: Frame, size: int) -> tuple[int, int, int, int]:
    """The whole pixels that hold the frame, within the picture."""
    left, top = (max(math.floor(value * size) - 1, 0) for value in frame[:2])
    right, bottom = (min(math.ceil(value * size) + 1, size) for value in frame[2:])
    return left, top, right, bottom


def _fill(draw: ImageDraw.ImageDraw, drawing: Drawing, *, scale: int, corner: tuple[int, int] = (0, 0)) -> None:
    """Fill every outline; the unit square is `scale` pixels wide and `corner` is the layer's own origin."""
    for patch in drawing:
        draw.polygon((patch.outline * scale - corner).ravel().tolist(), fill=patch.color)
