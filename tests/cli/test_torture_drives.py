"""A drive that is pulled and files that are moved, in small, and that a loss would be noticed."""

import os
from pathlib import Path

import pytest

from command import Command
from heimdex.cli.mutating import shorten
from heimdex.cli.torture_drives import Pulled, _compare

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs signals")


def test_pulled_moved_and_contended_for_nothing_is_lost(
    heimdex: Command, starter_models: Path, one_clip: Path, tmp_path: Path
) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    for short in shorten(sorted(one_clip.iterdir()), clips):
        if short.suffix != ".mp4":
            short.unlink()
    counts = "--only pulls --pulls 1 --only moves --moves 200 --only owners --owners 5 --json"
    arguments = counts.split()
    done = heimdex(
        *("bench", "torture", "--media", clips, *arguments),
        env={"HEIMDEX_MODELS": str(starter_models)},
        timeout=280,
    )
    assert done.code == 0, done.out + done.err
    [document] = done.json()
    moves, pulls = document["moves"], document["pulls"]
    assert (moves["files"], moves["moves"], moves["copies_known"]) == (200, 3, 10)
    assert (moves["indexed_again"], moves["lost"], moves["doubled"]) == (0, 0, 0)
    assert moves["burst_hints"] >= 1
    owners = document["owners"]
    assert owners["asked"] == owners["told"] + owners["served"] == 5
    assert owners["told"] >= 4
    assert (owners["taken_over"], owners["problems"]) == (1, [])
    for what in ("lost", "doubled", "redone", "blamed", "problems"):
        assert pulls[what] == []
    if pulls["skipped"]:
        pytest.skip(pulls["skipped"])
    assert pulls["pulls"] == 1


def test_what_a_pull_loses_or_has_computed_twice_is_noticed() -> None:
    done = Pulled()
    before = {"file a": ("1",), "speech of 1": (), "time of speech of 1": (5, 0.1)}
    _compare(before, dict(before), before, done)
    assert done.is_sound
    _compare(before, {"file a": ("1",), "time of speech of 1": (6, 0.1)}, before, done)
    assert done.lost == ["speech of 1"]
    assert done.redone == ["time of speech of 1"]
    _compare(before, {**before, "file b": ("1",)}, before, done)
    assert done.doubled == ["file b"]
    assert not done.is_sound
