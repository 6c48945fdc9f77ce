"""Bringing pictures without a browser: samples, several files at once, the tray, links, and what is refused."""

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gradcam_core.images import LoadedImage
from gradcam_core.render import to_png
from gradcam_core.samples import SAMPLES
from pages._ui.intake import Parcel, unpacked
from pages._ui.question import Picture
from pages._ui.thumbnails import cards_css
from pages._ui.tray import MOST_BYTES, MOST_PICTURES, Arrival, Brought, within_bounds

Open = Callable[..., AppTest]
PICTURE = Picture("0" * 64, (8, 6), (8, 6), "a.png", (), "upload-000000000000", False, "a.png")


def noise(seed: int) -> bytes:
    """A picture of 160 × 90 pixels that no gallery holds."""
    return to_png(np.random.default_rng(seed).integers(0, 256, (90, 160, 3), dtype=np.uint8))


def bring(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    """Upload these at once."""
    if app.segmented_control(key="source").value != "Upload":
        app.segmented_control(key="source").set_value("Upload").run()
    uploader = app.file_uploader[0]
    for name, data in files:
        uploader.upload(name, data)
    return app.run()


def told(app: AppTest) -> str:
    """Refusals and captions, without the escapes."""
    texts = " ".join(element.value for element in (*app.error, *app.caption))
    return texts.replace("\\", "").replace("\u2060", "")


def names(app: AppTest) -> list[str]:
    return [option.replace("\\", "") for option in app.radio(key="tray").options]


def tray_address(app: AppTest, place: int) -> str:
    addresses: list[str] = list(app.session_state["tray_files"])
    return addresses[place]


def current(app: AppTest) -> Picture:
    picture: Picture = app.session_state["picture"]
    return picture


def test_every_sample_of_this_machine_opens_and_has_its_address(open_app: Open) -> None:
    app = open_app()
    for slug in [slug for slug, sample in SAMPLES.items() if sample.kind != "link"]:
        app.radio(key="sample").set_value(slug).run()
        assert not app.exception
        assert not app.error
        assert (current(app).address, current(app).source) == (slug, f"sample:{slug}")
        assert app.query_params.get("image", ["meadow"]) in (slug, [slug])
        assert SAMPLES[slug].credit in told(app)


def test_a_session_holds_files_and_no_pixels(open_app: Open) -> None:
    app = bring(open_app(), ("a.png", noise(1)), ("b.png", noise(2)))
    held = app.session_state.to_dict().values()
    assert not [value for value in held if isinstance(value, np.ndarray | LoadedImage)]


def test_several_files_open_the_first_and_fill_the_tray(open_app: Open) -> None:
    app = bring(open_app(), ("a.png", noise(1)), ("b.png", noise(2)), ("c.png", noise(3)))
    assert names(app) == ["a.png", "b.png", "c.png"]
    assert current(app).name == "a.png"
    assert app.radio(key="tray").value == current(app).address
    assert current(app).address.startswith("upload-")
    assert not current(app).is_linkable
    assert app.query_params["image"] in (current(app).address, [current(app).address])


def test_the_tray_switches_between_pictures(open_app: Open) -> None:
    app = bring(open_app(), ("a.png", noise(1)), ("b.png", noise(2)))
    app.radio(key="tray").set_value(tray_address(app, 1)).run()
    assert current(app).name == "b.png"
    app.segmented_control(key="source").set_value("Samples").run()
    app.radio(key="sample").set_value("bay").run()
    assert current(app).address == "bay"
    assert app.radio(key="tray").value is None
    assert names(app) == ["a.png", "b.png"]


def test_bad_files_are_named_and_the_good_ones_taken(open_app: Open) -> None:
    app = bring(open_app(), ("text.png", b"only words"), ("a.png", noise(1)), ("empty.png", b""))
    assert names(app) == ["a.png"]
    assert current(app).name == "a.png"
    assert len(app.error) == 2
    assert "text.png: This is" in told(app)
    assert "empty.png: The file is empty." in told(app)


def test_a_refusal_leaves_the_picture_standing_and_goes_with_the_next_good_act(open_app: Open) -> None:
    app = bring(open_app(image="bay"), ("text.png", b"only words"))
    assert len(app.error) == 1
    assert current(app).address == "bay"
    app = bring(app, ("a.png", noise(1)))
    assert not app.error
    assert current(app).name == "a.png"


def test_the_same_file_twice_is_one_picture_and_the_same_name_twice_is_numbered(open_app: Open) -> None:
    app = bring(open_app(), ("image.png", noise(1)))
    app = bring(app, ("image.png", noise(1)))
    assert names(app) == ["image.png"]
    app = bring(app, ("image.png", noise(2)))
    assert names(app) == ["image.png", "image.png (2)"]


def test_the_uploader_is_empty_again(open_app: Open) -> None:
    app = bring(open_app(), ("a.png", noise(1)))
    assert [uploader.value for uploader in app.file_uploader] == [[]]


def test_what_happens_to_a_picture_is_said_where_it_is_brought(open_app: Open) -> None:
    app = open_app()
    app.segmented_control(key="source").set_value("Upload").run()
    for promise in (
        "not written to disk",
        "sent nowhere",
        "until newer pictures take its place",
        "a link can't carry it",
    ):
        assert promise in told(app)


def test_a_link_to_an_upload_says_so_and_opens_the_default_sample(open_app: Open) -> None:
    app = open_app(image="upload-0123456789ab")
    assert "A link can't carry an uploaded picture. Bring it again" in told(app)
    assert current(app).address == "meadow"
    assert "image" not in app.query_params


def test_the_tutorials_picture_says_one_sentence_where_it_cannot_be_had(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app(image="bay")
    app.radio(key="sample").set_value("cat-and-dog")
    monkeypatch.setenv("HEATPROOF_FETCH_SECONDS", "0.001")
    app.run()
    assert len(app.error) == 1
    assert current(app).address == "bay"
    assert app.radio(key="sample").value == "bay"


def test_the_camera_is_mounted_in_its_tab_alone(open_app: Open) -> None:
    app = open_app()
    assert not app.get("camera_input")
    app.segmented_control(key="source").set_value("Camera").run()
    app.camera_input[0].upload("photo.jpg", noise(4)).run()
    assert names(app) == ["Camera"]
    assert current(app).name == "Camera"


def brought(number: int, count: int) -> tuple[str, Brought]:
    address = f"upload-{number:012x}"
    return address, Brought(replace(PICTURE, name=f"{number}.png", address=address), bytes(count), "")


def test_the_tray_lets_the_oldest_go_but_never_the_one_on_screen() -> None:
    files = dict(brought(number, 10) for number in range(MOST_PICTURES + 2))
    first, second = list(files)[:2]
    kept, gone = within_bounds(files, staying=first)
    assert len(kept) == MOST_PICTURES
    assert gone == ["1.png", "2.png"]
    assert first in kept
    assert second not in kept


def test_the_tray_is_bounded_by_its_bytes() -> None:
    files = dict(brought(number, MOST_BYTES // 2) for number in range(3))
    kept, gone = within_bounds(files, staying=list(files)[2])
    assert gone == ["0.png"]
    assert sum(len(item.data) for item in kept.values()) <= MOST_BYTES


def test_a_parcel_is_unpacked() -> None:
    sent = {"files": [{"name": "a.png", "base64": "AAEC"}], "refused": ["b.png"], "address": " https://x.test/a.png "}
    assert unpacked(sent) == Parcel((Arrival("a.png", b"\x00\x01\x02"),), ("b.png",), "https://x.test/a.png")


@pytest.mark.parametrize(
    "sent",
    [
        None,
        7,
        [],
        {},
        {"files": "AAEC", "refused": 3, "address": {}},
        {"files": [None, 3, {}, {"name": 4, "base64": "AAEC"}], "refused": [None]},
    ],
)
def test_a_parcel_that_our_script_does_not_send_is_empty(sent: Any) -> None:
    assert unpacked(sent) == Parcel()


@pytest.mark.parametrize("text", ["not base64!", "AAE", None, base64.b64encode(bytes(10_000_001)).decode() + "AAAA"])
def test_a_file_that_cannot_be_decoded_is_refused_by_name(text: str | None) -> None:
    assert unpacked({"files": [{"name": "a.png", "base64": text}]}) == Parcel(refused=("a.png",))


def test_cards_show_thumbnails_by_place() -> None:
    css = cards_css("sample", ["data:a", "data:b"])
    assert '.st-key-sample [role=radiogroup] > div:nth-child(2) { --thumbnail: url("data:b"); }' in css


def test_no_page_opens_a_path_of_this_machine(open_app: Open) -> None:
    app = open_app(image=str(Path(__file__).resolve()))
    assert "is not the address of a picture" in told(app)
    assert current(app).address == "meadow"
