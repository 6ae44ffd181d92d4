"""The activity panel: the queue with what can be done about it, and errors with folded details.

Running jobs is the queue's work.
"""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListView,
    QMenu,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from heimdex.domain.ids import JobId
from heimdex.domain.stages import Changes, JobState, Progress
from heimdex.ui.activity.delegate import JobDelegate
from heimdex.ui.activity.model import JobLine, JobModel, read_jobs
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import EmptyState, button, icon_button, label

LIVE = (JobState.QUEUED, JobState.RUNNING, JobState.PAUSED)


class ActivityPanel(QWidget):
    """A list, buttons for what is chosen in it, and a fold for what went wrong."""

    play_requested = Signal(str, int)
    library_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._theme = theme
        self._session: Session | None = None
        self._stale = False
        self.model = JobModel()
        self.view = QListView()
        self.view.setModel(self.model)
        self.delegate = JobDelegate(theme, self.model, self.view)
        self.view.setItemDelegate(self.delegate)
        self.view.setUniformItemSizes(True)
        self.view.setMouseTracking(True)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        # Rows are as wide as there is room; what does not fit in them ends in an ellipsis.
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.setViewportMargins(14, 0, 6, 0)
        self.view.setAccessibleName(self.tr("Jobs"))
        self.view.customContextMenuRequested.connect(self._open_menu)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._offer())
        self.view.activated.connect(self._play)
        self.summary = label("", "muted")
        self._buttons: dict[str, QPushButton] = {}
        self.hold = button("", action=self._toggle_hold)
        self.details = _Details(theme, self.tr("Details"))
        self._empty = EmptyState(
            theme,
            "activity",
            self.tr("Nothing to do"),
            self.tr("When videos are added or change, you see here how their indexing goes."),
        )
        self._empty.offer(button(self.tr("Go to the library"), action=self.library_wanted.emit))
        self._build()
        theme.changed.connect(self.view.viewport().update)

    def attach(self, session: Session) -> None:
        """Show the queue of an open library."""
        self._session = session
        self.delegate.thumbnails = session.thumbnails
        self.delegate.artefacts = session.library.artefacts
        session.thumbnails.loaded.connect(self.view.viewport().update)
        session.changed.connect(self._refresh)
        session.jobs.stage_progressed.connect(self._show_progress)
        session.jobs.job_finished.connect(lambda _: self.model.show_progress(None))
        session.jobs.rested.connect(lambda: self.model.show_progress(None))
        session.jobs.held_changed.connect(lambda _: self._summarise())
        self.reload()

    def reload(self) -> None:
        """Read the queue again."""
        session = self._session
        self._stale = False
        if session is not None:
            session.run(lambda: read_jobs(session.library), self._replace)

    def selected(self) -> list[JobLine]:
        """The chosen jobs."""
        lines = [self.model.at(index) for index in self.view.selectionModel().selectedIndexes()]
        return [line for line in lines if line is not None]

    def select(self, job_id: JobId) -> None:
        """Choose one job."""
        self.view.setCurrentIndex(self.model.index_of(job_id))

    def act(self, what: str) -> None:
        """Do something with the chosen jobs: pause, resume, cancel, up, first or retry."""
        if self._session is None:
            return
        queue = self._session.jobs
        ids = [line.job.id for line in self.selected()]
        if not ids:
            return
        actions: dict[str, Callable[[], None]] = {
            "pause": lambda: queue.pause(ids),
            "resume": lambda: queue.resume(ids),
            "cancel": lambda: queue.cancel(ids),
            "up": lambda: queue.move_up(ids[0]),
            "first": lambda: queue.move_first(ids[0]),
            "retry": lambda: queue.retry(ids),
        }
        actions[what]()

    def possible(self) -> dict[str, bool]:
        """What can be done with the chosen jobs."""
        states = {line.job.state for line in self.selected()}
        one = len(self.selected()) == 1
        return {
            "pause": bool(states & {JobState.QUEUED, JobState.RUNNING}),
            "resume": JobState.PAUSED in states,
            "cancel": bool(states & set(LIVE)),
            "up": one and bool(states & {JobState.QUEUED, JobState.PAUSED}),
            "first": one and JobState.QUEUED in states,
            "retry": bool(states & {JobState.FAILED, JobState.CANCELLED}),
        }

    def _build(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(24, 8, 24, 8)
        bar.setSpacing(8)
        bar.addWidget(self.summary)
        bar.addStretch(1)
        for what, icon, text in self._actions():
            widget = button(text, action=partial(self.act, what))
            self._theme.dress(widget, icon)
            self._buttons[what] = widget
            bar.addWidget(widget)
        self._theme.dress(self.hold, "pause")
        bar.addWidget(self.hold)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.view, 1)
        column.addWidget(self.details)
        self._body = body
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(body)
        self._offer()
        self._summarise()

    def _actions(self) -> list[tuple[str, str, str]]:
        return [
            ("retry", "retry", self.tr("Try again")),
            ("up", "up", self.tr("Move up")),
            ("resume", "play", self.tr("Resume")),
            ("pause", "pause", self.tr("Pause")),
            ("cancel", "close", self.tr("Cancel")),
        ]

    def _refresh(self, changes: Changes) -> None:
        if changes.jobs or changes.folders or changes.videos:
            self._stale = True
            if self.isVisible():
                self.reload()

    def _replace(self, lines: list[JobLine]) -> None:
        chosen = {line.job.id for line in self.selected()}
        self.model.replace(lines)
        for job_id in chosen:
            index = self.model.index_of(job_id)
            if index.isValid():
                self.view.selectionModel().select(
                    index, self.view.selectionModel().SelectionFlag.Select
                )
        self._stack.setCurrentWidget(self._body if lines else self._empty)
        self._summarise()
        self._offer()

    def _summarise(self) -> None:
        waiting = sum(line.job.state in LIVE for line in self.model.lines)
        failed = sum(line.job.state is JobState.FAILED for line in self.model.lines)
        held = self._session is not None and self._session.jobs.held
        parts = []
        if waiting:
            parts.append(self.tr("%n video(s) to do", "", waiting))
        if failed:
            parts.append(self.tr("%n with a problem", "", failed))
        if held:
            parts.append(self.tr("all paused"))
        self.summary.setText(" · ".join(parts) or self.tr("All done"))
        self.hold.setText(self.tr("Resume all") if held else self.tr("Pause all"))
        self._theme.dress(self.hold, "play" if held else "pause")
        self.hold.setVisible(bool(waiting) or held)

    def _offer(self) -> None:
        for what, possible in self.possible().items():
            if what in self._buttons:
                self._buttons[what].setVisible(possible)
        chosen = self.selected()
        error = chosen[0].details if len(chosen) == 1 else ""
        self.details.show_text(error)

    def _show_progress(self, progress: Progress) -> None:
        self.model.show_progress(progress)

    def _toggle_hold(self) -> None:
        if self._session is not None:
            self._session.jobs.hold(not self._session.jobs.held)

    def _play(self) -> None:
        chosen = self.selected()
        if chosen:
            self.play_requested.emit(chosen[0].video.id, 0)

    def _open_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        possible = self.possible()
        entries = [*self._actions(), ("first", "up", self.tr("Do this first"))]
        for what, icon, text in entries:
            if possible[what]:
                menu.addAction(self._theme.icon(icon), text, partial(self.act, what))
        if not menu.isEmpty():
            menu.popup(self.view.viewport().mapToGlobal(place))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self.reload()


class _Details(QFrame):
    """What went wrong, folded to its first sentence until the person wants the rest."""

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__()
        self.setObjectName("note")
        self._text = ""
        self._fold = icon_button(theme, "forward", title, self._toggle)
        self._theme = theme
        self._label = label("", wrap=True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        copy = button(self.tr("Copy"), "plain", self._copy)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._label, 1)
        layout.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        self._open = False
        self.hide()

    def show_text(self, text: str) -> None:
        """Show an error; hides itself when there is none."""
        self._text = text
        self._open = False
        self._render()
        self.setVisible(bool(text))

    def _render(self) -> None:
        first = self._text.splitlines()[0] if self._text else ""
        self._label.setText(self._text if self._open else first)
        self._theme.dress(self._fold, "down" if self._open else "forward", "muted")
        self._fold.setVisible("\n" in self._text)

    def _toggle(self) -> None:
        self._open = not self._open
        self._render()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)
