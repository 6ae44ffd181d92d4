"""An edited file is a new version: what people said about the old one holds where it still fits."""

import pytest
from people_library import OTHER_SPACE

from heimdex.domain.faces import DecisionKind, TrackRef
from heimdex.domain.ids import PersonId, VideoId


def pending(library) -> int:
    rows = library.database.read().execute(
        "SELECT (SELECT count(*) FROM inherited_tracks) + (SELECT count(*) FROM inherited_words)"
    )
    return rows.fetchone()[0]


def named(library, video: VideoId, track: int, name: str) -> PersonId:
    person = PersonId(library.who(video)[track])
    library.people.name(person, name)
    return person


@pytest.mark.parametrize(
    ("keep", "shift_ms"),
    [
        ((0, 1, 2), 0),  # encoded anew, or with another title
        ((0, 1), 0),  # the end was cut off
        ((1, 2), -5_000),  # the beginning was
        ((0, 1, 2), 12_000),  # something was put in front
        ((2,), -10_000),
    ],
)
def test_names_are_kept(library, keep, shift_ms) -> None:
    old = library.video(1, "ada", "ben", "cleo")
    people = [named(library, old, at, name) for at, name in enumerate(("Ada", "Ben", "Cleo"))]
    new = library.edited(2, old, keep, shift_ms)
    assert library.catalogue.video(old) is None
    assert library.who(new) == [people[at] for at in keep]
    assert {decision.person_id for decision in library.store.decisions(new)} == {
        people[at] for at in keep
    }
    assert pending(library) == 0
    # It is as if it had been said about the new version: another search for faces keeps it.
    library.people.assign_new(new)
    assert library.who(new) == [people[at] for at in keep]


def test_a_piece_cut_out_of_the_middle(library) -> None:
    old = library.video(1, "ada", "ben", "cleo", "dora", "eve")
    people = library.who(old)
    for at, name in enumerate(("Ada", "Ben", "Cleo", "Dora", "Eve")):
        named(library, old, at, name)
    # Two versions in a row: what is left of the middle moves up.
    shorter = library.edited(2, old, (0, 1, 3, 4))
    assert library.who(shorter) == [people[at] for at in (0, 1, 3, 4)]
    again = library.edited(3, shorter, (2, 3), -10_000)
    assert library.who(again) == [people[at] for at in (3, 4)]


def test_another_recording_under_the_same_name_inherits_nothing(library) -> None:
    old = library.video(1, "ada", "ben")
    ada = named(library, old, 0, "Ada")
    new = library.video(2, "cleo", "dora", file="1.mp4")
    assert ada not in library.who(new)
    assert library.store.decisions(new) == []
    assert pending(library) == 0
    # Whoever was named is still known by name, only not in this video.
    assert library.people.find("Ada").id == ada


def test_groups_without_a_name_keep_their_number(library) -> None:
    old = library.video(1, "ada", "ben")
    before = library.who(old)
    library.catalogue.put_file(library.folder / "1.mp4", VideoId("f" * 32), None, 3, 3)
    # Other videos are sorted before the new version has its turn.
    library.video(5, "cleo")
    assert {PersonId(each) for each in before} <= {p.id for p in library.people.list()}


def test_who_it_is_not_and_the_portrait_are_kept(library) -> None:
    old = library.video(1, "ada", "ben")
    ada = named(library, old, 0, "Ada")
    library.people.reject([TrackRef(old, 1)], ada)
    library.people.choose_portrait(ada, TrackRef(old, 0))
    new = library.edited(2, old, (1, 0), 0)
    kinds = {(d.kind, d.person_id) for d in library.store.decisions(new)}
    assert (DecisionKind.IS_NOT, ada) in kinds
    assert library.people.find("Ada").portrait == TrackRef(new, 1)


def test_edited_twice_before_it_was_looked_at(library) -> None:
    old = library.video(1, "ada")
    ada = named(library, old, 0, "Ada")
    batch = library.vectors.batch(old, library.space).vectors
    library.catalogue.put_file(library.folder / "1.mp4", VideoId("e" * 32), None, 2, 2)
    assert library.catalogue.video(old) is None
    assert pending(library) == 2
    new = library.video(3, "ada", file="1.mp4", vectors=batch)
    assert library.who(new) == [ada]
    assert pending(library) == 0


