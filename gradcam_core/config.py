"""The settings: every limit and switch with its default and its reason; the only one that knows the environment."""

import difflib
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from gradcam_core.errors import HeatproofError

PREFIX = "HEATPROOF_"
_MOST_SECONDS = 3_600
_checkpoint_folder: ContextVar[Path | None] = ContextVar("checkpoint_folder", default=None)


def _setting(default: Any, reason: str, *, zero: str = "") -> Any:
    """`zero`: what 0 means, for a number that may be that."""
    return field(default=default, metadata={"reason": reason, "zero": zero})


@dataclass(frozen=True)
class Settings:
    """One value per setting; `NAME` is read from the variable `HEATPROOF_NAME`."""

    checkpoints: Path = _setting(
        Path(__file__).resolve().parent.parent / "checkpoints", "folder of your own models; it may be absent"
    )
    models: str = _setting(
        "", "a Python file or module of your own whose functions declare models; it is run as part of this program"
    )
    device: str = _setting("auto", "auto takes CUDA, then MPS, then the CPU; or cpu, cuda, cuda:1, mps")
    timm_hub: bool = _setting(
        False, "on, a model timm/NAME is known by name and timm's weights are fetched by its own loader, for anybody"
    )
    fetch_urls: bool = _setting(True, "off, nobody can make this server fetch an image URL")
    fetch_linked_urls: bool = _setting(True, "off, an image URL in a link to this page is fetched only after a click")
    fetch_hosts: tuple[str, ...] = _setting(
        (), "hosts that images are fetched from, with commas; none: all public ones"
    )
    fetch_private: tuple[str, ...] = _setting(
        (), "DANGER: host:port pairs, with commas, that may be private: any visitor can read what answers there"
    )
    contact: str = _setting(
        "", "address of a page or e-mail of whoever runs this, for servers that want to know: Wikimedia's does"
    )
    fetch_seconds: float = _setting(10.0, "whole time for one image URL, redirects and body included")
    fetches_a_minute: int = _setting(20, "image URLs that one visitor can have fetched in a minute")
    fetches_at_once: int = _setting(8, "image URLs that are fetched at the same time, for all visitors")
    max_file_bytes: int = _setting(10_000_000, "largest upload or fetched image file")
    max_megapixels: float = _setting(
        50.0, "a picture of 50 megapixels takes up to 600 MB to decode; some kinds have a lower limit"
    )
    max_aspect: float = _setting(100.0, "a picture of 1 x 4,000 would be resized to 256 x 1,024,000")
    max_jpeg_scans: int = _setting(100, "a JPEG of 1,000 scans holds the decoder for 21 seconds")
    kept_side: int = _setting(2048, "long side of the kept picture, in pixels")
    decodes_at_once: int = _setting(2, "pictures decoded at the same time; a large one takes hundreds of megabytes")
    max_input_side: int = _setting(640, "side of a model's input; memory grows with its square")
    max_parameters: int = _setting(350_000_000, "largest network that is built")
    max_checkpoint_bytes: int = _setting(2_000_000_000, "largest checkpoint file, and its tensors together")
    shelf_bytes: int = _setting(
        2_000_000_000, "loaded models together, and at most 40 % of the memory; the least recently used goes first"
    )
    slots: int = _setting(0, "computations at the same time; more would only share the cores", zero="the cores")
    most_waiting: int = _setting(
        20, "visitors in the line for a computation; the next one is asked to come back", zero="no line"
    )
    scoring_bytes: int = _setting(
        200_000_000, "activations while one computation asks a model about many inputs; one input's are always allowed"
    )
    max_memory_bytes: int = _setting(
        0, "memory of this program; over 80 % of it new work is refused", zero="the container's limit, if there is one"
    )
    sessions: int = _setting(200, "open pages of all visitors; the next one is asked to come back")
    sessions_of_one: int = _setting(40, "open pages from one address; a class behind one router is one address")
    uploads_of_one_bytes: int = _setting(120_000_000, "files that wait in Streamlit's own store for one open page")
    pictures_bytes: int = _setting(80_000_000, "decoded pictures kept for all visitors; one of 2,048 px takes 13 MB")
    answers_bytes: int = _setting(100_000_000, "maps and predictions kept for all visitors")
    trays_bytes: int = _setting(
        500_000_000,
        "files in the trays of all visitors together; one has at most 16 MB, and those who left make room first",
    )
    sink_mads: float = _setting(
        6.0, "median absolute deviations above the median from which on a patch of a transformer stands out as a sink"
    )
    sink_times: float = _setting(3.0, "times the median that such a patch has at least")


def settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings as the environment has them now; within `checkpoint_folder` with that folder.

    Raises:
        HeatproofError: if a variable does not hold a value of its kind.
    """
    source = os.environ if environ is None else environ
    _check_names(source)
    given = {f.name: source[PREFIX + f.name.upper()] for f in fields(Settings) if source.get(PREFIX + f.name.upper())}
    found = Settings(**{name: _parsed(name, text) for name, text in given.items()})
    folder = _checkpoint_folder.get()
    return found if folder is None else replace(found, checkpoints=folder)


def chosen_checkpoints() -> Path | None:
    """The folder of models that the person who runs the program chose; None if it is the usual one."""
    folder = settings().checkpoints
    return None if folder == Settings.checkpoints else folder.absolute()


@contextmanager
def checkpoint_folder(folder: str | Path | None) -> Iterator[None]:
    """Within it the setting `checkpoints` is this folder, for the calling thread alone; as it is if None.

    Raises:
        HeatproofError: if there is no such folder.
    """
    if folder is None:
        yield
        return
    if not str(folder).strip() or not os.path.isdir(folder):
        raise HeatproofError(
            f"There is no checkpoint folder {str(folder)[:200]!r}.",
            hint="Name the folder that holds the model's files.",
        )
    former = _checkpoint_folder.set(Path(folder).resolve())
    try:
        yield
    finally:
        _checkpoint_folder.reset(former)


def _check_names(source: Mapping[str, str]) -> None:
    """A mistyped variable would leave a door open in silence."""
    known = {PREFIX + f.name.upper() for f in fields(Settings)}
    for name in source:
        if name.startswith(PREFIX) and name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            near = f"Near that name: {close[0]}." if close else "python -m gradcam_core settings lists them."
            raise HeatproofError(f"There is no setting {name[:80]}.", hint=near)


def let_waiting_threads_sleep() -> None:
    """Before torch is first imported, in every process that computes: its threads that wait for work give up the core.

    They spin otherwise, and take the cores from those that compute: with more of them than cores, a forward pass took
    several times as long. What the operator has set stays.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def torch_cache() -> Path:
    """The folder where torchvision keeps downloaded weights: `TORCH_HOME` and `XDG_CACHE_HOME` as torch reads them."""
    cache_home = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    torch_home = os.environ.get("TORCH_HOME", os.path.join(cache_home, "torch"))
    return Path(os.path.expanduser(torch_home)) / "hub" / "checkpoints"


def _parsed(name: str, text: str) -> Any:
    default = getattr(Settings, name)
    if isinstance(default, bool):
        return _parsed_switch(name, text)
    if isinstance(default, tuple):
        return _parsed_names(name, text)
    if isinstance(default, Path):
        return Path(os.path.expanduser(text))  # unlike Path.expanduser, it leaves the name of an unknown user as it is
    if isinstance(default, str):
        return text
    return _parsed_limit(name, text, default)


def _parsed_names(name: str, text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    if not names:
        raise _wrong(name, text, "names with commas")
    return names


def _parsed_limit(name: str, text: str, default: float) -> float:
    """A number of the default's kind, larger than 0 or 0 where that has a meaning, and finite; an hour at most."""
    zero = Settings.__dataclass_fields__[name].metadata["zero"]
    wanted = f"a number above 0, or to 0: {zero}" if zero else f"a number above 0, such as {default}"
    try:
        number = type(default)(text)
        is_sound = math.isfinite(number) and (number > 0 or (number == 0 and bool(zero)))
    except (ValueError, OverflowError) as error:
        raise _wrong(name, text, wanted) from error
    if not is_sound:
        raise _wrong(name, text, wanted)
    if name.endswith("_seconds") and number > _MOST_SECONDS:
        raise _wrong(name, text, f"at most {_MOST_SECONDS:,} seconds")
    return number


def _parsed_switch(name: str, text: str) -> bool:
    switch = {"1": True, "true": True, "on": True, "yes": True, "0": False, "false": False, "off": False, "no": False}
    if text.lower() not in switch:
        raise _wrong(name, text, "on or off")
    return switch[text.lower()]


def _wrong(name: str, text: str, wanted: str) -> HeatproofError:
    shown = text if len(text) <= 60 else text[:57] + "..."
    return HeatproofError(f"{PREFIX}{name.upper()} is {shown!r}.", hint=f"Set it to {wanted}, or remove it.")
