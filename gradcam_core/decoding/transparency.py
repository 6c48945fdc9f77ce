"""What is shown where a picture is transparent? White, unless that would hide all of it."""

from collections.abc import Iterator

from PIL import Image

_BAND = 1_000_000  # pixels at a time
_SEEN = 24  # of 255: so far must the values of one channel lie apart for something to be seen
_SAME = 4  # of 255: lossy kinds make such differences out of none
_SHOWN_OPAQUE = "The file calls every pixel transparent: its colours are shown all the same."
_ALPHA = {"RGBA": "RGB", "LA": "L"}  # modes without it
_Extremes = list[tuple[int, int]]


def without_empty_alpha(picture: Image.Image) -> tuple[Image.Image, list[str]]:
    """The picture without its alpha where that is 0 everywhere, though there are colours, and the note.

    Windows and browsers show such a bitmap opaque, and training code drops alpha unseen. To be called before the
    picture is shrunk, which takes the colour of what is transparent away.
    """
    if picture.mode not in _ALPHA or picture.getchannel("A").getextrema() != (0, 0):
        return picture, []
    opaque = picture.convert(_ALPHA[picture.mode])
    return (picture, []) if is_blank(opaque) else (opaque, [_SHOWN_OPAQUE])


def background_of(picture: Image.Image) -> str | None:
    """What transparent parts are shown over: white or, where that leaves nothing to see, black; None without any.

    To be asked before the picture is shrunk, which pales what is fine: what is shown and what a model sees have one.
    """
    if not picture.has_transparency_data:
        return None
    if all(band.getchannel("A").getextrema() == (255, 255) for _, band in _bands(picture)):
        return None
    is_hidden = not _is_seen(picture, "white") and _is_seen(picture, "black")
    return "black" if is_hidden else "white"


def opaque_rgb(picture: Image.Image, background: str | None) -> tuple[Image.Image, list[str]]:
    """In RGB, transparent parts over this background, and the note."""
    if background is None:
        return picture.convert("RGB"), []
    rgb = Image.new("RGB", picture.size)
    for top, band in _bands(picture):
        rgb.paste(_over(background, band), (0, top))
    reason = ": over white nothing would be seen" if background == "black" else ""
    return rgb, [f"Transparent parts are shown over {background}{reason}."]


def is_blank(picture: Image.Image) -> bool:
    """Does it show nothing? One colour everywhere, or nothing but transparent parts."""
    if not picture.has_transparency_data:
        return _contrast(_extremes(picture.convert("RGB"))) <= _SAME
    rgba = picture.convert("RGBA")
    return rgba.getchannel("A").getextrema() == (0, 0) or _contrast(_extremes(rgba)) <= _SAME


def _is_seen(picture: Image.Image, colour: str) -> bool:
    """Is there something to see of it over this colour? Over white the first rows tell, with most pictures."""
    ends: _Extremes = []
    for _, band in _bands(picture):
        here = _extremes(_over(colour, band))
        ends = [(min(a[0], b[0]), max(a[1], b[1])) for a, b in zip(ends or here, here, strict=True)]
        if _contrast(ends) >= _SEEN:
            return True
    return False


def _bands(picture: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """(the first row, some rows in RGBA): a picture may be large."""
    rows = max(1, _BAND // picture.width)
    for top in range(0, picture.height, rows):
        yield top, picture.crop((0, top, picture.width, min(top + rows, picture.height))).convert("RGBA")


def _over(colour: str, rgba: Image.Image) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", rgba.size, colour), rgba).convert("RGB")


def _extremes(picture: Image.Image) -> _Extremes:
    """The smallest and the largest value of each channel."""
    ends = [picture.getchannel(band).getextrema() for band in picture.getbands()]
    return [(int(low), int(high)) for low, high in ends]  # type: ignore[arg-type]  # pairs, of single channels


def _contrast(ends: _Extremes) -> int:
    return max(high - low for low, high in ends)
