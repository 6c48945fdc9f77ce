"""Image files that are made here: ordinary ones with Pillow, unusual ones byte by byte."""

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Literal

import numpy as np
from PIL import Image

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 180, 30), (30, 30, 220), (230, 220, 30)
PNG_START = b"\x89PNG\r\n\x1a\n"
GIF_START = b"GIF89a\x10\0\x10\0\0\0\0"  # 16 x 16, no palette

TiffTag = tuple[int, int, int, int]  # tag, type, count, value


def quarters(width: int = 48, height: int = 32) -> Image.Image:
    """Red, green, blue and yellow quarters, in reading order."""
    pixels = np.empty((height, width, 3), np.uint8)
    top, left = slice(0, height // 2), slice(0, width // 2)
    bottom, right = slice(height // 2, None), slice(width // 2, None)
    pixels[top, left], pixels[top, right], pixels[bottom, left], pixels[bottom, right] = RED, GREEN, BLUE, YELLOW
    return Image.fromarray(pixels)


def noise(side: int = 64) -> Image.Image:
    """Seeded RGB noise, which no format compresses."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (side, side, 3), np.uint8))


def image_file(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The picture as a file of this kind."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def orientation(value: int) -> Image.Exif:
    """EXIF data with this orientation alone."""
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def png_chunk(name: bytes, body: bytes) -> bytes:
    """One chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_header(width: int, height: int, *, depth: int = 8, colour: int = 2, interlaced: bool = False) -> bytes:
    """The start of a PNG, enough to know its size; by default RGB."""
    return PNG_START + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))


def png_with(chunks: bytes, *, after: bool = False) -> bytes:
    """A PNG of 48 x 32 with these chunks in front of its pixels, or after them."""
    whole = image_file(quarters())
    cut = len(whole) - 12 if after else 33  # the end chunk has 12 bytes, signature and header have 33
    return whole[:cut] + chunks + whole[cut:]


def interlaced_png(pixels: np.ndarray) -> bytes:
    """(h, w, 3) uint8 in the seven passes of Adam7, which Pillow does not write."""
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    rows = [row for y, x, down, right in passes for row in pixels[y::down, x::right]]
    body = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows if row.size))
    header = png_header(pixels.shape[1], pixels.shape[0], interlaced=True)
    return header + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


def jpeg_segment(marker: int, body: bytes = b"") -> bytes:
    """One segment of a JPEG with its length."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg_with(segments: bytes) -> bytes:
    """A JPEG of 48 x 32 with these bytes right behind its start."""
    whole = image_file(quarters(), "JPEG")
    return whole[:2] + segments + whole[2:]


def jpeg_of_scans(scans: int, picture: Image.Image | None = None) -> bytes:
    """A progressive grey JPEG whose last scans refine nothing: each is a Huffman table and runs of empty blocks."""
    whole = image_file(picture or quarters().convert("L"), "JPEG", progressive=True)
    table = jpeg_segment(
        0xC4, b"\x11\1" + bytes(15) + b"\xe0"
    )  # one code, 0: the next 2 ** 14 blocks or more are empty
    scan = table + jpeg_segment(0xDA, b"\1\1\x11\x01\x3f\x10") + bytes(200)
    return whole[:-2] + scan * (scans - whole.count(b"\xff\xda")) + whole[-2:]


def gif_with(blocks: bytes, *, frames: int = 1) -> bytes:
    """A grey GIF of 16 x 16 with these blocks in front of its frames."""
    picture = Image.new("L", (16, 16), 90)
    picture.paste(200, (0, 0, 8, 8))
    whole = image_file(picture, "GIF")
    frame = whole[whole.index(b",\0\0\0\0") : -1]
    return whole[: whole.index(b",\0\0\0\0")] + blocks + frame * frames + b";"


def tiff_of(tags: Sequence[TiffTag], *, following: int = 0, tail: bytes = b"") -> bytes:
    """A grey little-endian TIFF of 16 x 16 at byte 1,000, its directory at 8, with these tags in place of its own."""
    own: dict[int, TiffTag] = {t[0]: t for t in ((256, 3, 1, 16), (257, 3, 1, 16), (258, 3, 1, 8), (262, 3, 1, 1))}
    own |= {273: (273, 4, 1, 1000), 278: (278, 3, 1, 16), 279: (279, 4, 1, 256)} | {t[0]: t for t in tags}
    head = b"II*\0" + struct.pack("<I", 8) + tiff_directory(sorted(own.values()), following)
    return head.ljust(1000, b"\0") + bytes(range(256)) + tail


def tiff_of_pieces(
    tags: Sequence[TiffTag], piece: bytes, number: int, *, order: str = "<", tiled: bool = True
) -> bytes:
    """A TIFF of these tags, each with one number or values in its place, whose tiles or strips share their bytes."""
    start = 16 + 12 * (len(tags) + 2) + 8 * number
    where = 16 + 12 * (len(tags) + 2), start - 4 * number
    values = (start, len(piece)) if number == 1 else where
    lists = [(tag, 4, number, value) for tag, value in zip((324, 325) if tiled else (273, 279), values, strict=True)]
    body = b"".join(_tiff_entry(order, *tag) for tag in sorted([*tags, *lists]))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(tags) + 2) + body
    return (
        head.ljust(where[0], b"\0")
        + struct.pack(f"{order}{number}I", *[start] * number)
        + (struct.pack(f"{order}{number}I", *[len(piece)] * number) + piece)
    )


def grey_tiff(values: np.ndarray, *, order: Literal["<", ">"] = "<", tags: Sequence[TiffTag] = ()) -> bytes:
    """(h, w) grey values in one strip, in their own type; `tags` in place of the usual ones or besides them."""
    bits, sample_format = values.dtype.itemsize * 8, {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    own: dict[int, TiffTag] = {256: (256, 4, 1, values.shape[1]), 257: (257, 4, 1, values.shape[0])}
    own |= {258: (258, 3, 1, bits), 259: (259, 3, 1, 1), 262: (262, 3, 1, 1), 277: (277, 3, 1, 1)}
    own |= {278: (278, 4, 1, values.shape[0]), 339: (339, 3, 1, sample_format)} | {tag[0]: tag for tag in tags}
    pixels = values.astype(values.dtype.newbyteorder(order)).tobytes()
    return tiff_of_pieces(list(own.values()), pixels, 1, order=order, tiled=False)


def png_of_16_bits(values: np.ndarray, *, colour: int = 0, chunks: bytes = b"") -> bytes:
    """(h, w) or (h, w, channels) values of 16 bits, with these chunks in front of them."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = png_header(values.shape[1], values.shape[0], depth=16, colour=colour) + chunks
    return head + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")


