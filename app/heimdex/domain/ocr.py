"""Text on the screen: lines as an engine reads them on one picture, and as they stay over time.

Reading them is the engines' work; joining what is read on neighbouring frames is `indexing`'s.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.faces import Box


@dataclass(frozen=True, slots=True, eq=False)
class TextRegion:
    """Where a line of text seems to stand. `corners` is 4 × 2 float32 in 0..1 of the picture,
    clockwise from the line's own top left; `score` says how sure the engine is, 0..1."""

    corners: NDArray[np.float32]
    score: float

    @property
    def box(self) -> Box:
        """The upright rectangle around it."""
        (x1, y1), (x2, y2) = self.corners.min(axis=0).tolist(), self.corners.max(axis=0).tolist()
        return x1, y1, x2, y2


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One line of text on one picture; `confidence` is the engine's, 0..1."""

    box: Box
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class OcrLine:
    """One line of text from its first appearance until it is gone; `box` is where it was read
    best, `end_ms` is exclusive."""

    index: int
    start_ms: int
    end_ms: int
    text: str
    box: Box
    confidence: float
