"""Steps that can be undone: what a step is about to change is kept before it changes.

Which rows a person has, and putting them back, is storage's affair.
"""

import base64
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from heimdex.domain.ids import PersonId
from heimdex.storage.people import PeopleStore


class _Undo(msgspec.Struct):
    created: list[int]
    snapshots: list[str]
    people: list[int]


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
            yield step
            if step.touched or step.created:
                self._store.journal_append(label, _encoded(step))

    @contextmanager
    def unwritten(self) -> Iterator[Step]:
        """The same for what happens by itself, which nobody would undo."""
        with self._store.transaction():
            yield Step(self._store, kept=False)

    def undo(self) -> tuple[str, list[PersonId]] | None:
        """Take back the newest step; returns its label and whom it was about, None when there is
        no step."""
        with self._store.transaction():
            entry = self._store.journal_pop()
            if entry is None:
                return None
            undo = msgspec.json.decode(entry.undo, type=_Undo)
            created = [PersonId(each) for each in undo.created]
            for snapshot in undo.snapshots:
                self._store.restore(base64.b64decode(snapshot), created)
                created = []
            for person_id in created:
                self._store.delete_person(person_id)
        return entry.label, [PersonId(each) for each in undo.people]

    def labels(self) -> tuple[str, ...]:
        """What can be undone, newest first."""
        return tuple(entry.label for entry in self._store.journal())

    def forget(self, people: Iterable[PersonId]) -> None:
        """Drop every step that holds anything about these people."""
        gone = set(people)
        with self._store.transaction():
            self._store.journal_remove(
                entry.id
                for entry in self._store.journal()
                if gone.intersection(msgspec.json.decode(entry.undo, type=_Undo).people)
            )


def _encoded(step: Step) -> bytes:
    return msgspec.json.encode(
        _Undo(
            created=list(step.created),
            snapshots=[base64.b64encode(snapshot).decode() for snapshot in step.snapshots],
            people=[*step.touched, *step.created],
        )
    )
