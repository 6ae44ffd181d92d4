"""The text tower of a vision model whose graph `networks.text_tower` wrote.

Its word table is no part of the graph but a file that is mapped. Which tokens a text becomes is
left to `tokens`, the two towers together to `dual_encoder`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heimdex.ml.acceleration.cases import Case, mean_cosine
from heimdex.ml.acceleration.graph import Arrays
from heimdex.ml.acceleration.opening import open_graph
from heimdex.ml.dual_encoder import calibration_queries
from heimdex.ml.networks import text_tower
from heimdex.ml.runtime import CPU, Compute
from heimdex.ml.store import ModelStore
from heimdex.ml.tokens import Tokens

TEXT: Final = "text.onnx"
TABLE: Final = "tokens.npy"
POSITIONS: Final = "positions.npy"
TOKENIZER: Final = "tokenizer.json"

GATE: Final = 0.99

_STEP = 8
"""Lengths are rounded up to it, because a runtime prepares itself anew for each that it meets."""
_TOGETHER = 4


@dataclass(frozen=True)
class Wording:
    """How a model was taught to read; see `Tokens`.

    `pad`: the token that fills every text up to `length`. Without one texts stay short: no token
    sees what follows it, so what stands behind the end does not matter, and the graph is told where
    the end is.
    """

    length: int
    start: str = ""
    end: str = ""
    pad: str = ""
    lower: bool = False


class GraphText:
    """A `TextTower`."""

    def __init__(
        self, store: ModelStore, model_id: str, wording: Wording, compute: Compute
    ) -> None:
        """Text runs on the processor whatever the device: one sentence takes it some 20 ms, and the
        tower need not be held in a second memory. `ModelUnavailable` when a file is missing."""
        self._reader = _Reader(store, model_id, wording)
        self._graph = open_graph(store, model_id, TEXT, Compute(CPU, compute.threads))

    def run(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `TextTower`."""
        vectors: NDArray[np.float32] = self._graph.run(self._reader.inputs(texts))[0]
        return vectors


def text_case(store: ModelStore, model_id: str, wording: Wording, *, english: bool = False) -> Case:
    """What must hold of a quick form, on queries; only English ones where asked."""

    def sentences() -> list[Arrays]:
        reader = _Reader(store, model_id, wording)
        queries = calibration_queries(store.resources, english=english)
        starts = range(0, len(queries), _TOGETHER)
        return [reader.inputs(queries[at : at + _TOGETHER]) for at in starts]

    return Case(TEXT, sentences, mean_cosine(), GATE)


class _Reader:
    """Sentences to what the graph takes in."""

    def __init__(self, store: ModelStore, model_id: str, wording: Wording) -> None:
        self._wording = wording
        self._tokens = Tokens(
            store.path(model_id, TOKENIZER),
            model_id,
            wording.length,
            start=wording.start,
            end=wording.end,
            lower=wording.lower,
        )
        # Mapped: of up to 400 MB only the rows of words that occur are ever read.
        self._words: NDArray[np.float16] = np.load(store.path(model_id, TABLE), mmap_mode="r")
        self._places: NDArray[np.float32] = np.load(store.path(model_id, POSITIONS))

    def inputs(self, texts: Sequence[str]) -> Arrays:
        rows = [self._tokens.cut(text) for text in texts]
        length, pad = self._wording.length, self._wording.pad
        longest = length if pad else min(-(-max(map(len, rows)) // _STEP) * _STEP, length)
        ids = np.full((len(rows), longest), self._tokens.number(pad) if pad else 0, np.int64)
        for at, row in enumerate(rows):
            ids[at, : len(row)] = row
        inputs = {text_tower.EMBEDDED: self._words[ids].astype(np.float32) + self._places[:longest]}
        if not pad:
            inputs[text_tower.ENDS] = np.array([[len(row) - 1] for row in rows], np.int64)
        return inputs
