"""What is taken away of a map of attention: the core's own values, and lines that give them again."""

import io
import json
import re
import shlex
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gradcam_core.cli.attention as attention_command_module
import gradcam_core.cli.features as features_command_module
from gradcam_core import models
from gradcam_core.attention.features import colours, similarity
from gradcam_core.attention.flow import Fusion
from gradcam_core.attention.passes import AttentionPass
from gradcam_core.attention.views import FeatureView, View
from gradcam_core.cli.main import main
from gradcam_core.errors import HeatproofError
from gradcam_core.export.attention_formats import ATTENTION_FORMATS, DrawnMap, ModelFacts, attention_file
from gradcam_core.export.attention_map import laid_map
from gradcam_core.export.attention_words import NO_EVIDENCE, file_prefix, readers_words
from gradcam_core.export.reproduce import ModelPlace
from gradcam_core.export.reproduce_attention import attention_command, attention_lines
from gradcam_core.images import load_image
from gradcam_core.layers.layouts import Kind, Layout
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models import LoadedModel
from gradcam_core.preprocessing import prepare
from gradcam_core.recording import record
from gradcam_core.rendering.render import Look, overlay_image
from tests.support import mostly_slow

SOURCE = "sample:meadow"
LOOK = Look("viridis", opacity=0.5, threshold=0.1, contour=0.2)
HEADS_FUSED = View(block=1, is_rollout=True, fusion=Fusion.MAX, discard=0.9)
VIEWS = [
    View(block=1, head=2, cell=(3, 12), is_received=True, hidden=((3, 4), (15, 15))),
    FeatureView("blocks.0", (3, 12)),
    HEADS_FUSED,
    View(block=1),
    View(block=1, token=0),
    View(block=1, is_received=True, is_to_read=True),
    View(block=0, is_received=True),
    View(block=1, is_rollout=True, cell=(0, 15)),
    View(block=0, is_rollout=True),
    View(block=1, is_rollout=True, fusion=Fusion.MIN),
    View(block=1, head=0, hidden=()),
    FeatureView("blocks.0"),
]


@pytest.fixture(scope="module")
def image() -> LoadedImage:
    return load_image(SOURCE)


@pytest.fixture
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEATPROOF_DEVICE", "cpu")


@pytest.fixture
def loads_once(monkeypatch: pytest.MonkeyPatch, tinyvit: LoadedModel) -> None:
    """Most of a command's time is the model's loading."""
    import_module("gradcam_core.cli.commands")  # imported later, it would keep what is put in its place here
    for module in (attention_command_module, features_command_module, models):
        monkeypatch.setattr(module, "load_model", lambda *_, **__: tinyvit)


def drawn(model: LoadedModel, image: LoadedImage, view: View | FeatureView, look: Look = LOOK) -> DrawnMap:
    return DrawnMap(image, laid_map(model, image, view), ModelFacts.of(model), look)


def npy(data: bytes) -> np.ndarray:
    loaded: np.ndarray = np.load(io.BytesIO(data), allow_pickle=False)
    return loaded


def pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as picture:
        return np.array(picture)


def test_the_raw_map_is_the_cores_own(tinyvit: LoadedModel, image: LoadedImage, attended: AttentionPass) -> None:
    made = npy(attention_file(drawn(tinyvit, image, View(block=1, head=2, cell=(3, 12))), "map.npy"))
    assert made.dtype == np.float32
    assert np.array_equal(made, attended.weights(1)[2, 1 + 3 * 16 + 12, 1:].reshape(16, 16))


def test_the_overlay_is_the_map_over_the_image_in_the_look(tinyvit: LoadedModel, image: LoadedImage) -> None:
    it = drawn(tinyvit, image, View(block=1))
    assert np.array_equal(pixels(attention_file(it, "overlay.png")), overlay_image(image, it.laid.cam, LOOK))
    assert pixels(attention_file(it, "panels.png")).shape[1] > 1000


def test_the_facts_say_which_map_of_which_network_it_is(tinyvit: LoadedModel, image: LoadedImage) -> None:
    it = drawn(tinyvit, image, View(block=1, head=2, cell=(3, 12), hidden=((0, 0),)))
    told = json.loads(attention_file(it, "facts.json"))
    hidden = "tokens that are no patch are hidden, and 1 patch"
    assert told["sentence"] == (f"Block 2 of 3, head 3 of 3: what the patch in row 4, column 13 looks at; {hidden}.")
    assert told["caveat"] == NO_EVIDENCE
    assert told["block"] == {"index": 1, "count": 3, "name": "blocks.1.attention", "heads": 3}
    assert (told["head"], told["of"], told["direction"]) == (2, {"cell": [3, 12]}, "given")
    assert told["hidden"] == {"cells": [[0, 0]], "tokens_that_are_no_cells": True}
    assert (told["weights_sha256"], told["image"]["sha256"]) == (tinyvit.weights_sha256, image.sha256)
    assert told["map"]["shape"] == [16, 16]
    assert {"window", "place", "look", "versions", "preprocessing"} <= set(told)
    read = json.loads(attention_file(drawn(tinyvit, image, View(block=1)), "facts.json"))
    assert (read["of"], read["tokens_read"]) == ({"read": True}, [0])


