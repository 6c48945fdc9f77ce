"""Bytes to a picture: upright, RGB, of a bounded size, or one sentence that says why not."""

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import Image

from gradcam_core.config import Settings, settings
from gradcam_core.decoding.colours import screen_colours
from gradcam_core.decoding.door import accepted_kind
from gradcam_core.decoding.frames import frame_notes, shown_frame
from gradcam_core.decoding.orientation import SIDEWAYS, orientation_of, upright
from gradcam_core.decoding.pillow import configure_pillow
from gradcam_core.decoding.pixels import kept_size, scale_hidden, shrinkable, shrunk
from gradcam_core.decoding.refusals import too_large
from gradcam_core.decoding.signatures import ACCEPTED, kind_of
from gradcam_core.decoding.structure import check_shape, check_structure, frames_in
from gradcam_core.decoding.transparency import background_of, is_blank, opaque_rgb
from gradcam_core.decoding.unread import unread_pixels
from gradcam_core.errors import HeatproofError, ImageError, ResourceError
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.resources.queue import ComputeQueue
from gradcam_core.text import display_name

_BLANK = "The picture is blank: all of it has the same colour."

_decoding = ComputeQueue(1, most_waiting=0)  # its bounds are set with each use

Turn = Callable[[ComputeQueue], AbstractContextManager[object]]
"""How somebody waits until one of these slots is theirs, and holds it."""


def wait_patiently(slots: ComputeQueue) -> AbstractContextManager[object]:
    """The turn of somebody who is told nothing while they wait, and never refused."""
    return slots.turn(object(), is_patient=True)


def decode_image(data: bytes, *, name: str = "", turn: Turn = wait_patiently) -> LoadedImage:
    """Open the bytes of an image file.

    Args:
        turn: how to wait where as many images are being decoded as may be at once.

    Raises:
        ImageError: if they are not a picture of an accepted kind and size.
        ResourceError: if memory runs out.
    """
    limits = settings()
    with turn(_slots(limits)), _refusals(data, limits):
        return _loaded(data, name, limits)


@contextmanager
def full_size(data: bytes, *, turn: Turn = wait_patiently) -> Iterator[Image.Image]:
    """The upright picture of a file in RGB, as large as the file has it and with the file's own numbers.

    It takes up to 200 MB, so the turn lasts as long as it is used. `turn` and errors are those of `decode_image`.
    """
    limits = settings()
    with turn(_slots(limits)):
        with _refusals(data, limits):
            picture = _full_size(data, limits)
        yield picture


def file_too_large(limits: Settings) -> ImageError:
    """The refusal of a file over the limit, wherever it comes from."""
    return ImageError(
        f"The file is larger than {limits.max_file_bytes / 1e6:g} MB.",
        hint="Make the picture smaller, or save it as JPEG.",
    )


def _slots(limits: Settings) -> ComputeQueue:
    """The same for everybody in this process, bounded as the settings say now."""
    _decoding.count, _decoding.most_waiting = limits.decodes_at_once, limits.most_waiting
    return _decoding


@contextmanager
def _refusals(data: bytes, limits: Settings) -> Iterator[None]:
    """What goes wrong within it is one sentence about this file."""
    try:
        yield
    except HeatproofError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_large(limits.max_megapixels) from error
    except MemoryError as error:
        raise ResourceError("There is not enough memory to open this picture.", hint="Use a smaller one.") from error
    except Exception as error:  # broken files make decoders raise errors of every kind
        raise unread_pixels(data, kind_of(data)) or _broken(data) from error


def _loaded(data: bytes, name: str, limits: Settings) -> LoadedImage:
    opened = _opened(data, limits)
    stored = shrunk(opened.picture, limits)
    rgb, notes = opaque_rgb(stored, background_of(opened.picture))
    colours = screen_colours(stored, rgb, opened.profile)
    pixels = np.array(upright(colours.picture if colours else rgb, opened.orientation))
    pixels.setflags(write=False)
    return LoadedImage(
        pixels,
        opened.upright_size,
        hashlib.sha256(data).hexdigest(),
        (*opened.notes, *notes, *([_BLANK] if is_blank(rgb) else []), *([colours.note] if colours else [])),
        display_name(name),
        data if colours or stored.size != opened.size else b"",
    )


def _full_size(data: bytes, limits: Settings) -> Image.Image:
    """Each step lets go of the one before it: one picture may take 200 MB."""
    opened = _opened(data, limits, at_full_size=True)
    orientation, picture = opened.orientation, opened.picture
    del opened
    if picture.mode != "RGB":
        picture, _ = opaque_rgb(picture, background_of(picture))
    return upright(picture, orientation)


def _check_file(data: bytes, limits: Settings) -> None:
    """What can be told from the bytes before a decoder sees them."""
    if not data:
        raise ImageError("The file is empty.", hint="Choose another picture.")
    kind = accepted_kind(data)
    if len(data) > limits.max_file_bytes:
        raise file_too_large(limits)
    check_structure(data, kind, limits)


@dataclass(frozen=True, eq=False)
class _Opened:
    """A decoded file.

    Attributes:
        picture: in a mode that can be shrunk, not yet upright; JPEG may be reduced already.
        size: (width, height) as it is stored; `orientation` says how it is turned.
        profile: of its colours, empty where there is none.
        notes: what was decided about its frames and values, in sentences.
    """

    picture: Image.Image
    size: tuple[int, int]
    orientation: int
    profile: bytes
    notes: list[str]

    @property
    def upright_size(self) -> tuple[int, int]:
        width, height = self.size
        return (height, width) if self.orientation in SIDEWAYS else (width, height)


def _opened(data: bytes, limits: Settings, *, at_full_size: bool = False) -> _Opened:
    _check_file(data, limits)
    configure_pillow()
    Image.MAX_IMAGE_PIXELS = int(limits.max_megapixels * 1e6)  # decoders refuse twice as much before they make room
    with Image.open(io.BytesIO(data), formats=ACCEPTED) as picture:
        size = picture.size
        check_shape(picture, limits)
        frames = frames_in(data, kind_of(data)) or int(getattr(picture, "n_frames", 1))
        if not at_full_size:
            picture.draft(None, kept_size(size, limits))  # JPEG: decodes at 1/2, 1/4 or 1/8 where that suffices
        picture.load()
        scale_hidden(picture, data)
        profile = picture.info.get("icc_profile")
        told = profile if isinstance(profile, bytes) else b""  # a TIFF may have numbers there
        frame, number = shown_frame(picture, data, frames, limits)
        plain, notes = shrinkable(frame, data)
        return _Opened(plain, size, orientation_of(picture), told, [*notes, *frame_notes(frames, number)])


def _broken(data: bytes) -> ImageError:
    return ImageError(
        f"This {kind_of(data)} file is broken or incomplete.",
        hint="Open it in a picture editor and save it again, or choose another.",
    )
