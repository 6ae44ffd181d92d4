"""Which face of a frame a name on the command line means."""

import numpy as np
import pytest

from heimdex.cli.output import table
from heimdex.cli.people_frames import _meant
from heimdex.domain.errors import UserError
from heimdex.domain.faces import Person, PhotoFace
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.vectors import Space, SpaceKind
from heimdex.people.frames import FrameFace

SPACE = Space(SpaceKind.FACE, "sface", "1")
ANNA = Person(PersonId(1), "Anna", ("안나",), 3, 2, None, False)
GROUP = Person(PersonId(2), None, (), 3, 2, None, False)


def face(x: float, person: Person | None = None) -> FrameFace:
    box = (x, 0.1, x + 0.2, 0.4)
    seen = PhotoFace(box, 0.9, b"", SPACE, np.zeros(4, np.float32))
    return FrameFace(VideoId("0" * 32), 5_000, seen, None, person, person is not None)


def test_the_face_that_is_meant() -> None:
    anna, stranger, group = face(0.1, ANNA), face(0.4), face(0.7, GROUP)
    assert _meant([stranger], "Ben", None, "a.mp4") is stranger
    assert _meant([anna, stranger], "Ben", None, "a.mp4") is stranger, "the only unknown one"
    assert _meant([anna, group], "Ben", None, "a.mp4") is group, "a group has no name yet"
    assert _meant([anna, stranger, group], "anna", None, "a.mp4") is anna
    assert _meant([anna, stranger], "안나", None, "a.mp4") is anna
    assert _meant([anna, stranger, group], "Ben", 3, "a.mp4") is group


def test_where_it_is_not_clear_the_faces_are_told_from_the_left() -> None:
    faces = [face(0.1, ANNA), face(0.4), face(0.7, GROUP)]
    with pytest.raises(UserError, match=r"3 faces, .*1 Anna.*, 2 not known, 3 #2.*--face"):
        _meant(faces, "Ben", None, "a.mp4 at 0:05")
    with pytest.raises(UserError, match="no face 4"):
        _meant(faces, "Ben", 4, "a.mp4 at 0:05")
    with pytest.raises(UserError, match="No face was found"):
        _meant([], "Ben", None, "a.mp4 at 0:05")


def test_columns_line_up_beside_wide_letters() -> None:
    rows = table([["NAME", "FACES"], ["오바마", "2"], ["Anna", "3"]])
    assert rows.splitlines() == ["NAME    FACES", "오바마  2", "Anna    3"]
