"""Does long work report itself, say how long it takes, stop when asked, and stay out of the way of quick work?"""

import gc
import hashlib
import logging
import random
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest
from torchvision.models import SqueezeNet1_0_Weights

from gradcam_core.errors import HeatproofError, ModelError
from gradcam_core.models import LoadedModel, download_model, find_model
from gradcam_core.resources.estimate import TimeEstimate
from gradcam_core.resources.job import (
    CANCELLED,
    DONE,
    FAILED,
    FORWARD_PASSES,
    MEGABYTES,
    RUNNING,
    Job,
    JobReport,
    Report,
    Work,
)
from gradcam_core.resources.jobs import Jobs
from gradcam_core.resources.queue import ComputeQueue, Turn, Waiting
from tests.core.loopback import Server, http, together
from tests.core.waiting import until
from tests.occlusion import occlusion

NAME = "squeezenet1_0"
WEIGHTS = random.Random(0).randbytes(400_000)  # whole by its hash; nobody loads it here
HALF = len(WEIGHTS) // 2


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty torch cache, and no proxy on the way to loopback."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "torch" / "hub" / "checkpoints"


class Admission:
    """A server's answer that gives half of the file, and the rest once it may."""

    def __init__(self) -> None:
        self.is_half_out, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, connection: socket.socket) -> None:
        whole = http(WEIGHTS)
        connection.sendall(whole[:-HALF])
        self.is_half_out.set()
        self.may_go_on.wait(20)
        connection.sendall(whole[-HALF:])


