"""What do threads that wait cost those that compute?

    python -m tests.benchmarks.bench_waiting [--crowd 12] [--rounds 30]

A forward pass of ResNet-18 with two torch threads, alone and beside so many other processes that keep the cores busy,
with OpenMP's threads spinning while they wait (`active`, which is near its default) and sleeping (`passive`, as every
entrance of the program sets it). Alternately, three times each, in processes of their own, for the policy is read when
torch is imported. Medians, in milliseconds.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_FORWARDS = """
import sys, time, torch, torchvision
torch.set_num_threads(2)
network, image = torchvision.models.resnet18().eval(), torch.zeros(1, 3, 224, 224)
with torch.inference_mode():
    for _ in range(3):
        network(image)
    for _ in range(int(sys.argv[1])):
        start = time.perf_counter()
        network(image)
        print((time.perf_counter() - start) * 1e3)
"""
_BUSY = "while True: pass"
_POLICIES, _REPEATS = ("active", "passive"), 3


@contextmanager
def crowd(count: int) -> Iterator[None]:
    """So many processes that compute without a pause."""
    processes = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def forward_times(policy: str, rounds: int) -> list[float]:
    """Milliseconds of each forward pass."""
    environment = os.environ | {"OMP_WAIT_POLICY": policy}
    command = [sys.executable, "-c", _FORWARDS, str(rounds)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return [float(line) for line in done.stdout.split()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--crowd", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    for count in (0, options.crowd):
        times: dict[str, list[float]] = {policy: [] for policy in _POLICIES}
        with crowd(count):
            for _ in range(_REPEATS):
                for policy in _POLICIES:
                    times[policy] += forward_times(policy, options.rounds)
        active, passive = (statistics.median(times[policy]) for policy in _POLICIES)
        print(
            f"{count:3} busy beside: active {active:7.0f} ms, passive {passive:7.0f} ms, {active / passive:.1f} times"
        )


if __name__ == "__main__":
    main()
