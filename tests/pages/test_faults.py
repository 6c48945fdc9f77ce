"""Things go wrong in many places: each is one sentence with a number that the log knows, and the next click works."""

import copy
import errno
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gradcam_core.decoding.incoming import IncomingFile
from gradcam_core.encoding import to_png
from pages._ui.session.shared import model_cache, shared
from pages._ui.viewer.payload import unpack
from tests.pages.support import view, view_and_blobs
from tests.support import mostly_slow

Open = Callable[..., AppTest]
Act = Callable[[AppTest], AppTest]
_seeds = iter(range(10_000, 20_000))


def picture() -> bytes:
    """A file that nobody has seen, so that nothing about it is kept."""
    return to_png(np.random.default_rng(next(_seeds)).integers(0, 256, (60, 80, 3), dtype=np.uint8))


def upload(app: AppTest) -> AppTest:
    if app.segmented_control(key="source").value != "Upload":
        app.segmented_control(key="source").set_value("Upload").run()
    app.file_uploader[0].upload("new.png", picture())
    return app.run()


def fetch(app: AppTest) -> AppTest:
    if app.segmented_control(key="source").value != "Link":
        app.segmented_control(key="source").set_value("Link").run()
    app.text_input(key="url").set_value(f"https://img.invalid/{next(_seeds)}.png")
    return app.button(key="FormSubmitter:link-Fetch").click().run()


def change_method(app: AppTest) -> AppTest:
    radio = app.radio(key="method")
    return radio.set_value("hirescam" if radio.value == "gradcam" else "gradcam").run()


def change_model(app: AppTest) -> AppTest:
    model_cache.clear()
    radio = app.radio(key="model")
    return radio.set_value("photos" if radio.value == "tinynet" else "tinynet").run()


def change_sample(app: AppTest) -> AppTest:
    radio = app.radio(key="sample")
    return radio.set_value("bay" if radio.value != "bay" else "winter").run()


@dataclass(frozen=True)
class Fault:
    """What fails, how, and in the course of what; `says` is a part of the sentence."""

    target: str
    error: BaseException
    act: Act
    says: str = "it is our mistake"


_NO_MEMORY = RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
_DISK_FULL = OSError(errno.ENOSPC, "No space left on device")
FAULTS = {
    "fetch": Fault("gradcam_core.images.fetch_image", RuntimeError("in the fetch"), fetch),
    "memory of a fetch": Fault("gradcam_core.images.fetch_image", MemoryError(), fetch),
    "decoder": Fault("PIL.ImageFile.ImageFile.load", RuntimeError("in a decoder"), upload, "is broken or incomplete"),
    "memory of a decoder": Fault("PIL.ImageFile.ImageFile.load", MemoryError(), upload, "not enough memory to open"),
    "tray": Fault("pages._ui.image.opening.image_info", ValueError("in the tray"), upload),
    "thumbnail": Fault("pages._ui.image.opening.thumbnail_of", _DISK_FULL, upload),
    "weights": Fault("gradcam_core.checkpoints.weights.load_file", OSError("gone"), change_model, "can't be read"),
    "building": Fault("gradcam_core.models.architectures.load_into", RuntimeError("in a copy"), change_model),
    "memory of a model": Fault(
        "torch.nn.Module.load_state_dict", _NO_MEMORY, change_model, "not enough memory to load"
    ),
    "hooks": Fault("gradcam_core.models.loading.attach", KeyError("in a hook"), change_model),
    "resize": Fault("gradcam_core.engine.prepare", RuntimeError("in a resize"), change_method),
    "memory of a resize": Fault("gradcam_core.engine.prepare", MemoryError(), change_method, "not enough memory"),
    "forward": Fault("gradcam_core.tinynet.TinyNet.forward", RuntimeError("in a forward"), change_method),
    "memory of a forward": Fault(
        "gradcam_core.tinynet.TinyNet.forward", _NO_MEMORY, change_method, "not enough memory"
    ),
    "backward": Fault("torch.autograd.grad", RuntimeError("in a backward"), change_method),
    "memory of a backward": Fault("torch.autograd.grad", _NO_MEMORY, change_method, "not enough memory"),
    "method": Fault("gradcam_core.methods.library._method", np.linalg.LinAlgError("in a method"), change_method),
    "displayed copy": Fault("pages._ui.result.view.photo", OSError("in an encoder"), change_sample),
    "words": Fault("pages._ui.result.view.sentence", IndexError("in a sentence"), change_method),
    "message": Fault("pages._ui.result.view.pack", TypeError("in a message"), change_method),
    "line": Fault("gradcam_core.resources.queue.ComputeQueue.turn", RuntimeError("in the line"), change_method),
    "full memory": Fault("pages._ui.session.shared.ensure_memory", MemoryError(), change_method),
}