@pytest.fixture
def gate(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Admission:
    """Where torchvision now looks for SqueezeNet."""
    path = f"/{NAME}-{hashlib.sha256(WEIGHTS).hexdigest()[:8]}.pth"
    monkeypatch.setattr(SqueezeNet1_0_Weights.IMAGENET1K_V1.value, "url", server.url(path))
    server.answers[path] = Admission()
    answer = server.answers[path]
    assert isinstance(answer, Admission)
    return answer


@pytest.fixture
def jobs() -> Jobs:
    """Of a machine with two cores."""
    return Jobs(ComputeQueue(2, most_waiting=4))


def fetch(report: Report[object]) -> object:
    return download_model(NAME, progress=report)


def download(jobs: Jobs) -> Job[object]:
    return jobs.start_shared(NAME, Work(fetch, "SqueezeNet", MEGABYTES))


def test_a_download_reports_its_bytes_and_ends_done(gate: Admission, cache: Path, jobs: Jobs) -> None:
    job = download(jobs)
    assert gate.is_half_out.wait(20)
    assert (job.state, job.is_running) == (RUNNING, True)
    gate.may_go_on.set()
    assert job.wait(20)
    assert (job.state, job.done, job.total, job.error) == (DONE, len(WEIGHTS), len(WEIGHTS), None)
    assert find_model(NAME).ready


def test_whoever_starts_a_running_download_joins_it(gate: Admission, server: Server, jobs: Jobs) -> None:
    seen: list[Job[object]] = []
    together(8, lambda: seen.append(download(jobs)))
    assert len(set(seen)) == 1
    assert jobs.latest_shared(NAME) is seen[0]
    gate.may_go_on.set()
    assert seen[0].wait(20)
    assert len(server.requests) == 1


def test_a_cancelled_download_counts_so_at_once_and_leaves_nothing(gate: Admission, cache: Path, jobs: Jobs) -> None:
    job = download(jobs)
    assert gate.is_half_out.wait(20)
    job.cancel()
    assert (job.state, job.is_running) == (CANCELLED, False)
    second = download(jobs)
    assert second is not job
    gate.may_go_on.set()
    assert job.wait(20)
    assert second.wait(20)
    assert (job.state, second.state) == (CANCELLED, DONE)
    assert [path.suffix for path in cache.iterdir()] == [".pth"]


def test_a_failure_is_kept_with_its_hint(gate: Admission, server: Server, cache: Path, jobs: Jobs) -> None:
    server.answers.clear()
    job = download(jobs)
    assert job.wait(20)
    assert job.state == FAILED
    assert isinstance(job.error, ModelError)
    assert "404" in job.error.message
    assert job.error.hint
    assert list(cache.iterdir()) == []


def test_what_has_ended_stays_as_it_ended(gate: Admission, jobs: Jobs) -> None:
    gate.may_go_on.set()
    job = download(jobs)
    assert job.wait(20)
    job.cancel()
    assert job.state == DONE


def test_what_nobody_started_has_no_job(jobs: Jobs) -> None:
    assert jobs.latest_shared(NAME) is None
    assert jobs.latest("ada", NAME) is None


class Steps:
    """Work that takes a step whenever the test says so, and says when it has reported."""

    def __init__(self, total: int = 100) -> None:
        self.total = total
        self.has_begun, self.has_reported, self.may_step = (threading.Semaphore(0) for _ in range(3))

    def __call__(self, report: Report[int]) -> int:
        self.has_begun.release()
        for done in range(1, self.total + 1):
            assert self.may_step.acquire(timeout=20)
            report(done, self.total, done**2)
            self.has_reported.release()
        return -1

    def begun(self) -> "Steps":
        assert self.has_begun.acquire(timeout=20)
        return self

    def step(self) -> None:
        self.may_step.release()
        assert self.has_reported.acquire(timeout=20)

    def work(self) -> Work[int]:
        return Work(self, "Steps", FORWARD_PASSES)

    def end(self) -> None:
        for _ in range(self.total):
            self.may_step.release()


@pytest.fixture
def steps() -> Iterator[Callable[[], Steps]]:
    """Makes such works, and lets them all end."""
    made: list[Steps] = []

    def make(total: int = 100) -> Steps:
        made.append(Steps(total))
        return made[-1]

    yield make
    for one in made:
        one.end()


def test_progress_and_partial_results_can_be_seen_while_it_runs(jobs: Jobs, steps: Callable[..., Steps]) -> None:
    work = steps(3)
    job = jobs.start("ada", "squares", work.work())
    work.begun()
    assert (job.done, job.total, job.partial, job.result) == (0, 0, None, None)
    work.step()
    work.step()
    assert (job.done, job.total, job.partial, job.result) == (2, 3, 4, None)
    work.step()
    assert job.wait(20)
    assert (job.state, job.partial, job.result) == (DONE, 9, -1)


def test_a_partial_result_outlives_cancel_and_a_late_one_does_not_count(
    jobs: Jobs, steps: Callable[..., Steps]
) -> None:
    work = steps()
    job = jobs.start("ada", "squares", work.work())
    work.begun().step()
    job.cancel()
    work.may_step.release()
    assert job.wait(20)
    assert (job.state, job.done, job.partial, job.result) == (CANCELLED, 1, 1, None)


def test_an_owner_finds_a_job_again_and_nobody_else_does(jobs: Jobs, steps: Callable[..., Steps]) -> None:
    job = jobs.start("ada", "squares", steps().work())
    assert jobs.start("ada", "squares", steps().work()) is job
    assert jobs.latest("ada", "squares") is job
    assert jobs.latest("bob", "squares") is None
    assert jobs.latest("ada", "cubes") is None


def test_a_new_job_of_an_owner_ends_the_former_and_waits_for_its_thread(steps: Callable[..., Steps]) -> None:
    jobs, first, second = Jobs(ComputeQueue(3, most_waiting=4)), steps(), steps()  # with a second slot for slow work
    former = jobs.start("ada", "first", first.work())
    first.begun()
    job = jobs.start("ada", "second", second.work())
    assert former.state == CANCELLED
    assert not second.has_begun.acquire(timeout=0.3)  # the former one computes until its next report
    first.may_step.release()
    second.begun()
    assert former.wait(20)
    assert job.is_running


def test_slow_jobs_leave_a_slot_for_quick_work_even_of_the_same_owner(steps: Callable[..., Steps]) -> None:
    queue = ComputeQueue(2, most_waiting=4)
    jobs, first, second = Jobs(queue), steps(), steps()
    jobs.start("ada", "slow", first.work())
    first.begun()
    waiting = jobs.start("bob", "slow", second.work())
    with queue.turn("ada"), pytest.raises(HeatproofError), queue.turn("bob", waiting=give_up):
        pass
    while waiting.ahead is None and waiting.is_running:
        time.sleep(0.01)
    with queue.turn("bob"):  # and it takes no place away from his own slow job
        assert waiting.is_running
    assert (queue.waiting, waiting.ahead) == (1, 0)


def give_up(_ahead: int) -> None:
    raise HeatproofError("both slots are taken")


def test_a_job_that_waits_for_a_slot_is_cancelled_without_having_begun(steps: Callable[..., Steps]) -> None:
    queue = ComputeQueue(1, most_waiting=4)
    jobs, first, second = Jobs(queue), steps(), steps()
    jobs.start("ada", "slow", first.work())
    first.begun()
    waiting = jobs.start("bob", "slow", second.work())
    waiting.cancel()
    assert waiting.wait(2)
    assert queue.waiting == 0
    assert not second.has_begun.acquire(blocking=False)


def test_a_full_line_refuses_a_job_in_a_sentence(steps: Callable[..., Steps]) -> None:
    queue = ComputeQueue(1, most_waiting=0)
    jobs, first = Jobs(queue), steps()
    jobs.start("ada", "slow", first.work())
    first.begun()
    refused = jobs.start("bob", "slow", steps().work())
    assert refused.wait(20)
    assert refused.state == FAILED
    assert "busy" in str(refused.error)


def test_what_an_owner_had_ends_when_they_leave(jobs: Jobs, steps: Callable[..., Steps]) -> None:
    work = steps()
    job = jobs.start("ada", "squares", work.work())
    shared = jobs.start_shared("squares", steps().work())
    jobs.end_of("ada")
    assert job.state == CANCELLED
    assert jobs.latest("ada", "squares") is None
    assert shared.is_running
    shared.cancel()


def test_only_who_is_absent_twice_in_a_row_has_left(jobs: Jobs, steps: Callable[..., Steps]) -> None:
    job = jobs.start("ada", "squares", steps().work())
    for is_present in (False, True, False):
        jobs.end_absent(lambda _owner, answer=is_present: answer)  # type: ignore[misc]
        assert job.is_running
    jobs.end_absent(lambda _owner: False)
    assert job.state == CANCELLED


def test_an_owner_keeps_a_few_ended_jobs_and_their_results(jobs: Jobs) -> None:
    for number in range(8):
        assert jobs.start("ada", number, Work(lambda _report: "done", "Quick", FORWARD_PASSES)).wait(20)
    kept = [number for number in range(8) if jobs.latest("ada", number)]
    assert kept == [3, 4, 5, 6, 7]


class Burden:
    """Stands for an image or an activation."""


def test_an_ended_job_lets_go_of_what_its_work_held(jobs: Jobs) -> None:
    held = [
        weakref.ref(burden) for burden in (work_with_a_burden(jobs, fails=False), work_with_a_burden(jobs, fails=True))
    ]
    gc.collect()
    assert [reference() for reference in held] == [None, None]


def work_with_a_burden(jobs: Jobs, *, fails: bool) -> Burden:
    burden = Burden()

    def run(_report: Report[None]) -> None:
        kept = burden
        if fails:
            raise ModelError(f"not with {kept.__class__.__name__}") from OSError("disk")

    assert jobs.start("ada", fails, Work(run, "Burden", FORWARD_PASSES)).wait(20)
    return burden


@pytest.fixture
def busy() -> Iterator[ComputeQueue]:
    """Two slots, one of them taken by quick work."""
    queue = ComputeQueue(2, most_waiting=4)
    with queue.turn("eve"):
        yield queue


def test_quick_work_that_waits_goes_between_two_reports_of_a_job(
    busy: ComputeQueue, steps: Callable[..., Steps]
) -> None:
    work, may_end = steps(), threading.Event()
    job = Jobs(busy).start("ada", "squares", work.work())
    work.begun()

    def quick() -> None:
        with busy.turn("bob"):
            assert may_end.wait(20)

    with ThreadPoolExecutor(1) as pool:
        passes = pool.submit(quick)
        until(lambda: busy.waiting == 1)
        work.may_step.release()  # the job reports, and gives its slot up until the quick work has passed
        until(lambda: job.ahead == 0)
        assert (job.is_running, job.done, busy.running) == (True, 1, 2)
        may_end.set()
        passes.result(20)
    assert work.has_reported.acquire(timeout=20)
    assert job.ahead is None
    work.step()
    assert job.done == 2


def test_a_job_that_waits_between_two_reports_is_cancelled_there(
    busy: ComputeQueue, steps: Callable[..., Steps]
) -> None:
    work = steps()
    job = Jobs(busy).start("ada", "squares", work.work())
    work.begun()
    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        passes = pool.submit(lambda: stack.enter_context(busy.turn("bob")))
        until(lambda: busy.waiting == 1)
        work.may_step.release()
        passes.result(20)
        until(lambda: job.ahead == 0)
        job.cancel()
        assert job.wait(20)
        assert (job.state, busy.waiting, busy.running) == (CANCELLED, 0, 2)


def test_a_job_knows_its_slot_and_shared_work_has_none(jobs: Jobs) -> None:
    def held(report: JobReport[object]) -> object:
        return report.turn

    own = jobs.start("ada", "slot", Work(held, "Slot", FORWARD_PASSES))
    assert own.wait(20)
    assert isinstance(own.result, Turn)
    everybodys = jobs.start_shared("slot", Work(held, "Slot", FORWARD_PASSES))
    assert everybodys.wait(20)
    assert (everybodys.state, everybodys.result) == (DONE, None)


def test_a_mistake_of_ours_ends_the_job_and_is_logged_whole(jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_report: Report[None]) -> None:
        raise RuntimeError("secret")

    with caplog.at_level(logging.ERROR, logger="heatproof"):
        job = jobs.start("ada", "broken", Work(broken, "The card", FORWARD_PASSES))
        assert job.wait(20)
    assert job.state == FAILED
    assert "The card failed." in str(job.error)
    assert "secret" not in str(job.error)
    assert "secret" in caplog.text


def test_a_real_slow_run_shows_its_map_so_far_and_stops_within_two_seconds(jobs: Jobs, tinynet: LoadedModel) -> None:
    whole = occlusion(tinynet, "meadow", stride=56)(lambda *_: None)
    seen = threading.Event()

    def watched(report: Report[np.ndarray]) -> np.ndarray:
        def told(done: int, total: int, partial: np.ndarray | None = None) -> None:
            report(done, total, partial)
            if done >= 3:
                seen.set()

        return occlusion(tinynet, "meadow", stride=4)(told)

    assert np.isfinite(whole).all()
    job = jobs.start("ada", "occlusion", Work(watched, "Occlusion", FORWARD_PASSES))
    assert seen.wait(60)
    assert job.partial is not None
    assert 3 <= np.isfinite(job.partial).sum() < job.partial.size
    job.cancel()
    assert job.wait(2)
    assert job.state == CANCELLED


def timed(*steps: tuple[float, int], total: int = 100) -> Iterator[float | None]:
    """What a job says is left right after each report, made at these seconds."""
    estimate = TimeEstimate(0.0)
    for now, done in steps:
        estimate.record(now, done)
        yield estimate.seconds_left(now, total)


def test_an_even_pace_gives_what_is_left_to_the_second() -> None:
    left = list(timed(*((2.0 * done, done) for done in range(1, 100))))
    assert left[0] is None  # the first step often loads what all others use
    assert left[1:] == pytest.approx([2.0 * (100 - done) for done in range(2, 100)])


def test_before_a_second_of_work_and_without_a_total_nothing_is_known() -> None:
    assert list(timed((0.5, 1), (0.9, 2), (1.4, 3), (1.5, 4))) == [None, None, None, pytest.approx(32.0)]
    assert list(timed((2.0, 1), (4.0, 2), (6.0, 3), total=0)) == [None, None, None]


def test_a_slow_first_step_says_nothing_of_the_others() -> None:
    assert list(timed((1.0, 0), (30.0, 0), (31.0, 1), (32.0, 2)))[2:] == [None, pytest.approx(98.0)]
    assert list(timed((30.0, 1), (31.0, 2), (32.0, 3))) == [None, pytest.approx(98.0), pytest.approx(97.0)]


def test_the_latest_pace_counts() -> None:
    slow = [(float(second), second) for second in range(1, 50)]
    fast = [(49 + 0.5 * step, 49 + step) for step in range(1, 50)]
    *_, left = timed(*slow, *fast, total=200)
    assert left == pytest.approx(0.5 * (200 - 98), rel=0.1)


def test_what_reports_a_thousand_times_a_second_is_judged_over_ten_seconds() -> None:
    reports = [(step / 1000, 5 * step) for step in range(1, 20_000)]  # 5 units a millisecond
    *_, left = timed(*reports, total=200_000)
    assert left == pytest.approx((200_000 - 5 * 19_999) / 5000, rel=0.01)


def test_what_falls_silent_has_no_estimate_and_what_is_slow_by_nature_has() -> None:
    estimate = TimeEstimate(0.0)
    for second in range(1, 11):
        estimate.record(float(second), second)
    assert estimate.seconds_left(12.0, 20) == pytest.approx(8.0)
    assert estimate.seconds_left(16.0, 20) is None
    slow = TimeEstimate(0.0)
    for number in (1, 2, 3):
        slow.record(10.0 * number, number)
    assert slow.seconds_left(38.0, 10) == pytest.approx(62.0)


def test_the_clock_of_the_estimate_starts_when_the_work_does() -> None:
    """Not when it began to wait for a slot."""
    now, lefts = [0.0], list[float | None]()

    @contextmanager
    def turn(waiting: Waiting) -> Iterator[None]:
        waiting(3)
        now[0] = 100.0
        yield

    def run(report: Report[None]) -> None:
        for done in (1, 2):
            now[0] += 10.0
            report(done, 4)
            lefts.append(job.seconds_left)

    job = Job(Work(run, "Late", FORWARD_PASSES), clock=lambda: now[0])
    job.start(turn)
    assert job.wait(20)
    assert (lefts, job.ahead) == ([None, 20.0], None)


def test_work_that_begins_anew_is_judged_anew() -> None:
    *_, left = timed((10.0, 50), (20.0, 51), (30.0, 0), (32.0, 1), (34.0, 2), total=10)
    assert left == pytest.approx(16.0)
