"""The strip below the search field that says when models are missing, or how far a download is.

Choosing and downloading is done on the models' page of the settings.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from heimdex.ui import wording
from heimdex.ui.models.fetching import FetchProgress
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Picture, button, label

if TYPE_CHECKING:
    from heimdex.bootstrap import Library


class ModelsOffer(QFrame):
    """Hidden while everything in use is installed and nothing is fetched."""

    wanted = Signal()
    """The person wants to see the models' page."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("note")
        self._session: Session | None = None
        self._text = label(wrap=True)
        self._button = button("", action=self.wanted.emit)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 6, 6)
        row.setSpacing(8)
        row.addWidget(Picture(theme, "drop", 16, "accent"))
        row.addWidget(self._text, 1)
        row.addWidget(self._button)
        self.hide()

    @property
    def text(self) -> str:
        """What it says, "" when it is hidden."""
        return "" if self.isHidden() else self._text.text()

    def attach(self, session: Session) -> None:
        """Watch the models of an open library."""
        self._session = session
        session.fetching.progressed.connect(self._show_progress)
        session.fetching.ended.connect(lambda _: self._look())
        self._look()

    def _look(self) -> None:
        session = self._session
        if session is not None:
            session.run(lambda: missing_bytes(session.library), self._show_missing)

    def _show_missing(self, missing: int) -> None:
        if self._session is None or self._session.fetching.busy:
            return
        if not missing:
            self.hide()
            return
        text = self.tr(
            "Heimdex needs models to listen and to look; they run on this computer. Choose which: "
            "the smallest set is about %1, and nothing is downloaded before you say so."
        )
        self._say(text.replace("%1", wording.size(missing)), self.tr("Choose models…"))

    def _show_progress(self, progress: FetchProgress) -> None:
        share = f"{progress.done / progress.total:.0%}" if progress.total else ""
        text = self.tr("Getting %1… %2").replace("%1", progress.title).replace("%2", share)
        if progress.left_s is not None and progress.step == "downloading":
            text += " · " + self.tr("%1 left").replace("%1", wording.span(progress.left_s))
        self._say(text, self.tr("Show"))

    def _say(self, text: str, action: str) -> None:
        self._text.setText(text)
        self._button.setText(action)
        self.show()


def missing_bytes(library: "Library") -> int:
    """How much would have to be downloaded for the models in use, 0 when all of them are here."""
    from heimdex.ml import factory

    store = library.models
    used = factory.chosen(library.settings, store).values()
    missing = [m for m in used if not store.is_installed(m)]
    return sum(store.manifest(model_id).download_size or 1 for model_id in missing)
