import numpy as np
import pytest
from storage_samples import FACES, batch, faces, run, video_id

from heimdex.domain.errors import UserError
from heimdex.domain.faces import DecisionKind, TrackRef
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.stages import Stage
from heimdex.domain.vectors import Space, SpaceKind
from heimdex.storage.assignments import Source
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.database import FILE_NAME, Database
from heimdex.storage.decisions import JOURNAL_KEEPS
from heimdex.storage.people import PeopleStore
from heimdex.storage.stages import StageStore

BOX = (0.125, 0.25, 0.5, 0.75)


@pytest.fixture
def faced(stages: StageStore, three_videos: list[VideoId]) -> list[VideoId]:
    for number in (1, 2, 3):
        stages.commit(video_id(number), faces(3, seed=number), run(number, Stage.FACES))
    return three_videos


def ref(number: int, index: int) -> TrackRef:
    return TrackRef(video_id(number), index)


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    tables = "people aliases assignments decisions photos photo_vectors".split()
    return {
        table: [tuple(row) for row in database.read().execute(f"SELECT * FROM {table}")]
        for table in tables
    }


def test_names_are_compared_loosely_and_are_unique(people: PeopleStore) -> None:
    mother = people.create_person("  Mary   Kim ")
    assert people.person(mother).name == "Mary Kim"  # type: ignore[union-attr]
    assert people.find_person("mary kim").id == mother  # type: ignore[union-attr]
    other = people.create_person()
    for taken in ("MARY KIM", "mary  kim"):
        with pytest.raises(UserError, match="already"):
            people.rename(other, taken)
    people.set_aliases(mother, ["엄마", "Mum", "Mary Kim", "mum"])
    assert people.person(mother).aliases == ("mum", "엄마")  # type: ignore[union-attr]
    with pytest.raises(UserError, match="already"):
        people.create_person("엄마")
    assert people.find_person("엄마").id == mother  # type: ignore[union-attr]
    with pytest.raises(UserError, match="letter"):
        people.rename(other, "   ")
    assert len(people.people()) == 2  # the person that could not be named was not made either
    people.rename(mother, "엄마")  # an own alias becomes the name
    assert people.person(mother).aliases == ("mum",)  # type: ignore[union-attr]
    with pytest.raises(KeyError):
        people.rename(PersonId(4711), "x")


def test_tracks_belong_to_people(people: PeopleStore, faced: list[VideoId]) -> None:
    a, b = people.create_person("A"), people.create_person()
    assert len(people.unassigned()) == 9
    people.assign([ref(1, 0), ref(1, 2), ref(2, 0)], a, Source.AUTO, [0.5, 0.75, 0.625])
    people.assign([ref(3, 1), ref(3, 99)], b, Source.DECIDED)  # the second does not exist
    assert [entry.track for entry in people.tracks_of(a)] == [ref(1, 2), ref(1, 0), ref(2, 0)]
    assert people.tracks_of(a)[0].similarity == 0.75
    person = people.person(a)
    assert person is not None
    assert (person.track_count, person.video_count, person.portrait) == (3, 2, ref(1, 2))
    assert people.unassigned(video_id(1)) == [ref(1, 1)]
    people.assign([ref(3, 1)], a, Source.AUTO, 0.9)  # clustering never overrules a person
    assert people.assignments()[ref(3, 1)].person_id == b
    people.assign([ref(1, 0)], b, Source.DECIDED)
    assert people.assignments(video_id(1))[ref(1, 0)].person_id == b
    people.unassign([ref(1, 0)])
    assert ref(1, 0) in people.unassigned()
    people.set_portrait(a, ref(2, 0))
    assert people.person(a).portrait == ref(2, 0)  # type: ignore[union-attr]
    people.unassign([ref(2, 0)])
    assert people.person(a).portrait == ref(1, 2)  # type: ignore[union-attr]
    [shown] = people.appearances([a], [video_id(1)])
    assert (shown.track, shown.start_ms, shown.end_ms, shown.similarity) == (2, 2000, 2800, 0.75)
    assert people.appearances([a], []) == []
    assert people.appearances([]) == []
    assert people.track(ref(1, 2)).best_ms == 2400  # type: ignore[union-attr]
    assert [each.name for each in people.people()] == ["A", None]
    people.hide(b)
    assert [each.id for each in people.people(hidden=False)] == [a]


def test_decisions_outlive_the_tracks(
    people: PeopleStore, stages: StageStore, faced: list[VideoId]
) -> None:
    a, b = people.create_person("A"), people.create_person("B")
    people.assign([ref(1, 0)], a, Source.DECIDED)
    people.add_decision(DecisionKind.IS, a, video_id(1), 400, BOX)
    people.add_decision(DecisionKind.IS_NOT, b, video_id(1), 400, BOX)
    stages.commit(video_id(1), faces(1, seed=99), run(1, Stage.FACES))  # indexed again
    assert people.assignments(video_id(1)) == {}
    kept = people.decisions(video_id(1))
    assert [(d.kind, d.person_id, d.at_ms, d.box) for d in kept] == [
        (DecisionKind.IS, a, 400, BOX),
        (DecisionKind.IS_NOT, b, 400, BOX),
    ]
    people.add_decision(DecisionKind.IS, b, video_id(1), 400, BOX)  # the person thought again
    assert [(d.kind, d.person_id) for d in people.decisions()] == [(DecisionKind.IS, b)]


