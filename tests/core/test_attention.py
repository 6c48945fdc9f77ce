"""Are the recorded attention weights the network's own, and does nobody else notice that they are recorded?"""

import copy
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (as torch's own documentation calls it)
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack

from gradcam_core.attention.passes import AttentionPass, attend
from gradcam_core.attention.recording import recording_attention
from gradcam_core.errors import MethodError
from gradcam_core.layers.layouts import Kind, Layout
from gradcam_core.models import LoadedModel
from gradcam_core.tinynet import TinyNet
from gradcam_core.tinyvit import INPUT_SIDE
from tests.benchmarks.woken import woken
from tests.core.transformers import SIDE, MeanReader
from tests.support import embedded_network, loaded

THREADS = 8
CLASS = ((1, 1.0),)


@pytest.fixture(scope="module")
def mean() -> LoadedModel:
    return loaded(MeanReader(), side=SIDE)


@pytest.fixture(scope="module")
def tiny() -> LoadedModel:
    return loaded(embedded_network("tinyvit"), side=INPUT_SIDE)


@pytest.fixture(params=["vit", "swin", "mean", "tiny"])
def model(request: pytest.FixtureRequest) -> LoadedModel:
    found: LoadedModel = request.getfixturevalue(request.param)
    return found


def noise(model: LoadedModel, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, 3, *model.input_spec.size[::-1], generator=generator)


def plain_logits(model: LoadedModel, image: Tensor) -> Tensor:
    with torch.no_grad():
        outputs: Tensor = model.module(image)
    return outputs[0]


def outputs_of(module: nn.Module, names: list[str], image: Tensor) -> dict[str, Tensor]:
    """What these parts give in a plain forward pass of a copy."""
    kept, own = dict[str, Tensor](), copy.deepcopy(module)

    def keep(name: str, _module: nn.Module, _args: Any, output: Any) -> None:
        kept[name] = (output[0] if isinstance(output, tuple) else output).clone()

    for name in names:
        own.get_submodule(name).register_forward_hook(partial(keep, name))
    with torch.no_grad():
        own(image)
    return kept


def together(windows: Tensor, side: int, shift: int) -> Tensor:
    """(windows, tokens, channels) → (1, side, side, channels), as a shifted window attention puts them together."""
    width = int(windows.shape[1] ** 0.5)
    cut = windows.unflatten(1, (width, width)).unflatten(0, (side // width, side // width))  # type: ignore[no-untyped-call]
    grid = cut.permute(0, 2, 1, 3, 4).reshape(1, side, side, -1)
    return torch.roll(grid, (shift, shift), dims=(1, 2))


@pytest.mark.parametrize(("name", "projection"), [("vit", "out_proj"), ("mean", "out_proj"), ("tiny", "out")])
def test_weights_times_values_give_what_the_block_gives(
    request: pytest.FixtureRequest, name: str, projection: str
) -> None:
    model: LoadedModel = request.getfixturevalue(name)
    image = noise(model)
    attention = attend(model, image, values=True)
    given = outputs_of(model.module, [block.name for block in attention.blocks], image)
    assert len(given) == len(attention.blocks) > 1
    for index, block in enumerate(attention.blocks):
        mixed = torch.from_numpy(attention.weights(index) @ attention.values(index))  # (heads, tokens, width)
        project = model.module.get_submodule(f"{block.name}.{projection}")
        output = project(mixed.transpose(0, 1).flatten(1))
        assert (output - given[block.name][0]).abs().max() <= 1e-5 * given[block.name].abs().max()


def test_windows_weights_times_values_give_what_the_block_gives(swin: LoadedModel) -> None:
    image = noise(swin)
    attention = attend(swin, image, values=True)
    given = outputs_of(swin.module, [block.name for block in attention.blocks], image)
    assert len(given) == 4
    for index, block in enumerate(attention.blocks):
        mixed = torch.from_numpy(attention.weights(index) @ attention.values(index))  # (windows, heads, tokens, width)
        part: Any = swin.module.get_submodule(block.name)
        own = given[block.name]
        output = together(part.proj(mixed.transpose(1, 2).flatten(2)), own.shape[1], part.shift_size[0])
        assert (output - own).abs().max() <= 1e-5 * own.abs().max()


@pytest.mark.parametrize("gradients", [False, True])
def test_logits_are_those_of_the_plain_pass(model: LoadedModel, gradients: bool) -> None:
    plain = plain_logits(model, noise(model))
    attention = attend(model, noise(model), gradients=gradients)
    assert (attention.logits - plain).abs().max() <= 1e-5 * plain.std()


def test_rows_sum_to_one(model: LoadedModel) -> None:
    attention = attend(model, noise(model))
    for index in range(len(attention.blocks)):
        assert np.abs(attention.weights(index).sum(axis=-1, dtype=np.float64) - 1).max() <= 1e-6


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_left_behind(model: LoadedModel, fails: bool) -> None:
    def state() -> list[object]:
        hooks = [len(part._forward_hooks) + len(part._forward_pre_hooks) for part in model.module.modules()]
        parts = [(name, id(part), part.forward.__func__) for name, part in model.module.named_modules()]
        switches = torch.backends.mha.get_fastpath_enabled(), _get_current_function_mode_stack()  # type: ignore[no-untyped-call]
        return [hooks, parts, switches, torch.is_grad_enabled()]

    before, plain = state(), plain_logits(model, noise(model))
    if fails:
        with pytest.raises((RuntimeError, AssertionError)):
            attend(model, torch.zeros(1, 5, 7, 7), gradients=True)
    else:
        attend(model, noise(model), gradients=True, values=True).gradients(CLASS)
    assert state() == before
    assert torch.equal(plain_logits(model, noise(model)), plain)
    assert all(not parameter.requires_grad and parameter.grad is None for parameter in model.module.parameters())


def test_eight_threads_with_and_without_recording_get_what_one_gets(vit: LoadedModel, tiny: LoadedModel) -> None:
    def ask(job: tuple[LoadedModel, int]) -> list[np.ndarray]:
        model, number = job
        if number % 2:
            return [plain_logits(model, noise(model, number)).numpy()]
        attention = attend(model, noise(model, number), gradients=True)
        weights = [attention.weights(index) for index in range(len(attention.blocks))]
        return [attention.logits.detach().numpy(), *weights, *attention.gradients(CLASS)]

    jobs = [(model, number) for number in range(12) for model in (vit, tiny)]
    alone = [ask(job) for job in jobs]
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(ask, jobs))
    wrong = [
        job[1]
        for job, own, answer in zip(jobs, alone, answers, strict=True)
        if len(own) != len(answer)
        or not all(np.allclose(one, other, atol=1e-6) for one, other in zip(own, answer, strict=True))
    ]
    assert wrong == []


def test_gradients_are_those_of_the_closed_form() -> None:
    """One block whose tokens' mean is read: d logit / d weight of a query for a key is what its value is worth."""
    module = MeanReader(blocks=1)
    model = loaded(module, side=SIDE)
    attention = attend(model, noise(model), gradients=True, values=True)
    expected = module.slopes(torch.from_numpy(np.array(attention.values(0))), 1)
    (gradient,) = attention.gradients(CLASS)
    assert np.allclose(gradient, expected[:, None].expand(-1, 64, -1), atol=1e-6)
    assert np.ptp(gradient) > 1e-3


def test_every_block_has_a_gradient_and_the_class_token_alone_has_one_in_the_last(vit: LoadedModel) -> None:
    gradients = attend(vit, noise(vit), gradients=True).gradients(CLASS)
    assert [bool(gradient[:, 1:].any()) for gradient in gradients] == [True, True, False]
    assert all(gradient[:, 0].any() for gradient in gradients)


@pytest.mark.parametrize(("name", "read"), [("vit", [0]), ("tiny", [0]), ("mean", list(range(64)))])
def test_the_gradient_tells_which_tokens_are_read(request: pytest.FixtureRequest, name: str, read: list[int]) -> None:
    model: LoadedModel = request.getfixturevalue(name)
    readers = attend(model, noise(model), gradients=True).readers(CLASS)
    assert np.flatnonzero(readers).tolist() == read
    assert readers.sum() == pytest.approx(1)


def test_a_class_that_depends_on_no_token_is_said_to() -> None:
    module = MeanReader()
    nn.init.zeros_(module.head.weight)
    model = loaded(module, side=SIDE)
    with pytest.raises(MethodError, match="depends on no attention of the last block"):
        attend(model, noise(model), gradients=True).readers(CLASS)


def test_a_pass_without_gradients_says_so(vit: LoadedModel) -> None:
    with pytest.raises(ValueError, match="without gradients"):
        attend(vit, noise(vit)).gradients(CLASS)


def test_a_class_token_that_joins_late_leaves_the_grid_as_it_is(late: LoadedModel) -> None:
    attention = attend(late, noise(late))
    assert [block.shape for block in attention.blocks] == [(1, 2, 64, 64), (1, 2, 65, 65)]
    assert [block.layout for block in attention.blocks] == [Layout(Kind.TOKENS, 8, 8, 24, p) for p in (0, 1)]
    assert attention.why_not_followed == ""


def test_a_networks_blocks_are_named_and_told_apart(vit: LoadedModel, swin: LoadedModel) -> None:
    ours, windows = attend(vit, noise(vit)), attend(swin, noise(swin))
    names = [f"encoder.layers.encoder_layer_{index}.self_attention" for index in range(3)]
    assert [block.name for block in ours.blocks] == names
    assert [(block.heads, block.is_global) for block in ours.blocks] == [(2, True)] * 3
    assert ours.why_not_followed == ""
    assert not any(block.is_global for block in windows.blocks)
    assert windows.why_not_followed == (
        "Attention can't be followed through features.1.0.attn and 3 more of its parts. It attends in 16 windows of 16 "
        "tokens each, and not across them."
    )


def test_a_network_without_attention_has_none() -> None:
    model = loaded(TinyNet(4), side=INPUT_SIDE)
    attention: AttentionPass = attend(model, noise(model), gradients=True, values=True)
    assert attention.blocks == ()
    assert attention.why_not_followed.startswith("No attention of cells to each other was seen")
    assert torch.equal(attention.logits, plain_logits(model, noise(model)))


QUERY = (1, 2, 5, 4)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"scale": 0.3},
        {"is_causal": True},
        {"attn_mask": torch.linspace(-2, 2, 25).view(5, 5)},
        {"attn_mask": torch.eye(5).bool() | (torch.arange(25).view(5, 5) % 3 == 0)},
    ],
)
def test_the_fused_product_is_made_from_the_weights(facts: dict[str, Any]) -> None:
    query, key, value = torch.randn(3, *QUERY, generator=torch.Generator().manual_seed(0))
    with recording_attention(nn.Identity()) as mode:
        made = F.scaled_dot_product_attention(query, key, value, **facts)
    assert torch.allclose(made, F.scaled_dot_product_attention(query, key, value, **facts), atol=1e-6)
    assert torch.allclose(mode.calls[0].weights @ value, made, atol=1e-6)


