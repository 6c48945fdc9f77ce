"""An address that is the picture itself (`data:`, RFC 2397), as "Copy image address" gives it: it needs no network."""

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from gradcam_core.config import settings
from gradcam_core.decoding.decode import file_too_large
from gradcam_core.decoding.incoming import IncomingFile
from gradcam_core.decoding.signatures import ACCEPTED, kind_of
from gradcam_core.errors import ImageError

_BASE64 = re.compile(r";\s*base64\s*$", re.IGNORECASE)
_COPY_IT = "Copy the picture itself and paste it, or save it and upload it."


def is_data_address(text: str) -> bool:
    """Whether it holds a file and names none."""
    return text[:5].lower() == "data:"


def file_in(address: str) -> IncomingFile:
    """The file that a data: address holds, unopened.

    Raises:
        ImageError: if it is cut off, damaged or larger than a file may be.
    """
    head, comma, body = address.partition(",")
    if not comma or not body:
        raise ImageError("This data: address is cut off: it holds no picture.", hint=_COPY_IT)
    most = settings().max_file_bytes
    is_base64 = _BASE64.search(head) is not None
    if len(body) > 4 * most:  # a byte takes at most three letters, and a line end may stand anywhere
        raise file_too_large(settings())
    data = _from_base64(body) if is_base64 else unquote_to_bytes(body)
    if len(data) > most:
        raise file_too_large(settings())
    kind = kind_of(data)
    return IncomingFile(f"image.{kind.lower()}" if kind in ACCEPTED else "", data)


def _from_base64(body: str) -> bytes:
    """Letters of either alphabet, with or without padding; line ends and escapes are taken out."""
    letters = b"".join(unquote_to_bytes(body).split()).translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return base64.b64decode(letters + b"=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImageError("The picture in this data: address is damaged.", hint=_COPY_IT) from error