def test_merging_moves_everything(people: PeopleStore, faced: list[VideoId]) -> None:
    keep, gone = people.create_person("Kim"), people.create_person("엄마")
    people.set_aliases(gone, ["Mum"])
    people.assign([ref(1, 0)], keep)
    people.assign([ref(2, 0)], gone, Source.DECIDED)
    people.add_photo(gone, b"jpeg", FACES, batch(1).vectors[0])
    people.add_decision(DecisionKind.IS, gone, video_id(2), 400, BOX)
    people.add_decision(DecisionKind.IS_NOT, keep, video_id(2), 400, BOX)
    people.merge_people(keep, gone)
    [person] = people.people()
    assert (person.id, person.name) == (keep, "Kim")
    assert set(person.aliases) == {"엄마", "Mum"}
    assert person.track_count == 2
    assert len(people.photos(keep)) == 1
    assert [(d.kind, d.person_id) for d in people.decisions()] == [(DecisionKind.IS, keep)]
    people.merge_people(keep, keep)
    unnamed = people.create_person()
    people.merge_people(unnamed, keep)
    assert people.person(unnamed).name == "Kim"  # type: ignore[union-attr]


def test_photos_have_a_vector_a_space(people: PeopleStore) -> None:
    a = people.create_person("A")
    vectors = batch(2).vectors
    first = people.add_photo(a, b"one", FACES, vectors[0])
    people.add_photo(a, b"two", FACES, vectors[1])
    other = Space(SpaceKind.FACE, "new", "1")
    people.put_photo_vector(first, other, vectors[1])
    np.testing.assert_array_equal(people.photo_vectors(FACES)[a], vectors)
    np.testing.assert_array_equal(people.photo_vectors(other)[a], vectors[1:])
    assert [photo.crop for photo in people.photos()] == [b"one", b"two"]
    people.delete_person(a)
    assert people.photo_vectors(FACES) == {}


def test_empty_groups_go_and_named_people_stay(people: PeopleStore, faced: list[VideoId]) -> None:
    named, empty, used = people.create_person("A"), people.create_person(), people.create_person()
    people.assign([ref(1, 0)], used)
    assert people.delete_empty() == [empty]
    assert {each.id for each in people.people()} == {named, used}


def test_several_steps_are_one_or_none(people: PeopleStore, faced: list[VideoId]) -> None:
    def fails() -> None:
        with people.transaction():
            person = people.create_person("A")
            people.assign([ref(1, 0)], person)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert people.people() == []
    assert people.assignments() == {}


def test_a_merge_is_undone_exactly_and_after_a_restart(
    people: PeopleStore, database: Database, faced: list[VideoId]
) -> None:
    a, b = people.create_person("Kim"), people.create_person("엄마")
    people.set_aliases(b, ["Mum", "어머니"])
    people.assign([ref(1, 0), ref(1, 1)], a, Source.AUTO, 0.7)
    people.assign([ref(2, 0)], b, Source.DECIDED)
    people.add_photo(b, b"\xff\xd8\x00jpeg", FACES, batch(1).vectors[0])
    people.add_decision(DecisionKind.IS, b, video_id(2), 400, BOX)
    people.hide(a)
    before = everything(database)
    with people.transaction():
        people.journal_append("merge", people.snapshot([a, b]))
        people.merge_people(a, b)
    database.close()

    reopened = Database.open(database.path)
    again = PeopleStore(reopened)
    assert [entry.label for entry in again.journal()] == ["merge"]
    entry = again.journal_pop()
    assert entry is not None
    again.restore(entry.undo)
    assert everything(reopened) == before
    assert again.journal_pop() is None
    reopened.close()


def test_undo_takes_away_who_came_later(
    people: PeopleStore, database: Database, faced: list[VideoId]
) -> None:
    a = people.create_person("A")
    people.assign([ref(1, 0), ref(1, 1)], a)
    before = everything(database)
    snapshot = people.snapshot([a])
    split = people.create_person("B")
    people.assign([ref(1, 1)], split, Source.DECIDED)
    people.restore(snapshot, created=[split])
    assert everything(database) == before


def test_undo_passes_over_what_is_gone(
    people: PeopleStore,
    database: Database,
    stages: StageStore,
    catalogue: Catalogue,
    faced: list[VideoId],
) -> None:
    a = people.create_person("A")
    people.assign([ref(1, 0), ref(2, 2), ref(3, 0)], a)
    people.add_decision(DecisionKind.IS, a, video_id(1), 400, BOX)
    snapshot = people.snapshot([a])
    people.delete_person(a)
    catalogue.remove_video(video_id(1))
    stages.commit(video_id(2), faces(1), run(2, Stage.FACES))
    taken = people.create_person("a")  # somebody else got the name in the meantime
    people.restore(snapshot)
    assert [entry.track for entry in people.tracks_of(a)] == [ref(3, 0)]
    assert people.decisions() == []
    assert people.person(a).name == "A (2)"  # type: ignore[union-attr]
    assert people.person(taken).name == "a"  # type: ignore[union-attr]
    assert database.verify() == []


def test_the_journal_is_bounded(people: PeopleStore) -> None:
    for i in range(JOURNAL_KEEPS + 5):
        people.journal_append(str(i), b"")
    assert len(people.journal()) == JOURNAL_KEEPS
    assert people.journal()[0].label == str(JOURNAL_KEEPS + 4)


def test_a_forgotten_video_takes_its_faces_along(
    people: PeopleStore, catalogue: Catalogue, database: Database, faced: list[VideoId]
) -> None:
    a = people.create_person("A")
    people.assign([ref(1, 0), ref(2, 0)], a)
    catalogue.remove_video(video_id(1))
    assert [entry.track for entry in people.tracks_of(a)] == [ref(2, 0)]
    assert database.path.name == FILE_NAME
