"""Which frame of an animation is shown? The first, or the first that shows something where that one is empty."""

import io

from PIL import Image

from gradcam_core.config import Settings
from gradcam_core.decoding.signatures import ACCEPTED
from gradcam_core.decoding.structure import MOST_FRAMES
from gradcam_core.decoding.transparency import is_blank

_ANIMATED = {"GIF", "PNG", "WEBP", "AVIF"}
_MOST_TRIED = 30  # an introduction that fades in takes a second


def shown_frame(first: Image.Image, data: bytes, frames: int, limits: Settings) -> tuple[Image.Image, int]:
    """The frame that is shown, and its number from 1; as many are tried as have the pixels of one large picture.

    Args:
        first: the first frame, loaded; `data` is its file, which has so many `frames`.
    """
    if frames < 2 or first.format not in _ANIMATED or not is_blank(first):
        return first, 1
    room = int(limits.max_megapixels * 1e6) // (first.width * first.height)
    try:
        return _first_that_shows(data, min(frames, _MOST_TRIED, room + 1), first.size) or (first, 1)
    except Exception:  # noqa: BLE001  broken frames make decoders raise errors of every kind, and the first is whole
        return first, 1


def frame_notes(frames: int, shown: int) -> list[str]:
    """What to say of the frames or pages that are not shown."""
    number = str(frames) if frames <= MOST_FRAMES else f"more than {MOST_FRAMES}"
    if shown > 1:
        return [f"The first frame is empty: frame {shown} of {number} is shown."]
    return [f"The first of {number} frames is shown."] if frames > 1 else []


def _first_that_shows(data: bytes, behind: int, size: tuple[int, int]) -> tuple[Image.Image, int] | None:
    """The first frame after frame 1 and up to `behind` that is not empty, and its number."""
    with Image.open(io.BytesIO(data), formats=ACCEPTED) as film:
        for index in range(1, behind):
            film.seek(index)
            if film.size == size and not is_blank(film):
                return film.copy(), index + 1
    return None
