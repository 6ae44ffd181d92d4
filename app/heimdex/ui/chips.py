"""The chips of the search field: parts of a question as they were understood, each of which can be
taken away or changed.

What a part means was said by the search room; what becomes of the question, the field decides.
"""

from PySide6.QtCore import QCoreApplication, QDateTime, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from heimdex.domain.search import Chip, ChipKind, EvidenceKind, Length, Like, Period, When
from heimdex.ui import wording
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Elided, Picture, icon_button

CHIP = 26
BETWEEN = 4
"""Pixels: how high a chip is, and how far from the next."""

MOST_LINES = 3
"""Lines of chips that are seen at once."""

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

    def __init__(
        self, theme: Theme, icon: str, text: str, tip: str, tone: str = "", kind: str = ""
    ) -> None:
        """`kind`: what the icon says, for those who cannot see it."""
        super().__init__()
        self.setObjectName("chip")
        self.setProperty("tone", tone)
        self.setFixedHeight(CHIP)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(text)
        self.setAccessibleDescription("\n".join(part for part in (kind, tip) if part))
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


def part_chip(theme: Theme, chip: Chip, *, dropped: bool = False, other: bool = False) -> PartChip:
    """The chip of a recognised part. `dropped`: nothing in the library fits it. `other`: it is
    somebody who will do instead of the one before."""
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
    text = words(chip)
    if other:
        text = QCoreApplication.translate("Chips", "or %1").replace("%1", text)
    return PartChip(theme, icon, text, tip, tone, kind_name(chip.kind))


def like_chip(theme: Theme, like: Like, title: str) -> PartChip:
    """The chip of an example; `title` is what its video or picture is called."""
    if like.picture is not None:
        tip = QCoreApplication.translate("Chips", "Like this picture")
        if like.minus:
            tip = QCoreApplication.translate("Chips", "Unlike this picture")
        tip = f"{tip}\n{like.picture}"
        return PartChip(theme, "image", title, tip, "not" if like.minus else "")
    text = f"{title} {wording.clock(like.at_ms)}"
    tip = QCoreApplication.translate("Chips", "Like this moment")
    if like.minus:
        tip = QCoreApplication.translate("Chips", "Unlike this moment")
    return PartChip(theme, "similar", text, tip, "not" if like.minus else "")


def kind_name(kind: ChipKind) -> str:
    """What kind of part it is, as a word."""
    translate = QCoreApplication.translate
    return {
        ChipKind.PERSON: translate("Chips", "Person"),
        ChipKind.PHRASE: translate("Chips", "Exact words"),
        ChipKind.WORDS: translate("Chips", "Left out"),
        ChipKind.TERM: translate("Chips", "Part of a sum"),
        ChipKind.DATE: translate("Chips", "Date"),
        ChipKind.FOLDER: translate("Chips", "Folder"),
        ChipKind.LENGTH: translate("Chips", "Length"),
        ChipKind.KIND: translate("Chips", "Kind of evidence"),
    }[kind]


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


class ChipRow(QScrollArea):
    """Chips side by side, in as many lines as they need; of more than a few the rest is scrolled
    to."""

    def __init__(self) -> None:
        super().__init__()
        self.chips: list[PartChip] = []
        """In the order of the sentence."""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._lines = QWidget()
        self.setWidget(self._lines)

    def replace(self, chips: list[PartChip]) -> None:
        """Show these instead."""
        for old in self.chips:
            old.hide()
            old.deleteLater()
        self.chips = chips
        for chip in chips:
            chip.setParent(self._lines)
            chip.show()
        self.setVisible(bool(chips))
        self.updateGeometry()
        self._place()

    @property
    def wanted(self) -> int:
        """Pixels that all chips need in one line."""
        return sum(chip.sizeHint().width() + BETWEEN for chip in self.chips)

    def height_at(self, width: int) -> int:
        """Pixels that the chips take below each other where a line has `width`."""
        return min(self._flow(width, move=False), MOST_LINES * (CHIP + BETWEEN) - BETWEEN)

    def sizeHint(self) -> QSize:
        return QSize(self.wanted, CHIP)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, CHIP)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        width = self.width()
        height = self._flow(width, move=False)
        if height > MOST_LINES * (CHIP + BETWEEN):
            width -= self.verticalScrollBar().sizeHint().width()
        self._lines.resize(width, self._flow(width, move=True))

    def _flow(self, width: int, *, move: bool) -> int:
        x = y = 0
        for chip in self.chips:
            wide = min(chip.sizeHint().width(), max(width, 1))
            if x and x + wide > width:
                x, y = 0, y + CHIP + BETWEEN
            if move:
                chip.setGeometry(x, y, wide, CHIP)
            x += wide + BETWEEN
        return y + CHIP
