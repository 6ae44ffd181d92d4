"""Finds where one shot ends and the next begins, while frames pass by.

PySceneDetect's adaptive content detector judges cuts; pictures that return from black begin a shot
too. Dissolves are not found. Which frames represent a shot is left to `indexing`.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHORTEST_MS = 400
"""A shorter shot is a flash, not something a person would look for."""
LATE = 2
"""Frames on either side that a frame is compared with, and so how late a cut is reported."""
_BLACK = 24
"""Brightness (0..255) that hardly anything of a picture exceeds once it has faded out."""
LONGEST_MS = 60_000
"""A longer shot is cut into pieces, so that a static hour still has places to land on."""
_REST_MS = 15_000


class ShotDetector:
    """Feed every frame in order; cuts come up to `LATE` frames late."""

    def __init__(self, frame_rate: float) -> None:
        """`frame_rate`: average frames a second, only for what PySceneDetect says about itself."""
        from scenedetect.detectors import AdaptiveDetector

        self._rate = float(frame_rate) if frame_rate > 0 else 25.0
        # The shortest length is kept here, by the clock: the detector would count frames.
        self._content: Any = AdaptiveDetector(window_width=LATE, min_scene_len=0)
        self._cuts: list[int] = []
        self._first: int | None = None
        self._black_since: int | None = None

    def feed(self, at_ms: int, picture: NDArray[np.uint8]) -> list[int]:
        """Look at one small BGR picture; returns the times (ms) of shots found to begin.

        Each is the time of a frame that was fed: a cut's first frame, or the first that is no
        longer black after a fade.
        """
        from scenedetect.common import FrameTimecode, Timecode

        if self._first is None:
            self._first = at_ms
        code = FrameTimecode(Timecode(pts=at_ms, time_base=Fraction(1, 1000)), fps=self._rate)
        found = [int(cut.pts) for cut in self._content.process_frame(code, picture)]
        new = [cut for cut in found if self._accept(cut)]
        if self._returns(at_ms, picture) and self._accept(at_ms):
            new.append(at_ms)
        return new

    @property
    def cuts(self) -> Sequence[int]:
        """All beginnings found so far but the first, in order.

        A cut to black that was reported is taken back when the picture returns, because black
        shows nothing: it belongs to the shot before it, or to the first one.
        """
        return self._cuts

    def _returns(self, at_ms: int, picture: NDArray[np.uint8]) -> bool:
        """Whether the picture comes back from black with this frame, after another shot."""
        if _highlights(picture) < _BLACK:
            if self._black_since is None:
                self._black_since = at_ms
            return False
        since, self._black_since = self._black_since, None
        if since is None or since == self._first:
            return False
        while self._cuts and self._cuts[-1] >= since:
            self._cuts.pop()
        return True

    def _accept(self, cut: int) -> bool:
        before = self._cuts[-1] if self._cuts else (self._first or 0)
        if cut - before < SHORTEST_MS:
            return False
        self._cuts.append(cut)
        return True


def _highlights(picture: NDArray[np.uint8]) -> int:
    """The brightness that 2 % of the green pixels exceed.

    The mean would call a candle-lit or letterboxed shot black.
    """
    green = picture[::2, ::2, 1].reshape(-1)
    at = len(green) - 1 - len(green) // 50
    return int(np.partition(green, at)[at])


def pieces(start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """A shot as [start, end) in ms; a long one in pieces of `LONGEST_MS`.

    Their borders follow from the start alone, so that they are known while the shot still runs;
    a rest too short to stand for itself stays with the piece before it.
    """
    borders = [start_ms]
    while end_ms - borders[-1] > LONGEST_MS + _REST_MS:
        borders.append(borders[-1] + LONGEST_MS)
    return list(pairwise([*borders, max(end_ms, start_ms + 1)]))


def split(cuts: Sequence[int], end_ms: int) -> list[tuple[int, int]]:
    """All shots of a video, in pieces, from its cuts in order."""
    borders = [0, *(cut for cut in cuts if 0 < cut < end_ms), max(end_ms, 1)]
    return [piece for start, end in pairwise(borders) for piece in pieces(start, end)]
