"""The view of the library: cards that wrap, and while somebody scrolls far, where they are.

What a card looks like is the delegate's affair, what there is the model's.
"""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

from heimdex.ui.widgets import label

_SHOWN_MS = 900
_FAR = 3
"""From so many windows full of cards on, a scroll bar alone no longer says where one is."""


class Grid(QListView):
    """Rows that wrap: this layout stays quick with ten thousand cards, the icon mode does not."""

    resized = Signal()
    remove_wanted = Signal()
    """The key that deletes was pressed."""
    SIDES = 16 + 12
    """Margin and scroll bar, in pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.place_of: Callable[[QModelIndex], str] = lambda index: ""
        """What is said of a card while it is scrolled past: a month, a letter."""
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMouseTracking(True)
        self.setViewportMargins(16, 0, 0, 0)
        self.verticalScrollBar().setSingleStep(48)
        # Not `sliderMoved`, which comes before the cards have moved.
        self.verticalScrollBar().valueChanged.connect(self._show_place)
        self.place = label()
        self.place.setParent(self)
        self.place.setObjectName("place")
        self.place.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.place.hide()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SHOWN_MS)
        self._timer.timeout.connect(self.place.hide)

    def _show_place(self) -> None:
        bar = self.verticalScrollBar()
        if not bar.isSliderDown():
            return
        # Below the gap between two rows.
        text = self.place_of(self.indexAt(QPoint(self.gridSize().width() // 2, 24)))
        if not text or bar.maximum() < _FAR * self.viewport().height():
            return
        self.place.setText(text)
        self.place.adjustSize()
        whole = self.height() - self.place.height()
        self.place.move(
            self.width() - bar.width() - self.place.width() - 12,
            round(whole * bar.sliderPosition() / bar.maximum()),
        )
        self.place.show()
        self.place.raise_()
        self._timer.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_wanted.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()
