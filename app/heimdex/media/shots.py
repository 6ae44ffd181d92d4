"""Finds where one shot ends and the next begins, while frames pass by.

PySceneDetect's detectors do the judging (adaptive content for cuts, brightness for fades through
black); which frames represent a shot is left to `indexing`.
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
_BLACK = 12
"""Mean brightness (0..255) below which a picture has faded out."""
LONGEST_MS = 60_000
"""A longer shot is cut into equal pieces, so that a static hour still has places to land on."""


class ShotDetector:
    """Feed every frame in order; cuts come up to `LATE` frames late."""

    def __init__(self, frame_rate: float) -> None:
        """`frame_rate`: average frames a second, only for what PySceneDetect says about itself."""
        from scenedetect.detectors import AdaptiveDetector, ThresholdDetector

        self._rate = frame_rate if frame_rate > 0 else 25.0
        # The shortest length is kept here, by the clock: the detectors would count frames.
        self._content: Any = AdaptiveDetector(window_width=LATE, min_scene_len=0)
        self._fades: Any = ThresholdDetector(threshold=_BLACK, min_scene_len=0)
        self._cuts: list[int] = []
        self._first: int | None = None

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
        # Its own times are counted in average frames, which says nothing at a variable rate; that
        # it speaks now means that the picture comes back from black now.
        if self._fades.process_frame(code, picture):
            found.append(at_ms)
        return self._accept(found)

    @property
    def cuts(self) -> Sequence[int]:
        """All beginnings found so far but the first, in order."""
        return self._cuts

    def _accept(self, found: list[int]) -> list[int]:
        """Two detectors may see one transition: the first that reports it wins."""
        new: list[int] = []
        for cut in sorted(found):
            before = self._cuts[-1] if self._cuts else (self._first or 0)
            if cut - before >= SHORTEST_MS:
                self._cuts.append(cut)
                new.append(cut)
        return new


def split(cuts: Sequence[int], end_ms: int) -> list[tuple[int, int]]:
    """Shots as [start, end) in ms from cuts in order; long ones in equal pieces."""
    borders = [0, *(cut for cut in cuts if 0 < cut < end_ms), max(end_ms, 1)]
    shots: list[tuple[int, int]] = []
    for start, end in pairwise(borders):
        pieces = -((start - end) // LONGEST_MS)
        marks = [start + (end - start) * piece // pieces for piece in range(pieces + 1)]
        shots += pairwise(marks)
    return shots
