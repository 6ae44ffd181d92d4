"""The videos as a list that can be ordered and filtered, and updated without jumping.

Reading them from the library happens in the background; how one looks is the delegate's affair.
"""

import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)

from heimdex.domain.ids import VideoId
from heimdex.domain.media import FileState, Video
from heimdex.domain.stages import Job, JobState, Progress, Stage, StageRun, StageStatus
from heimdex.ui import wording

if TYPE_CHECKING:
    from heimdex.bootstrap import Library

ROW = Qt.ItemDataRole.UserRole
_FEW = 64
"""Up to so many differences are told one by one, so that the view keeps its place."""


class Sort(StrEnum):
    """In which order videos are shown."""

    RECORDED = "recorded"
    ADDED = "added"
    TITLE = "title"
    LONGEST = "longest"


class Show(StrEnum):
    """Which videos are shown."""

    ALL = "all"
    SPEECH = "speech"
    PEOPLE = "people"
    TEXT = "text"
    PENDING = "pending"
    TROUBLE = "trouble"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Row:
    """One video with all that its card says."""

    video: Video
    runs: dict[Stage, StageRun]
    job: Job | None
    found: frozenset[Stage] = frozenset()
    """Which of the stages PASSAGES, FACES and OCR found anything in it."""

    @property
    def pending(self) -> bool:
        """Whether something is still to be done."""
        live = (JobState.QUEUED, JobState.RUNNING, JobState.PAUSED)
        return self.job is not None and self.job.state in live

    @property
    def trouble(self) -> str:
        """Why something could not be done, "" when all is well."""
        for run in self.runs.values():
            if run.status is StageStatus.FAILED:
                return run.error
        if self.job is not None and self.job.state is JobState.FAILED:
            return self.job.error
        return ""


def read_rows(
    library: "Library", videos: Collection[VideoId] | None = None
) -> dict[VideoId, Row | None]:
    """Read all videos, or some; one that is gone is None. For a thread in the background."""
    from heimdex.storage.findings import findings

    jobs = {job.video_id: job for job in library.jobs.jobs()}
    found = findings(library.database, videos)

    def row(video: Video, runs: dict[Stage, StageRun]) -> Row:
        return Row(video, runs, jobs.get(video.id), found.get(video.id, frozenset()))

    if videos is None:
        runs = library.stages.all_runs()
        return {
            video.id: row(video, runs.get(video.id, {})) for video in library.catalogue.videos()
        }
    rows: dict[VideoId, Row | None] = {}
    for video_id in videos:
        video = library.catalogue.video(video_id)
        rows[video_id] = None if video is None else row(video, library.stages.runs(video_id))
    return rows


