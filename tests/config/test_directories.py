import os
import stat
import sys
from pathlib import Path

import pytest

from heimdex.config.directories import PLACE_FILE, Directories, keep_place
from heimdex.domain.errors import UserError

CHECKOUT = Path(__file__).resolve().parents[2]


def test_heimdex_home_moves_everything_that_is_written(tmp_path: Path) -> None:
    found = Directories.resolve(environ={"HEIMDEX_HOME": str(tmp_path)})
    assert found.home == tmp_path
    assert found.library == tmp_path / "library"
    assert found.models == tmp_path / "models"
    assert found.logs == tmp_path / "logs"
    assert found.settings_file == tmp_path / "settings.toml"


def test_from_a_checkout_weights_are_in_it() -> None:
    found = Directories.resolve(environ={})
    assert found.models == found.manifests == CHECKOUT / "models"
    assert found.resources == CHECKOUT / "resources"
    assert CHECKOUT not in found.library.parents


def test_heimdex_models_moves_the_weights_alone(tmp_path: Path) -> None:
    environ = {"HEIMDEX_HOME": str(tmp_path), "HEIMDEX_MODELS": str(tmp_path / "weights")}
    found = Directories.resolve(environ=environ)
    assert found.models == tmp_path / "weights"
    assert found.manifests == CHECKOUT / "models"


def test_a_frozen_application_brings_its_own_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    found = Directories.resolve(environ={"HEIMDEX_HOME": str(tmp_path / "home")})
    assert found.manifests == tmp_path / "models"
    assert found.resources == tmp_path / "resources"


def test_the_library_a_person_names_wins_and_is_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = Directories.resolve(Path("my library"), {"HEIMDEX_HOME": "home"})
    assert found.library == tmp_path / "my library"
    assert found.home == tmp_path / "home"
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    if os.name != "nt":
        assert Directories.resolve(Path("~/films"), {}).library == tmp_path / "me/films"


def test_resolving_creates_nothing(tmp_path: Path) -> None:
    Directories.resolve(environ={"HEIMDEX_HOME": str(tmp_path / "home")})
    assert not (tmp_path / "home").exists()


def test_a_new_library_is_for_its_owner_alone(tmp_path: Path) -> None:
    found = Directories.resolve(environ={"HEIMDEX_HOME": str(tmp_path / "a/home")})
    found.prepare()
    found.prepare()
    assert found.library.is_dir()
    assert found.logs.is_dir()
    assert list(found.library.iterdir()) == []
    if os.name != "nt":
        assert stat.S_IMODE(found.library.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name == "nt", reason="permissions")
@pytest.mark.parametrize(
    ("holds", "mode"),
    [([], 0o700), (["library.sqlite3", "chroma"], 0o700), (["lock"], 0o700), (["x.mp4"], 0o755)],
)
def test_a_library_in_an_open_folder_is_closed(tmp_path: Path, holds: list[str], mode: int) -> None:
    """But not one that holds other things: others may be meant to see those."""
    library = tmp_path / "library"
    library.mkdir()
    library.chmod(0o755)
    for name in holds:
        (library / name).touch()
    Directories.resolve(library, {"HEIMDEX_HOME": str(tmp_path / "home")}).prepare()
    assert stat.S_IMODE(library.stat().st_mode) == mode


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("x")
    with pytest.raises(UserError, match=r"library is a file"):
        Directories.resolve(tmp_path / "library", {"HEIMDEX_HOME": str(tmp_path)}).prepare()
    deeper = Directories.resolve(tmp_path / "library/x", {"HEIMDEX_HOME": str(tmp_path)})
    with pytest.raises(UserError, match=r"library/x cannot be created"):
        deeper.prepare()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder nobody can write to")
def test_a_folder_nobody_can_write_to_is_named() -> None:
    """/proc refuses root as well."""
    with pytest.raises(UserError, match=r"/proc/heimdex.* cannot be created"):
        Directories.resolve(environ={"HEIMDEX_HOME": "/proc/heimdex"}).prepare()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_library_is_refused(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir(mode=0o500)
    with pytest.raises(UserError, match="cannot be written to"):
        Directories.resolve(library, {"HEIMDEX_HOME": str(tmp_path)}).prepare()


def test_a_library_that_was_moved_is_opened_where_it_is(tmp_path: Path) -> None:
    home, there = tmp_path / "home", tmp_path / "다른 디스크" / "library"
    environ = {"HEIMDEX_HOME": str(home)}
    keep_place(home, there)
    there.mkdir(parents=True)
    found = Directories.resolve(environ=environ)
    assert found.library == there
    found.prepare()
    there.rmdir()
    # Its drive is away: an empty library in its place would look as if all were lost.
    with pytest.raises(UserError, match=r"is not there now; connect its drive"):
        found.prepare()
    assert not there.exists()
    # Unless it never went: moving was interrupted.
    (home / "library").mkdir()
    (home / "library" / "library.sqlite3").touch()
    assert Directories.resolve(environ=environ).library == home / "library"
    named = Directories.resolve(tmp_path / "another", environ=environ)
    assert named.library == tmp_path / "another"
    keep_place(home, home / "library")
    assert Directories.resolve(environ=environ).library == home / "library"
    assert not (home / PLACE_FILE).exists()


@pytest.mark.parametrize("garbage", [b"", b"\xff\x00/x", b"relative/place\n"])
def test_a_note_that_is_no_place_is_ignored(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / PLACE_FILE).write_bytes(garbage)
    found = Directories.resolve(environ={"HEIMDEX_HOME": str(tmp_path)})
    assert found.library == tmp_path / "library"
