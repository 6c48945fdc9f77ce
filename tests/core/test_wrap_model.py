"""Is a module in hand explained as it is, and left as it was?"""

import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations, prune, weight_norm

from gradcam_core import Explainer, InputSpec, LoadedModel, ModelError, score_function, wrap_model
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models.outputs import Logits
from tests.core.made_modules import Around, Counting, Named, network

SPEC = InputSpec(32, 32, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
Image = Callable[..., LoadedImage]


def wrapped(module: nn.Module, **said: Any) -> LoadedModel:
    return wrap_model(module, **{"input_spec": SPEC, "labels": [f"kind {index}" for index in range(5)], **said})


def logits_of(model: LoadedModel, image: LoadedImage) -> tuple[Tensor, Tensor]:
    """The input, and the logits that the engine has for it."""
    forward = Explainer(model).forward(image)
    return forward.input_tensor, torch.tensor(forward.logits)


def state_of(module: nn.Module) -> dict[str, Any]:
    return {
        "tensors": {name: tensor.clone() for name, tensor in module.state_dict().items()},
        "modes": [child.training for child in module.modules()],
        "hooks": [sum(map(len, (child._forward_hooks, child._forward_pre_hooks))) for child in module.modules()],
        "needs": [
            (parameter.requires_grad, parameter.is_leaf, parameter._version) for parameter in module.parameters()
        ],
        "places": [parameter.data_ptr() for parameter in module.parameters()],
        "dtypes": [parameter.dtype for parameter in module.parameters()],
        "grads": [None if parameter.grad is None else parameter.grad.clone() for parameter in module.parameters()],
    }


def is_same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return torch.equal(one, other) if isinstance(one, Tensor) else bool(one == other)


def test_the_callers_module_is_left_as_it_was(make_image: Image) -> None:
    module = network()
    module[6] = Counting()
    module[0].weight.requires_grad_(False)
    module[3].eval()
    seen: list[Tensor] = []
    module[4].register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    module(torch.rand(2, 3, 32, 32)).sum().backward()
    before, passes = state_of(module), len(seen)
    model = wrapped(module)
    forward = Explainer(model).forward(make_image())
    forward.cam(0)
    score_function(model)(forward.input_tensor.repeat(3, 1, 1, 1))
    assert is_same(state_of(module), before)
    assert len(seen) == passes
    assert [note for note in model.notes if "hook" in note] == [
        "1 hook of its layers (4) can't see or change what happens here: what is explained is the network without them."
    ]


def test_the_weights_are_shared_and_not_copied() -> None:
    module = network()
    model = wrapped(module)
    own = dict(model.module.named_parameters())
    for name, parameter in module.named_parameters():
        assert own[name] is not parameter
        assert own[name].data_ptr() == parameter.data_ptr()


def normed() -> nn.Module:
    module = network()
    with warnings.catch_warnings(action="ignore"):
        weight_norm(module[0])
    weight: Any = module[0].weight_g
    weight.data *= 2  # the next pass computes the weight anew
    return module


def parametrized() -> nn.Module:
    module = network()
    parametrizations.weight_norm(module[0])
    parametrizations.spectral_norm(module[3])
    return module


def pruned() -> nn.Module:
    module = network()
    prune.l1_unstructured(module[3], "weight", 0.5)  # type: ignore[no-untyped-call]
    return module


def tied() -> nn.Module:
    module = network(nn.Linear(5, 5), nn.Linear(5, 5))
    module[9].weight = module[8].weight
    return module


def with_a_shared_layer() -> nn.Module:
    module = network()
    module[4] = nn.ReLU(inplace=True)
    module[2] = module[4]
    return module


def made_in_inference_mode() -> nn.Module:
    with torch.inference_mode():
        return network()


@pytest.mark.parametrize(
    "make",
    [
        network,
        lambda: nn.DataParallel(network()),
        lambda: torch.fx.symbolic_trace(network()),
        lambda: torch.optim.swa_utils.AveragedModel(network()),
        normed,
        parametrized,
        pruned,
        tied,
        with_a_shared_layer,
        made_in_inference_mode,
        lambda: network(nn.LogSoftmax(1)),
        lambda: Around(lambda logits: logits),
        lambda: Around(lambda logits: logits.squeeze()),
        lambda: Around(lambda logits: logits[:, :, None, None]),
    ],
)
def test_the_logits_are_those_of_the_module_bit_for_bit(make: Callable[[], nn.Module], make_image: Image) -> None:
    module = make()
    inputs, logits = logits_of(wrapped(module), make_image())
    with torch.inference_mode():
        assert torch.equal(module.eval()(inputs).flatten(), logits)


@pytest.mark.slow  # the compiler takes its time
def test_a_compiled_network_is_explained_as_the_one_that_it_was_made_from(make_image: Image) -> None:
    module = network()
    inner = Around(lambda logits: logits)
    compiled: Any = torch.compile(module)
    inner.body = compiled
    for given, layer in ((compiled, "4"), (inner, "body.4")):
        model = wrapped(given)
        inputs, logits = logits_of(model, make_image())
        assert torch.equal(module.eval()(inputs)[0], logits)
        assert model.default_layer == layer


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_another_precision_is_explained_in_a_float32_copy_and_said(dtype: torch.dtype, make_image: Image) -> None:
    module = network().to(dtype)
    model = wrapped(module)
    inputs, logits = logits_of(model, make_image())
    assert torch.allclose(module.eval()(inputs.to(dtype))[0].float(), logits, atol=0.02)
    assert {parameter.dtype for parameter in module.parameters()} == {dtype}
    assert f"Its weights are {str(dtype)[6:]}; a copy in float32" in model.notes[0]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda logits: (logits, -logits), "number 1"),
        (lambda logits: [None, logits], "number 2"),
        (lambda logits: {"aux": -logits, "out": logits}, "'out'"),
        (lambda logits: {"loss": None, "scores of mine": logits}, "'scores of mine'"),
        (Named, "'logits'"),
    ],
)
def test_scores_among_other_outputs_are_found_and_said(
    change: Callable[[Tensor], Any], place: str, make_image: Image
) -> None:
    module = Around(change)
    model = wrapped(module)
    inputs, logits = logits_of(model, make_image())
    assert torch.equal(module.body.eval()(inputs)[0], logits)
    assert f"Of its outputs {place} is taken for the scores of the classes." in model.notes
    assert model.default_layer == "body.4"  # as the person knows it


