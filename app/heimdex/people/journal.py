"""Steps that can be undone: what a step is about to change is kept before it changes.

Which rows a person has, and putting them back, is storage's affair.
"""

import base64
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from heimdex.domain.faces import Box, TrackRef
from heimdex.domain.ids import PersonId
from heimdex.storage.people import PeopleStore
from heimdex.storage.people_snapshot import Moved

Place = tuple[str, int, Box]
"""Video, moment and box of a face, by which it is found again whatever its number."""


class _Undo(msgspec.Struct):
    created: list[int]
    snapshots: list[str]
    people: list[int]
    free: list[Place] = []
    """Faces that were nobody's before the step and somebody's after it."""


@dataclass(frozen=True, slots=True)
class Undone:
    """A step that was taken back: its label, whom it was about, and the faces that belong to nobody
    again, as before it; `moved` were the people's and have been found anew since."""

    label: str
    people: tuple[PersonId, ...]
    free: tuple[Place, ...]
    moved: tuple[Moved, ...]


@dataclass(slots=True)
class Step:
    """One thing a person did. Call `touch` before changing anything about somebody, and `create`
    instead of the store's own."""

    _store: PeopleStore
    created: list[PersonId] = field(default_factory=list)
    touched: list[PersonId] = field(default_factory=list)
    snapshots: list[bytes] = field(default_factory=list)
    kept: bool = True
    """Whether it will be written down; otherwise nothing needs to be remembered."""

    def touch(self, *people: PersonId) -> None:
        """Keep how these people are now, unless this step has done so or has created them."""
        new = [p for p in dict.fromkeys(people) if p not in self.touched and p not in self.created]
        if new and self.kept:
            self.snapshots.append(self._store.snapshot(new))
            self.touched += new

    def create(self, name: str | None = None) -> PersonId:
        """A new person, who goes again when the step is undone."""
        person_id = self._store.create_person(name)
        self.created.append(person_id)
        return person_id


class Journal:
    """The steps that can be undone, also after a restart."""

    def __init__(self, store: PeopleStore) -> None:
        self._store = store

    @contextmanager
    def step(self, label: str) -> Iterator[Step]:
        """One step in one transaction; written down only if it changed something."""
        with self._store.transaction():
            step = Step(self._store)
            free = self._store.unassigned()
            yield step
            if step.touched or step.created:
                self._store.journal_append(label, _encoded(step, self._taken(free)))

    @contextmanager
    def unwritten(self) -> Iterator[Step]:
        """The same for what happens by itself, which nobody would undo."""
        with self._store.transaction():
            yield Step(self._store, kept=False)

    def undo(self) -> Undone | None:
        """Take back the newest step; None when there is no step."""
        with self._store.transaction():
            entry = self._store.journal_pop()
            if entry is None:
                return None
            undo = msgspec.json.decode(entry.undo, type=_Undo)
            created = [PersonId(each) for each in undo.created]
            moved: list[Moved] = []
            for snapshot in undo.snapshots:
                moved += self._store.restore(base64.b64decode(snapshot), created)
                created = []
            for person_id in created:
                self._store.delete_person(person_id)
        return Undone(
            entry.label,
            tuple(PersonId(each) for each in undo.people),
            tuple(undo.free),
            tuple(moved),
        )

    def labels(self) -> tuple[str, ...]:
        """What can be undone, newest first."""
        return tuple(entry.label for entry in self._store.journal())

    def forget(self, people: Iterable[PersonId]) -> set[str]:
        """Drop every step that holds anything about these people, or about somebody who became
        part of them; returns the names that they had in these steps."""
        gone = set(people)
        names: set[str] = set()
        with self._store.transaction():
            steps = {
                entry.id: msgspec.json.decode(entry.undo, type=_Undo)
                for entry in self._store.journal()
            }
            while new := self._merged(gone, steps.values()):
                gone |= new
            theirs = [number for number, undo in steps.items() if gone.intersection(undo.people)]
            for number in theirs:
                for snapshot in steps[number].snapshots:
                    names |= self._store.names_in(base64.b64decode(snapshot), gone)
            self._store.journal_remove(theirs)
        return names

    def _merged(self, gone: set[PersonId], steps: Iterable[_Undo]) -> set[PersonId]:
        """Who shares a step with these people and is not there any more: they may have become one
        of them, and earlier steps know them under their own number."""
        return {
            person_id
            for undo in steps
            if gone.intersection(undo.people)
            for person_id in map(PersonId, undo.people)
            if person_id not in gone and self._store.person(person_id) is None
        }

    def _taken(self, free: Iterable[TrackRef]) -> list[Place]:
        """Those of these tracks that are somebody's now."""
        still = set(self._store.unassigned())
        return [
            (ref.video_id, track.best_ms, track.box)
            for ref in free
            if ref not in still and (track := self._store.track(ref)) is not None
        ]


def _encoded(step: Step, free: list[Place]) -> bytes:
    return msgspec.json.encode(
        _Undo(
            created=list(step.created),
            snapshots=[base64.b64encode(snapshot).decode() for snapshot in step.snapshots],
            people=[*step.touched, *step.created],
            free=free,
        )
    )
