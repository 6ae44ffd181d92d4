"""`heimdex people suggest` as a person at a terminal answers it."""

import argparse
import builtins
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from people_library import Library

from heimdex.cli import people_doubts
from heimdex.domain.errors import UserError
from heimdex.domain.ids import PersonId


@pytest.fixture
def doubtful(library: Library, monkeypatch: pytest.MonkeyPatch) -> Library:
    """Ada is known; three videos show somebody who may be her, each somebody else."""
    ada = library.video(1, "ada", "ada", "ada")
    library.people.name(PersonId(library.who(ada)[0] or 0), "Ada")
    for number, who in enumerate(("aunt", "twin", "niece"), 2):
        library.cast.alike(who, "ada", 0.47)
        library.video(number, who, who)

    @contextmanager
    def opened(options: argparse.Namespace) -> Iterator[Library]:
        yield library

    monkeypatch.setattr(people_doubts, "opened", opened)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    return library


def ask(monkeypatch: pytest.MonkeyPatch, *answers: str) -> int:
    waiting = list(answers)
    monkeypatch.setattr(builtins, "input", lambda prompt: waiting.pop(0))
    code = people_doubts.suggest_(argparse.Namespace(n=20, json=False))
    assert waiting == []
    return code


def test_each_answer_does_what_it_says(
    doubtful: Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = doubtful.people.find("Ada")
    asked = [s for s in doubtful.people.suggestions() if s.person_id == ada.id]
    assert len(asked) == 3
    # Yes on a Korean keyboard, no, skip.
    assert ask(monkeypatch, "ㅛ", "n", "s", *["s"] * (len(doubtful.people.suggestions()) - 3)) == 0
    assert "2 answers kept" in capsys.readouterr().out
    owners = doubtful.store.assignments()
    assert all(owners[ref].person_id == ada.id for ref in asked[0].tracks)
    assert all(owners[ref].person_id == asked[2].group for ref in asked[2].tracks)
    left = [s for s in doubtful.people.suggestions() if ada.id in (s.person_id, s.group)]
    assert asked[1].group not in {s.group for s in left}
    assert list(doubtful.people.undoable())[:2] == ["reject", "merge"]


def test_quitting_leaves_the_rest(
    doubtful: Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = doubtful.store.assignments()
    assert ask(monkeypatch, "q") == 0
    assert "0 answers kept" in capsys.readouterr().out
    assert doubtful.store.assignments() == before


def test_two_are_kept_apart_by_the_faces_of_whoever_has_any(doubtful: Library) -> None:
    people = doubtful.people
    ada = people.find("Ada")
    # No video shows Zoe: it is Ada's faces of which it is kept that they are not hers.
    people.enroll("Zoe", [doubtful.photo("zoe.jpg", "zoe")])
    zoe = people.find("Zoe")
    assert zoe.track_count == 0
    people.keep_apart(ada.id, zoe.id)
    said = [d.person_id for d in doubtful.store.decisions(person_id=zoe.id)]
    assert len(said) == ada.track_count > 0
    people.undo()
    assert not doubtful.store.decisions(person_id=zoe.id)
    people.enroll("Eva", [doubtful.photo("eva.jpg", "eva")])
    for other in (people.find("Eva").id, zoe.id):
        with pytest.raises(UserError, match="kept by faces"):
            people.keep_apart(zoe.id, other)


def test_who_is_most_alike_comes_first(doubtful: Library) -> None:
    people = doubtful.people
    people.enroll("Zoe", [doubtful.photo("zoe.jpg", "zoe")])
    ada, zoe = people.find("Ada"), people.find("Zoe")
    hidden = next(p for p in people.list() if p.name is None)
    people.hide(hidden.id)
    order = [p.id for p in people.by_likeness(ada.id)]
    alike = {p.id for p in people.list() if p.name is None}
    assert alike
    assert set(order[:-1]) == alike
    assert order[-1] == zoe.id


def test_a_photo_is_taken_away_with_whom_it_alone_made_known(library: Library) -> None:
    people = library.people
    video = library.video(1, "ada", "ben", "ben")
    people.enroll("Ada", [library.photo("a.jpg", "ada"), library.photo("wrong.jpg", "ben")])
    ada = people.find("Ada")
    before = library.who(video)
    assert before == [ada.id] * 3
    right, wrong = people.photos(ada.id)
    people.remove_photos(ada.id, [wrong.id])
    assert [photo.id for photo in people.photos(ada.id)] == [right.id]
    now = library.who(video)
    assert now[0] == ada.id
    assert now[1] == now[2] != ada.id
    with pytest.raises(UserError, match="not there any more"):
        people.remove_photos(ada.id, [right.id, wrong.id])
    assert people.undoable() == ("photo", "enroll")
    library = library.reopen()
    assert library.people.undo() == "photo"
    assert library.who(video) == before
    assert [photo.crop for photo in library.people.photos(ada.id)] == [right.crop, wrong.crop]
    library.database.close()
