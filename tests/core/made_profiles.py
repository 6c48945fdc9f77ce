"""Colour profiles (ICC.1:2022) that are made here, byte by byte."""

import struct
from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
"""XYZ under D50 of red, green and blue; its gamma is 563 / 256."""
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
GAMMA = 563 / 256
_WHITE = (0.9642, 1.0, 0.8249)


def rgb_profile(primaries: Sequence[Sequence[float]] = ADOBE_RGB, *, name: str = "Wide", gamma: float = GAMMA) -> bytes:
    """Of a screen with these primaries."""
    colours = {f"{channel}XYZ".encode(): _xyz(*primary) for channel, primary in zip("rgb", primaries, strict=True)}
    curves = {f"{channel}TRC".encode(): _curve(gamma) for channel in "rgb"}
    return profile(b"mntr", b"RGB ", {b"desc": description(name), b"wtpt": _xyz(*_WHITE), **colours, **curves})


def grey_profile(gamma: float, *, name: str = "Grey") -> bytes:
    """Of grey numbers with this gamma."""
    tags = {b"desc": description(name), b"wtpt": _xyz(*_WHITE), b"kTRC": _curve(gamma)}
    return profile(b"mntr", b"GRAY", tags)


def ink_profile(inks: Mapping[tuple[int, int, int, int], tuple[float, float, float]], *, name: str = "Inks") -> bytes:
    """Of a printer: the Lab colour of each full (C, M, Y, K), 0 or 1 each; those that are not named are black."""
    nodes = [inks.get((c, m, y, k), (0.0, 0.0, 0.0)) for c, m, y, k in product((0, 1), repeat=4)]
    table = bytes(round(value) for lightness, a, b in nodes for value in (lightness * 2.55, a + 128, b + 128))
    identity = struct.pack(">9i", *(65_536 if i % 4 == 0 else 0 for i in range(9)))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity + bytes(range(256)) * 4 + table + bytes(range(256)) * 3
    tags = {b"desc": description(name), b"wtpt": _xyz(*_WHITE), b"A2B0": lut, b"A2B1": lut}
    return profile(b"prtr", b"CMYK", tags, pcs=b"Lab ")


def profile(kind: bytes, space: bytes, tags: Mapping[bytes, bytes], *, pcs: bytes = b"XYZ ") -> bytes:
    """A profile of version 2 with these tags."""
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for tag, content in tags.items():
        padded = content + bytes(-len(content) % 4)
        table += struct.pack(">4sII", tag, start + len(body), len(content))
        body += padded
    head = struct.pack(">I4sI4s4s4s", start + len(body), bytes(4), 0x02400000, kind, space, pcs)
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    head += struct.pack(">3i", *(round(value * 65_536) for value in _WHITE))
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def on_screen(pixels: np.ndarray, primaries: Sequence[Sequence[float]] = ADOBE_RGB, gamma: float = GAMMA) -> np.ndarray:
    """(..., 3) numbers of such a screen in sRGB, 0 to 255, by the definition (IEC 61966-2-1)."""
    linear = (pixels / 255.0) ** gamma @ np.asarray(primaries) @ np.linalg.inv(np.asarray(SRGB))
    linear = linear.clip(0, 1)
    shown = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(255 * shown)


def description(name: str) -> bytes:
    """What a profile is called, as version 2 has it."""
    text = name.encode("latin-1") + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78)


def _xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65_536) for value in (x, y, z)))


def _curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
