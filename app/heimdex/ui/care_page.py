"""The page of the settings that says how the library fares: its size, checks and backups.

Checking and copying is done by `caring`, and by itself as well; the page only asks for it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from heimdex.domain.stages import Changes
from heimdex.ui import complaints, desktop, wording
from heimdex.ui.damage import DamageNotice
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Note, button, label

if TYPE_CHECKING:
    from heimdex.bootstrap import Library
    from heimdex.storage.upkeep import Looked


_ANY = Changes()


@dataclass(frozen=True, slots=True)
class Fare:
    """Sizes in bytes, times in Unix seconds; `checked_at` is None before the first full check."""

    videos: int
    database: int
    checked_at: int | None
    backups: tuple[tuple[float, int], ...]
    """When each was made and its size, the newest first."""


def read_fare(library: "Library") -> Fare:
    """How the library fares; for a thread in the background."""
    return Fare(
        len(library.catalogue.videos()),
        library.database.path.stat().st_size,
        library.upkeep.checked_at,
        tuple((backup.made_at, backup.bytes) for backup in library.backups.all()),
    )


class CarePage(QWidget):
    """What it shows is read again after each check."""

    def __init__(self, theme: Theme, session: Session) -> None:
        super().__init__()
        self._session = session
        place = wording.shortened(session.library.directories.library)
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(24)
        self.form.setVerticalSpacing(8)
        self.videos, self.database = label(), label()
        self.checked, self.backups = label(), label(wrap=True)
        for name, value in (
            (self.tr("Place"), label(place, wrap=True)),
            (self.tr("Videos"), self.videos),
            (self.tr("Database"), self.database),
            (self.tr("Checked"), self.checked),
            (self.tr("Backups"), self.backups),
        ):
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.form.addRow(label(name, "muted"), value)
        self.check = button(self.tr("Check and back up now"), action=self._look)
        self.open = button(self.tr("Open the folder of backups"), action=self._open)
        self.said = Note(theme, "info")
        self.said.hide()
        self.damage = DamageNotice(theme)
        self.damage.attach(session)
        actions = QHBoxLayout()
        actions.addWidget(self.check)
        actions.addWidget(self.open)
        actions.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(
            label(
                self.tr(
                    "Everything that was found in your videos and every name you gave is in the "
                    "library. Heimdex checks it once a week and keeps backups by itself, up to "
                    "half a year back; they are as private as the library. If it is ever damaged, "
                    "Heimdex offers the newest sound backup when it starts."
                ),
                "muted",
                wrap=True,
            )
        )
        column.addLayout(self.form)
        column.addLayout(actions)
        column.addWidget(self.said)
        column.addWidget(self.damage)
        column.addStretch(1)
        # Signals and no callbacks: the page may be gone before the check is done.
        session.caring.looked.connect(self._tell)
        session.caring.refused.connect(self._refuse)
        session.changed.connect(self._offer)
        self._read()

    def _read(self) -> None:
        library = self._session.library
        self._session.run(lambda: read_fare(library), self._show)

    def _show(self, fare: Fare) -> None:
        self.videos.setText(str(fare.videos))
        self.database.setText(wording.size(fare.database))
        never = self.tr("not yet; it is done when nothing is being indexed")
        self.checked.setText(wording.moment(fare.checked_at) or never)
        self.open.setEnabled(bool(fare.backups))
        if fare.backups:
            made_at, size = fare.backups[0]
            count = self.tr("%n backup(s)", "", len(fare.backups))
            newest = self.tr("the newest: %1, %2").replace("%1", wording.moment(int(made_at)))
            self.backups.setText(f"{count}; {newest.replace('%2', wording.size(size))}")
        else:
            self.backups.setText(self.tr("none yet"))
        self._offer()

    def _offer(self, changes: Changes = _ANY) -> None:
        caring = self._session.caring
        self.check.setEnabled(caring.can_look)
        busy = self.tr("This waits until nothing is being indexed.")
        self.check.setToolTip("" if caring.can_look or caring.looking else busy)

    def _look(self) -> None:
        self.said.show_text(self.tr("Checking…"))
        self._session.caring.look_now()
        self._offer()

    def _tell(self, looked: "Looked | None") -> None:
        if looked is None:
            text = self.tr("Videos are being indexed; the check is done later, by itself.")
        elif looked.damaged:
            text = ""  # said by the strip
        else:
            said = [*map(complaints.told, looked.mended)]
            said = said or [self.tr("The library is sound.")]
            if looked.backup is not None:
                said.append(self.tr("A backup was made and proved."))
            else:
                said.append(complaints.told(looked.problem))
            text = " ".join(said)
        self.said.show_text(text)
        self._read()

    def _refuse(self, text: str) -> None:
        self.said.show_text(text)
        self._offer()

    def _open(self) -> None:
        desktop.open_folder(self._session.library.backups.folder)
