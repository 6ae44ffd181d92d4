"""Photos that are dropped on the people panel: which files count, and the hint while they hang over
it.

Whose photos they are is asked by the panel; finding the face in them is the people room's work.
"""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Picture, label

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
_ALSO_PHOTOS = frozenset({".heic", ".heif", ".avif", ".gif"})
"""Some can be read on some computers; where not, it is said why, which the window would not."""


def photos_of(data: QMimeData) -> list[Path]:
    """The photos in what is dropped; empty when anything else is among it, which is the window's
    affair."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return paths if paths and all(is_photo(path) for path in paths) else []


def is_photo(path: Path) -> bool:
    """Whether a file is a photo by its name."""
    return path.suffix.lower() in SUFFIXES | _ALSO_PHOTOS


def file_filter(name: str, suffixes: Iterable[str] = SUFFIXES) -> str:
    """What a file dialog shows."""
    return f"{name} ({' '.join('*' + suffix for suffix in sorted(suffixes))})"


class PhotoHint(QFrame):
    """Covers a panel while photos hang over it."""

    def __init__(self, theme: Theme, panel: QWidget) -> None:
        super().__init__(panel)
        self.setObjectName("drop")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._text = label("", "title")
        layout = QVBoxLayout(self)
        centre = Qt.AlignmentFlag.AlignHCenter
        layout.addStretch(1)
        layout.addWidget(Picture(theme, "person", 48, "accent"), 0, centre)
        layout.addWidget(self._text, 0, centre)
        layout.addStretch(1)
        self.hide()

    def show_over(self, panel: QWidget, name: str | None) -> None:
        """Cover the panel; `name` is whose photos they will be, None when it is asked."""
        self._text.setText(
            self.tr("Drop to add photos of %1").replace("%1", name)
            if name
            else self.tr("Drop photos to say who somebody is")
        )
        self.setGeometry(panel.rect().adjusted(16, 16, -16, -16))
        self.show()
        self.raise_()