def test_fewer_heads_of_keys_serve_several_of_queries() -> None:
    query, key = torch.randn(1, 4, 5, 4), torch.randn(1, 2, 5, 4)
    with recording_attention(nn.Identity()) as mode:
        made = F.scaled_dot_product_attention(query, key, key, enable_gqa=True)
    assert torch.allclose(made, F.scaled_dot_product_attention(query, key, key, enable_gqa=True), atol=1e-6)
    assert mode.calls[0].weights.shape == (1, 4, 5, 5)


@pytest.mark.parametrize("asked", [{}, {"average_attn_weights": False}, {"need_weights": False}])
@pytest.mark.parametrize("made", [{}, {"kdim": 6, "vdim": 6}, {"bias": False}])
def test_multi_head_attention_gives_what_it_gives_and_shows_its_weights(
    made: dict[str, Any], asked: dict[str, Any]
) -> None:
    torch.manual_seed(0)
    module = nn.MultiheadAttention(8, 2, batch_first=True, **made).eval()
    query, key = torch.randn(1, 5, 8), torch.randn(1, 7, made.get("kdim", 8))
    with torch.no_grad():
        own, own_weights = module(query, key, key, **asked)
        with recording_attention(module) as mode:
            output, weights = module(query, key, key, **asked)
        _, expected = module(query, key, key, average_attn_weights=False)
    assert torch.allclose(output, own, atol=1e-6)
    assert (weights is None) is (own_weights is None)
    assert weights is None or torch.allclose(weights, own_weights, atol=1e-6)
    assert torch.allclose(mode.calls[0].weights, expected, atol=1e-6)


