"""Disks that are full, folders that may not be written, second owners: said, and nothing lost."""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from heimdex.cli.torture_volumes import Unsupported, tmpfs
from heimdex.domain.errors import UserError
from heimdex.storage.backups import Backups
from heimdex.storage.database import FILE_NAME, Database
from heimdex.storage.lock import LibraryLock

pytestmark = pytest.mark.skipif(os.name == "nt", reason="limits of a process")

WRITE = """
import resource, signal, sys
from pathlib import Path
from heimdex.domain.errors import UserError
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.backups import Backups
from heimdex.storage.database import Database
folder, limit = Path(sys.argv[1]), int(sys.argv[2])
database = Database.open(folder / "library.sqlite3")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
number, said = 0, ""
try:
    while number < 100_000:
        with database.write() as connection:
            for _ in range(50):
                number += 1
                connection.execute(
                    "INSERT INTO people (name, name_key, created_at) VALUES (?1, ?1, 0)",
                    (f"person {number} " + "x" * 500,),
                )
        print("kept", number, flush=True)
except UserError as error:
    print("said", error, flush=True)
for what in (
    lambda: Artefacts(folder).put_poster("v" * 32, b"x" * (limit + 1)),
    lambda: Backups(folder).make(database),
):
    try:
        what()
    except UserError as error:
        print("said", error, flush=True)
# Room again: everything goes on in the same process.
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with database.write() as connection:
    connection.execute("INSERT INTO people (name, name_key, created_at) VALUES ('last', 'last', 0)")
Backups(folder).make(database)
print("cured", database.verify(), flush=True)
database.close()
"""


