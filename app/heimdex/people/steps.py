"""The small moves that the operations on people are put together from.

Which of them make up an operation, and what becomes of other faces then, is said in `registry`.
"""

from collections.abc import Sequence

from heimdex.domain.errors import UserError
from heimdex.domain.faces import Box, DecisionKind, Person, PhotoFace, TrackRef
from heimdex.domain.ids import PersonId, VideoId
from heimdex.people.journal import Step
from heimdex.people.replay import find_track
from heimdex.storage.assignments import Source
from heimdex.storage.people import PeopleStore
from heimdex.storage.stages import StageStore


class Steps:
    """Each belongs into a `Step` of the journal, which is told whom it touches."""

    def __init__(self, store: PeopleStore, stages: StageStore) -> None:
        self._store = store
        self._stages = stages

    def person(self, person_id: PersonId) -> Person:
        """Who has this number. Raises UserError when nobody has."""
        person = self._store.person(person_id)
        if person is None:
            raise UserError(f"There is no person number {person_id}; see `heimdex people list`.")
        return person

    def named_person(self, name: str, step: Step) -> PersonId:
        """Whoever has this name or alias, a new person if nobody has."""
        holder = self._store.find_person(name)
        if holder is None:
            return step.create(name)
        step.touch(holder.id)
        return holder.id

    def holder(self, ref: TrackRef) -> PersonId | None:
        """Whose a track is."""
        assignment = self._store.assignments(ref.video_id).get(ref)
        return None if assignment is None else assignment.person_id

    def decide(self, kind: DecisionKind, person_id: PersonId, ref: TrackRef) -> None:
        """Keep what somebody said of a track, by its video, time and box."""
        track = self._store.track(ref)
        if track is None:
            raise UserError("This face is not in the library any more; look at the list again.")
        self._store.add_decision(kind, person_id, ref.video_id, track.best_ms, track.box)

    def decide_there(
        self, person_id: PersonId, video_id: VideoId, at_ms: int, box: Box, step: Step
    ) -> None:
        """Keep who is in a place where no track was found. Not where another face was followed
        that does not look like it: the word would become a word about that one."""
        if find_track(self._stages.tracks(video_id), at_ms, box) is not None:
            return
        for said in self._store.decisions(video_id):
            if (said.at_ms, said.box) == (at_ms, box):
                step.touch(said.person_id)
        self._store.add_decision(DecisionKind.IS, person_id, video_id, at_ms, box)

    def give(self, tracks: Sequence[TrackRef], person_id: PersonId, step: Step) -> None:
        """Tracks are this person's by somebody's word, whoever had them."""
        for ref in tracks:
            holder = self.holder(ref)
            if holder is not None:
                step.touch(holder)
            self.decide(DecisionKind.IS, person_id, ref)
        self._store.assign(tracks, person_id, Source.DECIDED)

    def part(self, tracks: Sequence[TrackRef], step: Step) -> PersonId:
        """Make a new person of tracks, who is none of those who had them; returns who."""
        person_id = step.create()
        for ref in tracks:
            self.take_away(ref, step)
            self.decide(DecisionKind.IS, person_id, ref)
        self._store.assign(tracks, person_id, Source.DECIDED)
        for left in step.touched:
            if self.person(left).name is None:
                # Nothing else is known of who is left: after indexing anew they would join again.
                self.vouch(left)
        return person_id

    def take_away(self, ref: TrackRef, step: Step) -> None:
        """A track is not whose it was taken for."""
        holder = self.holder(ref)
        if holder is not None:
            step.touch(holder)
            self.decide(DecisionKind.IS_NOT, holder, ref)

    def vouch(self, person_id: PersonId) -> None:
        """Keep that the faces shown under a person are theirs."""
        refs = [assignment.track for assignment in self._store.tracks_of(person_id)]
        for ref in refs:
            self.decide(DecisionKind.IS, person_id, ref)
        self._store.assign(refs, person_id, Source.DECIDED)

    def merge(self, keep: PersonId, gone: PersonId, step: Step) -> PersonId:
        """Make one person of two; returns who is left."""
        if keep == gone:
            return keep
        step.touch(keep, gone)
        self.vouch(gone)
        if self.person(keep).name is None:
            # Two groups: after indexing anew nothing but this word would hold them together.
            self.vouch(keep)
        self._store.merge_people(keep, gone)
        return keep

    def add_photos(self, person_id: PersonId, faces: Sequence[PhotoFace], step: Step) -> None:
        """Keep faces of photos as examples of a person. The very same face of somebody else was
        given to them by mistake, and of the person it counts once."""
        for face in faces:
            known = self._store.photos_with(face.crop)
            for photo in known:
                if photo.person_id != person_id:
                    step.touch(photo.person_id)
                    self._store.remove_photo(photo.id)
            if all(photo.person_id != person_id for photo in known):
                self._store.add_photo(person_id, face.crop, face.space, face.vector)
