"""The strip at the window's foot: what runs, how long it will take, and pause.

The whole queue is the activity panel's affair.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout

from heimdex.domain.ids import VideoId
from heimdex.domain.stages import (
    Changes,
    JobState,
    Progress,
    Stage,
    StageFinished,
    StageStatus,
)
from heimdex.ui import wording
from heimdex.ui.forecast import Forecast
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Elided, Picture, icon_button, label

if TYPE_CHECKING:
    from heimdex.bootstrap import Library


@dataclass(frozen=True, slots=True)
class _Work:
    """`waiting_ms` is the media that waits; `title` and so on are of the running job."""

    video_id: VideoId | None = None
    title: str = ""
    duration_ms: int = 0
    finished: frozenset[Stage] = frozenset()
    waiting: int = 0
    waiting_ms: int = 0
    stuck: int = 0
    reason: str = ""
    """Why paused jobs wait for something other than the person."""


def _read(library: "Library") -> _Work:
    live = library.jobs.jobs([JobState.RUNNING, JobState.QUEUED, JobState.PAUSED])
    stuck = [job for job in live if job.state is JobState.PAUSED and job.error]
    reason = stuck[0].error if stuck else ""
    jobs = [job for job in live if job.state is not JobState.PAUSED]
    if not jobs:
        return _Work(stuck=len(stuck), reason=reason)
    lengths = {video.id: video.duration_ms for video in library.catalogue.videos()}
    waiting = [lengths.get(j.video_id, 0) for j in jobs if j.state is JobState.QUEUED]
    known = [length for length in waiting if length]
    running = next((job.video_id for job in jobs if job.state is JobState.RUNNING), None)
    video = library.catalogue.video(running) if running is not None else None
    duration = video.duration_ms if video is not None else 0
    # A video that was not probed yet counts like the mean of those that were.
    usual = sum(known) // len(known) if known else duration
    waiting_ms = sum(length or usual for length in waiting)
    if running is None or video is None:
        return _Work(waiting=len(waiting), waiting_ms=waiting_ms)
    runs = library.stages.runs(running)
    finished = frozenset(s for s, run in runs.items() if run.status is not StageStatus.FAILED)
    return _Work(running, video.title, duration, finished, len(waiting), waiting_ms)


class JobBar(QFrame):
    """Hidden while there is nothing to say."""

    opened = Signal()
    """Clicked: show the queue."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("jobbar")
        self._theme = theme
        self._session: Session | None = None
        self._work = _Work()
        self._scanning = False
        self._forecast = Forecast()
        self._picture = Picture(theme, "activity", 16, "accent")
        self.text = Elided()
        self.eta = label("", "caption")
        self.pause = icon_button(theme, "pause", self.tr("Pause indexing"), self._toggle)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setFixedHeight(2)
        row = QHBoxLayout()
        row.setContentsMargins(16, 2, 8, 2)
        row.setSpacing(8)
        row.addWidget(self._picture)
        row.addWidget(self.text, 1)
        row.addWidget(self.eta)
        row.addWidget(self.pause)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addLayout(row)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()

    def attach(self, session: Session) -> None:
        """Tell of the queue of an open library."""
        self._session = session
        session.changed.connect(self._refresh)
        session.scanning.connect(self._show_scanning)
        session.jobs.stage_progressed.connect(self._show_progress)
        session.jobs.stage_finished.connect(self._learn)
        session.jobs.held_changed.connect(lambda _: self._render())
        self._refresh(Changes(jobs=True))

    def _refresh(self, changes: Changes) -> None:
        session = self._session
        if session is not None and (changes.jobs or changes.folders):
            session.run(lambda: _read(session.library), self._replace)

    def _replace(self, work: _Work) -> None:
        self._work = work
        self._render()

    def _learn(self, event: StageFinished) -> None:
        self._forecast.learn(event)

    def _show_progress(self, progress: Progress) -> None:
        self._render()

    def _show_scanning(self, scanning: bool) -> None:
        self._scanning = scanning
        self._render()

    def _render(self) -> None:
        if self._session is None:
            return
        jobs, work = self._session.jobs, self._work
        progress = jobs.progress
        running = work.video_id is not None
        left = work.waiting
        self.eta.setText("")
        part = 0.0
        if jobs.held and (left or running):
            text = self.tr("Paused · %n video(s) waiting", "", left + running)
        elif jobs.trouble and (left or running or work.stuck):
            waiting = self.tr("%n video(s) wait", "", left + running + work.stuck)
            text = f"{waiting}: {wording.reason(jobs.trouble)}"
        elif running:
            stage = ""
            if progress is not None and progress.video_id == work.video_id:
                stage = wording.stage(progress.stage)
                part = progress.done_ms / progress.total_ms if progress.total_ms else 0.0
            more = self.tr("%n more", "", left) if left else ""
            text = " · ".join(filter(None, [work.title, stage, more]))
            self.eta.setText(self._estimate(work, progress))
        elif left:
            text = self.tr("%n video(s) waiting", "", left)
        elif work.stuck:
            waiting = self.tr("%n video(s) wait", "", work.stuck)
            text = f"{waiting}: {wording.reason(work.reason)}"
        elif self._scanning:
            text = self.tr("Looking through folders…")
        else:
            text = ""
        self.text.show_text(text)
        stuck = bool(jobs.trouble) or (bool(work.stuck) and not running and not left)
        self._picture.show_icon(
            "warning" if stuck else "activity", "warning" if stuck else "accent"
        )
        self.bar.setValue(round(1000 * min(1.0, part)))
        self._theme.dress(self.pause, "play" if jobs.held else "pause", "muted")
        name = self.tr("Go on indexing") if jobs.held else self.tr("Pause indexing")
        self.pause.setToolTip(name)
        self.pause.setAccessibleName(name)
        self.pause.setVisible(running or bool(left) or jobs.held)
        self.setVisible(bool(text))

    def _estimate(self, work: _Work, progress: Progress | None) -> str:
        if not self._forecast.trustworthy:
            return ""
        finished, seconds = work.finished, 0.0
        if progress is not None and progress.video_id == work.video_id:
            seconds = self._forecast.remaining(progress.stage, progress.done_ms, progress.total_ms)
            finished |= {progress.stage}
        seconds += self._forecast.seconds(work.duration_ms, finished)
        seconds += self._forecast.seconds(work.waiting_ms)
        return self.tr("%1 left").replace("%1", wording.span(seconds))

    def _toggle(self) -> None:
        if self._session is not None:
            self._session.jobs.hold(not self._session.jobs.held)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.opened.emit()
