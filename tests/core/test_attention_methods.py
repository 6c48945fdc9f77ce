"""Do the methods that follow attention keep what every method promises: place, unit, cost, words, many threads?"""

import gc
import random
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from gradcam_core.attention.legrad import legrad_map
from gradcam_core.attention.lens import read_off
from gradcam_core.attention.maps import rollout_map
from gradcam_core.attention.passes import attend
from gradcam_core.cam import BLANK
from gradcam_core.cli.main import main
from gradcam_core.comparison import likeliest_cams
from gradcam_core.engine import Explainer, ForwardPass, unit_of
from gradcam_core.export.manifest import explanation_json
from gradcam_core.images import load_image
from gradcam_core.layers.finding import find_layers
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import METHODS
from gradcam_core.methods.base import Family
from gradcam_core.models import LoadedModel
from gradcam_core.samples import load_sample
from gradcam_core.scoring.function import score_function
from gradcam_core.sentences import caption, cells_sentence, no_class_sentence
from gradcam_core.trust.check import sweep_of
from gradcam_core.trust.judgement import judge
from gradcam_core.trust.league import league
from gradcam_core.trust.sweep import Sweep
from tests.core.transformers import SIDE, MeanBlocks, drawn_to_light
from tests.support import loaded, methods_for, png

FOLLOWING = [slug for slug, method in METHODS.items() if method.family is Family.ATTENTION]
BLOCKS = ["blocks.0", "blocks.2.norm1"]
THREADS = 8
MakeImage = Callable[..., LoadedImage]

each = pytest.mark.parametrize("method", FOLLOWING)


@pytest.fixture(scope="module")
def meadow(tinyvit: LoadedModel) -> ForwardPass:
    return Explainer(tinyvit).forward(load_sample("meadow"), layers=BLOCKS)


@pytest.fixture(scope="module")
def sweep(meadow: ForwardPass) -> Sweep:
    return sweep_of(meadow)