@pytest.mark.parametrize(
    ("ending", "activation"), [(nn.Softmax(1), "softmax"), (nn.Sigmoid(), "sigmoid"), (nn.LogSoftmax(1), "softmax")]
)
def test_an_activation_at_the_end_is_not_applied_twice(ending: nn.Module, activation: str, make_image: Image) -> None:
    module = network(ending)
    model = wrapped(module)
    forward = Explainer(model).forward(make_image())
    output = module.eval()(forward.input_tensor)[0]
    expected = output.exp() if isinstance(ending, nn.LogSoftmax) else output
    assert model.activation == activation
    assert torch.allclose(torch.tensor(forward.probabilities), expected, atol=1e-6)


@pytest.mark.parametrize("change", [lambda logits: logits, lambda logits: logits.squeeze(), torch.sigmoid])
def test_one_output_speaks_for_the_second_of_two_labels(change: Callable[[Tensor], Tensor], make_image: Image) -> None:
    module = Around(change, outputs=1)
    model = wrapped(module, labels=["owl"])
    forward = Explainer(model).forward(make_image())
    assert (model.activation, model.labels) == ("binary", ("not owl", "owl"))
    expected = module.body.eval()(forward.input_tensor).sigmoid().flatten()
    assert torch.allclose(torch.tensor(forward.probabilities[1:]), expected, atol=1e-6)


def without_gradients() -> nn.Module:
    class Frozen(Around):
        def forward(self, images: Tensor) -> Tensor:
            with torch.no_grad():
                features = self.body[:7](images)
            return torch.as_tensor(self.body[7](features))

    return Frozen(lambda logits: logits)


