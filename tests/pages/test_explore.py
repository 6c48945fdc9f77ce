"""Explore without a browser: what is asked is what is answered, and bad input leaves the good answer standing."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from gradcam_core.engine import Explainer
from gradcam_core.images import decode_image
from gradcam_core.methods import METHODS
from gradcam_core.models import load_model
from gradcam_core.render import to_png
from gradcam_core.scenes import draw_scene
from tests.pages.support import HOSTILE

Open = Callable[..., AppTest]


@pytest.fixture
def photograph() -> bytes:
    """A wide picture that no gallery holds."""
    return to_png(np.random.default_rng(1).integers(0, 256, (90, 160, 3), dtype=np.uint8))


def panels(app: AppTest) -> list[str]:
    """The addresses of original, heatmap and overlay; Streamlit makes them of the content."""
    return [image.value[0] for image in app.image]


def words(app: AppTest) -> str:
    """All text that is read as markdown, without the escapes."""
    texts = (*app.markdown, *app.caption, *app.warning, *app.error)
    return re.sub(r"\\(?=[^\w\s])|\u2060", "", " ".join(element.value for element in texts))


def upload(app: AppTest, data: bytes, name: str = "mine.png") -> AppTest:
    app.segmented_control(key="source").set_value("Upload").run()
    return app.file_uploader(key="upload").upload(name, data).run()


def test_the_first_screen_explains_a_sample_without_a_click(open_app: Open) -> None:
    app = open_app()
    assert not app.exception
    assert not app.error
    assert len(panels(app)) == 3
    assert len(app.radio(key="prediction").options) == 5
    assert "at layer blocks.5 by Grad-CAM" in words(app)
    assert "TinyNet" in words(app)


def test_another_class_changes_both_maps_and_the_sentence_but_not_the_original(open_app: Open) -> None:
    app = open_app()
    before, chosen = panels(app), app.radio(key="prediction").options[1]
    app.radio(key="prediction").set_value(_index(app, 1)).run()
    after = panels(app)
    assert after[0] == before[0]
    assert after[1] != before[1]
    assert after[2] != before[2]
    assert f"“{chosen}”" in words(app)


def test_any_class_is_found_by_search(open_app: Open) -> None:
    app = open_app()
    last = app.selectbox(key="search").options[-1]
    app.selectbox(key="search").set_value(len(app.selectbox(key="search").options) - 1).run()
    label = last.split(" · ")[0]
    assert f"“{label}”" in words(app)
    assert app.query_params["class"] == str(len(app.selectbox(key="search").options) - 1)


@pytest.mark.parametrize("count", ["1", "10"])
def test_one_to_ten_predictions_are_shown(open_app: Open, count: str) -> None:
    app = open_app()
    app.selectbox(key="k").set_value(count).run()
    assert len(app.radio(key="prediction").options) == int(count)


def test_every_method_and_preprocessing_answers(open_app: Open) -> None:
    app = open_app()
    for method in METHODS.values():
        app.selectbox(key="method").set_value(method.slug).run()
        assert f"· {method.title} ·" in words(app)
    app.selectbox(key="preprocessing").set_value("pad").run()
    assert not app.exception
    assert not app.error


def test_a_class_blind_method_is_said_to_be_one(open_app: Open) -> None:
    assert "every other class Eigen-CAM draws the same map" in words(open_app(method="eigencam"))


def test_an_upload_is_explained_and_a_broken_one_leaves_it_standing(open_app: Open, photograph: bytes) -> None:
    app = upload(open_app(), photograph)
    good = panels(app)
    assert "The image mine.png" in app.image[0].proto.imgs[0].alt
    app.file_uploader(key="upload").upload("text.png", b"not a picture at all").run()
    assert len(app.error) == 1
    assert "can't be opened as a picture" in words(app)
    assert panels(app) == good
    app.radio(key="prediction").set_value(_index(app, 1)).run()
    assert "The image mine.png" in app.image[0].proto.imgs[0].alt


def test_what_was_done_to_a_file_is_said(open_app: Open) -> None:
    buffer = BytesIO()
    frames = [Image.fromarray(draw_scene(seed, size=64).pixels) for seed in range(3)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    assert "3 frames" in words(upload(open_app(), buffer.getvalue(), "moving.gif"))


def test_what_the_model_never_saw_is_said(open_app: Open, photograph: bytes) -> None:
    app = upload(open_app(), photograph)
    assert "The model never saw the hatched part." in words(app)
    app.selectbox(key="preprocessing").set_value("squash").run()
    assert "hatched" not in words(app)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/x.png", "not a link", "ftp://example.org/x.png", "file:///etc/passwd"]
)
def test_a_bad_link_says_one_sentence_and_leaves_the_answer_standing(open_app: Open, url: str) -> None:
    app = open_app(image="bay")
    good = panels(app)
    app.segmented_control(key="source").set_value("Link").run()
    app.text_input(key="url").set_value(url)
    app.button[0].click().run()
    assert len(app.error) == 1
    assert not app.exception
    assert panels(app) == good
    app.segmented_control(key="source").set_value("Samples").run()
    assert not app.error


def test_a_photograph_before_the_embedded_network_gets_a_hint_and_a_ready_network(
    open_app: Open, photograph: bytes
) -> None:
    app = upload(open_app(), photograph)
    assert "knows only 12 drawn things" in words(app)
    next(button for button in app.button if button.label.startswith("Ask ")).click().run()
    assert app.selectbox(key="model").value == "photos"
    assert "Photo network" in words(app)
    assert "knows only" not in words(app)


def test_without_a_ready_network_the_hint_names_the_download(open_app: Open, photograph: bytes, tmp_path: Path) -> None:
    app = upload(open_app(checkpoints=tmp_path), photograph)
    assert "python -m gradcam_core download resnet18" in words(app)
    assert " MB)" in words(app)


def test_a_model_that_is_not_here_says_so_and_the_former_goes_on(open_app: Open) -> None:
    app = open_app()
    good = panels(app)
    app.selectbox(key="model").set_value("vgg16").run()
    assert "VGG-16 is not on this machine yet" in words(app)
    assert "What you see is still TinyNet" in words(app)
    assert panels(app) == good


def test_a_layer_of_the_former_model_gives_way_to_the_new_ones_default(open_app: Open) -> None:
    app = open_app(model="photos")
    other = next(name for name in app.selectbox(key="layer").options if "default" not in name)
    app.selectbox(key="layer").set_value(other.split()[0]).run()
    assert app.query_params["layer"] == other.split()[0]
    app.selectbox(key="model").set_value("tinynet").run()
    assert app.selectbox(key="layer").value == "blocks.5"
    assert "layer" not in app.query_params
    assert "at layer blocks.5" in words(app)


def test_a_choice_of_class_does_not_outlive_its_image(open_app: Open) -> None:
    app = open_app()
    app.radio(key="prediction").set_value(_index(app, 2)).run()
    assert "class" in app.query_params
    app.radio(key="sample").set_value("night").run()
    assert "class" not in app.query_params
    assert app.radio(key="prediction").value == _index(app, 0)


def test_a_link_opens_its_view(open_app: Open) -> None:
    app = open_app(image="desert", model="photos", method="layercam", preprocessing="pad", **{"class": "3"})
    assert app.radio(key="sample").value == "desert"
    assert app.selectbox(key="model").value == "photos"
    assert "“kind 3”" in words(app)
    assert "by LayerCAM" in words(app)


def test_a_link_carries_the_look(open_app: Open) -> None:
    app = open_app(colormap="viridis", opacity="80")
    assert app.selectbox(key="colormap").value == "viridis"
    assert app.slider(key="opacity").value == 80
    usual = open_app()
    assert panels(app)[0] == panels(usual)[0]
    assert panels(app)[1] != panels(usual)[1]
    assert panels(app)[2] != panels(usual)[2]


def test_a_checkpoint_that_cannot_be_used_is_named_with_its_reason(open_app: Open, tmp_path: Path) -> None:
    (tmp_path / "torn.json").write_text('{"title": ', encoding="utf-8")
    app = open_app(checkpoints=tmp_path)
    assert not app.error
    assert "**torn**" in words(app)


def test_a_link_with_nonsense_opens_the_first_screen(open_app: Open) -> None:
    nonsense = {"model": "../x", "layer": "-1", "method": "<b>", "preprocessing": "", "class": "99999", "k": "0"}
    app = open_app(**nonsense)
    assert not app.exception
    assert not app.error
    assert panels(app) == panels(open_app())


def test_a_class_of_ten_thousand_digits_is_no_class(open_app: Open) -> None:
    app = open_app(**{"class": "9" * 10_000})
    assert not app.error
    assert "has no class" in words(app)


def test_a_link_that_asks_for_what_is_not_there_is_told_so(open_app: Open) -> None:
    app = open_app(image="javascript:alert(1)", layer="features.18", method="none", **{"class": "99"})
    told = words(app)
    assert "javascript:alert(1) is not the address of a picture." in told
    assert "The link asks for layer “features.18”, which is not there. This is blocks.5." in told
    assert "The link asks for method “none”" in told
    assert "has no class “99”" in told
    assert {"image", "layer", "method", "class"} & set(app.query_params) == set()


def test_the_colour_bar_counts_what_is_drawn(open_app: Open, photograph: bytes) -> None:
    app = upload(open_app(preprocessing="pad"), photograph)
    image = decode_image(photograph)
    forward = Explainer(load_model("tinynet")).forward(image, preprocessing="pad")
    cam = forward.cam(forward.top(1)[0].class_index)
    assert f"{cam.maximum:.3g} logits per cell" in " ".join(element.proto.body for element in app.get("html"))


def test_a_link_to_a_layer_that_is_no_block_opens_all_layers(open_app: Open) -> None:
    app = open_app(layer="blocks.5.0")
    assert app.toggle(key="all_layers").value
    assert "at layer blocks.5.0 by" in words(app)


def test_hostile_labels_titles_and_file_names_arrive_escaped(open_app: Open) -> None:
    app = upload(open_app(model="hostile"), to_png(draw_scene(3).pixels), ":red[x]![b](http://host.invalid).png")
    app.selectbox(key="k").set_value("10").run()
    shown = [*app.radio(key="prediction").options, *(element.value for element in (*app.markdown, *app.caption))]
    for text in shown:
        assert not re.search(r"[\[\]<>`$]", re.sub(r"\\.", "", text))
    said = [re.sub(r"\\(?=[^\w\s])|\u2060", "", text) for text in app.radio(key="prediction").options]
    assert len(set(said) & set(HOSTILE)) == 10


def _index(app: AppTest, place: int) -> int:
    """The class index of the prediction in this place; the page shows its label."""
    label = app.radio(key="prediction").options[place].replace("\\", "")
    found = [option for option in app.selectbox(key="search").options if option.split(" · ")[0] == label]
    return int(found[0].rsplit(" · ", 1)[1])
