"""Follows lines of text on the screen through the samples: what is new is read, what stays is not.

Finding and reading are the engine's work; decoding and shots are left to `visual`.

Reading costs far more than looking, so a sample is searched for text only every two seconds, at a
cut, or when a line that stood still has gone, and only if the picture changed. Of the lines that
are found only those are read that do not look like one read before. The samples in between only
tell since when, and until when, a line was there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.engines import TextReader
from heimdex.domain.faces import Box
from heimdex.domain.media import Frame, RgbImage
from heimdex.domain.ocr import OcrLine, ReadLine, TextRegion

LOOK_EVERY_MS = 2_000
GAP_MS = 5_000
"""A line that is lost for this long and comes back is another one."""
BARREN_MS = 8_000
"""What looks like text and is none is not read again for this long."""
MOST = 40
"""Lines read on one picture; of a page full of text the rest waits for the next look."""

_SAME_PLACE = 0.5
_NEAR_PLACE = 0.2
_SAME_LOOK = 0.8
"""Correlation from which two cut-outs show the same letters."""
_SAME_TEXT = 0.8
_CHANGED = 12.0
"""Mean difference (0..255) in some part of the picture from which it is another one."""
_SHORT = 3
_SURE = 0.95
"""How sure a line of less than three letters has to be: textures look like 11 and 22."""
_READINGS = 3
_VIEW = (96, 54)
_BLOCK = 6
_PATCH = (64, 16)

Grey = NDArray[np.float32]


@dataclass(slots=True)
class _Line:
    start_ms: int
    text: str
    key: str
    box: Box
    confidence: float
    patch: Grey
    seen_ms: int
    gone_ms: int | None = None
    """The first sample without it, while it is not there."""
    readings: int = 1
    still: bool = False
    """Whether it was recognised without being read again."""
    read_ms: int = -1

    def is_read(self, at_ms: int) -> bool:
        """Whether a reading of this very sample is in it already."""
        return self.read_ms == at_ms


class ScreenText:
    """Feed the samples in order, then `finish`."""

    def __init__(self, reader: TextReader) -> None:
        self._reader = reader
        self._open: list[_Line] = []
        self._over: list[_Line] = []
        self._barren: list[tuple[Box, int]] = []
        self._looked_at: Grey | None = None
        self._looked_ms = 0
        self._before: Frame | None = None
        """The sample before, if it was not searched and no cut lies between."""
        self._unread = False

    def sample(self, frame: Frame, cut: bool) -> None:
        """Look at one sample; `cut`: a shot begins with it."""
        if cut:
            self._before = None
        lost = self._recognise(frame)
        view = _view(frame.image)
        due = (
            cut
            or lost
            or self._unread
            or self._looked_at is None
            or frame.at_ms - self._looked_ms >= LOOK_EVERY_MS
        )
        if due and (lost or self._unread or _differs(view, self._looked_at)):
            self._look(frame)
            self._looked_at, self._looked_ms = view, frame.at_ms
            self._before = None
        else:
            self._before = frame
        self._close(frame.at_ms)

    def finish(self, end_ms: int) -> tuple[OcrLine, ...]:
        """The lines that are worth keeping, in order."""
        kept = []
        limits = self._reader.thresholds
        for line in (*self._over, *self._open):
            least = limits.suggest if line.readings > 1 else limits.match
            if line.confidence >= least:
                until = end_ms if line.gone_ms is None else line.gone_ms
                kept.append(
                    OcrLine(
                        0,
                        line.start_ms,
                        max(until, line.start_ms + 1),
                        line.text,
                        line.box,
                        line.confidence,
                    )
                )
        kept.sort(key=lambda line: (line.start_ms, line.box[1], line.box[0]))
        return tuple(replace(line, index=at) for at, line in enumerate(kept))

    def _recognise(self, frame: Frame) -> bool:
        """See which open lines are still where they were; whether one that stood still is gone."""
        lost = False
        for line in self._open:
            if _alike(_patch(frame.image, line.box), line.patch):
                line.seen_ms, line.gone_ms, line.still = frame.at_ms, None, True
            else:
                lost = lost or (line.still and line.gone_ms is None)
                line.gone_ms = frame.at_ms if line.gone_ms is None else line.gone_ms
        return lost

    def _look(self, frame: Frame) -> None:
        there = [
            line.box
            for line in self._open
            if line.seen_ms == frame.at_ms and not self._is_doubtful(line)
        ]
        self._barren = [b for b in self._barren if frame.at_ms - b[1] < BARREN_MS]
        there += [box for box, _ in self._barren]
        new = [
            region
            for region in self._reader.find(frame.image)
            if not any(_shared(region.box, box) >= _SAME_PLACE for box in there)
        ]
        new, self._unread = _largest(new), len(new) > MOST
        read = [line for line in self._reader.read(frame.image, new) if self._is_text(line)]
        boxes = {line.box for line in read}
        self._barren += [(r.box, frame.at_ms) for r in new if r.box not in boxes]
        for line in read:
            self._take(line, frame)

    def _take(self, read: ReadLine, frame: Frame) -> None:
        key = key_of(read.text)
        patch = _patch(frame.image, read.box)
        for line in self._open:
            if not line.is_read(frame.at_ms) and _same_line(line, read, key):
                line.seen_ms, line.gone_ms = frame.at_ms, None
                line.readings += 1
                line.read_ms = frame.at_ms
                line.patch = patch
                if read.confidence > line.confidence:
                    line.text, line.key = read.text, key
                    line.confidence = read.confidence
                line.box = read.box
                return
        start_ms = frame.at_ms
        if self._before is not None and _alike(_patch(self._before.image, read.box), patch):
            start_ms = self._before.at_ms
        self._open.append(
            _Line(
                start_ms,
                read.text,
                key,
                read.box,
                read.confidence,
                patch,
                frame.at_ms,
                read_ms=frame.at_ms,
            )
        )

    def _is_doubtful(self, line: _Line) -> bool:
        """Whether a line that is still there is worth reading again: a better one may come."""
        return line.readings < _READINGS and line.confidence < self._reader.thresholds.match

    def _is_text(self, line: ReadLine) -> bool:
        letters = len(key_of(line.text))
        # Of signs and drawings a few letters are read too.
        if letters < 2 or 2 * letters < len(line.text.replace(" ", "")):
            return False
        least = self._reader.thresholds.suggest
        return line.confidence >= (_SURE if letters < _SHORT else least)

    def _close(self, at_ms: int) -> None:
        over = [line for line in self._open if at_ms - line.seen_ms > GAP_MS]
        self._over += over
        self._open = [line for line in self._open if line not in over]


def key_of(text: str) -> str:
    """What two readings of one line are compared by: letters and digits, case folded."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _same_line(line: _Line, read: ReadLine, key: str) -> bool:
    if line.key == key and len(key) > _SHORT:
        return True  # A title that moves is one title.
    return _shared(line.box, read.box) >= _NEAR_PLACE and alike(line.key, key)


