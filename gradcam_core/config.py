"""The settings: every limit and switch with its default and its reason; the only reader of the environment."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from gradcam_core.errors import HeatproofError

_PREFIX = "HEATPROOF_"
_MOST_SECONDS = 3_600


def _setting(default: Any, reason: str) -> Any:
    return field(default=default, metadata={"reason": reason})


@dataclass(frozen=True)
class Settings:
    """One value per setting; `NAME` is read from the variable `HEATPROOF_NAME`."""

    checkpoints: Path = _setting(
        Path(__file__).resolve().parent.parent / "checkpoints", "folder of your own models; it may be absent"
    )
    device: str = _setting("auto", "auto takes CUDA, then MPS, then the CPU; or cpu, cuda, cuda:1, mps")
    fetch_urls: bool = _setting(True, "off, nobody can make this server fetch an image URL")
    fetch_seconds: float = _setting(10.0, "whole time for one image URL, redirects and body included")
    max_file_bytes: int = _setting(10_000_000, "largest upload or fetched image file")
    max_megapixels: float = _setting(50.0, "a picture of 50 megapixels takes up to 800 MB to decode")
    max_aspect: float = _setting(100.0, "a picture of 1 x 4,000 would be resized to 256 x 1,024,000")
    max_jpeg_scans: int = _setting(100, "a JPEG of 1,000 scans holds the decoder for 21 seconds")
    kept_side: int = _setting(2048, "long side of the kept picture, in pixels")
    max_input_side: int = _setting(640, "side of a model's input; memory grows with its square")
    max_parameters: int = _setting(350_000_000, "largest network that is built")
    max_checkpoint_bytes: int = _setting(2_000_000_000, "largest checkpoint file, and its tensors together")
    shelf_bytes: int = _setting(2_000_000_000, "loaded models together; the least recently used one goes first")


def settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings as the environment has them now.

    Raises:
        HeatproofError: if a variable does not hold a value of its kind.
    """
    source = os.environ if environ is None else environ
    given = {f.name: source[_PREFIX + f.name.upper()] for f in fields(Settings) if source.get(_PREFIX + f.name.upper())}
    return Settings(**{name: _parsed(name, text) for name, text in given.items()})


def torch_cache() -> Path:
    """The folder where torchvision keeps downloaded weights: `TORCH_HOME` and `XDG_CACHE_HOME` as torch reads them."""
    cache_home = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    torch_home = os.environ.get("TORCH_HOME", os.path.join(cache_home, "torch"))
    return Path(os.path.expanduser(torch_home)) / "hub" / "checkpoints"


def _parsed(name: str, text: str) -> Any:
    default = getattr(Settings, name)
    if isinstance(default, bool):
        return _parsed_switch(name, text)
    if isinstance(default, Path):
        return Path(os.path.expanduser(text))  # unlike Path.expanduser, it leaves the name of an unknown user as it is
    if isinstance(default, str):
        return text
    return _parsed_limit(name, text, default)


def _parsed_limit(name: str, text: str, default: float) -> float:
    """A number of the default's kind, larger than 0 and finite; a time is at most an hour."""
    try:
        number = type(default)(text)
        is_sound = number > 0 and math.isfinite(number)
    except (ValueError, OverflowError) as error:
        raise _wrong(name, text, f"a number such as {default}") from error
    if not is_sound:
        raise _wrong(name, text, f"a number above 0, such as {default}")
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
    return HeatproofError(f"{_PREFIX}{name.upper()} is {shown!r}.", hint=f"Set it to {wanted}, or remove it.")
