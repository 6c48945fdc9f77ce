"""Which kind of file is this? Judged by its first bytes, never by its name or by what a server calls it."""

import re

from gradcam_core.decoding.foreign import raw_kind

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
    (rb"II\*\0.{4}CR\x02\0", raw_kind("CR2")),
    (rb"II\x1a\0\0\0HEAPCCDR", raw_kind("CRW")),
    (rb"FUJIFILMCCD-RAW", raw_kind("RAF")),
    (rb"IIR[OS]|MMOR", raw_kind("ORF")),
    (rb"IIU\0", raw_kind("RW2")),
    (rb"FOVb", raw_kind("X3F")),
    (rb"\0MRM", raw_kind("MRW")),
    (rb"II[*+]\0|MM\0[*+]", "TIFF"),
    (rb"II\xbc", "JPEG XR"),
    (rb"%PDF-", "PDF"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "EPS"),
    (rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF|\x01\0\x09\0\0[\x01\x03]", "WMF"),
    (rb"RIFF....CDR", "CDR"),
    (rb"AT&TFORM", "DjVu"),
    (rb"8BPS", "PSD"),
    (rb"\0\0[\x01\x02]\0[^\0]\0", "ICO"),
    (rb"icns", "ICNS"),
    (rb"P[1-7][\s#]", "PPM"),
    (rb"P[fF]\s", "PFM"),
    (rb"DDS ", "DDS"),
    (rb"\xabKTX ", "KTX"),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "JPEG 2000"),
    (rb"\0\0\0\x0cJXL |\xff\x0a", "JPEG XL"),
    (rb"[\x8a\x8b][MJ]NG\r\n\x1a\n", "MNG"),
    (rb"BPG\xfb", "BPG"),
    (rb"FLIF", "FLIF"),
    (rb"\x01\xda[\0\x01][\x01\x02]", "SGI"),
    (rb"\x59\xa6\x6a\x95", "Sun raster"),
    (rb"\x0a[\0-\x05]\x01[\x01\x02\x04\x08]", "PCX"),
    (rb"(.{128})?DICM", "DICOM"),
    (rb"\x76\x2f\x31\x01", "EXR"),
    (rb"#\?R(ADIANC|GB)E", "HDR"),
    (rb"SIMPLE  =", "FITS"),
    (rb"\x89HDF\r\n\x1a\n", "HDF5"),
    (rb"\x93NUMPY", "NumPy"),
    (rb"MATLAB 5", "MATLAB"),
    (rb"\x5c\x01\0\0.{340}(n\+1|ni1)\0|\0\0\x01\x5c.{340}(n\+1|ni1)\0", "NIfTI"),
    (rb"NRRD000", "NRRD"),
    (rb"qoif", "QOI"),
    (rb"gimp xcf", "XCF"),
    (rb"PK\x03\x04.{26}mimetypeapplication/x-krita", "Krita"),
    (rb"PK\x03\x04.{26}(\[Content_Types\]|word/|xl/|ppt/|_rels/|docProps/|mimetypeapplication/vnd)", "Office"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office"),
    (rb"PK\x03\x04.{26}[^/]{1,200}/(data\.pkl|\.format_version|\.data/|version|byteorder)", "checkpoint"),
    (rb"PK(\x03\x04|\x05\x06|\x07\x08)", "ZIP"),
    (rb"\x1f\x8b", "GZIP"),
    (rb"7z\xbc\xaf\x27\x1c", "7z"),
    (rb"Rar!\x1a\x07", "RAR"),
    (rb"\xfd7zXZ\0", "XZ"),
    (rb"BZh[1-9]1AY", "BZIP2"),
    (rb"\x28\xb5\x2f\xfd", "Zstandard"),
    (rb".{257}ustar", "TAR"),
    (rb"\x1a\x45\xdf\xa3", "WebM"),
    (rb"RIFF....AVI ", "AVI"),
    (rb"RIFF....WAVE", "WAV"),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMV"),
    (rb"FLV\x01", "FLV"),
    (rb"\0\0\x01[\xb3\xba]", "MPEG"),
    (rb"OggS", "Ogg"),
    (rb"ID3[\x02-\x04]|\xff[\xfa\xfb\xf3]", "MP3"),
    (rb"fLaC", "FLAC"),
    (rb"....(moov|mdat|wide|free|skip)", "MP4"),
    (rb"\0\x05\x16[\0\x07]\0[\x01\x02]\0\0", "AppleDouble"),
    (rb"version https://git-lfs", "Git LFS"),
    (rb"(\xef\xbb\xbf)?\s*\[(InternetShortcut|Desktop Entry)\]", "shortcut"),
    (rb"(?i)(\xef\xbb\xbf)?\s*(<!doctype html|<html|<head|<body|<script)", "HTML"),
    (rb"(?is)(\xef\xbb\xbf)?\s*(<\?xml.*?)?(<!--.*?-->\s*)?(<!doctype svg|<svg)", "SVG"),
    (rb"(\xef\xbb\xbf)?\s*<\?xml", "XML"),
    (rb"(\xef\xbb\xbf)?\s*[{\[]\s*[\"{\[\d]", "JSON"),
    (rb"BM.{4}\0\0\0\0", "BMP"),
    (rb"\xff\xfe|\xfe\xff", "text"),
    (rb"\0{16,}\Z", "zeros"),
)
_KINDS = tuple((re.compile(pattern, re.DOTALL), kind) for pattern, kind in _STARTS)
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"miaf", b"avci"}
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


def _kind_of_container(head: bytes) -> str:
    """AVIF, HEIC and films share one container (ISO/IEC 14496-12); its brands tell them apart."""
    length = int.from_bytes(head[:4], "big")
    listed = head[16 : max(16, min(length, len(head)))]
    brands = [head[8:12], *(listed[i : i + 4] for i in range(0, len(listed), 4))]  # major, then the compatible ones
    if b"crx " in brands:
        return raw_kind("CR3")
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
