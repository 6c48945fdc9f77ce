"""Where do the cells of a layer look, and how widely? Measured on the network itself, once for a layer of a model.

The network is shown a few inputs of noise. The gradient of a cell in the middle with respect to the input, squared, is
a picture of what it looks at: its field. The middle of the field, beside the middle of the cell's own square, is the
shift. It is sought close by, in a soft window about as wide as the field: what a cell sees of the whole image, by
squeezing and excitation or by attention, is alike on all sides there and moves it nowhere.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from weakref import WeakValueDictionary

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from gradcam_core.hooks import recording
from gradcam_core.layers.finding import TargetLayer
from gradcam_core.layers.layouts import Grid, Kind
from gradcam_core.layers.place import DISORDERED, SCATTERED, UNKNOWN, ReceptiveField
from gradcam_core.models import LoadedModel
from gradcam_core.preprocessing import InputSpec
from gradcam_core.recording import differentiable, memory_for_a_pass
from gradcam_core.resources.store import LruStore

_BACKWARDS = (3, 2)  # of each input; with two forward passes they take no longer than ten; tokens take two more
_BESIDE = ((0, 0), (-1, -1), (1, 1), (-1, 1), (1, -1))  # rows and columns from the middle cell: one of each
_CONTRAST = 0.25  # deviation of the noise round grey, where colours go from 0 to 1
_PATCHES = 16  # of coarse noise along a side
_BINS = 4  # to a cell's side: a field is counted in them
_FIELD = 5  # deviations from one measured cell to the next, so that their fields hardly touch
_LEAST, _MOST = 5, 5  # cells from one to the next at least; cells along a side that are measured at once
_ROOM = 5, 9  # cells along a side of the grids where one in the middle and those round it are measured together
_WINDOW = 2.0  # deviation of the window by that of the field;
_NARROWEST, _WIDEST = 1.0, 0.35  # in cells at least, and by the side of what is cut out for a field at most
_SHRINK, _STEPS, _STILL = 1.3, 60, 1e-3  # of the window in a step at most; steps; cells moved when it rests
_LARGEST_ERROR = 0.5  # standard error of the mean, in cells
_LEAST_SHIFT = 0.1  # in cells; less can't be seen
_TOLD = 2.45  # standard errors, of both axes together: less is told from none in less than 95 of 100 measurings
_IN_ORDER = 0.7  # of the most change that a quarter of the cells hold, at least in the quarter that was changed
_DIGITS = 2  # a hundredth of a cell: the number of threads decides the last bits

_Key = tuple[str, str, str]
_kept: LruStore[ReceptiveField] = LruStore(2_000)  # each counts as one
_guard = threading.Lock()
_measuring: WeakValueDictionary[_Key, threading.Lock] = WeakValueDictionary()


@dataclass(frozen=True)
class _Cells:
    """Cells that are measured at once: `count` rows and columns of them, `apart` cells from one to the next.

    Attributes:
        beside: so many cells on each side of each are measured with it, as one: the middle of their fields is its own.
    """

    row: int
    column: int
    count: int
    apart: int
    beside: int = 0


def receptive_field(model: LoadedModel, layer: TargetLayer) -> ReceptiveField:
    """What the cells of a layer look at: measured when it is first asked for, then kept by the hash of the weights.

    Raises:
        ResourceError: if the memory does not suffice.
    """
    key = (model.weights_sha256, model.description_sha256, layer.name)
    known = known_field(*key)
    if known is None:
        with _lock_of(key):
            known = _kept.get(key) or _kept.put(key, measured(model, layer), 1)
    return known


def known_field(weights_sha256: str, description_sha256: str, layer: str) -> ReceptiveField | None:
    """What the cells of a layer look at, of a model with these hashes; None where nobody has asked for it yet."""
    return _kept.get((weights_sha256, description_sha256, layer))


def measured(model: LoadedModel, layer: TargetLayer) -> ReceptiveField:
    """The middle of what cells in the middle tell on a few inputs; the kernels do not tell it of a trained network.

    One shift serves the whole layer: towards the border a field is cut off, which moves its middle and not the cell.

    Raises:
        ResourceError: if the memory does not suffice.
    """
    if layer.layout.kind is Kind.TOKENS and _is_disordered(model, layer):
        return ReceptiveField(note=DISORDERED)
    with np.errstate(all="ignore"):  # what is not finite is left out
        shifts, spreads = _middles(_fields(model, layer))
    if _is_small(layer.layout.grid):  # the first field is of one cell alone
        shifts[0], spreads[1:] = np.nan, spreads[0]
    found = np.isfinite(shifts).all(axis=1)
    if not found.any():
        return ReceptiveField(note=UNKNOWN)
    error = shifts[found].std(axis=0) / np.sqrt(found.sum())
    spread = _midmean(spreads[found])
    if error.max() > _LARGEST_ERROR:
        return ReceptiveField(spread=spread, note=SCATTERED)
    shift = _midmean(shifts[found])
    in_errors = np.hypot(*(np.array(shift) / np.maximum(error, 1e-9)))
    is_told = np.hypot(*shift) >= _LEAST_SHIFT and in_errors >= _TOLD
    return ReceptiveField(shift if is_told else (0.0, 0.0), spread)


def _is_disordered(model: LoadedModel, layer: TargetLayer) -> bool:
    """Whether tokens lie in another order than row by row, as those of windows that come one after the other.

    Seen where a quarter of the image is changed and the cells of that quarter change much less than others. Of 12
    vision transformers and mixers with random weights the least share is 0.89; of Hiera's early blocks it is at most
    0.41. Where all is mixed evenly, any quarter holds the most there is.
    """
    image = next(_inputs(model.input_spec))
    height, width = (side // 2 for side in image.shape[-2:])
    other = image.clone()
    other[..., :height, -width:] = image[..., -height:, :width]  # one that a transposed order takes elsewhere as well
    plain, changed = (_forward(model, layer, one)[1].detach() for one in (image, other))
    change = (changed - plain)[0].double().abs().sum(dim=0)  # (h, w)
    rows, columns = (-(-side // 2) for side in change.shape)
    within, most = change[:rows, -columns:].sum(), change.flatten().topk(rows * columns).values.sum()
    return bool(within < _IN_ORDER * most)


def _fields(model: LoadedModel, layer: TargetLayer) -> np.ndarray:
    """(fields, bins, bins) float64, each with its cell in the middle.

    The first one tells how far apart cells must be to be measured in one backward pass.
    """
    grid = layer.layout.grid
    apart, beside = _largest_odd(grid), iter(_BESIDE)
    fields: list[np.ndarray] = []
    for image, count in zip(_inputs(model.input_spec), _BACKWARDS, strict=True):
        leaf, output = _forward(model, layer, image)
        for offset in islice(beside, count):
            cells = _middle_cells(grid, apart, offset)
            if fields and _is_small(grid):  # the first field alone tells how wide one is
                cells = replace(cells, beside=1)
            energy = _energy(leaf, output, cells, seed=len(fields))
            if not fields:
                apart = _apart(*_middles(_cut(energy, grid, cells)), grid)
                cells = replace(cells, apart=apart)
            fields.append(_cut(energy, grid, cells))
        del leaf, output  # and the graph, before the next one is made
    return np.concatenate(fields)


def _inputs(spec: InputSpec) -> Iterator[Tensor]:
    """(1, channels, height, width) each, normalised, always the same: fine noise, and noise in coarse patches."""
    seeded, (channels, height, width) = torch.Generator().manual_seed(0), spec.shape
    mean, deviation = (torch.tensor(values)[None, :, None, None] for values in (spec.mean, spec.std))
    fine, other = (torch.randn(1, channels, height, width, generator=seeded) for _ in range(2))
    patches = torch.randn(1, channels, _PATCHES, _PATCHES, generator=seeded)
    coarse = 0.3 * other + functional.interpolate(patches, size=(height, width), mode="bicubic")
    for noise in (fine, coarse):
        yield ((0.5 + _CONTRAST * noise).clamp(0, 1) - mean) / deviation


def _middle_cells(grid: Grid, apart: int, offset: tuple[int, int]) -> _Cells:
    """As many as fit, in the middle of a grid; where that is one, this far beside the middle one."""
    count = min(max(min(grid) // apart, 1), _MOST)
    row, column = (_first_middle(side, count, apart, step) for side, step in zip(grid, offset, strict=True))
    return _Cells(row, column, count, apart)


def _first_middle(side: int, count: int, apart: int, step: int) -> int:
    free = side - count * apart
    return free // 2 + apart // 2 + (step if count == 1 and side % 2 else max(step, 0) * (free % 2))


def _apart(middles: np.ndarray, spreads: np.ndarray, grid: Grid) -> int:
    """Cells from one measured cell to the next, as the first fields suggest; odd, so that each is in its middle.

    As many as fit, where a cell looks so far off that the field of the next one would be nearer.
    """
    if not np.isfinite(spreads).all():
        return _largest_odd(grid)
    apart = max(_LEAST, 2 * round(_FIELD * float(spreads.max()) / 2) + 1)
    is_near = 4 * np.abs(middles).max() <= apart
    return apart if 2 * apart <= min(grid) and is_near else _largest_odd(grid)


def _largest_odd(grid: Grid) -> int:
    side = min(grid)
    return max(side - 1 + side % 2, 3)


def _forward(model: LoadedModel, layer: TargetLayer, image: Tensor) -> tuple[Tensor, Tensor]:
    """An input, and the maps that the layer gives for it, with the graph between them."""
    with differentiable(model.device), memory_for_a_pass(), recording([layer.name]) as outputs:
        leaf = image.to(model.device, copy=True).requires_grad_()
        model.module(leaf.clone())
    output = outputs[layer.name]
    return leaf, leaf if output is None else layer.layout.maps(output)


def _energy(leaf: Tensor, output: Tensor, cells: _Cells, *, seed: int) -> np.ndarray:
    """(height, width) float64: the squared gradient of these cells, their channels summed with random signs.

    In the mean over the signs that is the sum over channels and cells of their own squared gradients.
    """
    with differentiable(leaf.device), memory_for_a_pass():
        signs = _signs(output, cells, seed)
        (gradient,) = torch.autograd.grad(
            output, leaf, signs, retain_graph=True, allow_unused=True, materialize_grads=True
        )
    return np.asarray((gradient[0].double().cpu() ** 2).sum(dim=0).numpy())


def _is_small(grid: Grid) -> bool:
    """Whether a grid has room for one measured cell alone, and for those round it."""
    return _ROOM[0] <= min(grid) <= _ROOM[1]


def _signs(output: Tensor, cells: _Cells, seed: int) -> Tensor:
    """1 or -1 at every channel of these cells, 0 elsewhere."""
    seeded = torch.Generator().manual_seed(seed)
    steps = (torch.arange(cells.count)[:, None] * cells.apart + torch.arange(-cells.beside, cells.beside + 1)).flatten()
    drawn = torch.randint(0, 2, (output.shape[1], len(steps), len(steps)), generator=seeded)
    signs = torch.zeros(output.shape)
    signs[0, :, (cells.row + steps)[:, None], (cells.column + steps)[None, :]] = drawn.float() * 2 - 1
    return signs.to(output)


def _cut(energy: np.ndarray, grid: Grid, cells: _Cells) -> np.ndarray:
    """The field of each cell: (cells, bins, bins), `apart` cells wide and high."""
    bins = cells.apart * _BINS
    steps = 0.5 - cells.apart / 2 + np.arange(cells.count * bins + 1) / _BINS
    rows, columns = cells.row + steps, cells.column + steps
    height, width = energy.shape
    counted = _binned(_binned(energy, rows * height / grid[0]).T, columns * width / grid[1]).T
    parted = counted.reshape(cells.count, bins, cells.count, bins)
    return np.asarray(parted.transpose(0, 2, 1, 3).reshape(-1, bins, bins))


def _binned(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Sums of the rows from each edge to the next; of a row that is cut, its part. Beyond the last one is nothing."""
    summed = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    inside = np.clip(edges, 0, len(values))
    below = np.minimum(inside.astype(int), len(values) - 1)
    share = (inside - below)[:, None]
    return np.diff(summed[below] * (1 - share) + summed[below + 1] * share, axis=0)