def alike(one: str, other: str) -> bool:
    """Whether two keys are readings of the same words. A counter that moved on is another text."""
    if one == other:
        return True
    if one.isdigit() or other.isdigit():
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _SAME_TEXT


def _largest(regions: Sequence[TextRegion]) -> list[TextRegion]:
    if len(regions) <= MOST:
        return list(regions)
    return sorted(regions, key=lambda r: r.box[1] - r.box[3])[:MOST]


def _shared(one: Box, other: Box) -> float:
    """Intersection over union."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    areas = sum((b[2] - b[0]) * (b[3] - b[1]) for b in (one, other))
    return wide * high / (areas - wide * high)


def _view(image: RgbImage) -> Grey:
    import cv2

    small = cv2.resize(image, _VIEW, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)


def _differs(view: Grey, other: Grey | None) -> bool:
    """Whether some part of the picture changed: the mean would not notice a line of text."""
    if other is None:
        return True
    width, height = _VIEW
    blocks = np.abs(view - other).reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    return bool(blocks.mean(axis=(1, 3)).max() >= _CHANGED)


def _patch(image: RgbImage, box: Box) -> Grey:
    """The letters of a line as a small grey picture of mean 0 and length 1."""
    import cv2

    height, width = image.shape[:2]
    x1, x2 = int(box[0] * width), max(int(box[2] * width), int(box[0] * width) + 1)
    y1, y2 = int(box[1] * height), max(int(box[3] * height), int(box[1] * height) + 1)
    small = cv2.resize(image[y1:y2, x1:x2], _PATCH, interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)
    grey -= grey.mean()
    scaled: Grey = grey / max(float(np.linalg.norm(grey)), 1.0)
    return scaled


def _alike(one: Grey, other: Grey) -> bool:
    return float((one * other).sum()) >= _SAME_LOOK
