"""How is a picture with a colour profile shown, and what does a model see of it?"""

import io
import random
import struct
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from gradcam_core.decoding.decode import decode_image
from gradcam_core.preprocessing import InputSpec, prepare
from tests.core.made_files import image_file, orientation, quarters, tiff_of
from tests.core.made_profiles import (
    SRGB,
    description,
    grey_profile,
    ink_profile,
    on_screen,
    profile,
    rgb_profile,
    stepwise_profile,
)

SPEC = InputSpec(32, 32, (0.5, 0.5, 0.5), (0.2, 0.2, 0.2))
PAPER, CYAN_INK = (100.0, 0.0, 0.0), (60.0, -20.0, -35.0)  # Lab
CYAN_ON_SCREEN = (35, 157, 206)  # in sRGB, by CIE 15 and IEC 61966-2-1
INKS = ink_profile({(0, 0, 0, 0): PAPER, (1, 0, 0, 0): CYAN_INK})
NOTE = "On screen its colours are converted from Wide to sRGB; the model sees the file's own numbers."


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_a_wide_colour_space_is_shown_in_srgb_and_the_model_sees_the_numbers(kind: str) -> None:
    plain, tagged = (image_file(quarters(), kind, quality=95, **more) for more in ({}, {"icc_profile": rgb_profile()}))
    image, numbers = decode_image(tagged), decode_image(plain).pixels
    np.testing.assert_allclose(image.pixels, on_screen(numbers), atol=2)
    assert np.abs(image.pixels.astype(int) - numbers).max() > 15
    assert image.notes == (NOTE,)
    assert torch.equal(prepare(image, SPEC).tensor, prepare(decode_image(plain), SPEC).tensor)


@pytest.mark.parametrize("tag", [ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), b""])
def test_an_image_in_srgb_keeps_its_numbers_and_needs_no_note(tag: bytes) -> None:
    image = decode_image(image_file(quarters(), icc_profile=tag))
    assert np.array_equal(image.pixels, np.asarray(quarters()))
    assert (image.notes, image.file) == ((), b"")


def test_a_profile_that_nobody_would_see_in_this_image_changes_nothing() -> None:
    grey = Image.new("RGB", (20, 20), (128, 128, 128))
    almost_srgb = rgb_profile(SRGB, gamma=2.2)
    image = decode_image(image_file(grey, icc_profile=almost_srgb))
    assert not any("sRGB" in note for note in image.notes)
    assert (image.file, np.unique(image.pixels).tolist()) == (b"", [128])


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_grey_is_shown_by_its_curve(mode: str) -> None:
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None]).convert(mode)
    image = decode_image(image_file(ramp.resize((256, 4)), icc_profile=grey_profile(1.0)))
    shown = on_screen(np.repeat(np.arange(256)[:, None], 3, axis=1), SRGB, 1.0)
    np.testing.assert_allclose(image.pixels[0], shown, atol=2)
    assert "from Grey to sRGB" in image.notes[0]


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_inks_are_shown_as_they_print_and_seen_as_training_reads_them(kind: str) -> None:
    cyan = image_file(Image.new("CMYK", (32, 32), (255, 0, 0, 0)), kind, icc_profile=INKS)
    image = decode_image(cyan)
    np.testing.assert_allclose(image.pixels[5, 5], CYAN_ON_SCREEN, atol=3)
    with Image.open(io.BytesIO(cyan)) as opened:
        usual = replace(image, pixels=np.asarray(opened.convert("RGB")), file=b"")
    assert torch.equal(prepare(image, SPEC).tensor, prepare(usual, SPEC).tensor)
    paper = decode_image(image_file(Image.new("CMYK", (9, 9)), kind, icc_profile=INKS))
    assert np.unique(paper.pixels).tolist() == [255]
    assert not any("sRGB" in note for note in paper.notes)


def test_a_large_image_on_its_side_is_shown_upright_in_srgb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_KEPT_SIDE", "24")
    image = decode_image(image_file(quarters(), exif=orientation(6), icc_profile=rgb_profile()))
    plain = decode_image(image_file(quarters(), exif=orientation(6)))
    assert image.size == (16, 24)
    np.testing.assert_allclose(image.pixels, on_screen(plain.pixels), atol=2)
    assert torch.equal(prepare(image, SPEC).tensor, prepare(plain, SPEC).tensor)


def test_transparent_parts_are_white_on_screen_too() -> None:
    clear = Image.new("RGBA", (8, 8), (200, 40, 40, 0))
    clear.paste((200, 40, 40, 255), (0, 0, 4, 8))
    image = decode_image(image_file(clear, icc_profile=rgb_profile()))
    assert image.pixels[4, 6].tolist() == [255, 255, 255]
    np.testing.assert_allclose(image.pixels[4, 1], on_screen(np.array([200, 40, 40])), atol=2)
    assert image.notes == ("Transparent parts are shown over white.", NOTE)


WRONG = {
    "random": random.Random(0).randbytes(500),
    "cut off": rgb_profile()[:200],
    "a header alone": rgb_profile()[:128],
    "of grey": grey_profile(1.0),
    "of inks": INKS,
    "of a link between devices": rgb_profile().replace(b"mntr", b"link"),
    "tags without end": rgb_profile()[:128] + b"\xff" * 400,
    "a curve of 2 ** 32 numbers": rgb_profile().replace(struct.pack(">I", 1) + b"\x02\x33", b"\xff" * 6),
    "without curves": profile(b"mntr", b"RGB ", {b"desc": description("Bare")}),
    "of steps for every colour": stepwise_profile(1),
    "too long": rgb_profile() + bytes(8_000_000),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_profile_that_can_not_be_followed_is_as_if_it_were_not_there(name: str) -> None:
    image = decode_image(image_file(quarters(), "TIFF", icc_profile=WRONG[name]))
    assert np.array_equal(image.pixels, np.asarray(quarters()))
    assert (image.notes, image.file) == ((), b"")


def test_a_tiff_with_a_number_for_a_profile_opens() -> None:
    image = decode_image(tiff_of([(34675, 3, 1, 5)]))
    assert (image.size, image.notes) == ((16, 16), ())


@pytest.mark.slow
def test_damaged_profiles_never_keep_a_picture_from_opening() -> None:
    rng, shown = random.Random(1), set()
    for whole, mode in ((rgb_profile(), "RGB"), (INKS, "CMYK"), (grey_profile(1.0), "L")):
        for _ in range(100):
            damaged = bytearray(whole)
            for _ in range(rng.randint(1, 8)):
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            file = image_file(quarters().convert(mode), "TIFF", icc_profile=bytes(damaged))
            shown.add(len(decode_image(file).notes))
    assert shown == {0, 1}


def test_the_name_of_a_profile_is_harmless_text() -> None:
    image = decode_image(image_file(quarters(), icc_profile=rgb_profile(name="a\x1b[31m\nb" + "x" * 200)))
    (note,) = image.notes
    assert note.startswith("On screen its colours are converted from a\ufffd[31m\ufffdbx")
    assert len(note) < 180


def test_a_profile_without_a_name_has_one_in_the_note() -> None:
    image = decode_image(image_file(quarters(), icc_profile=rgb_profile(name="")))
    assert image.notes[0].startswith("On screen its colours are converted from its own colour profile to sRGB")