def test_a_new_file_beside_one_that_is_missing(library) -> None:
    """As after an edit together with another name: both may be the same recording or not."""
    old = library.video(1, "ada", "ben")
    ada = named(library, old, 0, "Ada")
    library.people.reject([TrackRef(old, 1)], ada)
    batch = library.vectors.batch(old, library.space).vectors
    for number in (2, 3):
        library.catalogue.put_file(
            library.folder / f"{number}.mp4", VideoId(f"{number:032x}"), None, 1, 1
        )
        library.catalogue.hand_on(old, VideoId(f"{number:032x}"))
    edited = library.video(2, "ada", "ben", vectors=batch)
    other = library.video(3, "cleo", "dora")
    kinds = {(d.kind, d.person_id) for d in library.store.decisions(edited)}
    assert (DecisionKind.IS_NOT, ada) in kinds
    assert library.who(edited)[0] == ada
    assert library.store.decisions(other) == []
    # It may come back, with all that was said about it.
    assert library.who(old)[0] == ada
    assert {d.kind for d in library.store.decisions(old)} == {
        d.kind for d in library.store.decisions(edited)
    }
    assert pending(library) == 0


def test_a_copy_that_is_left_keeps_its_own(library) -> None:
    old = library.video(1, "ada")
    ada = named(library, old, 0, "Ada")
    batch = library.vectors.batch(old, library.space).vectors
    library.catalogue.put_file(library.folder / "copy.mp4", old, None, 1, 1)
    new = library.video(2, "ada", file="copy.mp4", vectors=batch)
    assert library.who(old) == library.who(new) == [ada]


def test_an_export_beside_the_file_that_takes_its_name_later(library) -> None:
    old = library.video(1, "ada", "ben", "cleo")
    ada, ben = named(library, old, 0, "Ada"), named(library, old, 1, "Ben")
    batch = library.vectors.batch(old, library.space).vectors
    new = library.video(2, "ada", "ben", "cleo", file="export.mp4", vectors=batch)
    # Said about the export itself: that counts for more.
    library.people.move([TrackRef(new, 1)], "Bob")
    library.catalogue.put_file(library.folder / "1.mp4", new, None, 2, 2)
    assert library.catalogue.video(old) is None
    library.people.assign_new(new)
    assert pending(library) == 0
    decided = {d.at_ms: d.person_id for d in library.store.decisions(new)}
    assert decided[1_000] == ada
    assert ben not in decided.values()
    assert library.who(new)[1] == library.people.find("Bob").id


def test_a_known_video_that_is_put_over_a_copy_inherits_nothing(library) -> None:
    one, other = library.video(1, "ada"), library.video(2, "ben")
    named(library, one, 0, "Ada")
    library.catalogue.put_file(library.folder / "copy.mp4", one, None, 1, 1)
    library.catalogue.put_file(library.folder / "1.mp4", other, None, 2, 2)
    assert library.catalogue.video(one) is not None
    assert pending(library) == 0


def test_whoever_is_forgotten_is_not_inherited(library) -> None:
    old = library.video(1, "ada", "ben")
    ada = named(library, old, 0, "Ada")
    library.catalogue.put_file(library.folder / "1.mp4", VideoId("d" * 32), None, 2, 2)
    assert pending(library) == 3
    library.people.forget(ada)
    assert pending(library) == 1
    library.people.erase_everything()
    assert pending(library) == 0


def test_a_merge_and_an_undo_in_between(library) -> None:
    old = library.video(1, "ada", "ben")
    other = library.video(7, "cleo")
    ada, cleo = named(library, old, 0, "Ada"), named(library, other, 0, "Cleo")
    batch = library.vectors.batch(old, library.space).vectors
    library.people.hide(cleo, True)
    library.catalogue.put_file(library.folder / "1.mp4", VideoId("c" * 32), None, 2, 2)
    library.people.merge(cleo, ada)
    library.people.undo()
    new = library.video(3, "ada", "ben", file="1.mp4", vectors=batch)
    assert library.who(new)[0] == ada
    # A step from before the edit that is undone after it takes nothing along.
    library.people.undo()
    assert library.who(new)[0] == ada


def test_with_another_model_in_between_nothing_is_guessed(library) -> None:
    old = library.video(1, "ada")
    named(library, old, 0, "Ada")
    library.catalogue.put_file(library.folder / "1.mp4", VideoId("b" * 32), None, 2, 2)
    later = library.reopen(OTHER_SPACE)
    new = later.video(3, "somebody", file="1.mp4")
    assert later.store.decisions(new) == []
    assert pending(later) == 0
