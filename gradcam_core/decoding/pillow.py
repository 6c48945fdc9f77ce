"""What does Pillow have to be told before it decodes strangers' files? Its settings are global to the process."""

import warnings
from functools import cache

from PIL import Image, PngImagePlugin, TiffImagePlugin

_BIG_16 = (b"MM", 0, (1,), 1, (16,), ())  # a TIFF of 16-bit grey, big-endian, where 0 is white


@cache
def configure_pillow() -> None:
    """Before any decoding; further calls cost nothing, and two at once do the same twice."""
    Image.init()  # registers all seven decoders
    TiffImagePlugin.READ_LIBTIFF = True  # Pillow's own reader takes a minute for 7,000 strips that overlap
    TiffImagePlugin.OPEN_INFO[_BIG_16] = ("I;16B", "I;16B")  # Pillow has the other one alone, and shows it inverted
    PngImagePlugin.MAX_TEXT_CHUNK = 16_000_000  # bytes of one profile or text; printers' profiles have some megabytes
    PngImagePlugin.MAX_TEXT_MEMORY = 24_000_000  # of all texts; as characters they may take four times as much
    warnings.filterwarnings("ignore", module=r"PIL\.")  # they would go to the terminal, one for each broken tag
