"""What does an explanation leave on disk, for a reader and for a program?"""

import io
import json
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gradcam_core.cam import Cam, Prediction
from gradcam_core.errors import ResourceError
from gradcam_core.export.bundle import class_folder, write_explanations
from gradcam_core.export.formats import FORMATS, Explanation, ExportFormat, explanation_files, explanation_zip
from gradcam_core.export.manifest import explanation_json, prediction_json
from gradcam_core.export.reproduce import command_line, python_lines
from gradcam_core.layers.place import ReceptiveField
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.rendering.render import Look, heatmap_image, overlay_image
from tests.core.made_maps import made_cam, made_image

RAMP = np.linspace(-1, 2, 42).reshape(6, 7)
FILES = {"original.png", "heatmap.png", "overlay.png", "panels.png", "cam.npy", "explanation.json"}
PREDICTIONS = (Prediction(3, "dog", 2.5, 0.75), Prediction(0, "cat", 1.0, 0.25))


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.array(picture)


def strictly(text: str) -> Any:
    """JSON as the standard has it: no NaN, no Infinity."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    return json.loads(text, parse_constant=refuse)


def test_the_answer_has_the_keys_that_were_promised() -> None:
    image = made_image(40, 30)
    cam = made_cam(RAMP, image, window=(5, 0, 35, 30))
    answer = explanation_json(image, [cam], predictions=PREDICTIONS)
    told = {key: answer[key] for key in ("model", "layer", "method", "preprocessing", "window")}
    assert told == {
        "model": "net",
        "layer": "blocks.5",
        "method": "gradcam",
        "preprocessing": "trained",
        "window": [5.0, 0.0, 35.0, 30.0],
    }
    assert answer["image"] == {
        "width": 40,
        "height": 30,
        "original_width": 80,
        "original_height": 60,
        "sha256": "ab" * 32,
    }
    assert answer["predictions"][1] == {"class_index": 0, "label": "cat", "logit": 1.0, "probability": 0.25}
    (explanation,) = answer["explanations"]
    assert explanation == {
        "class_index": 3,
        "label": "dog",
        "logit": 2.5,
        "probability": 0.75,
        "cam_shape": [6, 7],
        "cam_min": -1.0,
        "cam_max": 2.0,
        "peak": [32, 27],
        "sentence": "It says dog (75\N{NO-BREAK SPACE}%). "
        "The evidence is spread out, and strongest at the bottom right.",
    }
    assert {"heatproof", "python", "torch", "torchvision", "grad-cam", "numpy", "pillow"} <= set(answer["versions"])
    usual = {"colormap": "inferno", "opacity": 0.65, "threshold": 0.0, "scale": None, "contour": 0.0}
    assert answer["look"] == usual | {"overlay": "evidence", "sign": "positive"}
    assert set(answer) == {*told, "place", "image", "predictions", "explanations", "look", "versions"}


def test_where_the_cells_lie_and_where_the_network_looks_is_told() -> None:
    image = made_image(28, 24)
    field = ReceptiveField((-0.5, -0.25), (1.25, 1.5))
    grid = replace(made_cam(RAMP, image), field=field)
    grid = replace(grid, key=replace(grid.key, place="grid"))
    assert explanation_json(image, [grid], predictions=[])["place"] == {
        "cells": "grid",
        "shift": [0.0, 0.0],
        "network_shift": [-0.5, -0.25],
        "network_spread": [1.25, 1.5],
        "sentence": "At blocks.5 each cell looks 1 pixel above and 2 left of the square that it is drawn over.",
    }


def test_a_sign_that_is_a_convention_is_told() -> None:
    image = made_image(8, 8)
    cam = replace(made_cam(RAMP, image), sign_rule="Its sign is a convention: up counts as evidence.")
    assert explanation_json(image, [cam], predictions=[])["sign_rule"] == cam.sign_rule


def test_methods_with_the_same_map_are_told() -> None:
    image = made_image(8, 8)
    cam = replace(made_cam(RAMP, image), same_map_by=("hirescam",))
    assert explanation_json(image, [cam], predictions=[])["explanations"][0]["same_map_by"] == ["hirescam"]


def test_the_class_that_another_is_set_against_is_told() -> None:
    image = made_image(8, 8)
    other = Prediction(5, "cat", 1.0, 0.25)
    (told,) = explanation_json(image, [replace(made_cam(RAMP, image), versus=other)], predictions=[])["explanations"]
    assert told["versus"] == {"class_index": 5, "label": "cat", "logit": 1.0, "probability": 0.25}


def test_what_was_done_to_the_picture_is_told() -> None:
    plain = made_image(8, 8)
    noted = replace(plain, notes=("The first of 12 frames is shown.",))
    for image, notes in ((plain, {}), (noted, {"notes": ["The first of 12 frames is shown."]})):
        cam = made_cam(RAMP, image)
        answers = [explanation_json(image, [cam], predictions=()), prediction_json(image, cam.geometry, predictions=())]
        for answer in answers:
            assert {key: value for key, value in answer["image"].items() if key == "notes"} == notes


def test_a_prediction_alone_has_no_layer_and_no_maps() -> None:
    image = made_image(40, 30)
    answer = prediction_json(image, made_cam(RAMP, image).geometry, predictions=PREDICTIONS)
    assert set(answer) == {"image", "window", "predictions", "versions"}


@pytest.mark.parametrize(("value", "told"), [(np.nan, None), (np.inf, None), (0.0, 0.0), (-1.0, -1.0)])
def test_a_map_that_is_not_usable_is_valid_json_with_a_note_and_no_peak(value: float, told: float | None) -> None:
    image = made_image(8, 8)
    cam = made_cam(np.full((2, 2), value), image)
    lost = (Prediction(0, "cat", float("nan"), float("inf")),)
    answer = strictly(json.dumps(explanation_json(image, [cam], predictions=lost)))
    (explanation,) = answer["explanations"]
    assert explanation["note"] == cam.note != ""
    assert explanation["peak"] is None
    assert explanation["cam_max"] == told
    assert answer["predictions"][0]["logit"] is None
    assert answer["predictions"][0]["probability"] is None


def test_no_map_is_a_programmers_mistake() -> None:
    with pytest.raises(ValueError, match="at least one map"):
        explanation_json(made_image(4, 4), [], predictions=PREDICTIONS)


def explained(image: LoadedImage, cam: Cam, **beside: Any) -> Explanation:
    """A map with the predictions that these tests list."""
    return Explanation(image=image, cam=cam, predictions=PREDICTIONS, **beside)


def test_one_map_is_written_as_six_files_that_agree(tmp_path: Path) -> None:
    image = made_image(40, 30)
    cam = made_cam(RAMP, image)
    look = Look("jet", 0.7, threshold=0.25, scale=1.5, contour=0.2, overlay="spotlight", sign="both")
    (folder,) = write_explanations(tmp_path / "new" / "folder", [explained(image, cam, look=look)])
    assert {path.name for path in folder.iterdir()} == FILES
    assert (pixels(folder / "original.png") == image.pixels).all()
    assert (pixels(folder / "heatmap.png") == heatmap_image(cam, image, look)).all()
    assert (pixels(folder / "overlay.png") == overlay_image(image, cam, look)).all()
    raw = np.load(folder / "cam.npy", allow_pickle=False)
    assert raw.dtype == np.float32
    assert (raw == cam.values).all()
    told = strictly((folder / "explanation.json").read_text(encoding="utf-8"))
    assert told == explanation_json(image, [cam], predictions=PREDICTIONS, look=look)
    numbers = {"opacity": 0.7, "threshold": 0.25, "scale": 1.5, "contour": 0.2}
    assert told["look"] == {"colormap": "jet", **numbers, "overlay": "spotlight", "sign": "both"}


def test_what_the_model_saw_is_written_and_does_not_outlive_its_explanation(tmp_path: Path) -> None:
    image, seen = made_image(20, 20), made_image(8, 8).pixels
    cam = made_cam(RAMP, image)
    write_explanations(tmp_path, [explained(image, cam, input_picture=seen)])
    assert (pixels(tmp_path / "input.png") == seen).all()
    write_explanations(tmp_path, [explained(image, cam)])
    assert {path.name for path in tmp_path.iterdir()} == FILES


def test_an_archive_holds_the_files_and_how_to_make_them_again() -> None:
    image = made_image(20, 20)
    cam, look, seen = made_cam(RAMP, image), Look(contour=0.1), made_image(8, 8).pixels
    it = explained(image, cam, look=look, input_picture=seen, source="my 猫.png")
    files, data = dict(explanation_files(it)), explanation_zip(it)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        held = {name: archive.read(name) for name in archive.namelist()}
    told = held.pop("reproduce.txt").decode()
    assert held == files
    assert set(files) == {*FILES, "input.png"}
    assert command_line("my 猫.png", cam.key, look) in told
    assert python_lines("my 猫.png", cam.key, look) in told


def test_a_format_is_one_entry_for_folder_and_archive_and_the_manifest_still_comes_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peak: ExportFormat[Explanation] = ExportFormat(
        slug="peak",
        file_name="peak.txt",
        mime="text/plain",
        title="Peak",
        description="Where the most evidence lies.",
        make=lambda it: str(it.cam.peak).encode(),
    )
    monkeypatch.setitem(FORMATS, "peak", peak)
    image = made_image(20, 20)
    it = explained(image, made_cam(RAMP, image))
    assert [name for name, _ in explanation_files(it)][-2:] == ["peak.txt", "explanation.json"]
    write_explanations(tmp_path, [it])
    assert (tmp_path / "peak.txt").read_text() == str(it.cam.peak)
    with zipfile.ZipFile(io.BytesIO(explanation_zip(it))) as archive:
        assert archive.read("peak.txt").decode() == str(it.cam.peak)


def test_every_format_has_a_name_and_a_file_of_its_own_and_says_what_it_is() -> None:
    assert len({one.file_name for one in FORMATS.values()}) == len(FORMATS)
    assert all(slug == one.slug and one.title and one.description.endswith(".") for slug, one in FORMATS.items())


def test_the_same_explanation_gives_the_same_archive_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    image = made_image(20, 20)
    first = explanation_zip(explained(image, made_cam(RAMP, image)))
    monkeypatch.setattr(time, "time", lambda: 2e9)
    assert explanation_zip(explained(image, made_cam(RAMP, image))) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_without_a_source_the_archive_is_its_own() -> None:
    image = made_image(20, 20)
    with zipfile.ZipFile(io.BytesIO(explanation_zip(explained(image, made_cam(RAMP, image))))) as archive:
        told = archive.read("reproduce.txt").decode()
    assert "explain original.png --model net" in told
    assert "Copy original.png there" in told


def test_several_maps_go_into_a_folder_each(tmp_path: Path) -> None:
    image = made_image(20, 20)
    cams = [_of_class(image, 243, "bull mastiff"), _of_class(image, 7, "猫"), _of_class(image, 8, "../a\\b:c?*\0/..")]
    folders = write_explanations(tmp_path, [explained(image, cam) for cam in cams])
    assert [folder.relative_to(tmp_path).as_posix() for folder in folders] == ["243-bull-mastiff", "7", "8-a-b-c"]
    assert {path.name for path in tmp_path.iterdir()} == {"243-bull-mastiff", "7", "8-a-b-c"}
    for folder, cam in zip(folders, cams, strict=True):
        assert {path.name for path in folder.iterdir()} == FILES
        (explanation,) = strictly((folder / "explanation.json").read_text(encoding="utf-8"))["explanations"]
        assert explanation["class_index"] == cam.prediction.class_index


def test_several_maps_leave_nothing_of_an_earlier_one_beside_their_folders(tmp_path: Path) -> None:
    image = made_image(8, 8)
    (tmp_path / "mine.txt").write_text("mine")
    write_explanations(tmp_path, [explained(image, _of_class(image, 1, "one"))])
    assert {path.name for path in tmp_path.iterdir()} == {*FILES, "mine.txt"}
    cams = [_of_class(image, 1, "one"), _of_class(image, 2, "two")]
    write_explanations(tmp_path, [explained(image, cam) for cam in cams])
    assert {path.name for path in tmp_path.iterdir()} == {"1-one", "2-two", "mine.txt"}


def test_pictures_without_a_manifest_are_not_ours_to_remove(tmp_path: Path) -> None:
    image = made_image(8, 8)
    (tmp_path / "original.png").write_text("mine")
    cams = [_of_class(image, 1, "one"), _of_class(image, 2, "two")]
    write_explanations(tmp_path, [explained(image, cam) for cam in cams])
    assert (tmp_path / "original.png").read_text() == "mine"


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Tabby, tabby cat", "5-tabby-tabby-cat"),
        ("Große Köpfe", "5-groe-kopfe"),
        ("CON", "5-con"),
        ("x" * 300, "5-" + "x" * 50),
        (" ... ", "5"),
        ("", "5"),
    ],
)
def test_a_class_folder_is_a_name_that_every_system_takes(label: str, name: str) -> None:
    assert class_folder(Prediction(5, label, 0.0, 0.0)) == name


def test_a_file_where_the_folder_should_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    image = made_image(8, 8)
    with pytest.raises(ResourceError, match=r"can't be written to .*taken: .*exists") as caught:
        write_explanations(tmp_path / "taken", [explained(image, made_cam(RAMP, image))])
    assert caught.value.hint == "Choose another folder."
    assert (tmp_path / "taken").read_text() == "mine"


def _of_class(image: LoadedImage, index: int, label: str) -> Cam:
    made = made_cam(RAMP, image)
    prediction = Prediction(index, label, 1.0, 0.5)
    return Cam(made.values, prediction, made.key, made.geometry, made.method_title, made.model_title)
