"""Strokes that the delegates share: pictures in frames, pills, chips, texts with marked words.

Where they go is each delegate's affair.
"""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QStyle

from heimdex.ui.theme import Theme


def framed(
    painter: QPainter,
    theme: Theme,
    rect: QRect,
    pixmap: QPixmap | None,
    *,
    icon: str = "film",
    radius: float = 8,
    round_: bool = False,
) -> None:
    """A picture with round corners on neutral ground; without one, an icon in its middle."""
    path = QPainterPath()
    if round_:
        path.addEllipse(QRectF(rect))
    else:
        path.addRoundedRect(QRectF(rect), radius, radius)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillPath(path, theme.colour("poster"))
    if pixmap is not None:
        painter.setClipPath(path)
        size = pixmap.deviceIndependentSize()
        left = rect.x() + (rect.width() - size.width()) / 2
        top = rect.y() + (rect.height() - size.height()) / 2
        painter.drawPixmap(QPointF(left, top), pixmap)
    else:
        edge = min(32, rect.height() // 2)
        mark = theme.pixmap(icon, edge, "faint", painter.device().devicePixelRatioF())
        painter.drawPixmap(rect.center() - QRect(0, 0, edge, edge).center(), mark)
    painter.restore()


def ring(
    painter: QPainter, theme: Theme, rect: QRect, radius: float, *, round_: bool = False
) -> None:
    """The outline of what is selected or has the focus."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.colour("accent"), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    outline = QRectF(rect).adjusted(-2, -2, 2, 2)
    if round_:
        painter.drawEllipse(outline)
    else:
        painter.drawRoundedRect(outline, radius + 2, radius + 2)
    painter.restore()


def box(painter: QPainter, rect: QRect | QRectF, colour: QColor, radius: float) -> None:
    """A filled rectangle with round corners."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(QRectF(rect), radius, radius)
    painter.restore()


def row(
    painter: QPainter, theme: Theme, area: QRect, state: QStyle.StateFlag, radius: float
) -> None:
    """What lies under a row that is selected or that the mouse is over."""
    if state & QStyle.StateFlag.State_Selected:
        box(painter, area, theme.colour("accent_soft"), radius)
    elif state & QStyle.StateFlag.State_MouseOver:
        box(painter, area, theme.colour("hover"), radius)


def pill(
    painter: QPainter,
    theme: Theme,
    text: str,
    *,
    right: int | None = None,
    left: int | None = None,
    bottom: int,
    icon: str = "",
    background: str = "scrim",
    colour: str = "on_scrim",
) -> QRect:
    """A short word on a picture, placed by its lower right or lower left corner."""
    font = theme.font("caption", QFont.Weight.Medium)
    width = QFontMetrics(font).horizontalAdvance(text) + 15 + (18 if icon else 0)
    x = right - width if right is not None else (left or 0)
    rect = QRect(x, bottom - 20, width, 20)
    box(painter, rect, theme.colour(background), 6)
    inner = rect.adjusted(6, 0, -6, 0)
    if icon:
        mark = theme.pixmap(icon, 14, colour, painter.device().devicePixelRatioF())
        painter.drawPixmap(inner.x() - 1, rect.y() + 3, mark)
        inner.setLeft(inner.left() + 18)
    draw_text(painter, inner, text, font, theme.colour(colour))
    return rect


def draw_text(
    painter: QPainter,
    rect: QRect,
    text: str,
    font: QFont,
    colour: QColor,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> int:
    """One line, elided to the room; returns the width it took."""
    metrics = QFontMetrics(font)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(rect, int(Qt.AlignmentFlag.AlignVCenter | align), shown)
    return metrics.horizontalAdvance(shown)


def draw_marked(
    painter: QPainter,
    theme: Theme,
    rect: QRect,
    text: str,
    font: QFont,
    marks: Sequence[tuple[int, int]],
    *,
    colour: str = "text",
    lines: int = 1,
) -> int:
    """Text of at most `lines` lines with ranges marked; starts near the first mark when the text
    is longer than the room. Returns the height it took."""
    text, marks = _window(text, marks, font, rect.width() * lines)
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    formats = []
    for start, end in marks:
        entry = QTextLayout.FormatRange()
        entry.start, entry.length = start, end - start
        style = QTextCharFormat()
        style.setBackground(theme.colour("mark"))
        style.setForeground(theme.colour("on_mark"))
        entry.format = style
        formats.append(entry)
    layout.setFormats(formats)
    layout.beginLayout()
    height = 0.0
    made = 0
    while made < lines:
        piece = layout.createLine()
        if not piece.isValid():
            break
        piece.setLineWidth(rect.width())
        piece.setPosition(QPointF(0, height))
        height += piece.height() + 2
        made += 1
    layout.endLayout()
    painter.save()
    painter.setPen(theme.colour(colour))
    painter.setClipRect(rect)
    layout.draw(painter, QPointF(rect.topLeft()))
    painter.restore()
    return round(height)


def _window(
    text: str, marks: Sequence[tuple[int, int]], font: QFont, room: int
) -> tuple[str, list[tuple[int, int]]]:
    """Cut a text so that its first mark can be seen; ranges move along. Offsets are characters of
    Python and become UTF-16 units of Qt."""
    text = text.replace("\n", " ")
    metrics = QFontMetrics(font)
    start = 0
    if marks and metrics.horizontalAdvance(text[: marks[0][1]]) > room * 0.9:
        start = max(0, text.rfind(" ", 0, max(0, marks[0][0] - 24)) + 1)
    cut = text[start:]
    lead = "… " if start else ""
    limit = len(cut)
    while limit > 8 and metrics.horizontalAdvance(lead + cut[:limit]) > room * 0.97:
        limit = int(limit * 0.94)
    shown = lead + cut[:limit] + ("…" if limit < len(cut) else "")
    moved = []
    for begin, end in marks:
        a, b = begin - start, min(end - start, limit)
        if 0 <= a < b:
            moved.append((_units(shown, a + len(lead)), _units(shown, b + len(lead))))
    return shown, moved


def _units(text: str, characters: int) -> int:
    return len(text[:characters].encode("utf-16-le")) // 2


def size_of(width: int, shape: float = 16 / 9) -> QSize:
    """A frame of this width."""
    return QSize(width, round(width / shape))
