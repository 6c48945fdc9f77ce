"""Is every classifier of torchvision's and timm's explained, and as the grad-cam library explains it?

    python -m tests.benchmarks.bench_networks LOG [NAME ...] [--timm] [--table FILE]

Each network is built with random weights that let images through (`woken`), explained at its default layer with
Grad-CAM, and freed. LOG gets a line of JSON for each, and those that it has already are left out: what was stopped goes
on. `--table` writes the whole log as Markdown. Asked of each map:

- finite: every value; varies: the largest differs from the least by more than 1e-4 of the largest magnitude.
- quarters: each quarter of the input is replaced by other noise; in how many quarters of the layer's maps is the change
  largest when the same quarter of the input was replaced? Networks with random weights may be chaotic: fewer than four
  are no proof of a fault.
- library: the largest difference from the grad-cam library's map, scaled to 0 to 1, on a private copy of the network.
  Its `reshape_transform` reads the layer as we do, and copies what it reads, for some networks (DenseNet) change it in
  place afterwards: what is compared is the gradient and the weighing.
"""

import argparse
import copy
import gc
import json
import platform
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from torch import Tensor, nn

from gradcam_core import Cam, Explainer, ForwardPass, LoadedImage, load_image
from gradcam_core.encoding import to_png
from gradcam_core.layers.finding import TargetLayer
from gradcam_core.models import LoadedModel, find_model
from tests.benchmarks.woken import woken
from tests.support import loaded

LIBRARY_BOUND = 1e-5
_LEAST_SPREAD = 1e-4
_CLASSES = 5  # that are tried, for a map that has evidence for its class: the library shows no other
Row = dict[str, Any]

TIMM = Path(__file__).with_name("timm_names.txt").read_text(encoding="utf-8").split()


def main() -> None:
    """Explain what is asked for and not in the log yet, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--timm", action="store_true", help="timm's architectures instead of torchvision's")
    parser.add_argument("--table", type=Path, help="write the log as Markdown into this file")
    options = parser.parse_args()
    torch.set_num_threads(1)
    done = {row["name"] for row in rows_of(options.log)}
    source = "timm" if options.timm else "torchvision"
    known = TIMM if options.timm else torchvision.models.list_models(module=torchvision.models)
    for name in options.names or known:
        if f"{source}/{name}" not in done:
            _note(options.log, outcome(source, name))
            gc.collect()
    if options.table:
        options.table.write_text("\n".join(table(rows_of(options.log))) + "\n", encoding="utf-8")


def rows_of(log: Path) -> list[Row]:
    """The lines of a log that is there."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


def outcome(source: str, name: str) -> Row:
    """A network's row; where it could not be explained, with the reason."""
    started = time.process_time()
    row: Row = {"name": f"{source}/{name}"}
    try:
        too_large = find_model(name).beyond_limits if source == "torchvision" else ""
        row |= {"refused": too_large} if too_large else explained(*built(source, name))
    except Exception as error:  # noqa: BLE001 - the row says so, and the next network is asked
        row["refused"] = f"{type(error).__name__}: {error}"[:300]
    return row | {"seconds": round(time.process_time() - started, 1)}


def built(source: str, name: str) -> tuple[nn.Module, int]:
    """The network with woken weights, and the side of its input."""
    torch.manual_seed(0)
    if source == "torchvision":
        module, side = torchvision.models.get_model(name, weights=None), _torchvision_side(name)
    else:
        import timm  # only where it is asked for
        from timm.data.config import resolve_model_data_config

        module = timm.create_model(name, pretrained=False)
        side = resolve_model_data_config(module)["input_size"][-1]  # type: ignore[no-untyped-call]
    return woken(module, (side, side)), side


def _torchvision_side(name: str) -> int:
    """That of its default weights; a network is made for another one than that of its weights where it takes any."""
    preset = torchvision.models.get_model_weights(name).DEFAULT.transforms()
    return int(preset.crop_size[0])


def explained(module: nn.Module, side: int) -> Row:
    """What its Grad-CAM is like, and what the library makes of a copy that we have not touched."""
    private = copy.deepcopy(module)
    model = loaded(module, side=side)
    image = noise(side)
    forward = Explainer(model).forward(image)
    cam = _cam_with_evidence(forward)
    layer = model.layer()
    return {
        "side": side,
        "parameters": sum(one.numel() for one in module.parameters()),
        "layer": layer.name,
        "layout": f"{layer.layout.kind}{f' + {layer.layout.prefix}' if layer.layout.prefix else ''}",
        "grid": layer.layout.grid,
        "is_finite": bool(np.isfinite(cam.values).all()),
        "spread": float(np.ptp(cam.values) / np.abs(cam.values).max()),
        "note": cam.note,
        "quarters": quarters_right(private, layer, forward.input_tensor),
        "library": library_difference(private, model, forward, cam),
    }


def noise(side: int) -> LoadedImage:
    """The same whenever it is asked for."""
    return load_image(to_png(np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)))


def _cam_with_evidence(forward: ForwardPass) -> Cam:
    """Grad-CAM of the likeliest class whose map has evidence for it."""
    cams = (forward.cam(prediction.class_index) for prediction in forward.top(_CLASSES))
    return next((cam for cam in cams if cam.values.max() > 0), forward.cam(forward.top(1)[0].class_index))


