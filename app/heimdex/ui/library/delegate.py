"""Paints a video's card: poster, length, what was found, progress and state.

Pictures come from the thumbnails, words from `wording`.
"""

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QMouseEvent, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from heimdex.domain.media import FileState
from heimdex.domain.stages import JobState, Stage
from heimdex.storage.artefacts import Artefacts
from heimdex.ui import painting, wording
from heimdex.ui.library.model import LibraryModel, Row
from heimdex.ui.theme import Theme
from heimdex.ui.thumbnails import Thumbnails

GAP = 16
TEXT_HEIGHT = 56
NARROWEST = 208


def columns(width: int) -> int:
    """How many cards stand side by side in so many pixels."""
    return max(1, width // (NARROWEST + GAP))


def card_size(width: int) -> QSize:
    """A cell of the grid so that whole columns fill the width."""
    cell = max(NARROWEST, width // columns(width))
    return QSize(cell, painting.size_of(cell - GAP).height() + TEXT_HEIGHT + 8)


class LibraryDelegate(QStyledItemDelegate):
    """Cards of one size. Thumbnails and artefacts are given once the library is open."""

    play_pressed = Signal(QModelIndex)
    """The mark in the middle of a poster was clicked."""

    def __init__(self, theme: Theme, model: LibraryModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self.thumbnails: Thumbnails | None = None
        self.artefacts: Artefacts | None = None
        self.cell = card_size(900)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        row = self._model.at(index)
        if row is None:
            return
        area, frame = _places(option.rect)
        self._paint_poster(painter, frame, row, option)
        self._paint_text(painter, QRect(area.x(), frame.bottom() + 8, area.width(), 44), row)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return self.cell

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        if (
            event.type() == QEvent.Type.MouseButtonRelease
            and isinstance(event, QMouseEvent)
            and event.button() == Qt.MouseButton.LeftButton
            and not event.modifiers()
            and _circle(_places(option.rect)[1]).contains(event.position().toPoint())
        ):
            self.play_pressed.emit(index)
        return False

    def _paint_poster(
        self, painter: QPainter, frame: QRect, row: Row, option: QStyleOptionViewItem
    ) -> None:
        theme, video = self._theme, row.video
        ratio = painter.device().devicePixelRatioF()
        picture = None
        pictured = video.has_video or not video.duration_ms
        if self.thumbnails is not None and self.artefacts is not None and pictured:
            poster = self.artefacts.poster(video.id)
            picture = self.thumbnails.pixmap(poster, frame.size(), ratio)
        away = video.state is not FileState.ONLINE
        painter.setOpacity(0.45 if away else 1.0)
        sound = video.has_audio and not video.has_video
        painting.framed(painter, theme, frame, picture, icon="sound" if sound else "film")
        painter.setOpacity(1.0)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if hovered and not away:
            circle = _circle(frame)
            painting.box(painter, circle, theme.colour("scrim"), 22)
            mark = theme.pixmap("play", 22, "on_scrim", ratio)
            painter.drawPixmap(circle.x() + 11, circle.y() + 11, mark)
        bottom = frame.bottom() - 7
        if video.duration_ms:
            text = wording.clock(video.duration_ms)
            painting.pill(painter, theme, text, right=frame.right() - 7, bottom=bottom)
        self._paint_state(painter, frame, row)
        # The keys have come to a card before it is chosen.
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus):
            painting.ring(painter, theme, frame, 8)

    def _paint_state(self, painter: QPainter, frame: QRect, row: Row) -> None:
        theme = self._theme
        left, bottom = frame.x() + 8, frame.bottom() - 7
        if row.video.state is FileState.OFFLINE:
            painting.pill(
                painter, theme, self.tr("Offline"), left=left, bottom=bottom, icon="offline"
            )
        elif row.video.state is FileState.MISSING:
            painting.pill(
                painter, theme, self.tr("Missing"), left=left, bottom=bottom, icon="offline"
            )
        elif row.job is not None and row.job.state is JobState.PAUSED:
            painting.pill(painter, theme, self.tr("Paused"), left=left, bottom=bottom, icon="pause")
        elif row.job is not None and row.job.state is JobState.QUEUED:
            painting.pill(
                painter, theme, self.tr("Waiting"), left=left, bottom=bottom, icon="clock"
            )
        elif row.trouble:
            painting.pill(
                painter, theme, self.tr("Problem"), left=left, bottom=bottom, icon="warning"
            )
        progress = self._model.progress
        if progress is None or progress.video_id != row.video.id:
            return
        painting.pill(painter, theme, wording.stage(progress.stage), left=left, bottom=bottom - 6)
        bar = QRect(frame.x() + 8, frame.bottom() - 10, frame.width() - 16, 4)
        painting.box(painter, bar, theme.colour("scrim"), 2)
        part = progress.done_ms / progress.total_ms if progress.total_ms else 0.0
        bar.setWidth(round(bar.width() * min(1.0, part)))
        if bar.width() > 3:
            painting.box(painter, bar, theme.colour("accent"), 2)

    def _paint_text(self, painter: QPainter, area: QRect, row: Row) -> None:
        theme = self._theme
        title = QRect(area.x(), area.y(), area.width(), 20)
        bold = theme.font("body", QFont.Weight.DemiBold)
        painting.draw_text(painter, title, row.video.title, bold, theme.colour("text"))
        under = QRect(area.x(), area.y() + 20, area.width(), 20)
        right = self._paint_badges(painter, under, row)
        under.setRight(right - 8)
        note, colour = wording.day(row.video.recorded_at), "muted"
        if row.trouble and not row.pending:
            note, colour = wording.reason(row.trouble), "danger"
        small = theme.font("caption")
        painting.draw_text(painter, under, note, small, theme.colour(colour))

    def _paint_badges(self, painter: QPainter, area: QRect, row: Row) -> int:
        """Icons of what was found in this video, from the right; returns where they begin."""
        x = area.right() + 1
        ratio = painter.device().devicePixelRatioF()
        for stage, icon in (
            (Stage.OCR, "text"),
            (Stage.FACES, "person"),
            (Stage.PASSAGES, "speech"),
        ):
            if stage in row.found:
                x -= 20
                mark = self._theme.pixmap(icon, 16, "muted", ratio)
                painter.drawPixmap(x + 4, area.y() + 2, mark)
        return x


def _places(cell: QRect) -> tuple[QRect, QRect]:
    """The card inside its cell, and the poster's frame inside the card."""
    area = cell.adjusted(GAP // 2, 4, -GAP // 2, -4)
    return area, QRect(area.topLeft(), painting.size_of(area.width()))


def _circle(frame: QRect) -> QRect:
    """Where the mark that plays is."""
    circle = QRect(0, 0, 44, 44)
    circle.moveCenter(frame.center())
    return circle
