"""How many Grad-CAMs a second do four threads get from one shared model, and what do fast clicks do to a plain app?

    python -m tests.benchmarks.bench_throughput [--runs 3] [--requests 32] [--without-apps]

A request is a fresh forward pass and the map of its likeliest class; the input tensor is prepared beforehand and the
same for all. The other design is the ordinary remedy: one lock round the grad-cam library. Each design gets the
better of one and two threads inside torch. Random weights: the time does not depend on them.

The plain app is what tutorials show: a cached model, and GradCAM for each click. It and ours get the same clicks,
each sent without waiting for the answer to the last one (tests/crowd), in a server of their own each time.
"""

import argparse
import itertools
import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from pytorch_grad_cam import GradCAM
from torch import Tensor, nn
from websockets.exceptions import ConnectionClosed

from gradcam_core import engine
from gradcam_core.decoding.decode import decode_image
from gradcam_core.preprocessing import prepare
from tests.benchmarks.bench_crowd import add_resnet
from tests.crowd.client import LostActError, Visitor, visiting
from tests.server import ROOT, wait_for
from tests.support import FOR_ANY_MODEL, calibrated, loaded, photograph

THREADS, CLASSES = 4, 5
OURS, LOCKED = "Heatproof", "one lock, grad-cam"
PAUSE = 0.03  # seconds between two clicks, in which what has come is drawn
Request = Callable[[], object]
Click = Callable[[Visitor, int], None]

PLAIN_APP = """
import streamlit as st
import torch
import torchvision
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.image import show_cam_on_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget


@st.cache_resource
def load_model():
    torch.manual_seed(0)
    return torchvision.models.resnet18(weights=None).eval()


@st.cache_resource
def load_picture():
    torch.manual_seed(0)
    return torch.rand(3, 224, 224)


picture, model = load_picture(), load_model()
chosen = st.radio("Class", range(5), key="class")
with GradCAM(model=model, target_layers=[model.layer4[-1]]) as cam:
    heatmap = cam(input_tensor=picture[None], targets=[ClassifierOutputTarget(chosen)])[0]
st.image(show_cam_on_image(picture.permute(1, 2, 0).numpy(), heatmap, use_rgb=True))
st.text(f"{chosen} " + " ".join(f"{value:.3f}" for value in heatmap[16::32, 16::32].flatten()))
"""


@dataclass(frozen=True)
class Rate:
    """Requests a second, and the milliseconds of one: the middle one, and that of 19 in 20."""

    each_second: float
    p50: float
    p95: float
    torch_threads: int


@dataclass
class Clicks:
    """What became of a run of fast clicks.

    Attributes:
        done: how many were sent until the server died, or all.
        wrong: maps that are not the one of their class; `shown`: all that were delivered.
        errors: what the page or the connection said.
        ended: the name of the signal that ended the server, "" if it lives.
    """

    done: int = 0
    shown: int = 0
    wrong: int = 0
    errors: list[str] = field(default_factory=list)
    ended: str = ""


@contextmanager
def designs(name: str) -> Iterator[dict[str, tuple[Request, int]]]:
    """What each design does for a request, and how many threads ask; our engine finds its input prepared already."""
    model, image = loaded(calibrated(name), name=name), decode_image(photograph(640, 480))
    prepared, explainer = prepare(image, model.input_spec), engine.Explainer(model)

    def ours() -> object:
        forward = explainer.forward(image)
        return forward.cam(forward.top(1)[0].class_index)

    locked = _locked(calibrated(name), explainer.layer.name, prepared.tensor)
    with patch.object(engine, "prepare", lambda *_, **__: prepared):
        yield {OURS: (ours, THREADS), LOCKED: (locked, THREADS), "Heatproof, one after another": (ours, 1)}


def _locked(module: nn.Module, layer: str, tensor: Tensor) -> Request:
    """The library as its documentation says, one request at a time."""
    lock, target = threading.Lock(), module.get_submodule(layer)

    def run() -> object:
        with lock, GradCAM(module, [target]) as cam:
            return cam(tensor, None)

    return run


def rate(request: Request, askers: int, torch_threads: int, requests: int) -> Rate:
    """One run: this many requests, as fast as the askers get their answers."""
    torch.set_num_threads(torch_threads)

    def timed(_: int) -> float:
        start = time.perf_counter()
        request()
        return time.perf_counter() - start

    with ThreadPoolExecutor(askers) as pool:
        list(pool.map(timed, range(askers)))  # to warm up
        start = time.perf_counter()
        seconds = list(pool.map(timed, range(requests)))
        each_second = requests / (time.perf_counter() - start)
    p95 = statistics.quantiles(seconds, n=20, method="inclusive")[-1]
    return Rate(each_second, 1000 * statistics.median(seconds), 1000 * p95, torch_threads)


