"""What is said, line by line; follows the player, and a click goes there.

Reading the transcript happens in the background.
"""

import bisect
import time
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from heimdex.domain.speech import Segment
from heimdex.ui import painting, wording
from heimdex.ui.theme import Theme

_TIME_WIDTH = 52
_PATIENCE_S = 4.0
"""After the person scrolled, the list stands still for so long before it follows again."""


class TranscriptModel(QAbstractListModel):
    """Segments in order, one of which is being said."""

    def __init__(self) -> None:
        super().__init__()
        self.segments: Sequence[Segment] = ()
        self._starts: list[int] = []
        self.current = -1

    def replace(self, segments: Sequence[Segment]) -> None:
        """Show these instead."""
        self.beginResetModel()
        self.segments = segments
        self._starts = [segment.start_ms for segment in segments]
        self.current = -1
        self.endResetModel()

    def move_to(self, ms: int) -> bool:
        """Mark what is being said; True when that is another line now."""
        place = bisect.bisect_right(self._starts, ms) - 1
        if place == self.current:
            return False
        before, self.current = self.current, place
        for row in (before, place):
            if 0 <= row < len(self.segments):
                self.dataChanged.emit(self.index(row, 0), self.index(row, 0))
        return True

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.segments)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if not index.isValid() or index.row() >= len(self.segments):
            return None
        segment = self.segments[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return segment.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{wording.clock(segment.start_ms)} {segment.text}"
        return None


class _Delegate(QStyledItemDelegate):
    """A time and a text that wraps."""

    def __init__(self, theme: Theme, model: TranscriptModel, view: QListView) -> None:
        super().__init__(view)
        self._theme = theme
        self._model = model
        self._view = view

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        theme = self._theme
        segment = self._model.segments[index.row()]
        now = index.row() == self._model.current
        area = option.rect.adjusted(0, 1, 0, -1)
        if now:
            painting.box(painter, area, theme.colour("accent_soft"), 6)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painting.box(painter, area, theme.colour("hover"), 6)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painting.ring(painter, theme, area.adjusted(2, 2, -2, -2), 4)
        when = QRect(area.x() + 8, area.y() + 6, _TIME_WIDTH - 8, 18)
        colour = theme.colour("accent" if now else "muted")
        painting.draw_text(
            painter, when, wording.clock(segment.start_ms), theme.font("caption"), colour
        )
        painter.setFont(_font(theme, now))
        painter.setPen(theme.colour("text"))
        text = area.adjusted(_TIME_WIDTH + 4, 5, -8, -5)
        painter.drawText(text, int(Qt.TextFlag.TextWordWrap), segment.text)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        width = self._view.viewport().width()
        room = QRect(0, 0, max(80, width - _TIME_WIDTH - 12), 10_000)
        # Measured in the bolder of both fonts, so that nothing moves while the list is followed.
        metrics = QFontMetrics(_font(self._theme, True))
        text = self._model.segments[index.row()].text
        height = metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), text).height()
        return QSize(width, height + 12)


class TranscriptView(QListView):
    """A list that follows."""

    sought = Signal(int)
    """Go to this millisecond."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.lines = TranscriptModel()
        self.setObjectName("transcript")
        self.setModel(self.lines)
        self.setItemDelegate(_Delegate(theme, self.lines, self))
        self.setMouseTracking(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Transcript"))
        self.clicked.connect(self._seek)
        self.activated.connect(self._seek)
        theme.changed.connect(self.viewport().update)
        self._touched_at = 0.0

    def follow(self, ms: int) -> None:
        """The player is here now."""
        if not self.lines.move_to(ms) or self.lines.current < 0:
            return
        if time.monotonic() - self._touched_at >= _PATIENCE_S:
            centre = QAbstractItemView.ScrollHint.PositionAtCenter
            self.scrollTo(self.lines.index(self.lines.current, 0), centre)

    def _seek(self, index: QModelIndex) -> None:
        if index.isValid():
            self.sought.emit(self.lines.segments[index.row()].start_ms)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._touched_at = time.monotonic()
        super().wheelEvent(event)


def _font(theme: Theme, now: bool) -> QFont:
    return theme.font("body", QFont.Weight.Medium if now else QFont.Weight.Normal)
