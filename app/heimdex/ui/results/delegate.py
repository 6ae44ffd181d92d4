"""Paints a moment: its frame, its second, and one line for each kind of evidence.

Pictures come from the thumbnails, words from `wording`.
"""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from heimdex.domain.search import Evidence, EvidenceKind, Moment
from heimdex.storage.artefacts import Artefacts
from heimdex.ui import painting, wording
from heimdex.ui.results.model import MomentLine, MomentModel
from heimdex.ui.theme import Theme
from heimdex.ui.thumbnails import Thumbnails

FRAME = QSize(192, 108)
HEIGHT = 132
HEADING = 30
"""What the first of the less sure moments has above it."""

MOST_REASONS = 3
SIMILAR = 28
"""Edge of the button that asks for more like this moment."""


def body(row: QRect, line: MomentLine) -> QRect:
    """A row without the heading that may stand above it."""
    return row.adjusted(0, HEADING, 0, 0) if line.heads else row


def similar_button(row: QRect) -> QRect:
    """Where that button is in the body of a row."""
    return QRect(row.right() - SIMILAR - 12, row.y() + 10, SIMILAR, SIMILAR)


class MomentDelegate(QStyledItemDelegate):
    """Rows of one height."""

    def __init__(self, theme: Theme, model: MomentModel, parent: QWidget) -> None:
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
        theme, moment = self._theme, line.moment
        whole = body(option.rect, line)
        if line.heads:
            above = QRect(whole.x() + 10, option.rect.y() + 8, whole.width() - 20, HEADING - 8)
            font = theme.font("caption", QFont.Weight.DemiBold)
            painting.draw_text(painter, above, wording.less_sure(), font, theme.colour("muted"))
        area = whole.adjusted(0, 2, 0, -2)
        painting.row(painter, theme, area, option.state, 12)
        frame = QRect(area.x() + 10, area.y() + 10, FRAME.width(), FRAME.height())
        self._paint_frame(
            painter, frame, moment, bool(option.state & QStyle.StateFlag.State_MouseOver)
        )
        text = QRect(
            frame.right() + 17, frame.y(), area.right() - frame.right() - 33, FRAME.height()
        )
        self._paint_text(painter, text, moment, line.weak)
        if option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected):
            place = similar_button(whole)
            painting.box(painter, place, theme.colour("surface"), 8)
            ratio = painter.device().devicePixelRatioF()
            picture = theme.pixmap("similar", 18, "muted", ratio)
            painter.drawPixmap(place.x() + 5, place.y() + 5, picture)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        line = self._model.at(index)
        return QSize(320, HEIGHT + (HEADING if line is not None and line.heads else 0))

    def _paint_frame(self, painter: QPainter, frame: QRect, moment: Moment, hovered: bool) -> None:
        theme = self._theme
        ratio = painter.device().devicePixelRatioF()
        picture = None
        if self.thumbnails is not None and self.artefacts is not None and moment.scene is not None:
            path = self.artefacts.scene(moment.video_id, moment.scene)
            picture = self.thumbnails.pixmap(path, frame.size(), ratio)
        painter.setOpacity(1.0 if moment.online else 0.45)
        sound = moment.scene is None
        painting.framed(painter, theme, frame, picture, icon="sound" if sound else "film")
        painter.setOpacity(1.0)
        if hovered and moment.online:
            circle = QRect(0, 0, 36, 36)
            circle.moveCenter(frame.center())
            painting.box(painter, circle, theme.colour("scrim"), 18)
            painter.drawPixmap(
                circle.x() + 9, circle.y() + 9, theme.pixmap("play", 18, "on_scrim", ratio)
            )
        time = wording.clock(moment.start_ms)
        bottom = frame.bottom() - 5
        painting.pill(painter, theme, time, right=frame.right() - 5, bottom=bottom)
        if not moment.online:
            painting.pill(
                painter,
                theme,
                self.tr("Offline"),
                left=frame.x() + 6,
                bottom=bottom,
                icon="offline",
            )

    def _paint_text(self, painter: QPainter, area: QRect, moment: Moment, weak: bool) -> None:
        theme = self._theme
        top = QRect(area.x(), area.y(), area.width() - SIMILAR, 22)
        title_font = theme.font("lead", QFont.Weight.DemiBold)
        span = wording.clock(moment.start_ms)
        if moment.end_ms - moment.start_ms >= 1000:
            span = f"{span} – {wording.clock(moment.end_ms)}"
        if moment.recorded_at is not None:
            span = f"{span} · {wording.day(moment.recorded_at)}"
        if moment.people and all(e.kind is not EvidenceKind.PERSON for e in moment.evidence):
            span = f"{span} · {', '.join(moment.people)}"
        small = theme.font("caption")
        room = min(QFontMetrics(small).horizontalAdvance(span) + 12, top.width() // 2)
        title = QRect(top.x(), top.y(), top.width() - room - 12, top.height())
        colour = theme.colour("muted" if weak else "text")
        used = painting.draw_text(painter, title, moment.title, title_font, colour)
        times = QRect(title.x() + used + 12, top.y() + 1, room, top.height())
        painting.draw_text(painter, times, span, small, theme.colour("muted"))
        y = top.bottom() + 6
        reasons = moment.evidence[:MOST_REASONS]
        for reason in reasons:
            # A single reason may speak longer than one of three.
            lines = 2 if len(reasons) == 1 else 1
            height = 26 if lines == 1 else 44
            self._paint_reason(
                painter, QRect(area.x(), y, area.width(), height), reason, lines, weak
            )
            y += height + 1

    def _paint_reason(
        self, painter: QPainter, area: QRect, reason: Evidence, lines: int, weak: bool
    ) -> None:
        theme = self._theme
        word = wording.evidence(reason.kind)
        font = theme.font("caption", QFont.Weight.DemiBold)
        width = QFontMetrics(font).horizontalAdvance(word) + 34
        chip = QRect(area.x(), area.y() + 2, width, 22)
        painting.box(painter, chip, theme.colour("sunken"), 11)
        ratio = painter.device().devicePixelRatioF()
        mark = theme.pixmap(wording.EVIDENCE_ICONS[reason.kind], 14, "text", ratio)
        painter.drawPixmap(chip.x() + 8, chip.y() + 4, mark)
        painting.draw_text(painter, chip.adjusted(25, 0, 0, 0), word, font, theme.colour("text"))
        left = max(chip.right(), area.x() + 68) + 10
        # A text's first line stands on the height of the chip's word.
        text = QRect(left, area.y() + 4, area.right() - left, area.height())
        painting.draw_marked(
            painter,
            theme,
            text,
            wording.evidence_text(reason, weak),
            theme.font("body"),
            reason.matches,
            colour="muted" if weak or reason.kind is EvidenceKind.VISUAL else "text",
            lines=lines,
        )
