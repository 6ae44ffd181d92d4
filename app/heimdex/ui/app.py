"""Starts the window: one for a library, on the screen before anything heavy is imported.

Opening the library is bootstrap's work, done in a thread while the window already stands.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QTimer, Signal
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from heimdex import __version__
from heimdex.config import logging as logging_setup
from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.domain.errors import LibraryBusy, LibraryDamaged, UserError
from heimdex.ui import language, wording
from heimdex.ui.background import sentence
from heimdex.ui.garbage import Garbage
from heimdex.ui.instance import Instance
from heimdex.ui.opened_files import OpenedFiles
from heimdex.ui.preferences import LANGUAGES, Preferences
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import button
from heimdex.ui.window import Window

if TYPE_CHECKING:
    from heimdex.bootstrap import Library

_log = logging.getLogger(__name__)


class Shell(QObject):
    """The window with its library, from opening to closing."""

    _opened = Signal(object)
    _doubted = Signal(object)
    """Damage was found when the library was last open; when its newest backup was made (Unix
    seconds), or None."""
    _refused = Signal(object)
    _crashed = Signal(str)

    def __init__(self, directories: Directories, settings: Settings, window: Window) -> None:
        super().__init__()
        self._directories = directories
        self._settings = settings
        self.window = window
        self.session: Session | None = None
        self._library: Library | None = None
        self.again = False
        """Whether to start once more after the window is closed."""
        self._closed = False
        self._as_it_is = False
        self._opening: threading.Thread | None = None
        self._opened.connect(self._attach)
        self._doubted.connect(self._ask)
        self._refused.connect(self._explain)
        self._crashed.connect(window.say)
        window.painted.connect(self.open)
        window.closing.connect(self.close)

    def open(self) -> None:
        """Open the library in a thread."""
        self._begin(self._open)

    def open_as_it_is(self) -> None:
        """Open the library in which damage was found: it can mostly still be read."""
        self._as_it_is = True
        self.open()

    def restore(self) -> None:
        """Put the newest sound backup in the place of a damaged database, then open the library."""
        self._begin(self._restore)

    def close(self) -> None:
        """Stop the threads, then close the library; the window is gone already."""
        if self._closed:
            return
        self._closed = True
        if self._opening is not None:
            self._opening.join(5.0)
        if self.session is not None:
            self.session.close()
        if self._library is not None:
            self._library.close()

    def report(self, error: BaseException) -> None:
        """An error nobody expected: it is in the log, and the person is told. From any thread."""
        self._crashed.emit(sentence(error))

    def _begin(self, work: Callable[[], None]) -> None:
        if self._opening is not None and self._opening.is_alive():
            return
        self.window.hide_failure()
        self._opening = threading.Thread(target=work, name="heimdex-opening", daemon=True)
        self._opening.start()

    def _restore(self) -> None:
        from heimdex.storage.backups import Backups
        from heimdex.storage.lock import LibraryLock

        library = self._directories.library
        try:
            with LibraryLock(library):
                done = Backups(library).restore()
        except Exception as error:  # noqa: BLE001 - the border of the thread: shown in the window
            _log.warning("the library was not restored", exc_info=error)
            self._refused.emit(error)
            return
        _log.info("restored from %s", done.backup.name)
        self._open()

    def _open(self) -> None:
        try:
            if not self._as_it_is and self._is_doubtful():
                return
            from heimdex.bootstrap import open_library

            library = open_library(self._directories, self._settings, as_it_is=self._as_it_is)
        except Exception as error:  # noqa: BLE001 - the border of the thread: shown in the window
            self._as_it_is = False
            _log.warning("the library was not opened", exc_info=error)
            self._refused.emit(error)
            return
        self._library = library
        self._opened.emit(library)

    def _is_doubtful(self) -> bool:
        from heimdex.storage.backups import Backups
        from heimdex.storage.damage import DamageMark

        library = self._directories.library
        if not DamageMark(library).is_set:
            return False
        _log.warning("damage was found in the library before; the person is asked")
        copies = Backups(library).all()
        self._doubted.emit(copies[0].made_at if copies else None)
        return True

    def _attach(self, library: "Library") -> None:
        if self._closed:
            library.close()
            return
        self.session = Session(library)
        self.session.restart_wanted.connect(self._restart)
        self.window.attach(self.session)
        self.session.start()
        # The first question should not wait for what can be loaded while the person looks.
        QTimer.singleShot(1500, self._warm)

    def _restart(self) -> None:
        self.again = True
        self.window.close()

    def _warm(self) -> None:
        if self.session is not None and not self._closed:
            self.session.warm()

    def _explain(self, error: Exception) -> None:
        if self._closed:
            return
        if isinstance(error, LibraryBusy):
            title = self.tr("The library is in use")
        else:
            title = self.tr("The library cannot be opened")
        again = button(self.tr("Try again"), "primary", self.open)
        if isinstance(error, LibraryDamaged):
            text = self.tr(
                "Its database is damaged. Heimdex can put the newest sound backup in its place; "
                "the damaged file is kept, and your videos are not affected."
            )
            self.window.show_failure(title, text, again, self._restoring())
            return
        self.window.show_failure(title, sentence(error), again)

    def _ask(self, newest: float | None) -> None:
        """Whether to restore a backup, where a check found damage that opening does not see."""
        if self._closed:
            return
        as_it_is = button(self.tr("Open it as it is"), action=self.open_as_it_is)
        text = self.tr("The last check found damage in its database; your videos are not affected.")
        stays = self.tr(
            "Opened as it is, the library can be searched as far as it can still be read; "
            "something may be missing or wrong, and no backup is made of it."
        )
        if newest is None:
            none = self.tr("There is no backup of it.")
            actions = [as_it_is]
            parts = [text, none, stays]
        else:
            offer = self.tr(
                "Heimdex can put the newest sound backup in its place and keeps the damaged file. "
                "The newest backup: %1. Names given since then are not in it, and what was added "
                "to your folders since then is indexed again."
            ).replace("%1", wording.moment(int(newest)))
            actions = [self._restoring("primary"), as_it_is]
            parts = [text, offer, stays]
        self.window.show_failure(self.tr("The library is damaged"), " ".join(parts), *actions)

    def _restoring(self, role: str = "") -> QPushButton:
        return button(self.tr("Restore the newest backup"), role, self.restore)


def run(library: Path | None = None, *, verbose: bool = False, paths: Sequence[Path] = ()) -> int:
    """The window of the library a person named, or of the usual one; returns the exit code.

    What keeps it from starting is said in a dialog and on standard error.
    """
    directories = Directories.resolve(library)
    try:
        directories.prepare()
        settings = Settings.load(directories.home)
    except UserError as error:
        print(f"heimdex: {error}", file=sys.stderr)
        language.install(_application(), directories.resources, LANGUAGES[0])
        QMessageBox.critical(None, "Heimdex", sentence(error))
        return 1
    logging_setup.configure(directories, verbose=verbose)
    return show(directories, settings, paths)


def show(
    directories: Directories,
    settings: Settings,
    paths: Sequence[Path] = (),
    on_window: Callable[[Window], object] = lambda window: None,
) -> int:
    """Show the window of a library until it is closed; returns the exit code.

    `paths` are added to the library. When a window of this library is open already, it is raised
    and gets the paths. `on_window` is called with the window before it is shown.
    """
    application = _application()
    instance = Instance(directories.library)
    absolute = [os.path.abspath(path) for path in paths]  # noqa: PTH100 - keeps symbolic links
    if instance.hand_over(absolute):
        return 0
    preferences = Preferences(directories.home)
    language.install(application, directories.resources, preferences.language)
    theme = Theme(directories.resources, preferences.theme)
    garbage = Garbage()
    window = Window(theme, preferences)
    shell = Shell(directories, settings, window)

    def come_forward(given: list[str]) -> None:
        window.come_forward()
        window.take([Path(path) for path in given])

    instance.raised.connect(come_forward)
    opened = OpenedFiles()
    opened.arrived.connect(come_forward)
    opened.watch(application)
    instance.listen()
    _catch(shell)
    window.take([Path(path) for path in absolute])
    on_window(window)
    window.show()
    try:
        return application.exec()
    finally:
        shell.close()
        instance.close()
        garbage.close()
        sys.excepthook = sys.__excepthook__
        if shell.again:
            # Not before: the next one needs the library, and would hand over to this one.
            program, *arguments = again_command(directories)
            QProcess.startDetached(program, arguments)


def again_command(directories: Directories) -> list[str]:
    """The command that opens the window of the same library again."""
    program = [sys.executable]
    if not getattr(sys, "frozen", False):
        program += ["-P", "-m", "heimdex"]
    return [*program, "--library", str(directories.library)]


def _catch(shell: Shell) -> None:
    """Log what nobody caught and tell the person, instead of dying or failing in silence."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QCoreApplication.quit()
            return
        _log.critical("unexpected error", exc_info=(kind, error, trace))
        shell.report(error)

    sys.excepthook = hook
    threading.excepthook = lambda args: (
        hook(args.exc_type, args.exc_value, args.exc_traceback) if args.exc_value else None
    )


def _application() -> QApplication:
    application = QApplication.instance() or QApplication([sys.argv[0]])
    if not isinstance(application, QApplication):
        raise RuntimeError("there is an application without windows")
    application.setApplicationName("heimdex")
    application.setApplicationDisplayName("Heimdex")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("heimdex")
    return application
