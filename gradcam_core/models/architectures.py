"""Which networks can a checkpoint's description name, and how is one built?

The list is fixed: our own networks, torchvision's classifiers and, where it is installed, timm's. No text from a file
is ever imported or looked up elsewhere. A torchvision `inception_v3` or `googlenet` is built without auxiliary heads.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from torch import Tensor, nn
from torchvision import models

from gradcam_core.checkpoints.fitting import fit
from gradcam_core.checkpoints.head_parts import WHOLE, Head, last_layer, replace_parts
from gradcam_core.checkpoints.naming import without_counters
from gradcam_core.checkpoints.weights import check_fit, load_into
from gradcam_core.errors import ModelError
from gradcam_core.models.extra import check_installed
from gradcam_core.models.first_layer import take_channels
from gradcam_core.models.skeletons import TensorsOnMeta, check_parameters
from gradcam_core.models.timm_networks import PACKAGE, timm_skeleton
from gradcam_core.models.timm_networks import PREFIX as TIMM
from gradcam_core.text import shortened
from gradcam_core.tinynet import TinyNet
from gradcam_core.tinyvit import TinyViT

OWN: dict[str, Callable[[int], nn.Module]] = {"heatproof/tinynet": TinyNet, "heatproof/tinyvit": TinyViT}
_TORCHVISION = "torchvision/"
_WITHOUT_AUXILIARY = {"aux_logits": False, "init_weights": False}
_OPTIONS: dict[str, dict[str, Any]] = {"googlenet": _WITHOUT_AUXILIARY, "inception_v3": _WITHOUT_AUXILIARY}
_AUXILIARY = {"googlenet": ("aux1.", "aux2."), "inception_v3": ("AuxLogits.",)}  # heads that only training uses


def architectures() -> tuple[str, ...]:
    """Every name that a description may give."""
    return *OWN, *(_TORCHVISION + name for name in models.list_models(module=models))


def check_architecture(name: str) -> None:
    """Refuse a name that is not in the list, with those that are nearly it; timm's are looked up when one is built."""
    if name.startswith(TIMM):
        check_installed(PACKAGE)  # not imported yet: that takes seconds, and the models are only listed
        return
    known = architectures()
    if name not in known:
        found = difflib.get_close_matches(name, known, n=3)
        near, close = (
            ("Near that name", found) if found else ("Two of the known ones", [next(iter(OWN)), "torchvision/resnet18"])
        )
        raise ModelError(f"The architecture {name[:80]!r} is not known.", hint=f"{near}: {', '.join(close)}.")


@dataclass(frozen=True, eq=False)
class Built:
    """A network with its weights, float32 on the CPU.

    Attributes:
        notes: a sentence for what was assumed of the file, or left out of it.
    """

    module: nn.Module
    notes: tuple[str, ...]


def build(name: str, num_outputs: int, state: Mapping[str, Tensor], **how: Any) -> Built:
    """The network with these weights, whatever they are called in their file; `how` is as for `meta_module`.

    Names, shapes and the number of parameters are compared on a skeleton before any memory is taken.

    Raises:
        ModelError: if the architecture is unknown or too large, or the weights do not fit it.
    """
    module = meta_module(name, num_outputs, **how)
    own = {key: value for key, value in state.items() if not key.startswith(_unused(name))}
    described = how.get("head", WHOLE).place
    fitted = fit(module, own, similar=lambda other: similar_architectures(other, name), head=described)
    return Built(materialize(module, fitted.state), fitted.notes)


def similar_architectures(state: Mapping[str, Tensor], name: str) -> tuple[str, ...]:
    """The architecture whose tensors these are but for its last layer, if there is one; those named alike first.

    The networks of a family call their first tensor alike: where the state has none of that name, one of them is built.
    """
    ratios = {other: difflib.SequenceMatcher(None, other, name).ratio() for other in architectures() if other != name}
    strange: set[str] = set()
    for other in sorted(ratios, key=lambda other: -ratios[other]):
        if _family(other) in strange:
            continue
        first, last, body = _fingerprint(other)
        if first not in state:
            strange.add(_family(other))
        elif _body(state, last, _unused(other)) == body:
            return (other,)
    return ()


@lru_cache(maxsize=200)
def _fingerprint(name: str) -> tuple[str, str, int]:
    """The names of an architecture's first tensor and of its last layer, and a number that tells its other tensors."""
    module = _skeleton(name, 2, {})
    state, last = module.state_dict(), last_layer(module) + "."
    return next(iter(state)), last, _body(state, last, _unused(name))


def _family(name: str) -> str:
    """The module that builds it: one of torchvision's for each family."""
    builder: Any = OWN.get(name) or models.get_model_builder(name.removeprefix(_TORCHVISION))
    return str(builder.__module__)


def _body(state: Mapping[str, Tensor], last: str, unused: tuple[str, ...]) -> int:
    tensors = {(key, value.shape) for key, value in without_counters(state).items()}
    return hash(frozenset(found for found in tensors if not found[0].startswith((last, *unused))))


def meta_module(name: str, num_outputs: int, *, channels: int = 3, head: Head = WHOLE, **options: Any) -> nn.Module:
    """The network without memory for its weights; ModelError if it is unknown or too large.

    Args:
        channels: that it takes; its first layer is another one where they are not 3.
        head: the layers that stand in the place of some of its parts.
        options: arguments of the library's constructor, such as `image_size`.
    """
    check_architecture(name)
    try:
        module = _skeleton(name, num_outputs, options)
    except (TypeError, ValueError, RuntimeError, AssertionError, ArithmeticError) as error:
        given = ", ".join(f"{option} {value}" for option, value in options.items())
        raise ModelError(
            f"{name} can't be built with {given}.", hint=f"It says: {shortened(str(error), 200)}"
        ) from error
    if channels != 3:
        take_channels(module, channels)
    replace_parts(module, head, num_outputs)
    check_parameters(name, module)
    return module


def materialize(module: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
    """A skeleton with these weights; ModelError if they do not fit it."""
    check_fit(module, state)
    module.to_empty(device="cpu")  # memory for every tensor; `load_into` fills those of the state
    for part in module.modules():  # timm's networks compute the others, such as indices of positions, on request
        getattr(part, "init_non_persistent_buffers", lambda: None)()
    load_into(module, state)
    return module


def _skeleton(name: str, num_outputs: int, options: Mapping[str, Any]) -> nn.Module:
    if name.startswith(TIMM):
        return timm_skeleton(name, num_outputs, options)
    with TensorsOnMeta():
        if name in OWN:
            return OWN[name](num_outputs)
        short = name.removeprefix(_TORCHVISION)
        module: nn.Module = models.get_model(
            short, weights=None, num_classes=num_outputs, **{**options, **_OPTIONS.get(short, {})}
        )
        return module


def _unused(name: str) -> tuple[str, ...]:
    return _AUXILIARY.get(name.removeprefix(_TORCHVISION), ())
