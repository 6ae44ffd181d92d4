"""Room, rights, damage, long use and growth, in small, and that a fault would be noticed."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from command import Command
from heimdex.cli.torture_damage import Damaged
from heimdex.cli.torture_soak import Soaked, _compare
from heimdex.cli.torture_volumes import Unsupported, require_mounts

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs signals")


def test_denied_damaged_and_used_nothing_is_lost(
    heimdex: Command, starter_models: Path, short_sample: Path, tmp_path: Path
) -> None:
    media = tmp_path / "media"
    media.mkdir()
    shutil.copy2(short_sample / "astronaut.mp4", media)
    counts = "--denials 2 --damages 2 --searches 6 --switches 4"
    done = heimdex(
        *("bench", "torture", "--media", media, "--json"),
        *("--only", "denials", "--only", "damages", "--only", "window"),
        *counts.split(),
        env={"HEIMDEX_MODELS": str(starter_models)},
        timeout=280,
    )
    assert done.code == 0, done.out + done.err
    [document] = done.json()
    denials, damages, window = (document[part] for part in ("denials", "damages", "window"))
    assert denials["lost"] == denials["unclear"] == denials["problems"] == []
    try:
        require_mounts()
    except Unsupported:
        assert denials["not_tried"]
    else:
        assert sum(denials["tried"].values()) == 2
    assert damages["unnoticed"] == damages["lost"] == damages["problems"] == []
    assert sum(damages["noticed"].values()) + sum(damages["harmless"].values()) == 2
    assert window["problems"] == []
    assert (window["searches"], window["switches"]) == (6, 4)
    if sys.platform.startswith("linux"):
        assert len(window["handles"]) == len(window["threads"]) == 5


def test_a_library_grows_under_an_open_window(heimdex: Command, starter_models: Path) -> None:
    counts = "--only soak --hours 0.05 --videos 1 --json"
    done = heimdex(
        *("bench", "torture"),
        *counts.split(),
        env={"HEIMDEX_MODELS": str(starter_models), "HEIMDEX_SAMPLE_EVERY_MS": "10000"},
        timeout=280,
    )
    assert done.code == 0, done.out + done.err
    soak = done.json()[0]["soak"]
    assert (soak["videos"], soak["hours"], soak["problems"]) == (1, 0.05, [])
    assert soak["shots"] >= 3
    assert soak["vectors"] > 10
    assert 50 < soak["window_mb"][0] < 1000


def test_growth_is_noticed() -> None:
    flat = Soaked(window_mb=[150, 200, 210, 205, 204, 210, 206, 212])
    _compare(flat)
    assert flat.is_sound
    leaking = Soaked(window_mb=[150, 200, 230, 260, 290, 320, 350, 380])
    _compare(leaking)
    assert leaking.problems == ["window grew from 245 to 365 MB"]


def test_damage_that_nobody_tells_is_a_fault() -> None:
    assert Damaged(noticed={"pictures": 3}).is_sound
    assert not Damaged(unnoticed=["pictures"]).is_sound
