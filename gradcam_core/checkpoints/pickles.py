"""What may a pickle say before torch is let read it?

`torch.load(weights_only=True)` runs no code of a file's, but it calls much that the file names: a hundred bytes can
ask it for ten gigabytes, or for a hash that takes longer than a life. So every pickle is first gone through here,
with stand-ins in place of tensors and storages: nothing is called, and nothing is as large as it claims to be.
"""

import math
import pickletools
import re
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

MOST_BYTES = 8_000_000  # a state dict of 5,000 tensors has 1.3 MB, with the optimizer's 5 MB

_MOST_STEPS = 1_000_000  # instructions, and entries copied: one takes about 2 microseconds here and 100 bytes in torch
_MOST_TENSORS = 20_000  # those of the network, of its average and of the optimizer
_MOST_SIDES = 16
_MOST_PROTOCOL = 3  # torch.save writes 2, and torch.load(weights_only=True) knows no instruction of 4
_LONGEST_NAME = 80
_LONGEST_DEVICE = 20
_MOST_ITEMS = 2**48
_STORAGES = {
    **dict.fromkeys(("torch DoubleStorage", "torch LongStorage"), 8),
    **dict.fromkeys(("torch FloatStorage", "torch IntStorage"), 4),
    **dict.fromkeys(("torch HalfStorage", "torch BFloat16Storage", "torch ShortStorage"), 2),
    **dict.fromkeys(("torch CharStorage", "torch ByteStorage", "torch BoolStorage"), 1),
}
_DTYPES = {
    *("torch float64", "torch float32", "torch float16", "torch bfloat16"),
    *("torch int64", "torch int32", "torch int16", "torch int8", "torch uint8", "torch bool"),
}
_CALLABLE = {
    *("collections OrderedDict", "collections Counter", "torch Size", "torch device"),
    "torch.nn.parameter Parameter",
    *("torch._utils _rebuild_tensor", "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter"),
}
_CONSTANTS: dict[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_LITERALS = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE"}
_OLD_TEXT = "SHORT_BINSTRING"  # of Python 2, with which torchvision's oldest files may have been written


_FULL_STATE = "Gather it first: save a full state dict (StateDictType.FULL_STATE_DICT)."
_TOLD_BY_CLASS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(
            r"torch\.(q\w*int|u?int[1-7]$)|torch\.Q|torch\.(_utils\._rebuild_qtensor|per_\w+|ao\.)|torchao|bitsandbytes"
        ),
        "holds quantised weights, and only float networks are explained",
        "Save the network from before quantisation.",
    ),
    (
        re.compile(r"torch\.float[48]|torch\._utils\._rebuild_tensor_v3"),
        "holds numbers of a type that is not read, such as float8",
        "Save them as float or half: {key: value.float() for key, value in state.items()}.",
    ),
    (
        re.compile(r"torch\.(Complex|complex|_utils\._rebuild_sparse|_utils\._rebuild_nested|_utils\._rebuild_meta)"),
        "holds complex, sparse, nested or empty tensors, and only plain ones are read",
        "Save plain float tensors: value.to_dense() makes one of a sparse one.",
    ),
    (re.compile(r"torch\.distributed"), "holds a part of a network that was shared between machines", _FULL_STATE),
)
_OF_NETWORKS = ("torch.nn.modules", "torchvision.", "timm.", "transformers.", "ultralytics.", "fastai.", "__main__.")
_SAVE_STATE_OF_OBJECT = (
    "If that is a whole network, load it where its code is, and save its state dict: "
    "torch.save(network.state_dict(), path)."
)


class ForeignError(ValueError):
    """The pickle may be sound, but it is of another kind: what it holds, to follow the file's name.

    Attributes:
        hint: what helps; "" where nothing special does.
    """

    def __init__(self, said: str, *, hint: str = "") -> None:
        super().__init__(said)
        self.hint = hint


@dataclass(frozen=True)
class Named:
    """Something that the file names, such as a class; nothing is looked up."""

    name: str


@dataclass(frozen=True)
class Storage:
    """A flat piece of memory that the file claims: so many items of so many bytes."""

    key: str
    items: int
    item_bytes: int

    @property
    def nbytes(self) -> int:
        """How much memory it claims."""
        return self.items * self.item_bytes


_PARAMETER = Named("torch.nn.parameter Parameter")


class _Tensor:
    """Stands for a tensor that lies within its storage."""


class _Inert:
    """Stands for a size or a device, of which nothing else is made."""


