"""What the answer of a web server means: where it leads, how long it is, or why it is no picture. No network here."""

import contextlib
from email.message import Message

from gradcam_core.decoding.foreign import foreign_kind
from gradcam_core.decoding.signatures import ACCEPTED_IN_WORDS, kind_of
from gradcam_core.download.addresses import WebAddress, parse_url
from gradcam_core.errors import ImageError

REDIRECTS = (301, 302, 303, 307, 308)
SAVE_IT = "Save the picture and upload it instead."


def redirect_target(address: WebAddress, location: str | None) -> WebAddress:
    """Where a redirect with this `Location` leads, to be judged like a new URL."""
    if not location:
        raise ImageError("The server says that the picture has moved, but not where to.", hint=SAVE_IT)
    with contextlib.suppress(UnicodeError):  # header bytes are read as Latin-1, but mean UTF-8 where they can
        location = location.encode("latin-1").decode("utf-8")
    return parse_url(location, base=address.url)


def promised_length(status: int, headers: Message, max_bytes: int) -> int | None:
    """The length that the headers promise, None where they promise none; everything odd about them is refused."""
    if status != 200:
        raise _bad_status(status)
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ImageError("The server sends the picture compressed, though it was asked not to.", hint=SAVE_IT)
    lengths = headers.get_all("Content-Length", [])
    if len(lengths) > 1 or not all(length.isascii() and length.isdigit() for length in lengths):
        raise broken_off()
    if not lengths or "Transfer-Encoding" in headers:
        return None
    if int(lengths[0]) > max_bytes:
        raise body_too_large(max_bytes)
    return int(lengths[0])


def not_a_picture(body: bytes) -> ImageError:
    """The refusal of a body by its first bytes."""
    if not body:
        return ImageError("The server answers, but sends nothing.", hint=SAVE_IT)
    kind = kind_of(body)
    foreign = foreign_kind(kind)
    hint = "Open the picture by itself in a browser and copy that address." if kind == "HTML" else foreign.step
    return ImageError(f"The server sends {foreign.called}, not a {ACCEPTED_IN_WORDS} picture.", hint=hint)


def body_too_large(max_bytes: int) -> ImageError:
    """The refusal of a body over the limit."""
    return ImageError(f"The picture is larger than {max_bytes / 1e6:g} MB.", hint="Use a smaller version of it.")


def stopped_half_way() -> ImageError:
    """The refusal of a body shorter than promised."""
    return ImageError("The server stopped half-way through the picture.", hint="Try again, or upload it.")


def broken_off() -> ImageError:
    """The refusal of what is no orderly HTTP."""
    return ImageError("The server broke off, or does not answer as a web server should.", hint=SAVE_IT)


def _bad_status(status: int) -> ImageError:
    sentences = {
        204: "The server answers, but sends nothing",
        401: "The server does not give this picture to everyone",
        403: "The server does not give this picture to everyone",
        404: "The server has nothing at this address",
        410: "The server has nothing at this address any more",
        429: "The server has been asked too often",
    }
    return ImageError(
        f"{sentences.get(status, 'The server answers with an error')} ({status}).",
        hint="Check the address in a browser, or save the picture and upload it.",
    )
