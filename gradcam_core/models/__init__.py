"""Which models can be asked, and how is one made ready to explain?

A model source is one file with a class like `Source` in spec.py, and one line in registry.py.
"""

from gradcam_core.models.inspection import Inspection, inspect_model
from gradcam_core.models.loaded import LoadedModel
from gradcam_core.models.loading import load_model, pick_device
from gradcam_core.models.registry import (
    DEFAULT_MODEL,
    broken_checkpoints,
    chosen_folder,
    describe_model,
    download_model,
    find_model,
    list_models,
    needed_setting,
)
from gradcam_core.models.spec import ModelSpec

__all__ = [
    "DEFAULT_MODEL",
    "Inspection",
    "LoadedModel",
    "ModelSpec",
    "broken_checkpoints",
    "chosen_folder",
    "describe_model",
    "download_model",
    "find_model",
    "inspect_model",
    "list_models",
    "load_model",
    "needed_setting",
    "pick_device",
]