class _Ordered(dict[Any, Any]):
    """Stands for an OrderedDict or a Counter, which alone can be given attributes."""


@dataclass
class Reader:
    """Goes through one pickle after the other; the limits hold for all of them together.

    Attributes:
        storages: what the pickles so far have claimed, by key.
    """

    storages: dict[str, Storage] = field(default_factory=dict)
    _steps: int = 0
    _tensors: int = 0

    def read(self, stream: BytesIO) -> Any:
        """The next pickle's content, with stand-ins; the stream is left behind its end.

        Raises:
            ForeignError: if it names a class that weights do not need, or is of a newer protocol.
            ValueError: if it says anything else that they do not need. Whatever is wrong in its grammar is an
                IndexError, a KeyError or a TypeError.
        """
        stack = _Stack()
        for opcode, argument, _ in pickletools.genops(stream):
            self._charge(1)
            self._step(stack, opcode.name, argument)
        return stack.values.pop()

    def _step(self, stack: "_Stack", name: str, argument: Any) -> None:
        if name in _LITERALS:
            stack.values.append(argument)
        elif name == _OLD_TEXT:
            _need(argument.isascii(), "no name")  # torch reads it as UTF-8, this reader as Latin-1
            stack.values.append(argument)
        elif name in _CONSTANTS:
            stack.values.append(_CONSTANTS[name])
        elif name == "GLOBAL":
            stack.values.append(_named(argument, is_whole=not stack.values and not stack.outer))
        elif name == "BINPERSID":
            stack.values.append(self._storage(stack.values.pop()))
        elif name == "REDUCE":
            arguments, called = stack.values.pop(), stack.values.pop()
            stack.values.append(self._called(called, arguments))
        elif name == "NEWOBJ":
            arguments, called = stack.values.pop(), stack.values.pop()
            _need(called == _PARAMETER and arguments == (), "not to be made")
            stack.values.append(_Tensor())
        elif name == "BUILD":
            state = stack.values.pop()
            self._charge(_attributes(stack.values[-1], state))
        elif name == "PROTO":
            _check_protocol(argument)
        elif name != "STOP":
            stack.arrange(name, argument)

    def _charge(self, steps: int) -> None:
        self._steps += steps
        _need(self._steps <= _MOST_STEPS, "it takes too many steps")

    def _storage(self, claim: Any) -> Storage:
        """Of a claim such as ("storage", FloatStorage, "0", "cpu", 1152); the old format has a None behind it."""
        _need(type(claim) is tuple and (len(claim) == 5 or (len(claim) == 6 and claim[5] is None)), "no storage")
        kind, named, key, location, items = claim[:5]
        _need(kind == "storage" and type(key) is str and type(location) is str, "no storage")
        _need(type(named) is Named and named.name in _STORAGES and _is_count(items), "no ordinary storage")
        storage = Storage(key, items, _STORAGES[named.name])
        _need(self.storages.setdefault(key, storage) == storage, "one storage is claimed to be two")
        return storage

    def _called(self, called: Any, arguments: Any) -> Any:
        _need(type(called) is Named and called.name in _CALLABLE and type(arguments) is tuple, "not to be called")
        what = called.name.split(" ")[1]
        if what == "OrderedDict":
            _need(arguments == (), "an OrderedDict is made empty")
            return _Ordered()
        if what in {"Counter", "Size"}:
            (content,) = arguments
            _need(type(content) is {"Counter": dict, "Size": tuple}[what], f"no {what}")
            self._charge(len(content))  # it is copied, and might be a thousand times
            return _Ordered() if what == "Counter" else _Inert()
        if what == "device":
            _need(_is_device(*arguments), "no device")
            return _Inert()
        self._tensors += 1
        _need(self._tensors <= _MOST_TENSORS, "it has too many tensors")
        if what in {"Parameter", "_rebuild_parameter"}:
            _need(type(arguments[0]) is _Tensor and len(arguments) <= 3, "no parameter")
            _need(all(_is_setting(setting) for setting in arguments[1:]), "no parameter")
            return _Tensor()
        return _view(*arguments)


