"""Reads what the library knows about faces: whose each track is, its vector, what was said of it.

Changing any of it is left to `People`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from heimdex.domain.faces import DecisionKind, FaceTrack, TrackRef
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.vectors import Vectors
from heimdex.people.gallery import FaceModel, Gallery, Portrait
from heimdex.people.placing import Face
from heimdex.people.replay import Verdicts, replay
from heimdex.storage.assignments import Assignment, Source
from heimdex.storage.people import PeopleStore
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import Matrix, VectorStore


class Album:
    """One look at all faces in one vector space; make a new one after a change."""

    def __init__(
        self, store: PeopleStore, stages: StageStore, vectors: VectorStore, model: FaceModel
    ) -> None:
        self._store = store
        self._stages = stages
        self._model = model
        self._matrix: Matrix = vectors.matrix(model.space)
        self._row_of_video = {video: at for at, video in enumerate(self._matrix.videos)}
        self._tracks: dict[VideoId, tuple[FaceTrack, ...]] = {}
        self._verdicts: dict[VideoId, Verdicts] = {}
        self.assignments: dict[TrackRef, Assignment] = store.assignments()

    @property
    def dims(self) -> int:
        """Length of a face vector; 0 while there is none."""
        return int(self._matrix.vectors.shape[1])

    def row(self, ref: TrackRef) -> int | None:
        """Where the track's vector is in the matrix; None when this model has not seen it."""
        at = self._row_of_video.get(ref.video_id)
        if at is None:
            return None
        start, end = int(self._matrix.offsets[at]), int(self._matrix.offsets[at + 1])
        return start + ref.index if 0 <= ref.index < end - start else None

    def vectors(self, refs: Iterable[TrackRef]) -> Vectors:
        """The vectors of those tracks that have one, n × d."""
        rows = [row for ref in refs if (row := self.row(ref)) is not None]
        return self._matrix.vectors[np.array(rows, np.int64)]

    def tracks(self, video_id: VideoId) -> tuple[FaceTrack, ...]:
        """The tracks of a video, by index."""
        if video_id not in self._tracks:
            self._tracks[video_id] = self._stages.tracks(video_id)
        return self._tracks[video_id]

    def verdicts(self, video_id: VideoId) -> Verdicts:
        """What was said about the tracks of a video."""
        if video_id not in self._verdicts:
            decisions = self._store.decisions(video_id)
            found = replay(decisions, self.tracks(video_id)) if decisions else Verdicts()
            self._verdicts[video_id] = found
        return self._verdicts[video_id]

    def faces(self, refs: Iterable[TrackRef]) -> list[Face]:
        """Tracks with what is known about them; those without a vector are left out."""
        found = []
        for ref in refs:
            tracks = self.tracks(ref.video_id)
            if self.row(ref) is None or not 0 <= ref.index < len(tracks):
                continue
            not_of = frozenset(self.verdicts(ref.video_id).not_of.get(ref.index, ()))
            found.append(Face(ref, tracks[ref.index], not_of))
        return found

    def members(self) -> dict[PersonId, list[TrackRef]]:
        """The tracks of everybody who has any."""
        members: dict[PersonId, list[TrackRef]] = defaultdict(list)
        for ref, assignment in self.assignments.items():
            members[assignment.person_id].append(ref)
        return dict(members)

    def taken(self, videos: Iterable[VideoId]) -> dict[PersonId, list[Face]]:
        """The faces that people have already in these videos."""
        wanted = set(videos)
        taken: dict[PersonId, list[Face]] = defaultdict(list)
        for ref, assignment in self.assignments.items():
            if ref.video_id in wanted and ref.index < len(self.tracks(ref.video_id)):
                track = self.tracks(ref.video_id)[ref.index]
                taken[assignment.person_id].append(Face(ref, track))
        return dict(taken)

    def gallery(self) -> Gallery:
        """Everybody's portrait, from photos, decided and recognised tracks."""
        portraits: dict[PersonId, Portrait] = defaultdict(Portrait)
        dims = self.dims
        for person_id, photos in self._store.photo_vectors(self._model.space).items():
            portraits[person_id].given.append(photos)
            dims = dims or photos.shape[1]
        given: dict[PersonId, list[int]] = defaultdict(list)
        recognised: dict[PersonId, list[int]] = defaultdict(list)
        weights: dict[PersonId, list[float]] = defaultdict(list)
        for ref, assignment in self.assignments.items():
            row = self.row(ref)
            if row is None:
                continue
            if assignment.source is Source.DECIDED:
                given[assignment.person_id].append(row)
            else:
                recognised[assignment.person_id].append(row)
                weights[assignment.person_id].append(max(assignment.similarity, 0.0))
        for person_id in sorted(given.keys() | recognised.keys()):
            portrait = portraits[person_id]
            if given[person_id]:
                portrait.given.append(self._matrix.vectors[given[person_id]])
            if recognised[person_id]:
                portrait.recognised.append(self._matrix.vectors[recognised[person_id]])
                portrait.weights = weights[person_id]
        for person_id, refs in self._rejected().items():
            vectors = self.vectors(refs)
            if len(vectors):
                portraits[person_id].rejected.append(vectors)
        return Gallery(portraits, dims, self._model.thresholds)

    def apart(self) -> set[tuple[PersonId, PersonId]]:
        """Pairs of people who are different by somebody's word, both ways round."""
        pairs: set[tuple[PersonId, PersonId]] = set()
        for person_id, refs in self._rejected().items():
            for ref in refs:
                assignment = self.assignments.get(ref)
                if assignment is not None and assignment.person_id != person_id:
                    pairs.add((person_id, assignment.person_id))
                    pairs.add((assignment.person_id, person_id))
        return pairs

    def _rejected(self) -> dict[PersonId, list[TrackRef]]:
        """For each person the tracks that somebody said are not theirs."""
        videos = {
            decision.video_id
            for decision in self._store.decisions()
            if decision.kind is DecisionKind.IS_NOT
        }
        rejected: dict[PersonId, list[TrackRef]] = defaultdict(list)
        for video_id in sorted(videos):
            for index, people in self.verdicts(video_id).not_of.items():
                for person_id in people:
                    rejected[person_id].append(TrackRef(video_id, index))
        return dict(rejected)


def mean_similarity(a: Sequence[Vectors] | Vectors, b: Sequence[Vectors] | Vectors) -> float:
    """Mean cosine over all pairs of two groups of unit vectors, n × d and m × d; −1 when empty."""
    first, second = np.asarray(a), np.asarray(b)
    if not len(first) or not len(second):
        return -1.0
    return float(first.mean(axis=0) @ second.mean(axis=0))
