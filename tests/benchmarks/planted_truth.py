"""Does the verdict know true maps from others? On drawn scenes, where the truth is planted.

    python -m tests.benchmarks.planted_truth [--scenes 2000] [--shortcut 600] [--layers 120] [--workers 2] [--out FILE]

Scenes are those of seeds that were fixed before the first run; no network was trained on them, and no threshold of the
rule was chosen on them. Prints the tables of README and whether each limit holds: a limit is missed if the 95 % Wilson
interval of what was counted lies beyond it. Ends with 1 if one is missed. The networks are tinynet, the one with the
planted shortcut (`tests/planted/shortcut.py`, which trains it), and one with random weights.
"""

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from tests.planted.judged import Judged, judge_layers, judge_scene, judge_shortcut
from tests.planted.table import (
    LAYER_LIMITS,
    LIMITS,
    SHORTCUT_LIMITS,
    Outcome,
    lines_of,
    luck,
    outcomes,
    saying_beside,
)
from tests.planted.workers import over_seeds

FIRST_SCENE, FIRST_SHORTCUT, FIRST_LAYERS = 600_001, 610_000, 620_000  # the first scene's neighbour is 600,000


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge, print and write; 1 if a limit is missed."""
    options = _parser().parse_args(arguments)
    print(f"torch {torch.__version__}, {platform.machine()}, {options.workers} workers", flush=True)
    wanted = {"scenes": options.scenes, "shortcut": options.shortcut, "layers": options.layers}
    judged = {name: _judged(name, count, options.workers) for name, count in wanted.items() if count}
    if options.out:
        options.out.write_text(json.dumps({name: [asdict(one) for one in all_] for name, all_ in judged.items()}))
    held = [_told(name, found) for name, found in judged.items()]
    return 0 if all(held) else 1


def _judged(name: str, count: int, workers: int) -> list[Judged]:
    judge, first = {
        "scenes": (judge_scene, FIRST_SCENE),
        "shortcut": (judge_shortcut, FIRST_SHORTCUT),
        "layers": (judge_layers, FIRST_LAYERS),
    }[name]
    return over_seeds(judge, range(first, first + count), workers=workers)


def _told(name: str, judged: Sequence[Judged]) -> bool:
    """Print one table and its limits; whether all hold."""
    found = _outcomes(name, judged)
    print("", *lines_of(judged), "", *found, sep="\n", flush=True)
    return all(outcome.holds for outcome in found)


def _outcomes(name: str, judged: Sequence[Judged]) -> list[Outcome]:
    if name == "scenes":
        return [*outcomes(LIMITS, judged), *luck(judged)]
    if name == "shortcut":
        return [*outcomes(SHORTCUT_LIMITS, judged), saying_beside(judged)]
    return outcomes(LAYER_LIMITS, judged)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.planted_truth", description=main.__doc__)
    for name, default in {"scenes": 2000, "shortcut": 600, "layers": 120, "workers": 2}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--out", type=Path, help="every judged map as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
