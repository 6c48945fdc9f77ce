"""The models of the person who runs the program, each declared by a function of their own that gives a module.

HEATPROOF_MODELS names the file or module with these functions. It is the operator's own code: it is imported as it is,
once in a process, when models are first listed; a function runs only when its model is loaded.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from gradcam_core.checkpoints.pairs import ACTIVATIONS, BadCheckpoint
from gradcam_core.config import settings
from gradcam_core.errors import ModelError
from gradcam_core.models.from_module import Labels, given_labels, labels_for, network_of
from gradcam_core.models.input_specs import as_input_spec
from gradcam_core.models.meta import meta_copy
from gradcam_core.models.module_copy import cause_of
from gradcam_core.models.operators_code import file_of, import_once, is_file, line_of, remedy_for
from gradcam_core.models.spec import IMAGENET, Description, ModelSpec, Network, what_it_knows
from gradcam_core.preprocessing import InputSpec
from gradcam_core.progress import Progress
from gradcam_core.resources.memory import is_out_of_memory
from gradcam_core.text import printable, shortened

Make = Callable[[], nn.Module]

_LONGEST_NAME = 80
_NOTHING_DECLARED = "HEATPROOF_MODELS names it, and it declares no model. Decorate a function with @declare_model."


@dataclass(frozen=True, eq=False)
class Declaration:
    """What a decorator said, unread: what is wrong with it is said in the list of models."""

    name: str
    make: Make
    labels: Labels
    input_spec: Any
    activation: str
    title: str

    @property
    def function(self) -> str:
        """For people: the function's name."""
        return f"{getattr(self.make, '__qualname__', type(self.make).__name__)}()"

    @property
    def file(self) -> str:
        """The path of the file that holds the function; "" where there is none."""
        return getattr(sys.modules.get(self.place[0]), "__file__", None) or ""

    @property
    def place(self) -> tuple[str, str, str]:
        """Where it was written: the same function declared once more, as in a notebook, replaces itself."""
        return getattr(self.make, "__module__", ""), self.function, str(self.name)


_declarations: dict[tuple[str, str, str], Declaration] = {}


def declare_model(
    name: str, *, labels: Labels, input_spec: Any, activation: str = "softmax", title: str = ""
) -> Callable[[Make], Make]:
    """Decorate a function without parameters that gives a torch.nn.Module: the module is a model of this name.

    Args:
        name: as `load_model` and the model list take it.
        labels: one for each class in the order of the outputs, or "imagenet".
        input_spec: how images are prepared, as `wrap_model` takes it.
        activation: softmax, sigmoid (independent labels) or binary (one output and two labels, the negative first).
        title: for people; the name if "".
    """

    def declare(make: Make) -> Make:
        declaration = Declaration(name, make, labels, input_spec, activation, title)
        _declarations[declaration.place] = declaration
        return make

    return declare


class DeclaredSource:
    """Everything that has been declared in this process, once what HEATPROOF_MODELS names is imported."""

    slug = "declared"
    reserved: tuple[str, ...] = ()
    folder = None

    def __init__(self) -> None:
        self._skeletons: dict[Make, nn.Module] = {}

    def find(self) -> tuple[list[ModelSpec], list[BadCheckpoint]]:
        """The declared models in the order of the file, and what is wrong with others or with the file itself."""
        specs = []
        place = settings().models
        failed = import_once(place)
        if place and not failed and not _declarations:
            failed = BadCheckpoint(shortened(place, _LONGEST_NAME), _NOTHING_DECLARED)
        broken = [failed] if failed else []
        for declaration in list(_declarations.values()):
            try:
                spec = self._spec(declaration)
                if _declared(spec.name) is not declaration:
                    raise ModelError(f"{declaration.function} declares a name that is taken.", hint="Give it another.")
                specs.append(spec)
            except ModelError as error:
                shown = shortened(str(declaration.name), _LONGEST_NAME)
                broken.append(BadCheckpoint(shown, f"{error.message} {error.hint}".strip()))
        return specs, broken

    def describe(self, name: str) -> Description:
        """What its decorator says."""
        declaration = _declared(name)
        labels, spec = _read(declaration)
        return Description(
            labels=labels,
            input_spec=spec,
            activation=declaration.activation,
            source=f"a function of the operator, {declaration.function}",
        )

    def skeleton(self, name: str) -> nn.Module:
        """Of the module that the function gave last; it is called if it has not been."""
        declaration = _declared(name)
        if declaration.make not in self._skeletons:
            self.load(name)
        return self._skeletons[declaration.make]

    def load(self, name: str) -> Network:
        """Call the function; the module that it gives is left as it is."""
        declaration = _declared(name)
        labels, spec = _read(declaration)
        module = _made(declaration)
        network = network_of(module, labels=labels, input_spec=spec, activation=declaration.activation)
        self._skeletons[declaration.make] = meta_copy(network.module)
        return network

    def download(self, name: str, *, progress: Progress) -> None:
        """Nothing: a function brings its own weights."""

    def _spec(self, declaration: Declaration) -> ModelSpec:
        name = declaration.name
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or printable(name.strip()) != name:
            raise ModelError(
                f"{declaration.function} declares the name {shortened(repr(name), 40)}.",
                hint=f"Give one line of at most {_LONGEST_NAME} characters.",
            )
        labels, _ = _read(declaration)
        return ModelSpec(
            name=name,
            title=shortened(str(declaration.title or name), _LONGEST_NAME),
            architecture=f"{getattr(declaration.make, '__module__', '')}.{declaration.function}",
            source=self.slug,
            num_classes=len(labels),
            label_summary=IMAGENET if declaration.labels == "imagenet" else what_it_knows(labels),
            ready=True,
            download_bytes=0,
            sentence="From the operator's own code.",
        )


def models_setting() -> str:
    """What HEATPROOF_MODELS must be for another process to find the same: a file by its whole path."""
    place = settings().models
    return str(file_of(place).resolve()) if is_file(place) else place


def _declared(name: str) -> Declaration:
    found = next((one for one in list(_declarations.values()) if one.name == name), None)
    if found is None:
        raise ModelError(f"No function declares the model {name[:80]!r} any more.")
    return found


def _read(declaration: Declaration) -> tuple[tuple[str, ...], InputSpec]:
    """Its labels and preprocessing.

    Raises:
        ModelError: if what the decorator says can't be used.
    """
    if declaration.activation not in ACTIVATIONS:
        raise ModelError(
            f"{declaration.function}: the activation is {str(declaration.activation)[:40]!r}.",
            hint=f"Give one of {', '.join(ACTIVATIONS)}.",
        )
    try:
        labels = given_labels(declaration.labels)
        if declaration.activation == "binary":
            labels, _ = labels_for(labels, 1)
        return labels, as_input_spec(declaration.input_spec)
    except ModelError as error:
        raise ModelError(f"{declaration.function}: {error.message}", hint=error.hint) from error
    except Exception as error:  # an object of anybody's, that looks like labels or transforms
        raise ModelError(f"{declaration.function}: what it declares can't be read: {cause_of(error)}.") from error


def _made(declaration: Declaration) -> nn.Module:
    try:
        module = declaration.make()
    except (Exception, SystemExit) as error:
        if is_out_of_memory(error):
            raise
        raise ModelError(
            f"{declaration.function} failed: {cause_of(error)}{line_of(error, declaration.file)}.",
            hint=remedy_for(error),
        ) from error
    if not isinstance(module, nn.Module):
        raise ModelError(
            f"{declaration.function} gives {type(module).__name__}, and not a torch.nn.Module.",
            hint="Return the network itself.",
        )
    return module
