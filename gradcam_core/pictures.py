"""A picture from wherever it is: a path, a URL or bytes."""

import re
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gradcam_core.config import settings
from gradcam_core.download import fetch_image
from gradcam_core.errors import ImageError
from gradcam_core.images import LoadedImage, decode_image, display_name, file_too_large

_URL = re.compile(r"\s*[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def load_image(source: str | Path | bytes, *, name: str = "") -> LoadedImage:
    """Open a picture.

    Args:
        source: a path, an http or https URL, or the bytes of a file.
        name: what to call it on screen; by default the last part of the path or URL.

    Raises:
        ImageError: if there is no picture there, or not an accepted one.
        ResourceError: if memory runs out, or too many pictures are being fetched.
    """
    if isinstance(source, bytes):
        return decode_image(source, name=name)
    if isinstance(source, str) and _URL.match(source):
        url = source.strip()
        return decode_image(fetch_image(url), name=name or unquote(urlsplit(url).path.rpartition("/")[2]))
    if isinstance(source, str) and not source.strip():
        raise ImageError("No picture is named.", hint="Name a file, or an http or https address.")
    path = Path(source)
    return decode_image(_file_bytes(path), name=name or path.name)


def _file_bytes(path: Path) -> bytes:
    """The whole file, its kind and size known before the first byte is read."""
    shown = display_name(str(path))
    limits = settings()
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a file"
            raise ImageError(f"{shown} is {kind}.", hint="Name one picture file.")
        if status.st_size > limits.max_file_bytes:
            raise file_too_large(limits)
        with path.open("rb") as file:
            return file.read(limits.max_file_bytes + 1)  # it may have grown; the decoder's door counts again
    except FileNotFoundError as error:
        raise ImageError(f"There is no file {shown}.", hint="Check the path.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise ImageError(f"{shown} can't be read.", hint="Check the path and who may read it.") from error
