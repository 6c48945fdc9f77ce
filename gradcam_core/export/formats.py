"""Which files does an explanation leave? A format is one entry here, for a folder, an archive and a page."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from gradcam_core.cam import MOST_PREDICTIONS, RAW_UNIT, Cam, Prediction
from gradcam_core.encoding import to_npy, to_png
from gradcam_core.errors import HeatproofError
from gradcam_core.export.manifest import explanation_json, json_text
from gradcam_core.export.reproduce import ModelPlace, command_line, file_source, python_lines
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.rendering.figures import figure_png, panels_figure
from gradcam_core.rendering.render import DEFAULT_LOOK, Look, heatmap_image, overlay_image
from gradcam_core.sentences import sentence

if TYPE_CHECKING:  # a page lists the formats before torch is imported
    from gradcam_core.engine import ForwardPass

MANIFEST, ORIGINAL, INPUT = "explanation.json", "original.png", "input.png"
_UNNAMED = "image"  # an image of bytes, whose file has no name
_PNG = "image/png"
Made = TypeVar("Made")


@dataclass(frozen=True, eq=False, kw_only=True)
class Explanation:
    """A map, and what its files say beside it.

    Attributes:
        predictions: the classes to list, the largest first.
        strongest: the largest value of the maps that it is compared with (`comparison.strongest_value`), 0 for none.
        unit: what the raw values count, as `unit_of` tells.
        input_picture: what the model saw, as `ForwardPass.input_picture`; there is no `input.png` without it.
        source: what `load_image` finds the image by, for the lines that make the map again; by default the archive's
            own `original.png`, or the image's own file where that holds more (`LoadedImage.file`).
        trust: whether the map deserves belief, as `Judgement.as_json` says it, if that was judged.
        place: what those lines must say for the model to be found.
        model_notes: what was assumed of the model, as `LoadedModel.notes`.
    """

    image: LoadedImage
    cam: Cam
    predictions: Sequence[Prediction]
    look: Look = DEFAULT_LOOK
    strongest: float = 0.0
    unit: str = RAW_UNIT
    input_picture: np.ndarray | None = None
    source: str = ""
    place: ModelPlace = ModelPlace()
    trust: Mapping[str, Any] | None = None
    model_notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Name what gives the same map: the copy that is shown does not where the model saw the file."""
        if not self.source:
            object.__setattr__(
                self, "source", file_source(self.image.name or _UNNAMED) if self.image.file else ORIGINAL
            )

    @classmethod
    def of(cls, image: LoadedImage, forward: ForwardPass, cam: Cam, look: Look = DEFAULT_LOOK) -> Explanation:
        """A map of a forward pass, with all that its files say beside it."""
        from gradcam_core.comparison import likeliest_cams, strongest_value
        from gradcam_core.engine import unit_of
        from gradcam_core.models import needed_setting
        from gradcam_core.models.wrapping import IN_HAND

        spec = forward.model.spec
        is_in_hand = spec.source == IN_HAND

        return cls(
            image=image,
            cam=cam,
            predictions=forward.top(MOST_PREDICTIONS),
            look=look,
            strongest=strongest_value(likeliest_cams(forward, cam.key.method).values()),
            unit=unit_of(forward.model, cam),
            input_picture=forward.input_picture,
            place=ModelPlace(models="" if is_in_hand else needed_setting(spec), is_in_hand=is_in_hand),
            model_notes=forward.model.notes,
        )

    @property
    def sentence(self) -> str:
        """What the map says, as on screen."""
        return sentence(self.cam, among=self.predictions, strongest=self.strongest)


@dataclass(frozen=True, kw_only=True)
class ExportFormat(Generic[Made]):
    """One kind of file.

    Attributes:
        make: the bytes of the file of what is taken away.
        is_offered: whether a page offers it by itself.
        is_archive: whether it holds the other files, and so is none of them.
    """

    slug: str
    file_name: str
    mime: str
    title: str
    description: str
    make: Callable[[Made], bytes]
    is_offered: bool = True
    is_archive: bool = False


