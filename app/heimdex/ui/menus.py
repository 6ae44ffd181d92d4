"""Menus that change a question: at a chip of the search field, and beside the results.

What can be chosen is in `offers`; what becomes of the sentence, whoever opens a menu decides.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QDate, QDateTime, Qt, Signal
from PySide6.QtWidgets import QDateEdit, QDialog, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from heimdex.domain.search import Chip, ChipKind, Period, When
from heimdex.ui import offers
from heimdex.ui.offers import Known, Offer
from heimdex.ui.widgets import button, label

OnWords = Callable[[str], object]


def fill(menu: QMenu, found: Sequence[Offer], on_words: OnWords, empty: str) -> None:
    """Offers as entries; without any, a line that says so."""
    for offer in found:
        # An ampersand in a name is no shortcut.
        action = menu.addAction(offer.label.replace("&", "&&"))
        action.triggered.connect(lambda _=False, words=offer.words: on_words(words))
    if not found:
        menu.addAction(empty).setEnabled(False)


class ChipMenu(QMenu):
    """What can be done with one chip."""

    words_chosen = Signal(str)
    """Put these in its place."""
    removed = Signal()

    def __init__(self, chip: Chip, known: Known, parent: QWidget) -> None:
        super().__init__(parent)
        self._chip = chip
        self._known = known
        self._offer()
        if not self.isEmpty():
            self.addSeparator()
        text = self.tr("Remove") if chip.written else self.tr("Take it as words")
        self.addAction(text).triggered.connect(self.removed)
        if not chip.written:
            self._add(self.tr("Remove"), "")

    def _offer(self) -> None:
        chip, words = self._chip, self.words_chosen.emit
        if chip.kind is ChipKind.PERSON:
            others = [o for o in offers.people(self._known) if o.label != chip.text]
            fill(self, others, words, self.tr("Nobody else has a name yet"))
            self.addSeparator()
            self._negate(offers.person(chip.text))
        elif chip.kind is ChipKind.DATE:
            fill(self, offers.times(), words, "")
            self.addSeparator()
            self.addAction(self.tr("Choose days…")).triggered.connect(self._choose_days)
        elif chip.kind is ChipKind.FOLDER:
            fill(self, offers.folders(self._known), words, self.tr("There are no folders yet"))
        elif chip.kind is ChipKind.LENGTH:
            fill(self, offers.lengths(), words, "")
        elif chip.kind is ChipKind.KIND:
            fill(self, [o for o in offers.kinds() if o.words != chip.text], words, "")
        elif chip.kind is ChipKind.PHRASE:
            self._add(self.tr("Find it in other words too"), chip.text)
        elif chip.kind is ChipKind.WORDS:
            self._add(self.tr("Search for it instead"), chip.text)
        elif chip.kind is ChipKind.TERM:
            text = self.tr("Add it instead") if chip.negated else self.tr("Take it away instead")
            self._add(text, f"{'+' if chip.negated else '−'} {chip.text}")

    def _negate(self, there: str) -> None:
        chip = self._chip
        if chip.negated:
            self._add(self.tr("Must be there"), there)
        else:
            self._add(self.tr("Must not be there"), f"NOT {chip.text}")

    def _add(self, text: str, words: str) -> None:
        self.addAction(text).triggered.connect(lambda: self.words_chosen.emit(words))

    def _choose_days(self) -> None:
        value = self._chip.value
        period = value.periods[-1] if isinstance(value, When) and not value.yearly else Period()
        dialog = DaysDialog(period, self.parentWidget())
        dialog.chosen.connect(self.words_chosen)
        dialog.open()


class DaysDialog(QDialog):
    """Asks for the first and the last day."""

    chosen = Signal(str)
    """Both, as the sentence may hold them."""

    def __init__(self, period: Period, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Choose days"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        today = QDate.currentDate()
        self.first = _edit(_date(period.after) or today.addMonths(-1))
        last = _date(None if period.before is None else period.before - 1)
        self.last = _edit(last or today)
        self.first.setAccessibleName(self.tr("First day"))
        self.last.setAccessibleName(self.tr("Last day"))
        done = button(self.tr("Search these days"), "primary", self._finish)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(button(self.tr("Cancel"), action=self.reject))
        foot.addWidget(done)
        days = QHBoxLayout()
        days.setSpacing(8)
        days.addWidget(self.first, 1)
        days.addWidget(label("–", "muted"))
        days.addWidget(self.last, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(16)
        layout.addWidget(label(self.tr("Recorded between"), "lead"))
        layout.addLayout(days)
        layout.addLayout(foot)
        done.setDefault(True)

    def _finish(self) -> None:
        first, last = sorted((self.first.date(), self.last.date()), key=QDate.toJulianDay)
        days = [day.toString(Qt.DateFormat.ISODate) for day in (first, last)]
        self.chosen.emit(days[0] if days[0] == days[1] else " ~ ".join(days))
        self.accept()


def _edit(day: QDate) -> QDateEdit:
    edit = QDateEdit(day)
    edit.setCalendarPopup(True)
    edit.setMinimumWidth(140)
    return edit


def _date(second: int | None) -> QDate | None:
    return None if second is None else QDateTime.fromSecsSinceEpoch(second).date()
