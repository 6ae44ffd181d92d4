"""The keys of the window: one table that binds them, and a page that shows them.

What a key does is the window's affair.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from heimdex.ui.widgets import button, label


class Entry(NamedTuple):
    """An action, the keys that each do it, and what it is called (PySide types marked texts so)."""

    action: str
    keys: tuple[str, ...]
    text: object


MOVING = (
    Entry("search", ("Ctrl+K", "Ctrl+F"), QT_TRANSLATE_NOOP("Keys", "Search")),
    Entry("library", ("Ctrl+1",), QT_TRANSLATE_NOOP("Keys", "Library")),
    Entry("results", ("Ctrl+2",), QT_TRANSLATE_NOOP("Keys", "Moments found")),
    Entry("people", ("Ctrl+3",), QT_TRANSLATE_NOOP("Keys", "People")),
    Entry("activity", ("Ctrl+4",), QT_TRANSLATE_NOOP("Keys", "Activity")),
    Entry("side", ("Ctrl+B",), QT_TRANSLATE_NOOP("Keys", "Open or close the side")),
    Entry("back", ("Esc",), QT_TRANSLATE_NOOP("Keys", "Back")),
    Entry("folder", ("Ctrl+Shift+O",), QT_TRANSLATE_NOOP("Keys", "Add a folder")),
    Entry("files", ("Ctrl+O",), QT_TRANSLATE_NOOP("Keys", "Add files")),
    Entry("again", ("F5",), QT_TRANSLATE_NOOP("Keys", "Look through the folders again")),
    Entry("undo", ("Ctrl+Z",), QT_TRANSLATE_NOOP("Keys", "Undo a change to people")),
    Entry("settings", ("Ctrl+,",), QT_TRANSLATE_NOOP("Keys", "Settings")),
    Entry("keys", ("F1",), QT_TRANSLATE_NOOP("Keys", "These keys")),
    Entry("quit", ("Ctrl+Q",), QT_TRANSLATE_NOOP("Keys", "Quit")),
)
PLAYING = (
    Entry("toggle", ("Space",), QT_TRANSLATE_NOOP("Keys", "Play or pause")),
    Entry("forward", ("L",), QT_TRANSLATE_NOOP("Keys", "Play; again, faster")),
    Entry("pause", ("K",), QT_TRANSLATE_NOOP("Keys", "Pause")),
    Entry("backward", ("J",), QT_TRANSLATE_NOOP("Keys", "Slower, or five seconds back")),
    Entry("frame back", (",",), QT_TRANSLATE_NOOP("Keys", "One frame back")),
    Entry("frame forward", (".",), QT_TRANSLATE_NOOP("Keys", "One frame forward")),
    Entry("mute", ("M",), QT_TRANSLATE_NOOP("Keys", "Sound off or on")),
    Entry("full", ("F",), QT_TRANSLATE_NOOP("Keys", "Full screen")),
)

CHOSEN = (
    Entry("", ("Return",), QT_TRANSLATE_NOOP("Keys", "Play")),
    Entry("", ("Del",), QT_TRANSLATE_NOOP("Keys", "Remove from the library")),
)
"""What the library's view does by itself with a video that is chosen; not bound here."""


def bind(window: QWidget, actions: Mapping[str, Callable[[], object]]) -> None:
    """Bind every entry of the tables to the action of its name."""
    for entry in (*MOVING, *PLAYING):
        for keys in entry.keys:
            QShortcut(QKeySequence(keys), window).activated.connect(actions[entry.action])


class KeysDialog(QDialog):
    """What can be done without the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keys"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        columns = QHBoxLayout()
        columns.setSpacing(48)
        columns.addLayout(_column(self.tr("In the window"), MOVING))
        right = QVBoxLayout()
        right.setSpacing(16)
        right.addLayout(_column(self.tr("Playing"), PLAYING))
        right.addLayout(_column(self.tr("A video of the library"), CHOSEN))
        columns.addLayout(right)
        done = button(self.tr("Done"), "primary", self.accept)
        done.setDefault(True)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 16)
        whole.setSpacing(16)
        whole.addLayout(columns)
        whole.addWidget(done, 0, Qt.AlignmentFlag.AlignRight)


def _column(title: str, entries: tuple[Entry, ...]) -> QVBoxLayout:
    table = QGridLayout()
    table.setHorizontalSpacing(24)
    table.setVerticalSpacing(6)
    for row, entry in enumerate(entries):
        native = QKeySequence.SequenceFormat.NativeText
        keys = ", ".join(QKeySequence(each).toString(native) for each in entry.keys)
        table.addWidget(label(QCoreApplication.translate("Keys", str(entry.text))), row, 0)
        table.addWidget(label(keys, "muted"), row, 1)
    column = QVBoxLayout()
    column.setSpacing(8)
    column.addWidget(label(title, "lead"))
    column.addLayout(table)
    column.addStretch(1)
    return column
