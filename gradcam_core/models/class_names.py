"""Which class does a text name? By its index, its label or a part of its label; never silently one of two."""

import difflib
from collections.abc import Callable, Sequence

from gradcam_core.errors import ModelError
from gradcam_core.text import display_name

_MOST_SHOWN = 5
_MOST_DIGITS = 9  # Python refuses to read a number of thousands


def find_class(labels: Sequence[str], text: str, *, model: str) -> int:
    """The index of the class that a text names.

    `index:2` is an index and `label:2` a label, whatever else there is. A number alone is an index or a whole label,
    and refused where it is the one of this class and the other of that. Any other text is looked for as a whole
    label, then as one of a label's comma-separated synonyms, then as a part of a label; letters of either case.

    Args:
        model: the model's name, for what is said.

    Raises:
        ModelError: if no class or more than one is meant.
    """
    text = text.strip()
    kind, _, rest = text.partition(":")
    if kind.strip().casefold() == "index":
        return _by_index(labels, rest.strip(), model)
    if kind.strip().casefold() == "label":
        return _by_label(labels, rest.strip(), model)
    if _is_number(text):
        return _by_number(labels, text, model)
    return _by_label(labels, text, model)


def _by_number(labels: Sequence[str], text: str, model: str) -> int:
    named = _first_found(labels, text, (_whole, _synonym, _equal_number))
    index = _index(labels, text)
    if index is None or index in named:
        return _only(labels, named, text, model) if named else _by_index(labels, text, model)
    if not named:
        return index
    if len(named) > 1:
        return _only(labels, sorted([*named, index]), text, model)
    raise ModelError(
        f"{text!r} is the label of class {named[0]} of {model}, and the index of its class {index} "
        f"({display_name(labels[index])}).",
        hint=f"Write label:{text} or index:{named[0]} for the first, index:{index} for the second.",
    )


def _by_index(labels: Sequence[str], text: str, model: str) -> int:
    index = _index(labels, text)
    if index is None:
        last = len(labels) - 1
        raise ModelError(
            f"{model} has no class {text[:20]}.",
            hint=f"Its {last + 1:,} classes count from 0 to {last}." if last else "Its only class is 0.",
        )
    return index


def _by_label(labels: Sequence[str], text: str, model: str) -> int:
    found = _first_found(labels, text, (_whole, _synonym, _equal_number, _part))
    if not found:
        raise ModelError(f"{model} has no class {text[:80]!r}.", hint=_nearest(labels, text))
    return _only(labels, found, text, model)


def _first_found(
    labels: Sequence[str], text: str, ways: Sequence[Callable[[Sequence[str], str], list[int]]]
) -> list[int]:
    """What the first of these ways to match finds that finds anything."""
    return next((found for way in ways if (found := way(labels, text.casefold()))), [])


def _index(labels: Sequence[str], text: str) -> int | None:
    """The index that a text spells, if there is a class of this index."""
    is_index = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS and int(text) < len(labels)
    return int(text) if is_index else None


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if _is_number(text) and len(text) <= _MOST_DIGITS else None


def _whole(labels: Sequence[str], text: str) -> list[int]:
    return [index for index, label in enumerate(labels) if label.casefold() == text]


def _synonym(labels: Sequence[str], text: str) -> list[int]:
    synonyms = ([part.strip() for part in label.casefold().split(",")] for label in labels)
    return [index for index, parts in enumerate(synonyms) if text in parts]


def _equal_number(labels: Sequence[str], text: str) -> list[int]:
    """Labels that are this number with other zeros before it: 02 is 2."""
    return [
        index
        for index, label in enumerate(labels)
        if (number := _number(label)) is not None and number == _number(text)
    ]


def _part(labels: Sequence[str], text: str) -> list[int]:
    return [index for index, label in enumerate(labels) if text and text in label.casefold()]


def _only(labels: Sequence[str], found: Sequence[int], text: str, model: str) -> int:
    """The one that was found; of several the indices are told, in the spelling that is always one."""
    if len(found) > 1:
        shown = ", ".join(f"index:{index} ({labels[index]})" for index in found[:_MOST_SHOWN])
        more = len(found) - _MOST_SHOWN
        raise ModelError(
            f"{text[:80]!r} can mean {len(found)} classes of {model}.",
            hint=f"Give the index: {shown}{f' and {more} more' if more > 0 else ''}.",
        )
    return found[0]


def _nearest(labels: Sequence[str], text: str) -> str:
    by_name = {label.casefold(): label for label in labels}
    close = difflib.get_close_matches(text.casefold()[:80], by_name, n=3)
    shown = [by_name[name] for name in close] or labels[:3]
    return f"{'Near that name' if close else 'It knows, for example'}: {', '.join(shown)}."