def quarters_right(module: nn.Module, layer: TargetLayer, image: Tensor) -> int:
    """In how many quarters of the maps the change is largest for the replaced quarter of the input that lies there."""
    other = torch.randn(image.shape, generator=torch.Generator().manual_seed(1))
    changed = [image.clone() for _ in range(4)]
    for quarter, one in enumerate(changed):
        rows, columns = (halves(side)[place] for side, place in zip(image.shape[-2:], divmod(quarter, 2), strict=True))
        one[..., rows, columns] = other[..., rows, columns]
    plain = maps_of(module, layer, image)
    changes = torch.stack([(maps_of(module, layer, one) - plain).abs().sum(0) for one in changed])
    height, width = (side // 2 * 2 for side in layer.layout.grid)
    means = nn.functional.adaptive_avg_pool2d(changes[:, None, :height, :width], 2).flatten(1)  # (4 replaced, 4 places)
    shares = means / means.sum(1, keepdim=True)
    return int((shares.argmax(0) == torch.arange(4)).sum())


def halves(count: int) -> tuple[slice, slice]:
    """The first and the second half."""
    return slice(0, count // 2), slice(count // 2, count)


def maps_of(module: nn.Module, layer: TargetLayer, image: Tensor) -> Tensor:
    """(channels, height, width) of one layer, by a plain hook."""
    seen: list[Tensor] = []
    hook = module.get_submodule(layer.name).register_forward_hook(
        lambda _module, _inputs, output: seen.append(layer.layout.maps(output).clone())
    )
    with torch.no_grad():
        module(image)
    hook.remove()
    return seen[0][0]


def library_difference(private: nn.Module, model: LoadedModel, forward: ForwardPass, cam: Cam) -> float | None:
    """The largest difference between both maps, scaled to 0 to 1 at the size of the input; None where all is zero."""
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.image import scale_cam_image
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    layer, layout = private.get_submodule(model.default_layer), model.layer().layout
    has_weights = any(True for _ in layer.parameters())
    (layer if has_weights else private).requires_grad_(True)  # the gradient has to come to the layer, no further
    method = GradCAM(model=private, target_layers=[layer], reshape_transform=lambda output: layout.maps(output).clone())
    theirs = method(forward.input_tensor, [ClassifierOutputTarget(cam.prediction.class_index)])[0]
    method.activations_and_grads.release()
    height, width = forward.input_tensor.shape[-2:]
    positive = np.maximum(cam.values, 0)[None]
    ours = scale_cam_image(scale_cam_image(positive, (width, height)))[0]
    return float(np.abs(ours - theirs).max()) if theirs.max() > 0 and positive.max() > 0 else None


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The counts, then a line for each network."""
    torchvisions = [row for row in rows if row["name"].startswith("torchvision/")]
    timms = [row for row in rows if row["name"].startswith("timm/")]
    yield "# Grad-CAM at the default layer of every classifier of torchvision's, and of timm's by families"
    yield ""
    yield "Made by `tests/benchmarks/bench_networks.py`, which says what the columns mean. Random weights, so a quarter"
    yield "that is missed is no proof of a fault; a dash under *library*: that map is zero throughout."
    yield ""
    yield f"torch {torch.__version__}, torchvision {torchvision.__version__}, {platform.machine()}."
    yield ""
    yield "| | networks | explained | finite and varying | 4 of 4 quarters | as the library, within 1e-5 | compared |"
    yield "|---|---|---|---|---|---|---|"
    yield _counts("torchvision", torchvisions)
    yield _counts("timm", timms)
    yield ""
    yield "| network | px | M | layer | layout | grid | spread | quarters | library |"
    yield "|---|---|---|---|---|---|---|---|---|"
    yield from (_line(row) for row in sorted(rows, key=lambda row: (not row["name"].startswith("torch"), row["name"])))


def _counts(title: str, rows: Iterable[Row]) -> str:
    rows = list(rows)
    good = [row for row in rows if "refused" not in row]
    varying = [row for row in good if row["is_finite"] and row["spread"] > _LEAST_SPREAD and not row["note"]]
    compared = [row["library"] for row in good if row["library"] is not None]
    equal = sum(difference <= LIBRARY_BOUND for difference in compared)
    quarters = sum(row["quarters"] == 4 for row in good)
    return f"| {title} | {len(rows)} | {len(good)} | {len(varying)} | {quarters} | {equal} | {len(compared)} |"


def _line(row: Row) -> str:
    if "refused" in row:
        return f"| {row['name']} | {row['refused']} | | | | | | | |"
    library = "–" if row["library"] is None else f"{row['library']:.1e}"
    cells = (row["name"], row["side"], f"{row['parameters'] / 1e6:.1f}", row["layer"], row["layout"])
    grid = " x ".join(str(side) for side in row["grid"])
    spread = f"{row['spread']:.2f} {row['note']}".strip()
    rest = (grid, spread, f"{row['quarters']}/4", library)
    return f"| {' | '.join(str(cell) for cell in (*cells, *rest))} |"


def _note(log: Path, row: Row) -> None:
    print(json.dumps(row), flush=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
