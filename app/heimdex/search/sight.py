"""Finds stretches of video by what their frames show, to the frame.

Queries become vectors in the query host; joining with what is said and who is there is left to
`moments`. A scene is a mean and hides its best second, so every frame is compared; only in a
library too large for that the index says first which scenes are near.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.engines import Concepts, Thing, Thresholds
from heimdex.domain.ids import VideoId
from heimdex.domain.vectors import Space, Vectors
from heimdex.search.calibration import CUT, confidence
from heimdex.search.candidates import Candidate, Channel, Ranking, Span
from heimdex.search.nearest import best_rows
from heimdex.search.things import Known
from heimdex.storage.chroma import IndexNotReady, VectorIndex
from heimdex.storage.compact import NOT_THERE, Among, Compact
from heimdex.storage.vectors import VectorStore

MOST = 60
"""Stretches that one search returns."""

LOOKED_AT = 4096
"""The most fitting frames, whose scenes are looked at: many times what `MOST` stretches hold."""

SCENES = 300
"""Scenes that the index is asked for where there are too many frames to compare."""

AGAIN = 40
"""The first frames are compared again, exactly."""

KEEPS = 0.85
"""A stretch goes on while its frames are this much as fitting as the best one."""

WEIGHED = 30
"""Stretches whose best frame is looked at for what the sentence names."""

BESIDE = 0.2
"""What the likeness to a whole sentence counts by itself, beside frames that show what it names."""

SEEN_AT_MOST = 0.6
"""What a picture alone can be sure of when a sentence is asked for."""

ALIKE = Thresholds(match=0.8, suggest=0.6)
"""Picture against picture, in any of the spaces in use."""


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Frames that were compared with a query, by video and time, whole scenes: m of `compact`.

    `similarity`: of each to the query, (m,); `unwanted`: of each to what must not be seen;
    `inside`: whether each lies where it was looked for, None for all. `scene` numbers the scene of
    each, counting through all videos; -1 is none. `rows`: where each is in `compact`.
    """

    compact: Compact
    rows: NDArray[np.int64]
    similarity: NDArray[np.float32]
    unwanted: tuple[NDArray[np.float32], ...]
    inside: NDArray[np.bool_] | None
    owner: NDArray[np.int32]
    start_ms: NDArray[np.int32]
    end_ms: NDArray[np.int32]
    scene: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def videos(self) -> tuple[VideoId, ...]:
        """The videos that `owner` counts."""
        return self.compact.videos


