"""The bar above the answers: what was found, which kinds of evidence count, limits, and the order.

Limits are words put into the sentence; asking is the window's work.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from heimdex.domain.search import EvidenceKind, Filters, Period, Sort
from heimdex.ui import offers, wording
from heimdex.ui.menus import DaysDialog, fill
from heimdex.ui.offers import Known, Offer
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Choice, button, label

_GAP = 6
_MARGINS = 50
_KINDS = (EvidenceKind.SPEECH, EvidenceKind.VISUAL, EvidenceKind.TEXT, EvidenceKind.PERSON)


class LimitsBar(QWidget):
    """Two rows: what was found and the order, then the kinds and the limits."""

    changed = Signal()
    """Other kinds or another order."""
    words_chosen = Signal(str)
    """Words to go on with."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.known = Known()
        """Names for the menus; kept up to date by the window."""
        self.summary = label("", "muted")
        self.kinds: dict[EvidenceKind, QPushButton] = {}
        self.order = Choice(theme, self.tr("Order"))
        self.order.addItem(self.tr("Best first"), Sort.RELEVANCE)
        self.order.addItem(self.tr("Newest first"), Sort.DATE)
        self.order.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.menus: dict[str, QPushButton] = {}
        self._build()

    def filters(self) -> Filters:
        """What the toggles leave."""
        chosen = frozenset(kind for kind, toggle in self.kinds.items() if toggle.isChecked())
        return Filters(kinds=chosen)

    @property
    def sort(self) -> Sort:
        """The chosen order."""
        return Sort(self.order.currentData())

    def show_answer(self, there: bool) -> None:
        """Without an answer there is nothing to be put in order."""
        self.summary.setVisible(there)
        self.order.setVisible(there)

    def show_question(self, filters: Filters, sort: Sort) -> None:
        """Stand as a saved search says, without asking."""
        for kind, toggle in self.kinds.items():
            blocked = toggle.blockSignals(True)
            toggle.setChecked(kind in filters.kinds)
            toggle.blockSignals(blocked)
        blocked = self.order.blockSignals(True)
        self.order.setCurrentIndex(self.order.findData(sort))
        self.order.blockSignals(blocked)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(8)
        top.addWidget(self.summary, 1)
        top.addWidget(self.order)
        low = QHBoxLayout()
        low.setContentsMargins(0, 0, 0, 0)
        low.setSpacing(_GAP)
        for kind in _KINDS:
            toggle = button(wording.evidence(kind), "toggle")
            toggle.setCheckable(True)
            toggle.setAccessibleName(wording.evidence(kind))
            # Where there is no room for its word, the tooltip is all that names it.
            only = self.tr("%1: only this kind of evidence")
            toggle.setToolTip(only.replace("%1", wording.evidence(kind)))
            self._theme.dress(toggle, wording.EVIDENCE_ICONS[kind], "muted", "accent")
            toggle.toggled.connect(lambda _: self.changed.emit())
            self.kinds[kind] = toggle
            low.addWidget(toggle)
        low.addStretch(1)
        nobody = self.tr("Nobody has a name yet")
        nowhere = self.tr("There are no folders yet")
        self._add_menu(low, "people", self.tr("Person"), lambda: offers.people(self.known), nobody)
        self._add_menu(low, "calendar", self.tr("When"), offers.times, "")
        self._add_menu(
            low, "folder", self.tr("Folder"), lambda: offers.folders(self.known), nowhere
        )
        self._add_menu(low, "clock", self.tr("Length"), offers.lengths, "")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 4, 24, 8)
        whole.setSpacing(6)
        # The buttons shrink with the window (see `_fit`) instead of holding it open.
        whole.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        whole.addLayout(top)
        whole.addLayout(low)

    def _fit(self) -> None:
        """Where the words of all buttons have no room, the limits show their pictures only, then
        the kinds as well."""
        kinds = list(self.kinds.values())
        menus = list(self.menus.values())
        for bare in ([], menus, [*menus, *kinds]):
            for each in (*kinds, *menus):
                each.setText("" if each in bare else each.accessibleName())
            wanted = sum(each.sizeHint().width() + _GAP for each in (*kinds, *menus))
            if wanted + _MARGINS <= self.width():
                return

    def minimumSizeHint(self) -> QSize:
        return QSize(320, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def _add_menu(
        self,
        row: QHBoxLayout,
        icon: str,
        name: str,
        found: Callable[[], Sequence[Offer]],
        empty: str,
    ) -> None:
        opener = button(name, "toggle")
        opener.setAccessibleName(name)
        opener.setToolTip(name)
        self._theme.dress(opener, icon, "muted")
        menu = QMenu(opener)

        def prepare() -> None:
            menu.clear()
            fill(menu, found(), self.words_chosen.emit, empty)
            if icon == "calendar":
                menu.addSeparator()
                menu.addAction(self.tr("Choose days…")).triggered.connect(self._choose_days)

        menu.aboutToShow.connect(prepare)
        opener.setMenu(menu)
        self.menus[icon] = opener
        row.addWidget(opener)

    def _choose_days(self) -> None:
        dialog = DaysDialog(Period(), self)
        dialog.chosen.connect(self.words_chosen)
        dialog.open()
