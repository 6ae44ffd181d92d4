"""Takes pictures of every panel of the window for a person to look at before a change is done.

The library is real: the one that is named, or a temporary one into which the sample is indexed with
the installed models. What the panels show is the window's own affair.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 900.0


def main() -> int:
    """Parse the arguments, take the pictures, say where they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--library", type=Path, help="a library that is indexed already")
    parser.add_argument("--language", default="en", choices=("en", "ko"))
    parser.add_argument("--query", help="what the search panel is asked")
    parser.add_argument("--size", default="1280x800", help="of the window in pixels")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="heimdex-screenshots-") as home:
        os.environ["HEIMDEX_HOME"] = home
        os.environ.setdefault("HEIMDEX_MODELS", str(ROOT / "models"))
        tour = Tour(arguments)
        try:
            return tour.take()
        finally:
            tour.window.close()


class Tour:
    """A walk through the panels with a camera."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        from PySide6.QtWidgets import QApplication

        from heimdex.config.directories import Directories
        from heimdex.config.settings import Settings
        from heimdex.ui import language
        from heimdex.ui.app import Shell
        from heimdex.ui.preferences import Preferences
        from heimdex.ui.theme import Theme
        from heimdex.ui.window import Window

        self.arguments = arguments
        self.application = QApplication(sys.argv[:1])
        directories = Directories.resolve(arguments.library)
        directories.prepare()
        preferences = Preferences(directories.home)
        preferences.language = arguments.language
        language.install(self.application, directories.resources, arguments.language)
        self.theme = Theme(directories.resources, "light")
        self.window = Window(self.theme, preferences)
        self.shell = Shell(directories, Settings.load(directories.home), self.window)
        self.taken: list[str] = []

    def take(self) -> int:
        """Walk; 0 when every picture was taken."""
        window = self.window
        width, height = map(int, self.arguments.size.split("x"))
        window.show()
        window.resize(width, height)
        self.wait(lambda: self.shell.session is not None)
        if self.arguments.library is None:
            self.shoot_both("01-empty")
            self.index_sample()
        self.settle()
        self.library()
        self.search()
        self.people()
        self.activity()
        self.settings()
        self.keys()
        print(f"{len(self.taken)} pictures in {self.arguments.folder}")
        return 0

    def index_sample(self) -> None:
        """Index the sample, with a picture in the middle of it."""
        session = self.shell.session
        assert session is not None
        session.add([ROOT / "resources" / "sample"])
        self.wait(lambda: session.jobs.progress is not None)
        self.wait(lambda: self.window.jobbar.isVisible())
        self.settle(1.0)
        self.shoot_both("02-indexing")
        self.wait(lambda: self.idle(), PATIENCE_S)

    def idle(self) -> bool:
        """Whether nothing is left to be indexed."""
        from heimdex.domain.stages import JobState

        library = self.shell.session.library  # type: ignore[union-attr]
        counts = library.jobs.counts()
        return counts[JobState.QUEUED] + counts[JobState.RUNNING] == 0 and bool(
            sum(counts.values())
        )

    def library(self) -> None:
        """The grid, with a video in the side."""
        window = self.window
        window.show_panel("library")
        self.wait(lambda: window.library.model.rowCount() > 0)
        window.library.view.setCurrentIndex(window.library.model.index(0, 0))
        self.wait(lambda: window.side.details is not None)
        self.settle()
        self.shoot_both("03-library")
        window.side._tabs.setCurrentIndex(window.side._tabs.count() - 1)
        self.settle()
        self.shoot_both("03-library-details")
        window.side._tabs.setCurrentIndex(0)
        window._drop.show_over()
        self.shoot_both("03-library-drop")
        window._drop.hide()

    def search(self) -> None:
        """Nothing asked, an answer that plays, and no good match."""
        window = self.window
        window.show_panel("search")
        self.settle()
        self.shoot_both("04-search-first")
        queries = (self.arguments.query or "astronaut", "zxqv glorbnik")
        for name, query in zip(("05-search-answer", "06-search-nothing"), queries, strict=True):
            window.results.result = None
            window.search(query)
            self.wait(self.answered, 180)
            if name == "05-search-answer" and window.results.list.play_first():
                self.wait(self.plays, 15, must=False)
                window.side.view.player.pause()  # type: ignore[union-attr]
            self.settle()
            self.shoot_both(name)
            if name == "05-search-answer":
                self.full_screen()
        window.field.clear()

    def full_screen(self) -> None:
        """The picture that is played, all over the screen."""
        view = self.window.side.view
        if view is not None and self.plays():
            view.toggle_full()
            self.settle()
            self.shoot_both("05-full-screen", view.surface.window())
            view.toggle_full()

    def answered(self) -> bool:
        """Whether the search came to an end."""
        return self.window.results.result is not None or self.window.results.page == "failed"

    def plays(self) -> bool:
        """Whether the player shows a frame."""
        view = self.window.side.view
        return view is not None and not view.surface.image.isNull()

    def people(self) -> None:
        """Everybody, somebody being named, and one person's page."""
        window = self.window
        window.show_panel("people")
        self.wait(lambda: window.people.everybody is not None)
        self.settle()
        self.shoot_both("07-people")
        everybody = window.people.everybody
        assert everybody is not None
        if everybody.unnamed and not everybody.named:
            window.people.name(everybody.unnamed[0].person.id, "Eileen")
            self.settle(1.5)
            self.shoot_both("08-people-named")
        groups = [*(window.people.everybody or everybody).named, *everybody.unnamed]
        if groups:
            window.people.open(groups[0].person.id)
            self.wait(lambda: window.people.shows_page)
            self.settle()
            self.shoot_both("09-person")
            window.people.show_everybody()

    def activity(self) -> None:
        """The queue."""
        self.window.toast.hide()
        self.window.show_panel("activity")
        self.settle()
        self.shoot_both("10-activity")

    def settings(self) -> None:
        """Every page of the settings."""
        from heimdex.ui.settings import SettingsDialog

        session = self.shell.session
        assert session is not None
        dialog = SettingsDialog(self.theme, self.window.preferences, session, self.window)
        dialog.show()
        for place in range(dialog.tabs.count()):
            dialog.tabs.setCurrentIndex(place)
            self.settle()
            self.shoot_both(f"11-settings-{place}", dialog)
        dialog.close()

    def keys(self) -> None:
        """The list of keys."""
        from heimdex.ui.shortcuts import KeysDialog

        dialog = KeysDialog(self.window)
        dialog.show()
        self.settle()
        self.shoot_both("12-keys", dialog)
        dialog.close()

    def shoot_both(self, name: str, widget: object = None) -> None:
        """A picture in light and one in dark."""
        for mode in ("dark", "light"):
            self.theme.choose(mode)
            self.settle(0.4)
            target = self.arguments.folder / f"{name}-{mode}.png"
            (widget or self.window).grab().save(str(target))  # type: ignore[attr-defined]
            self.taken.append(target.name)

    def settle(self, seconds: float = 0.6) -> None:
        """Let pictures load and layouts come to rest."""
        end = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() > end)

    def wait(self, done: Callable[[], bool], seconds: float = 30.0, must: bool = True) -> None:
        """Run the window until something is so."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                if must:
                    raise SystemExit("the window did not come that far")
                return
            self.application.processEvents()
            time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main())
