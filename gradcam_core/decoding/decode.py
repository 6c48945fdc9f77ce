"""Bytes to a picture: upright, RGB, of a bounded size, or one sentence that says why not."""

import hashlib
import io

import numpy as np
from PIL import ExifTags, Image, TiffImagePlugin, UnidentifiedImageError

from gradcam_core.config import Settings, settings
from gradcam_core.decoding.jpeg import MOST_EXIF_BYTES
from gradcam_core.decoding.pillow import configure_pillow
from gradcam_core.decoding.refusals import too_large
from gradcam_core.decoding.signatures import ACCEPTED, ACCEPTED_IN_WORDS, in_words, kind_of
from gradcam_core.decoding.structure import MOST_FRAMES, check_shape, check_structure, frames_in
from gradcam_core.errors import HeatproofError, ImageError, ResourceError
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.resources.limiter import Turns
from gradcam_core.text import display_name

_UPRIGHT = {  # EXIF 2.32, section 4.6.4: what makes a picture of this orientation upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)
_NOT_SHOWN = {  # modes of Pillow
    "F": "floating-point numbers, and nothing says which of them is white",
    "LAB": "Lab colours, which are not converted here",
}
_EXIF_AS_TEXT = "Raw profile type exif"  # ImageMagick's, in hexadecimal digits
_BAND = 1_000_000  # numbers converted at a time
_WHITE_IS_ZERO = 0
_turns = Turns()  # to decode


def decode_image(data: bytes, *, name: str = "") -> LoadedImage:
    """Open the bytes of an image file.

    Raises:
        ImageError: if they are not a picture of an accepted kind and size.
        ResourceError: if memory runs out.
    """
    limits = settings()
    try:
        with _turns.one(limits.decodes_at_once):
            _check_file(data, limits)
            rgb, original_size, notes = _decoded(data, limits)
            pixels = np.array(rgb)
    except HeatproofError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_large(limits.max_megapixels) from error
    except MemoryError as error:
        raise ResourceError("There is not enough memory to open this picture.", hint="Use a smaller one.") from error
    except UnidentifiedImageError as error:
        raise (_unread_pixels() if _has_unread_pixels(data) else _broken(data)) from error
    except Exception as error:  # broken files make decoders raise errors of every kind
        raise _broken(data) from error
    pixels.setflags(write=False)
    digest = hashlib.sha256(data).hexdigest()
    return LoadedImage(pixels, original_size, digest, tuple(notes), display_name(name))


def file_too_large(limits: Settings) -> ImageError:
    """The refusal of a file over the limit, wherever it comes from."""
    return ImageError(
        f"The file is larger than {limits.max_file_bytes / 1e6:g} MB.",
        hint="Make the picture smaller, or save it as JPEG.",
    )


def _check_file(data: bytes, limits: Settings) -> None:
    """What can be told from the bytes before a decoder sees them."""
    if not data:
        raise ImageError("The file is empty.", hint="Choose another picture.")
    if len(data) > limits.max_file_bytes:
        raise file_too_large(limits)
    kind = kind_of(data)
    if kind not in ACCEPTED:
        raise ImageError(f"This is {in_words(kind)}, which can't be opened as a picture.", hint=_advice(kind))
    check_structure(data, kind, limits)


def _decoded(data: bytes, limits: Settings) -> tuple[Image.Image, tuple[int, int], list[str]]:
    """The kept picture in RGB, the upright original's size, and the notes."""
    picture, (width, height), orientation, frames = _opened(data, limits)
    kept, notes = _shrunk_rgb(picture, limits)
    if orientation in _UPRIGHT:
        kept = kept.transpose(_UPRIGHT[orientation])
    return kept, (height, width) if orientation in _SIDEWAYS else (width, height), notes + _frame_notes(frames)


def _opened(data: bytes, limits: Settings) -> tuple[Image.Image, tuple[int, int], int, int]:
    """The pixels in a mode that can be shrunk, the size as it is stored, the orientation, the number of frames."""
    configure_pillow()
    Image.MAX_IMAGE_PIXELS = int(limits.max_megapixels * 1e6)  # decoders refuse twice as much before they make room
    with Image.open(io.BytesIO(data), formats=ACCEPTED) as picture:
        size = picture.size
        check_shape(picture, limits)
        frames = frames_in(data, kind_of(data)) or int(getattr(picture, "n_frames", 1))
        picture.draft(None, _kept_size(size, limits))  # JPEG only: decodes at 1/2, 1/4 or 1/8 where that suffices
        picture.load()
        _scale_hidden(picture, data)
        return _plain(picture), size, _orientation(picture), frames


def _kept_size(size: tuple[int, int], limits: Settings) -> tuple[int, int]:
    """`size` scaled so that its long side is at most `kept_side`; no side below one pixel."""
    scale = min(1.0, limits.kept_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) where there is none or the EXIF block is broken; call it after `load`."""
    if max(len(picture.info.get("exif", b"")), len(picture.info.get(_EXIF_AS_TEXT, "")) // 2) > MOST_EXIF_BYTES:
        return 1
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001  a broken EXIF block is no reason to refuse the picture
        return 1


def _plain(picture: Image.Image) -> Image.Image:
    """The same pixels in 8 bits and a mode that can be shrunk."""
    plain = _eight_bits(picture)
    plain = plain.convert("LA") if plain.mode == "La" else plain  # grey multiplied by its alpha
    if plain.mode in {"1", "P", "PA"} or "transparency" in plain.info:  # these can't be shrunk as they are
        return plain.convert("RGBA" if plain.has_transparency_data else "RGB")
    return plain


def _scale_hidden(picture: Image.Image, data: bytes) -> None:
    """Bring the value that a PNG names as transparent to 8 bits; Pillow does so with the pixels alone."""
    if picture.format != "PNG":
        return
    hidden, depth = picture.info.get("transparency"), data[24]  # in the header, PNG 11.2.1
    if picture.mode == "L" and depth < 8 and isinstance(hidden, int):
        most = (1 << depth) - 1
        picture.info["transparency"] = (hidden & most) * 255 // most
    elif picture.mode == "RGB" and depth == 16 and isinstance(hidden, tuple):
        picture.info["transparency"] = tuple(value >> 8 for value in hidden)


def _shrunk_rgb(plain: Image.Image, limits: Settings) -> tuple[Image.Image, list[str]]:
    """At most `kept_side` long, in RGB, transparent parts over white."""
    size = _kept_size(plain.size, limits)
    if size != plain.size:
        plain = plain.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    if not plain.has_transparency_data:
        return plain.convert("RGB"), []
    return _over_white(plain.convert("RGBA"))


def _over_white(rgba: Image.Image) -> tuple[Image.Image, list[str]]:
    if rgba.getchannel("A").getextrema() == (255, 255):
        return rgba.convert("RGB"), []
    white = Image.new("RGBA", rgba.size, "white")
    return Image.alpha_composite(white, rgba).convert("RGB"), ["Transparent parts are shown over white."]


def _eight_bits(picture: Image.Image) -> Image.Image:
    """16-bit grey scaled to 8 bits (Pillow's own conversion clips it to white); other modes as they are."""
    if picture.mode in _NOT_SHOWN:
        raise _not_shown(_NOT_SHOWN[picture.mode])
    if not picture.mode.startswith("I"):
        return picture
    grey, hidden = np.empty((picture.height, picture.width), np.uint8), picture.info.get("transparency")
    is_inverted = picture.mode.startswith("I;16") and _tiff_tag(picture, 262) == _WHITE_IS_ZERO  # Pillow leaves it so
    opaque = np.empty_like(grey) if isinstance(hidden, int) else None  # a PNG may name one value that is transparent
    rows = max(1, _BAND // picture.width)
    for top in range(0, picture.height, rows):
        values = np.asarray(picture.crop((0, top, picture.width, min(top + rows, picture.height))))
        if values.min() < 0 or values.max() > 65_535:
            raise _not_shown("32-bit numbers, and nothing says which of them is white")
        grey[top : top + rows] = 255 - (values >> 8) if is_inverted else values >> 8
        if opaque is not None:
            opaque[top : top + rows] = np.uint8(255) * (values != hidden)
    return Image.fromarray(grey if opaque is None else np.stack([grey, opaque], axis=2))


def _tiff_tag(picture: Image.Image, tag: int) -> object:
    return picture.tag_v2.get(tag) if isinstance(picture, TiffImagePlugin.TiffImageFile) else None


def _has_unread_pixels(data: bytes) -> bool:
    """Is it a TIFF whose outline is sound, but Pillow has no mode for its pixels?"""
    if kind_of(data) != "TIFF":
        return False
    try:
        TiffImagePlugin.TiffImageFile(io.BytesIO(data)).close()
    except Exception as error:  # noqa: BLE001  broken files make decoders raise errors of every kind
        return "unknown pixel mode" in str(error)
    return False


def _frame_notes(frames: int) -> list[str]:
    """What to say of the frames or pages that are not shown."""
    number = str(frames) if frames <= MOST_FRAMES else f"more than {MOST_FRAMES}"
    return [f"The first of {number} frames is shown."] if frames > 1 else []


def _not_shown(pixels: str) -> ImageError:
    return ImageError(f"The pixels of this picture are {pixels}.", hint="Save it as RGB with 8 or 16 bits a channel.")


def _unread_pixels() -> ImageError:
    return ImageError(
        "The pixels of this TIFF are of a kind that is not read here.",
        hint="Save it as RGB with 8 or 16 bits a channel.",
    )


def _broken(data: bytes) -> ImageError:
    return ImageError(
        f"This {kind_of(data)} file is broken or incomplete.",
        hint="Open it in a picture editor and save it again, or choose another.",
    )


def _advice(kind: str) -> str:
    if kind == "HEIC":
        return "Phones can share it as JPEG; or save it as PNG or JPEG."
    return f"Use {ACCEPTED_IN_WORDS}."
