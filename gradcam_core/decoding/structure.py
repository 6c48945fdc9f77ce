"""Does a decoder get through a file? Told from its outline, before the decoder starts.

A decoder runs in a thread, where nothing can stop it. Every limit here is far above what programs write, and below
what takes more than seconds, or hundreds of megabytes, in a file of 10 MB.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from PIL import Image

from gradcam_core.config import Settings
from gradcam_core.decoding import avif, gif, jpeg, png, tiff
from gradcam_core.decoding.refusals import too_large
from gradcam_core.errors import ImageError

MOST_FRAMES = 100
"""So far are frames counted; `frames_in` gives one more where there are more."""


@dataclass(frozen=True)
class Format:
    """What is known of one kind of file before it is decoded.

    Attributes:
        check: refuses bytes that would hold the decoder, with an ImageError; None where no such bytes are known.
        frames: one item for each frame or page; None where the decoder tells their number at once.
        most_megapixels: what the decoder of this kind may be given, if that is less than the setting.
    """

    check: Callable[[bytes, Settings], None] | None = None
    frames: Callable[[bytes], Iterator[int]] | None = None
    most_megapixels: float = math.inf


_RUNS = "run-length BMP"

FORMATS = {
    "PNG": Format(png.check),
    "JPEG": Format(jpeg.check),
    "WEBP": Format(most_megapixels=30.0),  # 17 bytes a pixel
    "GIF": Format(gif.check, gif.frames),
    "BMP": Format(),
    _RUNS: Format(most_megapixels=10.0),  # 0.2 µs a pixel, in Python
    "TIFF": Format(tiff.check, tiff.frames),
    "AVIF": Format(avif.check, most_megapixels=avif.MOST_MEGAPIXELS),
}
"""By the names of `signatures.ACCEPTED`."""


def check_structure(data: bytes, kind: str, limits: Settings) -> None:
    """Refuse a file that would hold the decoder of its kind.

    Raises:
        ImageError: if it would.
    """
    check = FORMATS[kind].check
    if check is not None:
        check(data, limits)


def check_shape(picture: Image.Image, limits: Settings) -> None:
    """Refuse pictures with too many pixels for the decoder of their kind, and too thin ones; call it before `load`.

    Raises:
        ImageError: if it is one.
    """
    has_runs = picture.format == "BMP" and picture.info.get("compression") in {1, 2}
    kind = _RUNS if has_runs else picture.format or ""
    own = FORMATS.get(kind, Format()).most_megapixels  # a JPEG with further frames is called MPO by Pillow
    (width, height), most = picture.size, min(limits.max_megapixels, own)
    if width * height > most * 1e6:
        raise too_large(most, f"This {kind}" if most < limits.max_megapixels else "The picture")
    if max(width, height) > limits.max_aspect * min(width, height):
        raise ImageError(
            f"The picture is too thin: {width} x {height} pixels.",
            hint=f"One side may be at most {limits.max_aspect:g} times as long as the other; crop it.",
        )


def frames_in(data: bytes, kind: str) -> int | None:
    """How many frames or pages there are, at most `MOST_FRAMES + 1`; None for a kind whose decoder tells it at once."""
    frames = FORMATS[kind].frames
    return None if frames is None else sum(1 for _ in islice(frames(data), MOST_FRAMES + 1))
