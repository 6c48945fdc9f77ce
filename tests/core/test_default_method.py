"""Which method explains a layer where nobody has chosen one, and where is it said?"""

from collections.abc import Callable

import pytest

from gradcam_core.cli.main import main
from gradcam_core.engine import Explainer
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import DEFAULT_METHOD, DEFAULT_WITH_PREFIX, default_method, get_method, why_default
from gradcam_core.models import LoadedModel, load_model
from tests.core.transformers import SIDE, small_swin
from tests.support import loaded

MakeImage = Callable[..., LoadedImage]


def test_layers_read_by_a_class_token_have_a_default_of_their_own(vit: LoadedModel) -> None:
    assert default_method(vit.layer()) == DEFAULT_WITH_PREFIX
    said = why_default(vit.layer())
    assert said.startswith(f"{get_method(DEFAULT_WITH_PREFIX).title} is the default at this layer")


def test_convolutions_and_tokens_that_are_pooled_stay_with_the_usual_one(vit: LoadedModel) -> None:
    patches = next(layer for layer in vit.layers if not layer.layout.prefix)
    for layer in (patches, loaded(small_swin(), side=SIDE).layer(), load_model("tinynet").layer()):
        assert default_method(layer) == DEFAULT_METHOD
        assert why_default(layer) == ""


def test_a_map_without_a_named_method_is_the_layers_default(vit: LoadedModel, make_image: MakeImage) -> None:
    patches = next(layer.name for layer in vit.layers if not layer.layout.prefix)
    forward = Explainer(vit).forward(make_image(SIDE, SIDE), layers=[patches])
    first = forward.cam(0)
    assert (first.key.method, first.usable) == (DEFAULT_WITH_PREFIX, True)
    assert forward.cam(0, layer=patches).key.method == DEFAULT_METHOD
    assert forward.cam(0, DEFAULT_METHOD).key.method == DEFAULT_METHOD


@pytest.mark.parametrize("command", ["explain", "check-map"])
def test_the_command_line_says_why_unless_a_method_is_named(
    vit: LoadedModel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    for module in ("commands", "check_map"):
        monkeypatch.setattr(f"gradcam_core.cli.{module}.load_model", lambda *_args, **_options: vit)
    assert main([command, "sample:meadow"]) == 0
    assert why_default(vit.layer()) in capsys.readouterr().out
    assert main([command, "sample:meadow", "--method", DEFAULT_METHOD]) == 0
    said = capsys.readouterr().out
    assert f"{get_method(DEFAULT_METHOD).title} at layer {vit.default_layer}" in said
    assert "is the default" not in said
