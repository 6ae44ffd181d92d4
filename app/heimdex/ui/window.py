"""The window: rail, search field, stage with the panels, side and job bar, and what joins them.

It is shown before the library is open; `attach` fills it.
"""

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from heimdex.ui import shortcuts
from heimdex.ui.activity.panel import ActivityPanel
from heimdex.ui.asking import Asking
from heimdex.ui.damage import DamageNotice
from heimdex.ui.examples import is_picture
from heimdex.ui.jobbar import JobBar
from heimdex.ui.library.panel import LibraryPanel
from heimdex.ui.models.offer import ModelsOffer
from heimdex.ui.models_page import vision_note
from heimdex.ui.people.panel import PeoplePanel
from heimdex.ui.preferences import Preferences
from heimdex.ui.rail import PANELS, Rail
from heimdex.ui.results.panel import ResultsPanel
from heimdex.ui.searchfield import SearchField
from heimdex.ui.session import Session
from heimdex.ui.side.panel import SidePanel
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import EmptyState, Picture, Toast, button, fill, icon_button, label


class Window(QMainWindow):
    """One for a library."""

    closing = Signal()
    painted = Signal()
    """The window is on the screen; once."""

    def __init__(self, theme: Theme, preferences: Preferences) -> None:
        super().__init__()
        self.theme = theme
        self.preferences = preferences
        self.session: Session | None = None
        self._waiting: list[Path] = []
        self._painted = False
        self.setWindowTitle("Heimdex")
        self.setWindowIcon(theme.application_icon())
        self.setAcceptDrops(True)
        self.setMinimumSize(720, 480)
        self.rail = Rail(theme)
        self.field = SearchField(theme)
        self.library = LibraryPanel(theme, preferences)
        self.results = ResultsPanel(theme)
        self.people = PeoplePanel(theme)
        self.activity = ActivityPanel(theme)
        self.side = SidePanel(theme, preferences, self.people.names)
        self.jobbar = JobBar(theme)
        self.damage = DamageNotice(theme)
        self.offer = ModelsOffer(theme)
        self.asking = Asking(self.field, self.results, self)
        self._build()
        self.toast = Toast(self)
        self._drop = _DropHint(theme, self)
        self._connect()
        self._make_shortcuts()
        self.show_panel("library")
        self._restore()
        self.field.line.setFocus()

    @property
    def panel(self) -> str:
        """Which panel is shown."""
        return PANELS[self._panels.currentIndex()]

    def attach(self, session: Session) -> None:
        """Show an open library and let it work."""
        self.session = session
        for part in (
            self.library,
            self.results,
            self.people,
            self.activity,
            self.side,
            self.jobbar,
            self.damage,
            self.offer,
        ):
            part.attach(session)
        session.said.connect(self.say)
        self.asking.attach(session)
        self.results.show_vision_note(vision_note(session.library))
        self.take(self._waiting)
        self._waiting = []

    def take(self, paths: list[Path]) -> None:
        """Add files and folders, as soon as the library is open."""
        if not paths:
            return
        if self.session is None:
            self._waiting += paths
        else:
            self.session.add(paths)

    def show_panel(self, panel: str) -> None:
        """Change to `library`, `search`, `people` or `activity`."""
        self._panels.setCurrentIndex(PANELS.index(panel))
        self.rail.show_chosen(panel)

    def show_failure(self, title: str, text: str, *actions: QPushButton) -> None:
        """The library could not be opened: say why, in place of everything, and what can be done
        beside quitting."""
        page = EmptyState(self.theme, "warning", title, text)
        for action in (*actions, button(self.tr("Quit"), action=self.close)):
            page.offer(action)
        self._stage.addWidget(page)
        self._stage.setCurrentWidget(page)
        self.rail.setEnabled(False)

    def hide_failure(self) -> None:
        """Opening is tried again."""
        self._stage.setCurrentIndex(0)
        self.rail.setEnabled(True)

    def say(self, text: str, undoable: bool = False) -> None:
        """Tell the person something at the window's foot."""
        if undoable:
            self.toast.say(text, self.tr("Undo"), self.people.undo)
        else:
            self.toast.say(text)

    def play(self, video_id: str, at_ms: int) -> None:
        """Play a video in the side."""
        self.show_side(True)
        self.side.play(video_id, at_ms)

    def show_side(self, shown: bool) -> None:
        """Open or close the side."""
        self.side.setVisible(shown)
        self._side_toggle.setVisible(not shown)
        self.preferences.side_open = shown
        if not shown and self.side.view is not None:
            self.side.view.player.pause()

    def search(self, text: str) -> None:
        """Type a sentence and ask it."""
        self.field.put(text)

    def come_forward(self) -> None:
        """Be in front of the other windows."""
        state = self.windowState() & ~Qt.WindowState.WindowMinimized
        self.setWindowState(state | Qt.WindowState.WindowActive)
        self.show()
        self.raise_()
        self.activateWindow()

    def _build(self) -> None:
        self._panels = QStackedWidget()
        for panel in (self.library, self.results, self.people, self.activity):
            self._panels.addWidget(panel)
        self._side_toggle = icon_button(
            self.theme, "side", self.tr("Open the side"), lambda: self.show_side(True)
        )
        top = QHBoxLayout()
        top.setContentsMargins(24, 16, 16, 8)
        top.setSpacing(8)
        top.addWidget(self.field, 1)
        top.addWidget(self._side_toggle)
        ready = QWidget()
        column = QVBoxLayout(ready)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        offered = QVBoxLayout()
        offered.setContentsMargins(24, 0, 16, 0)
        offered.setSpacing(8)
        fill(offered, self.damage, self.offer)
        column.addLayout(offered)
        column.addWidget(self._panels, 1)
        self._stage = QStackedWidget()
        self._stage.setObjectName("stage")
        self._stage.addWidget(ready)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self._stage)
        self._splitter.addWidget(self.side)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self._splitter, 1)
        whole = QWidget()
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(middle, 1)
        rows.addWidget(self.jobbar)
        self.setCentralWidget(whole)

    def _connect(self) -> None:
        self.rail.chosen.connect(self.show_panel)
        self.rail.settings_wanted.connect(self.open_settings)
        self.offer.wanted.connect(lambda: self.open_settings("models"))
        for panel in (self.library, self.results, self.people, self.activity):
            panel.play_requested.connect(self.play)
        self.library.shown.connect(self.side.show_video)
        self.people.said.connect(self.say)
        self.side.said.connect(self.say)
        self.people.library_wanted.connect(lambda: self.show_panel("library"))
        self.activity.library_wanted.connect(lambda: self.show_panel("library"))
        self.side.closed.connect(lambda: self.show_side(False))
        self.side.person_chosen.connect(self._open_person)
        self.jobbar.opened.connect(lambda: self.show_panel("activity"))
        self.asking.panel_wanted.connect(lambda: self.show_panel("search"))
        self.asking.said.connect(self.say)
        self.side.similar_wanted.connect(self.asking.find_similar)
        self.field.went_down.connect(self._go_down)
        self.field.left.connect(self._go_back)

    def _make_shortcuts(self) -> None:
        shortcuts.bind(
            self,
            {
                "search": self.field.focus,
                "library": lambda: self.show_panel("library"),
                "results": lambda: self.show_panel("search"),
                "people": lambda: self.show_panel("people"),
                "activity": lambda: self.show_panel("activity"),
                "side": lambda: self.show_side(not self.side.isVisible()),
                "back": self._go_back,
                "folder": self.library.choose_folder,
                "files": self.library.choose_files,
                "again": self._look_again,
                "undo": self.people.undo,
                "settings": self.open_settings,
                "keys": lambda: shortcuts.KeysDialog(self).open(),
                "quit": self.close,
                "toggle": self._space,
                "forward": lambda: self._play_on("forward"),
                "pause": lambda: self._play_on("pause"),
                "backward": lambda: self._play_on("backward"),
                "frame back": lambda: self._play_on("step_back"),
                "frame forward": lambda: self._play_on("step_forward"),
                "mute": lambda: self._play_on("toggle_mute"),
                "full": self._full_screen,
            },
        )

    def open_settings(self, page: str = "folders") -> None:
        """Show the settings, at one of their pages."""
        from heimdex.ui.settings import SettingsDialog

        if self.session is not None:
            dialog = SettingsDialog(self.theme, self.preferences, self.session, self)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.show_page(page)
            dialog.open()

    def _go_down(self) -> None:
        if self.panel == "search":
            self.results.focus_list()
        elif self.panel == "library":
            self.library.view.setFocus()

    def _open_person(self, person_id: int) -> None:
        self.show_panel("people")
        self.people.open(person_id)

    def _space(self) -> None:
        focus = QApplication.focusWidget()
        if isinstance(focus, QAbstractButton):
            focus.click()  # what Space does to a button everywhere
        else:
            self.side.toggle()

    def _play_on(self, what: str) -> None:
        view = self.side.view
        if view is not None and view.player.path is not None:
            getattr(view.player, what)()

    def _full_screen(self) -> None:
        if self.side.view is not None and self.side.view.player.path is not None:
            self.side.view.toggle_full()

    def _go_back(self) -> None:
        if self.panel == "people" and self.people.shows_page:
            self.people.show_everybody()
        elif self.panel != "library":
            self.show_panel("library")
            self.library.view.setFocus()
        elif self.field.line.hasFocus():
            self.library.view.setFocus()

    def _look_again(self) -> None:
        if self.session is not None:
            self.session.look_again()

    def _restore(self) -> None:
        if not self.restoreGeometry(self.preferences.geometry):
            self.resize(1280, 800)
        if not self._splitter.restoreState(self.preferences.splitter):
            self._splitter.setSizes([800, 392])
        # Restoring the splitter may have hidden or shown it.
        self.side.setVisible(self.preferences.side_open)
        self._side_toggle.setVisible(not self.preferences.side_open)

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.Paint and not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.painted.emit)
        return handled

    def closeEvent(self, event: QCloseEvent) -> None:
        self.preferences.geometry = self.saveGeometry()
        self.preferences.splitter = self._splitter.saveState()
        self.preferences.save()
        self.side.release()
        self.closing.emit()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        paths = local_paths(event.mimeData().urls())
        if paths:
            event.acceptProposedAction()
            self._drop.show_over(pictures=all(is_picture(path) for path in paths))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._drop.hide()
        paths = local_paths(event.mimeData().urls())
        if paths:
            event.acceptProposedAction()
            if all(is_picture(path) for path in paths):
                self.asking.find_pictures(paths)
                return
            self.show_panel("library")
            self.take(paths)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._drop.isVisible():
            self._drop.fit()


class _DropHint(QFrame):
    """Covers the window while files hang over it."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setObjectName("drop")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = QVBoxLayout(self)
        centre = Qt.AlignmentFlag.AlignHCenter
        layout.addStretch(1)
        layout.addWidget(Picture(theme, "drop", 48, "accent"), 0, centre)
        self._text = label("", "title")
        layout.addWidget(self._text, 0, centre)
        layout.addStretch(1)
        self.hide()

    def show_over(self, *, pictures: bool = False) -> None:
        """Cover the window but for a margin. `pictures`: what hangs there is searched with."""
        add = self.tr("Drop to add to your library")
        self._text.setText(self.tr("Drop to find what looks like it") if pictures else add)
        self.fit()
        self.show()
        self.raise_()

    def fit(self) -> None:
        """Follow the window's size."""
        self.setGeometry(self._window.rect().adjusted(16, 16, -16, -16))


def local_paths(urls: list[QUrl]) -> list[Path]:
    """What was dropped, as far as it lies on this machine."""
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
