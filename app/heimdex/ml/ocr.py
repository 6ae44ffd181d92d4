"""Text on the screen with PP-OCR's networks: finds lines, reads each, and asks a second reader,
which knows Hangul, where the first is unsure.

The first recogniser knows Latin, Chinese and Japanese but no Hangul; which second one there is, is
chosen by `factory`. Following lines over time is left to the stages.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from heimdex.domain.engines import Thresholds
from heimdex.domain.media import RgbImage
from heimdex.domain.ocr import ReadLine, TextRegion
from heimdex.ml.described import Described
from heimdex.ml.manifests import Manifest
from heimdex.ml.ocr_detection import EDGE, LineDetector, cut_out
from heimdex.ml.ocr_recognition import LineReader, LineRecognizer, Reading
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

SURE = 0.9
"""From this confidence on a reading without Han characters needs no second opinion."""

_LEAST = 0.6
"""A second reading less sure than this is no better than Han characters or nothing."""
_TRUSTED = 0.8
"""A second reading with Hangul that is as sure as this wins over any."""
_LOWEST = 12
_HIGHEST = 0.3
_LIKELY = 0.6
_WIDE = 0.8
"""Letters this much wider than high, in the mean, have others between them that were not read."""


class SecondReader(Protocol):
    """A `LineReader` that is opened and let go with the first one."""

    def open(self) -> LineReader:
        """Ready to read; cheap when it is already."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


@dataclass(slots=True)
class _Opened:
    detector: LineDetector
    reader: LineReader


class PpOcr(Described):
    """A `TextReader`."""

    def __init__(
        self,
        store: ModelStore,
        manifest: Manifest,
        compute: Compute,
        second: SecondReader | None = None,
        *,
        edge: int = EDGE,
    ) -> None:
        """`second`: asked for lines that the first reader is not sure of."""
        self._store = store
        self._manifest = manifest
        self._compute = compute
        self._second = second
        self._edge = edge
        self._opened: _Opened | None = None

    @property
    def thresholds(self) -> Thresholds:
        """See `TextReader.thresholds`."""
        return self._manifest.limits()

    def load(self) -> None:
        """Open the networks; `ModelUnavailable` when they are missing or damaged."""
        self._open()
        if self._second is not None:
            self._second.open()

    def unload(self) -> None:
        """Let the networks go."""
        self._opened = None
        if self._second is not None:
            self._second.close()

    def find(self, image: RgbImage) -> list[TextRegion]:
        """See `TextReader.find`."""
        return self._open().detector.find(image)

    def read(self, image: RgbImage, regions: Sequence[TextRegion]) -> list[ReadLine]:
        """See `TextReader.read`."""
        lines = [cut_out(image, region) for region in regions]
        readings = self._open().reader.read(lines)
        if self._second is not None:
            unsure = [
                at
                for at, (region, line) in enumerate(zip(regions, lines, strict=True))
                if _may_be_hangul(region, line, readings[at])
            ]
            others = self._second.open().read([lines[at] for at in unsure])
            for at, other in zip(unsure, others, strict=True):
                readings[at] = better(readings[at], other)
        return [
            ReadLine(region.box, text.strip(), confidence)
            for region, (text, confidence) in zip(regions, readings, strict=True)
            if text.strip()
        ]

    def _open(self) -> _Opened:
        if self._opened is None:
            detector = self._store.path(self.model_id, "det.onnx")
            reader = self._store.path(self.model_id, "rec.onnx")
            self._opened = _Opened(
                LineDetector(detector, self._compute, self.model_id, self._edge),
                LineRecognizer(reader, self._compute, self.model_id),
            )
        return self._opened


class KoreanNetwork:
    """A `SecondReader`: PP-OCR's recogniser of Hangul, Latin and digits."""

    def __init__(self, store: ModelStore, manifest: Manifest, compute: Compute) -> None:
        self._store = store
        self._manifest = manifest
        self._compute = compute
        self._opened: LineRecognizer | None = None

    def open(self) -> LineReader:
        """`ModelUnavailable` when it is missing or damaged."""
        if self._opened is None:
            path = self._store.path(self._manifest.id, "rec.onnx")
            characters = self._store.path(self._manifest.id, "characters.txt")
            self._opened = LineRecognizer(path, self._compute, self._manifest.id, characters)
        return self._opened

    def close(self) -> None:
        """Let the network go."""
        self._opened = None


def better(first: Reading, second: Reading) -> Reading:
    """Which of two readings of one line to believe. The second reader is asked for Hangul: where
    it reads none, the first one knows better; where it does and is sure, the first one was wrong,
    however sure, because it leaves out what it does not know."""
    if not has(second[0], "HANGUL"):
        return first
    guessed = not first[0].strip() or has(first[0], "CJK")
    least = _LEAST if guessed else min(first[1], _TRUSTED)
    return second if second[1] >= least else first


def has(text: str, script: str) -> bool:
    """Whether a letter of `text` belongs to a script, by its Unicode name."""
    return any(unicodedata.name(letter, "").startswith(script) for letter in text)


def _may_be_hangul(region: TextRegion, line: RgbImage, reading: Reading) -> bool:
    """Whether a second reader should look: to the first one Hangul is Han characters, or a gap."""
    high, wide = line.shape[:2]
    _, y1, _, y2 = region.box
    if high < _LOWEST or wide < high or y2 - y1 > _HIGHEST or region.score < _LIKELY:
        return False  # Two syllables are wider than high; what fills the picture is no caption.
    text, confidence = reading
    letters = len(text.replace(" ", ""))
    return confidence < SURE or has(text, "CJK") or wide > _WIDE * high * letters
