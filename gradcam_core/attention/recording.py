"""How do a network's attention weights reach us? By a mode of the calling thread; nothing of the network is touched.

No module gives its attention weights: fused functions never make them. A `TorchFunctionMode` belongs to the thread
that entered it and sees the three ways in which networks attend:

- `F.scaled_dot_product_attention`: its weights are softmax(query keyᵀ scale + mask); what it gives is made from them.
- `F.multi_head_attention_forward`, as `nn.MultiheadAttention` calls it: likewise, after its own projections. An active
  mode also keeps that module off its fused path, which would show nothing.
- softmax over the last side of at least three: the network's own weights.

No hook is set, for other threads may be in the network meanwhile: a call is named after the weights used before it.
"""

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (as torch's own documentation calls it)
from torch.overrides import TorchFunctionMode

from gradcam_core.attention.uses import PRODUCTS, Waiting, depends_on

_SOFTMAX = (F.softmax, torch.softmax, Tensor.softmax)
_SEQUENCES = (nn.Sequential, nn.ModuleList, nn.ModuleDict)  # what they hold follows one another, and is no one part
_MULTI_HEAD = inspect.signature(F.multi_head_attention_forward)


@dataclass(eq=False)
class AttentionCall:
    """One call of attention in a forward pass.

    Attributes:
        name: of the part of the network that attends, as far as its parameters tell; "" for the network itself.
        weights: (images or windows, heads, queries, keys), or (heads, queries, keys); the sum over the keys is 1.
        values: (…, keys, width), what the weights are multiplied with; None where that was not wanted or not seen.
        is_changed: whether the network mixes or changes the weights, as a softmax gave them, before they weigh values.
        is_beside: whether they do not depend on those of the call before; known with gradients only.
    """

    name: str
    weights: Tensor
    values: Tensor | None = None
    is_changed: bool = False
    is_beside: bool = False


class recording_attention(TorchFunctionMode):  # noqa: N801 (a context, as `hooks.recording` is)
    """Within it, every call of attention of this thread is noted.

    Attributes:
        calls: in the order of the forward pass.
        unseen: the parts whose attention is computed in a way that shows no weights.
    """

    def __init__(
        self, module: nn.Module, *, gradients: bool = False, values: bool = False, shapes_only: bool = False
    ) -> None:
        """Say what is to be kept.

        Args:
            module: the network; it is only asked for the names of its parameters.
            gradients: keep the weights in the graph. The first ones start it where nothing before requires a gradient.
            values: keep what the weights are multiplied with as well.
            shapes_only: keep tensors of the weights' shapes that hold no numbers.
        """
        super().__init__()
        self.calls: list[AttentionCall] = []
        self.unseen: list[str] = []
        self._waiting = Waiting()
        self._sequences = {name for name, part in module.named_modules() if isinstance(part, _SEQUENCES)} | {""}
        self._last: Tensor | None = None  # the weights of the last call
        self._unnamed: AttentionCall | None = None  # the last call, until a parameter is used after it
        self._holders = _holders(module)
        self._gradients = gradients
        self._values = values
        self._shapes_only = shapes_only
        self._name = ""  # of the part whose weights were used last

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        self._note_name(args, kwargs)
        if func is F.scaled_dot_product_attention:
            product = self._product(*args, **kwargs)
            self._unnamed = self.calls[-1]
            return product
        if func is F.multi_head_attention_forward:
            return self._multi_head(_MULTI_HEAD.bind(*args, **kwargs), args, kwargs)
        if func in PRODUCTS:
            self._note_use(args)
        result = func(*args, **kwargs)
        return self._handed_on(result) if _is_attention(func, args, kwargs, result) else result

    def _note_name(self, args: Any, kwargs: Mapping[str, Any]) -> None:
        for value in (*args, *kwargs.values()):
            if isinstance(value, nn.Parameter):
                self._name = self._holders.get(id(value), self._name)
                if self._unnamed is not None:
                    around = _common(self._unnamed.name, self._name)
                    self._unnamed.name = self._unnamed.name if around in self._sequences else around
                    self._unnamed = None

    def _note_use(self, args: Any) -> None:
        """The first product with a call's weights is that with its values."""
        call, values = self._waiting.used_in(args) or (None, None)
        if call is not None:
            call.is_changed = False
            call.values = values.detach() if self._values and values is not None else None

    def _handed_on(self, weights: Tensor) -> Tensor:
        """A copy of a softmax's weights goes on: what the network changes in place does not change what is kept."""
        kept = self._keep(weights).clone()
        self.calls[-1].is_changed = True  # until they are seen to weigh something
        self._unnamed = self.calls[-1]
        self._waiting.add(self._unnamed, kept)
        return kept

    def _keep(self, weights: Tensor, values: Tensor | None = None) -> Tensor:
        """What the network is to go on with."""
        kept = weights
        if self._gradients and not weights.requires_grad:
            kept = weights.detach().requires_grad_()
        wanted = values.detach() if self._values and values is not None else None
        before, self._last = self._last, kept
        is_beside = before is not None and kept.requires_grad and not depends_on(kept, before)
        self.calls.append(AttentionCall(self._name, self._noted(kept), wanted, is_beside=is_beside))
        return kept

    def _noted(self, weights: Tensor) -> Tensor:
        if self._shapes_only:
            return torch.empty_like(weights, device="meta")
        return weights if self._gradients else weights.detach()

    def _product(  # noqa: PLR0913, PLR0917 (torch's own parameters)
        self,
        query: Tensor,  # (…, heads, queries, width)
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        *,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> Tensor:
        if enable_gqa:
            key, value = (part.repeat_interleave(query.shape[-3] // part.shape[-3], -3) for part in (key, value))
        scores = (query * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)) @ key.transpose(-2, -1)
        if is_causal:
            attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
        if attn_mask is not None:
            is_choice = attn_mask.dtype is torch.bool
            scores = scores.masked_fill(~attn_mask, -math.inf) if is_choice else scores + attn_mask
        return F.dropout(self._keep(scores.softmax(-1), value), dropout_p) @ value

    def _multi_head(self, bound: inspect.BoundArguments, args: Any, kwargs: Any) -> Any:
        """What the function gives, (output, weights if asked for), where it attends in the plain way."""
        bound.apply_defaults()
        given = bound.arguments
        if not _is_plain(given):
            self.unseen.append(self._name)
            return F.multi_head_attention_forward(*args, **kwargs)
        heads = given["num_heads"]
        parts = (part.unflatten(2, (heads, -1)).permute(1, 2, 0, 3) for part in _projected(given))  # type: ignore[no-untyped-call]
        query, key, value = parts  # (length, images, width) → (images, heads, length, width of a head)
        mixed = self._product(query, key, value, given["attn_mask"]).permute(2, 0, 1, 3).flatten(2)
        output = F.linear(mixed, given["out_proj_weight"], given["out_proj_bias"])
        if not given["need_weights"]:
            return output, None
        weights = self.calls[-1].weights
        return output, weights.mean(1) if given["average_attn_weights"] else weights


def _common(name: str, after: str) -> str:
    """The part that holds both, as one that projects queries before attention and the output after it."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(name.split("."), after.split("."), strict=False))
    return ".".join(one for one, _ in alike)


def _holders(module: nn.Module) -> dict[int, str]:
    """By the id of a parameter, the innermost part that holds it and has parts of its own, or the network itself."""
    found = {}
    for name, part in module.named_modules():
        is_plain = next(part.children(), None) is None
        holder = name.rpartition(".")[0] if is_plain else name
        found.update({id(parameter): holder for parameter in part.parameters(recurse=False)})
    return found


def _projected(given: Mapping[str, Any]) -> list[Tensor]:
    """Queries, keys and values, each (length, images, width)."""
    inputs = (given["query"], given["key"], given["value"])
    if given["use_separate_proj_weight"]:
        weights = (given["q_proj_weight"], given["k_proj_weight"], given["v_proj_weight"])
    else:
        weights = given["in_proj_weight"].chunk(3)
    biases = (None, None, None) if given["in_proj_bias"] is None else given["in_proj_bias"].chunk(3)
    return [F.linear(*each) for each in zip(inputs, weights, biases, strict=True)]


def _is_plain(given: Mapping[str, Any]) -> bool:
    """Whether several images attend with nothing added to their keys, none of which is left out."""
    added = (given["bias_k"], given["bias_v"], given["static_k"], given["static_v"], given["key_padding_mask"])
    mask, is_batch = given["attn_mask"], given["query"].dim() == 3
    has_plain_mask = mask is None or (mask.dim() == 2 and not given["is_causal"])
    is_dropping = given["training"] and given["dropout_p"] > 0
    return is_batch and has_plain_mask and not given["add_zero_attn"] and not is_dropping and added == (None,) * 5


def _is_attention(func: Any, args: Any, kwargs: Mapping[str, Any], result: Any) -> bool:
    if func not in _SOFTMAX or result.dim() < 3:
        return False
    side = kwargs.get("dim", args[1] if len(args) > 1 else None)
    return side in (-1, result.dim() - 1)
