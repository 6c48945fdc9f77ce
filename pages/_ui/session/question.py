"""What is asked of a model: the value that a result is looked up by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradcam_core.layers.place import DEFAULT_PLACE

UPLOAD = "upload-"  # how the address of an image begins that no link can carry

if TYPE_CHECKING:
    from gradcam_core.attention.facts import AttentionFacts
    from gradcam_core.layers.finding import TargetLayer
    from gradcam_core.models import ModelSpec
    from gradcam_core.preprocessing import InputSpec


@dataclass(frozen=True)
class ImageInfo:
    """What is known of an image without its pixels, which `pixels.pixels_of` gives.

    Attributes:
        sha256: of the file's bytes.
        size: (width, height) of the kept copy; `original_size` is the upright file's.
        notes: what was done to the image, in sentences.
        address: what names it in this session's links: a sample's slug, a URL, or `upload-` and a hash.
        is_scene: whether the program drew it, so that the embedded network knows such things.
        source: what `load_image` takes to open the same one: `sample:` and a slug, a URL, or a file's name.
    """

    sha256: str
    size: tuple[int, int]
    original_size: tuple[int, int]
    name: str
    notes: tuple[str, ...]
    address: str
    is_scene: bool
    source: str

    @property
    def is_linkable(self) -> bool:
        """Whether its address means something in another session."""
        return not self.address.startswith(UPLOAD)


@dataclass(frozen=True, eq=False)
class ModelCard:
    """What the pages know of a loaded model, without holding it; `notes` say what was assumed of it."""

    spec: ModelSpec
    labels: tuple[str, ...]
    input_spec: InputSpec
    layers: tuple[TargetLayer, ...]
    default_layer: str
    weights_sha256: str
    description_sha256: str
    attention: AttentionFacts
    notes: tuple[str, ...] = ()

    def layer(self, name: str) -> TargetLayer:
        """One of its layers."""
        return next(layer for layer in self.layers if layer.name == name)


@dataclass(frozen=True, eq=False)
class Question:
    """Image, model, layer, method, preprocessing and place; each class of the model is one answer to it."""

    picture: ImageInfo
    model: ModelCard
    layer: str
    method: str
    preprocessing: str
    place: str = DEFAULT_PLACE

    @property
    def key(self) -> tuple[str, ...]:
        """Everything that the answer depends on, by content."""
        model = (self.model.spec.name, self.model.weights_sha256, self.model.description_sha256)
        return (self.picture.sha256, *model, self.layer, self.method, self.preprocessing, self.place)
