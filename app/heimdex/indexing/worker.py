"""Takes jobs from the queue, has the missing stages of their videos run, and says how they ended.

Running the stages of one video is `video_run`'s affair, computing them the engine's. Pure Python
without threads: the command line and the window's thread drive the same loop.
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from heimdex.domain.errors import Cancelled, UserError
from heimdex.domain.ids import JobId, VideoId
from heimdex.domain.media import FileState
from heimdex.domain.stages import Job, JobFinished, JobState, Stage, StageStatus, WorkEvent
from heimdex.indexing.engine import StageEngine
from heimdex.indexing.plan import OPTIONAL, missing, plan
from heimdex.indexing.reach import UNREACHABLE, reachable_place
from heimdex.indexing.video_run import FileLost, LibraryTrouble, Tools, VideoRun
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.jobs import JobStore
from heimdex.storage.stages import StageStore

OnEvent = Callable[[WorkEvent], None]
ShouldStop = Callable[[], bool]

_ASK_QUEUE_EVERY_S = 0.4

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class WorkReport:
    """What a run of the loop did. `halted` says why it gave up before the queue was empty."""

    done: int = 0
    failed: int = 0
    paused: int = 0
    cancelled: int = 0
    seconds: float = 0.0
    halted: str = ""

    @property
    def videos(self) -> int:
        """Jobs that left the queue."""
        return self.done + self.failed + self.paused + self.cancelled


class Worker:
    """The loop. Only one at a time may run on a library."""

    def __init__(
        self,
        catalogue: Catalogue,
        stages: StageStore,
        jobs: JobStore,
        engine: StageEngine,
        models: Callable[[], Mapping[Stage, str]],
        *,
        sync: Callable[[], object],
        on_faces: Callable[[VideoId], object],
        on_lost: Callable[[VideoId], object],
    ) -> None:
        """`models` says with which model each stage runs now (asked once a job); `sync` tells the
        vector index what was committed; `on_faces` sorts the new faces of a video to people and
        may be called again for the same video; `on_lost` notes that a video cannot be reached."""
        self._catalogue = catalogue
        self._stages = stages
        self._jobs = jobs
        self._models = models
        self._on_lost = on_lost
        self._tools = Tools(stages, engine, sync, on_faces, self._is_wanted)

    def models(self) -> Mapping[Stage, str]:
        """With which model each stage would run now."""
        return dict(self._models())

    def run(self, on_event: OnEvent, should_stop: ShouldStop) -> WorkReport:
        """Work until no job waits or `should_stop()` is true (then within about two seconds).

        Whatever was not finished waits again or is paused, and goes on from its last committed
        stage. Raises only what `on_event` raises, and bugs of the queue itself.
        """
        report = WorkReport()
        started = time.monotonic()
        try:
            # This is the one worker, so what still counts as running was cut off.
            self._jobs.requeue_interrupted()
            while not should_stop() and not report.halted:
                if self.run_one(on_event, should_stop, report) is None:
                    break
        except UserError as error:
            _log.error("the queue cannot be written to: %s", error)
            report.halted = str(error)
        report.seconds = time.monotonic() - started
        return report

    def run_one(
        self, on_event: OnEvent, should_stop: ShouldStop, report: WorkReport | None = None
    ) -> Job | None:
        """Claim one job and work on it; None when none waits. Counts into `report`."""
        report = WorkReport() if report is None else report
        job = self._jobs.claim()
        if job is None:
            return None

        def tell(event: WorkEvent) -> None:
            try:
                on_event(event)
            except Exception as error:
                raise _ListenerFailed(error) from error

        try:
            state, error = self._work_on(job, tell, _Stop(self._jobs, job.id, should_stop))
            self._jobs.finish(job.id, state, error)
        except Cancelled:
            self._jobs.finish(job.id, JobState.QUEUED)
            now = self._jobs.state(job.id)
            if now is None or now is JobState.QUEUED:
                return job
            state, error = now, ""
        except LibraryTrouble as trouble:
            state, error = JobState.PAUSED, str(trouble)
            report.halted = error
            self._pause(job.id, error)
        except _ListenerFailed as failure:
            self._jobs.finish(job.id, JobState.QUEUED)
            raise failure.cause from None
        except UserError:
            raise
        except Exception as bug:  # noqa: BLE001 - the queue goes on, whatever one video does to us
            _log.exception("a bug while working on a job")
            state = JobState.FAILED
            error = f"An internal error ({type(bug).__name__}); the log has the details."
            self._jobs.finish(job.id, state, error)
        except BaseException:
            self._jobs.finish(job.id, JobState.QUEUED)
            raise
        _count(report, state)
        on_event(JobFinished(job.video_id, state, error))
        return job

    def resume_waiting(self) -> int:
        """Queue the jobs again that were paused for a reason (a missing model, a full disk, a
        drive that was away), not by a person; call it at start-up and after an installation.

        Returns how many there were.
        """
        waiting = [job.id for job in self._jobs.jobs([JobState.PAUSED]) if job.error]
        self._jobs.resume(waiting)
        return len(waiting)

    def _work_on(
        self, job: Job, tell: Callable[[WorkEvent], None], stop: "_Stop"
    ) -> tuple[JobState, str]:
        video = self._catalogue.video(job.video_id)
        if video is None:
            return JobState.CANCELLED, "The video is no longer in the library."
        place = reachable_place(self._catalogue.files(video_id=video.id))
        info = self._catalogue.media_info(video.id)
        models = dict(self._models())
        runs = self._stages.runs(video.id)
        run = VideoRun(self._tools, video, place, info, models, tell, stop)
        wanted = plan(
            replace(video, state=FileState.OFFLINE if place is None else FileState.ONLINE),
            runs,
            models,
            # The first attempt is one that a person or a change asked for; later ones only go on
            # where a stop or a crash left off.
            retry_failed=job.attempts <= 1,
        )
        faces = runs.get(Stage.FACES)
        if faces is not None and faces.status is StageStatus.DONE:
            # Sorting may have failed, or a crash may have come between the commit and it.
            run.sort_faces()
        try:
            run.run(wanted)
        except FileLost:
            self._on_lost(video.id)
            return JobState.PAUSED, UNREACHABLE
        if run.unavailable:
            return JobState.PAUSED, run.unavailable
        if run.failures:
            return JobState.FAILED, next(iter(run.failures.values()))
        runs = self._stages.runs(video.id)
        if place is None and missing(runs, models):
            self._on_lost(video.id)
            return JobState.PAUSED, UNREACHABLE
        # It may have failed before the stop or crash that this attempt goes on from.
        failed = [runs[stage] for stage in Stage if stage in runs]
        failed = [each for each in failed if each.status is StageStatus.FAILED]
        return (JobState.FAILED, failed[0].error) if failed else (JobState.DONE, "")

    def _is_wanted(self, stage: Stage) -> bool:
        return stage not in OPTIONAL or bool(self._models().get(stage))

    def _pause(self, job_id: JobId, reason: str) -> None:
        try:
            self._jobs.finish(job_id, JobState.PAUSED, reason)
        except (UserError, OSError, sqlite3.Error):
            # On a full disk not even that can be written; the next start finds it running.
            _log.warning("the job could not be paused")


class _Stop:
    """True once the loop should end or somebody paused, cancelled or removed the job."""

    def __init__(self, jobs: JobStore, job_id: JobId, should_stop: ShouldStop) -> None:
        self._jobs = jobs
        self._job_id = job_id
        self._should_stop = should_stop
        self._asked_at = time.monotonic()
        self._stopped = False

    def __call__(self) -> bool:
        if self._stopped or self._should_stop():
            return True
        if time.monotonic() - self._asked_at < _ASK_QUEUE_EVERY_S:
            return False
        return self.now()

    def now(self) -> bool:
        self._asked_at = time.monotonic()
        self._stopped = (
            self._should_stop() or self._jobs.state(self._job_id) is not JobState.RUNNING
        )
        return self._stopped


class _ListenerFailed(BaseException):
    """Carries an error of `on_event` past everything that handles errors of the work."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _count(report: WorkReport, state: JobState) -> None:
    match state:
        case JobState.DONE:
            report.done += 1
        case JobState.FAILED:
            report.failed += 1
        case JobState.PAUSED:
            report.paused += 1
        case JobState.CANCELLED:
            report.cancelled += 1
