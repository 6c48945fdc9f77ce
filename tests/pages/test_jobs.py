"""What is said of long work, and what a visitor is told when it fails."""

import re

import pytest

from gradcam_core.errors import Cancelled, ImageError
from gradcam_core.resources.job import CANCELLED, FAILED, FORWARD_PASSES, MEGABYTES, Job, Report, Unit, Work
from pages._ui.session.jobs import session_job, shared_job, start_job, start_shared_job
from pages._ui.text.incidents import error_markdown
from pages._ui.text.progress import job_words, progress_words, time_left_words


@pytest.mark.parametrize(
    ("done", "total", "unit", "said"),
    [
        (0, 0, MEGABYTES, "starting"),
        (500_000, 0, MEGABYTES, "0.5 MB so far"),
        (12_345_678, 528_000_000, MEGABYTES, "12.3 of 528.0 MB"),
        (0, 480, FORWARD_PASSES, "0 of 480 forward passes"),
        (1200, 0, Unit("images"), "1,200 images so far"),
    ],
)
def test_progress_is_told_in_the_works_own_unit(done: int, total: int, unit: Unit, said: str) -> None:
    assert progress_words(done, total, unit) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "a few seconds left"),
        (5.0, "a few seconds left"),
        (16.2, "about 20 s left"),
        (90.0, "about 90 s left"),
        (91.0, "about 2 min left"),
        (5400.0, "about 90 min left"),
        (5401.0, "about 2 h left"),
    ],
)
def test_an_estimate_is_rounded_up_to_what_it_can_promise(seconds: float, said: str) -> None:
    assert time_left_words(seconds) == said


def test_a_running_job_says_its_progress_and_its_estimate_or_how_many_wait_before_it() -> None:
    now = 0.0
    job = Job(Work(lambda _report: None, "Occlusion", FORWARD_PASSES), clock=lambda: now)
    job.ahead = 2
    assert job_words(job) == "waiting for its turn, 2 ahead"
    job.ahead = 0
    assert job_words(job) == "waiting for its turn"
    job._begin()
    job._report(0, 40)
    assert job_words(job) == "0 of 40 forward passes"
    for now in (10.0, 20.0):
        job._report(int(now), 50)
    assert job_words(job) == "20 of 50 forward passes, about 30 s left"


def test_an_error_of_a_job_is_logged_once_and_told_often_with_one_number(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_report: Report[None]) -> None:
        raise ImageError("The file is broken.") from OSError("sector 7")

    def err(_report: Report[None]) -> None:
        raise RuntimeError("secret")

    for run, sentence in ((fail, "The file is broken"), (err, "it is our mistake")):
        caplog.clear()
        job = start_shared_job(run, Work(run, "Broken", FORWARD_PASSES))
        assert job.wait(20)
        assert shared_job(run) is job
        assert job.state == FAILED
        assert job.error is not None
        said = {error_markdown(job.error) for _ in range(3)}
        assert len(said) == [record.name for record in caplog.records].count("heatproof") == 1
        (number,) = re.findall(r"error ([0-9a-f]{8})", said.pop())
        assert number in caplog.text
        assert sentence in job.error.message


def test_cancelled_work_is_no_incident(caplog: pytest.LogCaptureFixture) -> None:
    def stop(_report: Report[None]) -> None:
        raise Cancelled("enough") from OSError("closed")

    job = start_job("stop", Work(stop, "Stopped", FORWARD_PASSES))
    assert job.wait(20)
    assert session_job("stop") is job
    assert job.state == CANCELLED
    assert [record for record in caplog.records if record.name == "heatproof"] == []
