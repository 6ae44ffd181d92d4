"""Text on the screen with the system's Tesseract, where it is installed.

It reads Hangul with Debian's `tesseract-ocr-kor`. It runs as a program of its own for each line,
whose picture comes to its standard input; the words come back as a table. Finding lines is left to
`ocr_detection`; asking it only about lines that may be Hangul, to `ocr`.
"""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.engines import Thresholds
from heimdex.domain.errors import EngineFailed, ModelUnavailable
from heimdex.domain.media import RgbImage
from heimdex.domain.ocr import ReadLine, TextRegion
from heimdex.ml.manifests import Manifest
from heimdex.ml.ocr_detection import EDGE, LineDetector, cut_out
from heimdex.ml.ocr_recognition import LineReader, Reading
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

NAME = "tesseract"
KOREAN = "kor"
_USUAL = (
    "/opt/homebrew/bin/tesseract",
    "/usr/local/bin/tesseract",
    r"C:\Program Files\Tesseract-OCR\tesseract.exe",
)
_FIRST = (KOREAN, "eng")
_MOST = 4
"""Languages it is asked for at once; each makes it slower."""
_NO_LANGUAGES = frozenset({"osd", "equ", ""})

_TIMEOUT_S = 60.0
_ONE_LINE = "7"
"""Page segmentation mode."""
_LINE_HEIGHT = 48
_MARGIN = 12
_BRIGHT = 40
"""So much (0..255) below the brightest a pixel still belongs to a bright caption."""
_GOOD = 0.85
"""From this confidence on no second way of preparing a line is tried."""
_APART = 0.3
"""Words of Hangul with less than this share of their height between them were one word."""

_log = logging.getLogger(__name__)

Grey = NDArray[np.uint8]


def program() -> str | None:
    """Where Tesseract is, None where the system has none."""
    found = shutil.which("tesseract")
    # Programs started from a desktop know fewer places than a terminal, and Windows' installer
    # tells none of them.
    return found or next((place for place in _USUAL if os.access(place, os.X_OK)), None)


def languages() -> frozenset[str]:
    """The languages that the system's Tesseract reads; none without one."""
    path = program()
    if path is None:
        return frozenset()
    try:
        return _languages(path)
    except EngineFailed as error:
        # A broken program of somebody else's must not keep the library from opening.
        _log.warning("the system's Tesseract is not used: %s", error)
        return frozenset()


class Tesseract:
    """A `TextReader`: PP-OCR finds the lines (Tesseract's own layout is made for pages and finds
    hardly any on a picture), Tesseract reads every one."""

    model_id = NAME
    thresholds = Thresholds(match=0.85, suggest=0.7)

    def __init__(self, store: ModelStore, manifest: Manifest, compute: Compute) -> None:
        """`manifest`: the model whose detector is used."""
        self._store = store
        self._manifest = manifest
        self._compute = compute
        self._lines = TesseractLines()
        self._detector: LineDetector | None = None

    @property
    def revision(self) -> str:
        """The languages it reads with."""
        return asked_for()

    def load(self) -> None:
        """`ModelUnavailable` where the system has no Tesseract, or the detector is missing."""
        require()
        self._open()

    def unload(self) -> None:
        """Let the detector go."""
        self._detector = None

    def find(self, image: RgbImage) -> list[TextRegion]:
        """See `TextReader.find`."""
        return self._open().find(image)

    def read(self, image: RgbImage, regions: Sequence[TextRegion]) -> list[ReadLine]:
        """See `TextReader.read`."""
        readings = self._lines.read([cut_out(image, region) for region in regions])
        return [
            ReadLine(region.box, text, confidence)
            for region, (text, confidence) in zip(regions, readings, strict=True)
            if text
        ]

    def _open(self) -> LineDetector:
        if self._detector is None:
            path = self._store.path(self._manifest.id, "det.onnx")
            self._detector = LineDetector(path, self._compute, self._manifest.id, EDGE)
        return self._detector


class TesseractLines:
    """A `LineReader`, and a `SecondReader` beside PP-OCR."""

    def open(self) -> LineReader:
        """`ModelUnavailable` where Tesseract went away meanwhile."""
        require()
        return self

    def close(self) -> None:
        """Nothing to free."""

    def read(self, lines: Sequence[RgbImage]) -> list[Reading]:
        """See `LineReader.read`."""
        return [self._line(line) for line in lines]

    def _line(self, line: RgbImage) -> Reading:
        grey = _upscaled(line)
        # Captions are bright with a dark outline on anything: what is as bright as the brightest
        # is the letters. On plates and paper the grey picture says more.
        best = _joined(_words(_framed(_only_bright(grey), 255)))
        if best[1] < _GOOD:
            other = _joined(_words(_framed(grey, None)))
            best = max(best, other, key=lambda reading: reading[1])
        return best


