"""What panes alone and the look's registry send to the browser."""

from dataclasses import fields, replace

import numpy as np
import pytest

from gradcam_core.engine import Explainer, ForwardPass
from gradcam_core.models import LoadedModel
from gradcam_core.rendering.render import DEFAULT_LOOK, Look
from gradcam_core.samples import load_sample
from pages._ui.viewer.look import LOOK_PARAMETERS, look_in, look_told
from pages._ui.viewer.panes import PaneSet, panes_message
from pages._ui.viewer.payload import photo, unpack


@pytest.fixture(scope="module")
def forward(tinynet: LoadedModel) -> ForwardPass:
    return Explainer(tinynet).forward(load_sample("bay"))


@pytest.fixture(scope="module")
def sets(forward: ForwardPass) -> list[PaneSet]:
    """Two classes of one image."""
    image = load_sample("bay")
    file = photo(image.pixels)
    cams = [forward.cam(one.class_index) for one in forward.top(2)]
    return [PaneSet(photo=file, size=image.size, cam=cam, look=Look(opacity=0.7)) for cam in cams]


def test_an_image_of_many_sets_travels_once_and_every_map_as_it_is(sets: list[PaneSet]) -> None:
    head, blobs = unpack(panes_message(sets))
    assert len(blobs) == len({"photo", "tables"}) + len(sets)
    for told, one in zip(head["sets"], sets, strict=True):
        values = np.frombuffer(blobs[told["map"]["blob"]], "<f4").reshape(told["cells"])
        assert np.array_equal(values, one.cam.values)
        assert told["map"]["scale"] == one.cam.maximum
        assert told["look"]["opacity"] == 0.7
        assert blobs[told["photo"]] == one.photo[0]


def test_messages_differ_by_what_is_drawn(sets: list[PaneSet]) -> None:
    other = [replace(sets[0], look=Look(threshold=0.1)), sets[1]]
    assert unpack(panes_message(sets))[0]["id"] == unpack(panes_message(list(sets)))[0]["id"]
    ids = [unpack(panes_message(one))[0]["id"] for one in (sets, sets[::-1], other, sets[:1])]
    assert len(set(ids)) == len(ids)


def test_a_map_that_is_not_usable_has_no_scale(sets: list[PaneSet]) -> None:
    flat = replace(sets[0].cam, note="There is no evidence.")
    (told,) = unpack(panes_message([replace(sets[0], cam=flat)]))[0]["sets"]
    empty = {"blob": "", "key": "", "scale": 0.0, "isUsable": False, "isSigned": False}
    assert told["map"] | {"blob": "", "key": ""} == empty


def test_the_registry_holds_all_of_the_cores_look_with_its_defaults() -> None:
    assert {field.name for field in fields(Look)} <= set(LOOK_PARAMETERS)
    for told in look_told(10, "evidence"):
        if told.get("isOfCore"):
            default = getattr(DEFAULT_LOOK, told["name"])
            assert told["default"] == (default * 100 if told.get("isPercent") else default)


def test_the_look_names_what_the_methods_maps_show() -> None:
    def words(noun: str) -> list[str]:
        told = [one for parameter in look_told(10, noun) for one in (parameter, *parameter.get("choices", []))]
        return [one[name] for one in told if one.get("name") != "sign" for name in ("title", "sentence") if name in one]

    assert [text for text in words("attention") if "evidence" in text or "{" in text] == []
    assert "10 % of the attention" in words("attention")
    assert words("evidence") == [text.replace("attention", "evidence") for text in words("attention")]


def test_the_usual_value_is_one_that_can_be_set() -> None:
    for parameter in LOOK_PARAMETERS.values():
        values = [choice.value for choice in parameter.choices] or range(parameter.low, parameter.high + 1)
        assert parameter.default in values


def test_the_look_of_an_address_is_the_cores_and_what_is_not_sound_is_passed_over() -> None:
    told = {"opacity": "85", "threshold": "5", "contour": "10", "colormap": "viridis", "view": "overlay", "class": "3"}
    assert look_in(told) == Look(opacity=0.85, threshold=0.05, contour=0.1, colormap="viridis")
    unsound: dict[str, object] = {"opacity": "101", "threshold": "-1", "contour": "11", "colormap": ["jet"]}
    assert look_in(unsound) == look_in({"opacity": 85, "threshold": "05"}) == DEFAULT_LOOK
