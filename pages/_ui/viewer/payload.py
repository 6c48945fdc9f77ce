"""How does a view travel to the browser? One message: a JSON head, and the bytes that it counts.

Layout: the head's length (4 bytes, little-endian), the head (UTF-8), zeros up to a multiple of 4, then the blobs one
after another, each filled up with zeros to a multiple of 4 so that float32 can be read in place.
"""

import io
import json
import struct
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from gradcam_core.rendering.colormaps import COLORMAPS, diverging_tables

LONGEST_SIDE = 1024  # of the copy on screen: a panel is seldom shown larger, and 2,048 would be four times as many
_LOSSLESS_PIXELS = 300_000  # more would take a tenth of a second to try
_LOSSLESS_BYTES, _LOSSY_BYTES = 150_000, 150_000
_QUALITIES = (90, 80, 70, 55, 40)


def pack(head: Mapping[str, Any], blobs: Mapping[str, bytes]) -> bytes:
    """One message of a head and named blobs; the head's `blobs` says how long each one is."""
    sizes = {name: len(blob) for name, blob in blobs.items()}
    text = json.dumps({**head, "blobs": sizes}, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return b"".join([struct.pack("<I", len(text)), _filled(text), *map(_filled, blobs.values())])


def unpack(message: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Head and blobs again, as the browser reads them."""
    (length,) = struct.unpack_from("<I", message)
    head, at = json.loads(message[4 : 4 + length]), 4 + length + -length % 4
    blobs = {}
    for name, size in head["blobs"].items():
        blobs[name] = message[at : at + size]
        at += size + -size % 4
    return head, blobs


def photo(pixels: np.ndarray) -> tuple[bytes, tuple[int, int]]:
    """The copy on screen as a WebP file, and its (width, height): exact where that is small, else nearly so."""
    picture = _shrunk(Image.fromarray(pixels), LONGEST_SIDE)
    if picture.width * picture.height <= _LOSSLESS_PIXELS:
        exact = _webp(picture, lossless=True)
        if len(exact) <= _LOSSLESS_BYTES:
            return exact, picture.size
    for quality in _QUALITIES:
        file = _webp(picture, quality=quality)
        if len(file) <= _LOSSY_BYTES:
            return file, picture.size
    return photo(np.asarray(_shrunk(picture, max(picture.size) * 3 // 4)))  # noise: fewer pixels must do


def _shrunk(picture: Image.Image, side: int) -> Image.Image:
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return picture


def input_copy(pixels: np.ndarray) -> bytes:
    """What the model saw, as a WebP file to look at."""
    return _webp(Image.fromarray(pixels), quality=90)


def maps(values: Sequence[np.ndarray]) -> bytes:
    """Raw signed maps of one shape, one after another, float32."""
    return b"".join(np.ascontiguousarray(one, dtype="<f4").tobytes() for one in values)


@cache
def tables() -> bytes:
    """The colour tables in the order of COLORMAPS, then those of evidence against and for, 256 x 3 bytes each."""
    return b"".join(
        one.tobytes() for one in (*(colormap.table for colormap in COLORMAPS.values()), *diverging_tables())
    )


def _filled(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _webp(picture: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", method=0, **options)
    return buffer.getvalue()
