"""How is a JSON object of a stranger read, so that each wrong field is said in one sentence?"""

import difflib
import json
import math
import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from gradcam_core.errors import ModelError
from gradcam_core.text import printable, shortened

_MOST_BYTES = 4_000_000  # a description with 20,000 labels has under 1 MB
_MOST_NOTES = 200
_LONGEST_NAME = 40  # the longest known one has 13 letters
_MOST_NAMED = 8


class Fields:
    """A JSON object that is read field by field; what is wrong is a ModelError that names field, value and need."""

    def __init__(self, values: Mapping[str, Any], *, where: str) -> None:
        self.values = values
        self.where = where

    @classmethod
    def read(cls, path: Path) -> "Fields":
        """The object that a JSON file holds."""
        text = read_text(path)
        try:
            values = json.loads(text, object_pairs_hook=lambda pairs: _once_each(pairs, path.name))
        except json.JSONDecodeError as error:
            raise ModelError(f"{path.name} is no valid JSON.", hint=f"It says: {error}.") from error
        except (ValueError, RecursionError) as error:
            hint = "A number in it is too long, or it is nested too deeply."
            raise ModelError(f"{path.name} is no valid JSON.", hint=hint) from error
        if not isinstance(values, dict):
            raise ModelError(f"{path.name} holds no JSON object.", hint="It begins with { and ends with }.")
        return cls(values, where=path.name)

    def required(self, key: str) -> Any:
        """The value of a field that has no default, of any type."""
        if key not in self.values:
            near = difflib.get_close_matches(key, self.values, n=1, cutoff=0.52)
            hint = f" It has {shortened(near[0], _LONGEST_NAME)}: is that it?" if near else ""
            raise ModelError(f"{self.where} has no {key}.", hint=f"Add the field {key}.{hint}")
        return self.values[key]

    def text(self, key: str, *, default: str | None = None) -> str:
        """One line of text that can be printed; its spaces and line breaks become single spaces."""
        value = self._value(key, default)
        if not isinstance(value, str) or len(value) > 1_000:
            raise self.wrong(key, "a text of at most 1,000 characters")
        return one_line(value)

    def choice(self, key: str, *, among: Collection[str], default: str | None = None) -> str:
        """One of a few words, in capitals or not."""
        value = self._value(key, default)
        if not isinstance(value, str) or value.lower() not in among:
            raise self.wrong(key, _listed(among))
        return value.lower()

    def whole(self, key: str, *, low: int, high: int, default: int | None = None) -> int:
        """A whole number from `low` to `high`."""
        value = self._value(key, default)
        if type(value) is not int or not low <= value <= high:
            raise self.wrong(key, f"a whole number from {low:,} to {high:,}" if low < high else f"{low}")
        return value

    def inner(self, key: str) -> "Fields":
        """The object in a field."""
        value = self.required(key)
        if not isinstance(value, dict):
            raise self.wrong(key, "an object in braces")
        return Fields(value, where=f"{self.where}, {key}")

    def refuse_misspelt(self, known: Collection[str]) -> None:
        """A field that is nearly a known one would be left out in silence; quite other fields are somebody's notes."""
        others = self.values.keys() - set(known)
        if len(others) > _MOST_NOTES:
            raise ModelError(
                f"{self.where} has {len(others):,} fields that are not known.", hint="Is it the right file?"
            )
        for key in (key for key in others if len(key) <= _LONGEST_NAME):
            close = difflib.get_close_matches(key.lower(), known, n=1, cutoff=0.8)
            if close:
                raise ModelError(f"{self.where} has a field {key[:80]!r}.", hint=f"Is {close[0]} meant?")

    def refuse_unknown(self, known: Collection[str]) -> None:
        """For an object of which every field is read."""
        other = next((key for key in self.values if key not in known), None)
        if other is not None:
            raise ModelError(f"{self.where} has a field {other[:80]!r}.", hint=f"It may have {_listed(known)}.")

    def unread(self, known: Collection[str]) -> tuple[str, ...]:
        """As `unread_note`, of the fields that are not known."""
        return unread_note(self.where, [key for key in self.values if key not in known])

    def wrong(self, key: str, wanted: str) -> ModelError:
        """The error that says what a field holds and what it must be."""
        try:
            shown = printable(json.dumps(self.values.get(key), ensure_ascii=False))
        except RecursionError:
            shown = "nested too deeply"
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        return ModelError(f"{self.where}: {key} is {shown}.", hint=f"It must be {wanted}.")

    def _value(self, key: str, default: Any) -> Any:
        return self.required(key) if default is None else self.values.get(key, default)


def unread_note(where: str, names: Sequence[str]) -> tuple[str, ...]:
    """A sentence that names the fields which nothing reads, if there are any."""
    shown = [shortened(name, _LONGEST_NAME) for name in names[:_MOST_NAMED]]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return (f"{where} has fields that are not read: {', '.join(shown)}{more}.",) if names else ()


def one_line(text: str) -> str:
    """A stranger's text as one line that can be printed."""
    return printable(" ".join(text.split()))


def read_text(path: Path) -> str:
    """A small text file in UTF-8, or in UTF-16 with a byte order mark; ModelError if it is none."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except OSError as error:
        raise ModelError(f"{path.name} can't be read.", hint="Check that it is there and may be read.") from error
    except UnicodeDecodeError as error:
        raise ModelError(f"{path.name} is no text in UTF-8.", hint="Save it as UTF-8.") from error
    if len(data) > _MOST_BYTES:
        raise ModelError(f"{path.name} has more than {_MOST_BYTES / 1e6:.0f} MB.", hint="Is it the right file?")
    return text


def is_number(value: Any) -> bool:
    """Whether this is a finite number of an ordinary size."""
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and abs(value) < 1e6 and math.isfinite(value)


def inside(folder: Path, filename: str, *, hint: str = "Put the file beside the description.") -> Path:
    """A file of the folder itself: neither its name nor a link leads out of it; the hint is for one that is absent.

    (`os.path.isfile` is false where `Path.is_file` raises, as for a name that no disk takes.)
    """
    path = folder / filename
    if filename in ("", ".", "..") or any(sign in filename for sign in "/\\\0") or path.name != filename:
        raise ModelError(f"{filename[:80]!r} is no plain file name.", hint="Name a file of the same folder.")
    if not os.path.isfile(path):
        raise ModelError(f"{printable(filename[:80])} is not in the folder.", hint=hint)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ModelError(f"{filename[:80]} is a link that leaves the folder.", hint="Copy the file itself there.")
    return path


def _listed(words: Collection[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _once_each(pairs: list[tuple[str, Any]], name: str) -> dict[str, Any]:
    """An object whose keys all differ: of two fields with one name, JSON would take the last and say nothing."""
    values = dict(pairs)
    if len(values) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ModelError(f"{name} has the field {twice[:80]!r} twice.", hint="Remove one of them.")
    return values
