"""What does a map say, in one plain sentence? The same words on screen, on a terminal and in files."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from gradcam_core.cam import Cam, Prediction
from gradcam_core.methods import CamMethod, get_method
from gradcam_core.text import shortened

WEAK = 0.25
"""A map whose largest value is below this share of the strongest one's is called weak."""

SAME_FOR_ALL = "the same map for every class"
_CONCENTRATED = 0.5  # of the evidence, within half the width and half the height of the picture: else it is spread out
_LONGEST_LABEL = 60
_SPACE = "\N{NO-BREAK SPACE}"
_PLACES = (
    ("at the top left", "at the top", "at the top right"),
    ("on the left", "in the middle", "on the right"),
    ("at the bottom left", "at the bottom", "at the bottom right"),
)


def sentence(cam: Cam, *, among: Sequence[Prediction], strongest: float = 0.0) -> str:
    """What the network says, how sure it is, where the evidence is, and whether that is weak.

    Args:
        among: what the network predicts, the likeliest first: that is what it says.
        strongest: the largest value of the maps that it is compared with, as `comparison.strongest_value` gives it;
            0 where there are none, and then no map is called weak.
    """
    return f"{says(cam, among=among)} {_finding(cam, get_method(cam.key.method), strongest)}"


def cells_sentence(cam: Cam) -> str:
    """How far each cell looks from the square that its grid suggests, in image pixels, and where it is laid."""
    if cam.field.note:
        return cam.field.note
    if not get_method(cam.key.method).depends_on_layer:
        return "Each cell is a token of the network, drawn over its own patch of the image."
    (h, w), (left, top, right, bottom) = cam.shape, cam.geometry.window
    across = round(cam.field.shift[0] * (right - left) / w)
    down = round(cam.field.shift[1] * (bottom - top) / h)
    where = _beside(across, down)
    if not where:
        return f"At {cam.key.layer} each cell looks at the square that the grid suggests."
    if cam.geometry.shift == cam.field.shift:
        return f"At {cam.key.layer} each cell looks {where} the square that the grid suggests, and is drawn there."
    return f"At {cam.key.layer} each cell looks {where} the square that it is drawn over."


def says(cam: Cam, *, among: Sequence[Prediction]) -> str:
    """What the network says of the class, as in "It says cat (50 %)."."""
    label, sure = short_label(cam.prediction.label), rounded_percent(cam.prediction.probability)
    is_likeliest = bool(among) and among[0].class_index == cam.key.class_index
    return f"It says {label} ({sure})." if is_likeliest else f"It gives {label} {sure}."


def short_label(label: str) -> str:
    """A label as it stands in a sentence: at most 60 letters, none that controls the text round it."""
    return shortened(label, _LONGEST_LABEL)


def caption(cam: Cam, weights_sha256: str) -> str:
    """What is drawn, exactly: class, layer, method, model, weights."""
    prediction, method = cam.prediction, get_method(cam.key.method)
    label = f"{prediction.label}: class {prediction.class_index}, logit {number(prediction.logit, 2)}"
    layer = [f"layer {cam.key.layer}"] if method.depends_on_layer else []
    facts = ["sign by convention"] * bool(cam.sign_rule) + [SAME_FOR_ALL] * (not method.depends_on_class)
    titled = f"{cam.method_title} ({', '.join(facts)})" if facts else cam.method_title
    return " · ".join((label, *layer, titled, cam.model_title, f"weights {weights_sha256[:8]}"))


def made_by(cam: Cam) -> str:
    """The method and, where that matters, the layer, as in "Grad-CAM at layer layer4.1"."""
    return (
        f"{cam.method_title} at layer {cam.key.layer}"
        if get_method(cam.key.method).depends_on_layer
        else cam.method_title
    )


def no_class_sentence(cam: Cam, of: str = "") -> str:
    """That a map that is the same for every class is evidence for none; empty where it depends on the class.

    Args:
        of: what stands for the class, where the sentence is about the maps of several.
    """
    if get_method(cam.key.method).depends_on_class:
        return ""
    title, label = cam.method_title, of or short_label(cam.prediction.label)
    return f"{title} draws {SAME_FOR_ALL}: what it marks may matter to the network, and is not evidence for {label}."


