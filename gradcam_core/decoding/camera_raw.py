"""Is a TIFF a camera's raw file? Its first directory is a thumbnail then, and the photograph needs developing.

What a directory holds is told by TIFF 6.0, TIFF/EP (ISO 12234-2) and Adobe's DNG 1.7; makers keep to these. A scan or
an export by a camera's own program is an ordinary TIFF: who made it says nothing, what it holds does.
"""

from collections.abc import Iterator
from itertools import islice

from gradcam_core.decoding import tiff_tags

_MOST_DIRECTORIES = 32  # of the chain and below it; a raw file has two to eight
_NEW_SUBFILE_TYPE, _COMPRESSION, _PHOTOMETRIC, _MAKE, _SUB_DIRECTORIES = 254, 259, 262, 271, 330
_DNG_VERSION = 50706
_REDUCED = 1  # a bit of NewSubfileType
_SENSOR = {32803, 34892}  # photometric: a colour filter array; linear raw
_MAKERS_COMPRESSIONS = {32767, 32770, 34713, 65535}  # Sony, Samsung, Nikon, Pentax
_FORMATS = {  # by the first word of the maker's name
    "canon": "CR2",
    "epson": "ERF",
    "eastman": "DCR",
    "hasselblad": "3FR",
    "kodak": "DCR",
    "leaf": "MOS",
    "mamiya": "MEF",
    "nikon": "NEF",
    "pentax": "PEF",
    "phase": "IIQ",
    "ricoh": "PEF",
    "samsung": "SRW",
    "sony": "ARW",
}
_Directory = dict[int, tuple[int, int, int]]  # type, count and value by tag


def raw_format(data: bytes) -> str | None:
    """The name of the raw format of this TIFF, such as "NEF", "" where it has none here; None for an ordinary TIFF."""
    first, *others = list(islice(_directories(data), _MOST_DIRECTORIES)) or [{}]
    if _DNG_VERSION in first:
        return "DNG"
    is_thumbnail = bool(_value(first, _NEW_SUBFILE_TYPE) & _REDUCED) and _SUB_DIRECTORIES in first
    if is_thumbnail or any(map(_holds_a_sensors_values, [first, *others])):
        return _FORMATS.get(_maker(data, first), "")
    return None


def _directories(data: bytes) -> Iterator[_Directory]:
    """Those of the chain, each with the directories that it names below it."""
    for position in islice(tiff_tags.directories(data), _MOST_DIRECTORIES):
        directory = _read(data, position)
        yield directory
        if _SUB_DIRECTORIES in directory:
            kind, count, value = directory[_SUB_DIRECTORIES]
            for below in tiff_tags.numbers(data, kind, min(count, _MOST_DIRECTORIES), value):
                yield _read(data, below)


def _read(data: bytes, position: int) -> _Directory:
    wanted = {_NEW_SUBFILE_TYPE, _COMPRESSION, _PHOTOMETRIC, _MAKE, _SUB_DIRECTORIES, _DNG_VERSION}
    return {tag: (kind, count, value) for tag, kind, count, value in tiff_tags.tags(data, position) if tag in wanted}


def _holds_a_sensors_values(directory: _Directory) -> bool:
    return _value(directory, _PHOTOMETRIC) in _SENSOR or _value(directory, _COMPRESSION) in _MAKERS_COMPRESSIONS


def _value(directory: _Directory, tag: int) -> int:
    return directory[tag][2] if tag in directory else 0


def _maker(data: bytes, directory: _Directory) -> str:
    """The first word of the maker's name, in small letters."""
    _, count, place = directory.get(_MAKE, (2, 0, 0))
    words = data[place : place + min(count, 40)].partition(b"\0")[0].decode("ascii", "ignore").split()
    return words[0].lower() if words else ""
