"""The field in which somebody gets a name; completes the names there are.

What a name does everywhere else is the people room's work.
"""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QStringListModel, Qt, Signal
from PySide6.QtGui import QImageReader, QKeyEvent, QPixmap
from PySide6.QtWidgets import QCompleter, QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from heimdex.ui.widgets import button, label

_PHOTO_EDGE = 88
_PHOTOS_SHOWN = 5


class _Field(QLineEdit):
    """A line whose typing Esc takes back, before Esc means anything to the window."""

    def before_typing(self) -> str:
        """What stands there when nobody types."""
        raise NotImplementedError

    def give_back(self) -> None:
        """What was given last could not be kept: Enter gives it again, Esc takes it back."""
        raise NotImplementedError

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and self._takes_back(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._takes_back(event):
            self.setText(self.before_typing())
            return
        super().keyPressEvent(event)

    def _takes_back(self, event: QEvent) -> bool:
        escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        return escape and self.text() != self.before_typing()


class NameField(_Field):
    """Enter gives the name, Esc takes the typing back. Leaving the field does neither: half a word
    must not rename a person everywhere."""

    named = Signal(str)

    def __init__(self, names: QStringListModel, name: str = "") -> None:
        super().__init__(name)
        self._name = self._before = name
        self.setPlaceholderText(self.tr("Type a name"))
        self.setAccessibleName(self.tr("Name"))
        self.setMaxLength(120)
        completer = QCompleter(names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCompleter(completer)
        self.returnPressed.connect(self._give)

    def show_name(self, name: str) -> None:
        """The name is this now."""
        self._name = self._before = name
        self.setText(name)

    def give_back(self) -> None:
        self._name = self._before

    def _give(self) -> None:
        name = " ".join(self.text().split())
        if name and name != self._name:
            self._before, self._name = self._name, name
            self.named.emit(name)

    def before_typing(self) -> str:
        return self._name


class OtherNames(_Field):
    """Other names of a person, separated by commas; Enter keeps them, Esc takes the typing back."""

    given = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self._before: tuple[str, ...] = ()
        self.setPlaceholderText(self.tr("Other names, also in another language"))
        self.setAccessibleName(self.tr("Other names"))
        self.setToolTip(self.tr("Separate names with commas. Search understands all of them."))
        self.setMaxLength(400)
        self.returnPressed.connect(self._give)

    def show_names(self, names: Sequence[str]) -> None:
        """The names are these now."""
        self._names = self._before = tuple(names)
        self.setText(", ".join(names))

    def give_back(self) -> None:
        self._names = self._before

    def typed(self) -> tuple[str, ...]:
        """The names in the field."""
        names = (" ".join(part.split()) for part in self.text().replace("、", ",").split(","))
        return tuple(dict.fromkeys(name for name in names if name))

    def _give(self) -> None:
        names = self.typed()
        if names != self._names:
            self._before, self._names = self._names, names
            self.given.emit(list(names))

    def before_typing(self) -> str:
        return ", ".join(self._names)


class NameDialog(QDialog):
    """Asks who is meant, with pictures if there are any; `named` once a name was given."""

    named = Signal(str)

    def __init__(
        self,
        names: QStringListModel,
        title: str,
        text: str,
        photos: Sequence[Path] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(400)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.field = NameField(names)
        self.field.named.connect(self._finish)
        pictures = QHBoxLayout()
        pictures.setSpacing(8)
        for photo in photos[:_PHOTOS_SHOWN]:
            picture = label()
            picture.setPixmap(_small(photo))
            pictures.addWidget(picture)
        if len(photos) > _PHOTOS_SHOWN:
            pictures.addWidget(label(f"+{len(photos) - _PHOTOS_SHOWN}", "muted"))
        pictures.addStretch(1)
        self.done_button = button(self.tr("Done"), "primary", self.field.returnPressed.emit)
        cancel = button(self.tr("Cancel"), action=self.reject)
        self.done_button.setAutoDefault(False)
        cancel.setAutoDefault(False)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(cancel)
        foot.addWidget(self.done_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(12)
        layout.addWidget(label(title, "lead"))
        if photos:
            layout.addLayout(pictures)
        layout.addWidget(label(text, "muted", wrap=True))
        layout.addWidget(self.field)
        layout.addLayout(foot)
        self.field.setFocus()

    def _finish(self, name: str) -> None:
        self.named.emit(name)
        self.accept()


def offer(model: QStringListModel, names: Sequence[str]) -> None:
    """Complete these names from now on."""
    if model.stringList() != list(names):
        model.setStringList(list(names))


def _small(photo: Path) -> QPixmap:
    """A photo at the size of a stamp, upright, without reading all of it; empty for no picture."""
    reader = QImageReader(str(photo))
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid():
        edge = Qt.AspectRatioMode.KeepAspectRatio
        reader.setScaledSize(size.scaled(_PHOTO_EDGE, _PHOTO_EDGE, edge))
    return QPixmap.fromImage(reader.read())
