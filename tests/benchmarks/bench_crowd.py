"""Does one server carry a crowd: thirty people, five acts each within a minute, or a hundred within three?

    python -m tests.benchmarks.bench_crowd [--sessions 30] [--seconds 60] [--acts 5] [--after 180]
    python -m tests.benchmarks.bench_crowd --sessions 100 --seconds 180 --acts 10

A fresh server with a resnet18 of random weights, and that many visitors without a browser (tests/crowd), who come
within some seconds, do five things at random moments (one brings a photograph of its own) and leave. The clock of an
act runs from what is sent to the end of the last run that it causes. Memory is the server's resident one, before the
crowd (one visitor has come and gone, so everything is imported), at its peak, and some minutes after all have left.
Wrong is a view that does not belong to the last act of its visitor. Where the server says in a sentence how many
wait, the act is counted as refused, and the visitor goes on. Each comes from an address of its own. Linux only.
"""

import argparse
import itertools
import os
import platform
import random
import re
import statistics
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from safetensors.torch import save_file

from gradcam_core.methods import METHODS
from gradcam_core.samples import available_samples
from tests.benchmarks.bench_sessions import server_megabytes
from tests.crowd.client import Visitor, visiting
from tests.pages.support import write_description
from tests.server import running_server
from tests.support import IMAGENET_MEAN, IMAGENET_STD, calibrated, photograph

_MODEL, _CLASSES, _SIDE = "photos", 50, 1024
_ACTS = ("class", "method", "layer", "model", "sample")
_USUAL = {"image": "meadow", "model": "tinynet", "method": "gradcam"}  # what the address leaves out
_PHOTOGRAPH = "upload-"  # and its hash: the image's name in the address
_QUIET = 2.0  # seconds: so long a run may wait for a core before its first message
_USUAL_LAYER = {"tinynet": "blocks.5", _MODEL: "layer4.1"}  # which the address does not say
_LOOK_EVERY = 0.2  # seconds, at the memory
_BUSY = re.compile(r"This server is busy.* waiting already")


@dataclass
class Crowd:
    """What became of all acts.

    Attributes:
        seconds: of each act, by its kind.
        slow: the same, each with what was then on screen.
        refused: acts that were answered by the sentence that says how many wait.
        faults: what should not have happened, in words.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    slow: list[tuple[float, str]] = field(default_factory=list)
    refused: int = 0
    faults: list[str] = field(default_factory=list)

    def note(self, kind: str, visitor: Visitor, chosen: dict[str, str]) -> None:
        """Wait for the answer to an act, and look whether it is of what was chosen."""
        seconds, shown = visitor.settle(), shown_by(visitor)
        if any(_BUSY.search(problem) for problem in visitor.screen.problems):
            self.refused += 1
            visitor.screen.problems[:] = [one for one in visitor.screen.problems if not _BUSY.search(one)]
            chosen = {}  # the former view stays until the next act, which is answered with all that was chosen
        self.seconds.setdefault(kind, []).append(seconds)
        self.slow.append((seconds, f"{kind}: {shown['model']} {shown['layer']} {shown['method']}"))
        self.faults += [
            f"{kind}: {name} is not {want}: {shown}" for name, want in chosen.items() if not _is(shown[name], want)
        ]
        self.faults += [f"{kind}: {problem}" for problem in visitor.screen.problems]
        visitor.screen.problems.clear()


def add_resnet(folder: Path) -> None:
    """A resnet18 with random weights and fifty classes, as an operator adds a checkpoint."""
    save_file(calibrated("resnet18").state_dict(), folder / f"{_MODEL}.safetensors")
    preprocessing = {"resize_size": 256, "crop_size": 224, "mean": IMAGENET_MEAN, "std": IMAGENET_STD}
    description = {"version": 1, "title": "Photo network", "architecture": "torchvision/resnet18"}
    labels = [f"kind {index}" for index in range(_CLASSES)]
    description |= {"num_classes": _CLASSES, "labels": labels, "preprocessing": preprocessing}
    write_description(folder, _MODEL, description)


def shown_by(visitor: Visitor) -> dict[str, str]:
    """What the viewer's last message is about."""
    head = visitor.view.head
    image, model = head["imageAndModel"]
    said: dict[str, str] = (
        _USUAL | head["address"] | {"image": image or _USUAL["image"], "model": model or _USUAL["model"]}
    )
    layer = said.get("layer", _USUAL_LAYER[said["model"]])
    return said | {"layer": layer, "mapped": str(head["mapped"]), "photo": str(visitor.view.photo_is_its_own)}


def _is(shown: str, chosen: str) -> bool:
    return shown.startswith(chosen) if chosen == _PHOTOGRAPH else shown == chosen


