"""The chips of the search field: parts of a question as they were understood, each of which can be
taken away or changed.

What a part means was said by the search room; what becomes of the question, the field decides.
"""

from PySide6.QtCore import QCoreApplication, QDateTime, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from heimdex.domain.search import Chip, ChipKind, EvidenceKind, Length, Like, Period, When
from heimdex.ui import wording
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Elided, Picture, icon_button

WIDEST = 220
"""Pixels of a chip's words; the whole is its tooltip."""

_ICONS = {
    ChipKind.PERSON: "person",
    ChipKind.PHRASE: "speech",
    ChipKind.WORDS: "close",
    ChipKind.DATE: "calendar",
    ChipKind.FOLDER: "folder",
    ChipKind.LENGTH: "clock",
    ChipKind.TERM: "plus",
}


class PartChip(QFrame):
    """An icon, a word and a cross. A click or Enter opens it, Backspace or the cross removes it."""

    removed = Signal()
    opened = Signal()

    def __init__(self, theme: Theme, icon: str, text: str, tip: str, tone: str = "") -> None:
        super().__init__()
        self.setObjectName("chip")
        self.setProperty("tone", tone)
        self.setFixedHeight(26)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(text)
        self.setAccessibleDescription(tip)
        self.setToolTip(tip or text)
        colour = {"not": "danger", "quiet": "muted"}.get(tone, "accent")
        self._words = Elided(text)
        metrics = QFontMetrics(theme.font("caption", QFont.Weight.DemiBold))
        wanted = metrics.horizontalAdvance(text) + 4
        self._words.setFixedWidth(min(WIDEST, wanted))
        cross = icon_button(theme, "close", self.tr("Remove %1").replace("%1", text))
        cross.setIconSize(QSize(12, 12))
        cross.setFixedSize(20, 20)
        cross.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        cross.clicked.connect(self.removed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 3, 0)
        layout.setSpacing(4)
        layout.addWidget(Picture(theme, icon, 14, colour))
        layout.addWidget(self._words)
        layout.addWidget(cross)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit()
        elif event.button() == Qt.MouseButton.MiddleButton:
            self.removed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.removed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit()
        elif event.key() == Qt.Key.Key_Left:
            self.focusPreviousChild()
        elif event.key() == Qt.Key.Key_Right:
            self.focusNextChild()
        else:
            super().keyPressEvent(event)


def part_chip(theme: Theme, chip: Chip, *, dropped: bool = False) -> PartChip:
    """The chip of a recognised part. `dropped`: nothing in the library fits it."""
    icon = _ICONS.get(chip.kind, "search")
    if isinstance(chip.value, EvidenceKind):
        icon = wording.EVIDENCE_ICONS[chip.value]
    if chip.kind is ChipKind.TERM and chip.negated:
        icon = "minus"
    tone = "not" if chip.negated else "quiet" if dropped else ""
    tip = meaning(chip)
    if dropped:
        nothing = QCoreApplication.translate("Chips", "Left aside: nothing was found with it.")
        tip = f"{tip}\n{nothing}" if tip else nothing
    return PartChip(theme, icon, words(chip), tip, tone)


def like_chip(theme: Theme, like: Like, title: str) -> PartChip:
    """The chip of an example; `title` is what its video or picture is called."""
    if like.picture is not None:
        return PartChip(theme, "image", title, str(like.picture), "not" if like.minus else "")
    text = f"{title} {wording.clock(like.at_ms)}"
    tip = QCoreApplication.translate("Chips", "Like this moment")
    return PartChip(theme, "similar", text, tip, "not" if like.minus else "")


def words(chip: Chip) -> str:
    """What stands on a chip."""
    translate = QCoreApplication.translate
    if isinstance(chip.value, EvidenceKind):
        text = translate("Chips", "only %1").replace("%1", wording.evidence(chip.value))
    elif chip.kind is ChipKind.PHRASE:
        text = f"“{chip.text}”"
    else:
        text = chip.text
    if chip.negated and chip.kind is not ChipKind.TERM:
        return translate("Chips", "not %1").replace("%1", text)
    return text


def meaning(chip: Chip) -> str:
    """What a chip stands for, in full; "" where its words say it all."""
    translate = QCoreApplication.translate
    if isinstance(chip.value, When):
        if chip.value.yearly:
            return translate("Chips", "in every year")
        return ", ".join(span(period) for period in chip.value.periods)
    if isinstance(chip.value, Length):
        least, most = chip.value.least_ms, chip.value.most_ms
        parts = []
        if least is not None:
            text = translate("Chips", "at least %1")
            parts.append(text.replace("%1", wording.clock(least)))
        if most is not None:
            text = translate("Chips", "at most %1")
            parts.append(text.replace("%1", wording.clock(most)))
        return ", ".join(parts)
    if chip.kind is ChipKind.PHRASE:
        return translate("Chips", "Exactly these words")
    return ""


def span(period: Period) -> str:
    """Days of a period, the last one included."""
    translate = QCoreApplication.translate
    first = _day(period.after)
    last = _day(None if period.before is None else period.before - 1)
    if first and last:
        return first if first == last else f"{first} – {last}"
    if first:
        return translate("Chips", "from %1").replace("%1", first)
    return translate("Chips", "until %1").replace("%1", last)


def _day(second: int | None) -> str:
    if second is None:
        return ""
    return wording.short_date(QDateTime.fromSecsSinceEpoch(second).date())


class ChipRow(QWidget):
    """Chips side by side."""

    def __init__(self) -> None:
        super().__init__()
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self._layout.addStretch(1)

    @property
    def chips(self) -> list[PartChip]:
        """From left to right."""
        found = []
        for place in range(self._layout.count()):
            item = self._layout.itemAt(place)
            widget = item.widget() if item is not None else None
            if isinstance(widget, PartChip):
                found.append(widget)
        return found

    def replace(self, chips: list[PartChip]) -> None:
        """Show these instead."""
        for old in self.chips:
            self._layout.removeWidget(old)
            old.hide()
            old.deleteLater()
        for place, chip in enumerate(chips):
            self._layout.insertWidget(place, chip)
        self.setVisible(bool(chips))

    @property
    def wanted(self) -> int:
        """Pixels that all chips need."""
        chips = self.chips
        return sum(chip.sizeHint().width() for chip in chips) + 4 * len(chips)
