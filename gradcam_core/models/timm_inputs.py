"""How does an image become the input of a network of timm's, as timm's `pretrained_cfg` says it?"""

import math
from collections.abc import Mapping
from typing import Any

from gradcam_core.checkpoints.fields import Fields
from gradcam_core.config import settings
from gradcam_core.models.extra import need
from gradcam_core.models.folder_fields import INTERPOLATIONS, check_colours, three_numbers
from gradcam_core.models.timm_networks import PACKAGE, check_timm_name
from gradcam_core.preprocessing import InputSpec

_FITS = {"center": "crop", "squash": "squash", "border": "pad"}  # timm's crop_mode in our words
USUAL: Mapping[str, Any] = {  # what timm's `resolve_data_config` takes for what is left out
    "input_size": [3, 224, 224],
    "crop_pct": 0.875,
    "crop_mode": "center",
    "interpolation": "bicubic",
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
}


def timm_own_input(name: str, options: Mapping[str, Any]) -> tuple[InputSpec, tuple[str, ...]]:
    """The input for which timm's own weights of this network were trained, and that this was assumed.

    Args:
        options: `img_size` among them is what the network is built for.

    Raises:
        ModelError: if timm is not installed or has no such network.
    """
    short = check_timm_name(name)
    found = need(PACKAGE).get_pretrained_cfg(short)
    own = {} if found is None else {key: value for key, value in found.to_dict().items() if key in USUAL}
    size = options.get("img_size")
    if size is not None:
        own["input_size"] = [3, *(size if isinstance(size, list | tuple) else [size, size])]
    spec, notes = timm_input_spec(Fields(own, where=f"timm's account of {short}"))
    width, height = spec.size
    note = f"Its description has no preprocessing: timm's own for {short} was taken ({width} x {height} px)."
    return spec, (note, *notes)


def timm_input_spec(given: Fields) -> tuple[InputSpec, tuple[str, ...]]:
    """What timm's evaluation transform does, and what of it is done otherwise here.

    Args:
        given: `pretrained_cfg`; what it leaves out is as in timm.

    Raises:
        ModelError: if a field is wrong.
    """
    values = {**USUAL, **{key: value for key, value in given.values.items() if value is not None}}
    fields = Fields(values, where=given.where)
    height, width = _sides(fields)
    share = values["crop_pct"]
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0.1 <= share <= 1:
        raise fields.wrong("crop_pct", "a number from 0.1 to 1")
    fit = _FITS[fields.choice("crop_mode", among=tuple(_FITS))]
    spec = InputSpec(
        resize_size=math.floor(min(height, width) / share),
        crop_size=width if width == height else (width, height),
        mean=three_numbers(fields, "mean"),
        std=three_numbers(fields, "std", is_positive=True),
        interpolation=fields.choice("interpolation", among=INTERPOLATIONS),
        fit=fit,
    )
    check_colours(fields, spec.mean, spec.std)
    return spec, _differences(fit, is_square=width == height, share=share)


def _sides(fields: Fields) -> tuple[int, int]:
    size, most = fields.values["input_size"], settings().max_input_side
    if not isinstance(size, list | tuple) or len(size) != 3 or size[0] != 3:
        raise fields.wrong("input_size", "three numbers, the first of which is 3 for red, green and blue")
    if not all(type(side) is int and 8 <= side <= most for side in size[1:]):
        raise fields.wrong("input_size", f"sides from 8 to {most} px")
    return size[1], size[2]


def _differences(fit: str, *, is_square: bool, share: float) -> tuple[str, ...]:
    if fit == "pad" and share < 1:
        return ("timm cuts a border off the padded image (crop_pct under 1); here the whole image is shown.",)
    if fit == "crop" and not is_square:
        return ("For an input that is no square timm resizes the side that fits; here it is always the short one.",)
    return ()
