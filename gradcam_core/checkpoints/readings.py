"""What do older versions and other libraries call the tensors of torchvision's networks?

Only where the function is the same: each table is a pure renaming, and tensors keep their shapes.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from gradcam_core.checkpoints.naming import is_counter

State = dict[str, Tensor]
Wanted = Mapping[str, Tensor]
Reading = Callable[[State, Wanted, Sequence[str]], State]

_MOST_PARTS = 5

_OLD_TORCHVISION = (
    (r"(denselayer\d+\.(?:norm|conv))\.([12]\.)", r"\1\2"),
    (r"(encoder_layer_\d+\.mlp\.)linear_1\.", r"\g<1>0."),
    (r"(encoder_layer_\d+\.mlp\.)linear_2\.", r"\g<1>3."),
)
_HUGGING_FACE_RESNET = (
    (r"resnet\.embedder\.embedder\.convolution\.", "conv1."),
    (r"resnet\.embedder\.embedder\.normalization\.", "bn1."),
    (r"resnet\.encoder\.stages\.(\d+)\.layers\.", lambda found: f"layer{int(found[1]) + 1}."),
    (r"(layer\d+\.\d+\.)shortcut\.convolution\.", r"\1downsample.0."),
    (r"(layer\d+\.\d+\.)shortcut\.normalization\.", r"\1downsample.1."),
    (r"(layer\d+\.\d+\.)layer\.(\d+)\.convolution\.", lambda found: f"{found[1]}conv{int(found[2]) + 1}."),
    (r"(layer\d+\.\d+\.)layer\.(\d+)\.normalization\.", lambda found: f"{found[1]}bn{int(found[2]) + 1}."),
    (r"^classifier\.1\.", "fc."),
)
_TIMM_VIT = (
    (r"(^|\.)cls_token$", r"\1class_token"),
    (r"(^|\.)pos_embed$", r"\1encoder.pos_embedding"),
    (r"(^|\.)patch_embed\.proj\.", r"\1conv_proj."),
    (r"(^|\.)blocks\.(\d+)\.", r"\1encoder.layers.encoder_layer_\2."),
    (r"(encoder_layer_\d+\.)norm([12])\.", r"\1ln_\2."),
    (r"(encoder_layer_\d+\.)attn\.qkv\.", r"\1self_attention.in_proj_"),
    (r"(encoder_layer_\d+\.)attn\.proj\.", r"\1self_attention.out_proj."),
    (r"(encoder_layer_\d+\.mlp\.)fc1\.", r"\g<1>0."),
    (r"(encoder_layer_\d+\.mlp\.)fc2\.", r"\g<1>3."),
    (r"(^|\.)norm\.(weight|bias)$", r"\1encoder.ln.\2"),
    (r"(^|\.)head\.(weight|bias)$", r"\1heads.head.\2"),
)


def _by_table(table: Sequence[tuple[str, str | Callable[[re.Match[str]], str]]]) -> Reading:
    rules = [(re.compile(pattern), replacement) for pattern, replacement in table]

    def read(state: State, _wanted: Wanted, _children: Sequence[str]) -> State:
        return {_replaced(key, rules): value for key, value in state.items()}

    return read


def _replaced(key: str, rules: Sequence[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]]) -> str:
    for pattern, replacement in rules:
        key = pattern.sub(replacement, key)
    return key


def _counted(depth: int) -> Reading:
    """`4.0.conv1.weight` is the fifth child's where a Sequential holds the network's children.

    `depth` says which of the leading numbers counts them: in fastai's files the first one is the body's.
    """

    def read(state: State, _wanted: Wanted, children: Sequence[str]) -> State:
        starts = Counter(start for key in state if (start := _start(key, depth)) is not None).most_common(1)
        return {_child_name(key, starts[0][0], children): value for key, value in state.items()} if starts else state

    return read


def _start(key: str, depth: int) -> str | None:
    """What stands before the number that counts the children; None if there is no such number."""
    parts = key.split(".")[:_MOST_PARTS]
    place = next((place for place, part in enumerate(parts) if part.isdecimal()), _MOST_PARTS) + depth
    return "".join(f"{part}." for part in parts[:place]) if place < len(parts) and parts[place].isdecimal() else None


def _child_name(key: str, start: str, children: Sequence[str]) -> str:
    number, _, rest = key.removeprefix(start).partition(".")
    is_counted = key.startswith(start) and rest and number.isdecimal() and len(number) < 4
    return f"{start}{children[int(number)]}.{rest}" if is_counted and int(number) < len(children) else key


def _in_order(state: State, wanted: Wanted, _children: Sequence[str]) -> State:
    """Other names in the same order: as many tensors, each of the same last name and shape as the network's."""
    names, others = _ordered(wanted), _ordered(state)
    if len(names) != len(others) or any(
        _mark(name, wanted) != _mark(other, state) for name, other in zip(names, others, strict=True)
    ):
        return state
    return {name: state[other] for name, other in zip(names, others, strict=True)}


def _ordered(tensors: Wanted) -> list[str]:
    return [key for key in tensors if not is_counter(key)]


def _mark(key: str, tensors: Wanted) -> tuple[str, tuple[int, ...]]:
    return key.rpartition(".")[2], tuple(tensors[key].shape)


READINGS: tuple[tuple[str, Reading], ...] = (
    ("those of an older torchvision", _by_table(_OLD_TORCHVISION)),
    ("Hugging Face's", _by_table(_HUGGING_FACE_RESNET)),
    ("timm's", _by_table(_TIMM_VIT)),
    ("numbers, as a Sequential gives them", _counted(0)),
    ("numbers, as a Sequential gives them", _counted(1)),
    ("others, in the same order and of the same shapes", _in_order),
)
