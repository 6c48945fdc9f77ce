"""May these bytes go to a decoder at all? Their kind decides, before anything else is known of them."""

from gradcam_core.decoding.camera_raw import raw_format
from gradcam_core.decoding.foreign import foreign_kind, raw_kind
from gradcam_core.decoding.signatures import ACCEPTED, kind_of
from gradcam_core.errors import ImageError


def accepted_kind(data: bytes) -> str:
    """Which of `ACCEPTED` this is; the first megabyte of a file is enough.

    Raises:
        ImageError: if it is of another kind: what it is called, and the step that makes a picture of it.
    """
    kind = kind_of(data)
    raw = raw_format(data) if kind == "TIFF" else None
    if raw is not None:
        kind = raw_kind(raw)
    if kind not in ACCEPTED:
        foreign = foreign_kind(kind)
        raise ImageError(f"This is {foreign.called}, which can't be opened as a picture.", hint=foreign.step)
    return kind
