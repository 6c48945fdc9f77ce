"""How does one get the same result again, from a shell or from Python?

What is written here is meant to be run: whatever a name holds, it stays a name.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from gradcam_core.cam import ResultKey
from gradcam_core.layers.place import DEFAULT_PLACE
from gradcam_core.rendering.render import Look
from gradcam_core.samples import SCHEME

_USUAL_PREPROCESSING = "trained"
_LONGEST = 255  # characters of a file's name


@dataclass(frozen=True)
class ModelPlace:
    """What another process must be told to find a model.

    Attributes:
        checkpoints: the folder that holds it, where it is not found without.
        models: what HEATPROOF_MODELS must be; "" where it is found without.
        is_in_hand: whether only the caller's program has it, as a module: no command finds it.
    """

    checkpoints: Path | None = None
    models: str = ""
    is_in_hand: bool = False


def command_line(source: str, key: ResultKey, look: Look, *, place: ModelPlace = ModelPlace()) -> str:
    """The command, for a POSIX shell, that writes this explanation into the folder `explanation`.

    Args:
        source: what `load_image` takes as text: a path, a URL or the name of a sample.
    """
    asked = {"layer": key.layer, "method": key.method, "class": f"index:{key.class_index}"}
    return shell_line("explain", source, common_options(key, place, asked, look), place)


def python_lines(source: str, key: ResultKey, look: Look, *, place: ModelPlace = ModelPlace()) -> str:
    """The lines of Python that write three of its files into the folder they are run in; as `command_line`."""
    where = "" if key.place == DEFAULT_PLACE else f", place={key.place!r}"
    return f"""\
{setting_lines(place)}from pathlib import Path

from gradcam_core import Explainer, Explanation, Look, explanation_file, load_image, {finder(place)}, share_cores

share_cores()  # as the page does: the number of threads decides the last bits
image = load_image({source!r})
model = {found_model(key, place)}
forward = Explainer(model, {key.layer!r}).forward(image, preprocessing={key.preprocessing!r}{where})
cam = forward.cam({key.class_index}, {key.method!r})
explanation = Explanation.of(image, forward, cam, Look({look_words(look)}))
for name in ("overlay.png", "cam.npy", "explanation.json"):
    Path(name).write_bytes(explanation_file(explanation, name))
"""


def shell_line(name: str, source: str, options: Sequence[str], place: ModelPlace) -> str:
    """A command about an image."""
    if place.is_in_hand:
        return "# No command finds this model, a module in Python: see the lines of Python, or declare it (README)."
    setting = f"HEATPROOF_MODELS={shlex.quote(place.models)} " if place.models else ""
    folder = "explanation" if name == "explain" else name
    return setting + shlex.join(["python", "-m", "gradcam_core", name, _path(source), *options, "--out", folder])


def common_options(key: ResultKey, place: ModelPlace, own: Mapping[str, str], look: Look) -> list[str]:
    """The words of the options: the model, the command's own, and what is unusual."""
    asked = {"model": key.model}
    if place.checkpoints is not None:
        asked["checkpoints"] = str(place.checkpoints)
    asked |= own
    if key.preprocessing != _USUAL_PREPROCESSING:
        asked["preprocessing"] = key.preprocessing
    if key.place != DEFAULT_PLACE:
        asked["place"] = key.place
    asked |= {name: str(value) for name, value in _unusual(look).items()}
    return [word for name, value in asked.items() for word in _option(name, value)]


def look_words(look: Look) -> str:
    """What is unusual about a look, as arguments in Python."""
    return ", ".join(f"{name}={value!r}" for name, value in _unusual(look).items())


def setting_lines(place: ModelPlace) -> str:
    """What a program must do first for the model to be found."""
    return f"import os\n\nos.environ['HEATPROOF_MODELS'] = {place.models!r}\n\n" if place.models else ""


def finder(place: ModelPlace) -> str:
    """The function that gives the model."""
    return "wrap_model" if place.is_in_hand else "load_model"


def found_model(key: ResultKey, place: ModelPlace) -> str:
    """The expression that gives the model; of one in hand, what stands round the module, which nobody else has."""
    if place.is_in_hand:
        return f"wrap_model(module, input_spec=..., labels=...)  # your module, as it was wrapped: {key.model!r}"
    folder = "" if place.checkpoints is None else f", checkpoints={str(place.checkpoints)!r}"
    return f"load_model({key.model!r}{folder})"


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
