"""The viewer's message: what is packed is what is read, and a photograph fits."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from gradcam_core.rendering.colormaps import COLORMAPS, DEFAULT_COLORMAP, diverging_tables
from gradcam_core.scenes.scene import draw_scene
from pages._ui.viewer.payload import LONGEST_SIDE, maps, pack, photo, tables, unpack
from pages._ui.viewer.scripts import VIEWER_SCRIPT, VIEWER_STYLE, script, style


def noise(width: int, height: int) -> np.ndarray:
    """Worse than any photograph: no two pixels alike."""
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("length", range(9))
def test_blobs_of_any_length_come_back_and_begin_at_a_multiple_of_four(length: int) -> None:
    blobs = {"a": b"x" * length, "b": maps([np.array([[1.5, -2.0]])]), "c": b""}
    message = pack({"label": "é" * length, "n": None}, blobs)
    head, found = unpack(message)
    assert found == blobs
    assert head["label"] == "é" * length
    assert message.index(blobs["b"]) % 4 == 0


def test_what_json_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        pack({"x": float("nan")}, {})


def test_a_small_scene_is_kept_without_loss() -> None:
    pixels = draw_scene(3, size=512).pixels
    file, size = photo(pixels)
    assert size == (512, 512)
    with Image.open(io.BytesIO(file)) as opened:
        assert np.array_equal(np.asarray(opened.convert("RGB")), pixels)


@pytest.mark.parametrize("shape", [(2048, 1536), (1024, 1024), (2048, 21), (1, 1), (21, 2048)])
def test_a_photograph_is_at_most_1024_pixels_long_and_small(shape: tuple[int, int]) -> None:
    smooth = Image.fromarray(noise(32, 32)).resize(shape, Image.Resampling.BICUBIC)
    file, size = photo(np.asarray(smooth))
    assert max(size) <= LONGEST_SIDE
    assert min(size) >= 1
    assert len(file) <= 150_000


def test_even_noise_fits() -> None:
    file, size = photo(noise(1024, 1024))
    assert len(file) <= 150_000
    assert size[0] == size[1] >= 300


def test_the_tables_are_the_cores() -> None:
    stacked = np.frombuffer(tables(), np.uint8).reshape(len(COLORMAPS) + 2, 256, 3)
    wanted = [*(colormap.table for colormap in COLORMAPS.values()), *diverging_tables()]
    for table, other in zip(stacked, wanted, strict=True):
        assert np.array_equal(table, other)
    assert next(iter(COLORMAPS)) == DEFAULT_COLORMAP  # the browser takes the first one for the default


def test_script_and_style_hold_no_comment_and_no_address() -> None:
    texts = (script(VIEWER_SCRIPT), style(VIEWER_STYLE))
    assert "\n//" not in texts[0]
    assert "/*" not in texts[1]
    for text in texts:
        assert "http://" not in text
        assert "https://" not in text
        assert "innerHTML" not in text
        assert len(text) < 100_000


def test_a_message_of_strange_letters_is_utf8() -> None:
    head, _ = unpack(
        pack({"label": "\u2028</script>\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")}, {})
    )
    assert head["label"] == "\u2028</script>😀"
    assert json.dumps(head)
