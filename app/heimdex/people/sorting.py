"""Sorts the faces of videos to people and keeps the result: after a video, a name, an undo.

Who a face is like is computed in `placing`; what a person asks for is done by `registry`.
"""

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from heimdex.domain.faces import TrackRef
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.vectors import Vectors
from heimdex.people.album import Album
from heimdex.people.gallery import FaceModel, Gallery, mean_by_owner
from heimdex.people.inheriting import inherit
from heimdex.people.journal import Place, Step
from heimdex.people.placing import AMBIGUOUS, Face, Placement, are_two, found, recognise
from heimdex.people.replay import find_track, replay
from heimdex.storage.assignments import Source
from heimdex.storage.people import PeopleStore
from heimdex.storage.people_snapshot import Moved
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore


class Sorting:
    """Every call belongs into one transaction of the store, which the caller opens."""

    def __init__(
        self, store: PeopleStore, stages: StageStore, vectors: VectorStore, model: FaceModel
    ) -> None:
        self._store = store
        self._stages = stages
        self._vectors = vectors
        self._model = model

    def album(self) -> Album:
        """The library's faces as they are now."""
        return Album(self._store, self._stages, self._vectors, self._model)

    def sort_video(self, video_id: VideoId, step: Step) -> None:
        """Sort the faces of a video after they were found, or found anew.

        What people said comes first, then everybody known is recognised, then faces return to the
        group they were in before; what is left founds groups or stays unknown. Of an edited file
        all that fits is taken over from the version before it.
        """
        self._inherit(video_id)
        known_before = self.album().gallery().position if self._has_decisions(video_id) else {}
        decided = self.apply_decisions(video_id)
        self.place(self._store.unassigned(video_id), step)
        self._store.drop_former(video_id)
        for person_id in sorted(decided - set(known_before)):
            # The first faces of somebody that this model has seen: it may know others of them.
            self.recognise_everywhere(person_id, step)
        self._store.delete_empty()

    def sort_everything(self, step: Step) -> None:
        """The same for every video."""
        for video_id in self._store.decided_videos():
            self.apply_decisions(video_id)
        self.place(self._store.unassigned(), step)
        self._store.delete_empty()

    def sort_again(
        self, people: Iterable[PersonId], faces: Collection[TrackRef], step: Step
    ) -> None:
        """The same where these people are, after what is known of them has changed. Of `faces`,
        which were somebody's until then, those that are nobody's now are sorted; what was nobody's
        before stays so."""
        videos = {
            decision.video_id
            for person_id in people
            for decision in self._store.decisions(person_id=person_id)
        }
        for video_id in sorted(videos):
            self.apply_decisions(video_id)
        self.place([ref for ref in self._store.unassigned() if ref in faces], step)
        self._store.delete_empty()

    def tracks_at(self, places: Iterable[Place]) -> set[TrackRef]:
        """The tracks that show the faces in these places now."""
        found = set()
        for video, at_ms, box in places:
            video_id = VideoId(video)
            track = find_track(self._stages.tracks(video_id), at_ms, box)
            if track is not None:
                found.add(TrackRef(video_id, track.index))
        return found

    def give_back(self, moved: Iterable[Moved]) -> None:
        """Find faces that were found anew since by time and place, and give them to whose they
        were."""
        for face in moved:
            video_id = VideoId(face.video_id)
            track = find_track(self._stages.tracks(video_id), face.at_ms, face.box)
            if track is not None:
                source = Source.DECIDED if face.decided else Source.AUTO
                ref = TrackRef(video_id, track.index)
                self._store.assign([ref], PersonId(face.person_id), source, face.similarity)

    def apply_decisions(self, video_id: VideoId) -> set[PersonId]:
        """Give the faces of a video to whom people said; returns who got any."""
        decisions = self._store.decisions(video_id)
        if not decisions:
            return set()
        verdicts = replay(decisions, self._stages.tracks(video_id))
        for index, person_id in verdicts.belongs.items():
            self._store.assign([TrackRef(video_id, index)], person_id, Source.DECIDED)
        current = self._store.assignments(video_id)
        self._store.unassign(
            ref
            for ref, assignment in current.items()
            if assignment.person_id in verdicts.not_of.get(ref.index, ())
        )
        return set(verdicts.belongs.values())

    def place(self, refs: Sequence[TrackRef], step: Step) -> None:
        """Sort tracks that are nobody's."""
        if not refs:
            return
        album = self.album()
        faces = album.faces(refs)
        if not faces:
            return
        vectors = album.vectors(face.ref for face in faces)
        gallery = album.gallery()
        thresholds = self._model.thresholds
        taken = album.taken({face.ref.video_id for face in faces})
        named = self._store.name_holders()
        placement = recognise(faces, vectors, gallery, thresholds, named, taken)
        self._return(placement, faces, vectors, gallery, taken)
        found(placement, faces, vectors, thresholds)
        theirs: dict[PersonId, list[tuple[TrackRef, float]]] = {}
        for row, (person_id, likeness) in placement.recognised.items():
            theirs.setdefault(person_id, []).append((faces[row].ref, likeness))
        for person_id, tracks in theirs.items():
            step.touch(person_id)
            self._assign(person_id, tracks)
        young: list[PersonId] = []
        for group in placement.founded:
            person_id = step.create()
            self._assign(person_id, [(faces[row].ref, likeness) for row, likeness in group])
            young.append(person_id)
        self._join_groups(young, step)

    def recognise_everywhere(self, person_id: PersonId, step: Step) -> None:
        """Find a person who has just become better known among all who are not named."""
        album = self.album()
        gallery = album.gallery()
        if person_id not in gallery.position:
            return
        match = self._model.thresholds.match
        groups = [group for group in self._store.groups() if group != person_id]
        votes = album.votes(groups)
        likeness = gallery.similarity_to(person_id, votes.vectors)
        ids, means = mean_by_owner(likeness[:, None], votes.owners)
        for at in np.flatnonzero(means[:, 0] >= match).tolist():
            other = PersonId(int(ids[at]))
            theirs = votes.vectors[votes.owners == other]
            if self._has_rival(person_id, theirs, float(means[at, 0]), gallery):
                continue
            if album.may_join(person_id, other):
                refs = album.members([other])[other]
                alike = gallery.similarity_to(person_id, album.vectors(refs))
                step.touch(person_id, other)
                self._store.merge_people(person_id, other)
                # Until now they were compared with their own group, as whose founder one is
                # wholly like itself.
                self._assign(person_id, list(zip(refs, alike.tolist(), strict=True)))
                album = self.album()
        free = [ref for ref in self._store.unassigned() if album.row(ref) is not None]
        near = gallery.similarity_to(person_id, album.vectors(free)) >= match
        self.place([ref for ref, found in zip(free, near.tolist(), strict=True) if found], step)

    def _has_rival(
        self, person_id: PersonId, group: Vectors, likeness: float, gallery: Gallery
    ) -> bool:
        """Whether a group could as well be somebody else with a name, so that it is better asked
        about; `likeness` is its own to `person_id`."""
        names = self._store.name_holders()
        if person_id not in names:
            return False
        rivals = [each for each in names if each in gallery.position and each != person_id]
        return any(
            float(gallery.similarity_to(rival, group).mean()) > likeness - AMBIGUOUS
            for rival in rivals
        )

    def _inherit(self, video_id: VideoId) -> None:
        batch = self._vectors.batch(video_id, self._model.space)
        if batch is not None:
            tracks, thresholds = self._stages.tracks(video_id), self._model.thresholds
            inherit(self._store, self._model.space, video_id, tracks, batch.vectors, thresholds)

    def _has_decisions(self, video_id: VideoId) -> bool:
        return bool(self._store.decisions(video_id))

    def _return(
        self,
        placement: Placement,
        faces: Sequence[Face],
        vectors: np.ndarray,
        gallery: Gallery,
        taken: dict[PersonId, list[Face]],
    ) -> None:
        """Faces found anew go back to the group they were in, unless this model sees somebody
        else in them: a group keeps its number although all its faces were replaced."""
        together = {person_id: list(theirs) for person_id, theirs in taken.items()}
        for row, (person_id, _) in placement.recognised.items():
            together.setdefault(person_id, []).append(faces[row])
        left = {faces[row].ref: row for row in placement.left(faces)}
        for video_id in sorted({ref.video_id for ref in left}):
            tracks = self._stages.tracks(video_id)
            for former in self._store.former(video_id):
                track = find_track(tracks, former.at_ms, former.box)
                at = None if track is None else left.get(TrackRef(video_id, track.index))
                if at is None or at in placement.recognised:
                    continue
                person_id, face = former.person_id, faces[at]
                if person_id in face.not_of:
                    continue
                if person_id in gallery.position:
                    likeness = gallery.similarity_to(person_id, vectors[at : at + 1])[0]
                    if likeness < self._model.thresholds.suggest:
                        continue
                theirs = together.setdefault(person_id, [])
                if not any(are_two(face, other) for other in theirs):
                    theirs.append(face)
                    placement.recognised[at] = (person_id, former.similarity)

    def _assign(self, person_id: PersonId, theirs: Sequence[tuple[TrackRef, float]]) -> None:
        refs = [ref for ref, _ in theirs]
        self._store.assign(refs, person_id, Source.AUTO, [likeness for _, likeness in theirs])

    def _join_groups(self, founded: Iterable[PersonId], step: Step) -> None:
        """A new group that is on average like an older unnamed one becomes part of it."""
        young = sorted(founded)
        if not young:
            return
        album = self.album()
        groups, means = album.means(self._store.groups())
        place = {person_id: at for at, person_id in enumerate(groups)}
        fresh = [person_id for person_id in young if person_id in place]
        likeness = means[[place[person_id] for person_id in fresh]] @ means.T
        changed = False
        for row, person_id in enumerate(fresh):
            older = np.array(groups) < person_id
            values = np.where(older, likeness[row], -1.0)
            at = int(values.argmax()) if len(values) else 0
            if not len(values) or values[at] < self._model.thresholds.match:
                continue
            if changed:
                album, changed = self.album(), False
            if groups[at] in place and album.may_join(groups[at], person_id):
                step.touch(groups[at])
                self._store.merge_people(groups[at], person_id)
                del place[person_id]
                changed = True
