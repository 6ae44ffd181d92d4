"""Uses the real window like somebody who cannot sit still, and measures what that takes.

`python -m heimdex.ui.endurance LIBRARY --searches N --switches N` prints one JSON object. What is
too much, and on what kind of disk the library lies, is the affair of `heimdex bench torture`.
"""

import argparse
import gc
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

from heimdex.config import logging
from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.hosts.memory import give_back_memory, resident_bytes
from heimdex.ui import app
from heimdex.ui.rail import PANELS
from heimdex.ui.window import Window

WORDS = ("space shuttle", "고양이", "coffee", "우주", "a woman in orange", "galaxies", "커피 잔")
_TICK_MS = 5
_PATIENCE_S = 120.0
_WARM_SEARCHES, _WARM_SWITCHES = 30, 12
_SAMPLES = 5

Steps = Iterator[Callable[[], bool]]
"""Each step says when it is done."""


class Endurance(QObject):
    """Walks through the window in small steps, and notices how long it did not answer."""

    def __init__(self, window: Window, searches: int, switches: int, *, play: bool) -> None:
        super().__init__(window)
        self._window = window
        self._searches = searches
        self._switches = switches
        self._play = play
        self._asked = 0
        self._answers = 0
        self._switched = 0
        self._last = time.monotonic()
        self._phase = "opening"
        self._done: Callable[[], bool] = lambda: True
        self._until = self._last + _PATIENCE_S
        self.pauses: dict[str, int] = {}
        """The longest time without an answer to the system, in ms, by what was done."""
        self.samples: list[dict[str, int]] = []
        self.problems: list[str] = []
        self._steps = self._walk()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now = time.monotonic()
        gap = round((now - self._last) * 1000)
        self.pauses[self._phase] = max(self.pauses.get(self._phase, 0), gap)
        self._last = now
        if now > self._until:
            self.problems.append(f"{self._phase} was not done after {_PATIENCE_S:.0f} s")
            self._end()
        elif self._done():
            step = next(self._steps, None)
            if step is None:
                self._end()
                return
            self._done = step
            self._until = time.monotonic() + _PATIENCE_S

    def _end(self) -> None:
        self._timer.stop()
        self._window.close()

    def _walk(self) -> Steps:
        window = self._window
        yield lambda: window.session is not None
        session = window.session
        assert session is not None
        session.searching.answered.connect(self._count)
        session.searching.failed.connect(self.problems.append)
        yield lambda: window.library.model.rowCount() > 0
        yield from self._use(_WARM_SEARCHES, _WARM_SWITCHES, "warming")
        parts = _SAMPLES - 1
        self._sample()
        for part in range(parts):
            yield from self._use(
                _share(self._searches, part, parts), _share(self._switches, part, parts), "using"
            )
            self._sample()
        if self._play:
            self._phase = "playing"
            video = session.library.catalogue.videos()[0]
            window.play(video.id, 1000)
            yield self._shows_a_frame

    def _use(self, searches: int, switches: int, phase: str) -> Steps:
        """Searches, and changes of the panel evenly among them."""
        self._phase = phase
        for number in range(max(searches, switches)):
            if number < searches:
                # Never twice the same in a row: the window would not ask again.
                self._asked += 1
                yield self._ask(f"{WORDS[number % len(WORDS)]} {self._asked}")
            for _ in range(_share(switches, number, max(searches, switches))):
                self._switched += 1
                self._window.show_panel(PANELS[self._switched % len(PANELS)])
                yield _once()

    def _ask(self, text: str) -> Callable[[], bool]:
        before = self._answers
        self._window.search(text)
        self._window.field.submitted.emit()
        return lambda: self._answers > before

    def _count(self, result: object) -> None:
        self._answers += 1

    def _shows_a_frame(self) -> bool:
        view = self._window.side.view
        return view is not None and not view.surface.image.isNull()

    def _sample(self) -> None:
        """What this process and its children hold now. Takes a moment, which is nobody's pause."""
        gc.collect()
        give_back_memory()
        session = self._window.session
        assert session is not None
        host = session.library.query_host.pid
        self.samples.append(
            {
                "searches": self._answers,
                "switches": self._switched,
                "handles": _handles(os.getpid()),
                "threads": _threads(os.getpid()) or threading.active_count(),
                "window_mb": (resident_bytes(os.getpid()) or 0) // 2**20,
                "host_handles": _handles(host) if host else 0,
                "host_threads": _threads(host) if host else 0,
                "host_mb": (resident_bytes(host) or 0) // 2**20 if host else 0,
            }
        )
        self._last = time.monotonic()


def _share(whole: int, part: int, parts: int) -> int:
    return whole * (part + 1) // parts - whole * part // parts


def _once() -> Callable[[], bool]:
    """Done the second time it is asked: the system has drawn in between."""
    asked: list[None] = []

    def done() -> bool:
        asked.append(None)
        return len(asked) > 1

    return done


def _handles(pid: int) -> int:
    """Open files of a process; 0 where the system does not say."""
    folder = Path(f"/proc/{pid}/fd")
    return len(os.listdir(folder)) if folder.is_dir() else 0  # noqa: PTH208 - a count, no paths


def _threads(pid: int) -> int:
    """Threads of a process, Python's or not; 0 where the system does not say."""
    folder = Path(f"/proc/{pid}/task")
    return len(os.listdir(folder)) if folder.is_dir() else 0  # noqa: PTH208 - a count, no paths


def main(arguments: Sequence[str]) -> int:
    """Open the window, use it, print what that took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("library", type=Path)
    parser.add_argument("--searches", type=int, default=1000)
    parser.add_argument("--switches", type=int, default=100)
    parser.add_argument("--play", action="store_true")
    options = parser.parse_args(arguments)
    directories = Directories.resolve(options.library)
    directories.prepare()
    logging.configure(directories)
    walks: list[Endurance] = []
    code = app.show(
        directories,
        Settings.load(directories.home),
        on_window=lambda window: walks.append(
            Endurance(window, options.searches, options.switches, play=options.play)
        ),
    )
    if not walks:
        print(f"heimdex: the window ended with {code}", file=sys.stderr)
        return 1
    [walk] = walks
    print(
        json.dumps({"pauses": walk.pauses, "samples": walk.samples, "problems": walk.problems}),
        flush=True,
    )
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
