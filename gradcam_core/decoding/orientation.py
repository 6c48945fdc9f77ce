"""Which side of a picture is up? Its EXIF block may say."""

from PIL import ExifTags, Image

MOST_EXIF_BYTES = 1_000_000
"""Pillow makes a fraction of 300 bytes out of 8."""

MADE_UPRIGHT = {  # EXIF 2.32, section 4.6.4: what makes a picture of this orientation upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = (5, 6, 7, 8)
_EXIF_AS_TEXT = "Raw profile type exif"  # ImageMagick's, in hexadecimal digits


def orientation_of(picture: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) where there is none or the EXIF block is broken; call it after `load`."""
    if max(len(picture.info.get("exif", b"")), len(picture.info.get(_EXIF_AS_TEXT, "")) // 2) > MOST_EXIF_BYTES:
        return 1
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001  a broken EXIF block is no reason to refuse the picture
        return 1


def upright(picture: Image.Image, orientation: int) -> Image.Image:
    """A picture of this orientation as it is meant to be seen."""
    step = MADE_UPRIGHT.get(orientation)
    return picture if step is None else picture.transpose(step)