def test_attention_with_added_keys_is_left_as_it_is_and_named() -> None:
    module = nn.Sequential(nn.MultiheadAttention(8, 2, add_zero_attn=True, batch_first=True)).eval()
    tokens = torch.randn(1, 5, 8)
    with torch.no_grad(), recording_attention(module) as mode:
        output, _ = module[0](tokens, tokens, tokens)
    assert torch.equal(output, module[0](tokens, tokens, tokens)[0])
    assert (mode.calls, mode.unseen) == ([], ["0"])


class Given(TorchFunctionMode):
    """Within it, what attention functions give is kept, as the network computes it; nothing is recorded or replaced."""

    def __init__(self) -> None:
        super().__init__()
        self.outputs: list[Tensor] = []
        self._weights = torch.empty(0)

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if "softmax" in getattr(func, "__name__", ""):
            self._weights = result
        is_product = "matmul" in getattr(func, "__name__", "") and args[0].data_ptr() == self._weights.data_ptr()
        if func is F.scaled_dot_product_attention or is_product:
            self.outputs.append(result)
        return result


SMALL = {"embed_dim": 96, "num_heads": 4, "depth": 2}
TIMM: dict[str, tuple[int, dict[str, Any]]] = {  # one of each family, cut short: calls of attention
    "vit_tiny_patch16_224": (2, {"depth": 2}),
    "vit_wee_patch16_reg1_gap_256": (2, {"depth": 2}),
    "vit_small_patch14_reg4_dinov2": (2, {"depth": 2, "img_size": 112}),
    "vit_base_patch16_siglip_224": (3, SMALL),
    "deit3_small_patch16_224": (2, {"depth": 2}),
    "deit_tiny_distilled_patch16_224": (2, {"depth": 2}),
    "beit_base_patch16_224": (2, SMALL),
    "eva02_tiny_patch14_224": (2, {"depth": 2}),
    "swin_tiny_patch4_window7_224": (4, {"depths": (1, 1, 1, 1)}),
    "cait_xxs24_224": (4, {"depth": 2}),
    "xcit_nano_12_p16_224": (4, {"depth": 2}),
    "pit_ti_224": (3, {"depth": (1, 1, 1)}),
    "tnt_s_patch16_224": (4, {"depth": 2}),
    "mobilevit_xxs": (9, {}),
    "visformer_tiny": (8, {}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TIMM)
def test_timms_families_show_the_attention_they_compute_with(name: str) -> None:
    timm = pytest.importorskip("timm", reason="timm is optional")
    torch.manual_seed(0)
    calls, short = TIMM[name]
    made: Any = timm.create_model(name, pretrained=False, num_classes=10, **short)
    side = short.get("img_size", made.pretrained_cfg["input_size"][-1])
    module = woken(made, (side, side))
    image = torch.randn(1, 3, side, side)
    with torch.no_grad(), recording_attention(module, values=True) as mode:
        logits = module(image)
    with torch.no_grad(), Given() as given:
        plain = module(image)
    assert (logits - plain).abs().max() <= 1e-5 * plain.std()
    assert len(mode.calls) == calls
    assert all((call.weights.sum(-1) - 1).abs().max() <= 1e-6 for call in mode.calls)
    weighing = [call for call in mode.calls if not call.is_changed]
    assert len(weighing) == calls - 2 * (name == "cait_xxs24_224")  # its blocks mix their heads
    assert len(weighing) == len(given.outputs)
    for call, output in zip(weighing, given.outputs, strict=True):
        assert call.values is not None
        assert (call.weights @ call.values - output).abs().max() <= 1e-5 * output.abs().max()
        assert call.weights.std(-1).mean() > 1e-2 / call.weights.shape[-1]
