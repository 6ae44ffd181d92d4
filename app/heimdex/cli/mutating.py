"""Makes broken and hostile media files out of real ones, each in a way that has a name.

What Heimdex makes of them is found out by `bench_torture`. Everything is drawn from one seed.
"""

import os
import random
import struct
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

_LENGTH_S = 2
_CONTAINERS = (".mp4", ".mkv", ".ts", ".mov")
_RIGHT_TO_LEFT = "\u202e"
_LONGEST_NAME = 255

Chance = random.Random
Mutation = Callable[[bytes, Chance], bytes]


def shorten(originals: Sequence[Path], folder: Path) -> list[Path]:
    """The first seconds of each original in several containers, copied packet by packet."""
    made = []
    for number, original in enumerate(originals):
        for suffix in _CONTAINERS:
            target = folder / f"base {number}{suffix}"
            _copy(original, target)
            made.append(target)
    return made


def mutate(bases: Sequence[Path], folder: Path, count: int, seed: int) -> list[tuple[str, Path]]:
    """Fill `folder` with `count` files, every kind of mutation in turn; (kind, path) of each."""
    chance = random.Random(seed)  # noqa: S311 - broken files need no secret
    kinds = [*_CONTENT, *_STRANGE]
    made = []
    for number in range(count):
        kind = kinds[number % len(kinds)]
        base = bases[chance.randrange(len(bases))]
        if kind in _MP4_ONLY:
            base = chance.choice([each for each in bases if each.suffix == ".mp4"])
        path = folder / f"{number:05d} {kind}{base.suffix}"
        if kind in _CONTENT:
            changed = _CONTENT[kind](base.read_bytes(), chance)
            # Equal bytes are one video in two places: some behind the end make it another.
            path.write_bytes(changed + (b"%05d" % number if changed else b""))
        else:
            path = _STRANGE[kind](path, base, bases, chance)
        made.append((kind, path))
    return made


