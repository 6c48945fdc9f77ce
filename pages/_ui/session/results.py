"""What was answered before is not computed again: results by all that they depend on, computed in turn."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from gradcam_core.cam import MOST_PREDICTIONS, Cam, Prediction
from gradcam_core.geometry import InputGeometry
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import METHODS, default_method, get_method
from gradcam_core.methods.base import Need
from pages._ui.session.pixels import decoding_turn, pixels_of
from pages._ui.session.question import ImageInfo, ModelCard, Question
from pages._ui.session.queue import my_turn
from pages._ui.session.shared import ensure_room, model_cache, shared

if TYPE_CHECKING:
    from gradcam_core.engine import ForwardPass
    from gradcam_core.layers.finding import TargetLayer
    from gradcam_core.methods import CamMethod
    from gradcam_core.models import LoadedModel

_WORDS_BYTES = 5_000  # about what the values of a result take beside their arrays
_MOST_LAYERS = 4
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, eq=False)
class ForwardResult:
    """What one forward pass said: values only, no graph and no model.

    Attributes:
        top: the likeliest classes, the likeliest first.
        cams: the maps of the first few of them by class index.
        strongest: the largest value in them: the shared scale; 0 where there is nothing to see.
        probabilities: (classes,) float32, of every class.
        unit: what the raw values count.
        input_picture: (h, w, 3) uint8, what the model really saw.
        geometry: where that lies in the image.
    """

    top: tuple[Prediction, ...]
    cams: dict[int, Cam]
    strongest: float
    probabilities: np.ndarray
    unit: str
    input_picture: np.ndarray
    geometry: InputGeometry

    @property
    def nbytes(self) -> int:
        """Of its arrays, and about what is round them."""
        arrays = self.input_picture.nbytes + self.probabilities.nbytes
        return _WORDS_BYTES + arrays + sum(cam.values.nbytes for cam in self.cams.values())


@dataclass(frozen=True, eq=False)
class MethodMap:
    """One method's map of a class, and what its raw values count; where it has none, why."""

    cam: Cam | None
    unit: str = ""
    why: str = ""

    @property
    def nbytes(self) -> int:
        """Of its values, and about what is round them."""
        return _WORDS_BYTES + (self.cam.values.nbytes if self.cam else 0)


def model_card(name: str) -> ModelCard:
    """What the pages need to know of a model; it is loaded if it is not in the cache.

    Raises:
        ModelError, ResourceError: if it can't be loaded.
    """
    with model_cache().borrow(name) as model:
        return card_of(model)


def card_of(model: LoadedModel) -> ModelCard:
    """The same of a model that is loaded; one forward pass where nobody has asked for its attention yet.

    Raises:
        ResourceError: if the memory does not suffice for it.
    """
    from gradcam_core.attention.facts import attention_facts

    hashes = (model.weights_sha256, model.description_sha256)
    known = (model.spec, model.labels, model.input_spec, model.layers, model.default_layer)
    return ModelCard(*known, *hashes, attention_facts(model), model.notes)


def forward_result(question: Question) -> ForwardResult:
    """The likeliest classes and their maps."""
    return _answered(question, (), lambda forward: _read(forward, question.method), lambda made: made.nbytes)


def cam_for(question: Question, class_index: int) -> Cam:
    """The map of any class of the model."""
    cams = forward_result(question).cams
    if class_index in cams:
        return cams[class_index]
    return _answered(
        question,
        (class_index,),
        lambda forward: forward.cam(class_index, question.method),
        lambda cam: _WORDS_BYTES + cam.values.nbytes,
    )


def maps_by_method(question: Question, class_index: int, methods: Sequence[str]) -> dict[str, MethodMap]:
    """The maps of a class by these methods, by their slugs: one pass for all, whatever the question's own method.

    Raises:
        HeatproofError: if there is no answer to the question.
    """
    return _answered(
        question,
        ("methods", class_index, *methods),
        lambda forward: {method: _map_by(forward, class_index, method) for method in methods},
        lambda made: sum(one.nbytes for one in made.values()),
    )


def alternatives(question: Question, class_index: int) -> dict[str, str]:
    """What else gives a map of this class that is usable: a layer with the same method, a method at the same layer.

    Returns:
        By "layer" and "method", where there is one.
    """
    return _answered(
        question,
        ("alternatives", class_index),
        lambda forward: _alternatives(forward, question, class_index),
        lambda _: _WORDS_BYTES,
    )


def compute_first_screen(image: ImageInfo) -> None:
    """What the first screen asks: with it everything slow has been imported, and the answer is there."""
    from gradcam_core.models import DEFAULT_MODEL
    from gradcam_core.preprocessing import PREPROCESSINGS

    card = model_card(DEFAULT_MODEL)
    method = default_method(card.layer(card.default_layer))
    forward_result(Question(image, card, card.default_layer, method, next(iter(PREPROCESSINGS))))


