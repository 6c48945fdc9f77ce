"""Which library wrote names like these, and how does its file get into the program?"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST = 200


@dataclass(frozen=True)
class KnownNames:
    """Names that a known library gives.

    Attributes:
        said: whose they are.
        example: the first of them.
        hint: what helps.
    """

    said: str
    example: str
    hint: str


def library_of(keys: Iterable[str]) -> KnownNames | None:
    """The library whose names are among these; None if none is known."""
    names = [key[:_LONGEST] for key in keys]
    for pattern, said, hint in _KNOWN:
        found = next((key for key in names if pattern.search(key)), None)
        if found is not None:
            return KnownNames(said, found, hint)
    return None


_FOLDER = (
    "Keep config.json and preprocessor_config.json in the folder of the weights, as save_pretrained writes them: with "
    "transformers installed that folder is read as it is."
)
_TIMM = 'Name it as timm does, "architecture": "timm/NAME", where timm is installed.'
_KNOWN: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern), said, hint)
    for pattern, said, hint in (
        (
            r"(^|\.)(resnet|vit|deit|swinv?2?|convnextv?2?|beit|efficientnet|mobilenet_v[12]|dinov2\w*|regnet)\.(embedder|embeddings|encoder|layernorm|conv_stem)\.",
            "Hugging Face's",
            _FOLDER,
        ),
        (
            r"(^|\.)model\.(text_model|vision_model)\.|(^|\.)vision_model\.",
            "CLIP's",
            "Only classifiers are explained: save a network with a head of classes.",
        ),
        (
            r"(^|\.)attn\.qkv\.|(^|\.)conv_stem\.|(^|\.)patch_embed\.proj\.|^stages\.\d+\.(blocks|downsample)\.|^stem\.\d\.|(^|\.)conv_pwl?\.|(^|\.)conv_dw\.|^head\.fc\.",
            "timm's",
            _TIMM,
        ),
        (
            r"^model\.\d+\.(conv|cv\d|m)\.|^model\.\d+\.(conv|bn)\.weight$",
            "Ultralytics'",
            "Such a network can't be rebuilt from names: give its module in Python, to wrap_model.",
        ),
        (
            r"^backbone\.(layer\d+|stages|features|conv\d*|layers|patch_embed)\b.*|^head\.(fc|layers)\.",
            "mmpretrain's",
            "Convert it to torchvision's or timm's names, or give its module in Python, to wrap_model.",
        ),
        (
            r"^[01]\.\d+\.(\d+\.)?",
            "numbers, as fastai's Sequential of body and head gives them",
            "Save the state dict of the network that is named, or say the head in the description.",
        ),
        (
            r"/kernel(:0)?$|/bias(:0)?$|/gamma(:0)?$|/moving_mean|\.kernel$|params\.",
            "those of Keras, TensorFlow or JAX",
            "Convert the weights to the torchvision network first.",
        ),
        (
            r"^onnx::|/Conv_output|initializer",
            "ONNX's",
            "Save the state dict of the network from which it was exported.",
        ),
    )
)
