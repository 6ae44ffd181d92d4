"""Finds stretches of video by what their frames show, to the frame.

Queries become vectors in the query host; joining with what is said and who is there is left to
`moments`. A scene is a mean and hides its best second, so frames are compared one by one; in a
large library only those of the scenes that the index finds near.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.engines import Thresholds
from heimdex.domain.ids import VideoId
from heimdex.domain.vectors import Neighbour, Space, Vectors
from heimdex.search.calibration import confidence
from heimdex.search.candidates import Candidate, Channel, Ranking, Span
from heimdex.search.nearest import EXACT_UP_TO, nearest
from heimdex.storage.chroma import VectorIndex
from heimdex.storage.compact import Compact
from heimdex.storage.vectors import VectorStore

MOST = 60
"""Stretches that one search returns."""

SCENES = 300
"""Scenes of a large library whose frames are looked at."""

KEEPS = 0.85
"""A stretch goes on while its frames are this much as fitting as the best one."""

SEEN_AT_MOST = 0.6
"""What a picture alone can be sure of when a sentence is asked for."""

ALIKE = Thresholds(match=0.8, suggest=0.6)
"""Picture against picture, in any of the spaces in use."""


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Sampled frames of several videos, by video and time: those of `compact` that are looked at.

    `rows`: their rows there, None for all of them; the other arrays have one entry a frame looked
    at. `scene` numbers the scene of each, counting through all videos; -1 is none.
    """

    compact: Compact
    rows: NDArray[np.int64] | None
    parts: Sequence[slice] | None
    owner: NDArray[np.int32]
    start_ms: NDArray[np.int32]
    end_ms: NDArray[np.int32]
    scene: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.owner)

    @property
    def videos(self) -> tuple[VideoId, ...]:
        """The videos that `owner` counts."""
        return self.compact.videos

    def similarity(self, query: Vectors) -> NDArray[np.float32]:
        """How like a unit vector (d,) each frame is."""
        found = self.compact.similarity(query, self.parts)
        return found if self.rows is None else found[self.rows]


class Sight:
    """The frames of a library, and search over them."""

    def __init__(self, vectors: VectorStore, index: VectorIndex) -> None:
        self._vectors = vectors
        self._index = index
        self._kept: tuple[Compact, Compact, NDArray[np.int64]] | None = None

    def frames(
        self,
        frame_space: Space,
        scene_space: Space,
        query: Vectors,
        videos: frozenset[VideoId] | None,
    ) -> Frames:
        """The frames that are worth comparing with `query`: all of `videos`, or of everything;
        in a large library those of the nearest scenes."""
        frames = self._vectors.compact(frame_space)
        scene = self._scenes(frames, self._vectors.compact(scene_space))
        if videos is not None:
            return _some(frames, scene, frames.slices(videos))
        if self._vectors.count(frame_space) > EXACT_UP_TO:
            near = nearest(self._vectors, self._index, scene_space, query, SCENES)
            return _some(frames, scene, _parts(frames, near))
        return Frames(frames, None, None, frames.owner, frames.start_ms, frames.end_ms, scene)

    def _scenes(self, frames: Compact, scenes: Compact) -> NDArray[np.int64]:
        kept = self._kept
        if kept is not None and kept[0] is frames and kept[1] is scenes:
            return kept[2]
        numbers = _numbered(frames, scenes)
        self._kept = (frames, scenes, numbers)
        return numbers


def _some(frames: Compact, scene: NDArray[np.int64], parts: Sequence[slice]) -> Frames:
    rows = (
        np.concatenate([np.arange(part.start, part.stop) for part in parts])
        if parts
        else np.zeros(0, np.int64)
    )
    return Frames(
        frames,
        rows,
        parts,
        frames.owner[rows],
        frames.start_ms[rows],
        frames.end_ms[rows],
        scene[rows],
    )


def _parts(frames: Compact, scenes: Sequence[Neighbour]) -> list[slice]:
    """Where the frames of some scenes lie, in order."""
    parts = []
    for scene in scenes:
        rows = frames.rows.get(scene.video_id)
        if rows is None:
            continue
        first, last = np.searchsorted(frames.start_ms[rows], (scene.start_ms, scene.end_ms))
        if first < last:
            parts.append(slice(rows.start + int(first), rows.start + int(last)))
    return sorted(parts, key=lambda part: part.start)