def through_a_closure() -> nn.Module:
    module = Around(lambda logits: logits)
    body = module.body
    module.change = lambda _: body(torch.ones(1, 3, 32, 32))
    return module


def with_a_lock() -> nn.Module:
    module = Around(lambda logits: logits)
    vars(module)["lock"] = threading.Lock()
    return module


class SeenTwice(Around):
    """Sees each image and its reflection, as with test-time augmentation."""

    def forward(self, images: Tensor) -> Any:
        return self.body(images) + self.body(images.flip(-1))


def quantised() -> nn.Module:
    with warnings.catch_warnings(action="ignore"):
        made: nn.Module = torch.ao.quantization.quantize_dynamic(network(), {nn.Linear})  # type: ignore[no-untyped-call]
    return made


def traced() -> nn.Module:
    with warnings.catch_warnings(action="ignore"):
        made: nn.Module = torch.jit.trace(network().eval(), torch.rand(1, 3, 32, 32))  # type: ignore[no-untyped-call]
    return made


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (traced, "scripted or traced, and hides its layers"),
        (quantised, "Its layer 7 is quantised"),
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.LazyLinear(5)), "2.weight has no values yet"),
        (lambda: network().to("meta"), "on the meta device"),
        (lambda: nn.Sequential(network(), nn.Linear(5, 5, device="meta")), "on several devices: cpu, meta"),
        (without_gradients, "switches gradients off inside"),
        (lambda: Around(lambda logits: logits.argmax(1)), "can't be differentiated"),
        (through_a_closure, "through a function that keeps the original ones"),
        (with_a_lock, "Around can't be copied: TypeError: cannot pickle '_thread.lock' object."),
        (lambda: Around(lambda logits: logits * float("nan")), "outputs are not finite"),
        (lambda: Around(lambda _: None), "gives nothing, in which no scores"),
        (lambda: Around(lambda logits: {"a": logits, "b": logits}), "gives a dictionary with a, b"),
        (lambda: Around(lambda logits: logits[0]), "gives 5 for one image and 5 for two"),
        (lambda: Around(lambda logits: logits[:, None, None].expand(-1, 4, 4, -1)), "1 x 4 x 4 x 5 for 1 image"),
        (lambda: network()[:5], "1 x 8 x 16 x 16 for 1 image: it looks like a segmentation, a sequence or features"),
        (lambda: network()[:7], "gives 8 outputs for 5 labels"),
        (lambda: nn.Sequential(nn.Flatten(), nn.Linear(3072, 5)), "No layer of this network gives a"),
        (lambda: nn.Sequential(nn.Conv2d(1, 4, 3), network()), "takes 1 channel, and input_spec describes 3"),
        (lambda: nn.Sequential(nn.Conv2d(4, 4, 3), network()), "takes 4 channels, and an image has three"),
        (lambda: SeenTwice(lambda logits: logits), "is called several times in one forward pass"),
        (lambda: nn.Bilinear(3, 4, 5), "can't be run on 1 x 3 x 32 x 32: TypeError: "),
    ],
)
def test_what_can_not_be_explained_is_one_sentence(make: Callable[[], nn.Module], sentence: str) -> None:
    with pytest.raises(ModelError) as refusal:
        wrapped(make())
    assert sentence in refusal.value.message
    assert refusal.value.hint


