"""Train the embedded transformer anew: `python -m gradcam_core.training tinyvit`.

On scenes of the same kind as tinynet, and as tinynet is trained, with three differences:

- Its early blocks are those of tinynet as it is shipped, and stay so.
- In half of the pictures a part is hidden, as the sweep of the Trust page hides parts (the same shapes and fills, other
  seeds): what the sweep shows the network is then nothing new to it.
- The answer is also trained with a class token that joins before the last block alone (as in Touvron et al., Going
  Deeper with Image Transformers, ICCV 2021, section 3). A class token that is there throughout mostly has the answer
  after two blocks, and what the patches hold ready for the last one then says little: without this, tried once with
  four blocks, the maximum of HiResCAM at the last one lay on the thing in 48 of 100 cases, with it in 81.

Where the things are is never told.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from gradcam_core.metrics.fills import BLUR, blurring
from gradcam_core.metrics.parts import Parts
from gradcam_core.progress import Progress, silent
from gradcam_core.scenes.scene import THINGS
from gradcam_core.tinynet import INPUT_SIDE, TinyNet
from gradcam_core.tinyvit import EARLY_BLOCKS, GRID, TARGET_LAYER, TinyViT
from gradcam_core.training.fit import Batch, Plan, Pool, batches, fitted

PLAN = Plan(scenes=24_000, steps=300, warming=50, rate=2e-3, decay=0.05, longest=1.0)

_SHARE_WITH_HIDDEN_PART = 0.5  # of the pictures
_TINYNET = Path(__file__).resolve().parents[1] / "assets" / "tinynet.safetensors"
_PARTS = Parts((INPUT_SIDE, INPUT_SIDE), seed=1_000_000, count=256)  # the sweep's own seeds are small


def train(plan: Plan, pool: Pool, *, progress: Progress = silent) -> TinyViT:
    """Fit a new network to the pool; returns it in eval mode."""
    torch.manual_seed(plan.seed)
    network = TinyViT(len(THINGS))
    network.early.load_state_dict(_early_blocks_of_tinynet())
    given = with_hidden_parts(batches(plan, pool), seed=plan.seed)
    return fitted(network, given, plan, progress=progress, loss_of=loss_of)


def with_hidden_parts(given: Iterable[Batch], *, seed: int) -> Iterator[Batch]:
    """The same batches; in half of the pictures a part is blurred, or has the picture's mean colour."""
    rng, masks = np.random.default_rng(seed), _PARTS.masks()
    blur = torch.from_numpy(blurring(INPUT_SIDE, BLUR * INPUT_SIDE)).float()
    for images, targets in given:
        count = len(images)
        has_hidden_part, is_blurred = (rng.random((count, 1, 1, 1)) < share for share in (_SHARE_WITH_HIDDEN_PART, 0.5))
        hidden = torch.from_numpy(masks[rng.integers(len(masks), size=count), None] & has_hidden_part)  # (n, 1, h, w)
        mean = images.mean(dim=(2, 3), keepdim=True)
        fill = torch.where(torch.from_numpy(is_blurred), blur @ images @ blur.T, mean)
        yield torch.where(hidden, fill, images), targets


def loss_of(network: TinyViT, images: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of the answer, and of the one that a class token which joins late would give."""
    network.early.eval()
    with torch.no_grad():
        maps = network.early(images)
    patches = network.read(maps)
    answer = network.answer(network.blocks(network.with_class_token(patches)))
    late = answer_of_a_class_token_that_joins_late(network, patches)
    return nn.functional.cross_entropy(answer, targets) + nn.functional.cross_entropy(late, targets)


def answer_of_a_class_token_that_joins_late(network: TinyViT, patches: Tensor) -> Tensor:
    """(n, things) logits, were all that the class token learns of the image what it takes in the last block."""
    read = network.blocks[:-1](patches)  # (n, 256, 96)
    return network.answer(network.blocks[-1](network.with_class_token(read)))


def class_map(network: TinyViT, image: Tensor, class_index: int) -> Tensor:
    """Grad-CAM at the layer to explain, of one image: (16, 16), both signs."""
    recorded: list[Tensor] = []
    handle = network.get_submodule(TARGET_LAYER).register_forward_hook(lambda *call: recorded.append(call[2]))
    with torch.enable_grad():
        score = network(image)[0, class_index]
    handle.remove()
    (tokens,) = recorded  # (1, 257, 96)
    (gradient,) = torch.autograd.grad(score, tokens)
    patches, weights = tokens[0, 1:], gradient[0, 1:].mean(dim=0)  # (256, 96), (96,): the class token has no place
    return (patches @ weights).detach().view(GRID, GRID)


def _early_blocks_of_tinynet() -> dict[str, Tensor]:
    tinynet = TinyNet(len(THINGS))
    tinynet.load_state_dict(load_file(_TINYNET))
    return tinynet.blocks[:EARLY_BLOCKS].state_dict()
