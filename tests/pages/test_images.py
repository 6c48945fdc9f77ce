"""Bringing pictures without a browser: samples, several files at once, the tray, links, and what is refused."""

import base64
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from gradcam_core.decoding.incoming import IncomingFile
from gradcam_core.encoding import to_png
from gradcam_core.errors import ImageError
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.samples import SAMPLES
from pages._ui.image import picker
from pages._ui.image.cards import cards_css
from pages._ui.image.intake import Click, DroppedFiles, understood, unpacked
from pages._ui.image.opening import visible_name
from pages._ui.session import page_state
from pages._ui.session.kept_trays import TrayItem
from pages._ui.session.question import ImageInfo
from pages._ui.session.shared import shared
from pages._ui.session.tray import MOST_BYTES, MOST_PICTURES, within_bounds
from tests.pages.support import view

Open = Callable[..., AppTest]
PICTURE = ImageInfo("0" * 64, (8, 6), (8, 6), "a.png", (), "upload-000000000000", False, "a.png")


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


def tray(app: AppTest) -> dict[str, TrayItem]:
    token = app.session_state["tray_token"] if "tray_token" in app.session_state else ""  # noqa: SIM401  it has no get
    return shared().trays.items(token)


def tray_address(app: AppTest, place: int) -> str:
    return list(tray(app))[place]


def current(app: AppTest) -> ImageInfo:
    picture: ImageInfo = app.session_state["picture"]
    return picture


@pytest.mark.slow
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
    assert len(app.sidebar.error) == 2
    assert "text.png: This is" in told(app)
    assert "empty.png: The file is empty." in told(app)


def test_a_refusal_leaves_the_picture_standing_and_goes_with_the_next_good_act(open_app: Open) -> None:
    app = bring(open_app(image="bay"), ("text.png", b"only words"))
    assert len(app.sidebar.error) == 1
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
        "while your page is open",
        "a link can't carry it",
    ):
        assert promise in told(app)


def test_a_link_to_an_upload_says_so_and_opens_the_default_sample(open_app: Open) -> None:
    app = open_app(image="upload-0123456789ab")
    assert "A link can't carry an uploaded picture. Bring it again" in told(app)
    assert current(app).address == "meadow"
    assert view(app)["address"] == {}


