"""Reads what the library knows about faces: whose each track is, its vector, what was said of it.

Changing any of it is left to `sorting` and `registry`.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.faces import FaceTrack, TrackRef
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.vectors import Vectors
from heimdex.people.gallery import FaceModel, Gallery, Votes, mean_by_owner, together
from heimdex.people.placing import FOUNDS, Face, are_two
from heimdex.people.replay import Verdicts, replay
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
        self._taken: dict[VideoId, dict[PersonId, list[Face]]] = {}
        self._not_of: dict[PersonId, list[TrackRef]] | None = None
        self._places: dict[int, list[int]] | None = None
        self._read_assigned()

    def _read_assigned(self) -> None:
        """Every assigned track that this model has seen, as columns."""
        rows = self._store.assigned()
        columns = list(zip(*rows, strict=True)) if rows else [()] * 6
        videos = np.fromiter(map(self._row_of_video.get, columns[0], repeat(-1)), np.int64)
        tracks, owners = np.array(columns[1], np.int64), np.array(columns[2], np.int64)
        offsets = self._matrix.offsets
        place = offsets[videos] + tracks
        seen = np.flatnonzero((videos >= 0) & (place < offsets[videos + 1]))
        # By owner, so that what belongs to one person lies together.
        seen = seen[np.argsort(owners[seen], kind="stable")]
        self._videos, self._indexes, self._rows = videos[seen], tracks[seen], place[seen]
        self._owners = owners[seen]
        self._decided = np.array(columns[3], bool)[seen]
        self._similarity = np.array(columns[4], np.float32)[seen]
        self._quality = np.array(columns[5], np.float32)[seen]

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

    def members(self, people: Iterable[PersonId]) -> dict[PersonId, list[TrackRef]]:
        """The tracks of these people that this model has seen; nobody without any."""
        if self._places is None:
            self._places = defaultdict(list)
            for at, owner in enumerate(self._owners.tolist()):
                self._places[owner].append(at)
        places, videos = self._places, self._matrix.videos
        return {
            person_id: [TrackRef(videos[self._videos[at]], int(self._indexes[at])) for at in found]
            for person_id in people
            if (found := places.get(person_id))
        }

    def votes(self, people: Iterable[PersonId]) -> Votes:
        """The vectors of these people's tracks, whoever said whose they are."""
        wanted = np.isin(self._owners, np.array(list(people), np.int64))
        return Votes.of(self._matrix.vectors[self._rows[wanted]], self._owners[wanted])

    def means(self, people: Iterable[PersonId]) -> tuple[list[PersonId], Vectors]:
        """Of each of these people who have tracks the mean of their vectors, n × d.

        Two means' dot product is the mean similarity over all pairs of their faces.
        """
        votes = self.votes(people)
        ids, means = mean_by_owner(votes.vectors, votes.owners)
        return [PersonId(each) for each in ids.tolist()], means

    def taken(self, videos: Iterable[VideoId]) -> dict[PersonId, list[Face]]:
        """The faces that people have already in these videos."""
        taken: dict[PersonId, list[Face]] = defaultdict(list)
        for video_id in sorted(set(videos)):
            for person_id, faces in self._taken_in(video_id).items():
                taken[person_id] += faces
        return dict(taken)

    def gallery(self) -> Gallery:
        """Everybody's portrait, from photos, decided and recognised tracks.

        A recognised face that is too poor to found a group has no vote.
        """
        photos = self._photos()
        dims = photos.vectors.shape[1] if len(photos) else self._matrix.vectors.shape[1]
        given = self._some(self._decided)
        auto = ~self._decided & (self._quality >= FOUNDS)
        recognised = self._some(auto)
        weights = np.maximum(self._similarity[auto], 0.0)
        rejected = [
            Votes.of(found, np.full(len(found), person_id, np.int64))
            for person_id, refs in self.rejected().items()
            if len(found := self.vectors(refs))
        ]
        return Gallery(
            together(photos, given) if len(given) else photos if len(photos) else Votes.none(dims),
            Votes(recognised.vectors, recognised.owners, weights)
            if len(recognised)
            else Votes.none(dims),
            together(*rejected) if rejected else Votes.none(dims),
            self._model.thresholds,
        )

    def may_join(self, a: PersonId, b: PersonId) -> bool:
        """Whether nothing speaks against two people being one: nobody said that a face of one is
        not the other's, and they are never on screen together."""
        members = self.members([a, b])
        first, second = members.get(a, []), members.get(b, [])
        said = self.rejected()
        if set(said.get(a, ())) & set(second) or set(said.get(b, ())) & set(first):
            return False
        videos = {ref.video_id for ref in first} & {ref.video_id for ref in second}
        if not videos:
            return True
        taken = self.taken(videos)
        return not any(are_two(x, y) for x in taken.get(a, []) for y in taken.get(b, []))

    def rejected(self) -> dict[PersonId, list[TrackRef]]:
        """For each person the tracks that somebody said are not theirs."""
        if self._not_of is None:
            found, moved = self._store.rejected()
            rejected: dict[PersonId, list[TrackRef]] = defaultdict(list)
            for person_id, ref in found:
                if ref.video_id not in moved:
                    rejected[person_id].append(ref)
            for video_id in sorted(moved):
                for index, people in self.verdicts(video_id).not_of.items():
                    for person_id in people:
                        rejected[person_id].append(TrackRef(video_id, index))
            self._not_of = dict(rejected)
        return self._not_of

    def _taken_in(self, video_id: VideoId) -> dict[PersonId, list[Face]]:
        if video_id not in self._taken:
            tracks = self.tracks(video_id)
            taken: dict[PersonId, list[Face]] = defaultdict(list)
            for ref, assignment in self._store.assignments(video_id).items():
                if ref.index < len(tracks):
                    taken[assignment.person_id].append(Face(ref, tracks[ref.index]))
            self._taken[video_id] = taken
        return self._taken[video_id]

    def _some(self, wanted: NDArray[np.bool_]) -> Votes:
        return Votes.of(self._matrix.vectors[self._rows[wanted]], self._owners[wanted])

    def _photos(self) -> Votes:
        found = self._store.photo_vectors(self._model.space)
        if not found:
            return Votes.none(self._matrix.vectors.shape[1])
        owners = [
            np.full(len(vectors), person_id, np.int64) for person_id, vectors in found.items()
        ]
        return Votes.of(np.vstack(list(found.values())), np.concatenate(owners))
