"""Embeddings and the spaces they live in.

Vectors of one space may be compared with each other by dot product; vectors of different spaces
never. A new model, or a new revision of one, is a new space.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.ids import VideoId

Vectors = NDArray[np.float32]
"""n × d, float32, every row of unit length."""


class SpaceKind(StrEnum):
    """What one vector of a space stands for."""

    PASSAGE = "passage"
    SCENE = "scene"
    FRAME = "frame"
    """Kept only in SQLite: localises a moment inside a scene."""
    FACE = "face"


@dataclass(frozen=True, slots=True)
class Space:
    """`kind/model/revision`, for example `scene/effnet-lite2-use/1`."""

    kind: SpaceKind
    model: str
    revision: str

    @property
    def key(self) -> str:
        """The name under which the space is stored."""
        return f"{self.kind}/{self.model}/{self.revision}"

    @classmethod
    def parse(cls, key: str) -> "Space":
        """Read a `key` back. Raises ValueError on anything else."""
        kind, model, revision = key.split("/")
        return cls(SpaceKind(kind), model, revision)


@dataclass(frozen=True, slots=True, eq=False)
class VectorBatch:
    """All vectors of one video in one space.

    `start_ms`/`end_ms` (int32, n) say which stretch each vector stands for; row i is item i of the
    video (passage, scene, frame or face track number i).
    """

    vectors: Vectors
    start_ms: NDArray[np.int32]
    end_ms: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.vectors)


@dataclass(frozen=True, slots=True, eq=False)
class SparseVector:
    """The weight of each token that a text holds: `tokens` (uint32, ascending, each once) and
    `weights` (float32, over 0). Two of them are compared by their dot product."""

    tokens: NDArray[np.uint32]
    weights: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class SparseBatch:
    """A `SparseVector` for each item of a video, one after the other: item i has `tokens` and
    `weights` from `offsets[i]` up to `offsets[i + 1]` (int64, n + 1)."""

    offsets: NDArray[np.int64]
    tokens: NDArray[np.uint32]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, items: Sequence[SparseVector]) -> "SparseBatch":
        """The batch of some vectors, in their order."""
        counts = [len(item.tokens) for item in items]
        return cls(
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            np.concatenate([np.empty(0, np.uint32), *(item.tokens for item in items)]),
            np.concatenate([np.empty(0, np.float32), *(item.weights for item in items)]),
        )

    def __len__(self) -> int:
        return len(self.offsets) - 1


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One vector found near a query: item `index` of `video_id`, with its cosine similarity."""

    video_id: VideoId
    index: int
    start_ms: int
    end_ms: int
    similarity: float
