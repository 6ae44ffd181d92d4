"""Cuts are right to the frame at any rate and in any codec; black belongs to nobody."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heimdex.media.frames import decode
from heimdex.media.probe import probe
from heimdex.media.shots import LONGEST_MS, ShotDetector, pieces, split
from media_factory import SHOT_COLOURS, draw, make_clip

UNEVEN = [int(t) for t in np.cumsum([0, *[20, 33, 80, 50, 120] * 12])]


def cuts(path: Path) -> list[int]:
    info = probe(path)
    detector = ShotDetector(info.video[0].frame_rate)
    reported: list[int] = []
    for frame in decode(path, info):
        reported += detector.feed(frame.at_ms, frame.small())
    assert set(detector.cuts) <= set(reported)
    return list(detector.cuts)


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        (".mp4", {"b_frames": 3}),
        (".mp4", {"codec": "hevc", "pixel_format": "yuv420p10le"}),
        (".mp4", {"codec": "av1"}),
        (".webm", {"codec": "vp9"}),
        (".mp4", {"rotation": 90}),
        (".mp4", {"times_ms": UNEVEN, "b_frames": 2}),
        # No key frame at a cut: the shot begins on a frame like any other.
        (".mp4", {"gop": 250, "b_frames": 3, "options": {"x264-params": "scenecut=0"}}),
    ],
)
def test_cuts_are_right_to_the_frame(tmp_path: Path, suffix: str, options: dict[str, Any]) -> None:
    clip = make_clip(tmp_path / f"a{suffix}", frames=61, shots=(17, 41), **options)

    assert cuts(clip.path) == list(clip.cuts_ms)


def faded(number: int) -> np.ndarray:
    """A shot that fades to black and another that comes back from it, at uneven times."""
    light = np.clip(abs(number - 25) / 8 - 0.5, 0, 1)
    colour = SHOT_COLOURS[0] if number < 25 else SHOT_COLOURS[1]
    return np.asarray(draw(0, 320, 180, colour) * light, np.uint8)


def test_a_fade_through_black_begins_a_shot_when_the_picture_returns(tmp_path: Path) -> None:
    times = [number * 40 + (number % 3) * 10 for number in range(50)]
    clip = make_clip(tmp_path / "a.mp4", times_ms=times, picture=faded)

    # At frame 30 the picture still has an eighth of its light.
    assert cuts(clip.path) == [times[31]]


def test_a_title_between_black_frames_is_one_shot(tmp_path: Path) -> None:
    def picture(number: int) -> np.ndarray:
        black = number < 10 or 40 <= number < 60
        return draw(0, 320, 180, SHOT_COLOURS[number // 50]) * np.uint8(not black)

    clip = make_clip(tmp_path / "a.mp4", frames=90, picture=picture)

    # Neither the black head nor the black between is a shot of its own.
    assert [cut for cut in cuts(clip.path) if cut != clip.times_ms[10]] == [clip.times_ms[60]]


def test_a_dark_shot_is_not_black() -> None:
    detector = ShotDetector(25)
    candle = np.zeros((144, 256, 3), np.uint8)
    candle[60:90, 100:140] = 90

    for number in range(100):
        assert detector.feed(number * 40, candle) == []


def test_flashes_are_no_shots(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=60, shots=(20, 22))

    assert cuts(clip.path) == [clip.times_ms[20]]


def test_a_static_hour_is_cut_into_minutes() -> None:
    hour = split([], 3_600_000)

    assert hour == [(n * 60_000, (n + 1) * 60_000) for n in range(60)]


@pytest.mark.parametrize("length_ms", [0, 1, 400, 60_000, 74_999, 75_001, 200_000])
def test_pieces_cover_a_shot(length_ms: int) -> None:
    found = pieces(1_000, 1_000 + length_ms)

    assert found[0][0] == 1_000
    assert found[-1][1] == max(1_001, 1_000 + length_ms)
    assert all(a[1] == b[0] for a, b in pairwise(found))
    assert all(0 < end - start <= LONGEST_MS + 15_000 for start, end in found)


def test_split_leaves_cuts_outside_alone() -> None:
    assert split([0, 500, 2_000, 9_000], 3_000) == [(0, 500), (500, 2_000), (2_000, 3_000)]
