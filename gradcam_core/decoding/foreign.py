"""Kinds of file that are not opened: what each is called in a sentence, and the step that makes a picture of it."""

from dataclasses import dataclass
from typing import NamedTuple


class _Kind(NamedTuple):
    called: str  # with its article
    step: str


_DRAWING = "Export it as PNG from the program that drew it."
_VIDEO = "Pause it, take a screenshot, and save that as PNG."
_AUDIO = "It holds sound. Choose a PNG or JPEG."
_DATA = "Save the picture in it as PNG with 8 or 16 bits from the program that made it."
_RARE = "Open it in GIMP or another image editor, and export it as PNG."
_PACKED = "Unpack it, and choose one picture in it: a PNG or JPEG, for instance."
_RAW = "Export it as JPEG or PNG, from the camera or from the program that develops it."
_DOCUMENT = "Save the picture out of the document, or a screenshot of it, as PNG."

_KINDS: dict[str, _Kind] = {
    "": _Kind("a file of a kind that is not known here", "Open it in the program that made it, and save it as PNG."),
    "text": _Kind("a text file", "Choose a picture: a PNG or JPEG, for instance."),
    "zeros": _Kind(
        "a file that begins with zeros alone", "It was not copied whole: copy or download the PNG or JPEG again."
    ),
    "HTML": _Kind("a web page (HTML)", "Open it in a browser, and save the picture on it by itself, as PNG or JPEG."),
    "XML": _Kind("an XML file", "Choose a picture: a PNG or JPEG, for instance."),
    "JSON": _Kind("a JSON file", "Choose a picture: a PNG or JPEG, for instance."),
    "Git LFS": _Kind("a Git LFS pointer, which stands for a file", "Run git lfs pull: it fetches the PNG or JPEG."),
    "shortcut": _Kind("a shortcut to an address", "Open it in a browser, and save the picture as PNG or JPEG."),
    "AppleDouble": _Kind(
        "what a Mac notes about another file",
        "Choose the PNG or JPEG of the same name without ._ in front.",
    ),
    "SVG": _Kind("an SVG file", "Export it as PNG from a drawing program, or take a screenshot of it in a browser."),
    "PDF": _Kind("a PDF file", "Export the page as PNG, or take a screenshot of it."),
    "EPS": _Kind("an EPS file", _DRAWING),
    "WMF": _Kind("a Windows metafile (WMF or EMF)", _DRAWING),
    "CDR": _Kind("a CorelDRAW file", _DRAWING),
    "Office": _Kind("an Office document", _DOCUMENT),
    "DjVu": _Kind("a DjVu document", _DOCUMENT),
    "PSD": _Kind("a PSD file", "Export it as PNG from Photoshop, GIMP or Photopea."),
    "XCF": _Kind("an XCF file", "Export it as PNG from GIMP."),
    "Krita": _Kind("a Krita file", "Export it as PNG from Krita."),
    "HEIC": _Kind(
        "an HEIC file",
        "Phones can share it as JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible); "
        "or open it on a computer, and save it as PNG or JPEG.",
    ),
    "JPEG 2000": _Kind("a JPEG 2000 file", _RARE),
    "JPEG XL": _Kind("a JPEG XL file", _RARE),
    "JPEG XR": _Kind("a JPEG XR file", _RARE),
    "BPG": _Kind("a BPG file", _RARE),
    "FLIF": _Kind("a FLIF file", _RARE),
    "MNG": _Kind("a MNG or JNG file", _RARE),
    "ICO": _Kind("an ICO file", _RARE),
    "ICNS": _Kind("an ICNS file", _RARE),
    "PPM": _Kind("a PPM, PGM or PBM file", _RARE),
    "PCX": _Kind("a PCX file", _RARE),
    "SGI": _Kind("an SGI file", _RARE),
    "Sun raster": _Kind("a Sun raster file", _RARE),
    "DDS": _Kind("a DDS file", _RARE),
    "KTX": _Kind("a KTX file", _RARE),
    "QOI": _Kind("a QOI file", _RARE),
    "DICOM": _Kind(
        "a DICOM file", "Export it as PNG from a DICOM viewer: the window set there says what is black and what white."
    ),
    "EXR": _Kind("an EXR file", "Export it as PNG: the program that does so decides how bright its white is."),
    "HDR": _Kind("a Radiance HDR file", "Export it as PNG: the program that does so decides how bright its white is."),
    "PFM": _Kind("a PFM file", "Export it as PNG: the program that does so decides how bright its white is."),
    "FITS": _Kind("a FITS file", _DATA),
    "HDF5": _Kind("an HDF5 file", _DATA),
    "NumPy": _Kind("a NumPy array", _DATA),
    "MATLAB": _Kind("a MATLAB file", _DATA),
    "NIfTI": _Kind("a NIfTI file", _DATA),
    "NRRD": _Kind("an NRRD file", _DATA),
    "checkpoint": _Kind("a PyTorch file", "A network goes into the folder of checkpoints; here choose a PNG or JPEG."),
    "ZIP": _Kind("a ZIP file", _PACKED),
    "GZIP": _Kind("a GZIP file", _PACKED),
    "7z": _Kind("a 7z file", _PACKED),
    "RAR": _Kind("a RAR file", _PACKED),
    "XZ": _Kind("an XZ file", _PACKED),
    "BZIP2": _Kind("a BZIP2 file", _PACKED),
    "Zstandard": _Kind("a Zstandard file", _PACKED),
    "TAR": _Kind("a TAR file", _PACKED),
    "MP4": _Kind("a video (MP4 or MOV)", _VIDEO),
    "WebM": _Kind("a video (WebM or Matroska)", _VIDEO),
    "AVI": _Kind("a video (AVI)", _VIDEO),
    "WMV": _Kind("a video (WMV)", _VIDEO),
    "FLV": _Kind("a video (FLV)", _VIDEO),
    "MPEG": _Kind("a video (MPEG)", _VIDEO),
    "Ogg": _Kind("a video or sound (Ogg)", _VIDEO),
    "MP3": _Kind("a sound (MP3)", _AUDIO),
    "WAV": _Kind("a sound (WAV)", _AUDIO),
    "FLAC": _Kind("a sound (FLAC)", _AUDIO),
}
_RAW_PREFIX = "raw"


@dataclass(frozen=True)
class ForeignKind:
    """What is said of a file that is not opened.

    Attributes:
        called: what it is, with its article: "an SVG file".
        step: a sentence that says how to get a picture of it that opens.
    """

    called: str
    step: str


def raw_kind(name: str) -> str:
    """The kind of a camera's raw file, by the name of its format, such as "DNG"; "" where it is not known."""
    return f"{_RAW_PREFIX} {name}".rstrip()


def foreign_kind(kind: str) -> ForeignKind:
    """What is said of this kind, as `kind_of` names it."""
    if kind == _RAW_PREFIX or kind.startswith(f"{_RAW_PREFIX} "):
        name = kind.removeprefix(_RAW_PREFIX).strip()
        return ForeignKind(f"a camera's raw file{f' ({name})' if name else ''}", _RAW)
    return ForeignKind(*_KINDS.get(kind, _Kind(f"a {kind} file", _RARE)))
