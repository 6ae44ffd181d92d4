import io
import pickle
import struct
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from heimdex.domain.errors import EngineFailed
from heimdex.domain.faces import FaceTrack
from heimdex.domain.media import AudioTrack, MediaInfo, Scene, VideoTrack
from heimdex.domain.speech import Passage, Segment, Transcript, Word
from heimdex.domain.stages import (
    FacesOutput,
    PassagesOutput,
    ProbeOutput,
    ScenesOutput,
    SpeechOutput,
    StageOutput,
    VisionOutput,
)
from heimdex.domain.vectors import Space, SpaceKind, VectorBatch
from heimdex.hosts import wire


def batch(n: int = 2) -> VectorBatch:
    times = np.arange(n, dtype=np.int32)
    return VectorBatch(np.eye(n, 4, dtype=np.float32), times, times + 1)


def space(kind: SpaceKind) -> Space:
    return Space(kind, "model", "1")


TRANSCRIPT = Transcript("ko", (Segment(0, 0, 900, "안녕 세상", (Word(0, 400, "안녕", 0.9),)),))
OUTPUTS: list[StageOutput] = [
    ProbeOutput(
        MediaInfo(
            "mp4",
            1000,
            (VideoTrack(0, "h264", 640, 360, 90, 25.0, "yuv420p"),),
            (AudioTrack(1, "aac", 44100, 2, None),),
            None,
            "title",
        ),
        b"\xff\xd8",
    ),
    SpeechOutput(TRANSCRIPT),
    PassagesOutput(space(SpaceKind.PASSAGE), (Passage(0, 0, 900, "안녕", 0, 0),), batch(1)),
    ScenesOutput((Scene(0, 0, 500, 250),), (b"jpeg",)),
    VisionOutput(space(SpaceKind.FRAME), batch(3), space(SpaceKind.SCENE), batch(1)),
    FacesOutput(
        space(SpaceKind.FACE),
        (FaceTrack(0, 0, 900, 300, (0.1, 0.2, 0.3, 0.4), 0.8, 4),),
        batch(1),
        (b"crop",),
    ),
]


def same(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    if hasattr(a, "__dataclass_fields__"):
        return type(a) is type(b) and all(
            same(getattr(a, name), getattr(b, name)) for name in a.__dataclass_fields__
        )
    return a == b


@pytest.mark.parametrize("output", OUTPUTS, ids=lambda output: type(output).__name__)
def test_every_stage_output_crosses_unchanged(output: StageOutput) -> None:
    stream = io.BytesIO()
    wire.write_frame(stream, wire.Partial(7, type(output).__name__, wire.pack(output)))
    stream.seek(0)
    frame = wire.read_reply(stream)
    assert isinstance(frame, wire.Partial)
    assert same(wire.unpack(frame.value, StageOutput, frame.kind), output)
    assert wire.read_reply(stream) is None


def test_a_union_is_never_guessed() -> None:
    raw = wire.pack(OUTPUTS[1])
    for kind in ("", "Transcript", "ScenesOutput", "object"):
        with pytest.raises(wire.Malformed):
            wire.unpack(raw, StageOutput, kind)


def test_malformed_is_an_engine_failure() -> None:
    assert issubclass(wire.Malformed, EngineFailed)


@pytest.mark.parametrize(
    "value",
    [
        ("float64", (1,), bytes(8)),
        ("int32", (1,), bytes(4)),
        ("float32", (2,), bytes(4)),
        ("float32", (-1,), b""),
        ("float32", (), bytes(4)),
        ("float32", (1,) * 5, bytes(4)),
        ("float32", (1,), np.array([np.nan], np.float32).tobytes()),
        ("float32", (1,), np.array([np.inf], np.float32).tobytes()),
        ("object", (1,), bytes(8)),
        ("float32", (2**62, 4), b""),
        ["float32"],
        "float32",
        None,
        7,
    ],
)
def test_arrays_are_checked(value: object) -> None:
    with pytest.raises(wire.Malformed):
        wire.unpack(msgspec.msgpack.encode(value), NDArray[np.float32])


def test_an_array_can_be_worked_in_place_and_keeps_its_shape() -> None:
    array = wire.unpack(wire.pack(np.zeros((0, 512), np.float32)), NDArray[np.float32])
    assert array.shape == (0, 512)
    array = wire.unpack(wire.pack(np.ones((2, 3), np.uint8)[:, ::2]), np.ndarray)
    array += 1
    assert array.tolist() == [[2, 2], [2, 2]]


@pytest.mark.parametrize(
    "name", ["/a/b c.mp4", "/a/line\nbreak.mp4", "/a/\udcff\udc80.mp4", "/가/나"]
)
def test_any_path_crosses(name: str) -> None:
    assert wire.unpack(wire.pack(Path(name)), Path) == Path(name)


def test_what_cannot_travel_is_refused_at_the_sender() -> None:
    for value in (object(), np.zeros(1, np.complex64), "\udcff"):
        with pytest.raises((TypeError, ValueError)):
            wire.pack(value)


def test_a_pickle_is_only_bytes() -> None:
    payload = pickle.dumps(OUTPUTS[1])
    stream = io.BytesIO(struct.pack(">I", len(payload)) + payload)
    with pytest.raises(wire.Malformed):
        wire.read_reply(stream)


def test_a_claimed_length_is_not_believed() -> None:
    with pytest.raises(wire.Malformed):
        wire.read_reply(io.BytesIO(b"\xff\xff\xff\xff"))
    with pytest.raises(wire.Malformed):
        # Within the limit, but the bytes never come: must not allocate them either.
        wire.read_reply(io.BytesIO(struct.pack(">I", 500 * 2**20) + b"abc"))
    with pytest.raises(wire.Malformed):
        wire.read_reply(io.BytesIO(b"\x00\x00"))


def test_a_long_frame_is_not_sent() -> None:
    with pytest.raises(ValueError, match="limit"):
        wire.write_frame(io.BytesIO(), wire.Failure(1, "bug", "x" * 100), limit=50)


def test_deep_nesting_does_not_overflow_the_stack() -> None:
    payload = b"\x91" * 100_000 + b"\xc0"
    stream = io.BytesIO(struct.pack(">I", len(payload)) + payload)
    with pytest.raises(wire.Malformed):
        wire.read_reply(stream)
    with pytest.raises(wire.Malformed):
        wire.unpack(payload, list)


@given(st.binary(max_size=200))
def test_garbage_is_malformed_or_a_frame(data: bytes) -> None:
    for payload in (data, struct.pack(">I", len(data)) + data):
        try:
            frame = wire.read_reply(io.BytesIO(payload))
        except wire.Malformed:
            continue
        assert frame is None or isinstance(frame, wire.ToOwner)


@given(st.binary(max_size=200), st.sampled_from(["SpeechOutput", "VisionOutput", "FacesOutput"]))
def test_garbage_is_never_an_odd_value(data: bytes, kind: str) -> None:
    with pytest.raises(wire.Malformed):
        wire.unpack(data, StageOutput, kind)
