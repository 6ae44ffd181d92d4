"""Sound lies where its time stamps say, whatever is missing or broken in it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heimdex.domain.errors import MediaError
from heimdex.media.audio import SAMPLE_RATE, read_audio
from heimdex.media.probe import probe
from media_factory import clicks, make_audio, make_clip, tone


def heard(path: Path) -> np.ndarray:
    blocks = list(read_audio(path, probe(path)))
    assert all(block.dtype == np.float32 and block.ndim == 1 for block in blocks)
    assert all(len(block) == 10 * SAMPLE_RATE for block in blocks[:-1])
    return np.concatenate(blocks)


def onsets_ms(samples: np.ndarray) -> list[int]:
    loud = np.abs(np.append(np.float32(0), samples)) > 0.15
    starts = np.flatnonzero(loud[1:] & ~loud[:-1])
    apart = [int(at) for n, at in enumerate(starts) if n == 0 or at - starts[n - 1] > 1600]
    return [round(at / 16) for at in apart]


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        (".mp4", {}),
        (".mp4", {"audio_rate": 44100}),
        (".mkv", {"audio_codec": "flac"}),
        (".webm", {"codec": "vp8"}),
        (".mov", {"audio_codec": "pcm_s16le", "audio_rate": 8000}),
    ],
)
def test_sound_is_on_the_clock_of_the_file(
    tmp_path: Path, suffix: str, options: dict[str, Any]
) -> None:
    clip = make_clip(tmp_path / f"a{suffix}", frames=75, audio="clicks", **options)

    onsets = onsets_ms(heard(clip.path))[-5:]

    assert np.abs(np.array(onsets) - [500, 1000, 1500, 2000, 2500]).max() <= 2


def test_a_late_start_and_a_gap_are_silence(tmp_path: Path) -> None:
    clip = make_clip(
        tmp_path / "a.mkv",
        frames=100,
        audio="clicks",
        audio_codec="flac",
        audio_start_ms=430,
        audio_gaps_ms=[(700, 1800)],
    )

    samples = heard(clip.path)

    assert np.abs(np.array(onsets_ms(samples)) - [430, 930, 2430, 2930, 3430, 3930]).max() <= 2
    assert not samples[: 425 * 16].any()


def test_a_video_that_starts_late_keeps_its_sound_in_step(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", start_ms=2000, audio="clicks", audio_codec="flac")

    assert np.abs(np.array(onsets_ms(heard(clip.path))) - [0, 500, 1000, 1500]).max() <= 2


def test_broken_packets_cost_only_themselves(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", frames=250, audio="tone", broken_audio="some")

    samples = heard(clip.path)

    assert abs(len(samples) / 16 - 10_000) < 60
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= 1


def test_a_track_without_a_good_packet_is_an_error(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", audio="tone", broken_audio="all")
    info = probe(clip.path)

    assert info.video
    with pytest.raises(MediaError, match="cannot be decoded"):
        list(read_audio(clip.path, info))


def test_a_silent_video_has_no_sound(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=5)

    with pytest.raises(MediaError, match="no sound"):
        list(read_audio(clip.path, probe(clip.path)))


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".m4a", ".ogg"])
def test_sound_alone(tmp_path: Path, suffix: str) -> None:
    options = {"codec": "libopus", "rate": 48000} if suffix == ".ogg" else {}
    path = make_audio(tmp_path / f"a{suffix}", clicks(12), **options)

    samples = heard(path)

    assert abs(len(samples) / 16 - 12_000) < 70
    assert np.abs(np.array(onsets_ms(samples))[-23:] - np.arange(500, 12_000, 500)).max() <= 2


def test_the_level_is_kept(tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.wav", tone(2), rate=44100)

    assert np.abs(heard(path)[8000:24000]).max() == pytest.approx(0.3, abs=0.01)


def test_joined_recordings_lose_no_sound(tmp_path: Path) -> None:
    parts = [make_clip(tmp_path / f"{n}.ts", codec="mpeg2", frames=500, audio="tone") for n in "ab"]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.path.read_bytes() for part in parts))

    assert len(heard(joined)) / 16 == pytest.approx(40_000, abs=500)


def test_a_mad_time_stamp_does_not_become_hours_of_silence(tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.mka", tone(4), rate=16000, codec="pcm_s16le")
    info = probe(path)
    short = type(info)("mka", 500, (), info.audio, None, None)
    make_audio(tmp_path / "b.mka", tone(4), codec="pcm_s16le", gaps_ms=[(1000, 3000)])

    normal = np.concatenate(list(read_audio(tmp_path / "b.mka", info)))
    far = np.concatenate(list(read_audio(late(tmp_path / "c.mka", 10_000_000), short)))

    assert len(normal) / 16 == pytest.approx(4000, abs=70)
    assert len(far) / 16 < 70_000


def late(path: Path, jump_ms: int) -> Path:
    """Two seconds of sound, the second of them stamped `jump_ms` later."""
    import av

    with av.open(str(path), "w", format="matroska") as output:
        stream = output.add_stream("pcm_s16le", rate=16000, layout="mono")
        for second in range(2):
            piece = np.full((1, 16000), 5000, np.int16)
            frame = av.AudioFrame.from_ndarray(piece, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 16000, second * (16000 + jump_ms * 16)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path
