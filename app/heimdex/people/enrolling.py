"""Makes people known by pictures that a person hands in or stops at, and takes such photos away.

Which face of a photo is meant is chosen by `photos`, and which video faces follow from it by
`sorting`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heimdex.domain.errors import UserError
from heimdex.domain.faces import Person
from heimdex.domain.ids import PersonId
from heimdex.domain.vectors import Vectors
from heimdex.people.frames import FrameFace
from heimdex.people.gallery import FaceModel
from heimdex.people.journal import Journal
from heimdex.people.photos import Eyes, choose_faces, read_photos, who_else
from heimdex.people.sorting import Sorting
from heimdex.people.steps import Steps
from heimdex.storage.assignments import Source
from heimdex.storage.people import PeopleStore


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What enrolling did: photos that count now, and those left out, each with the reason.
    `alike` is somebody else with a name whom the photos show as well, if there is anybody: the same
    person twice, or twins, and faces that could be either of them are nobody's."""

    person: Person
    used: tuple[Path, ...]
    left_out: tuple[tuple[Path, str], ...]
    alike: Person | None = None


class Enrolling:
    """The operations of `People` that begin with a picture; each can be undone as one step."""

    def __init__(
        self,
        store: PeopleStore,
        journal: Journal,
        steps: Steps,
        sorting: Sorting,
        model: FaceModel,
    ) -> None:
        self._store = store
        self._journal = journal
        self._steps = steps
        self._sorting = sorting
        self._model = model

    def enroll(self, eyes: Eyes, name: str, photos: Sequence[Path]) -> Enrolment:
        """Make somebody known by photos: a new person, or more photos of one who has the name.

        Of a photo with several faces the much larger one counts, or the one that looks like the
        person as known so far. Raises UserError when no photo can be used; then nothing changes.
        """
        holder = self._store.find_person(name)
        known = self._known_vectors(holder.id) if holder is not None else None
        read, unread = read_photos(eyes, photos)
        faces, left_out = choose_faces(read, known, self._model.thresholds)
        left_out += unread
        if not faces:
            raise UserError(left_out[0][1] if left_out else "Give at least one photo to enrol.")
        with self._journal.step("enroll") as step:
            person_id = self._steps.named_person(name, step)
            self._steps.add_photos(person_id, [face for _, face in faces], step)
            self._sorting.recognise_everywhere(person_id, step)
        used = tuple(photo for photo, _ in faces)
        others = [each.id for each in self._store.named() if each.id != person_id]
        gallery = self._sorting.album().gallery()
        twin = who_else(gallery, others, [face for _, face in faces], self._model.thresholds)
        alike = None if twin is None else self._steps.person(twin)
        return Enrolment(self._steps.person(person_id), used, tuple(left_out), alike)

    def remove_photos(self, person_id: PersonId, photos: Collection[int]) -> None:
        """Somebody is not known by these of their photos (`Photo.id`) any more. Faces that were
        only recognised as theirs are sorted again. Raises UserError when a photo is not theirs."""
        self._steps.person(person_id)
        if not {photo.id for photo in self._store.photos(person_id)}.issuperset(photos):
            raise UserError("This photo is not there any more; look at the photos again.")
        if not photos:
            return
        with self._journal.step("photo") as step:
            step.touch(person_id)
            for photo in photos:
                self._store.remove_photo(photo)
            theirs = self._store.tracks_of(person_id)
            doubtful = [each.track for each in theirs if each.source is not Source.DECIDED]
            self._store.unassign(doubtful)
            self._sorting.place(doubtful, step)

    def name_in_frame(self, face: FrameFace, name: str) -> Person:
        """This face of a stopped frame is that person, known before or new."""
        with self._journal.step("name") as step:
            person_id = self._steps.named_person(name, step)
            self._store.hide(person_id, False)
            if face.track is not None:
                self._steps.give([face.track], person_id, step)
            else:
                # Nobody followed this face yet: it is kept as a photo, and by its time for later.
                self._steps.add_photos(person_id, [face.face], step)
                self._steps.decide_there(person_id, face.video_id, face.at_ms, face.box, step)
            self._sorting.recognise_everywhere(person_id, step)
            self._store.delete_empty()
        return self._steps.person(person_id)

    def _known_vectors(self, person_id: PersonId) -> Vectors | None:
        photos = self._store.photo_vectors(self._model.space).get(person_id)
        album = self._sorting.album()
        tracks = album.vectors(a.track for a in self._store.tracks_of(person_id))
        parts = [part for part in (photos, tracks) if part is not None and len(part)]
        return np.vstack(parts) if parts else None