def _tiff_entry(order: str, tag: int, kind: int, count: int, value: int) -> bytes:
    is_short = kind == 3 and count == 1
    return struct.pack(order + ("HHIHxx" if is_short else "HHII"), tag, kind, count, value)


def tiff_directory(tags: Sequence[TiffTag], following: int = 0) -> bytes:
    """One directory: its tags, and where the next one is."""
    return (
        struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *t) for t in tags) + struct.pack("<I", following)
    )


def run_length_bmp(width: int, height: int, body: bytes) -> bytes:
    """A BMP with 256 greys in runs: (count, value) pairs."""
    palette = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 4, axis=1).tobytes()
    start = 14 + 40 + len(palette)
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(body), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + head + palette + body


def avif_box(name: bytes, content: bytes) -> bytes:
    """One box with its length."""
    return struct.pack(">I", len(content) + 8) + name + content


def avif_grid(columns: int, rows: int, cell: Image.Image) -> bytes:
    """An AVIF whose picture is made of items that all show this cell, as avifenc writes it for large pictures."""
    whole, cells = image_file(cell, "AVIF", speed=10), columns * rows
    coded, size = whole[whole.index(b"mdat") + 4 :], (columns * cell.width, rows * cell.height)
    names = [(i + 1, b"av01" if i else b"grid") for i in range(cells + 1)]
    infos = b"".join(avif_box(b"infe", struct.pack(">IHH4sx", 2 << 24, i, 0, name)) for i, name in names)
    sources = struct.pack(f">HH{cells}H", 1, cells, *range(2, cells + 2))
    grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, *size)
    head = avif_box(b"ftyp", b"avif\0\0\0\0avifmif1miaf")
    meta = avif_box(b"hdlr", bytes(8) + b"pict" + bytes(13)) + avif_box(b"pitm", bytes(4) + b"\0\1")
    meta += avif_box(b"iinf", struct.pack(">IH", 0, cells + 1) + infos)
    meta += avif_box(b"iref", bytes(4) + avif_box(b"dimg", sources)) + avif_box(b"idat", grid)
    meta += _grid_properties(whole, size, cells)
    start = len(head) + 12 + len(meta) + 16 + 16 * (cells + 1) + 8
    places = [(1, 1, 0, 1, 0, len(grid)), *((i + 2, 0, 0, 1, start, len(coded)) for i in range(cells))]
    locations = b"".join(struct.pack(">HHHHII", *place) for place in places)
    meta += avif_box(b"iloc", b"\1\0\0\0\x44\0" + struct.pack(">H", cells + 1) + locations)
    return head + avif_box(b"meta", bytes(4) + meta) + avif_box(b"mdat", coded)


def _grid_properties(whole: bytes, size: tuple[int, int], cells: int) -> bytes:
    """Those of one picture for each cell, and for the grid all but the size and the settings of the decoder."""
    start = whole.index(b"ipco")
    behind = start - 4 + int.from_bytes(whole[start - 4 : start])
    found = whole[start + 4 : behind]
    names = sorted((name for name in (b"ispe", b"pixi", b"av1C", b"colr") if name in found), key=found.index)
    shared = [i + 1 for i, name in enumerate(names) if name not in {b"ispe", b"av1C"}]
    owned = [[*shared, len(names) + 1], *([*range(1, len(names) + 1)] for _ in range(cells))]
    links = b"".join(struct.pack(">HB", i + 1, len(own)) + bytes(own) for i, own in enumerate(owned))
    properties = avif_box(b"ipco", found + avif_box(b"ispe", struct.pack(">III", 0, *size)))
    return avif_box(b"iprp", properties + avif_box(b"ipma", struct.pack(">II", 0, cells + 1) + links))
