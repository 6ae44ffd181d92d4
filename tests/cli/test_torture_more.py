"""Room, rights, damage, long use and growth, in small, and that a fault would be noticed."""

import os
import random
import shutil
import sys
from pathlib import Path

import pytest

from command import Indexed
from heimdex.cli import torture_room, torture_window
from heimdex.cli.torture_damage import Damaged, damage
from heimdex.cli.torture_soak import Soaked, _compare, soak

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs signals")


@pytest.fixture
def folder(clip_library: Indexed, starter_models: Path, tmp_path: Path) -> Path:
    """Where the torture works, with a library that is indexed already."""
    shutil.copytree(clip_library.library, tmp_path / "indexed")
    return tmp_path


def test_what_is_denied_is_said_and_nothing_is_lost(
    folder: Path, clip_library: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = ("full: name", "full: window", "forbidden")
    monkeypatch.setattr(torture_room, "_KINDS", {k: torture_room._KINDS[k] for k in kinds})
    done = torture_room.deny(folder, clip_library.videos, 3, random.Random(4))  # noqa: S311
    if done.not_tried:
        pytest.skip(done.not_tried)
    assert done.is_sound, done
    assert done.tried == dict.fromkeys(kinds, 1)
    assert done.failed["forbidden"] == 1
    # Of opening, adding, indexing, naming, a search, subtitles, a setting and the look; what is
    # small may find room in what SQLite has claimed already.
    assert 6 <= done.failed["full: window"] <= 8


def test_damage_is_found_and_mended(folder: Path, clip_library: Indexed) -> None:
    done = damage(folder, clip_library.videos, 1, random.Random(4))  # noqa: S311
    assert done.is_sound, done
    assert done.noticed == {"pages of the database": 1}


def test_a_used_window_holds_no_more_than_before(
    folder: Path, clip_library: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torture_window, "_slowly", lambda *_: None)
    done = torture_window.use(folder, clip_library.videos, 8, 4)
    assert done.is_sound, done
    assert (done.searches, done.switches) == (8, 4)
    if sys.platform.startswith("linux"):
        assert len(done.handles) == len(done.threads) == 5
        assert min(done.handles) > 5


def test_a_library_grows_under_an_open_window(
    starter_models: Path, sample_media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEIMDEX_SAMPLE_EVERY_MS", "10000")
    done = soak(tmp_path, sample_media, 0.05, 1)
    assert done.is_sound, done
    assert (done.videos, done.hours) == (1, 0.05)
    assert done.shots >= 3
    assert done.vectors > 10
    assert 50 < done.window_mb[0] < 1000


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
