"""Downloads in the background: one a model for the whole program, watched by whoever wants to, stopped by anybody."""

import logging
import threading

from gradcam_core.errors import Cancelled, HeatproofError, ModelError
from gradcam_core.models import download_model

RUNNING, DONE, FAILED, CANCELLED = "running", "done", "failed", "cancelled"
_log = logging.getLogger("heatproof")


class DownloadJob:
    """The download of one model's weights; any thread may look at it or cancel it.

    Attributes:
        state: running, done, failed or cancelled; from running it changes once.
        done: bytes so far.
        total: bytes in all; 0 while that is unknown.
        error: why it failed, if it did.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = RUNNING
        self.done = self.total = 0
        self.error: HeatproofError | None = None
        self._changing = threading.Lock()
        self._ended = threading.Event()

    @property
    def is_running(self) -> bool:
        """Whether there is still something to wait for."""
        return self.state == RUNNING

    def cancel(self) -> None:
        """Stop it: it counts as cancelled at once, its thread ends at the next piece that comes."""
        self._end(CANCELLED)

    def wait(self, seconds: float | None = None) -> bool:
        """Until its thread has ended and nothing half-written is left; whether it has."""
        return self._ended.wait(seconds)

    def _run(self) -> None:
        try:
            download_model(self.name, progress=self._report)
            self._end(DONE)
        except Cancelled:
            self._end(CANCELLED)
        except HeatproofError as error:
            self._end(FAILED, error)
        except Exception:  # noqa: BLE001 - nobody stands above this thread; logged whole
            _log.exception("The download of %s", self.name)
            self._end(FAILED, ModelError(f"{self.name} could not be downloaded.", hint="The server's log says why."))
        finally:
            self._ended.set()

    def _report(self, done: int, total: int) -> None:
        if not self.is_running:
            raise Cancelled("The download was cancelled.")
        self.done, self.total = done, total

    def _end(self, state: str, error: HeatproofError | None = None) -> None:
        with self._changing:
            if self.state == RUNNING:
                self.error, self.state = error, state


class DownloadJobs:
    """The latest job of every model."""

    def __init__(self) -> None:
        self._jobs: dict[str, DownloadJob] = {}
        self._changing = threading.Lock()

    def start(self, name: str) -> DownloadJob:
        """Begin to download a model, or join the one who has begun."""
        with self._changing:
            job = self._jobs.get(name)
            if job is None or not job.is_running:
                job = self._jobs[name] = DownloadJob(name)
                threading.Thread(target=job._run, name=f"download {name}", daemon=True).start()
            return job

    def latest(self, name: str) -> DownloadJob | None:
        """The job that is running or ran last; None if there was none since the program began."""
        with self._changing:
            return self._jobs.get(name)
