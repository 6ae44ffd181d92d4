"""The page of the settings that says what this program is and what it is made of.

What the version line says is left to `config.version`.
"""

from pathlib import Path

import PySide6
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from heimdex import __version__
from heimdex.config.directories import Directories
from heimdex.config.version import described
from heimdex.ui import wording
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import button, label


class AboutPage(QWidget):
    """Nothing on it changes while it is open."""

    def __init__(self, theme: Theme, directories: Directories) -> None:
        super().__init__()
        shipped = directories.resources.parent
        picture = label()
        picture.setPixmap(theme.application_icon().pixmap(64, 64))
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addStretch(1)
        texts.addWidget(label("Heimdex", "title"))
        texts.addWidget(label(self.tr("Version %1").replace("%1", __version__), "muted"))
        texts.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(picture)
        head.addLayout(texts)
        head.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(
            label(
                self.tr(
                    "A private search engine for your own videos. Everything runs on this "
                    "computer; your files are never changed and nothing leaves it."
                ),
                wrap=True,
            )
        )
        self.versions = label(
            f"{described(shipped)}; Qt {PySide6.__version__}", "caption", wrap=True
        )
        self.versions.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.versions)
        library = wording.shortened(directories.library)
        column.addWidget(label(self.tr("Library: %1").replace("%1", library), "caption", wrap=True))
        column.addWidget(
            label(
                self.tr(
                    "Heimdex is free software under the Apache License 2.0. It uses Qt under the "
                    "LGPL 3 and FFmpeg under the LGPL 2.1, as separate libraries that you may "
                    "exchange; the notices say where their sources are, and name everything else."
                ),
                "caption",
                wrap=True,
            )
        )
        self.notices = button(
            self.tr("Third-party notices"), action=lambda: _open(notices_file(shipped))
        )
        logs = button(self.tr("Open the log folder"), action=lambda: _open(directories.logs))
        row = QHBoxLayout()
        row.addWidget(self.notices)
        row.addWidget(logs)
        row.addStretch(1)
        column.addLayout(row)


def notices_file(shipped: Path) -> Path:
    """The terms of everything inside: of what was frozen, or a checkout's table."""
    packed = shipped / "notices.txt"
    return packed if packed.exists() else shipped / "docs" / "licences.md"


def _open(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
