"""Which kind of file is this? Judged by its first bytes, never by its name or by what a server calls it."""

import re

ACCEPTED = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
"""The kinds that are opened, by the names under which Pillow knows them."""

ACCEPTED_IN_WORDS = "PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF"

HEAD_BYTES = 512
"""So many first bytes are enough for `kind_of`."""

_STARTS: tuple[tuple[bytes, str], ...] = (
    (rb"\x89PNG\r\n\x1a\n", "PNG"),
    (rb"\xff\xd8\xff", "JPEG"),
    (rb"GIF8[79]a", "GIF"),
    (rb"RIFF....WEBP", "WEBP"),
    (rb"II[*+]\0|MM\0[*+]", "TIFF"),
    (rb"%PDF-", "PDF"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "EPS"),
    (rb"8BPS", "PSD"),
    (rb"\0\0[\1\2]\0[^\0]\0", "ICO"),
    (rb"P[1-7fF][\s#]", "PPM"),
    (rb"DDS ", "DDS"),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "JPEG 2000"),
    (rb"\0\0\0\x0cJXL |\xff\x0a", "JPEG XL"),
    (rb"SIMPLE  =", "FITS"),
    (rb"qoif", "QOI"),
    (rb"gimp xcf", "XCF"),
    (rb"PK\x03\x04", "ZIP"),
    (rb"\x1f\x8b", "GZIP"),
    (rb"\x1a\x45\xdf\xa3", "WebM"),
    (rb"(?i)(\xef\xbb\xbf)?\s*(<!doctype html|<html|<head|<body|<script)", "HTML"),
    (rb"(?is)(\xef\xbb\xbf)?\s*(<\?xml.*?)?(<!--.*?-->\s*)?(<!doctype svg|<svg)", "SVG"),
    (rb"(\xef\xbb\xbf)?\s*<\?xml", "XML"),
    (rb"(\xef\xbb\xbf)?\s*[{\[]\s*[\"{\[\d]", "JSON"),
    (rb"BM.{4}\0\0\0\0", "BMP"),
)
_KINDS = tuple((re.compile(pattern, re.DOTALL), kind) for pattern, kind in _STARTS)
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_NOT_IN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def kind_of(data: bytes) -> str:
    """One of `ACCEPTED`, another known kind such as "PDF", "text", or "" if the first bytes say nothing."""
    head = data[:HEAD_BYTES]
    for pattern, kind in _KINDS:
        if pattern.match(head):
            return kind
    if head[4:8] == b"ftyp":
        return _kind_of_container(head)
    return "BMP" if head[:2] == b"BM" and _NOT_IN_TEXT.search(head) else _text_or_nothing(head)


def in_words(kind: str) -> str:
    """What a file of this kind is called in a sentence: "an SVG file"."""
    if kind in {"", "text"}:
        return "a text file" if kind else "a file of a kind that is not known here"
    if kind == "HTML":
        return "a web page (HTML)"
    return f"{'an' if kind[0] in 'AEFHIJMSX' and kind[:2] not in {'JP', 'JS'} else 'a'} {kind} file"


def _kind_of_container(head: bytes) -> str:
    """AVIF, HEIC and films share one container (ISO/IEC 14496-12); its brands tell them apart."""
    length = int.from_bytes(head[:4], "big")
    listed = head[16 : max(16, min(length, len(head)))]
    brands = [head[8:12], *(listed[i : i + 4] for i in range(0, len(listed), 4))]  # major, then the compatible ones
    if b"avif" in brands or b"avis" in brands:
        return "AVIF"
    return "HEIC" if _HEIF_BRANDS.intersection(brands) else "MP4"


def _text_or_nothing(head: bytes) -> str:
    if not head or _NOT_IN_TEXT.search(head):
        return ""
    try:
        head[:-4].decode("utf-8") if len(head) == HEAD_BYTES else head.decode("utf-8")
    except UnicodeDecodeError as error:
        return "text" if error.start >= len(head) - 8 > 0 else ""
    return "text"
