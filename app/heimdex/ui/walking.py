"""Walks through the real window in small steps without a person, and notices when it does not
answer.

What is done in it is said by `endurance` and `hardship`, for `heimdex bench torture`.
"""

import sys
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, QTimer

from heimdex.config import logging
from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.domain.errors import UserError
from heimdex.ui import app
from heimdex.ui.window import Window

_TICK_MS = 5
PATIENCE_S = 120.0

Steps = Iterator[Callable[[], bool]]
"""Each step says when it is done."""


class Walk(QObject):
    """One walk; the window is closed after its last step, or after a step that is never done."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        self.phase = "opening"
        self.pauses: dict[str, int] = {}
        """The longest time without an answer to the system, in ms, by what was done."""
        self.problems: list[str] = []
        self._last = time.monotonic()
        self._stepping = False
        self._done: Callable[[], bool] = lambda: True
        self._until = self._last + PATIENCE_S
        self._steps = self.steps()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def steps(self) -> Steps:
        """What is done, one thing after another."""
        raise NotImplementedError

    def pardon(self) -> None:
        """What was done since the last tick is nobody's pause."""
        self._last = time.monotonic()

    def end(self) -> None:
        """Close the window."""
        self._timer.stop()
        self.window.close()

    def _tick(self) -> None:
        now = time.monotonic()
        gap = round((now - self._last) * 1000)
        self.pauses[self.phase] = max(self.pauses.get(self.phase, 0), gap)
        self._last = now
        if self._stepping:
            self.problems.append(f"{self.phase} failed; the log has the details")
            self.end()
        elif now > self._until:
            self.problems.append(f"{self.phase} was not done after {PATIENCE_S:.0f} s")
            self.end()
        elif self._done():
            # Stays true when the step raises, which the window says and survives.
            self._stepping = True
            step = next(self._steps, None)
            self._stepping = False
            if step is None:
                self.end()
                return
            self._done = step
            self._until = time.monotonic() + PATIENCE_S


W = TypeVar("W", bound=Walk)


def walk(directories: Directories, make: Callable[[Window], W]) -> tuple[int, W]:
    """Open the window of a library as a person does and walk through it; gives the exit code and
    the walk. UserError when there was no window."""
    directories.prepare()
    logging.configure(directories)
    walks: list[W] = []
    code = app.show(
        directories,
        Settings.load(directories.home),
        on_window=lambda window: walks.append(make(window)),
    )
    if not walks:
        raise UserError(f"The window ended with {code}.")
    return code, walks[0]


def told(error: UserError) -> int:
    """Say on standard error why there was no walk; gives the exit code."""
    print(f"heimdex: {error}", file=sys.stderr)
    return 1