@dataclass
class _Stack:
    """The values of a pickle under way, those under each mark, and the remembered ones."""

    values: list[Any] = field(default_factory=list)
    outer: list[list[Any]] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def arrange(self, name: str, argument: Any) -> None:
        """The instructions that only put values together."""
        values = self.values
        if name in {"BINPUT", "LONG_BINPUT"}:
            self.memo[argument] = values[-1]
        elif name in {"BINGET", "LONG_BINGET"}:
            values.append(self.memo[argument])
        elif name == "MARK":
            self.outer.append(values)
            self.values = []
        elif name in {"EMPTY_DICT", "EMPTY_LIST"}:
            values.append({} if name == "EMPTY_DICT" else [])
        elif name in {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"}:
            items = self._taken(name.removeprefix("TUPLE"))
            self.values.append(tuple(items))
        elif name in {"APPEND", "APPENDS", "SETITEM", "SETITEMS"}:
            items = self._taken({"APPEND": "1", "SETITEM": "2"}.get(name, ""))
            _extended(self.values[-1], items, is_list=name.startswith("APPEND"))
        else:
            raise ValueError(f"{name} is nothing that weights need")

    def _taken(self, count: str) -> list[Any]:
        """The topmost values: so many of them, or all down to the last mark."""
        if not count:
            items, self.values = self.values, self.outer.pop()
            return items
        _need(len(self.values) >= int(count), "the stack is empty")
        items = self.values[-int(count) :]
        del self.values[-int(count) :]
        return items


def _extended(target: Any, items: list[Any], *, is_list: bool) -> None:
    if is_list:
        _need(type(target) is list, "no list")
        target.extend(items)
        return
    _need(type(target) in (dict, _Ordered) and len(items) % 2 == 0, "no mapping")
    keys = items[::2]  # a tuple of tuples of tuples could be hashed for years, and chosen large numbers collide
    _need(all(type(key) is str or (_is_count(key) and key < 2**31) for key in keys), "a key is no name and no number")
    target.update(zip(keys, items[1::2], strict=True))


def _attributes(target: Any, state: Any) -> int:
    """How many entries are copied when `target` is given this state, as an OrderedDict or an old Parameter is."""
    if type(target) is _Ordered and type(state) is dict:
        return len(state)
    _need(type(target) is _Tensor and type(state) is tuple and len(state) in (3, 5), "nothing that has a state")
    _need(len(state) == 3 or type(state[0]) is _Tensor, "no state of a parameter")  # before torch 0.2 it held the data
    _need(all(_is_setting(setting) for setting in state[len(state) == 5 :]), "no state of a parameter")
    return 0


def _view(storage: Any, offset: Any, sides: Any, strides: Any, *settings: Any) -> _Tensor:
    """A tensor, if all of it lies in its storage: torch would make the storage larger, however large that is."""
    _need(type(storage) is Storage and type(sides) is tuple and type(strides) is tuple, "no tensor")
    _need(len(sides) == len(strides) <= _MOST_SIDES and len(settings) in (0, 2), "no tensor")
    _need(all(map(_is_count, (offset, *sides, *strides))) and all(map(_is_setting, settings)), "no tensor")
    _need(math.prod(sides) < _MOST_ITEMS, "a tensor is too large to be counted")
    last = sum((side - 1) * stride for side, stride in zip(sides, strides, strict=True))
    _need(0 in sides or offset + last < storage.items, "a tensor leaves its storage")
    return _Tensor()


def _named(argument: str, *, is_whole: bool) -> Named:
    """What a file may name; `is_whole` if all that it holds is made of this."""
    if argument not in _STORAGES and argument not in _CALLABLE and argument not in _DTYPES:
        name = argument[: 2 * _LONGEST_NAME].replace(" ", ".").removeprefix("__builtin__.")
        shown = ascii(name)[1:-1][:_LONGEST_NAME]
        for pattern, said, hint in _TOLD_BY_CLASS:
            if pattern.match(name):
                raise ForeignError(f"{said} ({shown})", hint=hint)
        hint = _SAVE_STATE_OF_OBJECT if is_whole or name.startswith(_OF_NETWORKS) else ""
        raise ForeignError(f"holds {shown}, and nothing but tensors and plain containers is ever read", hint=hint)
    return Named(argument)


def _check_protocol(number: int) -> None:
    if number > _MOST_PROTOCOL:
        raise ForeignError(f"was saved with pickle_protocol={number}, and at most {_MOST_PROTOCOL} is read")


def _is_device(kind: Any, number: Any = 0) -> bool:
    """Whether it is a device such as ("cuda", 1), which need not be there."""
    return type(kind) is str and len(kind) <= _LONGEST_DEVICE and _is_count(number)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**62


def _is_setting(value: Any) -> bool:
    """Whether it is requires_grad, or hooks, of which a file of weights has none."""
    return value is None or type(value) is bool or (type(value) is _Ordered and not value)


def _need(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise ValueError(otherwise)
