"""Everything that can be done with people: sort new faces, name, enrol, correct, undo, forget.

Comparing faces is left to `gallery` and `placing`, rows to storage's `PeopleStore`, and finding
the face in a photo to whoever hands in `read_faces` (the query host).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heimdex.domain.errors import UserError
from heimdex.domain.faces import Appearance, DecisionKind, Person, TrackRef
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.vectors import Vectors
from heimdex.people.album import Album, mean_similarity
from heimdex.people.enrolling import Enrolment, ReadFaces, choose_faces
from heimdex.people.erasure import erase_tracks
from heimdex.people.gallery import FaceModel
from heimdex.people.journal import Journal, Step
from heimdex.people.placing import are_two, place
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.assignments import Source
from heimdex.storage.people import PeopleStore
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore


@dataclass(frozen=True, slots=True)
class PersonPage:
    """A person with everything about them; `photos` is how many they were enrolled with."""

    person: Person
    appearances: tuple[Appearance, ...]
    photos: int


class People:
    """The people of a library. Every operation is one transaction and, but for `assign_new` and
    `forget`, can be undone. Unknown ids raise `UserError`."""

    def __init__(
        self,
        store: PeopleStore,
        stages: StageStore,
        vectors: VectorStore,
        artefacts: Artefacts,
        model: FaceModel,
        read_faces: ReadFaces,
    ) -> None:
        self._store = store
        self._stages = stages
        self._vectors = vectors
        self._artefacts = artefacts
        self._model = model
        self._read_faces = read_faces
        self._journal = Journal(store)

    # Reading

    @property
    def match_similarity(self) -> float:
        """From this cosine on two faces are one person, in the words of the face model."""
        return self._model.thresholds.match

    def show(self, person_id: PersonId) -> PersonPage:
        """One person with all appearances."""
        person = self._person(person_id)
        appearances = tuple(self._store.appearances([person_id]))
        return PersonPage(person, appearances, len(self._store.photos(person_id)))

    def named(self) -> Sequence[Person]:
        """Everybody who has a name and is not hidden: who a query can be about."""
        return self._store.named()

    def find(self, name: str) -> Person:
        """Whoever has this name or alias, or the unnamed one with this number ("#12" or "12").

        Raises UserError when there is nobody.
        """
        person = self._store.find_person(name)
        number = name.strip().removeprefix("#")
        if person is None and number.isascii() and number.isdigit() and len(number) < 18:
            person = self._store.person(PersonId(int(number)))
        if person is None:
            raise UserError(f"Nobody is called {name!r}; see `heimdex people list`.")
        return person

    def appearances(
        self, person_ids: Iterable[PersonId], videos: Iterable[VideoId] | None = None
    ) -> list[Appearance]:
        """When people are on screen, by video and time."""
        return self._store.appearances(person_ids, videos)

    def undoable(self) -> Sequence[str]:
        """Labels of the steps that can be undone, newest first."""
        return self._journal.labels()

    # What happens by itself

    def assign_new(self, video_id: VideoId) -> None:
        """Sort the faces of a video after they were found, or found anew.

        What people decided about this video before comes first; then everybody known is
        recognised; what is left founds groups or stays unknown. Harmless to repeat.
        """
        with self._journal.unwritten() as step:
            self._apply_decisions(video_id)
            self._place(self._store.unassigned(video_id), step)
            self._store.delete_empty()

    def assign_all(self) -> None:
        """The same for every video, for example after the face model was changed."""
        with self._journal.unwritten() as step:
            for video_id in sorted({decision.video_id for decision in self._store.decisions()}):
                self._apply_decisions(video_id)
            self._place(self._store.unassigned(), step)
            self._store.delete_empty()

    # What a person does

    def name(self, person_id: PersonId, name: str) -> Person:
        """Give a name. Somebody who has it already (also as an alias) is the same person: merge.

        The faces shown under this person are vouched for, and everybody unnamed everywhere who
        looks the same becomes this person at once. Returns who has the name now.
        """
        person = self._person(person_id)
        holder = self._store.find_person(name)
        with self._journal.step("name") as step:
            if holder is not None and holder.id != person_id:
                # A named person who is told to be somebody else keeps the other's number.
                person_id = self._merge(holder.id, person_id, step)
            else:
                step.touch(person_id)
                self._vouch(person_id)
                if person.name != name:
                    self._store.rename(person_id, name)
            self._store.hide(person_id, False)
            self._recognise_everywhere(person_id, step)
        return self._person(person_id)

    def alias(self, person_id: PersonId, aliases: Iterable[str]) -> Person:
        """Replace the other names of a person. Raises UserError when one is somebody else's."""
        self._person(person_id)
        with self._journal.step("alias") as step:
            step.touch(person_id)
            self._store.set_aliases(person_id, aliases)
        return self._person(person_id)

    def enroll(self, name: str, photos: Sequence[Path]) -> Enrolment:
        """Make somebody known by photos: a new person, or more photos of one who has the name.

        Of a photo with several faces the much larger one counts, or the one that looks like the
        person as known so far. Raises UserError when no photo can be used; then nothing changes.
        """
        holder = self._store.find_person(name)
        known = self._known_vectors(holder.id) if holder is not None else None
        read = [(photo, self._read_faces(photo)) for photo in photos]
        faces, left_out = choose_faces(read, known, self._model.thresholds)
        if not faces:
            raise UserError(left_out[0][1] if left_out else "Give at least one photo to enrol.")
        with self._journal.step("enroll") as step:
            if holder is None:
                person_id = step.create(name)
            else:
                person_id = holder.id
                step.touch(person_id)
            for _, face in faces:
                self._store.add_photo(person_id, face.crop, face.space, face.vector)
            self._recognise_everywhere(person_id, step)
        used = tuple(photo for photo, _ in faces)
        return Enrolment(self._person(person_id), used, tuple(left_out))

    def merge(self, keep: PersonId, gone: PersonId) -> Person:
        """Two people are one: `gone` becomes part of `keep`, its names become aliases."""
        self._person(keep)
        self._person(gone)
        with self._journal.step("merge") as step:
            keep = self._merge(keep, gone, step)
            self._recognise_everywhere(keep, step)
        return self._person(keep)

    def split(self, tracks: Sequence[TrackRef]) -> Person:
        """These faces are somebody else, who is not known yet: returns the new unnamed person."""
        with self._journal.step("split") as step:
            person_id = step.create()
            for ref in tracks:
                self._take_away(ref, step)
                self._decide(DecisionKind.IS, person_id, ref)
            self._store.assign(tracks, person_id, Source.DECIDED)
            self._store.delete_empty()
        return self._person(person_id)

    def reject(self, track: TrackRef, person_id: PersonId) -> None:
        """This face is not that person; it goes to whom it resembles otherwise, or to nobody."""
        self._person(person_id)
        with self._journal.step("reject") as step:
            step.touch(person_id)
            self._decide(DecisionKind.IS_NOT, person_id, track)
            if self._holder(track) == person_id:
                self._store.unassign([track])
                self._place([track], step)

    def confirm(self, tracks: Sequence[TrackRef], person_id: PersonId) -> None:
        """These faces are that person, whoever they were taken for."""
        self._person(person_id)
        with self._journal.step("confirm") as step:
            step.touch(person_id)
            for ref in tracks:
                holder = self._holder(ref)
                if holder is not None:
                    step.touch(holder)
                self._decide(DecisionKind.IS, person_id, ref)
            self._store.assign(tracks, person_id, Source.DECIDED)
            self._recognise_everywhere(person_id, step)
            self._store.delete_empty()

    def hide(self, person_id: PersonId, hidden: bool = True) -> None:
        """Leave somebody out of the lists and of search, or show them again."""
        person = self._person(person_id)
        with self._journal.step("hide" if hidden else "show") as step:
            step.touch(person_id)
            if hidden and person.name is None:
                # Without a decision the group would come back under a new number.
                self._vouch(person_id)
            self._store.hide(person_id, hidden)

    def choose_portrait(self, person_id: PersonId, track: TrackRef | None) -> None:
        """Show the person by this face; None for the best one."""
        self._person(person_id)
        with self._journal.step("portrait") as step:
            step.touch(person_id)
            self._store.set_portrait(person_id, track)

    def forget(self, person_id: PersonId) -> None:
        """Erase a person for good: names, photos, decisions, undo steps, faces and their crops.

        Cannot be undone. The videos stay; indexing their faces anew finds a stranger.
        """
        self._person(person_id)
        refs = [assignment.track for assignment in self._store.tracks_of(person_id)]
        with self._store.transaction():
            self._journal.forget([person_id])
            self._store.delete_person(person_id)
            erase_tracks(refs, self._store, self._stages, self._vectors, self._artefacts)

    def undo(self) -> str | None:
        """Take back the newest step, also one from before a restart; returns its label, or None
        when there is nothing to undo."""
        with self._store.transaction():
            label = self._journal.undo()
            if label is not None:
                self.assign_all()
        return label

    # Steps of the operations above

    def _person(self, person_id: PersonId) -> Person:
        person = self._store.person(person_id)
        if person is None:
            raise UserError(f"There is no person number {person_id}; see `heimdex people list`.")
        return person

    def _album(self) -> Album:
        return Album(self._store, self._stages, self._vectors, self._model)

    def _holder(self, ref: TrackRef) -> PersonId | None:
        assignment = self._store.assignments(ref.video_id).get(ref)
        return None if assignment is None else assignment.person_id

    def _decide(self, kind: DecisionKind, person_id: PersonId, ref: TrackRef) -> None:
        track = self._store.track(ref)
        if track is None:
            raise UserError("This face is not in the library any more; look at the list again.")
        self._store.add_decision(kind, person_id, ref.video_id, track.best_ms, track.box)

    def _take_away(self, ref: TrackRef, step: Step) -> None:
        holder = self._holder(ref)
        if holder is not None:
            step.touch(holder)
            self._decide(DecisionKind.IS_NOT, holder, ref)

    def _vouch(self, person_id: PersonId) -> None:
        """Keep that the faces shown under a person are theirs."""
        refs = [assignment.track for assignment in self._store.tracks_of(person_id)]
        for ref in refs:
            self._decide(DecisionKind.IS, person_id, ref)
        self._store.assign(refs, person_id, Source.DECIDED)

    def _merge(self, keep: PersonId, gone: PersonId, step: Step) -> PersonId:
        if keep == gone:
            return keep
        step.touch(keep, gone)
        self._vouch(gone)
        self._store.merge_people(keep, gone)
        return keep

    def _apply_decisions(self, video_id: VideoId) -> None:
        decisions = self._store.decisions(video_id)
        if not decisions:
            return
        verdicts = self._album().verdicts(video_id)
        for index, person_id in verdicts.belongs.items():
            self._store.assign([TrackRef(video_id, index)], person_id, Source.DECIDED)
        current = self._store.assignments(video_id)
        self._store.unassign(
            ref
            for ref, assignment in current.items()
            if assignment.person_id in verdicts.not_of.get(ref.index, ())
        )

    def _place(self, refs: Sequence[TrackRef], step: Step) -> None:
        """Sort tracks that are nobody's."""
        if not refs:
            return
        album = self._album()
        faces = album.faces(refs)
        vectors = album.vectors(face.ref for face in faces)
        named = frozenset(p.id for p in self._store.people() if p.name is not None)
        taken = album.taken({face.ref.video_id for face in faces})
        placement = place(faces, vectors, album.gallery(), self._model.thresholds, named, taken)
        recognised: dict[PersonId, list[tuple[TrackRef, float]]] = {}
        for row, (person_id, likeness) in placement.recognised.items():
            recognised.setdefault(person_id, []).append((faces[row].ref, likeness))
        for person_id, theirs in recognised.items():
            step.touch(person_id)
            self._assign(person_id, theirs)
        founded: list[PersonId] = []
        for group in placement.founded:
            person_id = step.create()
            self._assign(person_id, [(faces[row].ref, likeness) for row, likeness in group])
            founded.append(person_id)
        self._join_groups(founded, step)

    def _assign(self, person_id: PersonId, theirs: Sequence[tuple[TrackRef, float]]) -> None:
        refs = [ref for ref, _ in theirs]
        self._store.assign(refs, person_id, Source.AUTO, [likeness for _, likeness in theirs])

    def _join_groups(self, founded: Sequence[PersonId], step: Step) -> None:
        """A new group that is on average like an older unnamed one becomes part of it."""
        if not founded:
            return
        album = self._album()
        members = album.members()
        unnamed = [p.id for p in self._store.people() if p.name is None and p.id in members]
        vectors = {person_id: album.vectors(members[person_id]) for person_id in unnamed}
        for young in founded:
            older = [
                (mean_similarity(vectors[young], vectors[old]), old)
                for old in unnamed
                if old < young and old in vectors
            ]
            likeness, old = max(older, default=(-1.0, young), key=lambda each: (each[0], -each[1]))
            if likeness >= self._model.thresholds.match and self._may_join(album, old, young):
                step.touch(old)
                self._store.merge_people(old, young)
                vectors[old] = np.vstack([vectors[old], vectors.pop(young)])

    def _may_join(self, album: Album, a: PersonId, b: PersonId) -> bool:
        if (a, b) in album.apart():
            return False
        members = album.members()
        videos = {ref.video_id for ref in members.get(a, [])} & {
            ref.video_id for ref in members.get(b, [])
        }
        if not videos:
            return True
        taken = album.taken(videos)
        return not any(are_two(x, y) for x in taken.get(a, []) for y in taken.get(b, []))

    def _recognise_everywhere(self, person_id: PersonId, step: Step) -> None:
        """Find a person who has just become better known among all who are not named."""
        album = self._album()
        gallery = album.gallery()
        if person_id not in gallery.position:
            return
        column = gallery.position[person_id]
        members = album.members()
        for other in self._store.people():
            if other.id == person_id or other.name is not None or other.hidden:
                continue
            vectors = album.vectors(members.get(other.id, []))
            if not len(vectors):
                continue
            likeness = float(gallery.similarities(vectors)[:, column].mean())
            if likeness >= self._model.thresholds.match and self._may_join(
                album, person_id, other.id
            ):
                step.touch(person_id, other.id)
                self._store.merge_people(person_id, other.id)
        self._place(self._store.unassigned(), step)

    def _known_vectors(self, person_id: PersonId) -> Vectors | None:
        photos = self._store.photo_vectors(self._model.space).get(person_id)
        album = self._album()
        tracks = album.vectors(a.track for a in self._store.tracks_of(person_id))
        parts = [part for part in (photos, tracks) if part is not None and len(part)]
        return np.vstack(parts) if parts else None

    # Last, because the name hides Python's own inside the class.

    def list(self, *, hidden: bool = False) -> tuple[Person, ...]:
        """Everybody, named ones first; without those who were hidden unless asked for."""
        return tuple(self._store.people(hidden=hidden))
