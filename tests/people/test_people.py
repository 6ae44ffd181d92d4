"""The life of a person in a library: found, named, corrected, indexed anew, undone, forgotten."""

from pathlib import Path

import pytest

from heimdex.domain.errors import MediaError, UserError
from heimdex.domain.faces import TrackRef
from heimdex.domain.ids import PersonId


def test_faces_of_one_person_become_one_group_across_videos(library):
    first = library.video(1, "ada", "ben", "ada")
    second = library.video(2, "ben", "cleo")
    ada, ben, again = library.who(first)
    assert ada == again != ben
    assert library.who(second)[0] == ben
    assert library.who(second)[1] not in (ada, ben)
    assert [(p.track_count, p.video_count) for p in library.people.list()] == [
        (2, 1),
        (2, 2),
        (1, 1),
    ]


def test_sorting_again_changes_nothing(library):
    video = library.video(1, "ada", "ben", "ada")
    before = library.store.assignments()
    library.people.assign_new(video)
    assert library.store.assignments() == before


def test_two_faces_on_screen_together_are_two_people(library):
    video = library.video(1, "ada", "ada", together=True)
    one, other = library.who(video)
    assert one != other


def test_a_poor_face_founds_no_group_but_joins_one(library):
    alone = library.video(1, "ada", quality=0.1)
    assert library.who(alone) == [None]
    good = library.video(2, "ada")
    poor = library.video(3, "ada", quality=0.1)
    assert library.who(poor) == library.who(good) != [None]


def test_naming_a_group_names_the_person_everywhere(library):
    video = library.video(1, "ada", "ben")
    ada = library.who(video)[0]
    assert library.people.name(PersonId(ada), "Ada").name == "Ada"
    later = library.video(2, "cleo", "ada")
    assert library.who(later)[1] == ada
    assert library.people.list()[0].track_count == 2
    shown = library.people.show(PersonId(ada))
    assert [(a.video_id, a.start_ms) for a in shown.appearances] == [(video, 0), (later, 5_000)]


def test_an_existing_name_merges(library):
    video = library.video(1, "ada", "ada in a hat")
    ada, hat = library.who(video)
    library.people.name(PersonId(ada), "Ada")
    library.people.alias(PersonId(ada), ["에이다"])
    person = library.people.name(PersonId(hat), "에이다")
    assert (person.id, person.name, person.track_count) == (ada, "Ada", 2)
    assert library.who(video) == [ada, ada]


def test_enrolling_by_photo_finds_the_person_in_old_and_new_videos(library):
    old = library.video(1, "ada", "ben")
    done = library.people.enroll("Ben", [library.photo("b.jpg", "ben")])
    assert (done.person.name, done.used, done.left_out) == ("Ben", (Path("b.jpg"),), ())
    new = library.video(2, "ben")
    assert library.who(old)[1] == library.who(new)[0] == done.person.id
    assert library.who(old)[0] != done.person.id
    assert library.people.show(done.person.id).photos == 1


def test_a_group_photo_is_used_only_when_it_is_clear_who_is_meant(library):
    with pytest.raises(UserError, match="shows 2 faces"):
        library.people.enroll("Ada", [library.photo("two.jpg", "ada", "ben")])
    assert library.people.list() == ()
    large = library.photo("large.jpg", "ben", "ada", sizes=(0.1, 0.4))
    library.people.enroll("Ada", [large])
    done = library.people.enroll("Ada", [library.photo("two.jpg", "ben", "ada"), Path("two.jpg")])
    assert done.used == (Path("two.jpg"), Path("two.jpg"))
    video = library.video(1, "ada", "ben")
    assert library.who(video)[0] == done.person.id != library.who(video)[1]


def test_one_unusable_photo_is_reported_and_the_rest_count(library):
    done = library.people.enroll("Ada", [library.photo("a.jpg", "ada"), library.photo("empty.jpg")])
    assert done.used == (Path("a.jpg"),)
    assert [path for path, _ in done.left_out] == [Path("empty.jpg")]
    assert "No face" in done.left_out[0][1]
    with pytest.raises(MediaError):
        library.people.enroll("Ada", [Path("missing.jpg")])


def test_reject_takes_one_face_away_and_keeps_it_away(library):
    video = library.video(1, "ada", "ada", "ada")
    ada = PersonId(library.who(video)[0])
    library.people.name(ada, "Ada")
    library.people.reject([TrackRef(video, 1)], ada)
    assert library.who(video)[0] == library.who(video)[2] == ada != library.who(video)[1]
    library.people.assign_new(video)
    library.people.enroll("Ada", [library.photo("a.jpg", "ada")])
    assert library.who(video)[1] != ada


def test_split_makes_a_new_person_that_stays_apart(library):
    video = library.video(1, "ada", "ada", "ada")
    ada = library.who(video)[0]
    new = library.people.split([TrackRef(video, 1), TrackRef(video, 2)])
    assert library.who(video) == [ada, new.id, new.id]
    library.people.name(PersonId(ada), "Ada")
    assert library.who(video) == [ada, new.id, new.id]