def unfit_sentences(reasons: Mapping[str, str], model: str) -> list[str]:
    """That methods can't explain any layer of a model, and why: one for each reason.

    Args:
        reasons: by the method's title, as `CamMethod.unfit_because` gives them; none is empty.
        model: its title.
    """
    return [
        f"{_listed([title for title, one in reasons.items() if one == reason])} can't explain {model}: {reason}"
        for reason in dict.fromkeys(reasons.values())
    ]


def percent(probability: float) -> str:
    """A probability for people, as in "71.5 %"; rounding never makes it certain or impossible."""
    if not math.isfinite(probability):
        return "not a number"
    if 0 < probability < 0.0005:
        return f"< 0.1{_SPACE}%"
    if 0.9995 <= probability < 1:
        return f"> 99.9{_SPACE}%"
    return f"{probability * 100:.1f}{_SPACE}%"


def rounded_percent(probability: float) -> str:
    """A probability as it is spoken, as in "50 %"; near the ends as `percent`."""
    if 0.00995 <= probability < 0.9895:
        return f"{probability * 100:.0f}{_SPACE}%"
    return percent(probability).replace(".0", "")


def number(value: float, digits: int) -> str:
    """A number with so many decimals and a true minus sign; what rounds to 0 has none."""
    return f"{value:z.{digits}f}".replace("-", "\N{MINUS SIGN}")


def place(peak: tuple[int, int], size: tuple[int, int]) -> str:
    """Where a pixel lies, in thirds of the image."""
    column, row = (min(3 * at // side, 2) for at, side in zip(peak, size, strict=True))
    return _PLACES[row][column]


def _listed(names: Sequence[str]) -> str:
    """As in "A, B and C"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _beside(across: int, down: int) -> str:
    """As in "14 pixels above and left of"; empty for no pixel."""
    sides = [(abs(down), "above" if down < 0 else "below"), (abs(across), "left of" if across < 0 else "right of")]
    far = [(count, side) for count, side in sides if count]
    if not far:
        return ""
    (count, side), *others = far
    unit = "pixel" if count == 1 else "pixels"
    more = [f"and {other_side}" if other == count else f"and {other} {other_side}" for other, other_side in others]
    return " ".join([f"{count} {unit} {side}", *more])


def _finding(cam: Cam, method: CamMethod, strongest: float) -> str:
    if not cam.usable:
        return cam.note
    where = place(cam.peak, cam.geometry.image_size)
    if is_spread(cam):
        where = f"spread out, and strongest {where}"
    if is_weak(cam, strongest):
        where = f"weak, and {where}" if not where.startswith("spread") else f"weak, {where}"
    against = f"Set against {short_label(cam.versus.label)}, " if cam.versus else ""
    if not method.depends_on_class:
        return f"{cam.method_title} draws {SAME_FOR_ALL}: {method.phrase.peak} is {where}."
    found = f"{against}{method.phrase.peak} is {where}."
    return found[0].upper() + found[1:]


def is_weak(cam: Cam, strongest: float) -> bool:
    """Whether a map is much weaker than the strongest of those that it is compared with."""
    return bool(cam.usable and cam.maximum < WEAK * strongest)


def is_spread(cam: Cam) -> bool:
    """Whether less than half of the evidence lies round the peak, within half the width and half the height."""
    h, w = cam.shape
    evidence = np.where(cam.geometry.cells_seen(cam.shape), np.maximum(cam.values, 0), 0).astype(np.float64)
    row, column = np.unravel_index(np.argmax(evidence), (h, w))
    left, top, right, bottom = cam.geometry.window
    wide, high = (right - left) / cam.geometry.image_size[0], (bottom - top) / cam.geometry.image_size[1]
    beside = np.abs(np.arange(w) - column) / w * wide <= 0.25
    below = np.abs(np.arange(h) - row) / h * high <= 0.25
    return bool(evidence[np.ix_(below, beside)].sum() < _CONCENTRATED * evidence.sum())
