"""The queue as the window sees it: a main-thread object over a thread that drives the worker.

What a job does and how it is retried is the worker's affair; the order of jobs is kept in SQLite.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, QThread, QTimer, Signal

from heimdex.domain.errors import HeimdexError
from heimdex.domain.ids import JobId, VideoId
from heimdex.domain.stages import (
    Changes,
    Job,
    JobFinished,
    JobState,
    Progress,
    Stage,
    StageFinished,
    WorkEvent,
)
from heimdex.indexing.reach import UNREACHABLE
from heimdex.ui.background import Background, sentence
from heimdex.ui.complaints import told

if TYPE_CHECKING:
    from heimdex.indexing.worker import WorkReport

STOP_MS = 2000
"""So long may the thread take to end when the window closes; then the host is killed."""
RETRY_AFTER_ERROR_S = 30.0
_LONGEST_RETRY_S = 600.0
"""A disk that stays full costs a try every ten minutes: each may compute for nothing."""

_log = logging.getLogger(__name__)


class Works(Protocol):
    """The part of the worker that the window uses."""

    def run(
        self, on_event: Callable[[WorkEvent], None], should_stop: Callable[[], bool]
    ) -> "WorkReport":
        """Work until no job is left or `should_stop` says so; what was running waits again."""
        ...

    def resume_waiting(self) -> int:
        """Queue what was paused for a reason that may be gone now."""
        ...


class Queue(Protocol):
    """The part of the job store that the window uses."""

    def enqueue(self, video_ids: Iterable[VideoId]) -> Sequence[JobId]: ...
    def requeue_interrupted(self) -> object: ...
    def pause(self, ids: Iterable[JobId]) -> None: ...
    def resume(self, ids: Iterable[JobId]) -> None: ...
    def cancel(self, ids: Iterable[JobId]) -> None: ...
    def retry(self, ids: Iterable[JobId]) -> None: ...
    def move(self, job_id: JobId, before: JobId | None) -> None: ...
    def jobs(self, states: Iterable[JobState] | None = None) -> list[Job]: ...


class JobRunner(QThread):
    """Runs the worker whenever there may be something to do, until it is stopped."""

    happened = Signal(object)
    """A `WorkEvent`, from this thread."""
    crashed = Signal(str)
    """The worker gave up: the disk is full, the library damaged, or a bug. Not said again while it
    is tried in vain, unless somebody wakes it."""
    troubled = Signal(str)
    """Why it cannot work now, "" once it can; whenever that changes."""
    rested = Signal()
    """The worker came back: nothing waits, or it was told to stop and gave its job back."""

    def __init__(self, worker: Works) -> None:
        super().__init__()
        self._worker = worker
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._held = threading.Event()
        self._said = ""
        self._pause_s = 0.0
        self.setObjectName("heimdex-jobs")

    def wake(self) -> None:
        """Look for jobs now."""
        self._wake.set()

    def hold(self, held: bool) -> None:
        """Stop working after giving the running job back to the queue, or go on."""
        if held:
            self._held.set()
        else:
            self._held.clear()
            self._wake.set()

    def stop(self) -> None:
        """Give the running job back and end the thread."""
        self._stopping.set()
        self._wake.set()

    def run(self) -> None:
        woken = True
        while not self._stopping.is_set():
            self._wake.clear()
            if self._held.is_set():
                self._wake.wait()
                continue
            try:
                trouble = self._work()
            except Exception as error:  # noqa: BLE001 - the loop outlives a bug and says so
                if not isinstance(error, HeimdexError):
                    _log.error("the worker failed", exc_info=error)
                trouble = sentence(error)
            self.rested.emit()
            if trouble and (woken or trouble != self._said):
                self.crashed.emit(trouble)
            if trouble != self._said:
                self.troubled.emit(trouble)
            self._said = trouble
            self._pause_s = _next_pause(0.0 if woken else self._pause_s) if trouble else 0.0
            woken = self._wake.wait(self._pause_s or None)

    def _work(self) -> str:
        """Work until nothing is left to do; what to tell the person when that was not possible."""
        if self._said:
            # What was put aside then, because the library could not be written to, may go on now.
            self._worker.resume_waiting()
        report = self._worker.run(self.happened.emit, self._should_stop)
        return told(report.halted)

    def _should_stop(self) -> bool:
        return self._stopping.is_set() or self._held.is_set()


def _next_pause(before_s: float) -> float:
    """How long to wait before trying again, after having waited so long in vain."""
    return min(before_s * 2 or RETRY_AFTER_ERROR_S, _LONGEST_RETRY_S)


class JobQueue(QObject):
    """What the panels talk to. Every change is written in the background and then announced."""

    job_started = Signal(str)
    """The video whose job runs now."""
    stage_progressed = Signal(object)
    """`Progress`"""
    stage_finished = Signal(object)
    """`StageFinished`"""
    job_finished = Signal(object)
    """`JobFinished`"""
    rested = Signal()
    """The running job was given back to the queue unfinished."""
    changed = Signal(object)
    """`Changes`"""
    held_changed = Signal(bool)
    failed = Signal(str)

    def __init__(self, jobs: Queue, worker: Works, background: Background) -> None:
        super().__init__()
        self._jobs = jobs
        self._worker = worker
        self._background = background
        self._running: VideoId | None = None
        self._progress: Progress | None = None
        self._held = False
        self._trouble = ""
        self._runner = JobRunner(worker)
        self._runner.happened.connect(self._receive)
        self._runner.crashed.connect(self.failed)
        self._runner.troubled.connect(self._stand_still)
        self._runner.rested.connect(self._rest)
        # Many stages end within a second on short clips; the panels read the library once.
        self._changes = Changes()
        self._announcement = QTimer(self)
        self._announcement.setSingleShot(True)
        self._announcement.setInterval(120)
        self._announcement.timeout.connect(self._announce)

    @property
    def running(self) -> VideoId | None:
        """The video that is worked on now."""
        return self._running

    @property
    def progress(self) -> Progress | None:
        """How far the running stage has come."""
        return self._progress

    @property
    def held(self) -> bool:
        """Whether everything is paused."""
        return self._held

    @property
    def trouble(self) -> str:
        """Why nothing can be worked on until it is cured, as on a full disk; "" when nothing is
        wrong. It is tried again by itself."""
        return self._trouble

    def start(self) -> None:
        """Put back what a dead process left running, then work."""

        def begin(_: object) -> None:
            self._runner.start(QThread.Priority.LowPriority)
            self._note(Changes(jobs=True))

        def prepare() -> None:
            self._jobs.requeue_interrupted()
            self._worker.resume_waiting()

        self._background.run(prepare, begin)

    def resume_waiting(self) -> None:
        """A model was installed or a disk has room again: go on with what waited for it."""
        self._change(self._worker.resume_waiting)

    def hold(self, held: bool) -> None:
        """Pause everything, or go on. New jobs wait as well."""
        if held == self._held:
            return
        self._held = held
        self._runner.hold(held)
        self.held_changed.emit(held)
        self._note(Changes(jobs=True))

    def wake(self) -> None:
        """There may be new jobs."""
        self._runner.wake()
        self._note(Changes(jobs=True))

    def enqueue(self, videos: Iterable[VideoId]) -> None:
        """Look at these videos again for what is missing."""
        wanted = list(videos)
        self._change(lambda: self._jobs.enqueue(wanted))

    def pause(self, ids: Iterable[JobId]) -> None:
        """Let jobs wait until they are resumed; a running one stops soon."""
        wanted = list(ids)
        self._change(lambda: self._jobs.pause(wanted))

    def resume(self, ids: Iterable[JobId]) -> None:
        """Let paused jobs go on."""
        wanted = list(ids)
        self._change(lambda: self._jobs.resume(wanted))

    def cancel(self, ids: Iterable[JobId]) -> None:
        """Give jobs up; what was finished of them stays."""
        wanted = list(ids)
        self._change(lambda: self._jobs.cancel(wanted))

    def retry(self, ids: Iterable[JobId]) -> None:
        """Try failed and cancelled jobs again."""
        wanted = list(ids)
        self._change(lambda: self._jobs.retry(wanted))

    def move_first(self, job_id: JobId) -> None:
        """Run this job next."""

        def move() -> None:
            waiting = self._jobs.jobs([JobState.QUEUED])
            first = next((job.id for job in waiting if job.id != job_id), None)
            if first is not None:
                self._jobs.move(job_id, first)

        self._change(move)

    def move_up(self, job_id: JobId) -> None:
        """Run this job one place earlier."""

        def move() -> None:
            waiting = [job.id for job in self._jobs.jobs([JobState.QUEUED, JobState.PAUSED])]
            place = waiting.index(job_id) if job_id in waiting else 0
            if place > 0:
                self._jobs.move(job_id, waiting[place - 1])

        self._change(move)

    def close(self) -> bool:
        """Stop the thread; True when it ended within `STOP_MS`."""
        self._announcement.stop()
        self._runner.stop()
        return not self._runner.isRunning() or self._runner.wait(STOP_MS)

    def _change(self, write: Callable[[], object]) -> None:
        self._background.run(write, lambda _: self.wake())

    def _receive(self, event: WorkEvent) -> None:
        if isinstance(event, JobFinished):
            self._running = None
            self._progress = None
            self.job_finished.emit(event)
            # Its whole drive may be gone.
            lost = event.error == UNREACHABLE
            self._note(Changes(videos=frozenset({event.video_id}), folders=lost, jobs=True))
            return
        if event.video_id != self._running:
            self._running = event.video_id
            self.job_started.emit(event.video_id)
            self._note(Changes(jobs=True))
        if isinstance(event, Progress):
            self._progress = event
            self.stage_progressed.emit(event)
        elif isinstance(event, StageFinished):
            self._progress = None
            self.stage_finished.emit(event)
            faces = event.stage is Stage.FACES
            self._note(Changes(videos=frozenset({event.video_id}), people=faces))

    def _rest(self) -> None:
        if self._running is not None:
            self._running = None
            self._progress = None
            self.rested.emit()
            self._note(Changes(jobs=True))

    def _stand_still(self, trouble: str) -> None:
        self._trouble = trouble
        self._note(Changes(jobs=True))

    def _note(self, changes: Changes) -> None:
        noted = self._changes
        self._changes = Changes(
            videos=noted.videos | changes.videos,
            folders=noted.folders or changes.folders,
            people=noted.people or changes.people,
            jobs=noted.jobs or changes.jobs,
        )
        if not self._announcement.isActive():
            self._announcement.start()

    def _announce(self) -> None:
        changes, self._changes = self._changes, Changes()
        self.changed.emit(changes)
