"""How many frames or pages does a file have? Counted to 100, at no cost, and said in a note."""

import io
import struct

import pytest
from PIL import Image

from gradcam_core.decoding.decode import decode_image
from tests.core.made_files import gif_with, png_chunk, png_with, tiff_directory, tiff_of


@pytest.mark.parametrize(("frames", "said"), [(100, "100"), (101, "more than 100"), (20_000, "more than 100")])
def test_frames_of_a_gif_are_counted_to_100(frames: int, said: str) -> None:
    assert decode_image(gif_with(b"", frames=frames)).notes == (f"The first of {said} frames is shown.",)


@pytest.mark.parametrize("between", [b"", b"\0", bytes(2_000_000), b"x" * 999, b"!\xfe\1,\0"])
def test_frames_of_a_gif_behind_stray_bytes_are_counted(between: bytes) -> None:
    """As Pillow counts them; the bytes cost nothing."""
    whole = gif_with(b"")
    frame = whole[whole.index(b",\0\0\0\0") : -1]
    data = whole[:-1] + between + frame + between
    assert decode_image(data).notes == ("The first of 2 frames is shown.",)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.n_frames == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(("pages", "said"), [(3, "3"), (100, "100"), (101, "more than 100"), (20_000, "more than 100")])
def test_pages_of_a_tiff_are_counted_to_100(pages: int, said: str) -> None:
    size = 2 + 12 + 4
    start = 1256
    chain = [tiff_directory([(256, 3, 1, 16)], start + (i + 1) * size) for i in range(pages - 2)]
    tail = b"".join([*chain, tiff_directory([(256, 3, 1, 16)])])
    assert decode_image(tiff_of([], following=start, tail=tail)).notes == (f"The first of {said} frames is shown.",)


@pytest.mark.parametrize("following", [8, 1256])
def test_pages_in_a_loop_are_counted_once(following: int) -> None:
    notes = decode_image(tiff_of([], following=following, tail=tiff_directory([(256, 3, 1, 16)], 8))).notes
    assert notes == (() if following == 8 else ("The first of 2 frames is shown.",))


def test_a_png_that_claims_two_milliard_frames_is_not_believed() -> None:
    claim = png_chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    assert decode_image(png_with(claim)).notes == ("The first of more than 100 frames is shown.",)


def test_a_png_of_more_than_a_thousand_frames_opens() -> None:
    frame = struct.pack(">IIIIHHBB", 48, 32, 0, 0, 1, 1, 0, 0)
    frames = b"".join(png_chunk(b"fcTL", struct.pack(">I", i) + frame) for i in range(1_100))
    claim = png_chunk(b"acTL", struct.pack(">II", 1_100, 0))
    assert decode_image(png_with(claim + frames)).notes == ("The first of more than 100 frames is shown.",)
