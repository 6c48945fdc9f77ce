"""What is asked of a model: the value that a result is looked up by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradcam_core.images import LoadedImage

if TYPE_CHECKING:
    from gradcam_core.layers import TargetLayer
    from gradcam_core.models import ModelSpec


@dataclass(frozen=True, eq=False)
class Picture:
    """The image on screen, and where it came from.

    Attributes:
        address: what names it in a link: a sample's slug or a URL; empty for an upload, which no link can carry.
        is_scene: whether the program drew it, so that the embedded network knows such things.
    """

    image: LoadedImage
    address: str
    is_scene: bool


@dataclass(frozen=True, eq=False)
class ModelCard:
    """What the pages know of a loaded model, without holding it."""

    spec: ModelSpec
    labels: tuple[str, ...]
    layers: tuple[TargetLayer, ...]
    default_layer: str
    weights_sha256: str


@dataclass(frozen=True, eq=False)
class Question:
    """Image, model, layer, method and preprocessing; each class of the model is one answer to it."""

    picture: Picture
    model: ModelCard
    layer: str
    method: str
    preprocessing: str

    @property
    def key(self) -> tuple[str, ...]:
        """Everything that the answer depends on, by content."""
        model = (self.model.spec.name, self.model.weights_sha256)
        return (self.picture.image.sha256, *model, self.layer, self.method, self.preprocessing)

    @property
    def owner(self) -> tuple[str, str]:
        """The image and the model: what a choice of class belongs to."""
        return self.picture.image.sha256, self.model.spec.name


BY_CONTENT: dict[str | type[Any], Callable[[Any], Any]] = {
    Question: lambda question: question.key,
    LoadedImage: lambda image: image.sha256,
}
"""How Streamlit's caches tell these apart; left alone it samples large arrays and takes two images for one."""