def act(kind: str, visitor: Visitor, rng: random.Random, chosen: dict[str, str]) -> dict[str, str]:
    """Do one thing, with what was chosen so far at hand; what is chosen by it."""
    screen = visitor.screen
    if kind == "photograph":
        visitor.bring("mine.jpg", photograph(_SIDE, _SIDE, seed=rng.randrange(10**6)))
        return {"image": _PHOTOGRAPH}
    if kind == "class":
        missing = [
            index for index in range(len(visitor.view.head["labels"])) if index not in visitor.view.head["mapped"]
        ]
        visitor.ask_class(rng.choice(missing))
        return {}
    if kind == "sample":
        at_hand = [sample.slug for sample in available_samples()]
        place = rng.choice([at for at, slug in enumerate(at_hand) if slug != chosen["image"]][:8])
        visitor.click_card("sample", place)
        return {"image": at_hand[place]}
    if kind == "model":
        names = ["tinynet", _MODEL]
        place = 1 - names.index(chosen["model"])
        visitor.choose("model", place)
        return {"model": names[place], "layer": ""}
    options = screen.options(kind)
    place = rng.choice([at for at, option in enumerate(options) if option != screen.element(kind).raw_value])
    visitor.choose(kind, place)
    return {kind: list(METHODS)[place] if kind == "method" else options[place].split(" ")[0]}


def visit(address: str, crowd: Crowd, seconds: float, acts: int, number: int) -> None:
    """One person's minutes."""
    rng, start = random.Random(number), time.perf_counter()
    moments = sorted(rng.uniform(0, seconds - 5) for _ in range(acts))
    kinds = ["photograph", *itertools.islice(itertools.cycle(rng.sample(_ACTS, len(_ACTS))), acts - 1)]
    rng.shuffle(kinds)
    chosen = {"image": "meadow", "model": _MODEL, "method": "gradcam", "photo": "True"}
    time.sleep(rng.uniform(0, 5))
    try:
        coming_from = f"198.51.{100 + number // 250}.{1 + number % 250}"  # RFC 5737: for examples
        with visiting(address, {"model": _MODEL}, coming_from=coming_from, quiet=_QUIET) as visitor:
            crowd.note("come", visitor, chosen)
            for kind, moment in zip(kinds, moments, strict=True):
                time.sleep(max(0, start + 5 + moment - time.perf_counter()))
                chosen |= act(kind, visitor, rng, chosen)
                crowd.note(kind, visitor, {name: want for name, want in chosen.items() if want})
            time.sleep(max(0, start + seconds + 5 - time.perf_counter()))
    except Exception:  # noqa: BLE001 - whatever it is, it is counted and shown
        crowd.faults.append(traceback.format_exc(limit=-3))


@contextmanager
def watched(read: Callable[[], float]) -> Iterator[list[float]]:
    """Look again and again while the block runs."""
    seen, over = [read()], threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_EVERY):
            seen.append(read())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        over.set()
        looking.join()


def print_times(crowd: Crowd) -> None:
    """A row for each kind of act, and one for all but the coming."""
    every = [second for kind, seconds in crowd.seconds.items() if kind != "come" for second in seconds]
    print(f"{'':24}{'acts':>6}{'p50':>10}{'p95':>10}{'slowest':>10}")
    for kind, seconds in [*sorted(crowd.seconds.items()), ("all but come", every)]:
        p95 = statistics.quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
        print(f"{kind:24}{len(seconds):>6}{statistics.median(seconds):>8.2f} s{p95:>8.2f} s{max(seconds):>8.2f} s")


def print_slowest(crowd: Crowd) -> None:
    """The acts that took longest, and what they asked for."""
    print(f"\nslowest: {'; '.join(f'{seconds:.1f} s {what}' for seconds, what in sorted(crowd.slow)[:-6:-1])}")


def print_memory(before: float, peak: float, at_end: float, after: float, waited: float) -> None:
    """The server's, in MB."""
    print(f"\nresident: {before:,.0f} MB before, {peak:,.0f} at peak, {at_end:,.0f} when they had left,")
    print(f"{after:,.0f} MB {waited:.0f} s later: {after - before:+,.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--acts", type=int, default=5)
    parser.add_argument("--after", type=float, default=180)
    options = parser.parse_args()
    crowd = Crowd()
    print(
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {options.sessions} sessions"
    )
    with tempfile.TemporaryDirectory() as folder:
        add_resnet(Path(folder))
        with running_server(Path(folder)) as address, ThreadPoolExecutor(options.sessions) as people:
            visit(address, Crowd(), 10, 2, options.sessions)
            before = server_megabytes()
            with watched(server_megabytes) as seen:
                list(people.map(partial(visit, address, crowd, options.seconds, options.acts), range(options.sessions)))
            at_end = server_megabytes()
            time.sleep(options.after)
            after = server_megabytes()
    print(f"refused in a sentence: {crowd.refused}; faults: {len(crowd.faults)}", *crowd.faults[:20], sep="\n")
    print_times(crowd)
    print_slowest(crowd)
    print_memory(before, max(seen), at_end, after, options.after)


if __name__ == "__main__":
    main()