def best(request: Request, askers: int, runs: int, requests: int) -> Rate:
    """The median run with one thread in torch, or with two, whichever is quicker."""
    medians = []
    for torch_threads in (1, 2):
        found = sorted((rate(request, askers, torch_threads, requests) for _ in range(runs)), key=_speed)
        medians.append(found[len(found) // 2])
    return max(medians, key=_speed)


def _speed(one: Rate) -> float:
    return one.each_second


def print_rates(name: str, runs: int, requests: int) -> None:
    """A table of one network."""
    with designs(name) as offered:
        rates = {what: best(request, askers, runs, requests) for what, (request, askers) in offered.items()}
    slowest = rates[LOCKED].each_second
    print(f"\n{name:30}{'a second':>10}{'to the lock':>13}{'p50':>10}{'p95':>10}{'torch threads':>15}")
    for what, one in rates.items():
        speed = f"{one.each_second:>10.1f}{one.each_second / slowest:>11.1f} x"
        print(f"{what:30}{speed}{one.p50:>8.0f} ms{one.p95:>7.0f} ms{one.torch_threads:>15}")


@contextmanager
def server(app: Path, checkpoints: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A Streamlit server that may die."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port), "--server.headless=true"]
    environment = os.environ | {"HEATPROOF_CHECKPOINTS": str(checkpoints), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(20)


def click_plain(visitor: Visitor, number: int) -> None:
    """Another class."""
    visitor.choose("class", number % CLASSES)


def click_ours(visitor: Visitor, number: int) -> None:
    """Another class whose map did not come along, or another method."""
    if number % 2:
        visitor.choose("method", number // 2 % len(FOR_ANY_MODEL))
    else:
        listed = visitor.view.head["mapped"]
        visitor.ask_class(
            [index for index in range(len(visitor.view.head["labels"])) if index not in listed][number % 30]
        )


def clicked(app: Path, checkpoints: Path, click: Click, people: int, clicks: int) -> Clicks:
    """Start a server and click fast: everybody in turn."""
    found = Clicks()
    with server(app, checkpoints) as (address, process), ExitStack() as stack:
        try:
            visitors = [stack.enter_context(visiting(address, {"model": "photos"})) for _ in range(people)]
            calm = _calm_maps(visitors[0]) if click is click_plain else {}
            for number, visitor in itertools.product(range(clicks), visitors):
                click(visitor, number)
                found.done += 1
                visitor.watch(PAUSE / people)
            for visitor in visitors:
                visitor.settle()
        except (ConnectionClosed, LostActError, OSError) as error:
            found.errors.append(repr(error))
        time.sleep(1)
        ended = process.poll()
        found.ended = (
            signal.Signals(-ended).name if ended is not None and ended < 0 else "" if ended is None else str(ended)
        )
        for visitor in visitors:
            found.errors += visitor.screen.problems
            _count_wrong(found, visitor.screen.texts, calm)
    return found


def _calm_maps(visitor: Visitor) -> dict[str, np.ndarray]:
    """The map of each class, waited for; what was shown so far is forgotten."""
    for place in range(CLASSES):
        click_plain(visitor, place + 1)
        visitor.settle()
    maps = dict(map(_read, visitor.screen.texts))
    visitor.screen.texts.clear()
    return maps


def _count_wrong(found: Clicks, texts: list[str], calm: dict[str, np.ndarray]) -> None:
    for chosen, values in map(_read, texts):
        found.shown += 1
        found.wrong += not np.allclose(values, calm[chosen], atol=0.01)


def _read(text: str) -> tuple[str, np.ndarray]:
    chosen, *values = text.split()
    return chosen, np.array(values, dtype=float)


def print_clicks(checkpoints: Path) -> None:
    """Both apps: one person, then four."""
    plain = checkpoints / "plain.py"
    plain.write_text(PLAIN_APP, encoding="utf-8")
    for what, app, click in (("plain app", plain, click_plain), ("Heatproof", ROOT / "app.py", click_ours)):
        for people, clicks, runs in ((1, 60, 5), (4, 25, 3)):
            print(f"\n{what}, {people} x {clicks} clicks")
            for _ in range(runs):
                print(f"  {_outcome(clicked(app, checkpoints, click, people, clicks))}", flush=True)


def _outcome(found: Clicks) -> str:
    maps = f", {found.wrong} of {found.shown} delivered maps wrong" if found.shown else ""
    if found.ended:
        return f"died ({found.ended}) by click {found.done}{maps}"
    return f"alive after {found.done} clicks{maps}, {len(found.errors)} errors {found.errors[:1] or ''}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--requests", type=int, default=32)
    parser.add_argument("--without-apps", action="store_true")
    options = parser.parse_args()
    print(
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, torch {torch.__version__}"
    )
    print(f"{THREADS} threads ask; medians of {options.runs} runs of {options.requests} requests at 224 px")
    for name in ("resnet18", "resnet50"):
        print_rates(name, options.runs, options.requests)
    if not options.without_apps:
        with tempfile.TemporaryDirectory() as folder:
            add_resnet(Path(folder))
            print_clicks(Path(folder))


if __name__ == "__main__":
    main()
