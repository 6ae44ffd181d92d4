"""Takes people out of a library for good: names, photos, decisions, faces, vectors and crops, and
what a database leaves behind of deleted rows.

Who is meant is said by `registry`; overwriting files is storage's `scrub`. Faces are not in the
vector index, so nothing of them has to be taken out of its files.
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from heimdex.domain.faces import FaceTrack, TrackRef
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.stages import FacesOutput, Stage
from heimdex.domain.vectors import SpaceKind, VectorBatch
from heimdex.people.journal import Journal
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.people import PeopleStore
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore

_DUE = "scrub_due"
"""Note that something was erased and the files are still to be cleaned."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What forgetting did: how many faces went, how many automatic backups with them, and whether
    the whole database was written anew. Where the disk had no room for that, traces of names may
    be left in the file until it has: then it is done when the library is opened the next time."""

    faces: int
    backups: int
    rewritten: bool


class Erasure:
    """Erases in one transaction, then cleans the files. None of it can be undone."""

    def __init__(
        self, store: PeopleStore, stages: StageStore, vectors: VectorStore, artefacts: Artefacts
    ) -> None:
        self._store = store
        self._stages = stages
        self._vectors = vectors
        self._artefacts = artefacts

    def forget(self, person_id: PersonId, journal: Journal) -> Forgotten:
        """Erase one person and the faces that are theirs."""
        refs = [assignment.track for assignment in self._store.tracks_of(person_id)]
        with self._store.overwriting(), self._store.transaction():
            former = journal.forget([person_id])
            self._store.erase_searches([person_id], former)
            self._store.delete_person(person_id)
            self._erase_tracks(refs)
            self._store.delete_empty()
            self._store.put_note(_DUE, "1")
        return self._clean(len(refs))

    def erase_everything(self, journal: Journal) -> Forgotten:
        """Erase everybody, every face, and that faces were ever looked for."""
        faces = self._store.count_tracks()
        with self._store.overwriting(), self._store.transaction():
            everybody = self._store.name_holders()
            self._store.erase_searches(everybody, journal.forget(everybody))
            self._store.delete_everybody()
            videos = self._store.delete_tracks()
            for space in self._vectors.spaces():
                if space.kind is SpaceKind.FACE:
                    self._vectors.drop(space)
            for video_id in videos:
                self._stages.clear(video_id, [Stage.FACES])
            self._store.put_note(_DUE, "1")
        for video_id in videos:
            self._artefacts.keep_faces(video_id, 0)
        return self._clean(faces)

    def finish(self) -> None:
        """Clean the files if that was interrupted, or the disk too full, the last time."""
        if self._store.note(_DUE) is not None:
            self._clean(0)

    def _clean(self, faces: int) -> Forgotten:
        scrubbed = self._store.scrub()
        if scrubbed.rewritten:
            self._store.put_note(_DUE, None)
        return Forgotten(faces, scrubbed.copies, scrubbed.rewritten)

    def _erase_tracks(self, refs: Iterable[TrackRef]) -> None:
        """Commit each video's faces again without these tracks; the others keep their people."""
        gone: dict[VideoId, set[int]] = {}
        for ref in refs:
            gone.setdefault(ref.video_id, set()).add(ref.index)
        for video_id, indexes in gone.items():
            self._erase_in(video_id, indexes)

    def _erase_in(self, video_id: VideoId, gone: set[int]) -> None:
        run = self._stages.runs(video_id)[Stage.FACES]
        tracks = self._stages.tracks(video_id)
        kept = [track for track in tracks if track.index not in gone]
        number = {track.index: at for at, track in enumerate(kept)}
        crops = tuple(self._crop(video_id, track) for track in kept)
        assignments = self._store.assignments(video_id)
        rows = np.array([track.index for track in kept], np.int64)
        for space in self._vectors.spaces():
            batch = self._vectors.batch(video_id, space) if space.kind is SpaceKind.FACE else None
            if batch is None:
                continue
            output = FacesOutput(
                space=space,
                tracks=tuple(dataclasses.replace(track, index=at) for at, track in enumerate(kept)),
                vectors=VectorBatch(batch.vectors[rows], batch.start_ms[rows], batch.end_ms[rows]),
                crops=crops,
            )
            self._stages.commit(video_id, output, run)
        self._store.drop_former(video_id)
        for ref, assignment in assignments.items():
            if ref.index in number:
                new = TrackRef(video_id, number[ref.index])
                self._store.assign(
                    [new], assignment.person_id, assignment.source, assignment.similarity
                )

    def _crop(self, video_id: VideoId, track: FaceTrack) -> bytes:
        path = self._artefacts.face(video_id, track.index)
        return path.read_bytes() if path.is_file() else b""
