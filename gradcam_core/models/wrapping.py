"""How does a module that somebody has in Python become a model that is ready to be explained?"""

from typing import Any

import torch
from torch import nn

from gradcam_core.models.from_module import Labels, network_of
from gradcam_core.models.loaded import LoadedModel
from gradcam_core.models.loading import ready_model
from gradcam_core.models.module_copy import device_of, original_of
from gradcam_core.models.spec import ModelSpec, what_it_knows
from gradcam_core.resources.memory import enough_memory
from gradcam_core.text import shortened

IN_HAND = "python"  # the source of a model that only the caller's program has
_LONGEST_TITLE = 80


def wrap_model(
    module: nn.Module,
    *,
    input_spec: Any,
    labels: Labels = None,
    activation: str | None = None,
    title: str = "",
) -> LoadedModel:
    """Make a module ready to be explained, on its own device, without touching it.

    A copy of its structure is explained, in eval mode and float32; mode, hooks, gradients and device of the module
    stay as they are. The weights are shared, not copied (but for those that are not float32): if they are trained on,
    or changed otherwise, wrap the module again, for statistics of normalisation and what was measured of the layers
    would still be of now. What is assumed of it stands in `LoadedModel.notes`.

    Args:
        module: an image classifier: takes (images, channels, height, width), gives (images, classes), or that as
            `logits` or `out` of an object or dictionary, or first in a tuple. DataParallel and torch.compile round it
            are left out. What it ends in, softmax or sigmoid, is undone.
        input_spec: how images are prepared: an InputSpec, torchvision's `weights.transforms()`, a Compose of Resize,
            CenterCrop, ToTensor and Normalize, or timm's `resolve_model_data_config(module)`.
        labels: one for each class in the order of the outputs; "imagenet"; class 0, class 1, … if None.
        activation: softmax, sigmoid (independent labels) or binary (one output); told by the outputs if None.
        title: for people; the name of its class if "".

    Raises:
        ModelError: if it can't be copied, run, differentiated or explained, or what is said of it does not fit it.
        ResourceError: if the memory does not suffice.
        TypeError: if it is no module.
    """
    if not isinstance(module, nn.Module):
        raise TypeError(f"wrap_model takes a torch.nn.Module, not {type(module).__name__}.")
    kind = type(original_of(module))
    name = shortened(title or kind.__name__, _LONGEST_TITLE)
    device, hint = device_of(module), "Choose a smaller network, or try again later."
    with (
        torch.inference_mode(False),
        torch.autocast(device.type, enabled=False),
        enough_memory(f"There is not enough memory for {name}.", hint=hint),
    ):
        network = network_of(module, labels=labels, input_spec=input_spec, activation=activation)
        spec = ModelSpec(
            name=name,
            title=name,
            architecture=f"{kind.__module__}.{kind.__qualname__}",
            source=IN_HAND,
            num_classes=len(network.labels),
            label_summary=what_it_knows(network.labels),
            ready=True,
            download_bytes=0,
            sentence="A module in Python.",
        )
        return ready_model(spec, network, device)