def _copy(original: Path, target: Path, shift: int = 0) -> None:
    import av

    # The writer would push negative times up to zero, as a sane one should.
    options = {"avoid_negative_ts": "disabled"}
    with av.open(str(original)) as source, av.open(str(target), "w", options=options) as out:
        streams = {s.index: out.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.dts is None or packet.pts is None:
                continue
            if packet.pts * (packet.time_base or Fraction(0)) > _LENGTH_S:
                continue
            packet.stream = streams[packet.stream.index]
            packet.pts += shift
            packet.dts += shift
            out.mux(packet)


def _flip(data: bytes, chance: Chance) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 20, 400])):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _flip_head(data: bytes, chance: Chance) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 5, 30])):
        changed[chance.randrange(min(len(changed), 2000))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _truncate(data: bytes, chance: Chance) -> bytes:
    return data[: chance.randrange(len(data))]


def _zero_block(data: bytes, chance: Chance) -> bytes:
    start = chance.randrange(len(data))
    length = min(chance.choice([64, 4096, 100_000]), len(data) - start)
    return data[:start] + bytes(length) + data[start + length :]


def _garbage(data: bytes, chance: Chance) -> bytes:
    return chance.randbytes(len(data) // 4)


def _foreign_head(data: bytes, chance: Chance) -> bytes:
    heads = (
        b"\x1aE\xdf\xa3" + bytes(60),
        b"RIFF\xff\xff\xff\x7fAVI LIST",
        b"#EXTM3U\nhttp://127.0.0.1:9/x.ts\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"\x00\x00\x00\x18ftypmp42" + bytes(8),
        b"\x89PNG\r\n\x1a\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'>",
    )
    head = chance.choice(heads)
    return head + data[len(head) :]


def _absurd_size(data: bytes, chance: Chance) -> bytes:
    """Width and height of each visual sample entry (ISO 14496-12, 12.1.3) and of `tkhd`."""
    changed = bytearray(data)
    for box in (b"avc1", b"hvc1", b"mp4v", b"av01"):
        for at in _all(data, box):
            if at + 32 < len(changed):
                changed[at + 28 : at + 32] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0"])
    return bytes(changed)


def _endless(data: bytes, chance: Chance) -> bytes:
    """The durations of movie, track and media (14496-12, 8.2.2): hundreds of years."""
    changed = bytearray(data)
    for box, offset in ((b"mvhd", 20), (b"mdhd", 20), (b"tkhd", 24)):
        for at in _all(data, box):
            changed[at + offset : at + offset + 4] = b"\xff\xff\xff\xfe"
    return bytes(changed)


def _no_rate(data: bytes, chance: Chance) -> bytes:
    """Every sample lasts nothing (`stts`, 8.6.1.2), and a second has no ticks (`mdhd`)."""
    changed = bytearray(data)
    for at in _all(data, b"stts"):
        if at + 16 <= len(changed):
            changed[at + 12 : at + 16] = bytes(4)
    if chance.random() < 0.5:
        for at in _all(data, b"mdhd"):
            changed[at + 16 : at + 20] = bytes(4)
    return bytes(changed)


def _negative_times(data: bytes, chance: Chance) -> bytes:
    """An edit list (8.6.6) that begins far before the media, or far behind it."""
    changed = bytearray(data)
    for at in _all(data, b"elst"):
        changed[at + 16 : at + 20] = struct.pack(
            ">i", chance.choice([-1, -2_000_000_000, 2**31 - 1])
        )
    for at in _all(data, b"ctts"):
        changed[at + 4 : at + 5] = b"\x01"
        changed[at + 16 : at + 20] = struct.pack(">i", -2_000_000_000)
    return bytes(changed)


def _many_streams(data: bytes, chance: Chance) -> bytes:
    """`moov` with one of its tracks some thousands of times."""
    moov = data.find(b"moov") - 4
    track = data.find(b"trak") - 4
    if moov < 0 or track < 0:
        return data
    size = int.from_bytes(data[moov : moov + 4], "big")
    trak = data[track : track + int.from_bytes(data[track : track + 4], "big")]
    more = trak * chance.choice([300, 3000])
    grown = struct.pack(">I", (size + len(more)) & 0xFFFFFFFF) + data[moov + 4 : moov + size] + more
    return data[:moov] + grown + data[moov + size :]


def _huge_box(data: bytes, chance: Chance) -> bytes:
    """A table that claims four billion entries."""
    changed = bytearray(data)
    for at in _all(data, chance.choice([b"stsz", b"stco", b"stsc", b"stts"])):
        changed[at + 8 : at + 12] = b"\xff\xff\xff\xf0"
    return bytes(changed)


def _all(data: bytes, box: bytes) -> list[int]:
    found, at = [], data.find(box)
    while at >= 0:
        found.append(at)
        at = data.find(box, at + 1)
    return found


_CONTENT: dict[str, Mutation] = {
    "as it is": lambda data, chance: data,
    "bits flipped": _flip,
    "bits flipped in the head": _flip_head,
    "cut off": _truncate,
    "hole": _zero_block,
    "noise": _garbage,
    "foreign head": _foreign_head,
    "absurd size": _absurd_size,
    "endless": _endless,
    "no rate": _no_rate,
    "negative times": _negative_times,
    "many streams": _many_streams,
    "huge table": _huge_box,
    "empty": lambda data, chance: b"",
}
_MP4_ONLY = frozenset(
    {"absurd size", "endless", "no rate", "negative times", "many streams", "huge table"}
)

Strange = Callable[[Path, Path, Sequence[Path], Chance], Path]


def _wrong_suffix(path: Path, base: Path, bases: Sequence[Path], chance: Chance) -> Path:
    target = path.with_suffix(chance.choice([".mp3", ".mov", ".wav", ".webm"]))
    target.write_bytes(base.read_bytes() + path.name[:5].encode())
    return target


def _two_halves(path: Path, base: Path, bases: Sequence[Path], chance: Chance) -> Path:
    one, other = base.read_bytes(), chance.choice(list(bases)).read_bytes()
    path.write_bytes(one[: len(one) // 2] + other[len(other) // 2 :] + path.name[:5].encode())
    return path


def _swapped_head(path: Path, base: Path, bases: Sequence[Path], chance: Chance) -> Path:
    one, other = base.read_bytes(), chance.choice(list(bases)).read_bytes()
    length = chance.choice([32, 512, 4096])
    path.write_bytes(other[:length] + one[length:] + path.name[:5].encode())
    return path


def _negative_packets(path: Path, base: Path, bases: Sequence[Path], chance: Chance) -> Path:
    target = path.with_suffix(".mkv")
    _copy(base, target, -chance.choice([1000, 100_000]))
    return target


def _odd_name(path: Path, base: Path, bases: Sequence[Path], chance: Chance) -> Path:
    names = [
        f"a\nb\t{path.stem}",
        f"{_RIGHT_TO_LEFT}4pm.{path.stem}",
        f"; rm -rf $HOME `x` {path.stem}",
    ]
    names += [
        f"-i {path.stem}",
        f"http://127.0.0.1 {path.stem}".replace("/", ":"),
        f"%s%n {path.stem}",
    ]
    target = path.with_name(chance.choice(names) + base.suffix)
    if sys.platform != "win32" and chance.random() < 0.3:
        stem = f"{path.name[:5]}" + "가" * 90
        while len(os.fsencode(stem + base.suffix)) > _LONGEST_NAME:
            stem = stem[:-1]
        target = path.with_name(stem + base.suffix)
    if sys.platform.startswith("linux") and chance.random() < 0.3:
        target = path.with_name(f"{path.name[:5]}\udcff\udcfe{base.suffix}")
    target.write_bytes(base.read_bytes() + path.name[:5].encode())
    return target


def _loop(path: Path, base: Path, bases: Sequence[Path], chance: Chance) -> Path:
    if chance.random() < 0.5:
        path.symlink_to(path)
        return path
    folder = path.with_suffix("")
    folder.mkdir()
    (folder / "again").symlink_to(folder, target_is_directory=True)
    (folder / f"inside{base.suffix}").write_bytes(base.read_bytes() + path.name[:5].encode())
    return folder


def _pipe(path: Path, base: Path, bases: Sequence[Path], chance: Chance) -> Path:
    if hasattr(os, "mkfifo"):
        os.mkfifo(path)
    return path


_STRANGE: dict[str, Strange] = {
    "wrong suffix": _wrong_suffix,
    "two halves": _two_halves,
    "swapped head": _swapped_head,
    "negative packets": _negative_packets,
    "odd name": _odd_name,
    "loop of links": _loop,
    "pipe": _pipe,
}
