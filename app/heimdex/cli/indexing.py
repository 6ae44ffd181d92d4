"""`heimdex index`: works through everything that is pending, once or for as long as it runs.

The work itself is the worker's; here it is started, shown and stopped.
"""

import argparse
import queue
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING

from heimdex.cli.adding import summary, tell_problems
from heimdex.cli.output import complain, counted, emit, note, seconds
from heimdex.cli.people_erasing import explain_once
from heimdex.cli.progress import WorkBar
from heimdex.cli.session import opened
from heimdex.domain.errors import Cancelled
from heimdex.domain.ids import VideoId
from heimdex.domain.media import Folder
from heimdex.domain.stages import JobFinished, JobState, StageFinished, StageStatus, WorkEvent

if TYPE_CHECKING:
    from heimdex.bootstrap import Library

STOPPED = 130
_LOOK_EVERY_S = 300.0


def define(command: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command.description = (
        "Find what is new in the added folders, then work through every video that is "
        "pending: its speech, its pictures, its faces. Each is searchable as soon as it is done. "
        "Stop with Ctrl-C at any time; the next run goes on where this one stopped."
    )
    command.epilog = "examples: heimdex index; heimdex index --watch; heimdex index --json"
    command.add_argument(
        "--json", action="store_true", help="one JSON object a finished stage, one at the end"
    )
    command.add_argument(
        "--watch", action="store_true", help="then wait for new videos and index them, until Ctrl-C"
    )
    command.add_argument(
        "--retry", action="store_true", help="also try again what failed or was cancelled before"
    )
    command.set_defaults(run=index)


def index(options: argparse.Namespace) -> int:
    """Work until nothing is pending. Exit code 1 when something a person must mend stops it."""
    with opened(options) as library, _stopping() as stop:
        run = _Run(library, options.json, stop)
        report = library.scanner.rescan(cancelled=stop.is_set)
        tell_problems(report)
        if report.any_change and not options.json:
            note(summary(report).partition(" Run ")[0])
        library.worker.resume_waiting()
        if options.retry:
            jobs = library.jobs.jobs((JobState.FAILED, JobState.CANCELLED))
            library.jobs.retry(job.id for job in jobs)
        run.work()
        run.look_after()
        if options.watch and not stop.is_set() and not run.halted:
            run.watch()
        if not options.json:
            explain_once(library)
        return run.finish()


class _Run:
    """One run of the command: counts, prints, remembers why it could not go on."""

    def __init__(self, library: "Library", json: bool, stop: threading.Event) -> None:
        self._library = library
        self._json = json
        self._stop = stop
        self._seconds = 0.0
        self._done = 0
        self._failed = 0
        self._paused = ""
        self._look_again = 0.0
        self.halted = ""

    def work(self) -> None:
        """Drain the queue, or stop in between."""
        with WorkBar(self._library.catalogue, self._library.jobs, not self._json) as bar:

            def on_event(event: WorkEvent) -> None:
                bar.show(event)
                self._tell(event, bar)

            report = self._library.worker.run(on_event, self._stop.is_set)
        self._seconds += report.seconds
        self._done += report.done
        self._failed += report.failed
        self.halted = report.halted

    def look_after(self) -> None:
        """Check the library and back it up if that is due, now that the queue is empty."""
        upkeep = self._library.upkeep
        if self._stop.is_set() or self.halted or time.monotonic() < self._look_again:
            return
        self._look_again = time.monotonic() + _LOOK_EVERY_S
        if not upkeep.is_due():
            return
        with suppress(Cancelled):
            looked = upkeep.look(self._stop.is_set)
            if looked.damaged:
                complain("the database is damaged; see `heimdex library verify`")
            for sentence in (*looked.mended, looked.problem):
                if sentence:
                    note(sentence)

    def watch(self) -> None:
        """Wait for folders in which something changed, and work on what is new in them."""
        hints: queue.SimpleQueue[Folder | None] = queue.SimpleQueue()
        with self._library.watcher(hints.put) as watcher:
            if not self._json:
                note("Waiting for new videos; stop with Ctrl-C.")
            while not self._stop.is_set() and not self.halted:
                try:
                    folder = hints.get(timeout=0.5)
                except queue.Empty:
                    self.look_after()
                    continue
                scanner, cancelled = self._library.scanner, self._stop.is_set
                report = (
                    scanner.seek(cancelled) if folder is None else scanner.scan(folder, cancelled)
                )
                tell_problems(report)
                # A folder may have followed its drive to another place.
                watcher.update(self._library.catalogue.folders())
                if report.waiting and folder is not None:
                    watcher.look_again(folder)
                self.work()

    def finish(self) -> int:
        """The closing words and the exit code."""
        if self._json:
            emit(
                {
                    "done": True,
                    "videos": self._done + self._failed,
                    "failed": self._failed,
                    "seconds": round(self._seconds, 3),
                }
            )
        if self._stop.is_set():
            complain("stopped; run index again to go on")
            return STOPPED
        if self.halted or self._paused:
            complain(self.halted or self._paused)
            return 1
        if not self._json:
            failed = f", {self._failed} failed" if self._failed else ""
            if self._done or self._failed:
                print(f"{counted(self._done, 'video')} indexed{failed} in {self._seconds:.0f} s.")
            elif before := self._library.jobs.counts()[JobState.FAILED]:
                print(f"Nothing new; {counted(before, 'video')} failed before: see heimdex status.")
            elif self._library.catalogue.videos():
                print("Everything is indexed.")
            else:
                print("The library is empty; add videos with `heimdex add PATH`.")
        return 0

    def _tell(self, event: WorkEvent, bar: WorkBar) -> None:
        match event:
            case StageFinished() if self._json:
                emit(
                    {
                        "video": self._path(event.video_id),
                        "stage": str(event.stage),
                        "seconds": round(event.seconds, 3),
                        "media_seconds": seconds(event.media_ms),
                        "status": str(event.status),
                        "error": event.error,
                    }
                )
            case StageFinished(status=StageStatus.FAILED):
                name = bar.name(event.video_id)
                known = event.error.startswith(name)
                bar.say(event.error if known else f"{name}: {event.stage} failed: {event.error}")
            case JobFinished(state=JobState.PAUSED):
                self._paused = event.error

    def _path(self, video_id: VideoId) -> str:
        video = self._library.catalogue.video(video_id)
        return "" if video is None else str(video.path)


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that Ctrl-C (or a polite kill) sets; a second Ctrl-C does not wait."""
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    signals = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.signal(number, ask) for number in signals}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
