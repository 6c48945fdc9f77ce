"""`python -m gradcam_core.training [tinynet | tinyvit]`: train a network that comes along anew.

Draws a pool of scenes, fits the network to them, writes its pair of files in `assets/`, and says how good it is.
"""

import argparse
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from gradcam_core.scenes.scene import THINGS
from gradcam_core.tinynet import INPUT_SIDE, TARGET_LAYER
from gradcam_core.tinyvit import TARGET_LAYER as VIT_TARGET_LAYER
from gradcam_core.training import tinyvit
from gradcam_core.training.check import ClassMap, check_network, tinynet_map
from gradcam_core.training.fit import MEAN, STD, Plan, draw_pool, train

ASSETS = Path(__file__).resolve().parents[1] / "assets"


@dataclass(frozen=True)
class Trained:
    """A network that comes along.

    Attributes:
        source: the command that trains it.
        stored: the type of its weights in the file; they are checked as they were stored.
    """

    title: str
    source: str
    target_layer: str
    plan: Plan
    train: Callable[..., nn.Module]
    class_map: ClassMap
    stored: torch.dtype


_COMMAND = "python -m gradcam_core.training"
NETWORKS = {
    "tinynet": Trained("TinyNet", _COMMAND, TARGET_LAYER, Plan(), train, tinynet_map, torch.float32),
    "tinyvit": Trained(
        title="TinyViT",
        source=f"{_COMMAND} tinyvit",
        target_layer=VIT_TARGET_LAYER,
        plan=tinyvit.PLAN,
        train=tinyvit.train,
        class_map=tinyvit.class_map,
        stored=torch.float16,
    ),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, write and check; prints what happens."""
    started = time.monotonic()
    options = vars(_parser().parse_args(arguments))
    name, folder, checked = options.pop("network"), options.pop("out"), options.pop("check")
    trained = NETWORKS[name]
    plan = Plan(**{**vars(trained.plan), **{key: value for key, value in options.items() if value is not None}})
    print(f"Drawing {plan.scenes:,} scenes.", flush=True)
    pool = draw_pool(plan)
    print(f"{_minutes(started)} Training for {plan.steps:,} steps of {plan.batch} scenes.", flush=True)
    network = trained.train(plan, pool, progress=_Printer(started))
    weights = write_pair(name, network, folder)
    network.load_state_dict(load_file(weights))  # the check is of what was written
    print(f"{_minutes(started)} Written to {weights}.", flush=True)
    check = check_network(network, scenes=(checked, checked), class_map=trained.class_map)
    print(f"{_minutes(started)} On {checked} held-out scenes each: one-thing accuracy {check.accuracy:.1%},", end=" ")
    print(f"two-thing pointing game {check.pointing:.1%} (chance {check.chance:.1%}).")


def write_pair(name: str, network: nn.Module, folder: Path) -> Path:
    """Write `NAME.safetensors` and, when that is whole, `NAME.json` with its SHA-256; returns the first."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"{name}.safetensors"
    state = {key: _stored(value, NETWORKS[name].stored) for key, value in network.state_dict().items()}
    save_file(state, weights)
    description = _describe(name, hashlib.sha256(weights.read_bytes()).hexdigest())
    (folder / f"{name}.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    return weights


def _stored(tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return tensor.to(dtype) if tensor.is_floating_point() else tensor


def _describe(name: str, sha256: str) -> dict[str, object]:
    preprocessing = {
        "resize_size": INPUT_SIDE,
        "crop_size": INPUT_SIDE,
        "fit": "crop",
        "interpolation": "bilinear",
        "mean": [MEAN] * 3,
        "std": [STD] * 3,
    }
    return {
        "version": 1,
        "title": f"{NETWORKS[name].title} ({len(THINGS)} drawn things)",
        "architecture": f"heatproof/{name}",
        "num_classes": len(THINGS),
        "labels": list(THINGS),
        "target_layer": NETWORKS[name].target_layer,
        "activation": "softmax",
        "preprocessing": preprocessing,
        "source": NETWORKS[name].source,
        "license": "MIT",
        "sha256": sha256,
    }


class _Printer:
    """Prints every hundredth step."""

    def __init__(self, started: float) -> None:
        self.started = started

    def __call__(self, done: int, total: int) -> None:
        if done % 100 == 0 or done == total:
            print(f"{_minutes(self.started)} Step {done:,} of {total:,}.", flush=True)


def _minutes(started: float) -> str:
    return f"[{(time.monotonic() - started) / 60:5.1f} min]"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gradcam_core.training", description="Train an embedded network.")
    parser.add_argument("network", nargs="?", choices=list(NETWORKS), default="tinynet", help="default: tinynet")
    parser.add_argument("--out", type=Path, default=ASSETS, help="folder for the two files")
    parser.add_argument("--check", type=int, default=500, help="held-out scenes of each kind at the end; default: 500")
    for name, default in vars(Plan()).items():
        parser.add_argument(f"--{name}", type=type(default), help="default: as the network was trained")
    return parser
