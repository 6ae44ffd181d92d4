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
from heimdex.domain.vectors import Space, Vectors
from heimdex.search.calibration import confidence
from heimdex.search.candidates import Candidate, Channel, Ranking, Span
from heimdex.search.nearest import EXACT_UP_TO, nearest
from heimdex.storage.chroma import VectorIndex
from heimdex.storage.vectors import Matrix, VectorStore

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
    """Sampled frames of several videos, by video and time. `scene` numbers the scene of each,
    counting through all videos."""

    vectors: Vectors
    videos: tuple[VideoId, ...]
    owner: NDArray[np.int32]
    start_ms: NDArray[np.int32]
    end_ms: NDArray[np.int32]
    scene: NDArray[np.int64]


class Sight:
    """The frames of a library, and search over them."""

    def __init__(self, vectors: VectorStore, index: VectorIndex) -> None:
        self._vectors = vectors
        self._index = index
        self._kept: tuple[Matrix, Matrix, Frames] | None = None

    def frames(
        self,
        frame_space: Space,
        scene_space: Space,
        query: Vectors,
        videos: frozenset[VideoId] | None,
    ) -> Frames:
        """The frames that are worth comparing with `query`: all of `videos`, or of everything;
        in a large library those of the nearest scenes."""
        if videos is None and self._vectors.count(frame_space) > EXACT_UP_TO:
            near = nearest(self._vectors, self._index, scene_space, query, SCENES)
            return self._of_scenes(
                frame_space, [Span(n.video_id, n.start_ms, n.end_ms) for n in near]
            )
        frames = self._vectors.matrix(frame_space, videos)
        scenes = self._vectors.matrix(scene_space, videos)
        kept = self._kept
        if kept is not None and kept[0] is frames and kept[1] is scenes:
            return kept[2]
        made = _numbered(frames, scenes)
        if videos is None:
            self._kept = (frames, scenes, made)
        return made

    def _of_scenes(self, space: Space, spans: Sequence[Span]) -> Frames:
        by_video: dict[VideoId, list[Span]] = {}
        for span in spans:
            by_video.setdefault(span.video_id, []).append(span)
        videos = tuple(sorted(by_video))
        matrix = self._vectors.matrix(space, videos)
        scene = np.full(len(matrix), -1, np.int64)
        number = 0
        for at, video_id in enumerate(matrix.videos):
            rows = slice(int(matrix.offsets[at]), int(matrix.offsets[at + 1]))
            for span in by_video[video_id]:
                starts = matrix.start_ms[rows]
                inside = (starts >= span.start_ms) & (starts < span.end_ms)
                scene[rows][inside] = number
                number += 1
        kept = np.flatnonzero(scene >= 0)
        return Frames(
            matrix.vectors[kept],
            matrix.videos,
            matrix.owner[kept],
            matrix.start_ms[kept],
            matrix.end_ms[kept],
            scene[kept],
        )


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
    if not len(frames.vectors):
        return []
    similarity = _steadied(frames.vectors @ query, frames.scene)
    for vector in against:
        similarity = np.where(frames.vectors @ vector > similarity, -1.0, similarity)
    if spans is not None:
        similarity = np.where(_inside(frames, spans), similarity, -1.0)
    return [
        Candidate(
            Channel.SIGHT,
            frames.videos[int(frames.owner[peak])],
            int(frames.start_ms[first]),
            int(frames.end_ms[last]),
            int(frames.start_ms[peak]),
            min(at_most, confidence(float(similarity[peak]), thresholds)),
            text,
        )
        for first, last, peak in _stretches(similarity, frames.scene)
    ]


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


def _numbered(frames: Matrix, scenes: Matrix) -> Frames:
    number = np.zeros(len(frames), np.int64)
    of_video = {video_id: at for at, video_id in enumerate(scenes.videos)}
    for at, video_id in enumerate(frames.videos):
        rows = slice(int(frames.offsets[at]), int(frames.offsets[at + 1]))
        place = of_video.get(video_id)
        base = 0 if place is None else int(scenes.offsets[place])
        starts = (
            np.zeros(0, np.int32)
            if place is None
            else scenes.start_ms[base : int(scenes.offsets[place + 1])]
        )
        # Every video counts its scenes from a number of its own.
        inside = np.searchsorted(starts, frames.start_ms[rows], side="right")
        number[rows] = (at << 32) + inside
    return Frames(
        frames.vectors, frames.videos, frames.owner, frames.start_ms, frames.end_ms, number
    )


def _inside(frames: Frames, spans: Sequence[Span]) -> NDArray[np.bool_]:
    inside = np.zeros(len(frames.vectors), bool)
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
