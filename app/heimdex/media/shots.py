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
LONGEST_MS = 60_000
"""A longer shot is cut into equal pieces, so that a static hour still has places to land on."""


class ShotDetector:
    """Feed every frame in order; cuts come a few frames late."""

    def __init__(self, frame_rate: float) -> None:
        """`frame_rate`: average frames a second; only how times are written depends on it."""
        from scenedetect.detectors import AdaptiveDetector, ThresholdDetector

        self._rate = frame_rate if frame_rate > 0 else 25.0
        shortest = SHORTEST_MS / 1000
        self._detectors: list[Any] = [
            AdaptiveDetector(min_scene_len=shortest),
            ThresholdDetector(threshold=12, min_scene_len=shortest, add_final_scene=False),
        ]
        self._cuts: list[int] = []
        self._first: int | None = None
        self._last: Any = None

    def feed(self, at_ms: int, picture: NDArray[np.uint8]) -> list[int]:
        """Look at one small BGR picture; returns the times (ms) of shots found to begin."""
        from scenedetect.common import FrameTimecode, Timecode

        if self._first is None:
            self._first = at_ms
        code = FrameTimecode(Timecode(pts=at_ms, time_base=Fraction(1, 1000)), fps=self._rate)
        self._last = code
        found: list[int] = []
        for detector in self._detectors:
            found += [_ms(cut) for cut in detector.process_frame(code, picture)]
        return self._accept(found)

    def finish(self) -> list[int]:
        """Cuts that only show at the end."""
        if self._last is None:
            return []
        found: list[int] = []
        for detector in self._detectors:
            found += [_ms(cut) for cut in detector.post_process(self._last)]
        return self._accept(found)

    @property
    def cuts(self) -> Sequence[int]:
        """All beginnings found so far but the first, in order."""
        return self._cuts

    def _accept(self, found: list[int]) -> list[int]:
        """Two detectors may see one transition: the first that reports it wins."""
        new: list[int] = []
        for cut in sorted(found):
            near = min((abs(cut - known) for known in self._cuts), default=SHORTEST_MS)
            if near >= SHORTEST_MS and cut - (self._first or 0) >= SHORTEST_MS:
                self._cuts.append(cut)
                self._cuts.sort()
                new.append(cut)
        return new


def _ms(code: Any) -> int:
    at: int = round(code.seconds * 1000)
    return at


def split(cuts: Sequence[int], end_ms: int) -> list[tuple[int, int]]:
    """Shots as [start, end) in ms from cuts in order; long ones in equal pieces."""
    borders = [0, *(cut for cut in cuts if 0 < cut < end_ms), max(end_ms, 1)]
    shots: list[tuple[int, int]] = []
    for start, end in pairwise(borders):
        pieces = -((start - end) // LONGEST_MS)
        marks = [start + (end - start) * piece // pieces for piece in range(pieces + 1)]
        shots += pairwise(marks)
    return shots