class LibraryModel(QAbstractListModel):
    """What is shown, in the chosen order."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[VideoId, Row] = {}
        self._shown: list[VideoId] = []
        self._places: dict[VideoId, int] = {}
        self._progress: Progress | None = None
        self.sort_by = Sort.RECORDED
        self.show_only = Show.ALL
        self.within: Path | None = None
        """Only what lies in this folder or below is shown."""

    @property
    def total(self) -> int:
        """Videos in the library, shown or not."""
        return len(self._rows)

    @property
    def progress(self) -> Progress | None:
        """Of the video that is worked on now."""
        return self._progress

    def row(self, video_id: VideoId) -> Row | None:
        """One video, shown or not."""
        return self._rows.get(video_id)

    def at(self, index: QModelIndex | QPersistentModelIndex) -> Row | None:
        """The video at an index."""
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        return self._rows[self._shown[index.row()]]

    def index_of(self, video_id: VideoId) -> QModelIndex:
        """Where a video is shown; invalid when it is not."""
        place = self._places.get(video_id)
        return QModelIndex() if place is None else self.index(place, 0)

    def replace(self, rows: dict[VideoId, Row | None]) -> None:
        """Show this library instead."""
        self._rows = {key: row for key, row in rows.items() if row is not None}
        self._arrange(set(self._rows))

    def update(self, rows: dict[VideoId, Row | None]) -> None:
        """Some videos changed, came or went."""
        for video_id, row in rows.items():
            if row is None:
                self._rows.pop(video_id, None)
            else:
                self._rows[video_id] = row
        self._arrange(set(rows))

    def arrange(self, sort_by: Sort | None = None, show_only: Show | None = None) -> None:
        """Choose order and filter."""
        self.sort_by = sort_by or self.sort_by
        self.show_only = show_only or self.show_only
        self._arrange(set())

    def limit(self, within: Path | None) -> None:
        """Show only what lies in a folder or below; None for everywhere."""
        self.within = within
        self._arrange(set())

    def places(self) -> list[Path]:
        """Where the videos of the library lie, shown or not."""
        return [row.video.path for row in self._rows.values()]

    def show_progress(self, progress: Progress | None) -> None:
        """Move the bar of the video that is worked on."""
        before, self._progress = self._progress, progress
        for each in (before, progress):
            if each is not None:
                self._touch(each.video_id)

    def _arrange(self, touched: set[VideoId]) -> None:
        rows = [row for row in self._rows.values() if _FILTERS[self.show_only](row)]
        if self.within is not None:
            # As texts: comparing paths part by part is slow with ten thousand of them.
            beginning = os.path.join(self.within, "")  # noqa: PTH118 - with a separator at its end
            rows = [row for row in rows if str(row.video.path).startswith(beginning)]
        rows.sort(key=_ORDERS[self.sort_by])
        wanted = [row.video.id for row in rows]
        if wanted != self._shown:
            self._become(wanted)
        for video_id in touched:
            self._touch(video_id)

    def _become(self, wanted: list[VideoId]) -> None:
        now, then = set(self._shown), set(wanted)
        kept_now = [v for v in self._shown if v in then]
        kept_then = [v for v in wanted if v in now]
        changes = len(self._shown) + len(wanted) - 2 * len(kept_now)
        if kept_now != kept_then or changes > _FEW:
            self.beginResetModel()
            self._shown = wanted
            self._number()
            self.endResetModel()
            return
        for place in range(len(self._shown) - 1, -1, -1):
            if self._shown[place] not in then:
                self.beginRemoveRows(QModelIndex(), place, place)
                del self._shown[place]
                self._number()
                self.endRemoveRows()
        for place, video_id in enumerate(wanted):
            if video_id not in now:
                self.beginInsertRows(QModelIndex(), place, place)
                self._shown.insert(place, video_id)
                self._number()
                self.endInsertRows()

    def _number(self) -> None:
        self._places = {video_id: place for place, video_id in enumerate(self._shown)}

    def _touch(self, video_id: VideoId) -> None:
        index = self.index_of(video_id)
        if index.isValid():
            self.dataChanged.emit(index, index)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._shown)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        row = self.at(index)
        if row is None:
            return None
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.video.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            length = wording.clock(row.video.duration_ms)
            return ", ".join(filter(None, [row.video.title, length, state_text(row)]))
        return None


def state_text(row: Row) -> str:
    """What is not as it should be, in a few words."""
    away = wording.offline(row.video)
    if away:
        return away
    if row.trouble:
        return wording.reason(row.trouble)
    if row.job is not None and row.pending:
        return wording.job_state(row.job.state)
    return ""


def place(row: Row, sort: Sort) -> str:
    """Where in an order a video stands: its month, its first letter, its length."""
    match sort:
        case Sort.RECORDED:
            return wording.month(row.video.recorded_at)
        case Sort.ADDED:
            return wording.month(row.video.added_at)
        case Sort.TITLE:
            return row.video.title[:1].upper()
        case Sort.LONGEST:
            return wording.clock(row.video.duration_ms)


def tooltip(row: Row) -> str:
    """Title, place and what was found."""
    translate = QCoreApplication.translate
    found = []
    if Stage.PASSAGES in row.found:
        found.append(translate("LibraryModel", "speech"))
    if Stage.FACES in row.found:
        found.append(translate("LibraryModel", "faces"))
    if Stage.OCR in row.found:
        found.append(translate("LibraryModel", "text on screen"))
    lines = [row.video.title, wording.shortened(row.video.path.parent)]
    if found:
        lines.append(translate("LibraryModel", "In it: %1").replace("%1", ", ".join(found)))
    if state_text(row):
        lines.append(state_text(row))
    return "\n".join(lines)


def natural(title: str) -> list[tuple[str, int]]:
    """What to compare names by, so that `clip 9` comes before `clip 10`."""
    words = _DIGITS.split(title.casefold())
    numbers = [int(each) for each in words[1::2]]
    return list(zip(words[::2], [*numbers, -1], strict=True))


_DIGITS = re.compile("([0-9]+)")
_ORDERS: dict[Sort, Callable[[Row], Any]] = {
    Sort.RECORDED: lambda row: (-(row.video.recorded_at or 0), row.video.title.casefold()),
    Sort.ADDED: lambda row: (-row.video.added_at, row.video.title.casefold()),
    Sort.TITLE: lambda row: natural(row.video.title),
    Sort.LONGEST: lambda row: (-row.video.duration_ms, row.video.title.casefold()),
}
_FILTERS: dict[Show, Callable[[Row], bool]] = {
    Show.ALL: lambda row: True,
    Show.SPEECH: lambda row: Stage.PASSAGES in row.found,
    Show.PEOPLE: lambda row: Stage.FACES in row.found,
    Show.TEXT: lambda row: Stage.OCR in row.found,
    Show.PENDING: lambda row: row.pending,
    Show.TROUBLE: lambda row: bool(row.trouble),
    Show.AWAY: lambda row: row.video.state is not FileState.ONLINE,
}