@pytest.mark.parametrize("limit", [400_000, 1_000_000, 3_000_000])
def test_no_room_in_the_middle_of_any_write(library: Path, limit: int) -> None:
    Database.open(library / FILE_NAME).close()
    done = subprocess.run(
        [sys.executable, "-c", WRITE, str(library), str(limit)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    kept = max([int(line.split()[1]) for line in lines if line.startswith("kept")], default=0)
    said = [line for line in lines if line.startswith("said")]
    # The database itself may still be small enough to be copied when its log is not.
    assert len(said) >= 2, done.stdout
    assert all(str(library) in line for line in said)
    assert lines[-1] == "cured []"
    database = Database.open(library / FILE_NAME)
    count = database.read().execute("SELECT count(*) FROM people").fetchone()[0]
    assert count == kept + 1  # what was said to be kept, and nothing of what failed
    database.close()
    assert Backups(library).all()


PLAIN = """
import sys
from pathlib import Path
from heimdex.domain.errors import UserError
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.backups import Backups
from heimdex.storage.database import Database
from heimdex.storage.lock import LibraryLock
folder, database = Path(sys.argv[1]), None
def write():
    with database.write() as connection:
        connection.execute(
            "INSERT INTO people (name, name_key, created_at) VALUES ('late', 'late', 0)"
        )
def attempt(what):
    try:
        what()
        print("did", flush=True)
    except UserError as error:
        print("said", error, flush=True)
print("ready", flush=True)
for line in sys.stdin:
    match line.strip():
        case "lock": attempt(lambda: LibraryLock(folder).acquire())
        case "open":
            def begin():
                global database
                database = Database.open(folder / "library.sqlite3")
            attempt(begin)
        case "write": attempt(write)
        case "picture": attempt(lambda: Artefacts(folder).put_poster("v" * 32, b"x"))
        case "backup": attempt(lambda: Backups(folder).make(database))
"""


class Plain:
    """A program without the rights of root: what is forbidden is forbidden."""

    def __init__(self, library: Path) -> None:
        prefix: list[str] = []
        if os.geteuid() == 0:
            if shutil.which("setpriv") is None:
                pytest.skip("root may write everywhere, and cannot give that up here")
            prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        self.child = subprocess.Popen(
            [*prefix, sys.executable, "-c", PLAIN, str(library)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self("") == "ready\n"

    def __call__(self, order: str) -> str:
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        if order:
            print(order, file=self.child.stdin, flush=True)
        return self.child.stdout.readline()

    def __enter__(self) -> "Plain":
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self.child.stdin, self.child.stdout):
            if stream is not None:
                stream.close()
        self.child.wait(10)


def test_a_library_that_is_read_only_is_said_and_opens_when_cured(library: Path) -> None:
    Database.open(library / FILE_NAME).close()
    library.chmod(0o500)
    try:
        with Plain(library) as plain:
            # The file of the lock is not there yet and cannot be made.
            assert plain("lock") == (
                f"said The library {library} cannot be opened (Permission denied); check that the "
                "folder exists and that you may write to it.\n"
            )
            said = plain("open")
            assert said.startswith("said")
            assert str(library) in said
            library.chmod(0o700)
            assert [plain(each) for each in ("lock", "open", "write")] == ["did\n"] * 3
    finally:
        library.chmod(0o700)


@pytest.mark.parametrize("stuck", [False, True])
def test_a_database_file_that_is_read_only_is_said_and_opens_when_cured(
    library: Path, stuck: bool
) -> None:
    """SQLite would leave files beside it that can never be written to: an earlier Heimdex did."""
    path = library / FILE_NAME
    Database.open(path).close()
    path.chmod(0o400)
    if stuck:
        Path(f"{path}-shm").touch(0o400)
        Path(f"{path}-wal").touch(0o400)
    with Plain(library) as plain:
        assert plain("open") == (
            f"said The library {library} cannot be written to; change its permissions or choose "
            "another place.\n"
        )
        path.chmod(0o600)
        assert [plain(each) for each in ("lock", "open", "write")] == ["did\n"] * 3


def test_rights_that_are_lost_in_the_middle_are_said_and_nothing_is_damaged(library: Path) -> None:
    with Plain(library) as plain:
        assert [plain(each) for each in ("lock", "open")] == ["did\n"] * 2
        library.chmod(0o500)
        try:
            for order in ("picture", "backup"):
                said = plain(order)
                assert said.startswith("said")
                assert str(library) in said
        finally:
            library.chmod(0o700)
        assert [plain(each) for each in ("picture", "write", "backup")] == ["did\n"] * 3
    database = Database.open(library / FILE_NAME)
    assert database.verify() == []
    assert database.read().execute("SELECT name FROM people").fetchone()["name"] == "late"
    database.close()
    [copy] = Backups(library).all()
    assert copy.path.stat().st_mode & 0o077 == 0


def test_a_disk_without_room_for_a_byte_is_called_full(tmp_path: Path) -> None:
    """A real one, in memory: the lock holds, and the sentence names the right trouble."""
    place = tmp_path / "small disk"
    with ExitStack() as disk:
        try:
            disk.enter_context(tmpfs(place, 4))
        except Unsupported as why:
            pytest.skip(str(why))
        Database.open(place / FILE_NAME).close()
        with (place / "ballast").open("wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, shutil.disk_usage(place).free)
        with LibraryLock(place) as lock:
            with pytest.raises(UserError, match="is full"):
                Database.open(place / FILE_NAME)
            with pytest.raises(UserError, match="in use by another process"):
                LibraryLock(place).acquire()
            assert lock.owner() is None
        (place / "ballast").unlink()
        with LibraryLock(place):
            database = Database.open(place / FILE_NAME)
            assert database.verify() == []
            database.close()


def test_the_second_owner_is_told_and_a_stale_lock_is_taken_over(library: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from heimdex.storage.lock import LibraryLock;"
        "LibraryLock(Path(sys.argv[1])).acquire(); print('held', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(library)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    with pytest.raises(UserError, match=f"process {child.pid}"):
        LibraryLock(library).acquire()
    child.kill()
    child.wait()
    child.stdout.close()
    with LibraryLock(library):
        assert (library / "lock").read_text().splitlines()[0] == str(os.getpid())


def test_handles_and_threads_stay_flat_over_many_reads(library: Path) -> None:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("no /proc")
    program = (
        "import os, sys, threading; from pathlib import Path\n"
        "from heimdex.storage.database import Database\n"
        "database = Database.open(Path(sys.argv[1]) / 'library.sqlite3')\n"
        "def once():\n"
        "    t = threading.Thread(target=lambda: database.read().execute('SELECT 1').fetchone())\n"
        "    t.start(); t.join()\n"
        "for _ in range(20): once()\n"
        "before = len(os.listdir('/proc/self/fd')), threading.active_count()\n"
        "for _ in range(300): once()\n"
        "print(before == (len(os.listdir('/proc/self/fd')), threading.active_count()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(library)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.stdout == "True\n", done.stderr
