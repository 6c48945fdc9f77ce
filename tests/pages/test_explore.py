"""Explore without a browser: what is asked is what is answered, and bad input leaves the good answer standing."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from gradcam_core.encoding import to_png
from gradcam_core.engine import Explainer
from gradcam_core.errors import ResourceError
from gradcam_core.methods import METHODS
from gradcam_core.models import load_model
from gradcam_core.samples import load_sample
from gradcam_core.scenes.scene import draw_scene
from tests.pages.support import HOSTILE, view, view_and_blobs

Open = Callable[..., AppTest]


@pytest.fixture
def photograph() -> bytes:
    """A wide picture that no gallery holds."""
    return to_png(np.random.default_rng(1).integers(0, 256, (90, 160, 3), dtype=np.uint8))


def words(app: AppTest) -> str:
    """All text that is read as markdown, without the escapes."""
    texts = (*app.markdown, *app.caption, *app.warning, *app.error)
    return re.sub(r"\\(?=[^\w\s])|\u2060", "", " ".join(element.value for element in texts))


def upload(app: AppTest, data: bytes, name: str = "mine.png") -> AppTest:
    app.segmented_control(key="source").set_value("Upload").run()
    return app.file_uploader[0].upload(name, data).run()


def first(app: AppTest) -> dict[str, Any]:
    """What the viewer was told of the likeliest class."""
    found: dict[str, Any] = view(app)["classes"][0]
    return found


def test_the_first_screen_explains_a_sample_without_a_click(open_app: Open) -> None:
    app = open_app()
    assert not app.exception
    assert not app.error
    told = view(app)
    assert len(told["classes"]) == 10
    assert told["classes"][0]["sentence"].startswith("It says cat (50")
    assert "layer blocks.5 · Grad-CAM" in told["classes"][0]["caption"]
    assert "TinyNet" in told["classes"][0]["caption"]
    assert told["alt"] == "The image Meadow"


def test_the_message_holds_the_cores_own_numbers(open_app: Open) -> None:
    told, blobs = view_and_blobs(open_app())
    forward = Explainer(load_model("tinynet")).forward(load_sample("meadow"))
    maps = np.frombuffer(blobs["maps"], "<f4").reshape(len(told["mapped"]), *told["cells"])
    for index, values in zip(told["mapped"], maps, strict=True):
        cam = forward.cam(index)
        assert np.array_equal(values, cam.values)
        (entry,) = [one for one in told["classes"] if one["index"] == index]
        assert entry["maximum"] == cam.maximum
        assert entry["probability"] == cam.prediction.probability
    assert told["unit"] == "logits per cell"
    with Image.open(BytesIO(blobs["photo"])) as photo:
        assert np.array_equal(np.asarray(photo.convert("RGB")), load_sample("meadow").pixels)


def test_a_class_of_the_link_comes_along_whatever_its_rank(open_app: Open) -> None:
    last = view(open_app(model="photos"))["classes"][-1]["index"]
    other = next(
        index for index in range(20) if index != last and index not in view(open_app(model="photos"))["mapped"]
    )
    told = view(open_app(model="photos", **{"class": str(other)}))
    assert other in told["mapped"]
    assert told["classes"][-1]["index"] == other
    assert not told["classes"][-1]["listed"]


def test_a_class_that_the_browser_asks_for_comes_along(open_app: Open) -> None:
    app = open_app(model="photos")
    told = view(app)
    other = next(index for index in range(20) if index not in told["mapped"])
    app.session_state["viewer"] = {"asked": {"imageAndModel": told["imageAndModel"], "index": other}}
    assert other in view(app.run())["mapped"]


def test_a_file_is_sent_once_each_time_that_the_browser_asks(open_app: Open) -> None:
    app = open_app()
    told = view(app)
    wanted = {"token": "t", "what": "code", "index": told["mapped"][0], "look": {}, "view": told["question"]}
    for tries in (1, 2):  # it asks again where no answer has come
        app.session_state["viewer"] = {"wanted": wanted | {"try": tries}}
        assert "command" in view(app.run())["reply"]
        assert "reply" not in view(app.run())


@pytest.mark.parametrize(
    "asked",
    [
        None,
        "x",
        {"index": 3},
        {"imageAndModel": ["", "photos"], "index": 10**9},
        {"imageAndModel": ["", "photos"], "index": -1},
        {"imageAndModel": ["", "photos"], "index": True},
        {"imageAndModel": ["", "photos"], "index": "3"},
        {"imageAndModel": ["night", "photos"], "index": 19},
        {"imageAndModel": {"a": 1}, "index": [1]},
    ],
)
def test_what_a_browser_may_not_ask_for_changes_nothing(open_app: Open, asked: Any) -> None:
    app = open_app(model="photos")
    before = view(app)["mapped"]
    app.session_state["viewer"] = {"asked": asked, "wanted": asked}
    app.run()
    assert not app.exception
    assert not app.error
    assert view(app)["mapped"] == before


def test_every_method_and_preprocessing_answers(open_app: Open) -> None:
    app = open_app(model="tinyvit")
    for method in METHODS.values():
        app.radio(key="method").set_value(method.slug).run()
        assert f"· {method.title} " in first(app)["caption"]
        assert view(app)["noun"] == method.phrase.noun
        assert view(app)["isOfClass"] is method.depends_on_class
    app.radio(key="preprocessing").set_value("pad").run()
    assert not app.exception
    assert not app.error


def test_a_class_blind_method_is_said_to_be_one(open_app: Open) -> None:
    assert "Eigen-CAM draws the same map for every class" in first(open_app(method="eigencam"))["sentence"]


def test_maps_of_an_early_layer_come_in_a_message_of_bounded_size(open_app: Open) -> None:
    told, blobs = view_and_blobs(open_app(layer="blocks.0"))
    assert told["mapped"][0] == told["classes"][0]["index"]
    assert len(blobs["maps"]) <= 120_000
    assert sum(map(len, blobs.values())) < 250_000


def test_an_upload_is_explained_and_a_broken_one_leaves_it_standing(open_app: Open, photograph: bytes) -> None:
    app = upload(open_app(), photograph)
    good = view(app)
    assert good["alt"] == "The image mine.png"
    app.file_uploader[0].upload("text.png", b"not a picture at all").run()
    assert len(app.sidebar.error) == 1
    assert "can't be opened as a picture" in words(app)
    assert view(app) == good


def test_what_was_done_to_a_file_is_said(open_app: Open) -> None:
    buffer = BytesIO()
    frames = [Image.fromarray(draw_scene(seed, size=64).pixels) for seed in range(3)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    assert "3 frames" in " ".join(view(upload(open_app(), buffer.getvalue(), "moving.gif"))["notes"])


def test_what_the_model_never_saw_is_said(open_app: Open, photograph: bytes) -> None:
    app = upload(open_app(), photograph)
    assert "The model never saw the faded part." in view(app)["notes"]
    assert "of the picture: the faded part." in view(app)["saw"]["sentences"][-1]
    app.radio(key="preprocessing").set_value("squash").run()
    assert "faded" not in str(view(app)["notes"])
    assert "the whole picture" in view(app)["saw"]["sentences"][-1]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/x.png", "not a link", "ftp://example.org/x.png", "file:///etc/passwd"]
)
def test_a_bad_link_says_one_sentence_and_leaves_the_answer_standing(open_app: Open, url: str) -> None:
    app = open_app(image="bay")
    good = view(app)
    app.segmented_control(key="source").set_value("Link").run()
    app.text_input(key="url").set_value(url)
    app.sidebar.button[0].click().run()
    assert len(app.sidebar.error) == 1
    assert not app.exception
    assert view(app) == good
    app.segmented_control(key="source").set_value("Samples").run()
    assert not app.error


def test_a_question_without_an_answer_says_why_and_the_former_result_stays(
    open_app: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    picture = np.random.default_rng(77).integers(
        0, 256, (80, 80, 3), dtype=np.uint8
    )  # no other test's: nothing is cached
    app = upload(open_app(), to_png(picture))
    good = view(app)

    def refuse(*_args: object, **_options: object) -> None:
        raise ResourceError("There is not enough memory.", hint="Try a smaller model.") from MemoryError()

    monkeypatch.setattr("gradcam_core.engine.Explainer.forward", refuse)
    app.radio(key="method").set_value("layercam").run()
    (said,) = [error.value for error in app.error]
    assert "What you see is still" in said
    told = re.match(r"There is not enough memory\\. Try a smaller model \\\(error ([0-9a-f]{8})\\\)\\\.", said)
    assert told is not None
    assert told[1] in caplog.text
    assert view(app) == good  # and so the address names what is on screen
    monkeypatch.undo()
    app.radio(key="method").set_value("hirescam").run()
    assert not app.error
    assert "HiResCAM" in first(app)["caption"]


def test_a_layer_of_the_former_model_gives_way_to_the_new_ones_default(open_app: Open) -> None:
    app = open_app(model="photos")
    other = next(name for name in app.selectbox(key="layer").options if "default" not in name)
    app.selectbox(key="layer").set_value(other.split()[0]).run()
    assert app.query_params["layer"] == other.split()[0]
    app.radio(key="model").set_value("tinynet").run()
    assert app.selectbox(key="layer").value == "blocks.5"
    assert "layer" not in app.query_params
    assert "layer blocks.5 ·" in first(app)["caption"]


def test_a_choice_of_class_does_not_outlive_its_image(open_app: Open) -> None:
    app = open_app(**{"class": "2"})
    assert "class" in app.query_params
    app.radio(key="sample").set_value("night").run()
    assert "class" not in app.query_params


def test_a_link_opens_its_view(open_app: Open) -> None:
    app = open_app(image="desert", model="photos", method="layercam", preprocessing="pad", **{"class": "3"})
    told = view(app)
    assert told["imageAndModel"] == ["desert", "photos"]
    assert 3 in told["mapped"]
    assert "LayerCAM" in told["classes"][0]["caption"]


def test_the_owner_of_a_class_is_named_as_the_address_names_it(open_app: Open, photograph: bytes) -> None:
    app = open_app()
    assert view(app)["imageAndModel"] == ["", ""]
    app = upload(app, photograph)
    assert view(app)["imageAndModel"] == [app.query_params["image"], ""]
    assert view(app)["linkNote"]


def test_a_link_with_nonsense_opens_the_first_screen(open_app: Open) -> None:
    nonsense = {"model": "../x", "layer": "-1", "method": "<b>", "preprocessing": "", "class": "99999", "k": "0"}
    app = open_app(**nonsense)
    assert not app.exception
    assert not app.error
    assert view(app) == view(open_app())


def test_a_link_that_asks_for_what_is_not_there_is_told_so(open_app: Open) -> None:
    app = open_app(image="javascript:alert(1)", layer="features.18", method="none")
    told = words(app)
    assert "javascript:alert(1) is not the address of a picture." in told
    assert "The link asks for layer “features.18”, which can't be chosen here. Instead: blocks.5." in told
    assert "The link asks for method “none”" in told
    assert view(app)["address"] == {}
    app = open_app(**{"class": "99"})
    assert "has no class “99”" in words(app)
    app = open_app(**{"class": "dog"})  # which it has
    assert "by its number, here from 0 to 11, and not as “dog”" in words(app)


def test_a_class_of_another_image_or_model_is_not_taken_for_one_of_what_is_shown(open_app: Open) -> None:
    for image_and_model in ({"image": "nothere"}, {"model": "vgg16"}):
        app = open_app(**image_and_model, **{"class": "99"})
        assert "has no class" not in words(app)
        assert view(app)["address"] == {}
    assert 11 in view(open_app(model="tinynet", image="meadow", **{"class": "11"}))["mapped"]


def test_what_the_viewer_writes_into_the_address_is_left_there(open_app: Open) -> None:
    app = open_app(view="swipe", opacity="80", **{"class": "1"})
    app.radio(key="method").set_value("layercam").run()
    assert app.query_params["view"] == "swipe"
    assert app.query_params["opacity"] == "80"
    assert app.query_params["class"] == "1"


def test_a_link_to_a_layer_that_is_no_block_opens_all_layers(open_app: Open) -> None:
    app = open_app(layer="blocks.5.0")
    assert app.toggle(key="all_layers").value
    assert "layer blocks.5.0 ·" in first(app)["caption"]


def test_hostile_labels_titles_and_file_names_arrive_as_they_are_or_escaped(open_app: Open) -> None:
    name = ":red[x]![b](http://host.invalid).png"
    app = upload(open_app(model="hostile"), to_png(draw_scene(3).pixels), name)
    told = view(app)
    assert told["labels"] == list(HOSTILE)
    assert told["alt"] == f"The image {name}"
    for text in [element.value for element in (*app.markdown, *app.caption)]:
        assert not re.search(r"[\[\]<>`$]", re.sub(r"\\.", "", text))


def test_a_picker_is_sent_what_is_chosen_as_its_own_default_too(open_app: Open) -> None:
    app = open_app(layer="blocks.2", method="layercam", preprocessing="pad", place="grid")
    assert app.selectbox(key="layer").options[app.selectbox(key="layer").proto.default].startswith("blocks.2")
    for name, title in (("method", "LayerCAM"), ("preprocessing", "Pad"), ("place", "Cells where the grid")):
        radio = app.radio(key=name)
        assert title in radio.options[radio.proto.default]
