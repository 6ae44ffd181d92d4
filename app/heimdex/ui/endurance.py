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
from collections.abc import Callable, Sequence
from pathlib import Path

from heimdex.config.directories import Directories
from heimdex.domain.errors import UserError
from heimdex.hosts.memory import give_back_memory, resident_bytes
from heimdex.ui.rail import PANELS
from heimdex.ui.walking import Steps, Walk, told, walk
from heimdex.ui.window import Window

WORDS = ("space shuttle", "고양이", "coffee", "우주", "a woman in orange", "galaxies", "커피 잔")
_WARM_SEARCHES, _WARM_SWITCHES = 30, 12
"""What is grown into once is grown into by then."""
_SAMPLES = 5


class Endurance(Walk):
    """Searches and changes panels, and notes what the window holds."""

    def __init__(
        self, window: Window, searches: int, switches: int, *, play: bool, cold: bool
    ) -> None:
        self._searches = searches
        self._switches = switches
        self._play = play
        self._cold = cold
        self._asked = 0
        self._answers = 0
        self._switched = 0
        self.samples: list[dict[str, int]] = []
        super().__init__(window)

    def steps(self) -> Steps:
        window = self.window
        yield lambda: window.session is not None
        session = window.session
        assert session is not None
        session.searching.answered.connect(self._count)
        session.searching.failed.connect(self.problems.append)
        yield lambda: window.library.model.rowCount() > 0
        if not self._cold:
            yield from self._use(_WARM_SEARCHES, _WARM_SWITCHES, "warming")
        parts = _SAMPLES - 1
        self._sample()
        for part in range(parts):
            yield from self._use(
                _share(self._searches, part, parts), _share(self._switches, part, parts), "using"
            )
            self._sample()
        if self._play:
            self.phase = "playing"
            video = session.library.catalogue.videos()[0]
            window.play(video.id, 1000)
            yield self._shows_a_frame

    def _use(self, searches: int, switches: int, phase: str) -> Steps:
        """Searches, and changes of the panel evenly among them."""
        self.phase = phase
        for number in range(max(searches, switches)):
            if number < searches:
                # Never twice the same in a row: the window would not ask again.
                self._asked += 1
                yield self._ask(f"{WORDS[number % len(WORDS)]} {self._asked}")
            for _ in range(_share(switches, number, max(searches, switches))):
                self._switched += 1
                self.window.show_panel(PANELS[self._switched % len(PANELS)])
                yield _once()

    def _ask(self, text: str) -> Callable[[], bool]:
        before = self._answers
        self.window.search(text)
        self.window.field.submitted.emit()
        return lambda: self._answers > before

    def _count(self, result: object) -> None:
        self._answers += 1

    def _shows_a_frame(self) -> bool:
        view = self.window.side.view
        return view is not None and not view.surface.image.isNull()

    def _sample(self) -> None:
        """What this process and its children hold now. Takes a moment, which is nobody's pause."""
        gc.collect()
        give_back_memory()
        session = self.window.session
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
        self.pardon()


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
    parser.add_argument("--cold", action="store_true", help="measure nothing: do not warm up")
    options = parser.parse_args(arguments)
    try:
        code, walked = walk(
            Directories.resolve(options.library),
            lambda window: Endurance(
                window, options.searches, options.switches, play=options.play, cold=options.cold
            ),
        )
    except UserError as error:
        return told(error)
    print(
        json.dumps(
            {"pauses": walked.pauses, "samples": walked.samples, "problems": walked.problems}
        ),
        flush=True,
    )
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
