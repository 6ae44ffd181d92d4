"""Everything that a person can do with people: name, enrol, correct, answer, undo, forget.

Sorting faces is left to `sorting`, taking people out for good to `erasure`, rows to storage's
`PeopleStore`, and finding the faces of a picture to whoever hands in `Eyes` (the query host).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from heimdex.domain.engines import Thresholds
from heimdex.domain.errors import UserError
from heimdex.domain.faces import Appearance, DecisionKind, Person, TrackRef
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.vectors import Space
from heimdex.people.enrolling import Enrolling, Enrolment
from heimdex.people.erasure import Erasure, Forgotten
from heimdex.people.frames import FrameFace, recognise_frame
from heimdex.people.gallery import FaceModel
from heimdex.people.journal import Journal, Step
from heimdex.people.photos import Eyes, embed_photos
from heimdex.people.sorting import Sorting
from heimdex.people.steps import Steps
from heimdex.people.suggesting import Suggestion, suggest
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.people import PeopleStore
from heimdex.storage.photos import Photo
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore

QUESTIONS = 40
"""Suggestions worked out at a time."""

_EXPLAINED = "faces_explained"


@dataclass(frozen=True, slots=True)
class PersonPage:
    """A person with everything about them; `photos` is how many they were enrolled with."""

    person: Person
    appearances: tuple[Appearance, ...]
    photos: int


class People:
    """The people of a library. Every operation is one transaction and, but for what happens by
    itself and forgetting, can be undone. Unknown ids raise `UserError`."""

    def __init__(
        self,
        store: PeopleStore,
        stages: StageStore,
        vectors: VectorStore,
        artefacts: Artefacts,
        model: FaceModel,
        eyes: Eyes,
        *,
        enabled: bool = True,
    ) -> None:
        self.enabled = enabled
        """Whether faces are recognised at all; while not, nobody is found and nobody is named."""
        self._store = store
        self._stages = stages
        self._model = model
        self._eyes = eyes
        self._journal = Journal(store)
        self._steps = Steps(store, stages)
        self._sorting = Sorting(store, stages, vectors, model)
        self._enrolling = Enrolling(store, self._journal, self._steps, self._sorting, model)
        self._erasure = Erasure(store, stages, vectors, artefacts)

    # Reading

    @property
    def match_similarity(self) -> float:
        """From this cosine on two faces are one person, in the words of the face model."""
        return self._model.thresholds.match

    @property
    def thresholds(self) -> Thresholds:
        """From which cosine on two faces are one person, and from which somebody is asked; they
        belong to the face model."""
        return self._model.thresholds

    @property
    def space(self) -> Space:
        """Where the vectors of the face model in use are."""
        return self._model.space

    def show(self, person_id: PersonId) -> PersonPage:
        """One person with all appearances."""
        person = self._steps.person(person_id)
        appearances = tuple(self._store.appearances([person_id]))
        return PersonPage(person, appearances, len(self._store.photos(person_id)))

    def photos(self, person_id: PersonId) -> Sequence[Photo]:
        """The photos somebody was enrolled with, in the order in which they came."""
        self._steps.person(person_id)
        return self._store.photos(person_id)

    def photo(self, person_id: PersonId) -> bytes | None:
        """The first photo somebody was enrolled with, cut to the face, as JPEG or PNG bytes."""
        photos = self._store.photos(person_id)
        return photos[0].crop if photos else None

    def named(self) -> Sequence[Person]:
        """Everybody who has a name and is not hidden: who a query can be about. Without portraits,
        because it is asked at every keystroke."""
        return self._store.named() if self.enabled else ()

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
        return self._store.appearances(person_ids, videos) if self.enabled else []

    def undoable(self) -> Sequence[str]:
        """Labels of the steps that can be undone, newest first."""
        return self._journal.labels()

    def suggestions(self, most: int = QUESTIONS) -> list[Suggestion]:
        """Who may be the same person and is waiting to be told, the likeliest first."""
        if not self.enabled:
            return []
        return suggest(self._store, self._sorting.album(), self._model.thresholds, most)

    def by_likeness(self, person_id: PersonId) -> list[Person]:
        """Everybody else who can be shown, those most like this person first; then, in the order of
        the lists, who cannot be compared."""
        likeness = self._sorting.album().gallery().likeness_to(person_id)
        others = [p for p in self.list() if p.id != person_id and (p.name or p.track_count)]
        return sorted(others, key=lambda p: -likeness.get(p.id, -2.0))

    def stored_faces(self) -> int:
        """How many faces the library keeps, and could erase."""
        return self._store.count_tracks()

    # What happens by itself

    def assign_new(self, video_id: VideoId) -> None:
        """Sort the faces of a video after they were found, or found anew.

        What people decided about this video before comes first; then everybody known is
        recognised; what is left returns to its group, founds one or stays unknown. Harmless to
        repeat.
        """
        embed_photos(self._store, self._eyes, self._model.space)
        with self._journal.unwritten() as step:
            self._sorting.sort_video(video_id, step)

    def assign_all(self) -> None:
        """The same for every video."""
        embed_photos(self._store, self._eyes, self._model.space)
        with self._journal.unwritten() as step:
            self._sorting.sort_everything(step)

    # Names

    def name(self, person_id: PersonId, name: str) -> Person:
        """Give a name. Somebody who has it already (also as an alias) is the same person: merge.

        The faces shown under this person are vouched for, and everybody unnamed everywhere who
        looks the same becomes this person at once. Returns who has the name now.
        """
        person = self._steps.person(person_id)
        holder = self._store.find_person(name)
        with self._journal.step("name") as step:
            if holder is not None and holder.id != person_id:
                # A named person who is told to be somebody else keeps the other's number.
                person_id = self._merge(holder.id, person_id, step)
            else:
                step.touch(person_id)
                self._steps.vouch(person_id)
                if person.name != name:
                    self._store.rename(person_id, name)
            self._store.hide(person_id, False)
            self._sorting.recognise_everywhere(person_id, step)
        return self._steps.person(person_id)

    def alias(self, person_id: PersonId, aliases: Iterable[str]) -> Person:
        """Replace the other names of a person. Raises UserError when one is somebody else's, or
        the person has no first name yet."""
        if self._steps.person(person_id).name is None:
            raise UserError(f"#{person_id} has no name yet; give one before other names.")
        with self._journal.step("alias") as step:
            step.touch(person_id)
            self._store.set_aliases(person_id, aliases)
        return self._steps.person(person_id)

    def enroll(self, name: str, photos: Sequence[Path]) -> Enrolment:
        """Make somebody known by photos: see `Enrolling.enroll`."""
        self._require_enabled()
        return self._enrolling.enroll(self._eyes, name, photos)

    def remove_photos(self, person_id: PersonId, photos: Collection[int]) -> None:
        """Somebody is not known by these photos any more: see `Enrolling.remove_photos`."""
        self._enrolling.remove_photos(person_id, photos)

    def faces_in_frame(self, video_id: VideoId, at_ms: int, picture: Path) -> list[FrameFace]:
        """The faces on a frame of a video that somebody has stopped at, largest first, each with
        who it is as far as that is known. `picture`: the frame as a file. Raises MediaError."""
        self._require_enabled()
        seen = self._eyes.faces(picture)
        tracks = self._stages.tracks(video_id)
        return recognise_frame(
            seen, video_id, at_ms, tracks, self._sorting.album(), self._store, self._model
        )

    def name_in_frame(self, face: FrameFace, name: str) -> Person:
        """This face of a stopped frame is that person, known before or new."""
        return self._enrolling.name_in_frame(face, name)

    # Corrections

    def merge(self, keep: PersonId, gone: PersonId) -> Person:
        """Two people are one: `gone` becomes part of `keep`, its names become aliases."""
        self._steps.person(keep)
        self._steps.person(gone)
        with self._journal.step("merge") as step:
            keep = self._merge(keep, gone, step)
            self._sorting.recognise_everywhere(keep, step)
        return self._steps.person(keep)

    def split(self, tracks: Sequence[TrackRef]) -> Person:
        """These faces are somebody else, who is not known yet: returns the new unnamed person."""
        with self._journal.step("split") as step:
            person_id = self._steps.part(tracks, step)
            self._store.delete_empty()
        return self._steps.person(person_id)

    def reject(self, tracks: Sequence[TrackRef], person_id: PersonId) -> None:
        """These faces are not that person; each goes to whom it resembles otherwise, or nobody."""
        self._steps.person(person_id)
        if not tracks:
            return
        with self._journal.step("reject") as step:
            step.touch(person_id)
            theirs = []
            for ref in tracks:
                self._steps.decide(DecisionKind.IS_NOT, person_id, ref)
                if self._steps.holder(ref) == person_id:
                    theirs.append(ref)
            self._store.unassign(theirs)
            self._sorting.place(theirs, step)

    def keep_apart(self, person_id: PersonId, other: PersonId) -> None:
        """The two are not one person; kept by the faces of `other`, or of the first when no video
        shows `other`. Raises UserError when none shows either."""
        faces = [assignment.track for assignment in self._store.tracks_of(other)]
        if not faces:
            person_id, other = other, person_id
            faces = [assignment.track for assignment in self._store.tracks_of(other)]
        if not faces or person_id == other:
            raise UserError("Choose two people of whom a video shows one; a no is kept by faces.")
        self.reject(faces, person_id)

    def confirm(self, tracks: Sequence[TrackRef], person_id: PersonId) -> None:
        """These faces are that person, whoever they were taken for."""
        self._steps.person(person_id)
        with self._journal.step("confirm") as step:
            step.touch(person_id)
            self._steps.give(tracks, person_id, step)
            self._sorting.recognise_everywhere(person_id, step)
            self._store.delete_empty()

    def move(self, tracks: Sequence[TrackRef], name: str) -> Person:
        """These faces belong to whoever has this name, a new person if nobody has it."""
        with self._journal.step("move") as step:
            person_id = self._steps.named_person(name, step)
            self._steps.give(tracks, person_id, step)
            self._sorting.recognise_everywhere(person_id, step)
            self._store.delete_empty()
        return self._steps.person(person_id)

    def answer(self, suggestion: Suggestion, same: bool) -> None:
        """What somebody says to a suggestion. A no is kept: it is not asked again."""
        person_id, group = suggestion.person_id, suggestion.group
        self._steps.person(person_id)
        if same and group is not None and self._store.person(group) is not None:
            self.merge(person_id, group)
        elif same:
            self.confirm(suggestion.tracks, person_id)
        else:
            self.reject(suggestion.tracks, person_id)

    def hide(self, person_id: PersonId, hidden: bool = True) -> None:
        """Leave somebody out of the lists and of search, or show them again."""
        person = self._steps.person(person_id)
        with self._journal.step("hide" if hidden else "show") as step:
            step.touch(person_id)
            if hidden and person.name is None:
                # Without a decision the group would come back under a new number.
                self._steps.vouch(person_id)
            self._store.hide(person_id, hidden)

    def choose_portrait(self, person_id: PersonId, track: TrackRef | None) -> None:
        """Show the person by this face of theirs; None for the best one."""
        self._steps.person(person_id)
        if track is not None and self._steps.holder(track) != person_id:
            raise UserError("This face is somebody else's; choose one of the person's own.")
        with self._journal.step("portrait") as step:
            step.touch(person_id)
            self._store.set_portrait(person_id, track)

    def undo(self) -> str | None:
        """Take back the newest step, also one from before a restart; returns its label, or None
        when there is nothing to undo."""
        # What a step remembered of somebody must not outlive them in a free page of the file.
        with self._store.overwriting(), self._store.transaction():
            before = self._store.assignments().keys()
            undone = self._journal.undo()
            if undone is None:
                return None
            self._sorting.give_back(undone.moved)
            with self._journal.unwritten() as step:
                others = before - self._sorting.tracks_at(undone.free)
                self._sorting.sort_again(undone.people, others, step)
        return undone.label

    # For good

    def forget(self, person_id: PersonId) -> Forgotten:
        """Erase a person for good: names, photos, decisions, undo steps, faces and their crops.

        Cannot be undone. The videos stay; indexing their faces anew finds a stranger.
        """
        self._steps.person(person_id)
        return self._erasure.forget(person_id, self._journal)

    def erase_everything(self) -> Forgotten:
        """Erase everybody and every face that was found; the videos stay, and so does the rest."""
        return self._erasure.erase_everything(self._journal)

    def finish_erasing(self) -> None:
        """Clean the files if forgetting was interrupted; for the start."""
        self._erasure.finish()

    # The first use

    @property
    def explained(self) -> bool:
        """Whether somebody was told what is stored about faces, and where."""
        return self._store.note(_EXPLAINED) is not None

    def mark_explained(self) -> None:
        """Somebody was told."""
        self._store.put_note(_EXPLAINED, "1")

    # Steps of the operations above

    def _merge(self, keep: PersonId, gone: PersonId, step: Step) -> PersonId:
        keep = self._steps.merge(keep, gone, step)
        # Of whom it was said that they are not one of the two, they are not both now.
        faces = {assignment.track for assignment in self._store.tracks_of(keep)}
        self._sorting.sort_again([keep], faces, step)
        return keep

    def _require_enabled(self) -> None:
        if not self.enabled:
            raise UserError("Face recognition is switched off; switch it on in the settings.")

    # Last, because the name hides Python's own inside the class.

    def list(self, *, hidden: bool = False) -> tuple[Person, ...]:
        """Everybody, named ones first; without those who were hidden unless asked for."""
        return tuple(self._store.people(hidden=hidden))
