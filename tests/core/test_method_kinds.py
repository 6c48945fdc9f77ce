"""Every kind of method fits the contract: a small one of each, registered for one test, through `ForwardPass.cam`."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from gradcam_core.cam import Cam
from gradcam_core.engine import Explainer, ForwardPass
from gradcam_core.errors import Cancelled, MethodError
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import METHODS, why_unfit
from gradcam_core.methods.base import EVIDENCE, CamMethod, Compute, Evidence, Family, Need, Sign
from gradcam_core.models import LoadedModel
from tests.support import loaded

Register = Callable[..., CamMethod]
MakeImage = Callable[..., LoadedImage]


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    """A method "trial" in the registry for this test."""

    def put(compute: Compute, family: Family, *needs: Need, **facts: object) -> CamMethod:
        method = CamMethod(
            slug="trial",
            title="Trial",
            sentence="It is tried.",
            paper="a test",
            family=family,
            needs=frozenset(needs),
            sign=Sign.EVIDENCE,
            phrase=EVIDENCE,
            compute=compute,
        )
        monkeypatch.setitem(METHODS, "trial", replace(method, **facts))  # type: ignore[arg-type]
        return METHODS["trial"]

    return put


@pytest.fixture
def forward(tinynet: LoadedModel, make_image: MakeImage) -> ForwardPass:
    """Of a layer with 64 channels."""
    return Explainer(tinynet, "blocks.3").forward(make_image())


def score_cam(evidence: Evidence) -> np.ndarray:
    """Channels weighted by the softmax of the logit that the input keeps under them as a mask."""
    side = evidence.input_tensor.shape[-2:]
    masks = functional.interpolate(torch.from_numpy(evidence.activation.copy())[:, None], side, mode="bilinear")
    inputs = (evidence.input_tensor * (mask / mask.max().clamp(min=1e-8)) for mask in masks)
    kept = evidence.scores(inputs)[:, evidence.class_index]
    weights = np.exp(kept - kept.max()) / np.exp(kept - kept.max()).sum()
    return np.asarray(np.einsum("c,chw->hw", weights, evidence.activation))


def drops(evidence: Evidence) -> np.ndarray:
    """Ablation: how much of the logit goes with each channel."""
    activation = torch.from_numpy(evidence.activation.copy())

    def without(channel: int) -> torch.Tensor:
        ablated = activation[None].clone()
        ablated[0, channel] = 0
        return ablated

    scores = evidence.scores_from(without(channel) for channel in range(len(activation)))
    return np.asarray(evidence.logits[evidence.class_index] - scores[:, evidence.class_index])


def test_a_method_asks_the_model_about_images_of_its_own(
    tinynet: LoadedModel, make_image: MakeImage, register: Register
) -> None:
    register(score_cam, Family.FORWARD, Need.ACTIVATION, Need.FORWARD_PASSES, cost=lambda layer: layer.channels)
    forward, told = Explainer(tinynet, "blocks.3").forward(make_image()), list[tuple[int, int]]()
    cam = forward.cam(4, "trial", progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (64, 64)
    assert len(told) == 16  # as many as there are batches
    assert np.allclose(cam.values, plain_score_cam(tinynet, forward.input_tensor, 4), atol=1e-5)


@pytest.mark.parametrize(("memory", "largest"), [("1", 1), ("200_000_000", 4)])
def test_a_methods_own_passes_keep_within_the_memory_of_the_setting(
    forward: ForwardPass, register: Register, monkeypatch: pytest.MonkeyPatch, memory: str, largest: int
) -> None:
    register(lambda evidence: drops(evidence)[None], Family.FORWARD, Need.FORWARD_PASSES)
    told = list[int]()
    monkeypatch.setenv("HEATPROOF_SCORING_BYTES", memory)
    forward.cam(4, "trial", progress=lambda done, _total: told.append(done))
    assert told == list(range(largest, 65, largest))


def plain_score_cam(model: LoadedModel, tensor: torch.Tensor, class_index: int) -> np.ndarray:
    with torch.no_grad():
        activation = model.module.blocks[:4](tensor)[0]  # type: ignore[index, operator]
        masks = functional.interpolate(activation[:, None], tensor.shape[-2:], mode="bilinear")
        masks = masks / masks.amax((1, 2, 3), keepdim=True).clamp(min=1e-8)
        weights = model.module(tensor * masks)[:, class_index].softmax(0)
    return np.asarray((weights[:, None, None] * activation).sum(0).numpy())


def test_a_slow_method_is_stopped_between_two_batches_and_leaves_nothing_behind(
    tinynet: LoadedModel, make_image: MakeImage, register: Register
) -> None:
    def stop(done: int, total: int) -> None:
        if done >= 16 and total:
            raise Cancelled("Enough.")

    asked = list[int]()

    def made(evidence: Evidence) -> Iterator[torch.Tensor]:
        for number in range(64):
            asked.append(number)
            yield evidence.input_tensor

    def compute(evidence: Evidence) -> np.ndarray:
        return evidence.scores(made(evidence))

    register(compute, Family.FORWARD, Need.FORWARD_PASSES)
    forward = Explainer(tinynet).forward(make_image())
    before = forward.cam(1).values
    with pytest.raises(Cancelled):
        forward.cam(1, "trial", progress=stop)
    assert len(asked) == 16  # the other inputs were not even made
    assert np.array_equal(forward.cam(1).values, before)


def test_what_an_ablated_channel_takes_from_the_logit_is_its_part_of_the_exact_map(
    tinynet: LoadedModel, make_image: MakeImage, register: Register
) -> None:
    def parts(evidence: Evidence) -> np.ndarray:
        return np.asarray((evidence.activation * evidence.gradient).sum(axis=(1, 2)))

    register(lambda evidence: np.stack([drops(evidence), parts(evidence)]), Family.FORWARD, Need.FORWARD_PASSES)
    ablated, exact = Explainer(tinynet).forward(make_image()).cam(2, "trial").values
    assert np.ptp(exact) > 0.1
    assert np.allclose(ablated, exact, atol=1e-4)


def test_a_network_that_counts_its_images_is_asked_about_as_many(make_image: MakeImage, register: Register) -> None:
    class Counting(nn.Sequential):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = super().forward(images)  # type: ignore[no-untyped-call]
            return logits.reshape(len(images), -1)

    model = loaded(Counting(nn.Conv2d(3, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)), side=16)
    register(lambda evidence: np.stack([drops(evidence)]), Family.FORWARD, Need.FORWARD_PASSES)
    forward = Explainer(model).forward(make_image())
    expected = (forward.cam(0).values.sum() + float(model.module[3].bias[0])).item()  # type: ignore[index]
    total = forward.cam(0, "trial").values.sum() + float(model.module[3].bias[0])  # type: ignore[index]
    assert total == pytest.approx(expected, abs=1e-4)
    assert expected == pytest.approx(float(forward.logits[0]), abs=1e-4)


def test_a_method_sets_one_class_against_another(
    tinynet: LoadedModel, make_image: MakeImage, register: Register
) -> None:
    def contrast(evidence: Evidence) -> np.ndarray:
        gradient = evidence.gradient_of({evidence.class_index: 1.0, evidence.other_class: -1.0})
        return np.asarray(np.einsum("c,chw->hw", gradient.mean(axis=(1, 2)), evidence.activation))

    register(contrast, Family.CONTRAST, Need.ACTIVATION, Need.GRADIENT, Need.OTHER_CLASS)
    forward = Explainer(tinynet).forward(make_image())
    cam = forward.cam(3, "trial", versus=5)
    assert np.allclose(cam.values, forward.cam(3).values - forward.cam(5).values, atol=1e-5)
    assert (cam.key.class_index, cam.key.versus) == (3, 5)
    assert cam.versus == forward.prediction(5)
    for other in (None, 3):
        with pytest.raises(MethodError, match="Trial compares two classes"):
            forward.cam(3, "trial", versus=other)
    with pytest.raises(MethodError, match="no class 99"):
        forward.cam(3, "trial", versus=99)
    with pytest.raises(MethodError, match="Grad-CAM explains one class"):
        forward.cam(3, "gradcam", versus=5)


@pytest.mark.parametrize(("recorded", "forwards"), [((), 1), (("blocks.3",), 0)])
def test_a_method_reads_several_layers(
    tinynet: LoadedModel, make_image: MakeImage, register: Register, recorded: tuple[str, ...], forwards: int
) -> None:
    def mean(evidence: Evidence) -> np.ndarray:
        before = next(one for one in evidence.layers if one.is_block and one.size == evidence.layer.size)
        records = evidence.at([before.name, evidence.layer.name])
        maps = [(one.activation * one.gradient.mean(axis=(1, 2), keepdims=True)).sum(axis=0) for one in records]
        return np.asarray(np.mean(maps, axis=0))

    register(mean, Family.GRADIENT, Need.LAYERS)
    told, image = list[int](), make_image()
    forward = Explainer(tinynet).forward(image, layers=recorded)
    values = forward.cam(2, "trial", progress=lambda done, _total: told.append(done)).values
    alone = [Explainer(tinynet, name).forward(image).cam(2).values for name in ("blocks.3", "blocks.5")]
    assert np.allclose(values, np.mean(alone, axis=0), atol=1e-5)
    assert sum(told) == forwards


def test_gradients_of_input_and_all_biases_add_up_to_the_logit(
    small_net: nn.Module, make_image: MakeImage, register: Register
) -> None:
    """What FullGrad rests on: a network of linear parts and ReLUs is input and biases times their gradients."""

    def full(evidence: Evidence) -> np.ndarray:
        total = (evidence.input_tensor[0].numpy() * evidence.input_gradient()).sum(axis=0)
        for one in evidence.at(["0", "2"]):
            bias = evidence.module.get_submodule(one.layer.name).bias
            assert isinstance(bias, torch.Tensor)
            total += np.einsum("c,chw->hw", bias.numpy(), one.gradient)
        return np.asarray(total)

    register(full, Family.GRADIENT, Need.LAYERS, Need.FORWARD_PASSES, depends_on_layer=False)
    model = loaded(small_net, side=16)
    forward = Explainer(model).forward(make_image())
    total = float(forward.cam(1, "trial").values.sum()) + float(small_net[5].bias[1])  # type: ignore[index]
    assert total == pytest.approx(float(forward.logits[1]), abs=1e-4)


def test_a_model_that_a_method_cannot_explain_is_refused_before_any_work(
    tinynet: LoadedModel, make_image: MakeImage, register: Register
) -> None:
    method = register(
        _unasked, Family.ATTENTION, Need.ATTENTION, unfit_because=lambda attention: attention.not_followed
    )
    with pytest.raises(MethodError, match=r"Trial can't explain TinyNet.*: No attention of cells to each") as caught:
        Explainer(tinynet).forward(make_image()).cam(0, "trial")
    assert "Choose a vision transformer, such as tinyvit" in caught.value.hint
    assert why_unfit(method, tinynet).startswith("No attention")


def test_a_method_that_needs_no_attention_asks_no_model_for_it(tinynet: LoadedModel, register: Register) -> None:
    method = register(_unasked, Family.GRADIENT, Need.GRADIENT, unfit_because=lambda _: "Never.")
    assert why_unfit(method, tinynet) == ""


def test_a_layer_that_a_method_cannot_explain_is_refused_with_its_reason(
    tinynet: LoadedModel, make_image: MakeImage, register: Register
) -> None:
    method = register(_unasked, Family.GRADIENT, unsupported_because=lambda layer: f"it has {layer.channels} channels.")
    with pytest.raises(MethodError, match=r"Trial can't explain blocks\.5: it has 128 channels"):
        Explainer(tinynet).forward(make_image()).cam(0, "trial")
    assert method.unsupported_because(tinynet.layer("blocks.0")) == "it has 24 channels."


@pytest.mark.parametrize("read", ["activation", "gradient", "logits", "scores", "input_gradient"])
def test_a_method_never_sees_values_that_are_not_finite(make_image: MakeImage, register: Register, read: str) -> None:
    def compute(evidence: Evidence) -> np.ndarray:
        value = getattr(evidence, read)
        given = value([evidence.input_tensor]) if read == "scores" else value() if callable(value) else value
        assert np.isfinite(given).all()
        return np.ones((2, 2))

    module = nn.Sequential(nn.Conv2d(3, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2))
    with torch.no_grad():
        module[0].weight.fill_(1e38)  # type: ignore[operator]
        module[3].weight.fill_(3e38)  # type: ignore[operator]
    register(compute, Family.FORWARD)
    cam: Cam = Explainer(loaded(module, side=8)).forward(make_image()).cam(0, "trial")
    finite = read == "gradient"  # 3e38 / 64 cells
    assert ("not finite" in cam.note) is not finite
    assert np.isnan(cam.values).all() is np.bool_(not finite)


def test_evidence_cannot_be_written_to_and_a_map_keeps_none_of_it(
    tinynet: LoadedModel, make_image: MakeImage, register: Register
) -> None:
    register(lambda evidence: evidence.activation[0], Family.GRADIENT, Need.ACTIVATION)
    forward = Explainer(tinynet).forward(make_image())
    assert forward.cam(0, "trial").values.base is None

    def write(evidence: Evidence) -> np.ndarray:
        activation = evidence.activation
        activation[:] = 0
        return activation

    register(write, Family.GRADIENT, Need.ACTIVATION)
    with pytest.raises(ValueError, match="read-only"):
        forward.cam(0, "trial")


def test_a_map_of_another_shape_is_a_programmers_mistake(
    tinynet: LoadedModel, make_image: MakeImage, register: Register
) -> None:
    register(lambda evidence: evidence.activation, Family.GRADIENT, Need.ACTIVATION)
    with pytest.raises(ValueError, match=r"trial gave a map of shape \(128, 16, 16\)"):
        Explainer(tinynet).forward(make_image()).cam(0, "trial")


def _unasked(_evidence: Evidence) -> np.ndarray:
    raise AssertionError("the method was run")
