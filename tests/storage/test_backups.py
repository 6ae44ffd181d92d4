"""Backups are made, proved, thinned and restored for real."""

import itertools
import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from heimdex.domain.errors import Cancelled, LibraryDamaged, UserError
from heimdex.domain.ids import VideoId
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.backups import DAMAGED, FOLDER_NAME, Backup, Backups, kept, prove
from heimdex.storage.chroma import VectorIndex
from heimdex.storage.damage import DamageMark
from heimdex.storage.database import FILE_NAME, Database
from heimdex.storage.migrations import ALL, migrate
from heimdex.storage.people import PeopleStore
from heimdex.storage.scrub import Scrubbed, automatic_copies, scrub
from heimdex.storage.upkeep import Upkeep

HOUR, DAY = 3600, 86_400
START = 1_700_000_000.0


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def name(database: Database, called: str) -> None:
    with database.write() as connection:
        connection.execute(
            "INSERT INTO people (name, name_key, created_at) VALUES (?, ?, 0)", (called, called)
        )


def names(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return [row[0] for row in connection.execute("SELECT name FROM people ORDER BY id")]
    finally:
        connection.close()


def break_in_the_middle(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as stream:
        for part in range(1, 9):
            stream.seek(size * part // 10)
            stream.write(os.urandom(3000))


def test_copies_thin_out_with_age() -> None:
    hourly = [START - n * HOUR for n in range(24 * 400)]
    left: list[float] = []
    # One copy an hour for over a year, thinned each time, as it happens in a library.
    for now in reversed(hourly):
        left = kept([*left, now], now)
    ages = [(START - at) / DAY for at in left]
    assert 15 <= len(left) <= 23
    assert ages[0] == 0
    assert sum(age < 0.25 for age in ages) >= 6
    assert sum(age < 7 for age in ages) >= 11
    assert max(ages) > 120
    # No hole larger than a month and a bit, and copies are denser the younger they are.
    holes = [later - earlier for earlier, later in itertools.pairwise(ages)]
    assert max(holes) <= 31
    assert max(holes[:5]) < 0.1


def test_a_clock_that_was_wrong_loses_no_copy() -> None:
    assert kept([START, START + 900 * DAY], START) == [START + 900 * DAY, START]
    assert kept([], START) == []


def test_a_copy_is_due_when_something_was_written_and_not_twice(
    database: Database, library: Path
) -> None:
    # A little ahead: what is written below must not count as later than the copy on a slow machine.
    clock = Clock(time.time() + 60)
    backups = Backups(library, clock)
    assert backups.is_due()
    name(database, "엄마")
    made = backups.make(database)
    assert names(made.path) == ["엄마"]
    assert not backups.is_due()
    clock.now += 2 * HOUR
    assert not backups.is_due()  # nothing was written since
    name(database, "Papa")
    os.utime(library / f"{FILE_NAME}-wal", (clock.now, clock.now))
    assert backups.is_due()
    clock.now -= 40 * DAY  # the clock jumps back: the age of the copy says nothing
    name(database, "Oma")
    os.utime(library / f"{FILE_NAME}-wal", (clock.now, clock.now))
    assert backups.is_due()
    again = backups.make(database)
    assert not backups.is_due()
    clock.now += 2 * HOUR
    os.utime(library / f"{FILE_NAME}-wal", (clock.now, clock.now))
    assert backups.is_due()
    # What was made since is newer, whatever the wrong clock wrote on the other.
    assert [each.path for each in backups.all()] == [again.path, made.path]
    if os.name != "nt":
        assert (library / FOLDER_NAME).stat().st_mode & 0o077 == 0
    assert not list((library / FOLDER_NAME).glob("*.new*"))
    assert not list((library / FOLDER_NAME).glob("*.trial*"))


@pytest.mark.parametrize("left", [None, b""])
def test_a_database_that_is_gone_is_not_taken_for_a_new_library(
    database: Database, library: Path, left: bytes | None
) -> None:
    backups = Backups(library)
    database.close()
    path = library / FILE_NAME
    kept_aside = path.read_bytes()
    path.unlink()
    backups.require_database()  # nothing was ever there
    path.write_bytes(kept_aside)
    database = Database.open(path)
    name(database, "엄마")
    backups.make(database)
    backups.require_database()
    database.close()
    path.unlink()
    if left is not None:
        path.write_bytes(left)
    with pytest.raises(LibraryDamaged, match="is gone, but there are backups"):
        backups.require_database()
    assert backups.restore().people == 1
    backups.require_database()


def test_a_damaged_library_comes_back_from_its_newest_sound_copy(
    database: Database, library: Path
) -> None:
    clock = Clock(time.time() - DAY)
    backups = Backups(library, clock)
    for number in range(3000):
        name(database, f"person {number}")
    first = backups.make(database)
    clock.now += HOUR
    name(database, "last")
    second = backups.make(database)
    database.close()
    path = library / FILE_NAME
    break_in_the_middle(path)
    break_in_the_middle(second.path)
    (library / "chroma").mkdir()
    with pytest.raises(LibraryDamaged, match="library restore"):
        Database.open(path)
    mark = DamageMark(library)
    mark.set(["row 5 missing"])
    restored = backups.restore()
    assert restored.backup == first.path
    assert restored.people == 3000
    assert restored.former is not None
    assert restored.former.exists()
    assert not mark.is_set
    assert not (library / "chroma").exists()
    again = Database.open(path)
    assert again.verify() == []
    assert len(names(path)) == 3000
    again.close()


def test_without_a_sound_copy_nothing_is_touched(library: Path) -> None:
    path = library / FILE_NAME
    path.write_bytes(b"My diary\n" * 999)
    with pytest.raises(UserError, match="no backup"):
        Backups(library).restore()
    (library / "library-v1-20260101-000000.backup").write_bytes(b"neither")
    with pytest.raises(UserError, match="library-v1"):
        Backups(library).restore()
    assert path.read_bytes().startswith(b"My diary")
    assert sorted(p.name for p in library.iterdir()) == [
        "library-v1-20260101-000000.backup",
        FILE_NAME,
    ]


def test_a_copy_of_an_earlier_schema_is_brought_up_to_date(library: Path) -> None:
    old = library / "library-v1-20260101-000000.backup"
    connection = sqlite3.connect(old, isolation_level=None)
    connection.row_factory = sqlite3.Row
    migrate(connection, old, ALL[:1])
    connection.execute("INSERT INTO people (name, name_key, created_at) VALUES ('A', 'a', 0)")
    connection.close()
    before = old.read_bytes()
    restored = Backups(library).restore()
    assert (restored.people, restored.former) == (1, None)
    database = Database.open(library / FILE_NAME)
    assert database.read().execute("PRAGMA user_version").fetchone()[0] == ALL[-1].number
    database.close()
    assert old.read_bytes() == before
    # Bringing a copy up to date leaves no further copies behind.
    assert len(list(library.glob("*.backup"))) == 1


def test_a_newer_copy_is_refused(library: Path) -> None:
    newer = library / "from-elsewhere.db"
    connection = sqlite3.connect(newer)
    connection.execute("CREATE TABLE people (name)")
    connection.execute("PRAGMA user_version = 999")
    connection.commit()
    connection.close()
    with pytest.raises(UserError, match="newer Heimdex"):
        Backups(library).restore(newer)


def test_forgetting_takes_every_copy_along(database: Database, library: Path) -> None:
    name(database, "Forget Me")
    backups = Backups(library)
    backups.make(database)
    (library / f"library-{DAMAGED}-20260101-000000.sqlite3").write_bytes(b"Forget Me")
    with database.write() as connection:
        connection.execute("DELETE FROM people")
    assert scrub(database).copies == 2
    assert automatic_copies(library) == []
    assert not [p for p in library.rglob("*") if p.is_file() and b"Forget Me" in p.read_bytes()]
    assert backups.is_due()


def test_a_copy_that_is_just_being_made_does_not_outlive_forgetting(
    database: Database, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was begun before: forgetting waits for it, and then takes it along with the others."""
    name(database, "Forget Me")
    backups = Backups(library)
    copied, go_on, ends = threading.Event(), threading.Event(), []

    def slow(backup: Path) -> None:
        copied.set()
        assert go_on.wait(10)
        prove(backup)

    def copy() -> None:
        ends.append(backups.make(database))

    def forget() -> None:
        ends.append(scrub(database))

    monkeypatch.setattr("heimdex.storage.backups.prove", slow)
    copying, forgetting = threading.Thread(target=copy), threading.Thread(target=forget)
    copying.start()
    assert copied.wait(10)
    with database.write() as connection:
        connection.execute("DELETE FROM people")
    forgetting.start()
    time.sleep(0.1)
    assert not ends
    go_on.set()
    copying.join(10)
    forgetting.join(10)
    assert isinstance(ends[0], Backup)
    assert isinstance(ends[1], Scrubbed)
    assert ends[1].copies == 1
    assert automatic_copies(library) == []
    assert not [p for p in library.rglob("*") if p.is_file() and b"Forget Me" in p.read_bytes()]


def test_a_copy_that_vanishes_under_its_maker_is_a_sentence(
    database: Database, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heimdex.storage.backups.prove", lambda backup: backup.unlink())
    with pytest.raises(UserError, match="No backup can be made"):
        Backups(library).make(database)
    monkeypatch.undo()
    Backups(library).make(database)


def test_a_restore_that_is_cut_short_leaves_a_database(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With none, the next start would begin an empty library and say nothing."""
    path = library / FILE_NAME
    database = Database.open(path)
    name(database, "kept in the log")
    Backups(library).make(database)
    name(database, "later")
    # As after a crash: what was written last is in the log alone.
    left = {end: Path(f"{path}{end}").read_bytes() for end in ("", "-wal")}
    database.close()
    for end, content in left.items():
        Path(f"{path}{end}").write_bytes(content)

    def crash(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        Backups(library).restore()
    monkeypatch.undo()
    assert names(path) == ["kept in the log", "later"]
    one = Backups(library).restore().former
    assert names(path) == ["kept in the log"]
    assert one is not None
    assert names(one) == ["kept in the log", "later"]
    two = Backups(library).restore().former
    assert two not in (None, one)
    assert names(one) == ["kept in the log", "later"]


def test_too_little_room_makes_no_copy_and_keeps_the_others(
    database: Database, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backups = Backups(library)
    first = backups.make(database)
    monkeypatch.setattr(
        "heimdex.storage.backups.shutil.disk_usage",
        lambda _: type("Usage", (), {"free": 10})(),
    )
    with pytest.raises(UserError, match="no room for a backup"):
        backups.make(database)
    assert [each.path for each in backups.all()] == [first.path]


def test_killed_while_copying_leaves_no_half_copy_that_counts(library: Path) -> None:
    database = Database.open(library / FILE_NAME)
    for number in range(2000):
        name(database, f"person {number}")
    database.close()
    program = (
        "import sys; from pathlib import Path; from heimdex.storage.backups import Backups;"
        "from heimdex.storage.database import Database; folder = Path(sys.argv[1]);"
        "database = Database.open(folder / 'library.sqlite3'); print('ready', flush=True)\n"
        "while True: Backups(folder).make(database)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(library)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.25)
    child.kill()
    child.wait()
    child.stdout.close()
    for each in Backups(library).all():
        assert len(names(each.path)) == 2000
    database = Database.open(library / FILE_NAME)
    assert database.verify() == []
    Backups(library).make(database)
    database.close()
    assert all(p.suffix == ".backup" for p in (library / FOLDER_NAME).iterdir())


def test_upkeep_checks_once_a_week_backs_up_and_never_copies_damage(
    database: Database, library: Path
) -> None:
    clock = Clock(time.time())
    index = VectorIndex(library / "chroma")
    backups = Backups(library, clock)
    upkeep = Upkeep(database, index, backups, clock)
    try:
        assert upkeep.is_due()
        looked = upkeep.look()
        assert looked.checked
        assert looked.backup is not None
        assert not looked.damaged
        assert not upkeep.is_due()
        clock.now += 8 * DAY
        assert upkeep.is_due()
        with pytest.raises(Cancelled):
            upkeep.look(lambda: True)
        assert upkeep.look().checked
        # A row that points nowhere is damage that only a backup can mend.
        connection = database.read()
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("INSERT INTO scenes VALUES ('nobody', 0, 0, 1, 0)")
        connection.execute("PRAGMA foreign_keys = ON")
        count = len(backups.all())
        clock.now += 8 * DAY
        looked = upkeep.look()
        assert looked.damaged
        assert looked.backup is None
        assert len(backups.all()) == count
        # It would find the same every five minutes.
        clock.now += 8 * DAY
        assert upkeep.damage_known
        assert not upkeep.is_due()
        # After a start it looks once more, due or not, before it makes a backup of damage.
        clock.now -= 16 * DAY
        again = Upkeep(database, index, backups, clock)
        assert again.damage_known
        assert again.is_due()
        assert again.look().damaged
        assert len(backups.all()) == count
        connection.execute("DELETE FROM scenes")
        assert again.look(full=True).checked
        assert not again.damage_known
        assert not Upkeep(database, index, backups, clock).damage_known
    finally:
        index.close()


def test_upkeep_mends_a_word_index_from_the_database(database: Database, library: Path) -> None:
    index = VectorIndex(library / "chroma")
    video = VideoId("v" * 32)
    with database.write() as connection:
        connection.execute("INSERT INTO videos VALUES (?, 0)", (video,))
        connection.execute(
            "INSERT INTO passages (video_id, idx, start_ms, end_ms, text, first_segment,"
            " last_segment) VALUES (?, 0, 0, 1, 'hello there', 0, 0)",
            (video,),
        )
    try:
        looked = Upkeep(database, index, Backups(library)).look(full=True)
        assert looked.mended == ["The index of words was damaged and has been made anew."]
        assert Upkeep(database, index, Backups(library)).look(full=True).mended == []
    finally:
        index.close()


def test_the_check_at_start_keeps_its_time(library: Path) -> None:
    database = Database.open(library / FILE_NAME)
    store = PeopleStore(database)
    assert store.note("nothing") is None
    with database.write() as connection:
        connection.executemany(
            "INSERT INTO people (name, name_key, created_at) VALUES (?, ?, 0)",
            ((f"{n}" * 20, f"{n}" * 20) for n in range(60_000)),
        )
    # It would be sound, had it been looked at to the end.
    assert not database.require_sound(0.002)
    assert database.require_sound(60)
    assert database.require_sound()
    database.close()


def test_pictures_that_a_crash_left_are_swept_away(database: Database, library: Path) -> None:
    here, gone = VideoId("a" * 32), VideoId("f" * 32)
    with database.write() as connection:
        connection.execute("INSERT INTO videos VALUES (?, 0)", (here,))
    pictures = Artefacts(library)
    for video_id in (here, gone):
        pictures.put_poster(video_id, b"\xff\xd8picture")
    index = VectorIndex(library / "chroma")
    try:
        looked = Upkeep(database, index, Backups(library)).look(full=True)
    finally:
        index.close()
    assert looked.mended == [
        "Pictures of videos that are no longer here were left and are deleted."
    ]
    assert pictures.orphans(frozenset()) == [here]
