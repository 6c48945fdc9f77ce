"""The worst files of each kind that are opened, each in a process of its own: what they take at most."""

import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.core.made_files import (
    image_file,
    jpeg_of_scans,
    jpeg_segment,
    jpeg_with,
    orientation,
    png_chunk,
    png_header,
    png_with,
    run_length_bmp,
)

_SIDE, _SIDE_OF_30 = 7071, 5477  # 50 and 30 megapixels
_MOST_BYTES, _MOST_SECONDS = 605e6, 10  # of processor time

_MEASURED = """
import re, sys, time
from pathlib import Path
from PIL import Image
from gradcam_core.errors import ImageError
from gradcam_core.decoding.decode import decode_image, full_size

def seen(data):
    with full_size(data) as picture:
        picture.resize((341, 256), Image.Resampling.BILINEAR)

def memory(name):
    return int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024

data, small = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]).read_bytes()
step = {"decode_image": decode_image, "full_size": seen}[sys.argv[3]]
step(small)  # what is loaded and imported once is not the picture's
Path("/proc/self/clear_refs").write_text("5")
before, start = memory("VmRSS"), time.process_time()
try:
    step(data)
except ImageError as refusal:
    print(refusal, file=sys.stderr)
print(memory("VmHWM") - before, time.process_time() - start)
"""


def _soft(mode: str = "RGB", side: int = _SIDE) -> Image.Image:
    """A soft pattern that compresses neither well nor badly; its alpha has steps."""
    band = Image.effect_noise((256, 256), 40).resize((side, side), Image.Resampling.BICUBIC)
    alpha = Image.linear_gradient("L").resize((side, side)).point([value // 32 * 32 for value in range(256)])
    return Image.merge("RGBA", [band, band.rotate(90), band.rotate(180), alpha]).convert(mode)


def _flat(mode: str, **options: object) -> bytes:
    kind = "TIFF" if "compression" in options else "PNG"
    return image_file(
        Image.new(mode, (_SIDE, _SIDE), 9 if len(mode) == 1 or mode == "I;16" else "red"), kind, **options
    )


def _png(colour: int, channels: int, depth: int, extra: bytes = b"") -> bytes:
    """Rows of 50 megapixels in a mode that Pillow reads but does not write."""
    row = b"\0" + np.arange(_SIDE * channels * depth // 8, dtype=np.uint8).tobytes()
    body = png_chunk(b"IDAT", zlib.compress(row * _SIDE, 1)) + png_chunk(b"IEND", b"")
    return png_header(_SIDE, _SIDE, depth=depth, colour=colour) + extra + body


def _palette(kind: str) -> bytes:
    picture = Image.new("P", (_SIDE, _SIDE))
    picture.putpalette(bytes(range(256)) * 3)
    picture.paste(1, (0, 0, 99, 99))
    return image_file(picture, kind, transparency=1)


_LARGE: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: image_file(_soft(), "JPEG"),
    "JPEG, progressive": lambda: image_file(_soft(), "JPEG", progressive=True, subsampling=0),
    "JPEG, progressive CMYK": lambda: image_file(_soft("CMYK"), "JPEG", progressive=True, quality=60),
    "JPEG of 100 scans": lambda: jpeg_of_scans(100, Image.new("L", (_SIDE, _SIDE), 77)),
    "JPEG of full segments": lambda: jpeg_with(jpeg_segment(0xDB, (b"\0" + bytes([1] * 64)) * 1000) * 150),
    "JPEG of a thousand parts of EXIF": lambda: jpeg_with(jpeg_segment(0xE1, b"Exif\0\0" + bytes(990)) * 990),
    "PNG, RGBA in 16 bits": lambda: _png(6, 4, 16),
    "PNG, RGB with a transparent colour": lambda: _png(2, 3, 8, png_chunk(b"tRNS", bytes(6))),
    "PNG, grey in 16 bits with a transparent value": lambda: _png(0, 1, 16, png_chunk(b"tRNS", b"\0\7")),
    "PNG, a palette with transparency": lambda: _palette("PNG"),
    "PNG on its side": lambda: image_file(_soft("RGBA").quantize(8).convert("RGBA"), exif=orientation(6)),
    "PNG of profiles that swell": lambda: png_with(png_chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(1_000_000))) * 10),
    "GIF": lambda: _palette("GIF"),
    "BMP": lambda: image_file(Image.new("1", (_SIDE, _SIDE)), "BMP"),
    "BMP of runs": lambda: run_length_bmp(3162, 3162, b"\1x\0\0" * 3162 + b"\0\1"),
    "TIFF, RGBA": lambda: _flat("RGBA", compression="tiff_adobe_deflate"),
    "TIFF, CMYK": lambda: _flat("CMYK", compression="tiff_lzw"),
    "TIFF, grey in 32 bits": lambda: _flat("I", compression="tiff_adobe_deflate"),
    "TIFF, JPEG": lambda: image_file(_soft(), "TIFF", compression="jpeg", quality=60),
    "WEBP": lambda: image_file(_soft("RGBA", _SIDE_OF_30), "WEBP", method=0, quality=20, alpha_quality=10),
    "AVIF": lambda: image_file(_soft("RGBA", _SIDE_OF_30), "AVIF", speed=10, quality=40, subsampling="4:4:4"),
}


@pytest.fixture(scope="module")
def small_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file of one pixel of each kind, which warms up its decoder."""
    folder = tmp_path_factory.mktemp("small")
    kinds = {name.partition(",")[0].partition(" ")[0] for name in _LARGE}
    paths = {kind: folder / kind for kind in kinds}
    for kind, path in paths.items():
        path.write_bytes(image_file(Image.new("RGB", (8, 8)), kind))
    return paths


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize("step", ["decode_image", "full_size"])
@pytest.mark.parametrize("name", _LARGE)
def test_a_file_takes_at_most_600_mb_and_10_seconds(
    name: str, step: str, small_files: dict[str, Path], tmp_path: Path
) -> None:
    data, path = _LARGE[name](), tmp_path / "large"
    assert len(data) <= 10_000_000
    path.write_bytes(data)
    small = small_files[name.partition(",")[0].partition(" ")[0]]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, path, small, step], capture_output=True, text=True, check=True, timeout=120
    )
    peak, seconds = map(float, done.stdout.split())
    assert done.stderr == ""
    assert peak <= _MOST_BYTES
    assert seconds <= _MOST_SECONDS