def _middles(fields: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The (x, y) middle of each field in cells from its cell's own, and its (x, y) deviation; NaN where it has none.

    A soft window, wide at first, goes to the middle of what it holds until it rests, and becomes about as wide as that.
    Whatever is the same on all sides does not move it.
    """
    bins = fields.shape[-1]
    reach = bins / _BINS / 2
    at = (np.arange(bins) + 0.5) / _BINS - reach
    fields = fields - _border(fields)[:, None, None]
    widest = max(_WIDEST * 2 * reach, _NARROWEST)
    middle, wide = np.zeros((len(fields), 2)), np.full((len(fields), 2), widest)
    spread = wide
    for _ in range(_STEPS):
        moved, inside = _seen(fields, at, middle, wide)
        spread = 1 / np.sqrt(np.maximum(1 / inside**2 - 1 / wide**2, 1 / (4 * reach) ** 2))  # without the window
        fitted = np.clip(_WINDOW * spread, np.maximum(_NARROWEST, wide / _SHRINK), widest)
        rests = np.abs(moved - middle) + np.abs(fitted - wide) < _STILL
        middle, wide = moved, fitted
        if (rests | ~np.isfinite(middle)).all():
            break
    middle[np.abs(middle).max(axis=1) > reach] = np.nan
    return middle, spread


def _seen(fields: np.ndarray, at: np.ndarray, middle: np.ndarray, wide: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation, (fields, 2) each, of what a window of this middle and deviation holds."""
    window = np.exp(-0.5 * ((at - middle[..., None]) / wide[..., None]) ** 2)  # (fields, 2, bins)
    held = fields * window[:, 1, :, None] * window[:, 0, None, :]
    sides = np.stack([held.sum(axis=1), held.sum(axis=2)], axis=1)  # (fields, bins, bins) → (fields, 2, bins)
    sides = sides / sides.sum(axis=2, keepdims=True)
    mean = (sides * at).sum(axis=2)
    square = (sides * (at - mean[..., None]) ** 2).sum(axis=2)
    return mean, np.sqrt(np.maximum(square, 1e-6))


def _border(fields: np.ndarray) -> np.ndarray:
    """What lies all round each field: the mean of its outermost bins."""
    sides = (fields[:, 0], fields[:, -1], fields[:, :, 0], fields[:, :, -1])
    return np.asarray(np.concatenate(sides, axis=1).mean(axis=1))


def _midmean(pairs: np.ndarray) -> tuple[float, float]:
    """The mean of what is neither in the lowest nor in the highest quarter, for each of the two: nearly a median."""
    outer = len(pairs) // 4
    ordered = np.sort(pairs, axis=0)[outer : len(pairs) - outer]
    x, y = (round(float(value), _DIGITS) + 0.0 for value in ordered.mean(axis=0))  # + 0.0: no -0.0
    return x, y


def _lock_of(key: _Key) -> threading.Lock:
    """Held by the one thread that measures, for as long as any thread has it."""
    with _guard:
        return _measuring.setdefault(key, threading.Lock())
