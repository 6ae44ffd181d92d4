"""The page of the settings that offers the sets and every single model, and fetches them.

What there is is read by `models.lines`, drawn by `models.cards`, downloaded by `models.fetching`.
"""

from collections.abc import Callable
from functools import partial
from itertools import groupby
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from heimdex.ui import wording
from heimdex.ui.confirming import confirmed
from heimdex.ui.models.cards import FamilyCard, FetchCard, ModelRow, SetCard, set_name
from heimdex.ui.models.fetching import FetchProgress
from heimdex.ui.models.lines import ModelLine, ModelsView, SetLine, choose, read_models
from heimdex.ui.models.lines import speaks_korean as speaks_korean
from heimdex.ui.models.lines import vision_note as vision_note
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Note, button, clear, label


class ModelsPage(QWidget):
    """Nothing is fetched without a click on a button that says how much it is."""

    def __init__(self, theme: Theme, session: Session) -> None:
        super().__init__()
        self._theme = theme
        self._session = session
        self.view: ModelsView | None = None
        self.lines: tuple[ModelLine, ...] = ()
        self.sets: dict[str, SetCard] = {}
        self.rows: dict[str, ModelRow] = {}
        self.fetch_card = FetchCard(theme, session.fetching.cancel)
        self.problem = Note(theme, "warning", tone="warning")
        self.problem.hide()
        self.told = Note(theme, "info")
        self.told.hide()
        self.restart = button(self.tr("Start again now"), action=self._session.restart_wanted.emit)
        self.restart.hide()
        self._room = label("", "caption", wrap=True)
        self._sets = QVBoxLayout()
        self._sets.setSpacing(8)
        self._families = QVBoxLayout()
        self._families.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        text = self.tr(
            "These models run on this computer. Nothing is sent anywhere, and nothing is "
            "downloaded before you say so here."
        )
        column.addWidget(label(text, "muted", wrap=True))
        column.addWidget(self.fetch_card)
        column.addWidget(self.problem)
        column.addWidget(self.told)
        column.addWidget(self.restart, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(self._sets)
        column.addWidget(self._room)
        column.addSpacing(8)
        column.addWidget(label(self.tr("Single models"), "lead"))
        column.addLayout(self._families)
        column.addStretch(1)
        session.fetching.progressed.connect(self._show_progress)
        session.fetching.ended.connect(self._end)
        if session.fetching.busy:
            self.fetch_card.begin()
        self.reload()

    def reload(self) -> None:
        """Look again at what is installed."""
        library, korean = self._session.library, speaks_korean()
        self._session.run(lambda: read_models(library, korean), self._show)

    def fetch(self, *model_ids: str) -> None:
        """Bring models here."""
        self._begin()
        self._session.fetching.fetch(model_ids)

    def use(self, choices: dict[str, str]) -> None:
        """Take other models from the next start on."""
        home = self._session.library.directories.home
        self._session.run(lambda: choose(home, choices), self._chosen)

    def remove(self, line: ModelLine) -> None:
        """Delete a model's files, after asking."""
        question = self.tr("Delete the files of %1?").replace("%1", line.title)
        text = self.tr("It can be downloaded again at any time.")
        if confirmed(self, question, text, self.tr("Delete")):
            from heimdex.ml.delivery.removal import remove

            store = self._session.library.models
            self._session.run(lambda: remove(store, line.id), lambda _: self.reload())

    def add(self, line: ModelLine) -> None:
        """Take a model from files that the person names."""
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("The files of %1").replace("%1", line.title)
        )
        if name:
            self._begin()
            self._session.fetching.add(line.id, Path(name))

    def stop(self) -> None:
        """The settings are closed; a download goes on without them."""
        self._session.fetching.progressed.disconnect(self._show_progress)
        self._session.fetching.ended.disconnect(self._end)

    def _begin(self) -> None:
        self.problem.show_text("")
        self.fetch_card.begin()
        if self.view is not None:
            self._show(self.view, busy=True)

    def _show_progress(self, progress: FetchProgress) -> None:
        self.fetch_card.show_progress(progress)

    def _end(self, problem: str) -> None:
        self.fetch_card.hide()
        self.problem.show_text(problem)
        self.reload()

    def _chosen(self, overruled_by: str) -> None:
        if overruled_by:
            text = self.tr(
                "The environment variable %1 overrules this choice; change it there."
            ).replace("%1", overruled_by)
            self.problem.show_text(text)
        self.reload()

    def _show(self, view: ModelsView, *, busy: bool | None = None) -> None:
        busy = self._session.fetching.busy if busy is None else busy
        self.view = view
        self.lines = view.models
        if view.problem:
            self.problem.show_text(view.problem)
        self._say_what_comes(view)
        room = self.tr("%1 are free in %2.").replace("%1", wording.size(view.free))
        self._room.setText(room.replace("%2", wording.shortened(view.folder)))
        clear(self._sets)
        self.sets = {line.tier: self._set(line, busy) for line in view.sets}
        for card in self.sets.values():
            self._sets.addWidget(card)
        clear(self._families)
        self.rows = {line.id: self._row(line, busy) for line in view.models}
        for family, lines in groupby(view.models, key=lambda line: line.family):
            rows = [self.rows[line.id] for line in lines]
            self._families.addWidget(FamilyCard(self._theme, family, rows))

    def _say_what_comes(self, view: ModelsView) -> None:
        coming = [line for line in view.models if line.next and not line.used and line.installed]
        self.restart.setVisible(bool(coming))
        if not coming:
            self.told.show_text("")
            return
        text = self.tr(
            "From the next start of Heimdex on: %1. Your videos are then gone through again in the "
            "background; until a video's turn comes, it is found as it is now."
        )
        self.told.show_text(text.replace("%1", ", ".join(line.title for line in coming)))

    def _set(self, line: SetLine, busy: bool) -> SetCard:
        download: Callable[[], object] = partial(self.fetch, *line.ids)
        use: Callable[[], object] = partial(self.use, line.choices)
        card = SetCard(self._theme, line, download, use, busy=busy)
        if card.download_button is not None and self.view and line.disk > self.view.free:
            card.download_button.setEnabled(False)
            card.download_button.setToolTip(
                self.tr("There is not enough room for %1.").replace("%1", set_name(line.tier))
            )
        return card

    def _row(self, line: ModelLine, busy: bool) -> ModelRow:
        return ModelRow(
            self._theme,
            line,
            download=partial(self.fetch, line.id),
            use=partial(self.use, {line.setting: line.id}),
            remove=partial(self.remove, line),
            add=partial(self.add, line),
            busy=busy,
        )
