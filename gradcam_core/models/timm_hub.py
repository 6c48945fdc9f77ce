"""The networks for which timm publishes weights: known by name, and fetched by timm's own loader where that is allowed.

They are not listed, for there are more than a thousand. HEATPROOF_TIMM_HUB allows them; without it nothing is asked.
"""

from pathlib import Path
from typing import Any

from torch import nn

from gradcam_core.checkpoints.fields import Fields
from gradcam_core.checkpoints.labels import imagenet_labels
from gradcam_core.checkpoints.pairs import BadCheckpoint
from gradcam_core.checkpoints.weights import sha256_of
from gradcam_core.config import settings
from gradcam_core.errors import ModelError
from gradcam_core.models.extra import library_errors, need
from gradcam_core.models.spec import Description, ModelSpec, Network, what_it_knows
from gradcam_core.models.timm_inputs import USUAL, timm_input_spec
from gradcam_core.models.timm_networks import PACKAGE, PREFIX, check_timm_name, timm_skeleton
from gradcam_core.progress import Progress
from gradcam_core.resources.memory import is_out_of_memory

_FILES = ("model.safetensors", "pytorch_model.bin")
_PATIENCE = 10  # seconds, for the hub to answer at all
_IMAGENET_CLASSES = 1_000


class TimmHubSource:
    """`timm/NAME`, with timm's tag behind it or not."""

    slug = "timm"
    reserved: tuple[str, ...] = ()
    folder = None

    def find(self) -> tuple[list[ModelSpec], list[BadCheckpoint]]:
        """None: they are found by name."""
        return [], []

    def named(self, name: str) -> ModelSpec | None:
        """The model of this name; None if it is no name of timm's.

        Raises:
            ModelError: if it is one, and not allowed, not known, or without a head for classes.
        """
        if not name.startswith(PREFIX):
            return None
        labels = _labels(_published(name))
        return ModelSpec(
            name=name,
            title=name,
            architecture=name,
            source=self.slug,
            num_classes=len(labels),
            label_summary=what_it_knows(labels),
            ready=_cached(name) is not None,
            download_bytes=0,
            sentence="One of timm's networks with timm's own weights.",
        )

    def describe(self, name: str) -> Description:
        """What timm says of these weights."""
        published = _published(name)
        own = {key: value for key, value in published.to_dict().items() if key in USUAL}
        spec, notes = timm_input_spec(Fields(own, where=f"timm's account of {name}"))
        return Description(
            labels=_labels(published),
            input_spec=spec,
            activation="softmax",
            source="timm",
            origin=str(published.hf_hub_id),
            licence=str(published.license or ""),
            notes=notes,
        )

    def skeleton(self, name: str) -> nn.Module:
        """As timm builds it."""
        return timm_skeleton(name, len(_labels(_published(name))), {})

    def load(self, name: str) -> Network:
        """Let timm build it from the file in the hub's cache; nothing is fetched."""
        described, file = self.describe(name), _cached(name)
        if file is None:
            again = f"Download it: python -m gradcam_core download {name}"
            raise ModelError(f"The weights of {name} are not on this machine.", hint=again)
        self.skeleton(name)  # refuses what is too large
        return Network(
            module=_built(name, file),
            labels=described.labels,
            input_spec=described.input_spec,
            activation=described.activation,
            weights_sha256=sha256_of(file),
            notes=described.notes,
        )

    def download(self, name: str, *, progress: Progress) -> None:
        """Let the hub's own client fetch the weights into its cache, unless they are there."""
        published = _published(name)
        self.skeleton(name)
        if _cached(name) is not None:
            return
        hub = need("huggingface_hub")
        progress(0, 0)
        try:  # one question first: the client asks five times for each file before it gives up
            hub.get_hf_file_metadata(hub.hf_hub_url(published.hf_hub_id, _FILES[0]), timeout=_PATIENCE)
            hub.hf_hub_download(published.hf_hub_id, _FILES[0])
        except Exception as error:
            if is_out_of_memory(error):
                raise
            raise ModelError(
                f"The weights of {name} could not be fetched from timm's hub.",
                hint=f"Is there a way to it from this machine? {type(error).__name__}.",
            ) from error


def _published(name: str) -> Any:
    """timm's account of these weights; the setting is looked at before anything is imported."""
    if not settings().timm_hub:
        raise ModelError(
            f"{name[:80]} is not fetched: whoever runs this has not allowed timm's hub.",
            hint="Set HEATPROOF_TIMM_HUB=on, or put the weights into the checkpoint folder.",
        )
    published = need(PACKAGE).get_pretrained_cfg(check_timm_name(name))
    if published is None or not published.hf_hub_id:
        raise ModelError(f"timm publishes no weights for {name[:80]}.", hint="Bring your own as a pair of files.")
    return published


def _labels(published: Any) -> tuple[str, ...]:
    count = published.num_classes
    if not count:
        raise ModelError(
            f"timm's weights of {published.architecture} have no head that names classes.",
            hint="Choose a tag that was trained for classes, or train a head and bring it as a pair of files.",
        )
    if count == _IMAGENET_CLASSES:
        return imagenet_labels()
    data = need(PACKAGE).data
    subset = data.infer_imagenet_subset(published.to_dict())
    if not subset:
        return tuple(f"class {index}" for index in range(count))
    info = data.ImageNetInfo(subset)
    return tuple(str(info.index_to_description(index)) for index in range(count))


def _cached(name: str) -> Path | None:
    """The weights in the hub's cache."""
    hub_id = _published(name).hf_hub_id
    found = (need("huggingface_hub").try_to_load_from_cache(hub_id, file) for file in _FILES)
    return next((Path(path) for path in found if isinstance(path, str)), None)


def _built(name: str, file: Path) -> nn.Module:
    """timm's own loader knows how each of its files is to be renamed; it gets the file, and so asks no hub."""
    short, own = check_timm_name(name), {"file": str(file)}
    with library_errors(f"timm can't load its weights of {name}"):
        module: nn.Module = need(PACKAGE).create_model(short, pretrained=True, pretrained_cfg_overlay=own)
    return module
