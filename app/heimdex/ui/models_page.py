"""The page of the settings that says which models are used, what they can do, and fetches missing
ones when the person asks for it.

Where weights come from and whether they are whole is the model store's work.
"""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from heimdex.domain.errors import Cancelled
from heimdex.ui import wording
from heimdex.ui.background import Background
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Note, Picture, button, label

if TYPE_CHECKING:
    from heimdex.bootstrap import Library
    from heimdex.ml.store import InstallProgress


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A model as it is listed. `about` is its manifest's note in the window's language."""

    id: str
    title: str
    licence: str
    commercial: bool
    about: str
    installed: bool
    reason: str
    download: int


def read_models(library: "Library", korean: bool) -> list[ModelLine]:
    """The models in use, whether they are there or not, and others that are installed."""
    from heimdex.ml import factory
    from heimdex.ml.store import State

    lines = []
    used = set(factory.chosen(library.settings, library.models).values())
    for manifest in library.models.manifests.values():
        status = library.models.status(manifest.id)
        installed = status.state is State.INSTALLED
        if not installed and manifest.id not in used:
            continue
        note = manifest.note
        text = "" if note is None else note.ko if korean else note.en
        lines.append(
            ModelLine(
                manifest.id,
                manifest.title,
                manifest.licence,
                manifest.commercial_use,
                " ".join(filter(None, [text, manifest.caveat])),
                installed,
                status.reason,
                manifest.download_size,
            )
        )
    return lines


def vision_note(library: "Library") -> str:
    """What the manifest of the vision model in use says of its limits, in the window's language."""
    from heimdex.ml import factory
    from heimdex.ml.manifests import Family

    chosen = factory.chosen(library.settings, library.models)
    note = library.models.manifest(chosen[Family.VISION]).note
    if note is None:
        return ""
    return note.ko if speaks_korean() else note.en


def speaks_korean() -> bool:
    """Whether the window does."""
    return QLocale().language() == QLocale.Language.Korean


class ModelsPage(QWidget):
    """One card a model. Nothing is fetched without a click that says how much it is."""

    _progressed = Signal(object)

    def __init__(self, theme: Theme, session: Session) -> None:
        super().__init__()
        self._theme = theme
        self._session = session
        self._fetching: Background | None = None
        self._closed = False
        self.lines: list[ModelLine] = []
        self.progress = Note(theme, "drop")
        self.progress.hide()
        self._progressed.connect(self._show_progress)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(12)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        text = self.tr("These models run on this computer. Nothing is sent anywhere.")
        column.addWidget(label(text, "muted", wrap=True))
        column.addWidget(self.progress)
        column.addLayout(self._cards)
        column.addStretch(1)
        self.reload()

    def reload(self) -> None:
        """Look again at what is installed."""
        library, korean = self._session.library, speaks_korean()
        self._session.run(lambda: read_models(library, korean), self._show)

    def fetch(self, model_id: str) -> None:
        """Bring a model here, in a thread of its own."""
        if self._fetching is not None:
            return
        self._fetching = Background("models")
        store = self._session.library.models
        self._fetching.run(
            lambda: store.install([model_id], lambda plan: True, self._report),
            lambda _: self._end(""),
            lambda error: self._end(str(error)),
        )

    def stop(self) -> None:
        """The settings are closed: give up what is not finished; it goes on where it stopped."""
        self._closed = True
        if self._fetching is not None:
            self._fetching.close()

    def _report(self, progress: "InstallProgress") -> None:
        if self._closed:
            raise Cancelled("The settings were closed.")
        self._progressed.emit(progress)

    def _show_progress(self, progress: "InstallProgress") -> None:
        share = f"{progress.done / progress.total:.0%}" if progress.total else ""
        self.progress.show_text(
            self.tr("Fetching %1… %2").replace("%1", progress.model_id).replace("%2", share)
        )

    def _end(self, problem: str) -> None:
        if self._fetching is not None:
            self._fetching.close()
            self._fetching = None
        self.progress.show_text(problem)
        self._session.jobs.resume_waiting()
        self.reload()

    def _show(self, lines: list[ModelLine]) -> None:
        self.lines = lines
        while (item := self._cards.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for line in lines:
            self._cards.addWidget(self._card(line))

    def _card(self, line: ModelLine) -> QFrame:
        card = QFrame()
        card.setObjectName("card")
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(4)
        head = QHBoxLayout()
        icon, colour = ("check", "ok") if line.installed else ("warning", "warning")
        head.addWidget(Picture(self._theme, icon, 16, colour))
        name = label(line.title)
        name.setFont(self._theme.font("body", name.font().Weight.DemiBold))
        head.addWidget(name)
        head.addStretch(1)
        licence = line.licence
        if not line.commercial:
            warning = self.tr("not for commercial use")
            licence += f" ({warning})"
        head.addWidget(label(licence, "caption"))
        column.addLayout(head)
        if line.about:
            column.addWidget(label(line.about, "caption", wrap=True))
        if not line.installed:
            text = line.reason or self.tr("Not installed.")
            column.addWidget(label(text, "warning", wrap=True))
            size = wording.size(line.download)
            fetch = button(
                self.tr("Download (%1)").replace("%1", size), action=partial(self.fetch, line.id)
            )
            row = QHBoxLayout()
            row.addWidget(fetch)
            row.addStretch(1)
            column.addLayout(row)
        return card
