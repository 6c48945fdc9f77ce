"""Which of the networks of Hugging Face's transformers are built, and how is an image usually prepared for each?

The table is fixed: the module that is imported stands here, and no text from a file is ever imported.
"""

import difflib
from dataclasses import dataclass

from gradcam_core.errors import ModelError

_CLASSIFIER = "ForImageClassification"
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
_EFFICIENTNET = ((0.485, 0.456, 0.406), (0.47853944, 0.4732864, 0.47434163))


@dataclass(frozen=True)
class Family:
    """One kind of network.

    Attributes:
        folder: of transformers' package; also the `model_type` with which `config.json` names the family.
        prefix: what the names of its classes begin with.
        processor: the image processor that its folders usually name.
        normalisation: mean and deviation with which its published networks were trained, RGB in [0, 1].
        takes_one_size: whether its networks are for the size of `config.json` alone, for they know positions by heart.
    """

    title: str
    folder: str
    prefix: str
    processor: str
    normalisation: tuple[tuple[float, float, float], tuple[float, float, float]]
    endings: tuple[str, ...] = (_CLASSIFIER,)
    takes_one_size: bool = False

    @property
    def architectures(self) -> tuple[str, ...]:
        """The classes with a head for the classes of images."""
        return tuple(self.prefix + ending for ending in self.endings)

    @property
    def config(self) -> str:
        """The class that reads `config.json`."""
        return f"{self.prefix}Config"


FAMILIES = (
    Family("ViT", "vit", "ViT", "ViTImageProcessor", _HALF, takes_one_size=True),
    Family("DeiT", "deit", "DeiT", "DeiTImageProcessor", _IMAGENET, (_CLASSIFIER, f"{_CLASSIFIER}WithTeacher"), True),
    Family("Swin", "swin", "Swin", "ViTImageProcessor", _IMAGENET),
    Family("Swin v2", "swinv2", "Swinv2", "ViTImageProcessor", _IMAGENET),
    Family("ConvNeXt", "convnext", "ConvNext", "ConvNextImageProcessor", _IMAGENET),
    Family("ConvNeXt v2", "convnextv2", "ConvNextV2", "ConvNextImageProcessor", _IMAGENET),
    Family("ResNet", "resnet", "ResNet", "ConvNextImageProcessor", _IMAGENET),
    Family("BEiT", "beit", "Beit", "BeitImageProcessor", _HALF, takes_one_size=True),
    Family("EfficientNet", "efficientnet", "EfficientNet", "EfficientNetImageProcessor", _EFFICIENTNET),
    Family("MobileNetV2", "mobilenet_v2", "MobileNetV2", "MobileNetV2ImageProcessor", _HALF),
    Family("DINOv2", "dinov2", "Dinov2", "BitImageProcessor", _IMAGENET),
    Family("DINOv2 with registers", "dinov2_with_registers", "Dinov2WithRegisters", "BitImageProcessor", _IMAGENET),
)
_BY_ARCHITECTURE = {architecture: family for family in FAMILIES for architecture in family.architectures}
_BY_TYPE = {family.folder: family for family in FAMILIES}


def family_of(architecture: str) -> Family:
    """The family of a class of transformers.

    Raises:
        ModelError: if it has no head for the classes of images, or is not in the table.
    """
    if architecture in _BY_ARCHITECTURE:
        return _BY_ARCHITECTURE[architecture]
    if _CLASSIFIER not in architecture:
        raise ModelError(
            f"config.json names {architecture[:80]}, which does not name the class of an image.",
            hint=f"Train and save a network with a head for classes, such as ViT{_CLASSIFIER}.",
        )
    near = difflib.get_close_matches(architecture, _BY_ARCHITECTURE, n=3) or list(_BY_ARCHITECTURE)[:3]
    raise ModelError(
        f"config.json names {architecture[:80]}, which is not one of the networks of transformers that are built here.",
        hint=f"Near that name: {', '.join(near)}.",
    )


def architecture_of_type(model_type: str) -> str:
    """The classifier of a family that `config.json` names by its type alone; "" where there is no such family."""
    return _BY_TYPE[model_type].architectures[0] if model_type in _BY_TYPE else ""
