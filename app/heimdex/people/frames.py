"""Says who is on a frame of a video that somebody has stopped at.

Finding the faces on the picture is left to the query host, giving a name to `registry`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heimdex.domain.faces import Box, FaceTrack, Person, PhotoFace, TrackRef
from heimdex.domain.ids import VideoId
from heimdex.people.album import Album
from heimdex.people.gallery import FaceModel
from heimdex.people.replay import SLACK_MS, find_track
from heimdex.storage.people import PeopleStore


@dataclass(frozen=True, slots=True, eq=False)
class FrameFace:
    """One face of a stopped frame. `track` is the stored track that shows it, if there is one;
    `person` whose it is, `sure` when that is stored and not only likely."""

    video_id: VideoId
    at_ms: int
    face: PhotoFace
    track: TrackRef | None
    person: Person | None
    sure: bool

    @property
    def box(self) -> Box:
        """Where it is on the frame."""
        return self.face.box


def recognise_frame(
    seen: Sequence[PhotoFace],
    video_id: VideoId,
    at_ms: int,
    tracks: Sequence[FaceTrack],
    album: Album,
    store: PeopleStore,
    model: FaceModel,
) -> list[FrameFace]:
    """The faces of a frame, largest first, each with its track and its person where known."""
    faces = sorted(seen, key=lambda face: -_area(face.box))
    there = [t for t in tracks if t.start_ms - SLACK_MS <= at_ms <= t.end_ms + SLACK_MS]
    track_of = _match(faces, video_id, at_ms, there, album, model)
    owners = store.assignments(video_id)
    gallery = album.gallery()
    found = []
    for number, face in enumerate(faces):
        ref = track_of.get(number)
        owner = owners.get(ref) if ref is not None else None
        person = None if owner is None else store.person(owner.person_id)
        if person is None and len(gallery) and face.space == model.space:
            likeness = gallery.similarities(face.vector[None, :])[0]
            best = int(likeness.argmax())
            if likeness[best] >= model.thresholds.match:
                person = store.person(gallery.ids[best])
        found.append(FrameFace(video_id, at_ms, face, ref, person, owner is not None))
    return found


def _match(
    faces: Sequence[PhotoFace],
    video_id: VideoId,
    at_ms: int,
    there: Sequence[FaceTrack],
    album: Album,
    model: FaceModel,
) -> dict[int, TrackRef]:
    """Which track each face belongs to, by looks; by place where the tracks have no vectors."""
    refs = [TrackRef(video_id, track.index) for track in there]
    known = [ref for ref in refs if album.row(ref) is not None]
    matched: dict[int, TrackRef] = {}
    if known and all(face.space == model.space for face in faces):
        likeness = np.stack([face.vector for face in faces]) @ album.vectors(known).T
        for at in np.argsort(-likeness, axis=None, kind="stable").tolist():
            face, track = divmod(at, len(known))
            if likeness[face, track] < model.thresholds.suggest:
                break
            if face not in matched and known[track] not in matched.values():
                matched[face] = known[track]
        return matched
    for number, face in enumerate(faces):
        track_there = find_track(there, at_ms, face.box)
        if track_there is not None:
            matched[number] = TrackRef(video_id, track_there.index)
    return matched


def _area(box: Box) -> float:
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)
