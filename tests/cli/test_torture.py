"""The torture in small, and that it would notice what it looks for."""

import os
import random
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

from command import Command, Indexed
from heimdex.cli.mutating import mutate, shorten
from heimdex.cli.torture_files import Fed, _is_clear
from heimdex.cli.torture_kills import Killed, _compare, _compare_all, _compare_names, kill
from heimdex.cli.torture_moves import Moved
from heimdex.cli.torture_running import Ended, Outcome, finish, start
from heimdex.storage.database import FILE_NAME, Database

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs signals")


def test_killed_nothing_is_lost(
    clip_library: Indexed, starter_models: Path, tmp_path: Path
) -> None:
    shutil.copytree(clip_library.library, tmp_path / "indexed")
    done = kill(tmp_path, clip_library.videos, 3, random.Random(1))  # noqa: S311
    assert done.faults == {}
    assert done.landed["naming"] == 1
    assert done.names > 0
    assert done.landed["program"] + done.landed["host"] >= 1


def test_fed_with_broken_files_it_goes_on(
    heimdex: Command, starter_models: Path, one_clip: Path
) -> None:
    models = {"HEIMDEX_MODELS": str(starter_models)}
    parts = "--only files --files 21 --json".split()
    done = heimdex("bench", "torture", "--media", one_clip, *parts, env=models, timeout=280)
    assert done.code == 0, done.out + done.err
    [document] = done.json()
    files = document["files"]
    assert document["kills"] is None
    assert files["files"] == 21
    assert files["failed"] >= 3
    assert files["indexed"] >= 3
    assert files["left"] == 0
    assert files["peak_mb"] < 3000
    assert files["slowest_s"] < 60
    assert files["changed"] == files["unclear"] == files["problems"] == []


def test_every_kind_of_broken_file_is_made(sample_media: Path, tmp_path: Path) -> None:
    bases, broken = tmp_path / "bases", tmp_path / "broken"
    bases.mkdir()
    broken.mkdir()
    short = shorten(sorted(sample_media.glob("*.mp4"))[:1], bases)
    made = mutate(short, broken, 42, seed=3)
    assert len({kind for kind, _ in made}) == 21
    assert all(os.path.lexists(path) for _, path in made)
    assert len({path for _, path in made}) == 42
    again = tmp_path / "again"
    again.mkdir()
    same = mutate(short, again, 42, seed=3)
    contents = [
        (one.read_bytes(), other.read_bytes())
        for (kind, one), (_, other) in zip(made, same, strict=True)
        if kind not in ("pipe", "loop of links", "negative packets")
    ]
    assert all(one == other for one, other in contents)


def test_what_is_lost_or_computed_twice_is_noticed() -> None:
    done = Killed()
    before = {"file a": ("1",), "speech of 1": (), "time of speech of 1": (5, 0.1)}
    _compare(before, dict(before), done)
    _compare_all(dict(before), before, done)
    assert done == Killed()
    _compare(before, {"file a": ("1",), "time of speech of 1": (6, 0.1)}, done)
    assert done.lost == ["speech of 1"]
    assert done.redone == ["time of speech of 1"]
    _compare_all({**before, "file b": ("1",)}, before, done)
    assert done.doubled == ["file b"]


def test_a_name_that_was_kept_and_is_gone_is_noticed(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    database = Database.open(library / FILE_NAME)
    with database.write() as connection:
        connection.executemany(
            "INSERT INTO people (id, name, name_key, created_at) VALUES (?, ?, ?, 0)",
            [(1, "second", "second"), (2, "old", "old")],
        )
    database.close()
    log = tmp_path / "log"
    log.write_text("wants\t1\tfirst\nnamed\t1\tfirst\nwants\t1\tsecond\n")
    done = Killed()
    assert _compare_names(library, log, done) == 1
    assert done.lost == []
    log.write_text("wants\t2\tnew\nnamed\t2\tnew\n")
    _compare_names(library, log, done)
    assert len(done.lost) == 1
    with sqlite3.connect(library / FILE_NAME) as raw:
        assert raw.execute("SELECT count(*) FROM people").fetchone()[0] == 2
    raw.close()


def test_a_reason_is_a_sentence_that_a_person_understands() -> None:
    assert _is_clear("clip.mp4 is empty (0 bytes); copy or download it again.")
    assert not _is_clear("An internal error (KeyError); the log has the details.")
    assert not _is_clear("[Errno 12] Cannot allocate memory.")


def test_every_part_is_judged_by_what_it_must_not_find() -> None:
    assert Outcome().is_sound
    assert Outcome(problems=["one"]).faults == {"problems": ["one"]}
    assert Moved(files=9, moves=3).is_sound
    assert Moved(lost=1).faults == {"lost": 1}
    assert not Fed(left=1).is_sound
    assert not Killed(redone=["speech of 1"]).is_sound


def test_a_refusal_is_no_crash_and_a_crash_no_refusal(tmp_path: Path) -> None:
    def end(code: str, longest_s: float = 60.0) -> Ended:
        child = start(None, program=[sys.executable, "-c", f"import os, sys, time; {code}"])
        return finish(child, longest_s)

    refused = end("print('heimdex: The disk is full.', file=sys.stderr); sys.exit(1)")
    assert (refused.crash, refused.refusal) == ("", "heimdex: The disk is full.")
    assert end("print('done')").out == "done\n"
    assert "Traceback" in end("1 / 0").crash
    assert "ended with -9" in end("os.kill(os.getpid(), 9)").crash
    assert end("time.sleep(60)", 0.2).crash == "hung and was killed"