@each
@pytest.mark.parametrize(("top", "left"), [(0, 0), (0, 7), (3, 0), (3, 7)])
def test_a_bright_corner_of_a_picture_that_is_no_square_shows_in_that_corner(method: str, top: int, left: int) -> None:
    square = loaded(drawn_to_light(), side=SIDE)
    found = find_layers(square.module, torch.rand(1, 3, 32, 64))
    spec = replace(square.input_spec, resize_size=32, crop_size=(64, 32))
    model = replace(square, layers=found.candidates, default_layer=found.default, input_spec=spec)
    pixels = np.full((320, 640, 3), 124, dtype=np.uint8)
    pixels[80 * top : 80 * top + 80, 80 * left : 80 * left + 80] = 255
    cam = Explainer(model).forward(load_image(png(Image.fromarray(pixels)))).cam(1, method)
    assert cam.shape == (4, 8)
    x, y = cam.peak
    assert (x // 80, y // 80) == (left, top)
    heat = cam.geometry.to_original(cam.values)
    assert heat.shape == (320, 640)
    assert (heat[80 * top : 80 * top + 80, 80 * left : 80 * left + 80] > np.median(heat)).all()


@each
def test_its_cells_lie_on_the_grid_whatever_a_layer_looks_at(make_image: MakeImage, method: str) -> None:
    module: Any = MeanBlocks()
    module.patches = nn.Sequential(*(nn.Conv2d(inputs, 24, 3, 2, 1) for inputs in (3, 24, 24)))
    forward = Explainer(loaded(module, side=SIDE), "patches").forward(make_image())
    assert forward.cam(0, "gradcam").geometry.shift != (0, 0)
    cam = forward.cam(0, method)
    assert cam.geometry.shift == cam.field.shift == (0, 0)
    assert "drawn over its own patch" in cells_sentence(cam)


def test_all_classes_and_methods_share_one_pass_which_goes_with_the_forward_pass(
    vit: LoadedModel, make_image: MakeImage
) -> None:
    forward, told = Explainer(vit).forward(make_image()), list[int]()
    for method in FOLLOWING:
        for class_index in (0, 1):
            forward.cam(class_index, method, progress=lambda done, _total: told.append(done))
    assert sum(told) == 2  # one for what follows attention, one for what is read off after each block
    assert forward.attention is forward.attention
    kept: list[weakref.ref[Any]] = [weakref.ref(forward.attention), weakref.ref(forward._later.read_off())]
    gc.disable()
    try:
        del forward
        assert [one() for one in kept] == [None, None]
    finally:
        gc.enable()


def test_a_pass_that_is_asked_for_nothing_else_records_no_attention(vit: LoadedModel, make_image: MakeImage) -> None:
    forward = Explainer(vit).forward(make_image())
    forward.cam(0, "gradcam")
    assert not forward._later.forwards


def test_a_rollout_counts_shares_of_what_is_read(make_image: MakeImage) -> None:
    model = loaded(MeanBlocks(), side=SIDE)  # without other tokens than cells
    forward = Explainer(model).forward(make_image())
    rollout, by_gradient = (forward.cam(0, method) for method in ("rollout", "gradient-rollout"))
    assert rollout.values.sum() == pytest.approx(1, abs=1e-5)
    assert 0 < by_gradient.values.sum() < 0.1  # the rest is what cells have of themselves
    assert {unit_of(model, cam) for cam in (rollout, by_gradient)} == {"share of what is read"}
    assert unit_of(model, forward.cam(0, "chefer")) == "relevance"


def test_legrads_map_begins_at_its_least_cell_as_the_papers(vit: LoadedModel, make_image: MakeImage) -> None:
    forward = Explainer(vit).forward(make_image())
    read = read_off(vit, forward.input_tensor, gradients=True)
    least = []
    for index in range(6):
        whole, cam = legrad_map(read, ((index, 1.0),)), forward.cam(index, "legrad")
        assert cam.values.min() == 0
        assert np.allclose(cam.values, whole - whole.min(), atol=1e-6)
        assert unit_of(vit, cam) == "logits per weight"
        least.append(whole.min())
    assert max(least) > 0


def test_the_map_is_that_of_the_formula(vit: LoadedModel, make_image: MakeImage) -> None:
    forward = Explainer(vit).forward(make_image())
    attention = attend(vit, forward.input_tensor, gradients=True)
    assert np.array_equal(forward.cam(3, "rollout").values, rollout_map(attention, ((3, 1.0),)))


@each
def test_a_class_that_reads_nothing_has_a_blank_map(make_image: MakeImage, method: str) -> None:
    module = MeanBlocks()
    nn.init.zeros_(module.head.weight[1])
    forward = Explainer(loaded(module, side=SIDE)).forward(make_image())
    assert forward.cam(1, method).note == BLANK
    assert forward.cam(0, method).usable


def test_few_classes_are_compared_where_each_takes_a_pass_through_all_blocks(meadow: ForwardPass) -> None:
    assert {method: len(likeliest_cams(meadow, method)) for method in ("rollout", "chefer", "legrad", "hirescam")} == {
        "rollout": 10,
        "chefer": 5,
        "legrad": 3,
        "hirescam": 10,
    }


def test_what_is_the_same_for_every_class_is_never_called_evidence_for_one(meadow: ForwardPass, sweep: Sweep) -> None:
    cam = meadow.cam(0, "rollout")
    said = "Attention rollout draws the same map for every class: what it marks may matter to the network, and is not"
    assert no_class_sentence(cam) == f"{said} evidence for cat."
    assert "Attention rollout (the same map for every class) · TinyViT" in caption(cam, "ab" * 32)
    assert "layer" not in caption(cam, "ab" * 32)
    judgement = judge(score_function(meadow.model), sweep, cam)
    assert judgement.class_line == no_class_sentence(cam)
    assert said in judgement.as_json()["note"]
    assert no_class_sentence(meadow.cam(0, "chefer")) == ""


def test_the_league_has_them_once_for_all_layers(meadow: ForwardPass, sweep: Sweep) -> None:
    rows = league(meadow, sweep, 0, BLOCKS)
    assert sorted(row.method for row in rows if row.method in FOLLOWING) == sorted(FOLLOWING)
    assert {row.layer for row in rows if row.method not in FOLLOWING} == set(BLOCKS)
    assert all(np.isfinite(row.agreement) for row in rows if row.method in FOLLOWING)


def test_eight_threads_that_mix_them_with_others_get_what_one_gets(
    tinynet: LoadedModel, vit: LoadedModel, make_image: MakeImage
) -> None:
    images, rng = [make_image(seed=seed) for seed in range(3)], random.Random(0)
    shared = Explainer(vit).forward(images[0])
    jobs = [(rng.randrange(3), rng.choice(list(methods_for(vit))), rng.randrange(6)) for _ in range(64)]

    def ask(job: tuple[int, str, int]) -> np.ndarray:
        image, method, class_index = job
        if method not in FOLLOWING and class_index == 0:
            return Explainer(tinynet).forward(images[image]).cam(class_index, method).values
        forward = Explainer(vit).forward(images[image]) if image else shared
        return forward.cam(class_index, method).values

    alone = [ask(job) for job in jobs]
    shared = Explainer(vit).forward(images[0])
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(ask, jobs))
    wrong = [
        job
        for job, one, other in zip(jobs, alone, together, strict=True)
        if np.abs(one - other).max() > 1e-5 * max(1.0, float(np.abs(one).max()))
    ]
    assert wrong == []


def test_blocks_that_legrad_leaves_out_are_told_of(late: LoadedModel, vit: LoadedModel, make_image: MakeImage) -> None:
    said = "LeGrad leaves out blocks of this network. It can be read off after blocks.1 alone"
    sample = load_sample("meadow")
    forward = Explainer(late).forward(sample)
    cam = forward.cam(0, "legrad")
    assert cam.remark.startswith(said)
    assert forward.cam(0, "chefer").remark == ""
    assert Explainer(vit).forward(make_image()).cam(0, "legrad").remark == ""
    told = explanation_json(sample, [cam], predictions=[])
    assert told["remark"] == cam.remark
    assert "same_for_every_class" not in told
    assert explanation_json(sample, [forward.cam(0, "rollout")], predictions=[])["same_for_every_class"]


@pytest.mark.parametrize("command", ["explain", "check-map"])
def test_the_shell_says_in_a_sentence_why_not_and_what_to_do(
    command: str, scene: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, scene, "--method", "rollout"]) == 2
    said = capsys.readouterr().err
    assert "Attention rollout can't explain TinyNet (12 drawn things): No attention of cells to each other" in said
    assert "Choose a vision transformer, such as tinyvit, or another method" in said


def test_the_shell_explains_a_transformer_by_its_attention(scene: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", scene, "--model", "tinyvit", "--method", "rollout"]) == 0
    said = capsys.readouterr().out
    assert "Attention rollout draws the same map for every class" in said
    assert "\nAttention rollout, 16 x 16 cells\n" in said