def test_the_tutorials_picture_says_one_sentence_where_it_cannot_be_had(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app(image="bay")
    app.radio(key="sample").set_value("cat-and-dog")
    monkeypatch.setenv("HEATPROOF_FETCH_SECONDS", "0.001")
    app.run()
    assert len(app.sidebar.error) == 1
    assert current(app).address == "bay"
    assert app.radio(key="sample").value == "bay"


def test_the_camera_is_mounted_in_its_tab_alone(open_app: Open) -> None:
    app = open_app()
    assert not app.get("camera_input")
    app.segmented_control(key="source").set_value("Camera").run()
    app.camera_input[0].upload("photo.jpg", noise(4)).run()
    assert names(app) == ["Camera"]
    assert (current(app).name, current(app).source) == ("Camera", "camera.jpg")


def brought(number: int, count: int) -> tuple[str, TrayItem]:
    address = f"upload-{number:012x}"
    return address, TrayItem(replace(PICTURE, name=f"{number}.png", address=address), bytes(count), "")


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


def test_a_drop_is_unpacked() -> None:
    sent = {"files": [{"name": "a.png", "base64": "AAEC"}], "large": ["b.png"], "address": " https://x.test/a.png "}
    assert unpacked(sent) == DroppedFiles(
        (IncomingFile("a.png", b"\x00\x01\x02"),), ("b.png",), address="https://x.test/a.png"
    )


@pytest.mark.parametrize(
    "sent",
    [
        None,
        7,
        [],
        {},
        {"files": "AAEC", "large": 3, "leftOut": -1, "number": "3", "address": {}},
        {"files": [None, 3, {}, {"name": 4, "base64": "AAEC"}], "unreadable": [None]},
    ],
)
def test_a_drop_that_our_script_does_not_send_is_empty(sent: Any) -> None:
    assert unpacked(sent) == DroppedFiles()


@pytest.mark.parametrize("text", ["not base64!", "AAE", None, base64.b64encode(bytes(10_000_001)).decode() + "AAAA"])
def test_a_file_that_cannot_be_decoded_is_refused_by_name(text: str | None) -> None:
    assert unpacked({"files": [{"name": "a.png", "base64": text}]}) == DroppedFiles(unreadable=("a.png",))


def test_cards_show_thumbnails_by_place() -> None:
    css = cards_css("sample", ["data:a", "data:b"])
    assert '.st-key-sample [role=radiogroup] > div:nth-child(2) { --thumbnail: url("data:b"); }' in css


def ask(app: AppTest, address: str) -> AppTest:
    """Type an address at the Link door."""
    if app.segmented_control(key="source").value != "Link":
        app.segmented_control(key="source").set_value("Link").run()
    app.text_input(key="url").set_value(address)
    return next(button for button in app.button if button.label == "Fetch").click().run()


@pytest.mark.slow
@pytest.mark.parametrize("form", ["{folder}/x:/secret.png", "{folder}/x://secret.png", "file://{folder}/x:/secret.png"])
def test_no_page_opens_a_path_of_this_machine(open_app: Open, tmp_path: Path, form: str) -> None:
    (tmp_path / "x:").mkdir()
    (tmp_path / "x:" / "secret.png").write_bytes(noise(1))
    address = form.format(folder=tmp_path)
    for app in (open_app(image=address), ask(open_app(), address)):
        assert "is not the address of a picture. It begins with https" in told(app)
        assert current(app).address == "meadow"
        assert not tray(app)


@pytest.mark.slow
@pytest.mark.parametrize(
    "address", ["sample:../meadow", "sample:x/y", "sample://meadow", "sample:", "meadow/", "ftp://a.test/a.png"]
)
def test_what_is_neither_a_url_nor_a_sample_is_no_address(open_app: Open, address: str) -> None:
    app = open_app(image=address)
    assert "is not the address of a picture" in told(app)
    assert current(app).address == "meadow"


def test_a_link_to_a_url_fills_in_the_door_where_the_operator_wants_a_click(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://img.invalid/cat.png"
    monkeypatch.setenv("HEATPROOF_FETCH_LINKED_URLS", "off")
    asked = []

    def fetch(source: str) -> IncomingFile:
        asked.append(source)
        return IncomingFile("cat.png", noise(9))

    monkeypatch.setattr("gradcam_core.images.read_address", fetch)
    app = open_app(image=url)
    assert asked == []
    assert "Press Fetch" in told(app)
    assert app.text_input(key="url").value == url
    app.button(key="FormSubmitter:link-Fetch").click().run()
    assert asked == [url]
    assert current(app).address == url
    assert not app.error
    assert current(open_app(image="bay")).address == "bay"


def test_a_visitor_who_asks_for_too_many_addresses_waits_and_the_picture_stays(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEATPROOF_FETCHES_A_MINUTE", "2")
    monkeypatch.setattr("gradcam_core.images.read_address", lambda source: IncomingFile("cat.png", noise(len(source))))
    app = open_app()
    app.segmented_control(key="source").set_value("Link").run()
    for path in ("a", "bb"):
        app.text_input(key="url").set_value(f"https://img.invalid/{path}")
        app.button(key="FormSubmitter:link-Fetch").click().run()
        assert not app.error
    app.text_input(key="url").set_value("https://img.invalid/ccc")
    app.button(key="FormSubmitter:link-Fetch").click().run()
    assert "2 pictures in a minute. Try again in" in told(app)
    assert current(app).address == "https://img.invalid/bb"


def test_the_link_door_says_what_is_wrong_with_an_address_and_forgets_it_with_the_next(open_app: Open) -> None:
    app = ask(open_app(), "  ")
    assert [error.value for error in app.sidebar.error] == [r"Type the address of a picture\."]
    app = ask(app, f"https://{'a' * 3000}")
    assert "The address is longer than 2,048 characters." in told(app)
    assert "Type the address" not in told(app)


def test_a_picture_that_left_the_tray_is_said_to_be_no_longer_kept(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = bring(open_app(), *((f"{number}.png", noise(number)) for number in range(MOST_PICTURES)))
    first = tray_address(app, 0)
    app.radio(key="tray").set_value(tray_address(app, 1)).run()
    app = bring(app, ("last.png", noise(99)))
    assert first not in tray(app)
    monkeypatch.setattr("pages._ui.session.page_state.is_history_navigation", lambda: True)
    app.query_params["image"] = first
    assert "That picture is no longer kept. Bring it again" in told(app.run())


def test_all_that_are_let_go_at_once_are_counted(open_app: Open) -> None:
    app = bring(open_app(), *((f"{number}.png", noise(number)) for number in range(MOST_PICTURES)))
    app = bring(app, *((f"new {number}.png", noise(50 + number)) for number in range(3)))
    assert "“0.png” and 2 more were let go." in told(app)


def test_a_file_that_is_called_like_a_sample_or_a_url_is_taken_away_as_a_file(open_app: Open) -> None:
    long = "x" * 90 + ".png"
    app = bring(open_app(), ("sample:meadow", noise(1)), (long, noise(2)), ("a\tb.png", noise(3)))
    pictures = [brought.picture for brought in tray(app).values()]
    assert [picture.source for picture in pictures] == ["./sample:meadow", long, "a\tb.png"]
    assert [len(picture.name) for picture in pictures][:2] == [13, 80]


def test_names_that_look_the_same_are_numbered(open_app: Open) -> None:
    app = bring(open_app(), ("a b.png", noise(1)), ("a  b.png", noise(2)), (" ", noise(3)), ("\u200b", noise(4)))
    assert names(app) == ["a b.png", "a b.png (2)", "Picture", "Picture (2)"]


@pytest.mark.parametrize(
    ("name", "shown"), [("", "Picture"), ("\u3164\u200d", "Picture"), ("猫", "猫"), (" a\n b", "a� b")]
)
def test_a_name_of_nothing_visible_is_a_picture(name: str, shown: str) -> None:
    assert visible_name(name) == shown


@pytest.mark.parametrize("sent", [None, 7, {}, {"group": 3}, {"group": ["tray"], "place": 1, "number": 2}])
def test_a_click_that_our_script_does_not_send_is_none(sent: Any) -> None:
    assert understood(sent) == Click()


def left_after(sent: object, end: str) -> int:
    """In a script: begin to take what a browser says, come to this end; how many drops are new afterwards."""
    app = AppTest.from_function(receive_and_take, kwargs={"sent": sent, "end": end}).run()
    return int(app.session_state["left"])


def receive_and_take(sent: object, end: str) -> None:
    import contextlib  # the function is a script of its own

    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, RerunException

    from pages._ui.image.intake import received, taking

    st.session_state["intake_told"] = {"drops": sent}
    ends = {"cut off": RerunException(RerunData()), "failed": ValueError()}
    for drop in received()[0]:
        with contextlib.suppress(BaseException), taking(drop):
            if end in ends:
                raise ends[end]
    st.session_state["left"] = len(received()[0])


DROPS = [{"address": "https://a.test/b.png", "number": 3}, {"address": "https://a.test/c.png", "number": 5}]


@pytest.mark.parametrize(("end", "count"), [("taken", 0), ("failed", 0), ("cut off", 2)])
def test_a_drop_waits_for_the_next_run_only_where_its_own_was_cut_off(end: str, count: int) -> None:
    assert left_after(DROPS, end) == count


@pytest.mark.parametrize("sent", [None, 7, {}, [None, 7, {}, {"number": 0}, {"number": "9"}], "text"])
def test_drops_that_our_script_does_not_send_are_none(sent: object) -> None:
    assert left_after(sent, "cut off") == 0


def test_a_click_is_understood() -> None:
    assert understood({"group": "tray", "place": 2.0, "number": 7}) == Click("tray", 2, 7)
    assert understood({"group": "tray", "place": -1, "number": float("nan")}) == Click("tray")


def test_the_uploader_takes_every_file_so_that_the_core_can_say_what_is_wrong(open_app: Open) -> None:
    app = bring(open_app(), ("words.txt", b"only words"))
    assert "This is a text file" in told(app)
    assert list(app.file_uploader[0].proto.type) == []


def test_back_drops_the_refusal_of_what_was_asked_before(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app = ask(open_app(), "")
    assert "Type the address" in told(app)
    monkeypatch.setattr(page_state, "is_history_navigation", lambda: True)
    assert not app.run().error


def test_what_was_pasted_before_back_is_neither_fetched_nor_opened_nor_refused(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, fetched = open_app(), list[str]()
    monkeypatch.setattr("gradcam_core.images.read_address", fetched.append)
    monkeypatch.setattr(page_state, "is_history_navigation", lambda: True)
    good, bad = (base64.b64encode(data).decode() for data in (noise(70), b"no picture"))
    files = [{"name": "good.png", "base64": good}, {"name": "bad.png", "base64": bad}]
    act = {"files": files, "large": ["large.png"], "unreadable": ["folder"], "leftOut": 3, "number": 1}
    app.session_state["intake_told"] = {
        "drops": [act | {"address": "https://img.invalid/a.png"}],
        "click": {"group": "sample", "place": 2, "number": 2},
    }
    app.query_params["image"] = "bay"
    app.run()
    assert current(app).address == "bay"
    assert fetched == []
    assert not app.error
    assert names(app) == ["good.png"]
    monkeypatch.setattr(page_state, "is_history_navigation", lambda: False)
    assert current(app.run()).address == "bay"


def test_what_a_run_that_was_cut_off_refuses_late_is_told_nowhere() -> None:
    has_begun, is_newer, refused = threading.Event(), threading.Event(), threading.Event()

    def older_run() -> None:
        picker._forget_words()
        has_begun.set()
        is_newer.wait(20)
        picker._refuse(ImageError("No web server answers."))
        refused.set()

    threading.Thread(target=older_run, daemon=True).start()
    assert has_begun.wait(20)
    picker._forget_words()
    is_newer.set()
    assert refused.wait(20)
    assert st.session_state["picture_refusals"] == []
    picker._refuse(ImageError("This is a folder."))
    assert st.session_state["picture_refusals"] == ["This is a folder\\."]