@dataclass(frozen=True, slots=True, eq=False)
class _Scenes:
    """The scene of each frame of a compact copy, and the rows at which a scene begins."""

    frames: Compact
    scenes: Compact
    number: NDArray[np.int64]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, frames: Compact, scenes: Compact) -> "_Scenes":
        number = _numbered(frames, scenes)
        starts = np.flatnonzero(np.diff(number, prepend=np.int64(-2)))
        return cls(frames, scenes, number, starts)

    def around(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """All rows of the scenes that some rows belong to, in order."""
        places = np.unique(np.searchsorted(self.starts, rows, side="right") - 1)
        firsts = self.starts[places]
        counts = np.append(self.starts, len(self.number))[places + 1] - firsts
        before = np.cumsum(counts) - counts
        return np.repeat(firsts - before, counts) + np.arange(counts.sum())


class Sight:
    """The frames of a library, and search over them."""

    def __init__(self, vectors: VectorStore, index: VectorIndex) -> None:
        self._vectors = vectors
        self._index = index
        self._kept: _Scenes | None = None
        self._known: Known | None = None

    def known(self, concepts: Concepts) -> Known:
        """What an engine knows by name, made ready for sentences once."""
        if self._known is None or self._known.concepts is not concepts:
            self._known = Known.of(concepts)
        return self._known

    def frames(
        self,
        frame_space: Space,
        scene_space: Space,
        query: Vectors,
        videos: frozenset[VideoId] | None = None,
        against: Sequence[Vectors] = (),
        spans: Sequence[Span] | None = None,
    ) -> Frames:
        """The frames most like `query` (d,) and the rest of their scenes; of `videos` only and
        found only inside `spans`, if given. Frames that are more like one of `against` do not
        count. The first are compared exactly."""
        frames = self._vectors.compact(frame_space)
        scenes = self._scenes(frames, self._vectors.compact(scene_space))
        among = self._near(frames, scene_space, query) if videos is None else frames.of(videos)
        similarity = frames.similarity(query, among)
        unwanted = [frames.similarity(vector, among) for vector in against]
        inside = None if spans is None else _inside(frames, spans)
        fitting = similarity
        for other in unwanted:
            fitting = np.where(other > similarity, NOT_THERE, fitting)
        if inside is not None:
            fitting = np.where(inside, fitting, NOT_THERE)
        rows = best_rows(fitting, LOOKED_AT)
        self._compare_again(frame_space, query, frames, similarity, rows[:AGAIN])
        rows = scenes.around(rows)
        return Frames(
            frames,
            rows,
            similarity[rows],
            tuple(other[rows] for other in unwanted),
            None if inside is None else inside[rows],
            frames.owner[rows],
            frames.start_ms[rows],
            frames.end_ms[rows],
            scenes.number[rows],
        )

    def is_anywhere(
        self, space: Space, known: Known, thing: Thing, videos: frozenset[VideoId] | None = None
    ) -> bool:
        """Whether a frame may show a thing; one of `videos` only, if given."""
        frames = self._vectors.compact(space)
        return known.is_anywhere(thing, frames, None if videos is None else frames.of(videos))

    def _scenes(self, frames: Compact, scenes: Compact) -> _Scenes:
        kept = self._kept
        if kept is None or kept.frames is not frames or kept.scenes is not scenes:
            kept = self._kept = _Scenes.of(frames, scenes)
        return kept

    def _near(self, frames: Compact, scene_space: Space, query: Vectors) -> Among | None:
        """The frames of the scenes that the index finds near; None where all are compared."""
        if not self._index.serves(frames.numbers):
            return None
        try:
            near = self._index.query(scene_space, query, SCENES)
        except IndexNotReady:
            return None
        spans = [Span(scene.video_id, scene.start_ms, scene.end_ms) for scene in near]
        return Among.of(_inside(frames, spans))

    def _compare_again(
        self,
        space: Space,
        query: Vectors,
        frames: Compact,
        similarity: NDArray[np.float32],
        rows: NDArray[np.int64],
    ) -> None:
        """Put exact cosines in the place of rounded ones."""
        rounded = [frames.neighbour(row, float(similarity[row])) for row in rows.tolist()]
        for each in self._vectors.rescored(space, query, rounded):
            similarity[frames.rows[each.video_id].start + each.index] = each.similarity


def sights(
    frames: Frames, thresholds: Thresholds, text: str, at_most: float = SEEN_AT_MOST
) -> Ranking:
    """Stretches of `frames` that are like their query, best first, at most `MOST`.

    A stretch goes from its best frame both ways, inside the scene, while the picture stays nearly
    as fitting; frames that must not be seen are no part of one.
    """
    if not len(frames):
        return []
    similarity = _steadied(frames.similarity, frames.scene)
    for other in frames.unwanted:
        similarity = np.where(other > similarity, -1.0, similarity)
    if frames.inside is not None:
        similarity = np.where(frames.inside, similarity, -1.0)
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


def weighed(ranking: Ranking, frames: Frames, known: Known, things: Sequence[Thing]) -> Ranking:
    """`ranking` by how far the best frame of each stretch is taken for all of the `things` that the
    sentence names. A match stays one where it is enough of them; nothing becomes one."""
    if not things or not ranking:
        return ranking
    ranking, rest = ranking[:WEIGHED], ranking[WEIGHED:]
    compact = frames.compact
    peaks = np.array([_row(compact, each) for each in ranking], np.int64)
    shares = known.taken_for(compact, peaks, things)
    shown = (shares.min(axis=0) >= known.concepts.shown).tolist()
    weights = (BESIDE + (1 - BESIDE) * known.weights(shares).mean(axis=0)).tolist()
    sure = [
        each.confidence if each.confidence < CUT or fits else CUT - 0.01
        for each, fits in zip(ranking, shown, strict=True)
    ]
    order = sorted(
        range(len(ranking)), key=lambda n: (sure[n] < CUT, -ranking[n].confidence * weights[n])
    )
    found = [
        replace(ranking[n], confidence=confidence)
        for n, confidence in zip(order, sorted(sure, reverse=True), strict=True)
    ]
    # Nothing that was not looked at stands before what was found wanting.
    lowest = found[-1].confidence
    return found + [replace(each, confidence=min(each.confidence, lowest)) for each in rest]


def _row(frames: Compact, stretch: Candidate) -> int:
    """The row of a stretch's best frame."""
    there = frames.rows[stretch.video_id]
    return int(there.start + np.searchsorted(frames.start_ms[there], stretch.at_ms))


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


def _inside(frames: Compact, spans: Sequence[Span]) -> NDArray[np.bool_]:
    """Which frames are on while one of the spans is, (n,)."""
    inside = np.zeros(len(frames), bool)
    for span in spans:
        rows = frames.rows.get(span.video_id)
        if rows is not None:
            starts, ends = frames.start_ms[rows], frames.end_ms[rows]
            inside[rows] |= (starts < span.end_ms) & (ends > span.start_ms)
    return inside
