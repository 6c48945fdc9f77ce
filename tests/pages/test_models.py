"""Choosing a model, a layer, a method: what is said of every choice, and what happens while weights are fetched."""

import hashlib
import io
import json
import random
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
import torch
import torchvision
from streamlit.testing.v1 import AppTest
from torchvision.models import ResNet18_Weights, SqueezeNet1_0_Weights

from gradcam_core.encoding import to_png
from gradcam_core.layers.finding import TargetLayer
from gradcam_core.layers.layouts import Kind, Layout
from gradcam_core.layers.place import ReceptiveField
from gradcam_core.methods import METHODS
from gradcam_core.models import LoadedModel, list_models
from gradcam_core.preprocessing import PREPROCESSINGS
from gradcam_core.text import megabytes
from pages._ui.model.downloads import download_job
from pages._ui.text.choices import (
    cell_sentence,
    label_sentence,
    layer_sentence,
    layer_title,
    method_sentence,
    model_groups,
    model_sentence,
    model_titles,
    readiness,
)
from tests.core.loopback import Server, http, running
from tests.pages.support import add_photo_network, view, write_description
from tests.support import methods_for

Open = Callable[..., AppTest]
NAME, TITLE = "squeezenet1_0", "SqueezeNet 1.0"
WEIGHTS = random.Random(1).randbytes(300_000)
LAYERS = tuple(
    TargetLayer(f"blocks.{place}", "Block", Layout(Kind.CHANNELS_FIRST, side, side, 16 * (place + 1)), is_block=True)
    for place, side in enumerate((56, 28, 14, 14, 7, 7))
)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Where torchvision now looks for SqueezeNet; nothing is answered before `may_answer`."""
    st.cache_resource.clear()  # no job of another test
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running() as started:
        path = f"/{NAME}-{hashlib.sha256(WEIGHTS).hexdigest()[:8]}.pth"
        monkeypatch.setattr(SqueezeNet1_0_Weights.IMAGENET1K_V1.value, "url", started.url(path))
        yield started


def hold(server: Server) -> threading.Event:
    """Let the server send nothing but the head until the event is set."""
    may_go_on, whole = threading.Event(), http(WEIGHTS)

    def answer(connection: socket.socket) -> None:
        connection.sendall(whole[: -len(WEIGHTS)])
        may_go_on.wait(30)
        connection.sendall(whole[-len(WEIGHTS) :])

    server.answers[f"/{NAME}-{hashlib.sha256(WEIGHTS).hexdigest()[:8]}.pth"] = answer
    return may_go_on


def words(app: AppTest) -> str:
    texts = (*app.markdown, *app.caption, *app.warning, *app.error)
    return " ".join(element.value for element in texts).replace("\\", "").replace("\u2060", "")


def in_use(app: AppTest) -> str:
    return str(app.session_state["model_in_use"].spec.name)


def choose(app: AppTest, name: str) -> AppTest:
    return app.radio(key="model").set_value(name).run()


def ended(name: str = NAME) -> None:
    job = download_job(name)
    assert job is not None
    assert job.wait(20)


def test_every_model_says_what_it_is_what_it_knows_and_whether_it_is_ready(open_app: Open) -> None:
    captions = open_app().radio(key="model").proto.captions
    specs = list_models()
    assert len(captions) == len(specs)
    for caption, spec in zip(captions, specs, strict=True):
        said = caption.replace("\\", "").replace("\u2060", "")
        assert spec.sentence in said
        assert spec.label_summary in said or f"{spec.accuracy:.1f} % right on ImageNet-1K" in said
        weight = "Too large here." if spec.beyond_limits else f"{megabytes(spec.download_bytes)} to download."
        assert said.startswith("**Ready.**" if spec.ready else f"**{weight}**")


def test_a_ready_model_is_taken_at_once(open_app: Open) -> None:
    app = choose(open_app(), "photos")
    assert in_use(app) == "photos"
    assert app.query_params["model"] in ("photos", ["photos"])


def test_a_model_that_is_not_here_offers_its_download_and_the_former_goes_on(open_app: Open) -> None:
    app = choose(open_app(), "vgg16")
    assert in_use(app) == "tinynet"
    assert "VGG-16 is not on this machine yet. Maps are still those of TinyNet" in words(app)
    assert app.button(key="download_sidebar").label.replace("\\", "") == "Download VGG-16 (553 MB)"


def test_a_model_that_is_too_large_here_names_the_settings_and_offers_no_download(open_app: Open) -> None:
    app = choose(open_app(), "vit_h_14")
    assert in_use(app) == "tinynet"
    assert "HEATPROOF_MAX_PARAMETERS to 640_000_000" in words(app)
    assert [button.key for button in app.button if button.key == "download_sidebar"] == []


def test_what_is_here_comes_first_and_the_rest_family_by_family() -> None:
    specs = [replace(spec, ready=spec.ready or spec.name == "vgg16") for spec in list_models()]
    groups = model_groups(specs)
    assert list(groups)[:3] == ["On this machine", "ResNet", "MobileNet"]
    assert [spec.name for spec in groups["On this machine"]] == ["tinynet", "tinyvit", "vgg16"]
    assert "vgg16" not in [spec.name for spec in groups["VGG"]]
    assert sum(map(len, groups.values())) == len(specs)


def test_a_download_shows_its_bytes_and_can_be_cancelled(open_app: Open, server: Server) -> None:
    may_go_on = hold(server)
    app = choose(open_app(), NAME)
    app.button(key="download_sidebar").click().run()
    assert app.get("progress")
    assert not app.exception
    app.button(key="cancel_sidebar").click().run()
    may_go_on.set()
    ended()
    app.run()
    assert f"The download of {TITLE} was cancelled." in words(app)
    assert in_use(app) == "tinynet"
    assert not app.get("progress")
    assert app.button(key="download_sidebar")


def test_a_failed_download_says_why_and_the_former_model_goes_on(open_app: Open, server: Server) -> None:
    app = choose(open_app(), NAME)
    app.button(key="download_sidebar").click().run()
    ended()
    app.run()
    assert len(app.sidebar.error) == 1
    said = app.sidebar.error[0].value.replace("\\", "")
    assert "SqueezeNet 1.0 could not be downloaded" in said
    assert "404" in said
    assert in_use(app) == "tinynet"
    choose(app, "photos")
    assert not app.error
    choose(app, NAME)
    assert not app.error
    assert app.button(key="download_sidebar")


def test_a_failure_that_nobody_has_seen_is_still_told(open_app: Open, server: Server) -> None:
    app = choose(open_app(), NAME)
    app.button(key="download_sidebar").click()
    app.radio(key="model").set_value("photos").run()
    ended()
    assert not app.run().error
    assert "404" in choose(app, NAME).sidebar.error[0].value


@pytest.mark.slow
def test_the_address_names_the_model_that_has_arrived(
    open_app: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = io.BytesIO()
    torch.save(torchvision.models.squeezenet1_0(weights=None).state_dict(), buffer)
    path = f"/{NAME}-{hashlib.sha256(buffer.getvalue()).hexdigest()[:8]}.pth"
    server.answers[path] = http(buffer.getvalue())
    monkeypatch.setattr(SqueezeNet1_0_Weights.IMAGENET1K_V1.value, "url", server.url(path))
    app = choose(open_app(), NAME)
    app.button(key="download_sidebar").click().run()
    ended()
    app.run()
    assert in_use(app) == NAME
    assert app.query_params["model"] in (NAME, [NAME])


@pytest.mark.slow
def test_a_model_that_could_not_be_loaded_is_not_offered_again(open_app: Open, tmp_path: Path) -> None:
    add_photo_network(tmp_path)
    description = json.loads((tmp_path / "photos.json").read_text(encoding="utf-8"))
    (tmp_path / "broken.safetensors").write_bytes((tmp_path / "photos.safetensors").read_bytes())
    description |= {"title": "Broken", "architecture": "torchvision/resnet18", "num_classes": 30}
    write_description(tmp_path, "broken", description | {"labels": [f"kind {index}" for index in range(30)]})
    app = open_app(checkpoints=tmp_path, image="temple")
    assert app.button(key="ask_photo").label == "Ask Broken"
    app.button(key="ask_photo").click().run()
    assert in_use(app) == "tinynet"
    assert app.sidebar.warning
    assert app.button(key="ask_photo").label == "Ask Photo network"


@pytest.mark.parametrize("page", ["", "model"])
def test_what_is_assumed_of_a_model_is_said_beside_it(open_app: Open, tmp_path: Path, page: str) -> None:
    add_photo_network(tmp_path)
    description = json.loads((tmp_path / "photos.json").read_text(encoding="utf-8"))
    for path in tmp_path.glob("photos.*"):
        path.rename(path.with_stem("told"))  # the server keeps a loaded model by its name
    write_description(tmp_path, "told", description | {"trained_by": "Ada"})
    app = open_app(checkpoints=tmp_path, model="told")
    if page:
        app.switch_page(f"pages/{page}.py").run()
    assert "told.json has fields that are not read: trained_by." in words(app)


def test_a_picture_of_unknown_origin_is_not_called_a_photograph(open_app: Open) -> None:
    assert "what it says of a photograph is a guess" in words(open_app(image="temple"))
    app = open_app()
    app.segmented_control(key="source").set_value("Upload").run()
    app.file_uploader[0].upload("a.png", to_png(np.zeros((9, 9, 3), np.uint8)))
    assert "what it says of this picture is a guess" in words(app.run())


@pytest.mark.slow
def test_two_visitors_see_the_same_download(open_app: Open, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    may_go_on = hold(server)
    app = choose(open_app(), NAME)
    app.button(key="download_sidebar").click().run()
    other = choose(open_app(), NAME)
    assert other.get("progress")
    may_go_on.set()
    ended()
    assert len(server.requests) == 1


def test_a_download_goes_on_while_another_model_is_asked(open_app: Open, server: Server) -> None:
    may_go_on = hold(server)
    app = choose(open_app(), NAME)
    app.button(key="download_sidebar").click().run()
    choose(app, "photos")
    assert in_use(app) == "photos"
    assert app.get("progress")
    may_go_on.set()
    ended()


def test_a_photograph_before_the_embedded_network_is_offered_a_ready_one(open_app: Open) -> None:
    app = open_app(image="temple")
    assert "knows only 12 drawn things" in words(app)
    app.button(key="ask_photo").click().run()
    assert in_use(app) == "photos"
    assert "knows only" not in words(app)


def test_where_no_photo_network_is_ready_one_button_fetches_one(open_app: Open, tmp_path: Path) -> None:
    app = open_app(checkpoints=tmp_path, image="temple")
    assert app.button(key="fetch_photo").label.replace("\\", "") == "Download ResNet-18 (47 MB)"


def test_the_hints_download_shows_its_progress_where_the_hint_is(
    open_app: Open, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on = hold(server)
    monkeypatch.setattr(ResNet18_Weights.IMAGENET1K_V1.value, "url", SqueezeNet1_0_Weights.IMAGENET1K_V1.value.url)
    app = open_app(checkpoints=tmp_path, image="temple")
    app.button(key="fetch_photo").click().run()
    assert app.radio(key="model").value == "resnet18"
    assert app.button(key="cancel_hint")
    assert app.button(key="cancel_sidebar")
    app.button(key="cancel_hint").click().run()
    may_go_on.set()
    ended("resnet18")
    assert app.run().button(key="fetch_photo")
    assert words(app).count("was cancelled.") == 2


def test_a_scene_before_a_photo_network_has_a_way_back(open_app: Open) -> None:
    app = open_app(model="photos")
    assert "This scene is drawn" in words(app)
    app.button(key="ask_drawing").click().run()
    assert in_use(app) == "tinynet"
    assert "model" not in app.query_params
    assert "This scene is drawn" not in words(app)


def test_what_is_said_of_a_method_has_its_cost_or_why_it_cannot_explain_the_layer() -> None:
    layer, gradcam = TargetLayer("blocks.5", "Sequential", Layout(Kind.CHANNELS_FIRST, 16, 16, 128)), METHODS["gradcam"]
    assert method_sentence(gradcam, layer) == gradcam.sentence
    slow = replace(gradcam, cost=lambda layer: layer.channels)
    assert method_sentence(slow, layer) == f"{gradcam.sentence} Takes 129 forward passes."
    blind = replace(slow, depends_on_layer=False)
    assert method_sentence(blind, layer) == f"{gradcam.sentence} The same at every layer. Takes 129 forward passes."
    assert method_sentence(gradcam, layer, "Not of all.") == f"{gradcam.sentence} Not of all."
    refused = replace(slow, unsupported_because=lambda _layer: "it is too coarse.")
    assert method_sentence(refused, layer) == f"{gradcam.sentence} Not at blocks.5: it is too coarse."


def test_every_choice_is_explained_before_it_is_made(open_app: Open, tinynet: LoadedModel) -> None:
    app = open_app()
    for key, choices in (("method", methods_for(tinynet)), ("preprocessing", PREPROCESSINGS)):
        radio = app.radio(key=key)
        assert len(radio.proto.captions) == len(radio.options) == len(choices)
        assert all(radio.proto.captions)
        assert [option.endswith("· default") for option in radio.options] == [True] + [False] * (len(choices) - 1)


def test_methods_that_cannot_explain_the_model_are_named_with_the_reason_and_cannot_be_chosen(open_app: Open) -> None:
    app = open_app()
    three = "Attention rollout, Gradient rollout and Chefer relevance can't explain TinyNet (12 drawn things)"
    assert f"{three}: No attention of cells to each other was seen in this network" in words(app)
    assert "**Attention rollout**" not in app.radio(key="method").options
    choose(app, "tinyvit")
    assert "**Attention rollout**" in app.radio(key="method").options
    assert "can't explain" not in words(app)


def test_a_method_that_cannot_explain_the_model_gives_way_in_words_and_comes_back(open_app: Open) -> None:
    said = "Attention rollout can't explain TinyNet (12 drawn things): No attention of cells to each other was seen"
    app = open_app(model="tinyvit", method="rollout")
    assert "· Attention rollout (the same map for every class) ·" in view(app)["classes"][0]["caption"]
    choose(app, "tinynet")
    for _ in range(2):  # a later run says it as well
        assert said in words(app)
        assert "Instead: Grad-CAM." in words(app)
        assert app.radio(key="method").value == "gradcam"
        assert "method" not in view(app)["address"]
        assert not app.error
        app.run()
    assert app.radio(key="method").set_value("layercam").run().warning == []
    assert choose(app, "tinyvit").radio(key="method").value == "layercam"


def test_a_model_that_can_be_explained_so_has_the_held_method_again(open_app: Open) -> None:
    app = open_app(method="rollout")
    assert "Attention rollout can't explain TinyNet" in words(app)
    choose(app, "tinyvit")
    assert app.radio(key="method").value == "rollout"
    assert view(app)["address"]["method"] == "rollout"


def test_the_default_layer_says_why_it_is_the_default(open_app: Open) -> None:
    assert "16 × 16 cells, 128 channels. The last one before pooling" in words(open_app())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("blocks.0", "56 × 56 cells, 16 channels. An early layer: edges and textures, in fine detail."),
        ("blocks.2", "14 × 14 cells, 48 channels. A middle layer: patterns and parts of things."),
        ("blocks.4", "7 × 7 cells, 80 channels. A late layer: whole things, coarsely."),
        ("blocks.5", "7 × 7 cells, 96 channels. The last one before pooling, and so the last that still knows"),
    ],
)
def test_a_layer_is_explained_by_its_place(name: str, said: str) -> None:
    assert layer_sentence(LAYERS, name, "blocks.5").startswith(said)


def test_a_layer_before_a_class_token_is_read_is_not_called_the_last_before_pooling() -> None:
    tokens = TargetLayer("norm1", "LayerNorm", Layout(Kind.TOKENS, 14, 14, 768, prefix=1))
    assert "its cells still count for the class" in layer_sentence((*LAYERS, tokens), "norm1", "norm1")


def test_a_cell_says_how_much_it_sees_where_that_was_measured() -> None:
    layer = LAYERS[-1]
    assert cell_sentence(layer, (224, 112)) == "A cell is 32 × 16 px of the input."
    assert cell_sentence(layer, (224, 224), ReceptiveField()) == "A cell is 32 × 32 px of the input."
    measured = cell_sentence(layer, (224, 224), ReceptiveField(spread=(0.2, 1.0)))
    assert measured == "A cell is 32 × 32 px of the input and looks mostly at 32 × 111 px."
    assert "224 × 224 px." in cell_sentence(layer, (224, 224), ReceptiveField(spread=(9.0, 9.0)))


def test_a_default_in_the_middle_is_not_called_the_last() -> None:
    assert "description of this network" in layer_sentence(LAYERS, "blocks.1", "blocks.1")


def test_a_layers_title_has_its_resolution_and_marks_the_default() -> None:
    assert [layer_title(layer, "blocks.5") for layer in LAYERS[-2:]] == [
        "blocks.4 · 7 × 7",
        "blocks.5 · 7 × 7 · default",
    ]


def test_what_a_model_knows_is_said_once() -> None:
    embedded, *others = list_models()
    assert model_sentence(embedded) == embedded.sentence
    assert model_sentence(others[-1]) == others[-1].sentence  # its accuracy on ImageNet says it
    own = replace(others[-1], accuracy=None)
    assert model_sentence(own) == f"{own.sentence} {label_sentence(own)}"
    assert readiness(embedded) == "**Ready.**"


def test_two_models_of_one_title_are_told_apart() -> None:
    spec = list_models()[0]
    assert list(model_titles([spec]).values()) == [spec.title]
    twins = [spec, type(spec)(**{**spec.__dict__, "name": "other"})]
    assert list(model_titles(twins).values()) == [f"{spec.title} (tinynet)", f"{spec.title} (other)"]
