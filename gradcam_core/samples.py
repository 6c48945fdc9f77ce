"""Which images can everybody open at once? Drawn scenes, photographs that required packages bring, and one link.

`load_image("sample:meadow")` opens one from Python, and `explain sample:meadow` from the shell.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image

from gradcam_core.config import settings
from gradcam_core.decoding.decode import decode_image
from gradcam_core.errors import ImageError
from gradcam_core.loaded_image import LoadedImage

SCHEME = "sample:"


@dataclass(frozen=True)
class Sample:
    """A picture of the gallery.

    Attributes:
        slug: its name in links and after `sample:`.
        credit: whose it is.
        kind: scene (a drawing that comes with this program), photograph (in a package's folder) or link (elsewhere).
    """

    slug: str
    title: str
    credit: str
    kind: ClassVar[str]

    @property
    def is_offered(self) -> bool:
        """Whether it can be opened on this machine, as far as can be told without trying."""
        raise NotImplementedError

    def read(self) -> bytes:
        """The bytes of its file, or an ImageError that says why there are none."""
        raise NotImplementedError


@dataclass(frozen=True)
class PackagedSample(Sample):
    """A file in the folder of a package: of this program, or of one that it needs anyway."""

    package: str
    file: str

    @property
    def path(self) -> Path | None:
        """Where it lies, found without importing the package; None where the package is not installed."""
        spec = importlib.util.find_spec(self.package)
        folders = spec.submodule_search_locations if spec else None
        return Path(next(iter(folders)), self.file) if folders else None

    @property
    def is_offered(self) -> bool:
        """Whether the file is there."""
        return self.path is not None and self.path.is_file()

    def read(self) -> bytes:
        """The file as it is."""
        try:
            return (self.path or Path(self.file)).read_bytes()
        except OSError as error:
            hint = f"It comes with the package {self.package}; install that anew, or choose another image."
            raise ImageError(f"The sample {self.title} can't be read.", hint=hint) from error


@dataclass(frozen=True)
class SceneSample(PackagedSample):
    """A drawn scene, kept as a file: what `draw_scene` draws may change, the samples don't.

    Attributes:
        things: what is in it; a pixel of the file beside it has the number of the thing that is seen there, from 1.
    """

    things: tuple[str, ...]
    kind = "scene"

    def masks(self) -> dict[str, np.ndarray]:
        """Where each thing is seen: (height, width) bool by its label, of the size of the scene's file."""
        with Image.open((self.path or Path(self.file)).with_suffix(".things.png")) as numbered:
            numbers = np.asarray(numbered)
        return {label: numbers == number for number, label in enumerate(self.things, start=1)}


class PhotographSample(PackagedSample):
    """A photograph that a required package brings."""

    kind = "photograph"


@dataclass(frozen=True)
class LinkSample(Sample):
    """A picture on somebody's server: fetched when it is asked for, under the same guard as any address."""

    url: str
    kind = "link"

    @property
    def is_offered(self) -> bool:
        """Whether this machine may fetch addresses; whether it can is seen when it is asked for."""
        return settings().fetch_urls

    def read(self) -> bytes:
        """Fetch it; nobody has typed its address, so that nobody is told to look at its spelling."""
        from gradcam_core.download import fetch_image  # brings what opens the network: not before the first paint

        try:
            return fetch_image(self.url)
        except ImageError as error:
            raise ImageError(error.message, hint="The other samples need no network.") from error.__cause__


_DRAWN = "Drawn by this program."
_SCENES = {
    "Meadow": ("cat", "dog"),
    "Bay": ("boat", "bird"),
    "Winter": ("house", "tree"),
    "Garden": ("butterfly", "flower"),
    "Night": ("mushroom", "cat"),
    "Desert": ("car", "balloon"),
}
_TUTORIAL = "https://raw.githubusercontent.com/jacobgil/pytorch-grad-cam/master/examples/both.png"


def _scene(title: str, things: tuple[str, ...]) -> SceneSample:
    slug = title.lower()
    return SceneSample(slug, title, _DRAWN, "gradcam_core", f"assets/samples/{slug}.png", things)


SAMPLES: dict[str, Sample] = {
    sample.slug: sample
    for sample in (
        *(_scene(title, things) for title, things in _SCENES.items()),
        PhotographSample(
            "hopper",
            "Hopper",
            "Grace Hopper, photographed by the US Navy, public domain; from matplotlib.",
            "matplotlib",
            "mpl-data/sample_data/grace_hopper.jpg",
        ),
        PhotographSample(
            "temple",
            "Temple",
            "Photograph by danielbuechele, CC BY 2.0; from scikit-learn.",
            "sklearn",
            "datasets/images/china.jpg",
        ),
        PhotographSample(
            "flower",
            "Flower",
            "Photograph by vultilion, CC BY 2.0; from scikit-learn.",
            "sklearn",
            "datasets/images/flower.jpg",
        ),
        LinkSample("cat-and-dog", "Cat & dog", "From the tutorial of the grad-cam library, on GitHub.", _TUTORIAL),
    )
}
DEFAULT_SAMPLE = "meadow"


def available_samples() -> list[Sample]:
    """Those that can be opened on this machine; a link may still not answer."""
    return [sample for sample in SAMPLES.values() if sample.is_offered]


def sample_bytes(slug: str) -> bytes:
    """The bytes of a sample's file; those of a link are fetched.

    Raises:
        ImageError: if there is no such sample, or its file or server does not answer.
    """
    if slug not in SAMPLES:
        offered = ", ".join(f"{SCHEME}{sample.slug}" for sample in available_samples())
        raise ImageError(f"There is no sample {slug[:80]!r}.", hint=f"There are {offered}.")
    return SAMPLES[slug].read()


def sample_masks(slug: str) -> dict[str, np.ndarray]:
    """Where each thing of a drawn scene is seen, as `SceneSample.masks`; empty where the truth is not known."""
    sample = SAMPLES.get(slug)
    return sample.masks() if isinstance(sample, SceneSample) else {}


def load_sample(slug: str) -> LoadedImage:
    """A sample as if its file had been opened, named by its title; errors as those of `sample_bytes`."""
    data = sample_bytes(slug)
    return decode_image(data, name=SAMPLES[slug].title)
