"""How is a network of timm's built from its name, without weights and without memory for them?

The name is looked up in timm's own list; a name that would have timm fetch or read something is none of it. Options
that make timm load something are refused.
"""

import difflib
from collections.abc import Mapping
from typing import Any

from torch import nn

from gradcam_core.errors import ModelError
from gradcam_core.models.extra import library_errors, need
from gradcam_core.models.skeletons import TensorsOnMeta, check_parameters

PREFIX = "timm/"
PACKAGE = "timm"

_LOADING = ("pretrained", "checkpoint", "cache", "features_only", "feature", "out_indices")
_OURS = ("num_classes", "device", "dtype", "scriptable", "exportable", "no_jit")
_LARGEST = 10_000
_DEEPEST = 1_000


def timm_skeleton(
    name: str, num_outputs: int, options: Mapping[str, Any], preprocessing: Mapping[str, Any] | None = None
) -> nn.Module:
    """The network without memory for its weights.

    Args:
        name: with or without the prefix; it may end in a tag, such as resnet18.a1_in1k.
        options: arguments of timm's constructor, such as `img_size`.
        preprocessing: timm's `pretrained_cfg`, as far as it says for which input the network is; None for timm's own.

    Raises:
        ModelError: if timm is not installed, has no such network, can't build it so, or it is too large.
    """
    short = check_timm_name(name)
    check_timm_options(options)
    timm = need(PACKAGE)
    given = {} if preprocessing is None else {"pretrained_cfg": {"architecture": short, **preprocessing}}
    with library_errors(f"timm can't build {short} with {_listed(options)}"), TensorsOnMeta():
        module: nn.Module = timm.create_model(short, pretrained=False, num_classes=num_outputs, **given, **options)
    check_parameters(f"{PREFIX}{short}", module)
    return module


def check_timm_name(name: str) -> str:
    """The name without prefix, if timm has such a network; else a ModelError with those that are nearly it."""
    short = name.removeprefix(PREFIX)
    timm = need(PACKAGE)
    base = short.partition(".")[0]
    is_plain = base.replace("_", "").isalnum() and base.isascii()
    if is_plain and timm.is_model(base):
        return short
    near = difflib.get_close_matches(base, timm.list_models(), n=3)
    listed = f"Near that name: {', '.join(near)}." if near else "timm.list_models() lists them."
    raise ModelError(f"timm has no network {short[:80]!r}.", hint=listed)


def check_timm_options(options: Mapping[str, Any]) -> None:
    """Refuse what would have timm load something, and numbers beyond those of any network."""
    for key, value in options.items():
        if not isinstance(key, str) or key.startswith(_LOADING) or key in _OURS:
            raise ModelError(f"The option {str(key)[:60]!r} is not given to timm.", hint="Leave it out.")
        numbers = list(_numbers(value))
        if any(not abs(number) <= _LARGEST for number in numbers):
            raise ModelError(f"The option {key[:60]} is too large.", hint=f"At most {_LARGEST:,}.")
        if key.startswith("depth") and sum(numbers) > _DEEPEST:
            raise ModelError(f"The option {key[:60]} asks for too many layers.", hint=f"At most {_DEEPEST:,}.")


def _numbers(value: Any) -> list[float]:
    if isinstance(value, list | tuple):
        return [number for item in value[:_LARGEST] for number in _numbers(item)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def _listed(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {str(value)[:40]}" for key, value in list(options.items())[:5]) or "its own options"
