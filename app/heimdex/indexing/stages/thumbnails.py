"""Chooses the frame that shows each shot, while the samples pass by.

Where shots begin is left to `media.shots`; what is on a frame, to the engines.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heimdex.domain.media import Frame, RgbImage
from heimdex.media.pictures import jpeg, sharpness
from heimdex.media.shots import LONGEST_MS

WIDTH = 480
_DARK = 40.0
"""Mean brightness (0..255) under which a frame shows less and less."""

_FLAT = 30.0
"""Standard deviation (0..255) under which a frame is fog, a fade or a wall."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A chosen frame: its time in ms and its JPEG; a larger `clearness` shows more."""

    at_ms: int
    clearness: float
    data: bytes


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    at_ms: int
    clearness: float
    view: RgbImage


class ThumbnailChooser:
    """Feed the samples and cuts in order.

    Pictures are kept for the piece of a shot that is running, JPEGs for those that are over: some
    thirty megabytes and one JPEG a minute, however long the video.
    """

    def __init__(self) -> None:
        self._start = 0
        self._running: list[_Candidate] = []
        self._chosen: list[Thumbnail] = []

    def cut(self, at_ms: int) -> None:
        """A shot begins at `at_ms`: all samples so far belong to earlier ones."""
        self._close(at_ms)

    def add(self, frame: Frame) -> None:
        """Look at one sample."""
        if frame.at_ms - self._start >= LONGEST_MS:
            behind = (frame.at_ms - self._start) // LONGEST_MS * LONGEST_MS
            self._close(self._start + behind)
        view = _fit(frame.image)
        self._running.append(_Candidate(frame.at_ms, _clearness(view), view))

    def finish(self, end_ms: int) -> None:
        """No more samples come."""
        self._close(end_ms)

    def for_shots(self, shots: Sequence[tuple[int, int]]) -> list[Thumbnail]:
        """The clearest inside each shot [start, end), or the last before it."""
        times = np.array([thumbnail.at_ms for thumbnail in self._chosen])
        picked = []
        for start, end in shots:
            first, behind = (int(i) for i in np.searchsorted(times, (start, end)))
            inside = self._chosen[first:behind] or [self._chosen[max(0, first - 1)]]
            picked.append(max(inside, key=lambda thumbnail: thumbnail.clearness))
        return picked

    def _close(self, end_ms: int) -> None:
        if self._running:
            best = _choose(self._running, self._start, end_ms)
            self._chosen.append(Thumbnail(best.at_ms, best.clearness, jpeg(best.view, WIDTH)))
            self._running = []
        self._start = end_ms


def _clearness(view: RgbImage) -> float:
    """How much a picture shows: sharp, neither dark nor of one tone (noise alone is sharp too)."""
    light = min(1.0, float(view.mean()) / _DARK)
    contrast = min(1.0, float(view[::2, ::2].std()) / _FLAT)
    return sharpness(view) * light * contrast


def _choose(candidates: Sequence[_Candidate], start: int, end: int) -> _Candidate:
    """A clear one near the middle: the borders of a shot are blurred by dissolves and motion."""
    middle, half = (start + end) / 2, max(1, (end - start) / 2)
    clearest = max(candidate.clearness for candidate in candidates) or 1.0
    return max(
        candidates,
        key=lambda c: c.clearness / clearest - min(1.0, abs(c.at_ms - middle) / half),
    )


def _fit(image: RgbImage) -> RgbImage:
    import cv2

    height, width = image.shape[:2]
    if width <= WIDTH:
        return image
    size = (WIDTH, max(1, round(height * WIDTH / width)))
    small: RgbImage = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return small
