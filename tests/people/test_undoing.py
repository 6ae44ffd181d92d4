"""Undo is whole: after any step by anybody in any state, every row about people is as it was."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from people_library import Cast, Library

from heimdex.domain.errors import UserError
from heimdex.domain.faces import TrackRef
from heimdex.domain.ids import PersonId
from heimdex.people.frames import FrameFace

TABLES = (
    "people",
    "aliases",
    "assignments",
    "decisions",
    "photos",
    "photo_vectors",
    "former_assignments",
)
NAMES = ("Anna", "Bert", "안나")
STEPS = 25


def rows(library: Library) -> dict[str, list[tuple]]:
    connection = library.database.read()
    return {
        table: sorted(tuple(row) for row in connection.execute(f"SELECT * FROM {table}"))
        for table in TABLES
    }


def a_library(folder: Path, chance: random.Random) -> tuple[Library, list[TrackRef]]:
    library = Library(folder, Cast(chance.randrange(1000)))
    faces = ["ada", "ben", "cleo"]
    for who in faces:
        library.cast.face(who)
    library.cast.alike("ada's sister", "ada", 0.5)
    library.cast.alike("cleo's brother", "cleo", 0.45)
    faces += ["ada's sister", "cleo's brother"]
    for number in range(1, 5):
        seen = [chance.choice(faces) for _ in range(chance.randint(1, 5))]
        quality = chance.choice([0.9, 0.9, 0.3])
        library.video(number, *seen, quality=quality, together=chance.random() < 0.3)
    for who in faces:
        library.photo(f"{who}.jpg", who)
    videos = [video.id for video in library.catalogue.videos()]
    tracks = [TrackRef(video, t.index) for video in videos for t in library.stages.tracks(video)]
    return library, tracks


def a_step(
    library: Library, tracks: Sequence[TrackRef], chance: random.Random
) -> Callable[[], object]:
    """Anything that somebody may do, sensible or not."""
    people = library.people
    everybody = [person.id for person in people.list(hidden=True)]
    one, other = chance.choice(everybody), chance.choice(everybody)
    own = [assignment.track for assignment in library.store.tracks_of(one)]
    some = chance.sample(tracks, chance.randint(1, min(3, len(tracks))))
    name = chance.choice(NAMES)
    photo = chance.choice(sorted(library.photos))
    asked = people.suggestions()
    track = library.store.track(some[0])
    face = FrameFace(
        some[0].video_id,
        track.best_ms,
        library.photos[photo][0],
        chance.choice([some[0], None]),
        None,
        False,
    )
    same = chance.random() < 0.5
    return chance.choice(
        [
            lambda: people.name(one, name),
            lambda: people.alias(one, chance.sample(NAMES, 2)),
            lambda: people.enroll(name, [Path(photo)]),
            lambda: people.merge(one, other),
            lambda: people.split(own[:2] or some),
            lambda: people.reject(own[:1] or some, one),
            lambda: people.confirm(some, one),
            lambda: people.move(some, name),
            lambda: people.hide(one),
            lambda: people.hide(one, False),
            lambda: people.choose_portrait(PersonId(one), own[-1] if own else None),
            lambda: people.name_in_frame(face, name),
            *([lambda: people.answer(asked[0], same)] * 3 if asked else []),
        ]
    )


@pytest.mark.parametrize("seed", range(8))
def test_every_step_is_taken_back_whole(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    library, tracks = a_library(tmp_path, chance)
    states = []
    for _ in range(STEPS):
        before, known = rows(library), len(library.people.undoable())
        step = a_step(library, tracks, chance)
        try:
            step()
        except UserError:
            assert rows(library) == before
        if len(library.people.undoable()) > known:
            states.append(before)
        else:
            assert rows(library) == before
    assert len(states) > STEPS / 3
    library = library.reopen()
    for before in reversed(states):
        assert library.people.undo() is not None
        assert rows(library) == before
    library.database.close()