@pytest.fixture(autouse=True)
def _nothing_is_kept() -> Iterator[None]:
    """Neither before nor after: what a test broke is not to be found by another."""
    shared().trays.clear()
    shared().relieve()
    yield
    shared().relieve()


def sentences(app: AppTest) -> set[str]:
    """What is said of errors, without the escapes; the sidebar's are repeated above the result."""
    texts = {element.value for element in (*app.error, *app.warning)}
    return {text.replace("\\", "").replace("\u2060", "") for text in texts}


@pytest.mark.slow
@pytest.mark.parametrize("place", mostly_slow(FAULTS, by_default=6))
def test_a_fault_is_one_sentence_with_a_number_in_the_log_and_the_next_click_works(
    place: str, open_app: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fault = FAULTS[place]
    app = upload(open_app())
    app.segmented_control(key="source").set_value("Samples").run()
    good = view(app)["id"]

    def fail(*_args: object, **_options: object) -> None:
        raise copy.copy(fault.error)  # the traceback of one that stays would hold the session's frames

    monkeypatch.setattr(fault.target, fail)
    app = fault.act(app)
    assert not app.exception
    (said,) = sentences(app)
    assert fault.says in said
    number = re.search(r"error ([0-9a-f]{8})", said)
    assert number is not None, said
    assert number[1] in caplog.text
    assert not re.search(r"in (a|the) \w+$|Error:|Traceback|/\w+/\w+|0x", said)
    assert view(app)["id"] == good
    monkeypatch.undo()
    monkeypatch.setattr("gradcam_core.images.fetch_image", lambda _url: picture())
    app = fault.act(app)
    assert sentences(app) == set()
    assert view(app)["id"] != good or fault.act in (change_method, change_model)


def test_a_picture_that_was_let_go_in_mid_use_is_one_sentence_and_the_next_click_works(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = upload(open_app())
    assert sentences(app) == set()
    shared().relieve()
    shared().trays.clear()
    app = change_method(app)
    (said,) = sentences(app)
    assert "new.png is no longer kept. Bring it again." in said
    app.segmented_control(key="source").set_value("Samples").run()
    app = change_sample(app)
    assert sentences(app) == set()


def test_a_full_disk_ends_a_download_with_a_sentence_and_the_next_one_works(
    open_app: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from pages._ui.model.downloads import download_job

    def full(*_args: object, **_options: object) -> None:
        raise copy.copy(_DISK_FULL)

    app = open_app()
    monkeypatch.setattr("gradcam_core.models.pretrained.download_file", full)
    app.radio(key="model").set_value("squeezenet1_0").run()
    app.button(key="download_sidebar").click().run()
    job = download_job("squeezenet1_0")
    assert job is not None
    assert job.wait(20)
    (said,) = sentences(app.run())
    assert "Something went wrong here" in said
    assert "OSError" in caplog.text
    app.radio(key="model").set_value("photos").run()
    assert sentences(app) == set()
    assert view(app)["imageAndModel"][1] == "photos"


def test_a_page_that_sees_the_fault_of_another_session_is_untouched(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, others = open_app(), open_app(image="bay")
    monkeypatch.setattr("gradcam_core.engine.prepare", lambda *_args, **_options: 1 / 0)
    assert sentences(change_method(others))
    monkeypatch.undo()
    before = view(mine)["id"]
    assert view(mine.run())["id"] == before
    assert sentences(mine) == set()


def test_a_fetched_picture_arrives_after_the_faults(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradcam_core.images.read_address", lambda _source: IncomingFile("cat.png", picture()))
    assert sentences(fetch(open_app())) == set()


def test_after_a_refusal_the_page_says_which_view_stays_and_gives_its_files(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app()
    good = view(app)
    with monkeypatch.context() as broken:
        broken.setattr("gradcam_core.engine.prepare", lambda *_args, **_options: 1 / 0)
        app = change_sample(app)
        (said,) = sentences(app)
        assert "What you see is still Meadow: TinyNet (12 drawn things), blocks.5, Grad-CAM." in said
        assert view(app)["address"] == good["address"] == {}
        assert "image" not in app.query_params
        wanted = {"token": "t1", "what": "json", "index": good["classes"][0]["index"], "view": good["question"]}
        app.session_state["viewer"] = {"wanted": wanted | {"look": {"colormap": "inferno", "opacity": 0.5}}}
        app = app.run()
        assert "reply" not in unpack(app.session_state["message_sent"][1])[1]  # a file is sent once and not kept
        head, blobs = view_and_blobs(app)
        assert "error" not in head["reply"]
        assert json.loads(blobs["reply"])["layer"] == "blocks.5"
    app = change_method(app)
    assert sentences(app) == set()
    assert view(app)["imageAndModel"][0] in ("bay", "winter")
    assert view(app)["address"]["image"] == view(app)["imageAndModel"][0]


def test_a_file_that_was_asked_for_is_not_kept_with_the_message(open_app: Open) -> None:
    app = open_app()
    good = view(app)
    wanted = {"token": "t2", "what": "json", "index": good["classes"][0]["index"], "view": good["question"]}
    app.session_state["viewer"] = {"wanted": wanted | {"look": {"colormap": "inferno", "opacity": 0.5}}}
    app = app.run()
    assert view_and_blobs(app)[1]["reply"]
    assert "reply" not in unpack(app.session_state["message_sent"][1])[1]


def test_a_model_that_failed_is_loaded_again_only_once_it_is_chosen_again(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, asked = open_app(), []

    def fail(name: str) -> None:
        asked.append(name)
        raise RuntimeError("in a model")

    with monkeypatch.context() as broken:
        broken.setattr("pages._ui.model.picker.model_card", fail)
        app.radio(key="model").set_value("photos").run()
        change_method(app)
    (said,) = sentences(app)
    assert "What you see is still TinyNet" in said
    assert asked == ["photos"]
    app.radio(key="model").set_value("tinynet").run()
    app.radio(key="model").set_value("photos").run()
    assert sentences(app) == set()
    assert view(app)["imageAndModel"][1] == "photos"


def test_trays_that_are_full_refuse_in_a_sentence(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_app()
    monkeypatch.setattr(shared().trays, "max_bytes", 10)
    assert any("as many pictures of its visitors as it may" in said for said in sentences(upload(app)))
    assert shared().trays.nbytes == 0
    monkeypatch.undo()
    assert sentences(upload(app)) == set()


def test_what_stands_for_the_page_to_come_goes_though_it_does_not_come(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages._ui.result.warmup._is_ready", threading.Event())
    monkeypatch.setattr("pages._ui.result.warmup._freeze_garbage_collector", lambda: None)
    monkeypatch.setattr("pages._ui.session.results.model_cache", lambda: 1 / 0)
    monkeypatch.setattr("pages._ui.result.warmup.compute_first_screen", lambda _picture: None)
    app = open_app()
    assert len(sentences(app)) == 1
    assert not [caption for caption in app.caption if "waking up" in caption.value]


def test_an_answer_is_known_by_the_description_of_its_model_too(open_app: Open) -> None:
    question = open_app().session_state["message_sent"][0]
    other = replace(question, model=replace(question.model, description_sha256="0" * 64))
    assert other.key != question.key


def test_what_a_browser_that_goes_back_still_sends_is_no_act(monkeypatch: pytest.MonkeyPatch) -> None:
    def act() -> None:
        import streamlit as st

        from pages._ui.session import page_state

        page_state.mark_user_action()
        st.text(str(page_state.has_user_action()))

    assert AppTest.from_function(act).run().text[0].value == "True"
    monkeypatch.setattr("pages._ui.session.page_state.is_history_navigation", lambda: True)
    assert AppTest.from_function(act).run().text[0].value == "False"
