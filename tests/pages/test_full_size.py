"""The page with an image whose file holds more than is shown: the model sees the file, a person sees sRGB."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from gradcam_core.decoding.decode import decode_image
from gradcam_core.engine import Explainer
from gradcam_core.models import load_model
from gradcam_core.scenes.scene import draw_scene
from pages._ui.session.shared import shared
from tests.core.made_files import image_file
from tests.core.made_profiles import rgb_profile
from tests.pages.support import view, view_and_blobs

Open = Callable[..., AppTest]


@pytest.fixture
def strip() -> bytes:
    """A drawn cat in the middle of a strip that is fifteen times as wide as tall, in a wide colour space."""
    picture = Image.new("RGB", (3600, 240), (120, 60, 140))
    picture.paste(Image.fromarray(draw_scene(3, size=240, things=["cat"]).pixels), (1680, 0))
    return image_file(picture, icc_profile=rgb_profile())


def uploaded(app: AppTest, data: bytes) -> AppTest:
    app.segmented_control(key="source").set_value("Upload").run()
    return app.file_uploader[0].upload("strip.png", data).run()


def expected(data: bytes, preprocessing: str) -> dict[int, float]:
    forward = Explainer(load_model("tinynet")).forward(decode_image(data), preprocessing=preprocessing)
    return {one.class_index: one.probability for one in forward.top(3)}


def told(app: AppTest) -> dict[int, float]:
    cards: list[dict[str, Any]] = view(app)["classes"][:3]
    return {card["index"]: card["probability"] for card in cards}


def test_the_page_answers_for_the_file_also_when_its_pixels_were_let_go(open_app: Open, strip: bytes) -> None:
    app = uploaded(open_app(), strip)
    assert told(app) == expected(strip, "trained")
    assert view(app)["classes"][0]["label"] == "cat"
    shared().relieve()
    app.radio(key="preprocessing").set_value("pad").run()
    assert not app.error
    assert told(app) == expected(strip, "pad")


def test_everything_that_shows_the_image_shows_it_in_srgb(open_app: Open, strip: bytes) -> None:
    app = uploaded(open_app(), strip)
    shown = decode_image(strip).pixels
    head, blobs = view_and_blobs(app)
    with Image.open(BytesIO(blobs["photo"])) as photo:
        copy = Image.fromarray(shown).resize(photo.size)
        np.testing.assert_allclose(np.asarray(photo.convert("RGB")).mean((0, 1)), np.asarray(copy).mean((0, 1)), atol=1)
    assert any("converted from Wide to sRGB" in note for note in head["notes"])
    with ZipFile(BytesIO(_reply(app, "zip"))) as folder:
        described = json.loads(folder.read("explanation.json"))
        with Image.open(BytesIO(folder.read("original.png"))) as original:
            assert np.array_equal(np.asarray(original), shown)
    assert described["image"]["notes"] == list(decode_image(strip).notes)


def _reply(app: AppTest, what: str) -> bytes:
    """What the menu gives for the class on screen."""
    good = view(app)
    wanted = {"token": "t1", "what": what, "index": good["classes"][0]["index"], "view": good["question"]}
    app.session_state["viewer"] = {"wanted": wanted | {"look": {"colormap": "inferno", "opacity": 0.5}}}
    return view_and_blobs(app.run())[1]["reply"]
