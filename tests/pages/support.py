"""What tests of the pages share: models for the checkpoint folder, hostile texts, and what the viewer was sent."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
import torchvision
from safetensors.torch import save_file
from streamlit.testing.v1 import AppTest

from pages._ui.viewer.payload import unpack

ASSETS = Path(__file__).resolve().parents[2] / "gradcam_core" / "assets"
HOSTILE = (
    "![b](http://host.invalid/x.png)",
    ":red[x]",
    "$a$",
    "<img src=http://host.invalid/y.png onerror=alert(1)>",
    "http://host.invalid/z",
    "www.host.invalid",
    ":smile: :material/home:",
    "# heading",
    "* item",
    "a -> b",
    "`code` **bold**",
    "a@host.invalid",
)
PHOTO_CLASSES = 20


def add_hostile(folder: Path) -> None:
    """The embedded network once more, with texts that markdown would act on."""
    shutil.copy(ASSETS / "tinynet.safetensors", folder / "hostile.safetensors")
    description = json.loads((ASSETS / "tinynet.json").read_text(encoding="utf-8"))
    description |= {"title": "![t](http://host.invalid/t.png) :red[t] $t$", "labels": list(HOSTILE), "sha256": ""}
    write_description(folder, "hostile", description)


def add_photo_network(folder: Path) -> None:
    """A SqueezeNet with seeded random weights."""
    torch.manual_seed(0)
    module = torchvision.models.squeezenet1_0(weights=None, num_classes=PHOTO_CLASSES)
    save_file({key: value.contiguous() for key, value in module.state_dict().items()}, folder / "photos.safetensors")
    preprocessing = {"resize_size": 256, "crop_size": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    description = {
        "version": 1,
        "title": "Photo network",
        "architecture": "torchvision/squeezenet1_0",
        "num_classes": PHOTO_CLASSES,
        "labels": [f"kind {index}" for index in range(PHOTO_CLASSES)],
        "preprocessing": preprocessing,
    }
    write_description(folder, "photos", description)


def add_numbered(folder: Path) -> None:
    """The embedded network once more, its labels numbers in the order in which texts are sorted: 0, 1, 10, 11, 2, …"""
    shutil.copy(ASSETS / "tinynet.safetensors", folder / "digits.safetensors")
    description = json.loads((ASSETS / "tinynet.json").read_text(encoding="utf-8"))
    labels = sorted(str(index) for index in range(description["num_classes"]))
    write_description(folder, "digits", description | {"title": "Digits", "labels": labels, "sha256": ""})


def write_description(folder: Path, name: str, description: dict[str, Any]) -> None:
    kept = {key: value for key, value in description.items() if value != ""}
    (folder / f"{name}.json").write_text(json.dumps(kept), encoding="utf-8")


def view(app: AppTest) -> dict[str, Any]:
    """The head of the message that the viewer got last."""
    return view_and_blobs(app)[0]


def view_and_blobs(app: AppTest) -> tuple[dict[str, Any], dict[str, bytes]]:
    (element,) = [found for found in app.get("bidi_component") if found.proto.component_name == "heatproof_viewer"]
    return unpack(element.proto.bytes)
