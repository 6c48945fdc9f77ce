"""How does one get the same result again, from a shell or from Python?

What is written here is meant to be run: whatever a name holds, it stays a name.
"""

import shlex
from dataclasses import fields

from gradcam_core.cam import ResultKey
from gradcam_core.rendering.render import Look
from gradcam_core.samples import SCHEME

_USUAL_PREPROCESSING = "trained"
_LONGEST = 255  # characters of a file's name


def command_line(source: str, key: ResultKey, look: Look) -> str:
    """The command, for a POSIX shell, that writes this explanation into the folder `explanation`.

    Args:
        source: what `load_image` takes as text: a path, a URL or the name of a sample.
    """
    asked = {"model": key.model, "layer": key.layer, "method": key.method, "class": f"index:{key.class_index}"}
    if key.preprocessing != _USUAL_PREPROCESSING:
        asked["preprocessing"] = key.preprocessing
    asked |= {name: str(value) for name, value in _unusual(look).items()}
    options = [word for name, value in asked.items() for word in _option(name, value)]
    return shlex.join(["python", "-m", "gradcam_core", "explain", _path(source), *options, "--out", "explanation"])


def python_lines(source: str, key: ResultKey, look: Look) -> str:
    """The lines of Python that write its `overlay.png` and `cam.npy` into the folder they are run in."""
    drawn = ", ".join(f"{name}={value!r}" for name, value in _unusual(look).items())
    return f"""\
import numpy as np
from PIL import Image

from gradcam_core import Explainer, Look, load_image, load_model, overlay_image, share_cores

share_cores()  # as the page does: the number of threads decides the last bits
image = load_image({source!r})
model = load_model({key.model!r})
forward = Explainer(model, {key.layer!r}).forward(image, preprocessing={key.preprocessing!r})
cam = forward.cam({key.class_index}, {key.method!r})
Image.fromarray(overlay_image(image, cam, Look({drawn}))).save("overlay.png")
np.save("cam.npy", cam.values)
"""


def file_source(name: str) -> str:
    """What `load_image` takes to open the file of this name, which may look like a sample's or like nothing."""
    kept = name[:_LONGEST].encode(errors="replace").decode()
    return f"./{kept}" if kept.strip().startswith(SCHEME) or "://" in kept or not kept.strip() else kept


def _unusual(look: Look) -> dict[str, str | float]:
    """What differs from the default look."""
    given = {
        field.name: getattr(look, field.name) for field in fields(look) if getattr(look, field.name) != field.default
    }
    return {name: value if isinstance(value, str) else float(value) for name, value in given.items()}


def _option(name: str, value: str) -> list[str]:
    """Two words of the command; one where the value would be taken for another option."""
    return [f"--{name}={value}"] if value.startswith("-") else [f"--{name}", value]


def _path(source: str) -> str:
    """A file whose name begins with a dash is no option."""
    return f"./{source}" if source.startswith("-") else source
