"""The photos somebody was enrolled with, to be looked at and taken away one by one.

Taking them away is the people room's work.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeySequence, QPixmap, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListView,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from heimdex.ui.widgets import button, label

if TYPE_CHECKING:
    from heimdex.storage.photos import Photo

_EDGE = 112
_SIZE = QSize(552, 320)


class PhotoList(QDialog):
    """Each photo cut to the face; `removed` with the numbers of those that were taken away."""

    removed = Signal(list)

    def __init__(self, photos: "Sequence[Photo]", parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Photos"))
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Photos"))
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.list.setIconSize(QSize(_EDGE, _EDGE))
        self.list.setSpacing(8)
        self.list.setMinimumSize(_SIZE)
        for place, photo in enumerate(photos, 1):
            picture = QPixmap()
            picture.loadFromData(photo.crop)
            item = QListWidgetItem(QIcon(picture), str(place))
            item.setData(Qt.ItemDataRole.UserRole, photo.id)
            name = self.tr("Photo %1").replace("%1", str(place))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, name)
            self.list.addItem(item)
        self.list.itemSelectionChanged.connect(self._offer)
        QShortcut(QKeySequence(Qt.Key.Key_Delete), self.list).activated.connect(self._remove)
        self.remove_button = button(self.tr("Remove"), action=self._remove)
        self.remove_button.setAutoDefault(False)
        self._done = button(self.tr("Done"), "primary", self.accept)
        self._done.setDefault(True)
        self._build()
        self._offer()
        self.list.setFocus()

    def chosen(self) -> list[int]:
        """The numbers of the photos that are chosen."""
        return [item.data(Qt.ItemDataRole.UserRole) for item in self.list.selectedItems()]

    def _build(self) -> None:
        text = self.tr(
            "The person is known by these faces. Remove one that shows somebody else or is too "
            "poor; who was recognised by it is looked at again. This can be undone."
        )
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.remove_button)
        foot.addStretch(1)
        foot.addWidget(self._done)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(12)
        layout.addWidget(label(self.tr("Photos"), "lead"))
        layout.addWidget(label(text, "muted", wrap=True))
        layout.addWidget(self.list, 1)
        layout.addLayout(foot)

    def _offer(self) -> None:
        self.remove_button.setEnabled(bool(self.chosen()))

    def _remove(self) -> None:
        chosen = self.chosen()
        if chosen:
            self.removed.emit(chosen)
            self.accept()