def is_clear(cam: Cam) -> bool:
    """Whether there is something to see in a map, elsewhere than at its border."""
    from gradcam_core.trust.conditions import sticks_to_border

    return cam.usable and not sticks_to_border(cam)


def image_ready(question: Question) -> LoadedImage:
    """The image; a file that the model's input is cut from is waited for and decoded here, while no slot is held."""
    from gradcam_core.preprocessing import prepare

    image = pixels_of(question.picture)
    if image.file:
        prepare(image, question.model.input_spec, preprocessing=question.preprocessing, turn=decoding_turn)
    return image


def in_turn(
    question: Question,
    key: Hashable,
    make: Callable[[LoadedModel, LoadedImage], _Answer],
    nbytes: Callable[[_Answer], int],
) -> _Answer:
    """An answer from the store; else it is computed when it is this session's turn, unless it has come meanwhile."""
    known: _Answer | None = shared().results.get(key)
    if known is not None:
        return known
    ensure_room()
    image = image_ready(question)
    with my_turn(shared().slots), model_cache().borrow(question.model.spec.name) as model:
        answered: _Answer = shared().kept(key, lambda: make(model, image), nbytes)
        return answered


def _answered(
    question: Question,
    more: tuple[str | int, ...],
    make: Callable[[ForwardPass], _Answer],
    nbytes: Callable[[_Answer], int],
) -> _Answer:
    """`in_turn` for what a forward pass of the question answers."""
    from gradcam_core.engine import Explainer

    def explained(model: LoadedModel, image: LoadedImage) -> _Answer:
        explainer = Explainer(model, question.layer)
        return make(explainer.forward(image, preprocessing=question.preprocessing, place=question.place))

    return in_turn(question, (*question.key, *more), explained, nbytes)


def _read(forward: ForwardPass, method: str) -> ForwardResult:
    from gradcam_core.comparison import likeliest_cams, strongest_value
    from gradcam_core.engine import unit_of

    cams = likeliest_cams(forward, method)
    return ForwardResult(
        top=forward.top(MOST_PREDICTIONS),
        cams=cams,
        strongest=strongest_value(cams.values()),
        probabilities=forward.probabilities,
        unit=unit_of(forward.model, next(iter(cams.values()))),
        input_picture=forward.input_picture,
        geometry=forward.geometry,
    )


def _map_by(forward: ForwardPass, class_index: int, method: str) -> MethodMap:
    from gradcam_core.engine import unit_of
    from gradcam_core.errors import MethodError

    try:
        cam = forward.cam(class_index, method)
    except MethodError as error:
        return MethodMap(None, why=f"{error.message} {error.hint}")
    return MethodMap(cam, unit_of(forward.model, cam))


def _alternatives(forward: ForwardPass, question: Question, class_index: int) -> dict[str, str]:
    """Other methods from the same pass; other layers, the usual one first, from another one."""
    from gradcam_core.engine import Explainer

    method = get_method(question.method)
    others = _other_layers(question, cancels=forward.cam(class_index, method.slug).cancels)
    targets = [layer for layer in others if method.depends_on_layer and not method.unsupported_because(layer)]
    names = [layer.name for layer in targets]
    methods = [slug for slug, other in METHODS.items() if slug != question.method and _is_quick(other, forward.layer)]
    found = {"method": next((slug for slug in methods if is_clear(forward.cam(class_index, slug))), None)}
    if names:
        image, explainer = pixels_of(question.picture), Explainer(forward.model, names[0])
        deeper = explainer.forward(image, preprocessing=question.preprocessing, layers=names, place=question.place)
        clear = (name for name in names if is_clear(deeper.cam(class_index, method.slug, layer=name)))
        found = {"layer": next(clear, None)} | found
    return {name: value for name, value in found.items() if value}


def _other_layers(question: Question, *, cancels: bool) -> list[TargetLayer]:
    """The usual one, then the blocks from the last to the first, but few: a slow network must not be kept long.

    Where activation times gradient cancels, the normalisation after it comes first.
    """
    from gradcam_core.layers.finding import normalised_after

    card = question.model
    norm = normalised_after(card.layers, question.layer) if cancels else None
    usual = [layer for layer in card.layers if layer.name == card.default_layer]
    blocks = [layer for layer in reversed(card.layers) if layer.is_block and layer.name != card.default_layer]
    return [
        layer for layer in (*([norm] if norm else []), *usual, *blocks[:_MOST_LAYERS]) if layer.name != question.layer
    ]


def _is_quick(method: CamMethod, layer: TargetLayer) -> bool:
    """Whether a method explains one class at this layer without further forward passes."""
    is_answerable = Need.OTHER_CLASS not in method.needs and not method.unsupported_because(layer)
    return is_answerable and method.depends_on_class and not method.cost(layer)
