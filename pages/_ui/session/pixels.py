"""The pixels of any image: in one small store for everybody, under the hash of its file, and decoded anew from that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from gradcam_core.decoding.decode import decode_image
from gradcam_core.errors import ImageError
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.resources.queue import ComputeQueue
from gradcam_core.samples import SAMPLES, sample_bytes
from pages._ui.session.question import ImageInfo
from pages._ui.session.queue import my_turn
from pages._ui.session.shared import ensure_room, shared
from pages._ui.session.tray import tray


def image_info(image: LoadedImage, *, name: str, address: str, source: str, is_scene: bool = False) -> ImageInfo:
    """What is kept of an opened picture."""
    return ImageInfo(image.sha256, image.size, image.original_size, name, image.notes, address, is_scene, source)


def pixels_of(picture: ImageInfo) -> LoadedImage:
    """The picture itself, decoded anew if it has not been looked at for a while.

    Raises:
        ImageError: if its file has left the tray.
    """
    return replace(decoded(picture.sha256, lambda: _file_of(picture)), name=picture.name)


def decoded(sha256: str, read: Callable[[], bytes]) -> LoadedImage:
    """An image by the hash of its file, which is read if it has not been decoded lately."""
    known = shared().pixels.get(sha256)
    if known is not None:
        return known
    image = decode_image(read(), turn=decoding_turn)
    return shared().pixels.put(sha256, image, image.nbytes)


@contextmanager
def decoding_turn(slots: ComputeQueue) -> Iterator[None]:
    """This session's turn to decode a file, when there is memory for it."""
    with my_turn(slots):
        ensure_room()
        yield


def _file_of(picture: ImageInfo) -> bytes:
    if picture.address in tray():
        return tray()[picture.address].data
    if picture.address in SAMPLES:
        return sample_bytes(picture.address)
    raise ImageError(f"The picture {picture.name} is no longer kept.", hint="Bring it again.")
