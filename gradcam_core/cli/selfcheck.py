"""Is this installation able to do its work? Each part is really tried, the network of the answer last."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from gradcam_core.config import Settings, settings
from gradcam_core.decoding.decode import decode_image
from gradcam_core.decoding.signatures import ACCEPTED
from gradcam_core.download import policy_from
from gradcam_core.encoding import to_png
from gradcam_core.engine import Explainer
from gradcam_core.errors import HeatproofError
from gradcam_core.models import DEFAULT_MODEL, broken_checkpoints, list_models, load_model, pick_device
from gradcam_core.resources.cores import core_count, share_cores, slot_count
from gradcam_core.resources.memory import memory
from gradcam_core.scenes.scene import draw_scene

_KNOWN = "cat"  # the thing in a scene that the embedded network must find
_SCENE_SEED, _SIDE = 3, 160


@dataclass(frozen=True)
class Finding:
    """What one check found: fine, or not; `sentence` says what, or why not and what to do."""

    name: str
    is_fine: bool
    sentence: str


def findings() -> Iterator[Finding]:
    """Every check, one after the other; none of them opens the network."""
    for name, check in _CHECKS.items():
        try:
            yield Finding(name, True, check())
        except HeatproofError as error:
            yield Finding(name, False, f"{error.message} {error.hint}".strip())
        except Exception as error:  # noqa: BLE001 - whoever installs wants to see what is wrong, whatever it is
            yield Finding(name, False, f"{type(error).__name__}: {error}")


def _settings() -> str:
    changed = [name for name, value in vars(settings()).items() if value != getattr(Settings, name)]
    return f"changed: {', '.join(changed)}" if changed else "all as they come"


def _machine() -> str:
    threads = share_cores()
    found = memory()
    limit = f" of {found.limit / 1e6:,.0f} MB" if found.limit else ", no limit known"
    if found.is_short:
        raise HeatproofError(f"{found.used / 1e6:,.0f} MB{limit} are in use.", hint="Give it more memory.")
    return (
        f"{core_count()} cores, {slot_count()} computations at once, {threads} threads each; {found.used / 1e6:,.0f} MB"
        f"{limit}; torch {torch.__version__} on {pick_device()}"
    )


def _decoders() -> str:
    picture = Image.fromarray(draw_scene(_SCENE_SEED, size=_SIDE, things=[_KNOWN]).pixels)
    for kind in ACCEPTED:
        buffer = io.BytesIO()
        picture.save(buffer, kind)
        difference = np.abs(decode_image(buffer.getvalue()).pixels.astype(int) - np.asarray(picture)).mean()
        if difference > 16:
            raise HeatproofError(f"{kind} comes out wrong.", hint="Install Pillow anew.")
    return ", ".join(ACCEPTED)


def _models() -> str:
    broken = broken_checkpoints()
    if broken:
        name, sentence = broken[0]
        raise HeatproofError(f"{len(broken)} of your own models can't be used; {name}: {sentence}")
    ready = [spec.name for spec in list_models() if spec.ready]
    return f"ready: {', '.join(ready)}"


def _web() -> str:
    limits = settings()
    policy_from(limits)  # refuses what is no host
    if not limits.fetch_urls:
        return "image URLs are not fetched"
    if limits.fetch_private:
        return f"WARNING: any visitor can read what answers at {', '.join(limits.fetch_private)}"
    return f"image URLs are fetched from {', '.join(limits.fetch_hosts) or 'every public host'}"


def _answer() -> str:
    """The whole way: a scene with one known thing is named, and its map has its peak in the thing."""
    drawn = draw_scene(_SCENE_SEED, size=_SIDE, things=[_KNOWN])
    forward = Explainer(load_model(DEFAULT_MODEL)).forward(decode_image(to_png(drawn.pixels)))
    best = forward.top(1)[0]
    cam = forward.cam(best.class_index)
    column, row = cam.peak
    if best.label != _KNOWN or not cam.usable or not drawn.things[0].mask[row, column]:
        raise HeatproofError(f"A drawn {_KNOWN} is not found where it is.", hint="Install the program anew.")
    return f"a drawn {_KNOWN} is named ({best.probability:.1%} sure), and found where it is"


_CHECKS: dict[str, Callable[[], str]] = {
    "settings": _settings,
    "machine": _machine,
    "decoders": _decoders,
    "models": _models,
    "web": _web,
    "answer": _answer,
}
