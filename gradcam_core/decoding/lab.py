"""How do the Lab colours of a TIFF become RGB? Pillow is told to read their bytes as RGB; here they are converted."""

from functools import cache

from PIL import Image, ImageChops, ImageCms, TiffImagePlugin

_CIE, _ICC = 8, 9  # photometric: a and b are signed numbers (TIFF 6.0, section 23), or have 128 added (TIFF Technote 4)
LAB = (_CIE, _ICC)
_PHOTOMETRIC = 262
_WHITE_OF_PRINT = 5000  # kelvins, D50


def is_lab(picture: Image.Image) -> bool:
    """Are these three channels Lab?"""
    return isinstance(picture, TiffImagePlugin.TiffImageFile) and picture.tag_v2.get(_PHOTOMETRIC) in LAB


def lab_to_rgb(picture: Image.Image) -> Image.Image:
    """The sRGB colours of a picture whose bytes of L, a and b stand in its red, green and blue."""
    lightness, a, b = picture.split()
    if picture.tag_v2[_PHOTOMETRIC] == _CIE:  # type: ignore[attr-defined]  # a TIFF, as `is_lab` says
        a, b = (ImageChops.add_modulo(band, Image.new("L", band.size, 128)) for band in (a, b))
    return ImageCms.applyTransform(Image.merge("LAB", (lightness, a, b)), _to_srgb()) or picture


@cache
def _to_srgb() -> ImageCms.ImageCmsTransform:
    lab, srgb = ImageCms.createProfile("LAB", _WHITE_OF_PRINT), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
