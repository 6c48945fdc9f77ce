"""Which network is offered for a photograph: one that knows ImageNet's classes, by its name, and only offered."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gradcam_core.models.published import PRETRAINED
from tests.pages.support import HOSTILE, add_photo_network, write_description

Open = Callable[..., AppTest]
_PREPROCESSING = {"resize_size": 256, "crop_size": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A network of 1,200 kinds of birds, with hostile labels."""
    add_network(tmp_path, "birds", labels=[f"{text} {number}" for number in range(100) for text in HOSTILE])
    return tmp_path


def add_network(folder: Path, name: str, *, labels: list[str] | str) -> None:
    """A pair whose weights would not load: what is offered is known from the description alone."""
    (folder / f"{name}.safetensors").write_bytes(b"weights")
    description = {"version": 1, "title": name.capitalize(), "architecture": "torchvision/squeezenet1_0"}
    count = 1000 if labels == "imagenet" else len(labels)
    write_description(
        folder, name, description | {"num_classes": count, "labels": labels, "preprocessing": _PREPROCESSING}
    )


def offered(app: AppTest) -> list[str]:
    """The labels of the hint's buttons, without the escapes."""
    found = [button for button in app.button if button.key in ("ask_photo", "fetch_photo")]
    return [button.label.replace("\\", "") for button in found]


def sentence(app: AppTest) -> str:
    return next(text.value for text in app.markdown if "is a guess" in text.value).replace("\\", "")


def test_network_of_imagenets_classes_goes_before_one_with_more_classes(open_app: Open, folder: Path) -> None:
    add_network(folder, "general", labels="imagenet")
    app = open_app(checkpoints=folder, image="temple")
    assert offered(app) == ["Ask General"]
    assert "General knows 1,000 kinds of things in photographs" in sentence(app)
    assert app.session_state["model"] == "tinynet"


def test_network_whose_weights_have_a_maker_goes_first(open_app: Open, folder: Path) -> None:
    add_network(folder, "general", labels="imagenet")
    app = open_app(checkpoints=folder, image="temple")
    weights = PRETRAINED["mobilenet_v2"].file
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"here")
    assert offered(app.run()) == ["Ask MobileNetV2"]


def test_network_of_birds_is_offered_beside_a_download_and_never_alone(open_app: Open, folder: Path) -> None:
    app = open_app(checkpoints=folder, image="temple")
    assert offered(app) == ["Download ResNet-18 (47 MB)", "Ask Birds"]
    assert "ResNet-18 knows 1,000 kinds of things in photographs" in sentence(app)
    assert app.session_state["model"] == "tinynet"
    add_photo_network(folder)
    assert offered(open_app(checkpoints=folder, image="temple"))[1:] == ["Ask Birds"]  # the one with more classes
