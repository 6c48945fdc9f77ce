"""Is a JPEG built in a way that its decoder gets through? Told from its markers (ITU T.81, annex B)."""

import re
from collections.abc import Iterator

from gradcam_core.config import Settings
from gradcam_core.decoding.orientation import MOST_EXIF_BYTES
from gradcam_core.decoding.refusals import refuse_over
from gradcam_core.errors import ImageError

_MOST_PARTS = 1_000  # segments
_MOST_STRAY_BYTES = 1_000_000  # between the segments; Pillow goes through them one by one
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_MARKER_AFTER_PIXELS = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # ITU T.81, B.1.1.5: pixels hold FF 00 and RSTn alone
_WITHOUT_BODY = frozenset({*range(0xC0), 0xC8, *range(0xD0, 0xDA), *range(0xF0, 0xFE)})
_SCAN, _END = 0xDA, 0xD9
_FRAMES = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})  # SOF0 to SOF15, and SOF55 of ITU T.87
_UNREAD = {  # by the marker of the frame; T.81, table B.1
    **dict.fromkeys((0xC9, 0xCA, 0xCD, 0xCE), "uses arithmetic coding, which is too slow to decode"),
    **dict.fromkeys((0xC3, 0xCB), "is lossless, a kind for archives of hospitals that is not read here"),
    **dict.fromkeys((0xC5, 0xC6, 0xC7, 0xCF), "is hierarchical, a kind that is not read here"),
    0xF7: "is a JPEG-LS, a kind for archives of hospitals that is not read here",
}
_EXPORT = "Export it as PNG, or as an ordinary JPEG of 8 bits a channel."


def check(data: bytes, limits: Settings) -> None:
    """Refuse a JPEG that would hold its decoder."""
    parts = scans = stray = exif = 0
    for marker, skipped, body in _segments(data):
        if marker in _FRAMES:
            _check_frame(marker, data[body : body + 8])
        parts, scans = parts + 1, scans + (marker == _SCAN)
        stray += 0 if scans else skipped
        exif += int.from_bytes(data[body : body + 2]) if data[body + 2 : body + 8] == b"Exif\0\0" else 0
        refuse_over(limits.max_jpeg_scans, scans, "JPEG", "scans")
        refuse_over(_MOST_PARTS, parts, "JPEG", "segments")
        refuse_over(_MOST_STRAY_BYTES, stray, "JPEG", "bytes between its segments")
        refuse_over(MOST_EXIF_BYTES, exif, "JPEG", "bytes of EXIF")


def _check_frame(marker: int, header: bytes) -> None:
    """Refuse pictures that are whole, but coded otherwise than the decoder reads (T.81, B.2.2)."""
    if marker in _UNREAD:
        raise ImageError(f"This JPEG {_UNREAD[marker]}.", hint=_EXPORT)
    if len(header) < 8:
        return  # it is cut off, and the decoder says so
    bits, height, channels = header[2], header[3:5], header[7]
    if bits != 8:
        raise ImageError(f"This JPEG has {bits} bits a channel, and only 8 are read here.", hint=_EXPORT)
    if channels not in {1, 3, 4}:
        raise ImageError(f"This JPEG has {channels} channels, and only 1, 3 or 4 are read here.", hint=_EXPORT)
    if not any(height):
        raise ImageError("This JPEG tells its height only behind its pixels, which is not read here.", hint=_EXPORT)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, bytes skipped in front of it, where its body starts), up to the end of the first picture.

    Other pictures (thumbnails, further frames) lie within bodies or after the end, and are not gone through.
    """
    end, pattern = 2, _MARKER
    while found := pattern.search(data, end):
        body = found.end()
        marker = data[body - 1]
        if marker == _END and pattern is _MARKER_AFTER_PIXELS:
            return
        yield marker, found.start() - end, body
        end = body if marker in _WITHOUT_BODY else body + max(2, int.from_bytes(data[body : body + 2]))
        pattern = _MARKER_AFTER_PIXELS if marker == _SCAN else pattern
    yield _END, max(0, len(data) - end), len(data)  # Pillow looks on to the end of the file