def test_confirm_moves_a_face_to_somebody(library):
    video = library.video(1, "ada", "ben")
    ada, ben = library.who(video)
    library.people.confirm([TrackRef(video, 1)], PersonId(ada))
    assert library.who(video) == [ada, ada]
    assert library.store.person(PersonId(ben)) is None


def test_decisions_survive_indexing_anew(library):
    video = library.video(1, "ada", "ben", "ben in the dark", "dora", "dora")
    ada, ben, dark, dora, _ = library.who(video)
    library.people.name(PersonId(ada), "Ada")
    library.people.name(PersonId(ben), "Ben")
    library.people.merge(PersonId(ben), PersonId(dark))
    library.people.reject([TrackRef(video, 4)], PersonId(dora))
    library.people.hide(PersonId(dora))
    assert library.who(video)[:4] == [ada, ben, ben, dora]

    # Found again by another detector: other times, other vectors.
    library.video(1, "ada", "ben", "ben in the dark", "dora", "dora", shift_ms=120)
    assert library.who(video)[:4] == [ada, ben, ben, dora]
    assert library.who(video)[4] != dora
    assert [p.name for p in library.people.list()][:2] == ["Ada", "Ben"]
    assert PersonId(dora) not in {p.id for p in library.people.list()}
    assert PersonId(dora) in {p.id for p in library.people.list(hidden=True)}


def test_every_step_can_be_undone_also_after_a_restart(library):
    video = library.video(1, "ada", "ben", "ada", "cleo")
    states = [(library.store.people(), library.store.assignments(), library.store.decisions())]

    def remember():
        states.append(
            (library.store.people(), library.store.assignments(), library.store.decisions())
        )

    ada, _, _, cleo = map(PersonId, library.who(video))
    library.people.name(ada, "Ada")
    remember()
    library.people.alias(ada, ["에이다"])
    remember()
    library.people.enroll("Ben", [library.photo("b.jpg", "ben")])
    remember()
    library.people.merge(ada, cleo)
    remember()
    library.people.reject([TrackRef(video, 2)], ada)
    remember()
    library.people.split([TrackRef(video, 0)])
    remember()
    library.people.hide(ada)
    remember()
    library.people.name(library.people.find("Ben").id, "Ada")
    assert "Ben" in library.people.find("ada").aliases

    library = library.reopen()
    labels = ["name", "hide", "split", "reject", "merge", "enroll", "alias", "name"]
    assert list(library.people.undoable()) == labels
    for label, before in zip(labels, reversed(states), strict=True):
        assert library.people.undo() == label
        now = (library.store.people(), library.store.assignments(), library.store.decisions())
        assert now == before
    assert library.people.undo() is None
    library.database.close()


def test_forgetting_leaves_nothing_on_the_disk(library):
    video = library.video(1, "ada", "ben", "ada")
    ada, ben = library.who(video)[:2]
    library.people.name(PersonId(ada), "Zyxwvut")
    library.people.enroll("Zyxwvut", [library.photo("z.jpg", "ada")])
    library.people.name(PersonId(ben), "Ben")
    crops = [library.artefacts.face(video, i) for i in range(3)]
    assert all(crop.is_file() for crop in crops)
    bens = crops[1].read_bytes()
    library.people.forget(PersonId(ada))
    assert [(p.name, p.track_count) for p in library.people.list()] == [("Ben", 1)]
    assert library.who(video) == [ben]
    assert [crop.is_file() for crop in crops] == [True, False, False]
    assert crops[0].read_bytes() == bens
    assert len(library.vectors.batch(video, library.vectors.spaces()[0])) == 1
    assert "name" in library.people.undoable()  # Ben's step is still there
    library.database.read().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    library.database.read().execute("VACUUM")
    for file in library.folder.rglob("*"):
        if file.is_file():
            assert b"Zyxwvut" not in file.read_bytes(), file.name


def test_finding_people_by_name_and_number(library):
    video = library.video(1, "ada")
    number = library.who(video)[0]
    assert library.people.find(f"#{number}").id == number
    library.people.name(PersonId(number), "Ada Lovelace")
    assert library.people.find("  ada   LOVELACE ").id == number
    for nobody in ("Ben", "#999", "", "#99999999999999999999"):
        with pytest.raises(UserError, match="Nobody is called"):
            library.people.find(nobody)
    with pytest.raises(UserError, match="no person number 77"):
        library.people.name(PersonId(77), "Ben")


def test_a_name_must_be_a_name(library):
    video = library.video(1, "ada")
    ada = PersonId(library.who(video)[0])
    before = library.store.people()
    with pytest.raises(UserError):
        library.people.name(ada, "   ")
    assert library.store.people() == before
    assert library.people.undoable() == ()
