"""Takes photos by which somebody is to be known, and shows those that somebody is known by.

Dropping photos is the panel's affair, choosing the face that is meant the people room's.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStringListModel
from PySide6.QtWidgets import QFileDialog, QWidget

from heimdex.domain.ids import PersonId
from heimdex.ui.people.actions import Actions
from heimdex.ui.people.naming import NameDialog
from heimdex.ui.people.photo_list import PhotoList
from heimdex.ui.people.photos import file_filter
from heimdex.ui.session import Session

if TYPE_CHECKING:
    from heimdex.storage.photos import Photo


class PhotoDesk(QObject):
    """Opens its dialogs over the panel."""

    def __init__(self, names: QStringListModel, actions: Actions, panel: QWidget) -> None:
        super().__init__(panel)
        self._names = names
        self._actions = actions
        self._panel = panel
        self._session: Session | None = None

    def attach(self, session: Session) -> None:
        """Keep photos of the people of an open library."""
        self._session = session

    def choose(self, name: str | None) -> None:
        """Ask for files with photos of one person, and add them."""
        files, _ = QFileDialog.getOpenFileNames(
            self._panel, self.tr("Choose photos of one person"), "", file_filter(self.tr("Photos"))
        )
        self.add([Path(file) for file in files], name)

    def add(self, photos: list[Path], name: str | None) -> None:
        """Make somebody known by photos; asks who it is unless `name` is given."""
        if self._session is None or not photos:
            return
        if name:
            self._actions.enroll(name, photos)
            return
        dialog = NameDialog(
            self._names,
            self.tr("Who is on these photos?"),
            self.tr("The person is then found in all videos, also in those that come later."),
            photos,
            self._panel,
        )
        dialog.named.connect(lambda given: self._actions.enroll(given, photos))
        dialog.open()

    def show(self, person_id: int) -> None:
        """Show the photos that somebody is known by; single ones can be taken away."""
        session = self._session
        if session is None:
            return

        def open_list(photos: Sequence["Photo"]) -> None:
            dialog = PhotoList(photos, self._panel)
            dialog.removed.connect(partial(self._actions.remove_photos, person_id))
            dialog.open()

        session.run(lambda: session.library.people.photos(PersonId(person_id)), open_list)
