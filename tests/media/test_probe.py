"""What a file holds: real tracks, how it stands, how long it is and from when."""

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from heimdex.media.probe import probe
from media_factory import make_audio, make_clip, truncate


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_sizes_are_those_of_the_upright_picture(tmp_path: Path, rotation: int) -> None:
    clip = make_clip(tmp_path / "a.mp4", size=(320, 180), frames=5, rotation=rotation)

    track = probe(clip.path).video[0]

    assert (track.width, track.height, track.rotation) == (320, 180, rotation)


def test_pixels_that_are_not_square_widen_the_picture(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", size=(320, 240), frames=5, sample_aspect=Fraction(4, 3))

    track = probe(clip.path).video[0]

    assert (track.width, track.height) == (427, 240)


@pytest.mark.parametrize(
    ("codec", "suffix", "pixels"),
    [
        ("h264", ".mp4", "yuv420p"),
        ("hevc", ".mov", "yuv420p10le"),
        ("vp9", ".webm", "yuv420p"),
        ("av1", ".mkv", "yuv420p10le"),
        ("av1", ".mp4", "yuv420p"),
        ("mpeg4", ".avi", "yuv420p"),
        ("mpeg2", ".ts", "yuv420p"),
        ("prores", ".mov", "yuv422p10le"),
        ("mjpeg", ".avi", "yuvj420p"),
    ],
)
def test_codecs_and_containers(tmp_path: Path, codec: str, suffix: str, pixels: str) -> None:
    clip = make_clip(tmp_path / f"a{suffix}", codec=codec, pixel_format=pixels, frames=25)

    info = probe(clip.path)

    assert info.video[0].pixel_format == pixels
    assert abs(info.duration_ms - clip.duration_ms) <= 40
    assert info.video[0].frame_rate == pytest.approx(25, abs=0.1)
    assert info.audio == ()


def test_a_name_says_when_a_file_was_recorded_that_does_not_say_it_itself(tmp_path: Path) -> None:
    plain = make_clip(tmp_path / "VID_20190714_120311.mp4", frames=5).path
    nameless = plain.rename(tmp_path / "clip.mp4")
    assert probe(nameless).recorded_at is None
    moment = probe(nameless.rename(plain)).recorded_at
    assert moment is not None
    assert datetime.fromtimestamp(moment) == datetime(2019, 7, 14, 12, 3, 11)


def test_a_cover_picture_is_not_the_video(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", frames=5, cover=True)

    assert [track.codec for track in probe(clip.path).video] == ["h264"]


def test_sound_alone(tmp_path: Path) -> None:
    info = probe(make_audio(tmp_path / "a.m4a", seconds=3))

    assert info.video == ()
    assert (info.audio[0].channels, info.audio[0].sample_rate) == (1, 16000)
    assert abs(info.duration_ms - 3000) < 100


def test_when_it_was_recorded(tmp_path: Path) -> None:
    clip = make_clip(
        tmp_path / "a.mp4",
        frames=5,
        metadata={"creation_time": "2019-07-24T08:25:57Z", "title": " Birthday "},
    )
    unset = make_clip(tmp_path / "b.mp4", frames=5, metadata={"creation_time": "1970-01-01"})

    info = probe(clip.path)

    assert info.recorded_at == datetime(2019, 7, 24, 8, 25, 57, tzinfo=UTC).timestamp()
    assert info.title == "Birthday"
    assert probe(unset.path).recorded_at is None


def test_local_time_with_its_zone_wins_over_the_container(shared_media: Path) -> None:
    info = probe(shared_media / "odd" / "photoprism_quicktime_hvc1.mov")

    assert info.recorded_at is not None
    assert datetime.fromtimestamp(info.recorded_at, UTC).date().isoformat() == "2023-09-22"


def test_a_cut_off_file_is_as_long_as_what_is_left_of_it(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", frames=500, gop=25, audio="tone")
    truncate(clip.path, 0.4)

    duration = probe(clip.path).duration_ms

    assert 2_000 < duration < 12_000


def test_a_file_that_does_not_say_its_length_is_read_through(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", frames=75, container_options={"live": "1"})

    assert abs(probe(clip.path).duration_ms - 3000) <= 40


def test_the_default_track_comes_first(shared_media: Path) -> None:
    info = probe(shared_media / "video" / "torchcodec_nasa_13013.mp4")

    assert [(track.width, track.height) for track in info.video] == [(480, 270), (320, 180)]
