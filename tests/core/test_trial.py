"""Is a network built as its description says, and is it said where it answers otherwise, or always the same?"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.models import get_model

from gradcam_core import Explainer, load_image
from gradcam_core.cli.main import main
from gradcam_core.errors import ModelError
from gradcam_core.models import broken_checkpoints, describe_model, find_model, inspect_model, load_model
from gradcam_core.models.options import known_options
from gradcam_core.models.registry import model_skeleton
from gradcam_core.models.trial import sameness_note
from gradcam_core.tinynet import TinyNet

WritePair = Callable[..., Path]
RED, RED_AS_GREY = (250, 20, 30), 90  # 0.299 x 250 + 0.587 x 20 + 0.114 x 30 = 89.9
INPUT = {"resize_size": 32, "crop_size": 32, "fit": "crop", "mean": 0.5, "std": 0.25}


@pytest.fixture
def lively() -> TinyNet:
    """One whose logits differ from image to image."""
    torch.manual_seed(0)
    net = TinyNet(3)
    nn.init.normal_(net.head.weight, std=5.0)
    return net.eval()


@pytest.fixture
def picture(folder: Path) -> Path:
    path = folder / "red.png"
    Image.new("RGB", (40, 40), RED).save(path)
    return path


def grey_network() -> TinyNet:
    """One whose first layer takes one channel."""
    net = TinyNet(3)
    net.get_submodule("blocks.0").add_module("0", nn.Conv2d(1, 24, 4, 2, 1, bias=False))
    return net


def expected(net: nn.Module, colour: tuple[float, ...] = RED) -> Tensor:
    """The logits of a picture of one colour, counted here by hand."""
    pixel = (torch.tensor(colour) / 255 - 0.5) / 0.25
    with torch.no_grad():
        logits: Tensor = net(pixel[None, :, None, None].expand(1, len(colour), 32, 32))[0]
    return logits


def test_a_known_answer_that_is_given_is_no_news(
    folder: Path, write_pair: WritePair, lively: TinyNet, picture: Path
) -> None:
    logits = expected(lively)
    best = int(logits.argmax())
    check = {"image": picture.name, "class": best, "logit": float(logits[best])}
    write_pair(module=lively, preprocessing=INPUT, check=check)
    assert load_model("small", device="cpu").notes == ()


@pytest.mark.parametrize("wrong", [(0, 1e3), (1, None)], ids=["another logit", "another class"])
def test_another_answer_than_the_known_one_is_refused_with_both(
    folder: Path, write_pair: WritePair, lively: TinyNet, picture: Path, wrong: tuple[int, float | None]
) -> None:
    told, logit = wrong
    logits = expected(lively)
    best = int(logits.argmax())
    labels = [f"class {(index - best) % 3}" for index in range(3)]  # the likeliest one is class 0
    check = {"image": picture.name, "class": f"class {told}", "logit": logit}
    write_pair(module=lively, preprocessing=INPUT, labels=labels, check=check)
    with pytest.raises(ModelError) as caught:
        load_model("small", device="cpu")
    assert f"small says of red.png: class 0 with a logit of {float(logits[best]):.3f}." in caught.value.message
    assert f"expects class {told}{'' if logit is None else ' with a logit of 1000.000'}." in caught.value.message


def test_a_network_that_always_answers_the_same_says_so(folder: Path, write_pair: WritePair, lively: TinyNet) -> None:
    write_pair("lively", module=lively)
    nn.init.zeros_(lively.head.weight)
    write_pair("dead", module=lively)
    assert load_model("lively", device="cpu").notes == ()
    (note,) = load_model("dead", device="cpu").notes
    assert note.startswith("It answers quite different images nearly alike (")


def test_a_network_that_is_fed_on_another_scale_is_told_by_its_answers() -> None:
    model = load_model("tinynet", device="cpu")
    assert sameness_note(model) == ()
    of_255 = replace(model.input_spec, mean=(127.5,) * 3, std=(63.75,) * 3)  # pixels from 0 to 1 are all black to it
    assert "nearly alike" in sameness_note(replace(model, input_spec=of_255))[0]


def test_a_detector_that_is_sure_that_nothing_is_there_is_no_dead_network(
    folder: Path, write_pair: WritePair, lively: TinyNet
) -> None:
    with torch.no_grad():
        lively.head.weight *= 100
        lively.head.bias[1] = 1e5
    write_pair(module=lively)
    assert load_model("small", device="cpu").notes == ()


def test_the_embedded_network_needs_no_note() -> None:
    assert load_model("tinynet", device="cpu").notes == ()


def test_a_grey_network_is_explained_and_says_how_the_picture_became_grey(
    folder: Path, write_pair: WritePair, picture: Path
) -> None:
    torch.manual_seed(0)
    net = grey_network()
    nn.init.normal_(net.head.weight, std=5.0)
    write_pair(module=net.eval(), preprocessing=INPUT | {"channels": 1})
    model = load_model("small", device="cpu")
    forward = Explainer(model).forward(load_image(picture))
    assert forward.logits == pytest.approx(expected(net, (RED_AS_GREY,)).numpy(), abs=1e-4)
    assert forward.cam(0).values.shape == (4, 4)
    assert forward.input_picture[0, 0].tolist() == [RED_AS_GREY] * 3
    assert "made grey" in model.notes[0]
    assert inspect_model("small").summary.input_shape == (1, 1, 32, 32)


def test_a_file_of_other_channels_than_said_names_the_field(folder: Path, write_pair: WritePair) -> None:
    write_pair(module=grey_network())
    with pytest.raises(ModelError, match=r"blocks\.0\.0 takes 1 channel \(grey\) in the file") as caught:
        load_model("small", device="cpu")
    assert caught.value.hint.startswith('Set "channels" to 1 in the description')


def test_a_file_of_one_output_for_two_labels_names_binary(folder: Path, write_pair: WritePair) -> None:
    write_pair(module=TinyNet(1), num_classes=2, labels=["no", "yes"])
    with pytest.raises(ModelError, match="gives 1 output, and the description says 2") as caught:
        load_model("small", device="cpu")
    assert caught.value.hint.startswith('Set activation to "binary"')


@pytest.mark.parametrize("place", ["beside", "in options"])
def test_options_of_the_architecture_are_read(folder: Path, write_pair: WritePair, place: str) -> None:
    torch.manual_seed(0)
    net = get_model("mobilenet_v2", weights=None, num_classes=3, width_mult=0.35).eval()
    options = {"width_mult": 0.35}
    fields = options if place == "beside" else {"options": options}
    write_pair(module=net, architecture="torchvision/mobilenet_v2", preprocessing=INPUT, **fields)
    noise = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(load_model("small", device="cpu").module(noise), net(noise))


@pytest.mark.parametrize(
    ("architecture", "option", "kind"),
    [
        ("torchvision/vit_b_16", "image_size", int),
        ("torchvision/mobilenet_v3_small", "width_mult", float),
        ("torchvision/resnet50", "width_per_group", int),
        ("torchvision/inception_v3", "transform_input", bool),
        ("torchvision/squeezenet1_0", "dropout", float),
        ("torchvision/densenet121", "growth_rate", int),
    ],
)
def test_an_option_is_what_torchvisions_constructor_takes(architecture: str, option: str, kind: type) -> None:
    assert known_options(architecture)[option] is kind
    assert (
        not {"num_classes", "patch_size", "block_config", "norm_layer", "progress"} & known_options(architecture).keys()
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"width_mul": 0.5}, "has no option 'width_mul'. It has width_mult, round_nearest, dropout."),
        ({"width_mult": "half"}, "The option width_mult is 'half'. It must be a number"),
        ({"width_mult": 1e9}, "It must be a number, at most 10,000."),
    ],
)
def test_an_option_that_can_not_be_is_refused(
    folder: Path, write_pair: WritePair, options: dict[str, Any], said: str
) -> None:
    write_pair(architecture="torchvision/mobilenet_v2", options=options)
    ((_, sentence),) = broken_checkpoints()
    assert said in sentence


@pytest.mark.parametrize(
    ("mean", "field", "is_on"),
    [((0.485, 0.456, 0.406), None, True), ((0.5,) * 3, None, False), ((0.485, 0.456, 0.406), False, False)],
)
def test_whether_an_inception_normalises_anew_is_a_field_and_else_said(
    folder: Path, write_pair: WritePair, mean: tuple[float, ...], field: bool | None, is_on: bool
) -> None:
    given = {"preprocessing": {**INPUT, "mean": mean, "std": [0.229, 0.224, 0.225]}, "transform_input": field}
    write_pair(architecture="torchvision/googlenet", **given)
    notes = describe_model(find_model("small")).notes
    assert ("transform_input is on. It is taken to be " in " ".join(notes)) == (field is None)
    assert inspect_model("small").facts.notes == notes
    assert vars(model_skeleton(find_model("small")))["transform_input"] is is_on


def test_fields_that_nothing_reads_are_named_wherever_the_model_is(
    folder: Path, write_pair: WritePair, lively: TinyNet, capsys: pytest.CaptureFixture[str], scene: str
) -> None:
    write_pair(module=lively, trained_by="Ada", preprocessing=INPUT | {"jitter": 0.1})
    said = [
        "small.json, preprocessing has fields that are not read: jitter.",
        "small.json has fields that are not read: trained_by.",
    ]
    assert load_model("small", device="cpu").notes == find_model("small").notes == tuple(said)
    main(["models"])
    assert {f"small: {note}" for note in said} <= set(capsys.readouterr().out.splitlines())
    main(["predict", scene, "--model", "small"])
    assert set(said) <= set(capsys.readouterr().out.splitlines())
    out = folder / "out"
    main(["explain", scene, "--model", "small", "--json", "--out", str(out)])
    (written,) = out.rglob("explanation.json")
    assert json.loads(capsys.readouterr().out)["model_notes"] == said
    assert json.loads(written.read_text(encoding="utf-8"))["model_notes"] == said
