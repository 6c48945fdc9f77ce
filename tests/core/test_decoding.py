"""Files that are built to hold a decoder: refused from their outline, and what only looks like them opens."""

import io
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from gradcam_core.decoding import decode as images
from gradcam_core.decoding import tiff_tags
from gradcam_core.decoding.decode import decode_image
from gradcam_core.decoding.pillow import configure_pillow
from gradcam_core.errors import ImageError
from tests.core.made_files import (
    GIF_START,
    RED,
    gif_with,
    image_file,
    jpeg_of_scans,
    jpeg_segment,
    jpeg_with,
    noise,
    orientation,
    png_chunk,
    png_with,
    quarters,
    run_length_bmp,
    tiff_directory,
    tiff_of,
)

_MEGABYTE = zlib.compress(bytes(1_000_000), 9)
_RATIONALS = (282, 5, 600_000, 2000)


def _entries(number: int) -> bytes:
    return tiff_of([(1000 + i, 3, 1, 7) for i in range(number)])


_REFUSED = {
    "1,001 empty comments in a JPEG": (jpeg_with(jpeg_segment(0xFE) * 1_001), "1,000 segments"),
    "EXIF in tiny parts": (jpeg_with(jpeg_segment(0xE1, b"Exif\0\0x") * 1_001), "1,000 segments"),
    "padding in a JPEG": (jpeg_with(b"\xff" * 1_100_000), "bytes between its segments"),
    "junk in a JPEG": (jpeg_with(jpeg_segment(0xFE) + bytes(1_100_000)), "bytes between its segments"),
    "padding up to the end": (b"\xff\xd8" + b"\xff" * 1_100_000, "bytes between its segments"),
    "EXIF of a megabyte": (jpeg_with(jpeg_segment(0xE1, b"Exif\0\0" + bytes(65_000)) * 16), "bytes of EXIF"),
    "101 scans": (jpeg_of_scans(101), "100 scans"),
    "arithmetic coding": (image_file(quarters(), "JPEG").replace(b"\xff\xc0", b"\xff\xc9", 1), "arithmetic"),
    "chunks in a PNG": (png_with(png_chunk(b"abCd", b"") * 1_001), "1,000 chunks"),
    "chunks after the pixels": (png_with(png_chunk(b"abCd", b"") * 1_001, after=True), "1,000 chunks"),
    "chunks of pixels": (png_with(png_chunk(b"IDAT", b"") * 50_001), "50,000 chunks of pixels"),
    "profiles that swell": (png_with(png_chunk(b"iCCP", b"x\0\0" + _MEGABYTE) * 11), "10 colour profiles"),
    "texts that swell": (png_with(png_chunk(b"zTXt", b"\0\0" + _MEGABYTE) * 1_001), "1,000 chunks"),
    "extensions of a GIF": (gif_with(b"!\xfe\0" * 100_001), "100,000 blocks"),
    "a comment in single bytes": (gif_with(b"!\xfe" + b"\1x" * 100_001 + b"\0"), "100,000 blocks"),
    "a comment behind an empty block": (gif_with(b"!\xf9\0" + b"\1x" * 100_001 + b"\0"), "100,000 blocks"),
    "a comment behind a loop count": (gif_with(b"!\xff\x0bNETSCAPE2.0\0" + b"\1x" * 100_001 + b"\0"), "blocks"),
    "junk in a GIF": (gif_with(b"x" * 100_001), "100,000 blocks"),
    "junk and nothing else in a GIF": (GIF_START + bytes(100_001), "100,000 blocks"),
    "blocks behind a GIF's frame": (gif_with(b"")[:-1] + b"!\xfe" + b"\1x" * 500_001, "500,000 blocks"),
    "extensions behind a GIF's frame": (gif_with(b"")[:-1] + b"!\xfe\0" * 500_001, "500,000 blocks"),
    "a frame in single bytes": (gif_with(b",\0\0\0\0\x10\0\x10\0\0\2" + b"\1\0" * 500_001 + b"\0"), "500,000 blocks"),
    "strips of a TIFF": (tiff_of([(273, 4, 50_001, 2000)]), "50,000 strips or tiles"),
    "tiles of a TIFF": (tiff_of([(322, 3, 1, 16), (323, 3, 1, 16), (324, 4, 50_001, 2000)]), "50,000 strips or tiles"),
    "a tile larger than the picture": (tiff_of([(322, 4, 1, 20_000), (323, 4, 1, 20_000)]), "pixels in a tile"),
    "fractions in a TIFF": (tiff_of([_RATIONALS]), "500,000 numbers"),
    "fractions in its EXIF": (tiff_of([(34665, 4, 1, 1256)], tail=tiff_directory([_RATIONALS])), "500,000 numbers"),
    "tags in a TIFF": (_entries(4_000), "4,000 tags"),
    "runs of a BMP": (run_length_bmp(4000, 4000, b"\1x\0\0" * 4000 + b"\0\1"), "run-length BMP has more than 10 meg"),
}


