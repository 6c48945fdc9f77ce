"""A picture from wherever it is: a path, a URL, a sample or bytes."""

import re
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gradcam_core.config import settings
from gradcam_core.decoding.decode import decode_image, file_too_large
from gradcam_core.decoding.incoming import IncomingFile
from gradcam_core.download import fetch_image
from gradcam_core.errors import ImageError
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.samples import SAMPLES, SCHEME, sample_bytes
from gradcam_core.text import display_name

_URL = re.compile(r"\s*[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)


def load_image(source: str | Path | bytes, *, name: str = "") -> LoadedImage:
    """Open a picture.

    Args:
        source: a path, an http or https URL, `sample:` and the name of a sample, or the bytes of a file.
        name: what to call it on screen; by default the last part of the path or URL, or the sample's title.

    Raises:
        ImageError: if there is no picture there, or not an accepted one.
        ResourceError: if memory runs out, or too many pictures are being fetched.
    """
    file = IncomingFile(name, source) if isinstance(source, bytes) else read_picture(source)
    return decode_image(file.data, name=name or file.name)


def read_picture(source: str | Path) -> IncomingFile:
    """The file of a picture, unopened; sources and errors as those of `load_image`."""
    if isinstance(source, str):
        named = source.strip()
        if not named:
            raise ImageError("No picture is named.", hint="Name a file, or an http or https address.")
        if named.startswith(SCHEME):
            return _sample(named.removeprefix(SCHEME))
        if _URL.match(named):
            return _fetched(named)
    path = Path(source)
    return IncomingFile(path.name, _file_bytes(path))


def read_address(address: str) -> IncomingFile:
    """The file of a picture that a stranger names: a URL, or `sample:` and a name; never a path of this machine.

    Raises:
        ImageError: if it is neither, or there is no picture.
        ResourceError: if too many pictures are being fetched.
    """
    named = address.strip()
    slug = named.removeprefix(SCHEME)
    if slug != named and slug in SAMPLES:
        return _sample(slug)
    if not _WEB.match(named):
        raise ImageError(f"{display_name(named)} is not the address of a picture.", hint="It begins with https://.")
    return _fetched(named)


def _sample(slug: str) -> IncomingFile:
    data = sample_bytes(slug)
    return IncomingFile(SAMPLES[slug].title, data, f"{SCHEME}{slug}")


def _fetched(url: str) -> IncomingFile:
    return IncomingFile(unquote(urlsplit(url).path.rpartition("/")[2]), fetch_image(url), url)


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
