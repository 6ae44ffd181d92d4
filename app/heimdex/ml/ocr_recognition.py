"""Reads one line of text with a CTC network (PP-OCR): a picture of the line in, characters out.

Graves et al., "Connectionist Temporal Classification", 2006. Finding lines is left to
`ocr_detection`.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.domain.media import RgbImage
from heimdex.ml import runtime
from heimdex.ml.runtime import CPU, Compute

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_HEIGHT = 48
_NARROWEST, _WIDEST = 320, 2048
"""Widths in pixels the network sees: narrower lines are filled up, as in training, longer ones are
pressed together."""
_GPU_BATCH = 8
"""On a processor lines go one by one: together they take longer."""
_CHARACTERS = "character"

Reading = tuple[str, float]
"""Text and how sure, 0..1."""


class LineReader(Protocol):
    """Reads lines that were cut out upright."""

    def read(self, lines: Sequence[RgbImage]) -> list[Reading]:
        """One reading a line, in order; ("", 0.0) where nothing can be read."""
        ...


class LineRecognizer:
    """One CTC network with its list of characters."""

    def __init__(
        self, path: Path, compute: Compute, model_id: str, characters: Path | None = None
    ) -> None:
        """`characters`: a file of one character a line, where the graph does not carry its own.

        `ModelUnavailable` when the list does not belong to the network.
        """
        self._session: InferenceSession = runtime.onnx_session(path, compute, model_id)
        self._input = self._session.get_inputs()[0].name
        self._batch = 1 if compute.device == CPU else _GPU_BATCH
        self._characters = _characters(self._session, characters)
        classes = self._session.get_outputs()[0].shape[-1]
        if classes != len(self._characters):
            raise ModelUnavailable(
                f"The list of characters of {model_id} does not fit its network; install the model "
                "again.",
                model_id,
            )

    def read(self, lines: Sequence[RgbImage]) -> list[Reading]:
        """See `LineReader.read`."""
        widths = [_width(line) for line in lines]
        order = sorted(range(len(lines)), key=widths.__getitem__)
        found: list[Reading] = [("", 0.0)] * len(lines)
        for start in range(0, len(order), self._batch):
            some = order[start : start + self._batch]
            wide = max(_NARROWEST, widths[some[-1]])
            batch = np.zeros((len(some), 3, _HEIGHT, wide), np.float32)
            for row, at in enumerate(some):
                batch[row, :, :, : widths[at]] = _planes(lines[at], widths[at])
            likely = runtime.run(self._session, **{self._input: batch})[0]
            for row, at in enumerate(some):
                found[at] = self._decoded(likely[row])
        return found

    def _decoded(self, likely: NDArray[np.float32]) -> Reading:
        """`likely`: steps × classes. The best class of each step; repetitions and blanks fall away,
        and the confidence is the mean of what is left."""
        best = likely.argmax(axis=1)
        kept = best != 0
        kept[1:] &= best[1:] != best[:-1]
        if not kept.any():
            return "", 0.0
        text = "".join(self._characters[number] for number in best[kept])
        return text, float(likely[kept, best[kept]].mean())


def _characters(session: "InferenceSession", file: Path | None) -> list[str]:
    """The classes of the network: blank, the list, a space."""
    if file is None:
        text = session.get_modelmeta().custom_metadata_map.get(_CHARACTERS, "")
    else:
        text = file.read_text("utf-8")
    # Not `splitlines`: some of the characters end a line in Unicode's eyes.
    return ["", *text.replace("\r\n", "\n").removesuffix("\n").split("\n"), " "]


def _width(line: RgbImage) -> int:
    height, width = line.shape[:2]
    return int(min(_WIDEST, max(1, math.ceil(_HEIGHT * width / height))))


def _planes(line: RgbImage, width: int) -> NDArray[np.float32]:
    import cv2

    small = cv2.resize(line, (width, _HEIGHT), interpolation=cv2.INTER_LINEAR)
    # As trained: blue first, -1..1.
    planes = small[:, :, ::-1].transpose(2, 0, 1).astype(np.float32)
    scaled: NDArray[np.float32] = planes / np.float32(127.5) - np.float32(1.0)
    return scaled