@pytest.mark.parametrize("case", _REFUSED)
def test_a_file_that_would_hold_the_decoder_is_refused(case: str) -> None:
    data, words = _REFUSED[case]
    with pytest.raises(ImageError, match=words) as refusal:
        decode_image(data)
    assert refusal.value.message.endswith(".")
    assert refusal.value.hint.endswith(".")


def test_a_gif_whose_first_frame_is_larger_than_its_canvas_makes_no_room_for_it() -> None:
    frame = b"!\xf9\4\x08\0\0\0\0" + b"," + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0) + b"\2\0"
    with pytest.raises(ImageError, match="more than 50 megapixels") as refusal:
        decode_image(gif_with(frame))
    assert isinstance(refusal.value.__cause__, Image.DecompressionBombError)  # before 4 GB are filled


@pytest.mark.parametrize(("kind", "side"), [("WEBP", 5500), ("AVIF", 5500)])
def test_webp_and_avif_may_have_30_megapixels(kind: str, side: int) -> None:
    data = image_file(Image.new("L", (side, side)), kind, **({"speed": 10} if kind == "AVIF" else {"method": 0}))
    with pytest.raises(ImageError, match=f"This {kind} has more than 30 megapixels") as refusal:
        decode_image(data)
    assert "JPEG" in refusal.value.hint


def test_a_tiff_whose_directories_name_each_other_is_walked_once() -> None:
    tail = tiff_directory([(34665, 4, 1, 1256), (34853, 4, 1, 8)])
    assert decode_image(tiff_of([(34665, 4, 1, 1256)], tail=tail)).size == (16, 16)


def test_a_tiff_that_names_many_directories_of_exif_is_refused() -> None:
    directories = b"".join(tiff_directory([(34665, 4, 1, 1256 + 18 * (i + 1))]) for i in range(40))
    with pytest.raises(ImageError, match="16 directories"):
        decode_image(tiff_of([(34665, 4, 1, 1256)], tail=directories))


def test_a_tiff_whose_directory_names_thousands_is_refused_at_the_seventeenth(monkeypatch: pytest.MonkeyPatch) -> None:
    walked, real = 0, tiff_tags.tags

    def counted(data: bytes, position: int) -> Iterator[tuple[int, int, int, int]]:
        nonlocal walked
        for tag in real(data, position):
            walked += 1
            yield tag

    monkeypatch.setattr(tiff_tags, "tags", counted)
    with pytest.raises(ImageError, match="16 directories"):
        decode_image(tiff_of([(34665, 4, 1, 1256)], tail=tiff_directory([(34665, 4, 1, 9 * i) for i in range(4_000)])))
    assert walked < 50


# What looks like it, and opens


def test_a_jpeg_of_a_hundred_scans_opens() -> None:
    assert decode_image(jpeg_of_scans(100)).size == (48, 32)


def test_scans_within_exif_thumbnails_profiles_and_behind_the_picture_are_not_counted() -> None:
    scans = b"\xff\xda" * 30_000
    data = jpeg_with(jpeg_segment(0xE1, b"Exif\0\0" + scans) + jpeg_segment(0xE2, b"ICC_PROFILE\0\1\1" + scans)) + scans
    np.testing.assert_allclose(decode_image(data).pixels[8, 8].astype(int), RED, atol=12)


def test_a_mpo_of_many_progressive_frames_opens() -> None:
    data = image_file(quarters(), "MPO", save_all=True, append_images=[quarters()] * 15, progressive=True)
    assert data.count(b"\xff\xda") > 100
    assert decode_image(data).notes == ("The first of 16 frames is shown.",)


def test_pixels_of_a_jpeg_with_restart_markers_are_no_segments() -> None:
    data = image_file(noise(1600), "JPEG", quality=20, restart_marker_blocks=1)
    assert min(data.count(bytes([0xFF, 0xD0 + i])) for i in range(8)) > 1_000
    assert decode_image(data).size == (1600, 1600)


