"""The library as a grid that fills the stage, with order, filter, menu and the empty state.

Playing and adding are the window's affair; the panel asks for them.
"""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from heimdex.domain.ids import VideoId
from heimdex.domain.media import MEDIA_SUFFIXES, FileState
from heimdex.domain.stages import Changes, JobState
from heimdex.ui import desktop
from heimdex.ui.confirming import confirmed
from heimdex.ui.library import folders
from heimdex.ui.library.delegate import LibraryDelegate, card_size
from heimdex.ui.library.grid import Grid
from heimdex.ui.library.model import LibraryModel, Row, Show, Sort, place, read_rows
from heimdex.ui.preferences import Preferences
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Choice, EmptyState, button, icon_button, label

_NAME_WIDTH = 140
"""Pixels that the name of a chosen folder may take."""


class LibraryPanel(QWidget):
    """Shows nothing until `attach` gives it an open library."""

    play_requested = Signal(str, int)
    """Video and millisecond."""
    shown = Signal(str)
    """A video was selected."""

    def __init__(self, theme: Theme, preferences: Preferences) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._theme = theme
        self._preferences = preferences
        self._session: Session | None = None
        self.model = LibraryModel()
        self.view = Grid()
        self.view.place_of = self._place_of
        self.view.setModel(self.model)
        self.delegate = LibraryDelegate(theme, self.model, self.view)
        self.view.setItemDelegate(self.delegate)
        self.delegate.play_pressed.connect(self._play)
        self.view.setAccessibleName(self.tr("Videos"))
        self.view.activated.connect(self._play)
        self.view.remove_wanted.connect(self.remove_selected)
        self.view.customContextMenuRequested.connect(self._open_menu)
        self.view.selectionModel().currentChanged.connect(self._tell)
        self.view.resized.connect(self._fit)
        self.count = label("", "muted")
        self._sort = Choice(theme, self.tr("Order"))
        self._show = Choice(theme, self.tr("Filter"))
        self._empty = self._make_empty()
        self._nothing = EmptyState(
            theme,
            "filter",
            self.tr("No video fits this filter"),
            self.tr("Show all of them again."),
        )
        self._nothing.offer(button(self.tr("Show all"), action=self.show_all))
        self.within = button("", "toggle", lambda: self.show_folder(None))
        theme.dress(self.within, "close", "muted")
        self.within.hide()
        self._opening = label(self.tr("Opening your library…"), "muted")
        self._opening.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._build()
        theme.changed.connect(self.view.viewport().update)

    @property
    def is_empty(self) -> bool:
        """Whether the empty state is shown."""
        return self._stack.currentWidget() is self._empty

    def attach(self, session: Session) -> None:
        """Show an open library."""
        self._session = session
        self.delegate.thumbnails = session.thumbnails
        self.delegate.artefacts = session.library.artefacts
        session.thumbnails.loaded.connect(self.view.viewport().update)
        session.changed.connect(self._refresh)
        session.jobs.stage_progressed.connect(self.model.show_progress)
        session.jobs.stage_finished.connect(lambda _: self.model.show_progress(None))
        session.jobs.job_finished.connect(lambda _: self.model.show_progress(None))
        session.jobs.rested.connect(lambda: self.model.show_progress(None))
        self.reload()

    def reload(self) -> None:
        """Read everything again."""
        session = self._session
        if session is not None:
            session.run(lambda: read_rows(session.library), self._replace)

    def selected(self) -> list[Row]:
        """The chosen videos."""
        rows = [self.model.at(index) for index in self.view.selectionModel().selectedIndexes()]
        return [row for row in rows if row is not None]

    def choose_files(self) -> None:
        """Ask for files and add them."""
        endings = " ".join(f"*{suffix}" for suffix in sorted(MEDIA_SUFFIXES))
        kinds = f"{self.tr('Videos and sound')} ({endings});;{self.tr('All files')} (*)"
        names, _ = QFileDialog.getOpenFileNames(self, self.tr("Add files"), "", kinds)
        self._add(Path(name) for name in names)

    def choose_folder(self) -> None:
        """Ask for a folder and add it."""
        name = QFileDialog.getExistingDirectory(self, self.tr("Add a folder"))
        if name:
            self._add([Path(name)])

    def show_folder(self, folder: Path | None) -> None:
        """Show only what lies in a folder or below; None for everywhere."""
        self.model.limit(folder)
        self._choose()

    def show_all(self) -> None:
        """Take filter and folder away."""
        self._show.setCurrentIndex(0)
        self.show_folder(None)

    def retry_selected(self) -> None:
        """Look again at the chosen videos."""
        if self._session is not None:
            self._session.jobs.enqueue([row.video.id for row in self.selected()])

    def remove_selected(self, *, ask: bool = True) -> None:
        """Forget the chosen videos, after asking."""
        rows = self.selected()
        if not rows or self._session is None:
            return
        title = self.tr("Remove %n video(s) from the library?", "", len(rows))
        text = self.tr(
            "What Heimdex found in them is forgotten, and they stay out until you add them again. "
            "The files themselves stay where they are."
        )
        if ask and not confirmed(self, title, text, self.tr("Remove")):
            return
        self._session.remove([row.video.id for row in rows])

    def _build(self) -> None:
        self._fill_boxes()
        head = QHBoxLayout()
        head.setContentsMargins(24, 8, 24, 8)
        head.setSpacing(8)
        head.addWidget(self.count)
        head.addWidget(self.within)
        head.addStretch(1)
        head.addWidget(self._folder_button())
        head.addWidget(self._show)
        head.addWidget(self._sort)
        add = icon_button(self._theme, "plus", self.tr("Add videos"))
        menu = QMenu(add)
        menu.addAction(self.tr("Add folder…"), self.choose_folder)
        menu.addAction(self.tr("Add files…"), self.choose_files)
        add.setMenu(menu)
        add.setPopupMode(add.ToolButtonPopupMode.InstantPopup)
        head.addWidget(add)
        self._head = QWidget()
        self._head.setLayout(head)
        self._stack_host = QWidget()
        self._stack = QStackedLayout(self._stack_host)
        for page in (self._opening, self.view, self._empty, self._nothing):
            self._stack.addWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._head)
        whole.addWidget(self._stack_host, 1)
        self._head.hide()

    def _folder_button(self) -> QToolButton:
        opener = icon_button(self._theme, "folder", self.tr("Show only one folder"))
        self.folders = QMenu(opener)

        def prepare() -> None:
            self.folders.clear()
            everywhere = self.folders.addAction(self.tr("All folders"))
            everywhere.triggered.connect(lambda: self.show_folder(None))
            self.folders.addSeparator()
            folders.fill(self.folders, folders.branches(self.model.places()), self.show_folder)

        self.folders.aboutToShow.connect(prepare)
        opener.setMenu(self.folders)
        opener.setPopupMode(opener.ToolButtonPopupMode.InstantPopup)
        return opener

    def _fill_boxes(self) -> None:
        for sort, text in (
            (Sort.RECORDED, self.tr("Newest first")),
            (Sort.ADDED, self.tr("Added last")),
            (Sort.TITLE, self.tr("By name")),
            (Sort.LONGEST, self.tr("Longest first")),
        ):
            self._sort.addItem(text, sort)
        for show, text in (
            (Show.ALL, self.tr("All videos")),
            (Show.SPEECH, self.tr("With speech")),
            (Show.PEOPLE, self.tr("With faces")),
            (Show.TEXT, self.tr("With text on screen")),
            (Show.PENDING, self.tr("Still indexing")),
            (Show.TROUBLE, self.tr("With a problem")),
            (Show.AWAY, self.tr("Offline or missing")),
        ):
            self._show.addItem(text, show)
        self._sort.setCurrentIndex(max(0, self._sort.findData(self._preferences.sort)))
        self.model.arrange(Sort(self._sort.currentData()))
        self._sort.currentIndexChanged.connect(self._sorted)
        self._show.currentIndexChanged.connect(self._filtered)

    def _make_empty(self) -> EmptyState:
        state = EmptyState(
            self._theme,
            "film",
            self.tr("Your videos belong here"),
            self.tr(
                "Drop files or folders on this window. Heimdex listens, looks and finds faces on "
                "this computer; nothing leaves it and your files are never changed."
            ),
        )
        add = button(self.tr("Add folder…"), "primary", self.choose_folder)
        state.offer(add)
        state.offer(button(self.tr("Add files…"), action=self.choose_files))
        return state

    def _replace(self, rows: dict[VideoId, Row | None]) -> None:
        place = self.view.verticalScrollBar().value()
        self.model.replace(rows)
        self._choose()
        self.view.verticalScrollBar().setValue(place)

    def _refresh(self, changes: Changes) -> None:
        session = self._session
        if session is None:
            return
        if changes.folders or changes.jobs:
            self.reload()
        elif changes.videos:
            videos = changes.videos
            session.run(lambda: read_rows(session.library, videos), self._update)
        elif changes.people:
            self.reload()  # faces may have been erased

    def _update(self, rows: dict[VideoId, Row | None]) -> None:
        self.model.update(rows)
        self._choose()

    def _name_folder(self) -> None:
        """Where only one folder is shown, its name with a number stands in the place of the count,
        and leads back."""
        folder = self.model.within
        name = "" if folder is None else folder.name or str(folder)
        metrics = self.within.fontMetrics()
        short = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, _NAME_WIDTH)
        self.within.setText(f"{short} ({self.model.rowCount()})".replace("&", "&&"))
        leave = self.tr("Only from “%1”; press to show all folders").replace("%1", name)
        self.within.setToolTip(leave)
        self.within.setAccessibleName(leave)
        self.within.setVisible(folder is not None)
        self.count.setVisible(folder is None)

    def _choose(self) -> None:
        self._name_folder()
        total, shown = self.model.total, self.model.rowCount()
        page = self.view if shown else self._nothing if total else self._empty
        self._stack.setCurrentWidget(page)
        self._head.setVisible(total > 0)
        text = self.tr("%n video(s)", "", total)
        if shown != total:
            text = self.tr("%1 of %2").replace("%1", str(shown)).replace("%2", text)
        self.count.setText(text)

    def _sorted(self) -> None:
        sort = Sort(self._sort.currentData())
        self._preferences.sort = sort
        self.model.arrange(sort)

    def _filtered(self) -> None:
        self.model.arrange(show_only=Show(self._show.currentData()))
        self._choose()

    def _fit(self) -> None:
        # As if the scroll bar were always there, so that the cards keep their size when it comes.
        width = self.view.width() - Grid.SIDES
        cell = card_size(width)
        if cell != self.delegate.cell:
            self.delegate.cell = cell
            self.view.setGridSize(cell)

    def _play(self, index: QModelIndex) -> None:
        row = self.model.at(index)
        if row is not None:
            self.play_requested.emit(row.video.id, 0)

    def _place_of(self, index: QModelIndex) -> str:
        row = self.model.at(index)
        return "" if row is None else place(row, self.model.sort_by)

    def _tell(self, index: QModelIndex) -> None:
        row = self.model.at(index)
        if row is not None:
            self.shown.emit(row.video.id)

    def _add(self, paths: Iterable[Path]) -> None:
        if self._session is not None:
            self._session.add(paths)

    def _open_menu(self, place: QPoint) -> None:
        if self.selected():
            self.make_menu().popup(self.view.viewport().mapToGlobal(place))

    def make_menu(self) -> QMenu:
        """What can be done with the chosen videos."""
        rows = self.selected()
        first = rows[0]
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if len(rows) == 1:
            play = menu.addAction(
                self._theme.icon("play"),
                self.tr("Play"),
                lambda: self.play_requested.emit(first.video.id, 0),
            )
            play.setEnabled(first.video.state is FileState.ONLINE)
            menu.addAction(
                self._theme.icon("folder"),
                self.tr("Show in folder"),
                lambda: desktop.show_in_folder(first.video.path),
            )
            menu.addAction(
                self.tr("Copy path"),
                lambda: QGuiApplication.clipboard().setText(str(first.video.path)),
            )
            menu.addSeparator()
        failed = any(row.trouble for row in rows)
        stopped = any(row.job and row.job.state is JobState.CANCELLED for row in rows)
        text = self.tr("Try again") if failed or stopped else self.tr("Look for what is missing")
        menu.addAction(self._theme.icon("retry"), text, self.retry_selected)
        menu.addSeparator()
        menu.addAction(
            self._theme.icon("trash", "danger"),
            self.tr("Remove from library…"),
            self.remove_selected,
        )
        part = self._part(first.video.path) if len(rows) == 1 else None
        if part is not None:
            text = self.tr("Leave out the folder “%1”…").replace("%1", part.name)
            menu.addAction(text, lambda: self.leave_out(part))
        return menu

    def leave_out(self, part: Path, *, ask: bool = True) -> None:
        """Leave a part of an added folder alone from now on."""
        title = self.tr("Leave out the folder “%1”?").replace("%1", part.name)
        text = self.tr(
            "What Heimdex found in its videos is forgotten, and what comes into it is not looked "
            "at, until you add the folder again. The files themselves stay where they are."
        )
        wanted = not ask or confirmed(self, title, text, self.tr("Leave out"))
        if wanted and self._session is not None:
            self._session.leave_out(part)

    def _part(self, file: Path) -> Path | None:
        """The folder of a file, if that is only a part of what was added."""
        if self._session is None:
            return None
        roots = [folder.path for folder in self._session.library.catalogue.folders()]
        inside = any(file.parent != root and file.is_relative_to(root) for root in roots)
        return file.parent if inside and file.parent not in roots else None
