"""Every file gives a container or one clear sentence; nothing but media is opened."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from heimdex.domain.errors import MediaError
from heimdex.media.fingerprint import WHOLE_BELOW, fingerprint
from heimdex.media.opening import demuxed
from heimdex.media.probe import probe
from media_factory import make_clip, truncate


def sentence(path: Path) -> str:
    with pytest.raises(MediaError) as caught:
        probe(path)
    said = str(caught.value)
    assert path.name in said
    assert said.endswith(".")
    return said


def test_each_kind_of_bad_file_has_its_own_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "diary.mp4").write_text("오늘은 맑음\n" * 2000, encoding="utf-8")
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(1).bytes(50_000))
    (tmp_path / "folder.mp4").mkdir()
    cut_off = truncate(make_clip(tmp_path / "cut.mp4", frames=100).path, 0.5)

    said = {
        "empty": sentence(tmp_path / "empty.mp4"),
        "text": sentence(tmp_path / "diary.mp4"),
        "noise": sentence(tmp_path / "noise.mp4"),
        "folder": sentence(tmp_path / "folder.mp4"),
        "absent": sentence(tmp_path / "absent.mp4"),
        "cut off": sentence(cut_off),
    }

    assert "empty" in said["empty"]
    assert "text file" in said["text"]
    assert "not a video" in said["noise"]
    assert "folder" in said["folder"]
    assert "not there" in said["absent"]
    assert "incomplete" in said["cut off"]


@pytest.mark.parametrize(
    "content",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile other.mkv\n",
        "1\n00:00:01,000 --> 00:00:02,000\nhello\n\n" * 20,
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 1 RTP/AVP 96\n",
    ],
    ids=["playlist", "script", "subtitles", "session"],
)
def test_files_that_point_elsewhere_are_not_followed(tmp_path: Path, content: str) -> None:
    make_clip(tmp_path / "other.mkv", frames=5)
    path = tmp_path / "trap.mp4"
    path.write_text(content)

    assert "text file" in sentence(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "pipe.mp4"
    os.mkfifo(path)

    sentence(path)
    with pytest.raises(MediaError):
        fingerprint(path)


@pytest.mark.skipif(os.name == "nt", reason="Windows names are always text")
def test_a_name_that_is_no_text_is_read(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=5)
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff.mp4"))
    clip.path.rename(odd)

    assert probe(odd).video


def test_a_fingerprint_is_that_of_the_content(tmp_path: Path) -> None:
    small = tmp_path / "a.bin"
    small.write_bytes(b"x" * 1000)
    copy = tmp_path / "b.bin"
    copy.write_bytes(b"x" * 1000)
    other = tmp_path / "c.bin"
    other.write_bytes(b"x" * 999 + b"y")

    assert fingerprint(small) == fingerprint(copy) != fingerprint(other)
    assert len(fingerprint(small)) == 32


def test_large_files_differ_by_size_and_by_either_end(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).bytes(WHOLE_BELOW + 500_000)
    variants = {
        "same": noise,
        "longer": noise + b"0",
        "other start": b"z" + noise[1:],
        "other end": noise[:-1] + bytes([noise[-1] ^ 1]),
        "other recording": np.random.default_rng(2).bytes(len(noise)),
    }
    names = set()
    for name, data in variants.items():
        path = tmp_path / name
        path.write_bytes(data)
        names.add(fingerprint(path))

    assert len(names) == len(variants)


def test_nothing_is_written_to_an_original(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=5)
    before = (clip.path.read_bytes(), clip.path.stat().st_mtime_ns)

    fingerprint(clip.path)
    probe(clip.path)

    assert (clip.path.read_bytes(), clip.path.stat().st_mtime_ns) == before


def test_packets_of_a_track_that_turns_up_later_are_left_out() -> None:
    class Late:
        """A container as PyAV behaves when a packet is of a track it did not see at first."""

        def __init__(self) -> None:
            self.left = [1, IndexError("list index out of range"), 2, 3]

        def demux(self, streams: object) -> Iterator[int]:
            while self.left:
                item = self.left.pop(0)
                if isinstance(item, IndexError):
                    raise item
                yield item

    assert list(demuxed(Late(), None)) == [1, 2, 3]
