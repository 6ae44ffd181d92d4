"""How far an installation is: counted by many threads, told by one; and how fast it goes.

Showing it is left to the command line and the window.
"""

import threading
import time
from collections import deque

from heimdex.ml.delivery.plans import InstallProgress, Report, Step

_WINDOW_S = 8.0


class Meter:
    """Adds up the bytes of all files. `report` is called on the thread that calls `tell`."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._sizes: dict[tuple[str, str], int] = {}
        self._done: dict[tuple[str, str], int] = {}

    def expect(self, model_id: str, name: str, size: int) -> None:
        """A file of so many bytes belongs to the whole."""
        self._sizes[model_id, name] = size

    def moved(self, model_id: str, name: str, done: int) -> None:
        """So many bytes of a file are here. Never counts backwards: a wheel is compressed, and a
        file that begins anew is no news for a person."""
        key = model_id, name
        with self._lock:
            self._done[key] = max(self._done.get(key, 0), min(done, self._sizes[key]))

    def tell(self, model_id: str, step: Step, detail: str = "") -> None:
        """Report where a model, and the whole installation, stand."""
        if step is not Step.DOWNLOADING:
            self._complete(model_id)
        with self._lock:
            own = [key for key in self._sizes if key[0] == model_id]
            progress = InstallProgress(
                model_id,
                step,
                sum(self._done.get(key, 0) for key in own),
                sum(self._sizes[key] for key in own),
                detail,
                sum(self._done.values()),
                sum(self._sizes.values()),
            )
        self._report(progress)

    def waiting(self) -> None:
        """Another installation is at work."""
        self._report(InstallProgress("", Step.WAITING, 0, 0))

    def _complete(self, model_id: str) -> None:
        """What was here before, or was optional and is nowhere, counts as done."""
        with self._lock:
            for key, size in self._sizes.items():
                if key[0] == model_id:
                    self._done[key] = size


class Pace:
    """Bytes a second over the last seconds, and how long the rest will take at that rate."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def see(self, done: int, now: float | None = None) -> None:
        """`done` bytes are here now."""
        now = time.monotonic() if now is None else now
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[0][0] > _WINDOW_S:
            self._seen.popleft()

    @property
    def speed(self) -> float:
        """Bytes a second; 0 until it can be told."""
        if len(self._seen) < 2:
            return 0.0
        (before, least), (now, most) = self._seen[0], self._seen[-1]
        return (most - least) / (now - before) if now - before >= 0.5 else 0.0

    def left_s(self, total: int) -> float | None:
        """Seconds until `total` bytes are here, None while that cannot be told."""
        speed = self.speed
        return (total - self._seen[-1][1]) / speed if speed > 0 else None
