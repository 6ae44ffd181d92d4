"""The settings: watched folders, the library, models, look and language, what this program is.

Changing folders and models is the work of the rooms below.
"""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from heimdex.domain.media import FileState, Folder
from heimdex.domain.stages import Changes
from heimdex.ui import wording
from heimdex.ui.about import AboutPage
from heimdex.ui.care_page import CarePage
from heimdex.ui.confirming import confirmed
from heimdex.ui.models_page import ModelsPage
from heimdex.ui.people.settings_page import PeopleSettings
from heimdex.ui.preferences import LANGUAGES, Preferences
from heimdex.ui.processing_page import ProcessingPage
from heimdex.ui.session import Session
from heimdex.ui.shortcuts import KeysDialog
from heimdex.ui.theme import MODES, Theme
from heimdex.ui.widgets import (
    Choice,
    Elided,
    Note,
    Picture,
    beside,
    button,
    clear,
    icon_button,
    label,
    line,
)

_LEFT_OUT_SHOWN = 20
"""A folder out of which thousands of single videos were removed must not fill the page."""
_PAGES = ("folders", "library", "models", "processing", "people", "look", "about")


class SettingsDialog(QDialog):
    """Everything takes effect at once; there is nothing to confirm."""

    def __init__(
        self,
        theme: Theme,
        preferences: Preferences,
        session: Session,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._preferences = preferences
        self._session = session
        self.setWindowTitle(self.tr("Settings"))
        self.resize(680, 560)
        self._pages = QStackedWidget()
        self.tabs = QTabBar()
        self.tabs.setAccessibleName(self.tr("Pages"))
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.folders = QVBoxLayout()
        for title, page in (
            (self.tr("Folders"), self._folder_page()),
            (self.tr("Library"), self._care_page()),
            (self.tr("Models"), self._model_page()),
            (self.tr("Processing"), self._processing_page()),
            (self.tr("People"), self._people_page()),
            (self.tr("Look"), self._look_page()),
            (self.tr("About"), self._about_page()),
        ):
            self.tabs.addTab(title)
            self._pages.addWidget(page)
        self.tabs.currentChanged.connect(self._pages.setCurrentIndex)
        head = QHBoxLayout()
        head.setContentsMargins(24, 16, 24, 0)
        head.addWidget(self.tabs)
        head.addStretch(1)
        foot = QHBoxLayout()
        foot.setContentsMargins(24, 8, 24, 16)
        foot.addStretch(1)
        done = button(self.tr("Done"), "primary", self.accept)
        done.setDefault(True)
        foot.addWidget(done)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addWidget(line())
        whole.addWidget(self._pages, 1)
        whole.addLayout(foot)
        session.changed.connect(self._refresh)
        self._refresh(Changes(folders=True))

    def show_page(self, name: str) -> None:
        """Go to one of the pages in `_PAGES`."""
        self.tabs.setCurrentIndex(_PAGES.index(name))

    def _folder_page(self) -> QWidget:
        page, column = _page()
        column.addWidget(
            label(
                self.tr("New videos in these folders are found by themselves."), "muted", wrap=True
            )
        )
        column.addLayout(self.folders)
        add = button(self.tr("Add folder…"), action=self._add_folder)
        self._theme.dress(add, "folder-add")
        again = button(self.tr("Look again now"), action=self._session.look_again)
        self._theme.dress(again, "retry")
        row = QHBoxLayout()
        row.addWidget(add)
        row.addWidget(again)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)
        return page

    def _care_page(self) -> QWidget:
        page, column = _page()
        self.care = CarePage(self._theme, self._session)
        column.addWidget(self.care)
        return page

    def _model_page(self) -> QWidget:
        page, column = _page()
        self.models = ModelsPage(self._theme, self._session)
        self.finished.connect(lambda _: self.models.stop())
        column.addWidget(self.models)
        return page

    def _processing_page(self) -> QWidget:
        page, column = _page()
        self.processing = ProcessingPage(self._theme, self._session)
        column.addWidget(self.processing)
        return page

    def _people_page(self) -> QWidget:
        page, column = _page()
        self.people = PeopleSettings(self._theme, self._session)
        column.addWidget(self.people)
        return page

    def _look_page(self) -> QWidget:
        page, column = _page()
        form = QFormLayout()
        form.setHorizontalSpacing(24)
        form.setVerticalSpacing(12)
        self.theme_box = Choice(self._theme, self.tr("Colours"))
        names = (self.tr("Like the system"), self.tr("Light"), self.tr("Dark"))
        for mode, name in zip(MODES, names, strict=True):
            self.theme_box.addItem(name, mode)
        self.theme_box.setCurrentIndex(self.theme_box.findData(self._theme.mode))
        self.theme_box.currentIndexChanged.connect(self._choose_theme)
        self.language_box = Choice(self._theme, self.tr("Language"))
        for code, name in zip(
            LANGUAGES, (self.tr("Like the system"), "English", "한국어"), strict=True
        ):
            self.language_box.addItem(name, code)
        self.language_box.setCurrentIndex(self.language_box.findData(self._preferences.language))
        self.language_box.currentIndexChanged.connect(self._choose_language)
        form.addRow(beside(self.tr("Colours"), self.theme_box), self.theme_box)
        form.addRow(beside(self.tr("Language"), self.language_box), self.language_box)
        column.addLayout(form)
        self._restart = Note(self._theme, "info")
        self._restart.hide()
        again = self._session.restart_wanted.emit
        self.start_again = button(self.tr("Start again now"), action=again)
        self.start_again.hide()
        column.addWidget(self._restart)
        column.addWidget(self.start_again, 0, Qt.AlignmentFlag.AlignLeft)
        self._unkept = Note(self._theme, "warning", tone="warning")
        self._unkept.hide()
        column.addWidget(self._unkept)
        column.addStretch(1)
        return page

    def _about_page(self) -> QWidget:
        page, column = _page()
        self.about = AboutPage(self._theme, self._session.library.directories)
        column.addWidget(self.about)
        keys = button(self.tr("Keys (F1)"), action=lambda: KeysDialog(self).open())
        column.addWidget(keys, 0, Qt.AlignmentFlag.AlignLeft)
        self.forgetting = button(self.tr("Forget recent searches"), action=self._forget_recent)
        column.addWidget(self.forgetting, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        return page

    def _refresh(self, changes: Changes) -> None:
        if changes.folders:
            self._session.run(self._read_folders, self._show_folders)

    def _read_folders(self) -> list[tuple[Folder, list[Path]]]:
        """Each folder with what is left out of it."""
        library = self._session.library
        left_out = library.whereabouts.left_out()
        return [
            (folder, [folder.path / part for part in sorted(left_out.get(folder.id, ()))])
            for folder in library.catalogue.folders()
        ]

    def _show_folders(self, folders: list[tuple[Folder, list[Path]]]) -> None:
        clear(self.folders)
        for folder, left_out in folders:
            self.folders.addWidget(self._folder_row(folder))
            for part in left_out[:_LEFT_OUT_SHOWN]:
                self.folders.addWidget(self._left_out_row(part))
            if len(left_out) > _LEFT_OUT_SHOWN:
                more = self.tr("and %n more left out", "", len(left_out) - _LEFT_OUT_SHOWN)
                self.folders.addWidget(label(more, "muted"))
        if not folders:
            self.folders.addWidget(label(self.tr("No folder is watched yet."), "muted"))

    def _folder_row(self, folder: Folder) -> QFrame:
        card = QFrame()
        card.setObjectName("card")
        row = QHBoxLayout(card)
        row.setContentsMargins(16, 8, 8, 8)
        row.addWidget(Picture(self._theme, "folder", 20))
        path = Elided()
        path.show_text(wording.shortened(folder.path))
        row.addWidget(path, 1)
        if folder.state is not FileState.ONLINE:
            row.addWidget(label(self.tr("not connected"), "warning"))
        remove = icon_button(
            self._theme,
            "trash",
            self.tr("Leave this folder alone"),
            lambda: self.remove_folder(folder),
        )
        row.addWidget(remove)
        return card

    def remove_folder(self, folder: Folder) -> None:
        """Leave a folder alone from now on, after asking."""
        question = self.tr("Leave the folder “%1” alone?").replace("%1", folder.path.name)
        text = self.tr(
            "What Heimdex found in its videos is forgotten, the faces as well. The files "
            "themselves stay where they are. Added again, they are looked at anew, which may take "
            "long."
        )
        if confirmed(self, question, text, self.tr("Leave it alone")):
            self._session.remove_folder(folder)

    def _left_out_row(self, part: Path) -> QWidget:
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(48, 0, 8, 0)
        row.addWidget(label(self.tr("Left out:"), "muted"))
        path = Elided()
        path.show_text(wording.shortened(part))
        row.addWidget(path, 1)
        again = icon_button(
            self._theme,
            "retry",
            self.tr("Take it in again"),
            lambda: self._session.add([part]),
        )
        row.addWidget(again)
        return whole

    def _forget_recent(self) -> None:
        self.forgetting.setEnabled(False)
        self._session.run(
            self._session.library.searches.store.forget_recent,
            lambda _: self.forgetting.setText(self.tr("Recent searches are forgotten")),
        )

    def _add_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Add a folder"))
        if name:
            self._session.add([Path(name)])

    def _choose_theme(self) -> None:
        mode = str(self.theme_box.currentData())
        self._preferences.theme = mode
        self._theme.choose(mode)
        self._keep()

    def _choose_language(self) -> None:
        self._preferences.language = str(self.language_box.currentData())
        self._restart.show_text(self.tr("The language changes when Heimdex is started again."))
        self.start_again.show()
        self._keep()

    def _keep(self) -> None:
        """At once, so that a disk without room is noticed while somebody looks."""
        text = self.tr(
            "This choice cannot be kept in %1; free some space or check the permissions."
        ).replace("%1", wording.shortened(self._preferences.file))
        self._unkept.show_text("" if self._preferences.save() else text)


def _page() -> tuple[QWidget, QVBoxLayout]:
    inside = QWidget()
    column = QVBoxLayout(inside)
    column.setContentsMargins(24, 16, 24, 16)
    column.setSpacing(12)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(inside)
    return area, column