class OnlyDark(nn.Module):
    """Takes noise, and no image that is lighter than it."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = network()

    def forward(self, images: Tensor) -> Tensor:
        assert images.mean() < 10, "too light"
        scores: Tensor = self.inner(images)
        return scores


def test_network_that_refuses_an_image_prepared_as_stated_says_what_it_says() -> None:
    with pytest.raises(ModelError) as refusal:
        wrapped(OnlyDark(), input_spec=InputSpec(32, 32, (0.0,) * 3, (0.01,) * 3))
    assert "AssertionError: too light" in refusal.value.message
    assert "mean and std" in refusal.value.hint


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"labels": "imagenet"}, "5 outputs for 1,000 labels"),
        ({"labels": "birds"}, "The labels are 'birds'"),
        ({"labels": ["a", " ", "c", "d", "e"]}, "The label of class 1 is empty"),
        ({"activation": "tanh"}, "The activation is 'tanh'"),
        ({"activation": "binary"}, "A binary network has one output, and this one has 5"),
    ],
)
def test_what_does_not_fit_the_network_is_one_sentence(said: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ModelError) as refusal:
        wrapped(network(), **said)
    assert sentence in refusal.value.message
    assert refusal.value.hint


@pytest.mark.parametrize(
    ("module", "activation"), [(network(outputs=1), "softmax"), (network(nn.Softmax(1), outputs=1), None)]
)
def test_softmax_of_one_output_is_refused(module: nn.Module, activation: str | None) -> None:
    with pytest.raises(ModelError, match="one output, whose softmax says nothing"):
        wrapped(module, labels=["owl"], activation=activation)


def test_an_activation_that_is_not_the_networks_own_is_refused() -> None:
    with pytest.raises(ModelError, match="ends in sigmoid, and its activation is softmax"):
        wrapped(network(nn.Sigmoid()), activation="softmax")


def test_a_network_of_one_channel_sees_the_image_in_grey_and_it_is_said(make_image: Image) -> None:
    module = network()
    module[0] = nn.Conv2d(1, 8, 3, padding=1)
    model = wrap_model(module, input_spec=InputSpec(32, 32, (0.5,), (0.25,)), labels=list("abcde"))
    inputs, logits = logits_of(model, make_image())
    assert inputs.shape == (1, 1, 32, 32)
    assert torch.equal(module.eval()(inputs)[0], logits)
    assert model.notes[0] == "It takes one channel: every image is made grey for it."


@pytest.mark.parametrize(
    "layer", [nn.BatchNorm2d(8, track_running_stats=False), Around(lambda images: functional.dropout(images, 0.5))]
)
def test_scores_that_are_not_an_images_own_are_said(layer: nn.Module) -> None:
    module = network()
    module[1] = layer
    if isinstance(layer, Around):
        layer.body = nn.Sequential()
    assert any("change from pass to pass, or with the images beside it" in note for note in wrapped(module).notes)
    assert wrapped(network(), activation="softmax").notes == ()


def test_what_is_assumed_is_said() -> None:
    assert wrap_model(network(), input_spec=SPEC).notes == (
        "Nobody has said how its scores become probabilities: softmax is assumed.",
        "Nobody has named its 5 classes: they are called class 0 to class 4. "
        "If it has no class head, they are features and no classes.",
    )
    assert wrapped(network(), labels={1: "b", 0: "a", 2: "c", 3: "d", 4: "e"}, activation="sigmoid").notes == ()


def test_what_is_no_module_is_a_programmers_mistake() -> None:
    with pytest.raises(TypeError, match="not str"):
        wrap_model("resnet50", input_spec=SPEC)  # type: ignore[arg-type]


def test_equal_networks_have_one_hash_and_others_do_not() -> None:
    first, again, other = (wrapped(network(seed=seed)).weights_sha256 for seed in (0, 0, 1))
    assert first == again != other
    wider: Any = network()
    wider[3].stride = (1, 1)  # the same weights
    assert wrapped(wider).weights_sha256 != first


def test_threads_get_the_maps_that_one_gets_alone(make_image: Image) -> None:
    model = wrapped(Around(lambda logits: (logits, None)))
    image = make_image()

    def values(class_index: int) -> bytes:
        return Explainer(model).forward(image).cam(class_index % 5).values.tobytes()

    alone = [values(index) for index in range(5)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(values, range(20))) == alone * 4


def test_a_network_of_other_outputs_can_be_destroyed_as_any(make_image: Image) -> None:
    from gradcam_core.trust.randomisation import destroyed_whole

    model = wrapped(Around(Named))
    assert isinstance(model.module, Logits)
    forward = Explainer(model).forward(make_image())
    step = destroyed_whole(model, forward.input_tensor)
    assert "body.0" in step.destroyed
    assert not torch.equal(
        torch.tensor(Explainer(step.model).forward(make_image()).logits), torch.tensor(forward.logits)
    )
    assert torch.equal(logits_of(model, make_image())[1], torch.tensor(forward.logits))
