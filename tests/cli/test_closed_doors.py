"""A day of use opens no door: no network, no shell, nothing unpickled, originals untouched, a log
without words or names, a library that is nobody else's; and a door that is opened is noticed."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from heimdex.cli import torture_calls, torture_doorkeeper
from heimdex.cli.torture_doors import (
    SITE,
    Opened,
    _look_for_words,
    open_doors,
    open_to_others,
    read_calls,
    read_notes,
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="permissions")


def test_a_day_of_use_opens_no_door(starter_models: Path, one_clip: Path, tmp_path: Path) -> None:
    done = open_doors(tmp_path, one_clip, 1, random.Random(1))  # noqa: S311
    assert done.faults == {}
    assert done.commands >= 20
    assert done.processes["index"] == done.processes["window"] == 1
    assert done.processes["query"] >= 2
    assert (done.originals, done.folder_mode) == (3, "0700")
    assert done.forbidden > 10
    assert done.log_lines > 5
    assert done.library_files > 10


TRIES = """
import os, pickle, socket, subprocess, sys
from heimdex.cli.torture_doorkeeper import DoorClosed
for way in (socket.create_connection, socket.socket().connect):
    try:
        way(("192.0.2.1", 9))
    except DoorClosed:
        pass
    else:
        sys.exit("it got out")
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
pickle.loads(pickle.dumps({"plain": 1}))
pickle.loads(pickle.dumps(OSError))
os.system("true")
subprocess.run(["/bin/sh", "-c", "true"])
subprocess.run([sys.executable, "-c", ""])
"""


@pytest.fixture
def tried(tmp_path: Path) -> tuple[list[str], list[str]]:
    """What a process is noted for that tries every door: by itself, and by the kernel."""
    (tmp_path / "sitecustomize.py").write_text(SITE)
    notes, calls = tmp_path / "notes", tmp_path / "calls"
    subprocess.run(
        [*torture_calls.watcher(calls), sys.executable, "-c", TRIES],
        env=os.environ | {torture_doorkeeper.LOG: str(notes), "PYTHONPATH": str(tmp_path)},
        check=True,
    )
    seen = calls.read_text().splitlines() if calls.exists() else []
    return notes.read_text("utf-8").splitlines(), seen


def test_a_process_that_opens_doors_is_noticed(tried: tuple[list[str], list[str]]) -> None:
    done = Opened()
    read_notes(tried[0], done)
    assert done.processes == {"program": 2}
    assert done.outside == ["192.0.2.1 port 9 by program"]
    assert done.look_ups == ["'192.0.2.1' by program"]
    assert done.inside >= 1
    assert done.shells == ["sh by program", "sh by program"]
    assert [what.partition(" ")[0] for what in done.unpickled].count("pickle.loads") == 2
    assert "builtins.OSError by program" in done.unpickled
    assert set(done.faults) == {"outside", "look_ups", "shells", "unpickled"}


def test_what_is_no_python_is_seen_from_outside(tried: tuple[list[str], list[str]]) -> None:
    if not tried[1]:
        pytest.skip("strace is not there or not allowed")
    done = Opened()
    read_calls(tried[1], done)
    # The audit hook refuses before the kernel is asked: what is seen is what got by it.
    assert done.programs["sh"] == 2
    assert done.shells == ["sh, 2 times"]
    assert done.inside >= 1


def test_every_kind_of_call_is_read() -> None:
    lines = [
        "7 socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3",
        '7 connect(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 9) = -1 ENOENT (No such file)',
        '8 connect(4, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.7")}, '
        "16 <unfinished ...>",
        '8 sendto(5, "..", 2, 0, {sa_family=AF_INET, sin_port=htons(53), '
        'sin_addr=inet_addr("192.0.2.53")}, 16) = 2',
        '8 connect(4, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 1',
        "9 connect(4, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), "
        'inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = 0',
        '9 execve("/usr/local/bin/sh", ["sh", "-c", "true"], 0x7f /* 3 vars */) = -1 ENOENT (No)',
        '9 execve("/bin/sh", ["sh", "-c", "true"], 0x7ffd /* 39 vars */) = 0',
        '9 sendto(6, "..", 2, 0, NULL, 0) = 2',
        "9 +++ exited with 0 +++",
    ]
    calls = torture_calls.read(lines)
    assert calls.inside == 3
    assert dict(calls.outside) == {
        "connect INET to 192.0.2.7 port 443": 1,
        "sendto INET to 192.0.2.53 port 53": 1,
        "connect INET6 to 2001:db8::1 port 443": 1,
    }
    assert calls.look_ups == 1
    assert dict(calls.programs) == {"sh": 1}


def test_what_others_may_read_is_found(tmp_path: Path) -> None:
    library = tmp_path / "library"
    (library / "artefacts").mkdir(parents=True)
    for name in ("library.sqlite3", "artefacts/poster.jpg"):
        (library / name).touch(0o600)
    library.chmod(0o755)
    (library / "artefacts").chmod(0o755)
    assert list(open_to_others(library)) == []
    (library / "artefacts" / "poster.jpg").chmod(0o644)
    assert list(open_to_others(library)) == [library / "artefacts" / "poster.jpg"]
    library.chmod(0o700)
    assert list(open_to_others(library)) == []


def test_a_word_or_name_in_the_log_is_found() -> None:
    done = Opened()
    text = "INFO indexing 바다 영상.mp4\nINFO she was the First\n Woman\n"
    _look_for_words(text, ["바다 영상.mp4", "first woman", "space shuttle"], done)
    assert (done.forbidden, done.told) == (3, ["first woman", "바다 영상.mp4"])
