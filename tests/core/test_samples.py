"""Are the samples there without a network, the same every time, and openable by name?"""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradcam_core.errors import ImageError
from gradcam_core.images import load_image, read_picture
from gradcam_core.samples import (
    DEFAULT_SAMPLE,
    SAMPLES,
    PhotographSample,
    SceneSample,
    available_samples,
    load_sample,
    sample_bytes,
    sample_masks,
)

ROOT = Path(__file__).resolve().parents[2]
SCENES = [sample for sample in SAMPLES.values() if isinstance(sample, SceneSample)]
SCENE_DIGESTS = {
    "meadow": "1db52e3f97b5ff4d487f0b6284ecc8ef6ca276c91189f0301c2084da540b299e",
    "bay": "43aedd48045207c489a66c0d098c2f5cbda8932945cccaac7ea5e9256a4e75aa",
    "winter": "34249f160c1f413715f6219cfe89aef2b8f53422d5b811ccb4e3fc5d4d0cf285",
    "garden": "2be01a2a86108ffb031cd7d8f2202ca69f4561320ec1a03f3f9b6328e0d2c3af",
    "night": "e08628eec8d04105b809a61cce1145b762362e5fd7c80ceb1231f7a3bbb2ed1f",
    "desert": "3fc8cd7af5144ef0a4c45e024814efe3f06e6206d7d5f707b0ab10e0e6da8471",
}
PHOTOGRAPHS = [sample for sample in SAMPLES.values() if isinstance(sample, PhotographSample)]


def test_the_scenes_keep_their_bytes() -> None:
    """Links, saved reports and the pictures of the README show them: a change of the drawings must not reach them."""
    assert {sample.slug: hashlib.sha256(sample.read()).hexdigest() for sample in SCENES} == SCENE_DIGESTS


@pytest.mark.parametrize("sample", SCENES, ids=lambda sample: sample.slug)
def test_a_scene_comes_with_the_program_at_512_pixels(sample: SceneSample) -> None:
    assert sample.is_offered
    image = load_sample(sample.slug)
    assert (image.name, image.size) == (sample.title, (512, 512))


@pytest.mark.parametrize("sample", SCENES, ids=lambda sample: sample.slug)
def test_the_masks_of_a_scene_lie_on_its_things(sample: SceneSample) -> None:
    pixels = load_sample(sample.slug).pixels.astype(int)
    masks = sample_masks(sample.slug)
    assert tuple(masks) == sample.things
    for label, mask in masks.items():
        assert mask.shape == (512, 512)
        assert 0.02 < mask.mean() < 0.35, label
        slope = np.abs(np.diff(pixels, axis=1)).sum(axis=2)
        border = mask[:, 1:] != mask[:, :-1]
        assert np.median(slope[border]) > 10 * max(np.median(slope[~border]), 1), label
    assert not np.logical_and(*masks.values()).any()


@pytest.mark.parametrize("slug", ["hopper", "cat-and-dog", "nothing"])
def test_where_the_truth_is_not_known_there_are_no_masks(slug: str) -> None:
    assert sample_masks(slug) == {}


@pytest.mark.parametrize("sample", PHOTOGRAPHS, ids=lambda sample: sample.slug)
def test_a_photograph_is_the_file_that_a_required_package_brings(sample: PhotographSample) -> None:
    assert sample.is_offered
    assert sample.path is not None
    assert sample_bytes(sample.slug) == sample.path.read_bytes()
    assert min(load_sample(sample.slug).size) > 400


def test_there_are_six_scenes_three_photographs_and_a_link() -> None:
    assert (len(SCENES), len(PHOTOGRAPHS), len(SAMPLES)) == (6, 3, 10)
    assert [slug for slug, sample in SAMPLES.items() if sample.kind == "link"] == ["cat-and-dog"]
    assert SAMPLES[DEFAULT_SAMPLE].kind == "scene"


def test_photographs_are_found_without_importing_their_packages() -> None:
    code = (
        "import sys; from gradcam_core.samples import available_samples, load_sample; "
        "[load_sample(s.slug) for s in available_samples() if s.kind != 'link']; "
        "print(sorted({'sklearn', 'matplotlib', 'torch', 'requests'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("package", "file"), [("no_such_package", "a.jpg"), ("matplotlib", "no/such.jpg")])
def test_a_photograph_whose_file_is_not_there_is_not_offered(package: str, file: str) -> None:
    sample = PhotographSample("gone", "Gone", "Nobody's.", package, file)
    assert not sample.is_offered
    with pytest.raises(ImageError, match="Gone can't be read") as refusal:
        sample.read()
    assert package in refusal.value.hint


def test_a_sample_is_opened_by_name() -> None:
    image = load_image("sample:meadow")
    assert (image.name, image.size) == ("Meadow", (512, 512))
    assert image.sha256 == load_sample("meadow").sha256
    assert read_picture(" sample:meadow ").data == sample_bytes("meadow")


@pytest.mark.parametrize("slug", ["", "lake", "../meadow", "Meadow"])
def test_an_unknown_sample_is_refused_with_those_that_there_are(slug: str) -> None:
    with pytest.raises(ImageError, match="There is no sample") as refusal:
        load_image(f"sample:{slug}")
    assert "sample:meadow, sample:bay" in refusal.value.hint


def test_a_link_is_offered_and_fetched_only_where_addresses_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "cat-and-dog" in {sample.slug for sample in available_samples()}
    monkeypatch.setenv("HEATPROOF_FETCH_URLS", "off")
    assert "cat-and-dog" not in {sample.slug for sample in available_samples()}
    with pytest.raises(ImageError) as refusal:
        load_image("sample:cat-and-dog")
    assert refusal.value.hint
