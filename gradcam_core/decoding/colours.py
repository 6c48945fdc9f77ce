"""How do a picture's numbers look on a screen? Its colour profile (ICC.1:2022) may say; screens here are sRGB.

A profile is a stranger's data, and what it describes is run for every colour: only kinds whose work is bounded by their
own bytes are followed. One that is not, or is broken, is as if it were not there.
"""

import io
import struct
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageCms

from gradcam_core.text import display_name

_MOST_BYTES = 8_000_000  # printers' profiles have up to some megabytes
_MOST_TAGS = 100
_HEADER, _TAG = 128, 12  # bytes
_CLASSES = {b"mntr", b"scnr", b"prtr", b"spac"}  # screens, scanners, printers, colour spaces
_ELEMENTS = (b"D2B", b"B2D")  # how tags of any number of steps for every colour begin (multiProcessElements)
_STORED_IN = {b"RGB ": {"RGB", "RGBA"}, b"GRAY": {"L", "LA"}, b"CMYK": {"CMYK"}}  # Pillow's modes
_VISIBLE, _SHARE = 4, 0.001  # levels of 255 by which this share of the pixels must differ


@dataclass(frozen=True)
class ScreenColours:
    """A picture as an sRGB screen shows it, RGB, and the name of the profile that said so, which may be empty."""

    picture: Image.Image
    profile_name: str

    @property
    def note(self) -> str:
        """What was done, in a sentence."""
        source = self.profile_name or "its own colour profile"
        return f"On screen its colours are converted from {source} to sRGB; the model sees the file's own numbers."


def screen_colours(stored: Image.Image, rgb: Image.Image, profile: bytes) -> ScreenColours | None:
    """What a profile makes of a picture; None where that can't be told from the numbers themselves.

    Args:
        stored: the picture in its file's own mode.
        rgb: the same one in RGB, without transparent parts.
    """
    if not _is_followed(profile, stored.mode):
        return None
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        shown = _converted(stored, rgb, opened)
        name = " ".join(display_name(opened.profile.profile_description or "").split())
    except Exception:  # noqa: BLE001  a broken profile makes the library raise errors of several kinds
        return None
    return ScreenColours(shown, name) if shown is not None and _differs(shown, rgb) else None


def _is_followed(profile: bytes, mode: str) -> bool:
    """Whether it describes colours of this mode, in a way that takes no longer than its bytes suggest."""
    if not _HEADER + 4 <= len(profile) <= _MOST_BYTES or profile[12:16] not in _CLASSES:
        return False
    if mode not in _STORED_IN.get(profile[16:20], ()):
        return False
    (count,) = struct.unpack_from(">I", profile, _HEADER)
    if count > _MOST_TAGS or len(profile) < _HEADER + 4 + _TAG * count:
        return False
    names = [profile[start : start + 3] for start in range(_HEADER + 4, _HEADER + 4 + _TAG * count, _TAG)]
    return not any(name in _ELEMENTS for name in names)


def _converted(stored: Image.Image, rgb: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image | None:
    """The same in sRGB, the paper's white as the screen's and ink's black as its black; None where it is so already."""
    if stored.mode == "CMYK":
        return _to_srgb(profile, "CMYK").apply(stored)
    if stored.mode in {"L", "LA"}:  # each level by itself: interpolation between levels is far off in the dark
        levels = _to_srgb(profile, "L", ImageCms.Flags.NOOPTIMIZE).apply(
            Image.frombytes("L", (256, 1), bytes(range(256)))
        )
        return rgb.point([value for band in levels.split() for value in band.tobytes()])
    transform = _to_srgb(profile, "RGB")
    if not _differs(transform.apply(_EVERY_COLOUR), _EVERY_COLOUR):
        return None  # most profiles are sRGB's: told without going through the picture
    return transform.apply(rgb)


def _to_srgb(
    profile: ImageCms.ImageCmsProfile, mode: str, flags: ImageCms.Flags = ImageCms.Flags.NONE
) -> ImageCms.ImageCmsTransform:
    intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, flags | ImageCms.Flags.BLACKPOINTCOMPENSATION
    return ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB", intent, flags=flags)


def _differs(shown: Image.Image, numbers: Image.Image) -> bool:
    """Whether anybody would see it."""
    bands = ImageChops.difference(shown, numbers).split()
    largest = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    return sum(largest.histogram()[_VISIBLE:]) > _SHARE * shown.width * shown.height


def _every_colour() -> Image.Image:
    """17 steps of each channel, one pixel each."""
    steps = [min(16 * step, 255) for step in range(17)]
    data = bytes(value for red in steps for green in steps for blue in steps for value in (red, green, blue))
    return Image.frombytes("RGB", (17 * 17, 17), data)


_EVERY_COLOUR = _every_colour()