def sights(
    frames: Frames,
    query: Vectors,
    thresholds: Thresholds,
    text: str,
    against: Sequence[Vectors] = (),
    spans: Sequence[Span] | None = None,
    at_most: float = SEEN_AT_MOST,
) -> Ranking:
    """Stretches of `frames` that are like `query` (d,), best first, at most `MOST`.

    `against`: what must not be seen; a frame more like one of these is left out. `spans`: look
    only inside these. A stretch goes from its best frame both ways, inside the scene, while the
    picture stays nearly as fitting.
    """
    if not len(frames):
        return []
    similarity = _steadied(frames.similarity(query), frames.scene)
    for vector in against:
        similarity = np.where(frames.similarity(vector) > similarity, -1.0, similarity)
    if spans is not None:
        similarity = np.where(_inside(frames, spans), similarity, -1.0)
    stretches = list(_stretches(similarity, frames.scene))
    rival = _rival([(int(frames.owner[peak]), float(similarity[peak])) for *_, peak in stretches])
    found = []
    for first, last, peak in stretches:
        best = float(similarity[peak])
        ahead = 0.0 if rival is None else max(best - rival, 0.0)
        found.append(
            Candidate(
                Channel.SIGHT,
                frames.videos[int(frames.owner[peak])],
                int(frames.start_ms[first]),
                int(frames.end_ms[last]),
                int(frames.start_ms[peak]),
                min(at_most, confidence(best + thresholds.lead * ahead, thresholds)),
                text,
            )
        )
    return found


def _rival(best: Sequence[tuple[int, float]]) -> float | None:
    """The best similarity in any video but that of the first; None where there is no other.

    `best`: video and similarity of stretches, the most similar first.
    """
    return next((similarity for video, similarity in best if video != best[0][0]), None)


def _steadied(similarity: NDArray[np.float32], scene: NDArray[np.int64]) -> NDArray[np.float32]:
    """Half of each frame's similarity is the mean with its neighbours in the scene: what is really
    there stays for more than one frame, a slip of the engine does not."""
    total, weight = similarity.copy(), np.ones(len(similarity), np.float32)
    same = scene[1:] == scene[:-1]
    total[1:][same] += similarity[:-1][same]
    weight[1:][same] += 1
    total[:-1][same] += similarity[1:][same]
    weight[:-1][same] += 1
    steady: NDArray[np.float32] = 0.5 * similarity + 0.5 * total / weight
    return steady


def _stretches(
    similarity: NDArray[np.float32], scene: NDArray[np.int64]
) -> Iterator[tuple[int, int, int]]:
    """(first row, last row, row of the best frame), best first; none share a row."""
    count = len(similarity)
    top = min(count, MOST * 8)
    order = np.argpartition(-similarity, top - 1)[:top]
    order = order[np.lexsort((order, -similarity[order]))]
    taken = np.zeros(count, bool)
    found = 0
    for peak in order.tolist():
        best = float(similarity[peak])
        if best <= 0 or found == MOST:
            return
        if taken[peak]:
            continue
        first = last = peak
        while first > 0 and _goes_on(similarity, scene, taken, first - 1, peak):
            first -= 1
        while last + 1 < count and _goes_on(similarity, scene, taken, last + 1, peak):
            last += 1
        taken[first : last + 1] = True
        found += 1
        yield first, last, peak


def _goes_on(
    similarity: NDArray[np.float32],
    scene: NDArray[np.int64],
    taken: NDArray[np.bool_],
    row: int,
    peak: int,
) -> bool:
    return (
        scene[row] == scene[peak] and not taken[row] and similarity[row] >= KEEPS * similarity[peak]
    )


def _numbered(frames: Compact, scenes: Compact) -> NDArray[np.int64]:
    """The scene of each frame; every video counts its scenes from a number of its own."""
    number = np.full(len(frames), -1, np.int64)
    for at, video_id in enumerate(frames.videos):
        rows = frames.rows[video_id]
        there = scenes.rows.get(video_id)
        starts = scenes.start_ms[there] if there else np.zeros(0, np.int32)
        inside = np.searchsorted(starts, frames.start_ms[rows], side="right")
        number[rows] = (at << 32) + inside
    return number


def _inside(frames: Frames, spans: Sequence[Span]) -> NDArray[np.bool_]:
    inside = np.zeros(len(frames), bool)
    place = {video_id: at for at, video_id in enumerate(frames.videos)}
    for span in spans:
        at = place.get(span.video_id)
        if at is not None:
            inside |= (
                (frames.owner == at)
                & (frames.start_ms < span.end_ms)
                & (frames.end_ms > span.start_ms)
            )
    return inside
