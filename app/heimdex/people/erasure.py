"""Takes face tracks out of a library for good: rows, vectors and crops.

Names, photos, decisions and undo steps are erased by `People.forget`; the files of the vector
index follow when it is synchronised.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np

from heimdex.domain.faces import FaceTrack, TrackRef
from heimdex.domain.ids import VideoId
from heimdex.domain.stages import FacesOutput, Stage
from heimdex.domain.vectors import SpaceKind, VectorBatch
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.people import PeopleStore
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore


def erase_tracks(
    refs: Iterable[TrackRef],
    store: PeopleStore,
    stages: StageStore,
    vectors: VectorStore,
    artefacts: Artefacts,
) -> None:
    """Commit each video's faces again without these tracks; the others keep their people."""
    gone: dict[VideoId, set[int]] = {}
    for ref in refs:
        gone.setdefault(ref.video_id, set()).add(ref.index)
    for video_id, indexes in gone.items():
        _erase(video_id, indexes, store, stages, vectors, artefacts)


def _erase(
    video_id: VideoId,
    gone: set[int],
    store: PeopleStore,
    stages: StageStore,
    vectors: VectorStore,
    artefacts: Artefacts,
) -> None:
    run = stages.runs(video_id)[Stage.FACES]
    tracks = stages.tracks(video_id)
    kept = [track for track in tracks if track.index not in gone]
    number = {track.index: at for at, track in enumerate(kept)}
    crops = tuple(artefacts.face(video_id, track.index).read_bytes() for track in kept)
    assignments = store.assignments(video_id)
    rows = np.array([track.index for track in kept], np.int64)
    for space in vectors.spaces():
        batch = vectors.batch(video_id, space) if space.kind is SpaceKind.FACE else None
        if batch is None:
            continue
        output = FacesOutput(
            space=space,
            tracks=tuple(_renumbered(track, at) for at, track in enumerate(kept)),
            vectors=VectorBatch(batch.vectors[rows], batch.start_ms[rows], batch.end_ms[rows]),
            crops=crops,
        )
        stages.commit(video_id, output, run)
    for ref, assignment in assignments.items():
        if ref.index in number:
            new = TrackRef(video_id, number[ref.index])
            store.assign([new], assignment.person_id, assignment.source, assignment.similarity)


def _renumbered(track: FaceTrack, index: int) -> FaceTrack:
    return dataclasses.replace(track, index=index)
