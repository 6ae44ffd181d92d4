"""One pass over the picture: exact times, upright, whatever the codec, rate or damage."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heimdex.domain.errors import MediaError
from heimdex.media.frames import DecodedFrame, decode, frame_at
from heimdex.media.probe import probe
from media_factory import Clip, corrupt, draw, is_upright, make_audio, make_clip, read_number

UNEVEN = [0, 20, 53, 133, 183, 303, 323, 356, 1436, 1486, 1500, 1517, 1533, 2600]

CLIPS: dict[str, tuple[str, dict[str, Any]]] = {
    "h264 with B frames": (".mp4", {"b_frames": 3}),
    "hevc": (".mp4", {"codec": "hevc"}),
    "hevc 10 bit": (".mov", {"codec": "hevc", "pixel_format": "yuv420p10le"}),
    "av1": (".mp4", {"codec": "av1"}),
    "av1 10 bit": (".mkv", {"codec": "av1", "pixel_format": "yuv420p10le"}),
    "vp9": (".webm", {"codec": "vp9"}),
    "vp8": (".webm", {"codec": "vp8"}),
    "mpeg4 in avi": (".avi", {"codec": "mpeg4", "b_frames": 2}),
    "mpeg2 transport stream": (".ts", {"codec": "mpeg2", "start_ms": 1400}),
    "29.97": (".mp4", {"fps": Fraction(30000, 1001)}),
    "variable rate": (".mp4", {"times_ms": UNEVEN, "b_frames": 2}),
    "variable rate, matroska": (".mkv", {"times_ms": UNEVEN}),
    "turned by 90": (".mp4", {"rotation": 90}),
    "turned by 180, hevc": (".mov", {"rotation": 180, "codec": "hevc"}),
    "turned by 270": (".mp4", {"rotation": 270}),
    "wide pixels": (".mp4", {"sample_aspect": Fraction(4, 3)}),
    "late start": (".mp4", {"start_ms": 2000}),
    "with sound": (".mp4", {"audio": "tone"}),
}


@pytest.fixture(params=CLIPS, ids=str)
def clip(request: pytest.FixtureRequest, tmp_path: Path) -> Clip:
    suffix, options = CLIPS[request.param]
    return make_clip(tmp_path / f"a{suffix}", **options)


def numbered(clip: Clip, edge: int = 320) -> list[tuple[int, int]]:
    frames = list(decode(clip.path, probe(clip.path)))
    pictures = [frame.picture(edge) for frame in frames]
    assert all(is_upright(picture) for picture in pictures)
    return [(f.at_ms, read_number(p)) for f, p in zip(frames, pictures, strict=True)]


def test_every_frame_has_its_own_time(clip: Clip) -> None:
    found = numbered(clip)

    assert [number for _, number in found] == list(range(len(clip.times_ms)))
    first = found[0][0]
    assert all(
        abs(at - first - wanted) <= 1 for (at, _), wanted in zip(found, clip.times_ms, strict=True)
    )


def test_the_frame_on_screen_is_found_at_any_time(clip: Clip) -> None:
    info = probe(clip.path)
    times = [frame.at_ms for frame in decode(clip.path, info)]

    for number in (0, 1, len(times) // 2, len(times) - 2, len(times) - 1):
        end = times[number + 1] if number + 1 < len(times) else times[number] + 500
        for at_ms in (times[number], (times[number] + end) // 2, end - 1):
            found_ms, picture = frame_at(clip.path, info, at_ms, 320)
            assert (read_number(picture), found_ms) == (number, times[number])


def test_sound_that_starts_first_sets_the_clock(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", start_ms=1000, audio="tone", audio_start_ms=-600)

    times = [frame.at_ms for frame in decode(clip.path, probe(clip.path))]

    assert abs(times[0] - 600) <= 25  # AAC blocks are 21 ms.
    assert [b - a for a, b in pairwise(times)] == [40] * 49


def test_small_pictures_for_shot_detection(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", size=(640, 360), frames=3, rotation=90)

    frame = next(decode(clip.path, probe(clip.path)))

    assert frame.small().shape == (256, 144, 3)  # Not turned.
    assert max(frame.picture(100).shape) == 100
    assert frame.picture(4000).shape == (360, 640, 3)  # Never larger than it is.


def test_a_kept_frame_does_not_change(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=40)
    kept: list[DecodedFrame] = []
    for frame in decode(clip.path, probe(clip.path)):
        kept = [*kept, frame][-6:]

    assert [read_number(frame.picture(320)) for frame in kept] == list(range(34, 40))


def test_colours_survive_ten_bits_and_high_definition(tmp_path: Path) -> None:
    for options in ({"pixel_format": "yuv420p10le", "codec": "hevc"}, {}):
        clip = make_clip(tmp_path / "a.mp4", frames=3, picture=lambda _: card(), **options)
        frame = next(decode(clip.path, probe(clip.path)))
        assert np.abs(frame.picture(64).astype(int)[18, 32] - (180, 90, 40)).max() < 8


def test_hdr_is_not_shown_grey(tmp_path: Path) -> None:
    # 203 nits, diffuse white, is 58 % of the PQ signal.
    white = np.full((180, 320, 3), 148, np.uint8)
    pq = {"color_trc": 16, "color_primaries": 9, "colorspace": 9}
    clip = make_clip(tmp_path / "a.mp4", codec="hevc", frames=3, picture=lambda _: white, colour=pq)
    plain = make_clip(tmp_path / "b.mp4", codec="hevc", frames=3, picture=lambda _: white)

    def light(path: Path) -> float:
        return float(next(decode(path, probe(path))).picture(64).mean())

    assert abs(light(plain.path) - 148) < 4
    assert 170 < light(clip.path) < 230


def test_damage_costs_only_the_damaged_frames(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", frames=150, gop=10)
    corrupt(clip.path, 0.5, 400)

    frames = list(decode(clip.path, probe(clip.path)))
    numbers = [read_number(frame.picture(320)) for frame in frames]

    assert 100 < len(frames) <= 150
    assert numbers[0] == 0
    assert numbers[-1] == 149
    assert frames[-1].at_ms == clip.times_ms[-1]
    assert all(a.at_ms < b.at_ms for a, b in pairwise(frames))


def test_joined_recordings_go_on_where_the_first_stopped(tmp_path: Path) -> None:
    parts = [make_clip(tmp_path / f"{n}.ts", codec="mpeg2", frames=500, gop=25) for n in "ab"]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.path.read_bytes() for part in parts))

    times = [frame.at_ms for frame in decode(joined, probe(joined))]

    assert len(times) >= 990
    assert max(b - a for a, b in pairwise(times)) < 200
    assert times[-1] == pytest.approx(40_000, abs=500)


def test_sound_alone_has_no_picture(tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.m4a")
    info = probe(path)

    with pytest.raises(MediaError, match="no picture"):
        next(decode(path, info))
    with pytest.raises(MediaError, match="no picture"):
        frame_at(path, info, 0, 320)


def card() -> np.ndarray:
    image = draw(0, 320, 180, (180, 90, 40))
    image[100:] = (180, 90, 40)
    return image