def explanation_files(explanation: Explanation) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every file but archives, each made when it is its turn; `explanation.json` comes last."""
    for one in sorted(FORMATS.values(), key=lambda one: one.file_name == MANIFEST):
        if not one.is_archive and (one.file_name != INPUT or explanation.input_picture is not None):
            yield one.file_name, one.make(explanation)


def explanation_file(explanation: Explanation, file_name: str) -> bytes:
    """The bytes of one file, as it lies in a folder, in the archive, and as a page gives it.

    Raises:
        HeatproofError: if no format has such a file.
    """
    return made_file(FORMATS.values(), file_name, explanation, of="An explanation")


def made_file(formats: Collection[ExportFormat[Made]], file_name: str, taken: Made, *, of: str) -> bytes:
    """The bytes of one file of what is taken away.

    Args:
        of: what has files of these formats, at the beginning of a sentence.

    Raises:
        HeatproofError: if no format has such a file.
    """
    wanted = next((one for one in formats if one.file_name == file_name), None)
    if wanted is None:
        known = ", ".join(one.file_name for one in formats)
        raise HeatproofError(f"{of} has no file {file_name[:80]!r}.", hint=f"It has {known}.")
    return wanted.make(taken)


def explanation_zip(explanation: Explanation) -> bytes:
    """The `explanation_files` and `reproduce.txt` in one ZIP archive; the same explanation gives the same bytes."""
    return _zipped([*explanation_files(explanation), ("reproduce.txt", _reproduction(explanation))])


def command_of(it: Explanation) -> str:
    """The command that makes it again."""
    return command_line(it.source, it.cam.key, it.look, place=it.place)


def python_of(it: Explanation) -> str:
    """The lines of Python that make it again."""
    return python_lines(it.source, it.cam.key, it.look, place=it.place)


def _manifest(it: Explanation) -> bytes:
    told = explanation_json(it.image, [it.cam], predictions=it.predictions, look=it.look, strongest=it.strongest)
    notes = {"model_notes": list(it.model_notes)} if it.model_notes else {}
    return json_text({**told, **notes, **({} if it.trust is None else {"trust": it.trust})}).encode()


def _reproduction(it: Explanation) -> bytes:
    """Both ways; a file name that is not UTF-8 keeps its bytes."""
    shell, python = command_of(it), python_of(it)
    where = f"Copy {ORIGINAL} there, or put its path in its place.\n" if it.source == ORIGINAL else ""
    if it.image.file:
        where = f"It takes the image's own file: {ORIGINAL} is the copy that is shown, and gives another map.\n"
    text = f"In the folder that holds gradcam_core.\n{where}\nFrom a shell:\n\n{shell}\n\nFrom Python:\n\n{python}"
    return text.encode(errors="surrogateescape")


def _zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Stored, for pictures do not shrink; dated to the first day that the format knows."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # or they would tell the system it was made on
            archive.writestr(entry, content)
    return buffer.getvalue()


FORMATS: dict[str, ExportFormat[Explanation]] = {
    one.slug: one
    for one in (
        ExportFormat(
            slug="original",
            file_name=ORIGINAL,
            mime=_PNG,
            title="Original (PNG)",
            description="The image as it was explained.",
            make=lambda it: to_png(it.image.pixels),
            is_offered=False,
        ),
        ExportFormat(
            slug="input",
            file_name=INPUT,
            mime=_PNG,
            title="What the model saw (PNG)",
            description="The pixels that went into the model.",
            make=lambda it: to_png(np.asarray(it.input_picture)),
            is_offered=False,
        ),
        ExportFormat(
            slug="heatmap",
            file_name="heatmap.png",
            mime=_PNG,
            title="Heatmap at full size (PNG)",
            description="The colours alone, over the whole image.",
            make=lambda it: to_png(heatmap_image(it.cam, it.image, it.look)),
            is_offered=False,
        ),
        ExportFormat(
            slug="panels",
            file_name="panels.png",
            mime=_PNG,
            title="Three panels (PNG)",
            description="Original, heatmap and overlay in one figure, with a colour bar and a caption.",
            make=lambda it: figure_png(panels_figure(it.image, it.cam, it.look, unit=it.unit, sentence=it.sentence)),
        ),
        ExportFormat(
            slug="overlay",
            file_name="overlay.png",
            mime=_PNG,
            title="Overlay at full size (PNG)",
            description="The image under its heatmap.",
            make=lambda it: to_png(overlay_image(it.image, it.cam, it.look)),
        ),
        ExportFormat(
            slug="cam",
            file_name="cam.npy",
            mime="application/octet-stream",
            title="Raw map (NPY)",
            description="The signed values at the layer's resolution, for numpy.load.",
            make=lambda it: to_npy(it.cam.values),
        ),
        ExportFormat(
            slug="json",
            file_name=MANIFEST,
            mime="application/json",
            title="Numbers (JSON)",
            description="Predictions, the map's values in short, and what made them.",
            make=_manifest,
        ),
        ExportFormat(
            slug="zip",
            file_name="heatproof.zip",
            mime="application/zip",
            title="Everything (ZIP)",
            description="All of these files, and the lines that make them again.",
            make=explanation_zip,
            is_archive=True,
        ),
    )
}
