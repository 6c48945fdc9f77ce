"""How does a name become a model that is ready to be explained?"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from gradcam_core.config import checkpoint_folder, settings
from gradcam_core.errors import LayerError, ModelError
from gradcam_core.hooks import attach
from gradcam_core.layers.finding import FoundLayers, find_layers
from gradcam_core.models.facts import input_text, nbytes_of
from gradcam_core.models.loaded import LoadedModel
from gradcam_core.models.registry import SOURCES, find_model
from gradcam_core.models.spec import ModelSpec, Network
from gradcam_core.models.trial import check_answer, sameness_note
from gradcam_core.preprocessing import InputSpec
from gradcam_core.resources.memory import enough_memory, is_out_of_memory
from gradcam_core.text import counted


def load_model(
    name: str, *, device: str | torch.device | None = None, checkpoints: str | Path | None = None
) -> LoadedModel:
    """Build a model, try it once on noise, and make it ready.

    Args:
        name: as `list_models` gives it.
        device: auto, cpu, cuda, cuda:1 or mps; the setting if None.
        checkpoints: the folder of your own models; the setting if None.

    Raises:
        HeatproofError: if there is no such folder.
        ModelError: if there is no such model or device, or the weights are absent, damaged or do not fit.
        ResourceError: if the memory does not suffice.
        TypeError: if the name is no text.
    """
    if not isinstance(name, str):
        raise TypeError(f"load_model takes a model's name, as list_models gives it, not {type(name).__name__}.")
    target = pick_device(device)
    hint = "Choose a smaller model, or try again later."
    with checkpoint_folder(checkpoints):
        spec = find_model(name)
        with torch.inference_mode(False), enough_memory(f"There is not enough memory to load {spec.title}.", hint=hint):
            return ready_model(spec, SOURCES[spec.source].load(name), target)


def pick_device(wanted: str | torch.device | None = None) -> torch.device:
    """The device asked for, else the one of the settings; `auto` is CUDA, then MPS, then the CPU.

    Raises:
        ModelError: if this machine has no such device.
    """
    text = str(wanted or settings().device).strip().lower()
    if text == "auto":
        text = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(text)
    except (RuntimeError, ValueError) as error:
        raise _no_device(text) from error
    if not _is_present(device):
        raise _no_device(text)
    return device


def _is_present(device: torch.device) -> bool:
    count = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    return (device.index or 0) < count.get(device.type, 0)


def _no_device(text: str) -> ModelError:
    return ModelError(f"This machine has no device {text[:40]!r}.", hint="Use auto, cpu, cuda, cuda:1 or mps.")


def ready_model(spec: ModelSpec, network: Network, device: torch.device) -> LoadedModel:
    """Move a network to the device, freeze it, try it once on noise, and attach its hooks.

    Raises:
        ModelError: if it does not run, its outputs are not as many as its labels, or no layer of it can be explained.
    """
    module = network.module.eval().requires_grad_(False).to(device)
    found = _found_layers(spec, module, _noise(network.input_spec, device))
    num_outputs = 1 if network.activation == "binary" else len(network.labels)
    if found.num_outputs != num_outputs:
        raise ModelError(
            f"{spec.name} gives {counted(found.num_outputs, 'output', 'outputs')} "
            f"for {counted(num_outputs, 'class', 'classes')}.",
            hint="Check num_classes.",
        )
    found = found.with_default(_default_layer(spec, network, found))
    attach(module, [layer.name for layer in (*found.candidates, *found.unread)])
    model = LoadedModel(
        spec=spec,
        module=module,
        labels=network.labels,
        input_spec=network.input_spec,
        layers=found.candidates,
        default_layer=found.default,
        activation=network.activation,
        device=device,
        nbytes=nbytes_of(module),
        weights_sha256=network.weights_sha256,
        notes=(*network.notes, *found.notes),
        excluded=found.excluded,
        unread=found.unread,
    )
    if network.known_answer is not None:
        check_answer(model, network.known_answer)
    return replace(model, notes=(*model.notes, *sameness_note(model)))


def _noise(spec: InputSpec, device: torch.device) -> Tensor:
    """(1, channels, height, width), always the same, spread like a normalised image."""
    seeded = torch.Generator().manual_seed(0)
    return torch.randn(1, *spec.shape, generator=seeded).to(device)


def _found_layers(spec: ModelSpec, module: nn.Module, noise: Tensor) -> FoundLayers:
    """One forward pass: it runs, its outputs are finite, and some layer gives a spatial map."""
    try:
        with _finite_outputs(spec, module):
            return find_layers(module, noise)
    except LayerError as error:
        raise ModelError(f"{spec.title} can't be explained: {error.message}", hint=error.hint) from error
    except (RuntimeError, ValueError, AssertionError, IndexError) as error:
        if is_out_of_memory(error):
            raise
        raise ModelError(
            f"{spec.title} can't take an input of {input_text(noise.shape)}.", hint="Check crop_size."
        ) from error


@contextmanager
def _finite_outputs(spec: ModelSpec, module: nn.Module) -> Iterator[None]:
    """Refuse a network whose forward pass within gives anything but finite logits."""

    def check(_module: nn.Module, _inputs: object, logits: Tensor) -> None:
        if not bool(torch.isfinite(logits).all()):
            raise ModelError(f"{spec.title} gives outputs that are not finite.", hint="Its weights are damaged.")

    handle = module.register_forward_hook(check)
    try:
        yield
    finally:
        handle.remove()


def _default_layer(spec: ModelSpec, network: Network, found: FoundLayers) -> str:
    """The layer that the description names, else the last block before global pooling."""
    wanted = network.target_layer or found.default
    if wanted not in {layer.name for layer in found.candidates}:
        raise ModelError(
            f"{spec.name} has no layer {wanted[:80]!r} with a spatial map. {found.excluded.get(wanted, '')}".rstrip(),
            hint=f"Leave target_layer out, or set it to {found.default}.",
        )
    return wanted