class _Word:
    """One word of Tesseract's table; pixels of the picture it was given."""

    __slots__ = ("confidence", "text", "x1", "x2", "y1", "y2")

    def __init__(self, row: Sequence[str]) -> None:
        left, top, width, height = (int(value) for value in row[6:10])
        self.x1, self.y1, self.x2, self.y2 = left, top, left + width, top + height
        self.confidence = max(0.0, float(row[10]) / 100)
        self.text = row[11].strip()


def require() -> None:
    """`ModelUnavailable` where there is no Tesseract that reads anything."""
    if program() is None:
        raise ModelUnavailable(
            "This system has no Tesseract; install tesseract-ocr and tesseract-ocr-kor, or set "
            "OCR_MODEL to rapidocr.",
            NAME,
        )
    if not asked_for():
        raise ModelUnavailable(
            "The system's Tesseract has no language; install tesseract-ocr-kor and "
            "tesseract-ocr-eng, or set OCR_MODEL to rapidocr.",
            NAME,
        )


def asked_for() -> str:
    """The languages it reads with, as its command line names them; "" without any."""
    there = languages()
    first = [language for language in _FIRST if language in there]
    return "+".join([*first, *sorted(there.difference(first))][:_MOST])


@lru_cache(maxsize=4)
def _languages(path: str) -> frozenset[str]:
    listed = _run([path, "--list-langs"], b"")
    names = listed.decode("utf-8", "replace").split("\n")[1:]
    return frozenset(name.strip() for name in names) - _NO_LANGUAGES


def _words(grey: Grey) -> list[_Word]:
    import cv2

    done, encoded = cv2.imencode(".png", grey)
    path = program()
    if not done or path is None:
        raise EngineFailed("A picture could not be handed to Tesseract.")
    # Nothing of the file's reaches the command line.
    command = [
        path,
        "stdin",
        "stdout",
        "-l",
        asked_for(),
        "--psm",
        _ONE_LINE,
        "--dpi",
        "150",
        "tsv",
    ]
    table = _run(command, encoded.tobytes()).decode("utf-8", "replace")
    rows = (line.split("\t") for line in table.split("\n")[1:])
    words = [_Word(row) for row in rows if len(row) == 12 and row[0] == "5"]
    return [word for word in words if word.text]


def _run(command: Sequence[str], given: bytes) -> bytes:
    quiet = getattr(subprocess, "CREATE_NO_WINDOW", 0) if sys.platform == "win32" else 0
    try:
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            # Its own threads slow it down on pictures this small.
            env=os.environ | {"OMP_THREAD_LIMIT": "1"},
            creationflags=quiet,
        )
    except subprocess.TimeoutExpired:
        raise EngineFailed(f"Tesseract took more than {_TIMEOUT_S:.0f} seconds.") from None
    except OSError as error:
        raise EngineFailed(f"Tesseract cannot be started ({error.strerror}).") from error
    if done.returncode != 0:
        says = done.stderr.decode("utf-8", "replace").strip().split("\n")[-1]
        raise EngineFailed(f"Tesseract ended with code {done.returncode}: {says}")
    return done.stdout


def _joined(words: Sequence[_Word]) -> Reading:
    """Words of one line as a text. Tesseract parts syllables of Hangul that stand together."""
    if not words:
        return "", 0.0
    text = words[0].text
    for before, word in pairwise(words):
        gap = word.x1 - before.x2
        high = max(before.y2 - before.y1, word.y2 - word.y1)
        together = _is_hangul(before.text[-1]) and _is_hangul(word.text[0])
        text += ("" if together and gap < _APART * high else " ") + word.text
    letters = [len(word.text) for word in words]
    sure = sum(n * word.confidence for n, word in zip(letters, words, strict=True)) / sum(letters)
    return text, sure


def _is_hangul(letter: str) -> bool:
    return "가" <= letter <= "힣"


def _upscaled(line: RgbImage) -> Grey:
    import cv2

    grey = cv2.cvtColor(line, cv2.COLOR_RGB2GRAY)
    scale = _LINE_HEIGHT / grey.shape[0]
    size = (max(1, round(grey.shape[1] * scale)), _LINE_HEIGHT)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def _only_bright(grey: Grey) -> Grey:
    """What is about as bright as the brightest in black, everything else white."""
    brightest = int(np.percentile(grey, 97))
    return np.where(grey > brightest - _BRIGHT, 0, 255).astype(np.uint8)


def _framed(grey: Grey, colour: int | None) -> Grey:
    """A line with air around it: of one colour, or going on as it ends."""
    if colour is None:
        return np.pad(grey, _MARGIN, mode="edge")
    return np.pad(grey, _MARGIN, mode="constant", constant_values=colour)
