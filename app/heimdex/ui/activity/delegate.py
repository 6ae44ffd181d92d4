"""Paints a job: its video, the stage it is in, how far it has come, or why it stopped.

What can be done with it is the panel's affair.
"""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from heimdex.domain.stages import JobState, Stage, StageStatus
from heimdex.storage.artefacts import Artefacts
from heimdex.ui import painting, wording
from heimdex.ui.activity.model import JobLine, JobModel
from heimdex.ui.theme import Theme
from heimdex.ui.thumbnails import Thumbnails

HEIGHT = 64
_FRAME = QSize(80, 45)
_STATE_WIDTH = 128
STATE_ICONS = {
    JobState.QUEUED: ("clock", "muted"),
    JobState.RUNNING: ("activity", "accent"),
    JobState.PAUSED: ("pause", "muted"),
    JobState.DONE: ("check", "ok"),
    JobState.FAILED: ("warning", "danger"),
    JobState.CANCELLED: ("close", "muted"),
}


class JobDelegate(QStyledItemDelegate):
    """Rows of one height."""

    def __init__(self, theme: Theme, model: JobModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self.thumbnails: Thumbnails | None = None
        self.artefacts: Artefacts | None = None

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        line = self._model.at(index)
        if line is None:
            return
        theme = self._theme
        area = option.rect.adjusted(0, 1, 0, -1)
        painting.row(painter, theme, area, option.state, 8)
        ratio = painter.device().devicePixelRatioF()
        frame = QRect(area.x() + 10, area.y() + 9, _FRAME.width(), _FRAME.height())
        picture = None
        if self.thumbnails is not None and self.artefacts is not None:
            path = self.artefacts.poster(line.video.id)
            picture = self.thumbnails.pixmap(path, frame.size(), ratio)
        sound = line.video.has_audio and not line.video.has_video
        painting.framed(painter, theme, frame, picture, icon="sound" if sound else "film", radius=6)
        state = QRect(area.right() - _STATE_WIDTH, area.y(), _STATE_WIDTH - 12, area.height())
        self._paint_state(painter, state, line, ratio)
        left = frame.right() + 15
        text = QRect(left, area.y() + 10, state.x() - left - 16, 20)
        bold = theme.font("body", QFont.Weight.DemiBold)
        painting.draw_text(painter, text, line.video.title, bold, theme.colour("text"))
        self._paint_second(painter, text.translated(0, 22), line)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(240, HEIGHT)  # The view makes it as wide as itself.

    def _paint_state(self, painter: QPainter, area: QRect, line: JobLine, ratio: float) -> None:
        icon, colour = STATE_ICONS[line.job.state]
        mark = self._theme.pixmap(icon, 16, colour, ratio)
        painter.drawPixmap(area.x(), area.center().y() - 7, mark)
        words = area.adjusted(22, 0, 0, 0)
        shade = self._theme.colour("text" if colour == "ok" else colour)
        text = wording.job_state(line.job.state)
        painting.draw_text(painter, words, text, self._theme.font("body"), shade)

    def _paint_second(self, painter: QPainter, area: QRect, line: JobLine) -> None:
        theme = self._theme
        small = theme.font("caption")
        progress = self._model.progress
        if line.job.state is JobState.RUNNING:
            stage = wording.stage(progress.stage) if progress else wording.stage(Stage.PROBE)
            running = progress is not None and progress.video_id == line.video.id
            if running and progress is not None and progress.total_ms:
                part = min(1.0, progress.done_ms / progress.total_ms)
                stage = f"{stage} · {part:.0%}"
                bar = QRect(area.x(), area.bottom() - 1, min(area.width(), 320), 3)
                painting.box(painter, bar, theme.colour("line_strong"), 1.5)
                bar.setWidth(max(3, round(bar.width() * part)))
                painting.box(painter, bar, theme.colour("accent"), 1.5)
                area = area.translated(0, -3)
            painting.draw_text(painter, area, stage, small, theme.colour("muted"))
        elif line.job.error:
            colour = "danger" if line.job.state is JobState.FAILED else "warning"
            reason = wording.reason(line.job.error)
            painting.draw_text(painter, area, reason, small, theme.colour(colour))
        else:
            done = sum(r.status is StageStatus.DONE for r in line.runs.values())
            length = wording.clock(line.video.duration_ms) if line.video.duration_ms else ""
            share = (
                self.tr("%1 of %2 steps").replace("%1", str(done)).replace("%2", str(len(Stage)))
            )
            parts = [length] if line.job.state is JobState.DONE else [length, share]
            text = " · ".join(filter(None, parts))
            painting.draw_text(painter, area, text, small, theme.colour("muted"))