def test_the_facts_say_how_heads_were_fused_and_what_was_left_out(tinyvit: LoadedModel, image: LoadedImage) -> None:
    fused = json.loads(attention_file(drawn(tinyvit, image, HEADS_FUSED), "facts.json"))
    assert fused["rollout"] == {"fusion": "max", "discard": 0.9}
    assert fused["sentence"] == (
        "Rollout up to block 2 of 3, heads fused by their maximum, the smallest 90 % of each block's weights left out: "
        "what the class token looks at."
    )
    assert json.loads(attention_file(drawn(tinyvit, image, View(block=1)), "facts.json"))["rollout"] is None
    usual = laid_map(tinyvit, image, View(block=1, is_rollout=True))
    assert usual.facts["rollout"] == {"fusion": "mean", "discard": 0.0}
    assert usual.sentence == "Rollout up to block 2 of 3: what the class token looks at."


def test_features_are_those_of_the_layer_and_also_of_a_network_without_attention(
    tinynet: LoadedModel, image: LoadedImage
) -> None:
    activation = record(tinynet, prepare(image, tinynet.input_spec).tensor, ["blocks.4"]).activation("blocks.4")
    alike, painted = (drawn(tinynet, image, FeatureView("blocks.4", cell)) for cell in ((1, 2), None))
    grid = activation.shape[1:]
    assert np.array_equal(npy(attention_file(alike, "map.npy")), similarity(activation)[grid[1] + 2].reshape(grid))
    assert np.array_equal(npy(attention_file(painted, "map.npy")), colours(activation))
    overlay = pixels(attention_file(painted, "overlay.png"))
    assert overlay.shape == image.pixels.shape
    told = json.loads(attention_file(painted, "facts.json"))
    assert "principal components" in told["sentence"]
    assert told["map"]["peak"] is None
    assert pixels(attention_file(painted, "panels.png")).shape[1] > 1000


@pytest.mark.parametrize("view", mostly_slow(VIEWS, by_default=3))
@pytest.mark.usefixtures("in_a_folder", "loads_once")
def test_the_command_and_the_lines_give_the_same_map(
    view: View | FeatureView, tinyvit: LoadedModel, image: LoadedImage
) -> None:
    it = drawn(tinyvit, image, view)
    key, place = it.laid.cam.key, ModelPlace()
    exec(attention_lines(SOURCE, view, key, LOOK, place=place), {})  # noqa: S102 - running it is the test
    for name in ("map.npy", "overlay.png", "facts.json"):
        assert Path(name).read_bytes() == attention_file(it, name)
    assert main(shlex.split(attention_command(SOURCE, view, key, LOOK, place=place))[3:]) == 0
    folder = Path("features" if isinstance(view, FeatureView) else "attention")
    names = {one.file_name for one in ATTENTION_FORMATS.values()}
    assert {path.name for path in folder.iterdir()} == names
    for name in names:
        assert (folder / name).read_bytes() == attention_file(it, name)


def test_names_of_files_are_safe_whatever_a_layer_is_called() -> None:
    hostile = FeatureView("../../etc/passwd\n\u202e" + "x" * 500, (0, 1))
    assert re.fullmatch(r"similarity-etc-passwd-x+", file_prefix(hostile))
    assert len(file_prefix(hostile)) <= 100
    assert file_prefix(View(block=1, head=2, token=0, is_received=True, hidden=())) == (
        "attention-block-2-head-3-token-1-received-without-sinks"
    )


def test_rollouts_that_differ_have_files_that_do() -> None:
    assert file_prefix(HEADS_FUSED) == "rollout-block-2-max-discard-0-9"
    assert file_prefix(View(block=1, is_rollout=True)) == "rollout-block-2"


def test_a_file_that_there_is_not_is_refused_in_a_sentence(tinyvit: LoadedModel, image: LoadedImage) -> None:
    with pytest.raises(HeatproofError, match="has no file"):
        attention_file(drawn(tinyvit, image, View(block=1)), "cam.npy")
    assert [one.file_name for one in ATTENTION_FORMATS.values()][-1] == "facts.json"  # it is written last


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--of", "x"], "--of is 'x'."),
        (["--of", "100,1"], "The row of --of is 100, and blocks.0 has 16 of them."),
        (["--layer", "nothing"], "nothing"),
    ],
)
def test_features_that_there_are_not_are_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ["features", SOURCE, "--model", "tinyvit", "--layer", "blocks.0"]
    assert main([*named, *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--of", "token:2"], "The token of --of is 2, and there are 1 before the cells."),
        (["--hide", "4,100"], "The column of --hide is 100, and the grid has 16 of them."),
    ],
)
def test_tokens_and_cells_that_there_are_not_are_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["attention", SOURCE, *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_query_that_is_none_of_the_tokens_is_no_class_token() -> None:
    """As where one learned query pools all cells, beside class attention, whose query is one of the tokens."""
    pooling, class_attention = (Layout(Kind.TOKENS, 4, 4, 8, prefix=prefix) for prefix in (0, 1))
    assert readers_words(None, 1, pooling) == "the query that pools the patches"
    assert readers_words(None, 1, class_attention) == "the class token"
