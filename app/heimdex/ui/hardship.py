"""Uses the real window while its disk is full, like somebody who does not know that yet, and makes
room again.

`python -m heimdex.ui.hardship LIBRARY BALLAST VIDEOS` prints one JSON object: what the window said
of each thing, and whether it was kept in the end. What must come of it is the affair of `heimdex
bench torture`.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from PySide6.QtWidgets import QPushButton, QStackedWidget, QWidget

from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.domain.errors import UserError
from heimdex.domain.ids import VideoId
from heimdex.domain.stages import JobState
from heimdex.ui import jobs
from heimdex.ui.preferences import FILE_NAME as WINDOW_FILE
from heimdex.ui.results.saving import NameSearch
from heimdex.ui.session import Session
from heimdex.ui.settings import SettingsDialog
from heimdex.ui.side.taking import TakeOut
from heimdex.ui.walking import Steps, Walk, told, walk
from heimdex.ui.widgets import EmptyState, Note
from heimdex.ui.window import Window

NAME, SEARCH, QUESTION = "Somebody 이름", "Kept 검색", "space shuttle"
_PAGE = 4096
_RETRY_S = 1.0
"""So long until indexing is tried again; a person waits half a minute or more."""

T = TypeVar("T", bound=QWidget)


class Hardship(Walk):
    """Opens, adds, indexes, names, saves and sets on a full disk; each goes on once it is not."""

    def __init__(self, window: Window, home: Path, ballast: Path, videos: Path, shots: Path | None):
        self._home = home
        self._ballast = ballast
        self._videos = videos
        self._shots = shots
        self._scanning = False
        self.said: dict[str, list[str]] = {}
        """What the window said of each thing while the disk was full."""
        self.kept: dict[str, bool] = {}
        """Whether it was done in the end."""
        super().__init__(window)

    def steps(self) -> Steps:
        yield from self._open()
        session = self._session
        session.scanning.connect(self._note_scanning)
        yield lambda: self.window.library.model.rowCount() > 0
        yield lambda: bool(self.window.people.cards)
        catalogue, store = session.library.catalogue, session.library.searches.store
        yield from self._deed(
            "adding videos",
            lambda: session.add([self._videos]),
            lambda: self._videos in [folder.path for folder in catalogue.folders()],
        )
        yield from self._index()
        self.window.show_panel("people")
        yield from self._deed("naming somebody", self._name, self._is_named)
        self.window.search(QUESTION)
        yield lambda: not self.window.asking.question.empty
        yield from self._deed(
            "saving a search", self._save, lambda: SEARCH in [each.name for each in store.saved()]
        )
        yield from self._save_subtitles()
        self.window.open_settings("processing")
        dialog = self._one(SettingsDialog)
        yield lambda: dialog.processing.boxes["hemisphere"].currentData() == "north"
        yield from self._deed(
            "changing a setting",
            lambda: self._choose(dialog, "south"),
            lambda: Settings.load(self._home).hemisphere == "south",
        )
        dialog.show_page("look")
        yield from self._deed(
            "changing the look",
            lambda: self._darken(dialog),
            lambda: "theme=dark" in self._window_file(),
        )
        dialog.accept()
        self.phase = "closing"
        self._fill()

    def _open(self) -> Steps:
        """The library itself may not open; then there is a button for trying again."""
        window = self.window
        yield lambda: window.session is not None or bool(self._failures())
        if self._failures():
            self._note("opening", [page.text.text() for page in self._failures()])
            self._free()
            self._failures()[0].findChildren(QPushButton)[0].click()  # Try again
            yield lambda: window.session is not None
        self._free()
        self.kept["opening"] = True

    def _deed(self, deed: str, act: Callable[[], object], is_kept: Callable[[], bool]) -> Steps:
        """Try it without room until something is said or it is done; then, if need be, with."""
        self.phase = deed
        self.window.toast.hide()
        self._fill()
        act()
        yield lambda: bool(self._sentences()) or is_kept()
        self._note(deed, [] if is_kept() else self._sentences())
        self._free()
        if not is_kept():
            act()
        yield is_kept
        self.kept[deed] = True

    def _index(self) -> Steps:
        """The disk fills up while a video is worked on; nobody has to start that again."""
        queue, store = self._session.jobs, self._session.library.jobs
        self.phase = "indexing"
        unfinished = (JobState.RUNNING, JobState.QUEUED, JobState.PAUSED)
        # What was found when adding is told once that is over; it would be taken for a complaint.
        yield lambda: not self._scanning
        yield lambda: queue.progress is not None or not store.jobs(unfinished)
        self.window.toast.hide()
        self._fill()
        yield lambda: bool(self._sentences()) or not store.jobs(unfinished)
        self._note("indexing", self._sentences())
        self._free()
        yield lambda: not store.jobs(unfinished)
        self.kept["indexing"] = {job.state for job in store.jobs()} == {JobState.DONE}

    def _note_scanning(self, scanning: bool) -> None:
        self._scanning = scanning

    def _save_subtitles(self) -> Steps:
        """In the place of a file that is there, which must not be lost."""
        file, old = self._ballast.with_name("said.srt"), "of an earlier day"
        file.write_text(old, encoding="utf-8")
        spoken = [v.id for v in self._session.library.catalogue.videos() if self._speaks(v.id)]
        self.window.show_side(True)
        self.window.side.show_video(spoken[0])
        taking = self.window.side.findChild(TakeOut)
        assert taking is not None
        yield taking.isVisible
        before = len(self.problems)

        def is_kept() -> bool:
            text = file.read_text("utf-8")
            if text != old and "-->" not in text and len(self.problems) == before:
                self.problems.append("subtitles that were there are lost")
            return "-->" in text

        yield from self._deed("saving subtitles", lambda: taking.save(file, "srt"), is_kept)

    def _speaks(self, video_id: VideoId) -> bool:
        transcript = self._session.library.stages.transcript(video_id)
        return transcript is not None and bool(transcript.segments)

    def _name(self) -> None:
        field = self.window.people.cards[0].field
        field.setText(NAME)
        field.returnPressed.emit()

    def _is_named(self) -> bool:
        return NAME in [person.name for person in self._session.library.people.named()]

    def _save(self) -> None:
        self.window.field.save_wanted.emit()
        dialog = self._one(NameSearch)
        dialog.field.setText(SEARCH)
        dialog.done_button.click()

    def _choose(self, dialog: SettingsDialog, where: str) -> None:
        box = dialog.processing.boxes["hemisphere"]
        box.setCurrentIndex(box.findData(where))
        box.activated.emit(box.currentIndex())

    def _darken(self, dialog: SettingsDialog) -> None:
        for mode in ("light", "dark"):
            dialog.theme_box.setCurrentIndex(dialog.theme_box.findData(mode))

    @property
    def _session(self) -> Session:
        assert self.window.session is not None
        return self.window.session

    def _one(self, kind: type[T]) -> T:
        """The dialog of this kind that is open."""
        return next(each for each in self.window.findChildren(kind) if each.isVisible())

    def _sentences(self) -> list[str]:
        """What stands in the window for a person to read: at its foot, or warned of in a dialog."""
        notes = [
            note.text
            for dialog in self.window.findChildren(SettingsDialog)
            for note in dialog.findChildren(Note)
            if note.isVisible() and note.property("tone") == "warning"
        ]
        return list(filter(None, [self.window.toast.text, *notes]))

    def _failures(self) -> list[EmptyState]:
        """The page that stands in place of everything when a library does not open."""
        stage = self.window.findChild(QStackedWidget, "stage")
        page = None if stage is None else stage.currentWidget()
        return [page] if isinstance(page, EmptyState) else []

    def _window_file(self) -> str:
        file = self._home / WINDOW_FILE
        return file.read_text("utf-8") if file.exists() else ""

    def _note(self, deed: str, sentences: Sequence[str]) -> None:
        self.said[deed] = list(sentences)
        if self._shots is not None:
            shown = self.window
            shown.grab().save(str(self._shots / f"{deed}.png"))
            for number, dialog in enumerate(self.window.findChildren(SettingsDialog)):
                if dialog.isVisible():
                    dialog.grab().save(str(self._shots / f"{deed}, dialog {number}.png"))
        self.pardon()

    def _fill(self) -> None:
        fill(self._ballast)

    def _free(self) -> None:
        self._ballast.unlink(missing_ok=True)


def fill(ballast: Path) -> None:
    """Leave nothing on the disk that this file is on."""
    with ballast.open("ab") as stream:
        while free := shutil.disk_usage(ballast.parent).free // _PAGE * _PAGE:
            # Others write at the same time: what was free may not be any more.
            with suppress(OSError):
                os.posix_fallocate(stream.fileno(), os.fstat(stream.fileno()).st_size, free)


def main(arguments: Sequence[str]) -> int:
    """Fill the disk, open the window, use it, print what it said."""
    parser = argparse.ArgumentParser()
    parser.add_argument("library", type=Path)
    parser.add_argument("ballast", type=Path)
    parser.add_argument("videos", type=Path)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args(arguments)
    jobs.RETRY_AFTER_ERROR_S = _RETRY_S
    directories = Directories.resolve(options.library)
    places = (directories.home, options.ballast, options.videos, options.pictures)
    directories.prepare()
    fill(options.ballast)
    try:
        code, walked = walk(directories, lambda window: Hardship(window, *places))
    except UserError as error:
        return told(error)
    found = {
        "name": NAME,
        "search": SEARCH,
        "said": walked.said,
        "kept": walked.kept,
        "pauses": walked.pauses,
        "problems": walked.problems,
    }
    print(json.dumps(found, ensure_ascii=False), flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