def test_a_colour_profile_of_megabytes_and_fifty_texts_open() -> None:
    profile = np.random.default_rng(0).bytes(3_000_000)
    texts = b"".join(png_chunk(b"tEXt", b"key%d\0value" % i) for i in range(50))
    swelling = png_chunk(b"iCCP", b"x\0\0" + zlib.compress(profile))
    np.testing.assert_array_equal(decode_image(png_with(texts + swelling)).pixels, np.asarray(quarters()))
    assert decode_image(image_file(quarters(), "JPEG", icc_profile=profile)).size == (48, 32)
    assert decode_image(image_file(quarters(), "TIFF", icc_profile=profile)).size == (48, 32)


@pytest.mark.parametrize("name", [b"zTXt", b"iTXt"])
def test_a_deflated_text_of_megabytes_opens(name: bytes) -> None:
    head = b"key\0\0" if name == b"zTXt" else b"XML:com.adobe.xmp\0\1\0\0\0"
    assert decode_image(png_with(png_chunk(name, head + zlib.compress(b" " * 3_000_000)))).size == (48, 32)


def test_large_exif_of_a_png_in_a_text_is_left_unread() -> None:
    text = b"\nexif\n 3\n" + (orientation(6).tobytes() + bytes(1_000_000)).hex().encode()
    assert decode_image(png_with(png_chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text)))).size == (
        48,
        32,
    )


def test_large_exif_of_a_png_is_left_unread() -> None:
    exif = orientation(6).tobytes()[6:] + bytes(1_000_000)
    assert decode_image(png_with(png_chunk(b"eXIf", exif))).size == (48, 32)


@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}, {"compression": "packbits"}])
def test_a_tiff_of_one_strip_a_row_opens(options: dict[str, object]) -> None:
    image = decode_image(image_file(quarters(480, 320), "TIFF", strip_size=1, **options))
    np.testing.assert_allclose(image.pixels[8, 8].astype(int), RED, atol=12)


def test_plain_tiffs_are_read_by_libtiff() -> None:
    """Pillow's own reader takes a minute for a picture whose 7,000 strips overlap, each a byte after the other."""
    configure_pillow()
    with Image.open(io.BytesIO(image_file(quarters(), "TIFF"))) as picture:
        assert [tile.codec_name for tile in picture.tile] == ["libtiff"]


def test_runs_of_a_small_bmp_open() -> None:
    image = decode_image(run_length_bmp(16, 4, b"\x10\x07\0\0" * 4 + b"\0\1"))
    assert image.size == (16, 4)
    assert (image.pixels == 7).all()


# Threads and the terminal


@pytest.mark.parametrize("step", ["_check_file", "_opened"])
def test_as_many_are_decoded_at_once_as_the_settings_say(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_DECODES_AT_ONCE", "3")
    inside, most, lock, real = 0, 0, threading.Lock(), getattr(images, step)
    meeting, done = threading.Barrier(3), threading.Event()

    def counted(*arguments: object) -> object:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        meeting.wait(10)  # passes when three are here together
        done.wait(0.2)  # a fourth would come in now
        with lock:
            inside -= 1
        return real(*arguments)

    monkeypatch.setattr(images, step, counted)
    data = image_file(quarters())
    threads = [threading.Thread(target=decode_image, args=(data,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (inside, most) == (0, 3)


def test_broken_tags_are_not_told_to_the_terminal() -> None:
    code = (
        "import sys; from gradcam_core.decoding.decode import decode_image; "
        "print(decode_image(sys.stdin.buffer.read()).size, file=sys.stdout)"
    )
    data = tiff_of([(282, 5, 1, 2**31), (283, 5, 3, 1000)])
    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
    assert (done.stdout.strip(), done.stderr) == (b"(16, 16)", b"")


def test_importing_the_decoder_changes_nothing_in_pillow() -> None:
    code = (
        "import warnings; from PIL import Image, PngImagePlugin as png, TiffImagePlugin as tiff\n"
        "def state(): return (tiff.READ_LIBTIFF, len(tiff.OPEN_INFO), png.MAX_TEXT_CHUNK, png.MAX_TEXT_MEMORY, "
        "Image.MAX_IMAGE_PIXELS, [one for one in warnings.filters if 'PIL' in str(one[3])])\n"
        "before = state(); import gradcam_core.images; print(state() == before)\n"
        "from gradcam_core.decoding.pillow import configure_pillow; configure_pillow(); print(state() == before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.split() == ["True", "False"]
