"""What does Pillow have to be told before it decodes strangers' files? Its settings are global to the process."""

import warnings
from functools import cache

from PIL import Image, PngImagePlugin, TiffImagePlugin

from gradcam_core.decoding.lab import LAB

_LITTLE, _BIG = b"II", b"MM"
_Form = tuple[int, tuple[int], tuple[int, ...], tuple[int, ...]]
_FORMS: dict[
    _Form, tuple[str, str]
] = {  # (photometric, sample format, bits, extra samples) of a TIFF: Pillow's mode, and how libtiff hands them out
    **{(white, (1,), (12,), ()): ("I;16", "I;12") for white in (0, 1)},  # Pillow has the first without inversion
    **{(white, (2,), (8,), ()): ("L", "L") for white in (0, 1)},
    **{(white, (2,), (16,), ()): ("I", "I;16NS") for white in (0, 1)},  # Pillow swaps the bytes of big-endian ones
    **{(white, (1,), (32,), ()): ("I", "I;32N") for white in (0, 1)},
    **{(white, (2,), (32,), ()): ("I", "I;32NS") for white in (0, 1)},
    **{(white, (3,), (32,), ()): ("F", "F;32NF") for white in (0, 1)},
    **{(white, (3,), (64,), ()): ("F", "F;64NF") for white in (0, 1)},
    **{(lab, (1,), (8, 8, 8), ()): ("RGB", "RGB") for lab in LAB},  # `lab` makes colours of them
    **{(lab, (1,), (8, 8, 8, 8), (extra,)): ("RGB", "RGBX") for lab in LAB for extra in (0, 1, 2)},
}
_FORMS_OF_16_BITS: dict[
    _Form, tuple[str, str]
] = {  # likewise, with an L or a B behind the second, for the bytes' order
    **{(lab, (1,), (16, 16, 16), ()): ("RGB", "RGB;16") for lab in LAB},
    **{(lab, (1,), (16, 16, 16, 16), (extra,)): ("RGB", "RGBX;16") for lab in LAB for extra in (0, 1, 2)},
}
_BIG_16 = (_BIG, 0, (1,), 1, (16,), ())  # a TIFF of 16-bit grey, big-endian, where 0 is white


@cache
def configure_pillow() -> None:
    """Before any decoding; further calls cost nothing, and two at once do the same twice."""
    Image.init()  # registers all seven decoders
    TiffImagePlugin.READ_LIBTIFF = True  # Pillow's own reader takes a minute for 7,000 strips that overlap
    TiffImagePlugin.OPEN_INFO[_BIG_16] = ("I;16B", "I;16B")  # Pillow has the other one alone, and shows it inverted
    for order, letter in ((_LITTLE, "L"), (_BIG, "B")):
        wide = {form: (mode, raw_mode + letter) for form, (mode, raw_mode) in _FORMS_OF_16_BITS.items()}
        for (photometric, samples, bits, extra), modes in (_FORMS | wide).items():
            TiffImagePlugin.OPEN_INFO[order, photometric, samples, 1, bits, extra] = modes
    PngImagePlugin.MAX_TEXT_CHUNK = 16_000_000  # bytes of one profile or text; printers' profiles have some megabytes
    PngImagePlugin.MAX_TEXT_MEMORY = 24_000_000  # of all texts; as characters they may take four times as much
    warnings.filterwarnings("ignore", module=r"PIL\.")  # they would go to the terminal, one for each broken tag
