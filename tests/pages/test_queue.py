"""The line before the computations, as a page goes through it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gradcam_core.decoding.decode import decode_image
from gradcam_core.encoding import to_png
from gradcam_core.errors import Cancelled
from gradcam_core.resources.queue import ComputeQueue
from pages._ui.session import queue
from pages._ui.session.shared import shared
from pages._ui.text.sentences import ahead
from tests.pages.support import view

Open = Callable[..., AppTest]


@contextmanager
def busy(slots: ComputeQueue | None = None) -> Iterator[ExitStack]:
    """Others compute, or hold whatever slots these are, until the stack is closed."""
    slots = slots or shared().slots
    with ExitStack() as others:
        for person in range(slots.count):
            others.enter_context(slots.turn(f"other {person}"))
        yield others


def decoding_slots() -> ComputeQueue:
    """Where sessions and everybody else in this process wait to have an image decoded."""
    found: list[ComputeQueue] = []

    @contextmanager
    def turn(slots: ComputeQueue) -> Iterator[None]:
        found.append(slots)
        yield

    decode_image(to_png(np.zeros((2, 2, 3), np.uint8)), turn=turn)
    return found[0]


def bring(app: AppTest, seed: int) -> AppTest:
    app.segmented_control(key="source").set_value("Upload").run()
    picture = np.random.default_rng(seed).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    app.file_uploader[0].upload("new.png", to_png(picture))
    return app.run()


def test_a_person_in_the_line_hears_how_many_are_ahead_and_then_gets_the_answer(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, told = open_app(), []
    truly = queue.show_position
    with busy() as others:

        def show_position(count: int) -> None:
            truly(count)
            told.append(count)
            if len(told) == 3:
                others.close()

        monkeypatch.setattr("pages._ui.session.queue.show_position", show_position)
        app = bring(app, 40_001)
    assert told[:3] == [0, 0, 0]
    assert not app.error
    assert view(app)["imageAndModel"][0].startswith("upload-")
    assert not [caption for caption in app.caption if "Many are asking" in caption.value]


def test_a_full_line_is_one_sentence_and_the_former_result_stays(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app()
    before = view(app)["id"]
    monkeypatch.setattr(shared().slots, "most_waiting", 0)
    with busy():
        app = bring(app, 40_002)
    assert any("This server is busy" in error.value for error in app.error)
    assert view(app)["id"] == before
    app.radio(key="method").set_value("layercam").run()
    assert not app.error
    assert view(app)["imageAndModel"][0].startswith("upload-")


def test_a_person_whose_image_waits_to_be_decoded_hears_it_too(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app, told = open_app(), []
    truly = queue.show_position
    with busy(decoding_slots()) as others:

        def show_position(count: int) -> None:
            truly(count)
            told.append(count)
            others.close()

        monkeypatch.setattr("pages._ui.session.queue.show_position", show_position)
        app = bring(app, 40_005)
    assert told == [0]
    assert not app.error
    assert view(app)["imageAndModel"][0].startswith("upload-")


def test_a_full_line_before_the_decoder_is_one_sentence(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_app()
    monkeypatch.setenv("HEATPROOF_MOST_WAITING", "0")
    with busy(decoding_slots()):
        app = bring(app, 40_006)
    assert any("This server is busy" in error.value for error in app.error)
    assert view(app)["imageAndModel"] == ["", ""]


def test_what_was_answered_before_needs_no_turn(open_app: Open) -> None:
    good = view(open_app(image="bay"))
    with busy():
        assert view(open_app(image="bay"))["question"] == good["question"]


@pytest.mark.parametrize(
    ("count", "sentence"), [(0, "You are next."), (1, "1 is ahead of you."), (7, "7 are ahead of you.")]
)
def test_the_line_is_told_in_words(count: int, sentence: str) -> None:
    assert ahead(count) == f"Many are asking just now. {sentence}"


def test_a_live_run_that_lost_its_place_to_a_dead_one_asks_again(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, asked = open_app(), []
    truly = shared().slots.turn

    @contextmanager
    def turn(*arguments: object, **options: object) -> Iterator[None]:
        asked.append(1)
        if len(asked) < 3:
            raise Cancelled("A newer request took the place of this one.")
        with truly(*arguments, **options):  # type: ignore[arg-type]
            yield

    monkeypatch.setattr(shared().slots, "turn", turn)
    app = bring(app, 40_003)
    assert len(asked) == 3
    assert not app.error
    assert view(app)["imageAndModel"][0].startswith("upload-")


def test_the_line_is_no_longer_told_of_beside_an_error(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app, told = open_app(), []
    truly = queue.show_position
    with busy() as others:

        def show_position(count: int) -> None:
            truly(count)
            told.append(count)
            others.close()

        monkeypatch.setattr("pages._ui.session.queue.show_position", show_position)
        monkeypatch.setattr("gradcam_core.engine.prepare", lambda *_arguments, **_options: 1 / 0)
        app = bring(app, 40_004)
    assert told
    assert app.error
    assert not [caption for caption in app.caption if "Many are asking" in caption.value]
