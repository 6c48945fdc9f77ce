"""One function of many seeds, in several processes of one thread each."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

import torch
from threadpoolctl import threadpool_limits

Result = TypeVar("Result")


def over_seeds(judge: Callable[[int], list[Result]], seeds: Iterable[int], *, workers: int) -> list[Result]:
    """All results of all seeds, in their order; prints now and then how far it is.

    Args:
        judge: a function at the top of a module, for the processes are started anew and import it.
    """
    wanted, started = list(seeds), time.monotonic()
    results: list[Result] = []
    for done, found in enumerate(_found(judge, wanted, workers), start=1):
        results += found
        if done % 200 == 0 or done == len(wanted):
            print(f"[{time.monotonic() - started:5.0f} s] {done:,} of {len(wanted):,} scenes", flush=True)
    return results


def _found(judge: Callable[[int], list[Result]], seeds: list[int], workers: int) -> Iterator[list[Result]]:
    if workers == 1:
        yield from map(judge, seeds)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_use_one_thread) as executor:
        yield from executor.map(judge, seeds, chunksize=4)


def _use_one_thread() -> None:
    torch.set_num_threads(1)
    threadpool_limits(1, user_api="blas")
