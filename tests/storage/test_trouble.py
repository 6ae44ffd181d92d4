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


def test_a_folder_that_became_read_only_is_said_and_goes_on_when_cured(library: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    database = Database.open(library / FILE_NAME)
    database.close()
    library.chmod(0o500)
    try:
        with pytest.raises(UserError, match=str(library)):
            LibraryLock(library).acquire()
    finally:
        library.chmod(0o700)
    with LibraryLock(library):
        Database.open(library / FILE_NAME).close()


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
