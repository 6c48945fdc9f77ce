"""Are the samples there without a network, the same every time, and openable by name?"""

import subprocess
import sys
from pathlib import Path

import pytest

from gradcam_core.errors import ImageError
from gradcam_core.images import load_image, read_picture
from gradcam_core.rendering.render import to_png
from gradcam_core.samples import (
    DEFAULT_SAMPLE,
    SAMPLES,
    PhotographSample,
    SceneSample,
    available_samples,
    load_sample,
    sample_bytes,
)
from gradcam_core.scenes.scene import draw_scene

ROOT = Path(__file__).resolve().parents[2]
SCENES = [sample for sample in SAMPLES.values() if isinstance(sample, SceneSample)]
PHOTOGRAPHS = [sample for sample in SAMPLES.values() if isinstance(sample, PhotographSample)]


@pytest.mark.parametrize("sample", SCENES, ids=lambda sample: sample.slug)
def test_a_scene_is_the_png_file_of_its_seed(sample: SceneSample) -> None:
    scene = draw_scene(sample.seed, size=512, things=sample.things, ground=sample.ground)
    assert sample_bytes(sample.slug) == to_png(scene.pixels)


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
