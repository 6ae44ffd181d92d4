"""The life of a person in a library: found, named, corrected, indexed anew, undone, forgotten."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from people_library import OTHER_SPACE, SPACE, Library

from heimdex.domain.errors import UserError
from heimdex.domain.faces import TrackRef
from heimdex.domain.ids import PersonId, VideoId
from heimdex.people import suggesting
from heimdex.people.suggesting import Suggestion
from heimdex.storage.chroma import VectorIndex


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


def test_a_glimpse_founds_a_group_only_when_it_is_good(library):
    assert library.who(library.video(1, "wall", quality=0.4, detections=1)) == [None]
    assert library.who(library.video(2, "ada", quality=0.6, detections=1)) != [None]
    assert library.who(library.video(3, "ben", quality=0.4, detections=2)) != [None]


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


def test_how_like_somebody_a_face_is_does_not_come_from_its_own_group(library):
    video = library.video(1, "ada")
    # Alone in its group, and wholly like it.
    [alone] = library.store.assignments(video).values()
    assert alone.similarity == pytest.approx(1, abs=1e-3)
    library.people.enroll("Ada", [library.photo("a.jpg", "ada")])
    [found] = library.people.appearances([library.people.find("Ada").id])
    photo = library.photos["a.jpg"][0].vector
    vector = library.vectors.batch(video, SPACE).vectors[0]
    assert found.similarity == pytest.approx(float(photo @ vector), abs=0.01)


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


def test_one_spoilt_file_does_not_cost_the_other_photos(library):
    photo = library.photo("a.jpg", "ada")
    done = library.people.enroll("Ada", [Path("spoilt.jpg"), photo])
    assert done.used == (photo,)
    assert done.left_out == ((Path("spoilt.jpg"), "spoilt.jpg is not a picture."),)
    with pytest.raises(UserError, match=r"spoilt\.jpg is not a picture"):
        library.people.enroll("Ben", [Path("spoilt.jpg")])
    assert library.store.find_person("Ben") is None


def test_reject_takes_one_face_away_and_keeps_it_away(library):
    video = library.video(1, "ada", "ada", "ada")
    ada = PersonId(library.who(video)[0])
    library.people.name(ada, "Ada")
    library.people.reject([TrackRef(video, 1)], ada)
    assert library.who(video)[0] == library.who(video)[2] == ada != library.who(video)[1]
    library.people.assign_new(video)
    library.people.enroll("Ada", [library.photo("a.jpg", "ada")])
    assert library.who(video)[1] != ada


def test_no_face_is_no_step(library):
    library.people.enroll("Ada", [library.photo("a.jpg", "ada")])
    library.people.reject([], library.people.find("Ada").id)
    assert library.people.undoable() == ("enroll",)


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
    remember()
    assert "Ben" in library.people.find("ada").aliases
    library.people.move([TrackRef(video, 2)], "Zoe")
    remember()
    library.people.confirm([TrackRef(video, 2)], ada)
    remember()
    library.people.choose_portrait(ada, TrackRef(video, 2))

    library = library.reopen()
    labels = [
        "portrait",
        "confirm",
        "move",
        "name",
        "hide",
        "split",
        "reject",
        "merge",
        "enroll",
        "alias",
        "name",
    ]
    assert list(library.people.undoable()) == labels
    for label, before in zip(labels, reversed(states), strict=True):
        assert library.people.undo() == label
        now = (library.store.people(), library.store.assignments(), library.store.decisions())
        assert now == before
    assert library.people.undo() is None
    library.database.close()


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


def test_a_group_keeps_its_number_when_its_faces_are_found_anew(library):
    video = library.video(1, "ada", "ben", "cleo")
    poor = library.video(2, "dora", quality=0.1)
    before = library.who(video)
    library.people.hide(PersonId(before[2]))
    # Only one video knows them, so nothing but the place says who they were.
    library.video(1, "ada", "ben", "cleo", shift_ms=200)
    assert library.who(video) == before
    assert library.who(poor) == [None]
    assert library.store.former(video) == []


def test_a_face_found_anew_is_not_pressed_into_a_group_it_is_unlike(library):
    video = library.video(1, "ada", "ben")
    other = library.video(2, "ada")
    ada, ben = library.who(video)
    library.video(1, "cleo", "ben")
    assert library.who(other) == [ada]
    assert library.who(video)[0] not in (ada, ben)
    assert library.who(video)[1] == ben


def test_names_survive_a_change_of_the_face_model(library):
    first = library.video(1, "ada", "ben", "ada", "dora")
    second = library.video(2, "ada", "cleo")
    ada, ben, _, dora = map(PersonId, library.who(first))
    library.people.name(ada, "Ada")
    library.people.enroll("Cleo", [library.photo("c.jpg", "cleo")])
    cleo = library.people.find("Cleo").id
    library.people.reject([TrackRef(first, 2)], ada)
    library.people.choose_portrait(ada, TrackRef(second, 0))
    library.people.hide(dora)
    late = library.video(3, "ada")  # recognised, decided by nobody

    # The new model has other dimensions and sees people anew: nothing of its vectors is comparable.
    library = library.reopen(space=OTHER_SPACE)
    library.video(3, "ada")
    assert library.who(late) == [ada]  # back to who it was, while nobody is known to the new model
    library.video(2, "ada", "cleo", shift_ms=80)
    assert library.who(second) == [ada, cleo]  # decided; and the photo was embedded anew
    library.video(1, "ada", "ben", "ada", "dora", shift_ms=80)
    assert library.who(first)[:2] == [ada, ben]
    assert library.who(first)[2] != ada
    assert library.who(first)[3] == dora
    assert library.store.person(dora).hidden
    assert library.store.person(ada).portrait == TrackRef(second, 0)
    assert [p.name for p in library.people.named()] == ["Ada", "Cleo"]
    new = library.video(4, "cleo", "ada")
    assert library.who(new) == [cleo, ada]
    assert {space.key for space in library.vectors.spaces()} == {OTHER_SPACE.key}
    library.database.close()


def test_a_person_known_to_the_new_model_is_found_where_nobody_decided(library):
    first = library.video(1, "ada")
    ada = PersonId(library.who(first)[0])
    library.people.name(ada, "Ada")
    library = library.reopen(space=OTHER_SPACE)
    # A video the old model never saw comes first and founds a group without a name.
    fresh = library.video(2, "ada")
    assert library.who(fresh) != [ada]
    library.video(1, "ada")
    assert library.who(first) == library.who(fresh) == [ada]
    library.database.close()


def test_rebuilding_the_index_changes_nothing_and_it_holds_no_faces(library):
    video = library.video(1, "ada", "ben")
    library.people.name(PersonId(library.who(video)[0]), "Ada")
    before = library.store.people(), library.store.assignments(), library.store.decisions()
    index = VectorIndex(library.folder / "chroma")
    index.rebuild(library.database)
    assert index.verify(library.database) == []
    assert index.query(SPACE, library.vectors.matrix(SPACE).vectors[0], 5) == []
    index.close()
    assert before == (
        library.store.people(),
        library.store.assignments(),
        library.store.decisions(),
    )


def test_undoing_after_faces_were_found_anew_gives_nobody_a_strangers_face(library):
    video = library.video(1, "ada", "ben")
    ada, ben = map(PersonId, library.who(video))
    library.people.name(ada, "Ada")
    library.people.name(ben, "Ben")
    library.people.merge(ada, ben)
    library.video(1, "cleo", "ada", shift_ms=2_000)  # two other faces with the old numbers
    assert library.people.undo() == "merge"
    assert library.who(video)[0] != ada
    assert library.people.find("Ada").track_count <= 1
    assert library.people.find("Ben").id == ben


def test_suggestions_are_asked_until_they_are_answered(library):
    video = library.video(1, "ada", "ada", "ada", "ben")
    ada, _, _, ben = map(PersonId, library.who(video))
    library.people.name(ada, "Ada")
    library.people.name(ben, "Ben")
    assert library.people.suggestions() == []
    library.cast.alike("aunt", "ada", 0.47)
    library.cast.alike("twin", "ada", 0.47)
    shy = library.video(2, "aunt", "aunt")
    twin = library.video(3, "twin")
    asked = {each.group: each for each in library.people.suggestions() if each.person_id == ada}
    aunt, sister = map(PersonId, (library.who(shy)[0], library.who(twin)[0]))
    assert {aunt, sister} <= set(asked)
    limits = library.people._model.thresholds
    assert all(limits.suggest <= each.likeness < limits.match for each in asked.values())
    library.people.answer(asked[aunt], same=False)
    library.people.answer(asked[sister], same=True)
    assert library.who(twin) == [ada]
    assert aunt == library.who(shy)[0]
    left = [each for each in library.people.suggestions() if ada in (each.person_id, each.group)]
    assert [each.group for each in left if each.group == aunt] == []
    # A no is a decision: it outlives new vectors, and can be taken back.
    library.video(2, "aunt", "aunt", shift_ms=100)
    assert not any(each.person_id == ada for each in library.people.suggestions())
    assert list(library.people.undoable())[:2] == ["merge", "reject"]
    library.people.undo()
    assert library.who(twin) == [sister]


def test_questions_that_are_equally_likely_have_an_order(library, monkeypatch):
    """As for one face in two copies of a video."""
    video = library.video(1, "ada", "ben")
    ada = library.people.name(PersonId(library.who(video)[0]), "Ada").id
    asked = [
        Suggestion(ada, None, (TrackRef(VideoId(name), 0),), 0.4) for name in ("b" * 32, "a" * 32)
    ]
    monkeypatch.setattr(suggesting, "_groups_of_named", lambda *_: [])
    monkeypatch.setattr(suggesting, "_faces_of_named", lambda *_: list(asked))
    assert library.people.suggestions(2) == asked[::-1]


def found_anew(library, shift_ms):
    """The faces of every video, a little later and otherwise the same."""
    for number, who in ((1, ("ada", "ben", "ada")), (2, ("ada", "cleo"))):
        vectors = library.vectors.batch(VideoId(f"{number:032x}"), SPACE).vectors
        library.video(number, *who, shift_ms=shift_ms, vectors=vectors)


def test_a_step_is_taken_back_after_the_faces_were_found_anew(library):
    videos = library.video(1, "ada", "ben", "ada"), library.video(2, "ada", "cleo")
    ada, ben, _ = map(PersonId, library.who(videos[0]))
    cleo = PersonId(library.who(videos[1])[1])

    def groups():
        return [library.who(video) for video in videos]

    before = groups()
    assert before == [[ada, ben, ada], [ada, cleo]]
    for number, step in enumerate(
        (
            lambda: library.people.hide(ada),
            lambda: library.people.name(ada, "Ada"),
            lambda: library.people.merge(cleo, ada),
            lambda: library.people.split([TrackRef(videos[0], 2)]),
            lambda: library.people.confirm([TrackRef(videos[0], 1)], cleo),
        )
    ):
        step()
        found_anew(library, 150 + number)
        assert library.people.undo()
        assert groups() == before
        found_anew(library, 0)
        assert groups() == before


@pytest.mark.parametrize("space", [SPACE, OTHER_SPACE])
def test_groups_without_a_name_stay_joined_and_parted(library, space):
    video = library.video(1, "ada", "ben", "cleo", "cleo")
    ada, ben, cleo, _ = map(PersonId, library.who(video))
    library.people.merge(ada, ben)
    other = library.people.split([TrackRef(video, 3)]).id
    assert library.who(video) == [ada, ada, cleo, other]
    library = library.reopen(space)
    library.video(1, "ada", "ben", "cleo", "cleo", shift_ms=300)
    assert library.who(video) == [ada, ada, cleo, other]
    library.database.close()


def test_two_with_a_name_who_look_the_same_are_asked_about(library):
    video = library.video(1, "ada", "ben")
    library.people.name(PersonId(library.who(video)[1]), "Ben")
    first = library.people.enroll("Ada", [library.photo("a.jpg", "ada")])
    assert first.alike is None
    twice = library.people.enroll("Countess", [library.photo("b.jpg", "ada")])
    assert (twice.alike.id, twice.person.track_count) == (first.person.id, 0)
    [asked] = library.people.suggestions()
    # The one with faces is asked about, because an answer is kept by faces.
    assert (asked.person_id, asked.group) == (twice.person.id, first.person.id)
    library.people.answer(asked, same=False)
    assert library.people.suggestions() == []
    library.people.undo()
    library.people.answer(asked, same=True)
    [ben, ada] = library.people.list()
    assert (ada.name, ada.aliases, ada.track_count) == ("Countess", ("Ada",), 1)
    assert ben.name == "Ben"


def test_a_group_that_could_be_either_of_two_is_asked_about(library):
    video = library.video(1, "cleo")
    cleo = library.who(video)
    # A photo each that is equally like the group.
    vector = library.vectors.batch(video, SPACE).vectors[0]
    for name in ("Cleo", "Clea"):
        noise = library.cast.random.normal(size=len(vector))
        noise -= (noise @ vector) * vector
        face = 0.6 * vector + 0.8 * noise / np.linalg.norm(noise)
        photo = library.photo(f"{name}.jpg", name)
        [shown] = library.photos[photo.name]
        library.photos[photo.name] = [dataclasses.replace(shown, vector=face.astype(np.float32))]
    library.store.create_person("Clea")
    library.people.enroll("Clea", [Path("Clea.jpg")])
    assert library.who(video) != cleo
    library.people.undo()
    clea = library.store.find_person("Clea").id
    [shown] = library.photos["Clea.jpg"]
    library.store.add_photo(clea, shown.crop, SPACE, shown.vector)
    library.people.enroll("Cleo", [Path("Cleo.jpg")])
    assert library.who(video) == cleo
    [asked] = [each for each in library.people.suggestions() if each.group == cleo[0]]
    assert asked.likeness == pytest.approx(0.6, abs=0.01)


def test_moving_a_face_to_a_name(library):
    video = library.video(1, "ada", "ben", "cleo")
    ada, ben, _ = library.who(video)
    library.people.name(PersonId(ada), "Ada")
    moved = library.people.move([TrackRef(video, 1), TrackRef(video, 2)], "Zoe")
    assert library.who(video) == [ada, moved.id, moved.id]
    assert library.people.move([TrackRef(video, 0)], "zoe").id == moved.id
    library.people.undo()
    library.people.undo()
    assert library.who(video)[:2] == [ada, ben]
    assert library.store.find_person("Zoe") is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  은지가 \n", "은지가"),
        ("a\x00b\tc", "ab c"),
        ("\u202emoor\u202c", "moor"),
        ("A\u200bda", "Ada"),
        ("محمد علي", "محمد علي"),
        ("🙂", "🙂"),
        ("May", "May"),
        ("x" * 120, "x" * 120),
    ],
)
def test_a_name_is_kept_as_it_is_seen(library, typed, kept):
    person = library.people.name(PersonId(library.who(library.video(1, "ada"))[0]), typed)
    assert person.name == kept
    assert library.people.find(typed).id == library.people.find(kept).id == person.id


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("\u200b", "at least one letter"),
        ("...", "at least one letter"),
        ("x" * 121, "120 characters; this one has 121"),
        ("\udcff", "at least one letter"),
        ("a\udcff", "no text"),
    ],
)
def test_what_is_no_name_is_refused_in_a_sentence(library, typed, said):
    ada = PersonId(library.who(library.video(1, "ada"))[0])
    for give in (
        lambda: library.people.name(ada, typed),
        lambda: library.people.enroll(typed, [library.photo("a.jpg", "ada")]),
    ):
        with pytest.raises(UserError, match=said):
            give()
    with pytest.raises(UserError, match="Nobody is called"):
        library.people.find(typed)
    assert library.people.undoable() == ()


def test_other_names_need_a_first_one(library):
    ada = PersonId(library.who(library.video(1, "ada"))[0])
    with pytest.raises(UserError, match="no name yet"):
        library.people.alias(ada, ["에이다"])
    library.people.name(ada, "Ada")
    library.people.enroll("Ben", [library.photo("b.jpg", "ben")])
    with pytest.raises(UserError, match="called 'BEN' already"):
        library.people.alias(ada, ["에이다", "BEN"])
    assert library.people.alias(ada, ["에이다", "ADA", "에이다"]).aliases == ("에이다",)


def test_a_portrait_must_be_the_persons_own(library):
    video = library.video(1, "ada", "ben")
    ada = PersonId(library.who(video)[0])
    with pytest.raises(UserError, match="somebody else's"):
        library.people.choose_portrait(ada, TrackRef(video, 1))
    library.people.choose_portrait(ada, TrackRef(video, 0))
    assert library.store.person(ada).portrait == TrackRef(video, 0)


def test_naming_a_face_on_a_stopped_frame(library):
    video = library.video(1, "ada", "ben")
    old = library.video(2, "ada")
    ada = library.who(video)[0]
    frame = library.photo("frame.png", "ada", "dora", sizes=(0.3, 0.2))
    known, stranger = library.people.faces_in_frame(video, 1_200, frame)
    assert (known.track, known.person.id, known.sure) == (TrackRef(video, 0), ada, True)
    assert (stranger.track, stranger.person) == (None, None)
    person = library.people.name_in_frame(known, "Ada")
    assert library.who(video)[0] == library.who(old)[0] == person.id
    dora = library.people.name_in_frame(stranger, "Dora")
    assert library.people.show(dora.id).photos == 1
    assert library.who(library.video(3, "dora")) == [dora.id]
    # No track showed her there, but what was said is kept for when one does.
    assert [d.at_ms for d in library.store.decisions(video, dora.id)] == [1_200]
    named = library.people.faces_in_frame(video, 1_200, frame)
    assert [face.person.name for face in named] == ["Ada", "Dora"]
    library.people.undo()
    assert library.store.find_person("Dora") is None


def test_a_word_about_a_face_on_a_frame_is_none_about_the_track_in_its_place(library):
    video = library.video(1, "ada")
    # The model sees somebody else where Ada was followed a moment before.
    [face] = library.people.faces_in_frame(video, 1_200, library.photo("frame.png", "dora"))
    assert face.track is None
    dora = library.people.name_in_frame(face, "Dora")
    library.people.assign_all()
    assert library.who(video) != [dora.id]
    assert library.who(library.video(2, "dora")) == [dora.id]


def test_the_last_name_for_a_face_on_a_frame_counts(library):
    video = library.video(1, "ben")
    frame = library.photo("frame.png", "dora")

    def face():
        return library.people.faces_in_frame(video, 30_000, frame)[0]

    wrong = library.people.name_in_frame(face(), "Cora")
    before = (library.store.photos(), library.store.decisions())
    right = library.people.name_in_frame(face(), "Dora")
    assert [p.person_id for p in library.store.photos()] == [right.id]
    assert [d.person_id for d in library.store.decisions()] == [right.id]
    # Nobody takes her for Cora any more.
    assert library.who(library.video(2, "dora")) == [right.id]
    library.people.name_in_frame(face(), "Dora")
    assert len(library.store.photos(right.id)) == 1
    library.people.undo()
    library.people.undo()
    assert (library.store.photos(), library.store.decisions()) == before
    assert library.store.photos()[0].person_id == wrong.id


def test_a_face_that_is_not_one_of_two_is_not_both(library):
    video = library.video(1, "ada", "ada", "ben")
    ada, _, ben = map(PersonId, library.who(video))
    library.people.name(ada, "Ada")
    other = library.video(2, "ada")
    # Taken for Ada by itself; and somebody says that it is not Ben.
    assert library.who(other) == [ada]
    library.people.reject([TrackRef(other, 0)], ben)
    before = (library.store.people(), library.store.assignments(), library.store.decisions())
    library.people.merge(ada, ben)
    assert library.who(video) == [ada, ada, ada]
    assert library.who(other) != [ada]
    library.people.undo()
    now = (library.store.people(), library.store.assignments(), library.store.decisions())
    assert now == before


def test_switched_off_nobody_is_found(library):
    video = library.video(1, "ada")
    ada = PersonId(library.who(video)[0])
    library.people.name(ada, "Ada")
    library.people.enabled = False
    assert library.people.named() == ()
    assert library.people.appearances([ada]) == []
    assert library.people.suggestions() == []
    with pytest.raises(UserError, match="switched off"):
        library.people.enroll("Ben", [library.photo("b.jpg", "ben")])
    library.people.enabled = True
    assert [p.name for p in library.people.named()] == ["Ada"]


def test_two_names_in_two_scripts(library):
    ada = PersonId(library.who(library.video(1, "ada"))[0])
    assert library.people.show(ada).person.full_name is None
    library.people.name(ada, "Ada")
    assert library.people.show(ada).person.full_name == "Ada"
    person = library.people.alias(ada, ["Countess", "에이다", "백작 부인"])
    assert (person.second_name, person.full_name) == ("백작 부인", "Ada (백작 부인)")
    assert library.people.find("에이다").id == ada


def test_of_poor_faces_only_those_that_are_nearly_sure_are_asked_about(library: Library) -> None:
    photo = library.photo("ada.jpg", "ada")
    ada = library.people.enroll("Ada", [photo]).person.id
    base = library.store.photo_vectors(SPACE)[ada][0]
    across = library.cast.face("somebody")
    across = across - (across @ base) * base
    across /= np.linalg.norm(across)
    poor = np.stack([n * base + (1 - n**2) ** 0.5 * across for n in (0.45, 0.38)])
    video = library.video(1, "blur", "haze", quality=0.1, vectors=poor.astype(np.float32))
    assert library.who(video) == [None, None]
    asked = [(each.person_id, each.tracks) for each in library.people.suggestions()]
    assert asked == [(ada, (TrackRef(video, 0),))]
