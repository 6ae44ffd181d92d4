from pathlib import Path

import pytest

from heimdex.domain.errors import UserError
from heimdex.domain.ids import VideoId
from heimdex.storage.artefacts import Artefacts

ONE = VideoId("ab" * 16)


def test_pictures_are_where_they_are_said_to_be(library: Path) -> None:
    pictures = Artefacts(library)
    pictures.put_poster(ONE, b"poster")
    pictures.put_scenes(ONE, [b"s0", b"s1"])
    pictures.put_faces(ONE, [b"f0"])
    assert pictures.poster(ONE).read_bytes() == b"poster"
    assert pictures.scene(ONE, 1).read_bytes() == b"s1"
    assert pictures.face(ONE, 0).read_bytes() == b"f0"
    pictures.put_poster(ONE, b"")
    assert not pictures.poster(ONE).exists()
    pictures.remove(ONE)
    pictures.remove(ONE)
    assert list((library / "artefacts").rglob("*.jpg")) == []


def test_only_later_ones_of_the_same_kind_go(library: Path) -> None:
    pictures = Artefacts(library)
    pictures.put_scenes(ONE, [b"x"] * 3)
    pictures.put_faces(ONE, [b"x"] * 3)
    part = pictures.scene(ONE, 7).with_suffix(".part")
    part.write_bytes(b"left by a crash")
    pictures.keep_scenes(ONE, 1)
    assert [pictures.scene(ONE, i).exists() for i in range(3)] == [True, False, False]
    assert all(pictures.face(ONE, i).exists() for i in range(3))
    assert not part.exists()


def test_an_old_picture_survives_a_write_that_fails(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = Artefacts(library)
    pictures.put_poster(ONE, b"old")

    def no_space(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("heimdex.storage.artefacts.os.fsync", no_space)
    with pytest.raises(UserError, match="is full; free some space"):
        pictures.put_poster(ONE, b"new")
    assert pictures.poster(ONE).read_bytes() == b"old"


@pytest.mark.parametrize("bad", ["", "../../etc", "a/b", "a\\b", ".", "x" * 200])
def test_an_id_never_leads_out_of_the_library(library: Path, bad: str) -> None:
    with pytest.raises(ValueError, match="not a video id"):
        Artefacts(library).poster(VideoId(bad))


def test_pictures_nobody_knows_are_found(library: Path) -> None:
    pictures = Artefacts(library)
    assert pictures.orphans(frozenset()) == []
    pictures.put_poster(ONE, b"x")
    assert pictures.orphans(frozenset()) == [ONE]
    assert pictures.orphans(frozenset({ONE})) == []
