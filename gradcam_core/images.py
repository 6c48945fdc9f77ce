"""A picture from wherever it is: a path, a URL, a sample or bytes."""

import re
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gradcam_core.config import settings
from gradcam_core.data_address import file_in, is_data_address
from gradcam_core.decoding.decode import decode_image, file_too_large
from gradcam_core.decoding.door import accepted_kind
from gradcam_core.decoding.incoming import IncomingFile
from gradcam_core.download import fetch_image
from gradcam_core.errors import ImageError
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.pasted_address import address_in, is_web_address
from gradcam_core.samples import SAMPLES, SCHEME, sample_bytes
from gradcam_core.text import display_name

_URL = re.compile(r"\s*[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_OF_A_COMPUTER = re.compile(r"file:|[a-z]:[\\/]|[\\/~.]", re.IGNORECASE)
_HEAD_BYTES = 1_000_000


def load_image(source: str | Path | bytes, *, name: str = "") -> LoadedImage:
    """Open a picture.

    Args:
        source: a path, an http, https or data: URL, `sample:` and the name of a sample, or the bytes of a file.
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
        address = address_in(named)
        if _URL.match(named) or is_data_address(address) or _is_blob(address):
            return _at(address)
        if is_web_address(address) and not _may_be_a_path(named):
            return _at_guessed(address, named)
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
    found = address_in(named)
    if not (is_web_address(found) or is_data_address(found) or _is_blob(found)):
        hint = "It begins with https://."
        if _OF_A_COMPUTER.match(named):
            hint += " To open a file of your computer, upload it or drop it on the page."
        raise ImageError(f"{display_name(named)} is not the address of a picture.", hint=hint)
    return _at(found)


def _at(address: str) -> IncomingFile:
    """What an address holds or leads to."""
    if is_data_address(address):
        return file_in(address)
    if _is_blob(address):
        raise ImageError(
            "An address that begins with blob: leads to a picture only inside the page that it was copied from.",
            hint="Copy the picture itself and paste it, or save it and upload it.",
        )
    return _fetched(address)


def _is_blob(address: str) -> bool:
    return address[:5].lower() == "blob:"


def _may_be_a_path(named: str) -> bool:
    """Whether there is such a file, or at least the folder in which it would begin."""
    try:
        return Path(named).exists() or Path(named.partition("/")[0]).is_dir()
    except (OSError, ValueError):  # too long for a path, or with a NUL in it
        return False


def _at_guessed(address: str, named: str) -> IncomingFile:
    """What was named without https:// and is no file here; where it leads to nothing, both are said."""
    try:
        return _at(address)
    except ImageError as error:
        message = f"There is no file {display_name(named)}, and as a web address: {error.message}"
        raise ImageError(message, hint=error.hint) from error.__cause__


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
        with path.open("rb") as file:
            if status.st_size > limits.max_file_bytes:
                accepted_kind(file.read(_HEAD_BYTES))  # a video or a raw file does not get better by being smaller
                raise file_too_large(limits)
            return file.read(limits.max_file_bytes + 1)  # it may have grown; the decoder's door counts again
    except FileNotFoundError as error:
        is_sample = str(path).lower() in SAMPLES
        hint = f"The sample is named {SCHEME}{str(path).lower()}." if is_sample else "Check the path."
        raise ImageError(f"There is no file {shown}.", hint=hint) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise ImageError(f"{shown} can't be read.", hint="Check the path and who may read it.") from error
