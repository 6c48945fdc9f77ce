"""Folders as transformers' `save_pretrained` writes them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from gradcam_core.checkpoints.fields import Fields
from gradcam_core.models.folder_model import FolderModel
from gradcam_core.models.huggingface.config import read_config


class HuggingFace:
    """transformers' image classifiers, as far as families.py has them."""

    package = "transformers"
    title = "Hugging Face"
    prefix = "huggingface/"

    def wrote(self, config: Mapping[str, Any]) -> bool:
        """Its `config.json` names classes and the type of the model."""
        return "architectures" in config or "model_type" in config

    def describe(self, folder: Path, fields: Fields) -> FolderModel:
        """From `config.json` and `preprocessor_config.json`."""
        return read_config(folder, fields)

    def skeleton(self, model: FolderModel) -> nn.Module:
        """As transformers builds it."""
        from gradcam_core.models.huggingface.network import build_skeleton

        return build_skeleton(model)

    def build(self, model: FolderModel, state: Mapping[str, Tensor]) -> tuple[nn.Module, tuple[str, ...]]:
        """As transformers builds it."""
        from gradcam_core.models.huggingface.network import build_network

        return build_network(model, state)
