"""Jobs as a list, the running one first.

Reading them happens in the background; the order in which they run is kept by the job store.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from heimdex.domain.ids import JobId, VideoId
from heimdex.domain.media import Video
from heimdex.domain.stages import Job, JobState, Progress, Stage, StageRun, StageStatus
from heimdex.ui import complaints, wording

if TYPE_CHECKING:
    from heimdex.bootstrap import Library

FINISHED_SHOWN = 200
RUNS_READ = 500
_RANK = {
    JobState.RUNNING: 0,
    JobState.FAILED: 1,
    JobState.QUEUED: 2,
    JobState.PAUSED: 2,
    JobState.CANCELLED: 3,
    JobState.DONE: 4,
}


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job with what its row says."""

    job: Job
    video: Video
    runs: dict[Stage, StageRun]

    @property
    def finished(self) -> frozenset[Stage]:
        """Stages that need not be run again."""
        good = (StageStatus.DONE, StageStatus.SKIPPED)
        return frozenset(stage for stage, run in self.runs.items() if run.status in good)

    @property
    def details(self) -> str:
        """The whole of what went wrong, stage by stage."""
        lines = [complaints.told(self.job.error)] if self.job.error else []
        for stage, run in self.runs.items():
            if run.status is StageStatus.FAILED and run.error != self.job.error:
                lines.append(f"{wording.stage(stage)}: {complaints.told(run.error)}")
        return "\n".join(lines)


def read_jobs(library: "Library") -> list[JobLine]:
    """Every live and failed job, and the latest of the finished ones."""
    jobs = library.jobs.jobs()
    finished = [job for job in jobs if job.state in (JobState.DONE, JobState.CANCELLED)]
    left_out = {job.id for job in finished[:-FINISHED_SHOWN]}
    videos = {video.id: video for video in library.catalogue.videos()}
    # The records of all stages are many; only what can still change or went wrong tells of them.
    told = {job.id for job in jobs if job.state is not JobState.DONE}
    told = set(sorted(told)[:RUNS_READ])
    lines = [
        JobLine(
            job,
            videos[job.video_id],
            library.stages.runs(job.video_id) if job.id in told else {},
        )
        for job in jobs
        if job.id not in left_out and job.video_id in videos
    ]
    # Finished ones are listed with the latest first, waiting ones in the order they will run.
    return sorted(
        lines,
        key=lambda line: (
            _RANK[line.job.state],
            -line.job.id if line.job.state is JobState.DONE else line.job.position,
        ),
    )


class JobModel(QAbstractListModel):
    """Replaced as a whole, unless the same jobs only changed."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[JobLine] = []
        self.progress: Progress | None = None

    @property
    def lines(self) -> Sequence[JobLine]:
        """All that is listed."""
        return self._lines

    def replace(self, lines: list[JobLine]) -> None:
        """List these instead."""
        same = [line.job.id for line in lines] == [line.job.id for line in self._lines]
        if same:
            self._lines = lines
            if lines:
                self.dataChanged.emit(self.index(0, 0), self.index(len(lines) - 1, 0))
            return
        self.beginResetModel()
        self._lines = lines
        self.endResetModel()

    def show_progress(self, progress: Progress | None) -> None:
        """Move the bar of the running job."""
        before, self.progress = self.progress, progress
        for each in (before, progress):
            if each is not None:
                self._touch(each.video_id)

    def at(self, index: QModelIndex | QPersistentModelIndex) -> JobLine | None:
        """The job at an index."""
        if not index.isValid() or index.row() >= len(self._lines):
            return None
        return self._lines[index.row()]

    def index_of(self, job_id: JobId) -> QModelIndex:
        """Where a job is listed."""
        for place, line in enumerate(self._lines):
            if line.job.id == job_id:
                return self.index(place, 0)
        return QModelIndex()

    def _touch(self, video_id: VideoId) -> None:
        for place, line in enumerate(self._lines[:8]):  # the running one is among the first
            if line.video.id == video_id:
                self.dataChanged.emit(self.index(place, 0), self.index(place, 0))

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._lines)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        line = self.at(index)
        if line is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return line.video.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = wording.job_state(line.job.state)
            return ", ".join(
                filter(None, [line.video.title, state, wording.reason(line.job.error)])
            )
        if role == Qt.ItemDataRole.ToolTipRole:
            return wording.shortened(line.video.path)
        return None
