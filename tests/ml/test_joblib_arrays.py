"""Arrays that joblib stored, read as data; and the LZ4 frames around them."""

import io
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import joblib_arrays, lz4_frame
from heimdex.ml.store import ModelStore


def frame(*blocks: tuple[bytes, bool]) -> bytes:
    """An LZ4 frame of blocks (content, stored as it is)."""
    out = b"\x04\x22\x4d\x18" + b"\x60\x40\x82"
    for content, stored in blocks:
        out += (len(content) | (stored << 31)).to_bytes(4, "little") + content
    return out + bytes(4)


@given(st.binary(max_size=5000))
def test_stored_blocks_come_back(content: bytes) -> None:
    half = len(content) // 2
    packed = frame((content[:half], True), (content[half:], True)) if half else frame()
    assert lz4_frame.unpack(packed) == (content if half else b"")


def test_literals_and_matches() -> None:
    # "abcd", then 10 bytes from 4 back (reaching into itself), then the last literal.
    block = b"\x46abcd\x04\x00" + b"\x10Z"
    assert lz4_frame.unpack(frame((block, False))) == b"abcd" + b"abcdabcdab" + b"Z"
    # Long lengths go on in bytes of 255; a match may reach into the block before.
    long = b"\xf0\x05" + b"x" * 20
    back = b"\x0f\x14\x00\xff\x01" + b"\x10!"
    unpacked = lz4_frame.unpack(frame((long, False), (back, False)))
    assert unpacked == b"x" * 20 + b"x" * (4 + 15 + 255 + 1) + b"!"


@pytest.mark.parametrize(
    "packed",
    [
        b"hello",
        b"\x04\x22\x4d\x18",
        frame((b"\x40ab", False)),
        frame((b"\x04a\x09\x00\x10!", False)),
        frame((b"\x0f\x00\x00", False)),
        frame((b"abc", True))[:-5],
    ],
)
def test_damaged_frames_are_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match="LZ4"):
        lz4_frame.unpack(packed)


def test_a_frame_that_grows_without_end_is_refused() -> None:
    bomb = b"\x1fa\x01\x00" + b"\xff" * 5000 + b"\x00" + b"\x10!"
    with pytest.raises(ValueError, match="LZ4"):
        lz4_frame.unpack(frame((bomb, False)), limit=1 << 20)


def test_the_weights_of_mtcnn_are_arrays(store: ModelStore) -> None:
    arrays = joblib_arrays.read(store.folder("mtcnn") / "onet.lz4")
    assert [array.shape for array in arrays[:3]] == [(3, 3, 3, 32), (32,), (1, 1, 32)]
    assert all(array.dtype == np.float32 and np.isfinite(array).all() for array in arrays)


class Hostile:
    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, ("ran", "w")


@pytest.mark.parametrize("value", [[Hostile()], [1, 2], {"a": 1}, Hostile(), [b"abc"], [[]]])
def test_whatever_is_no_list_of_arrays_is_refused_and_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: object
) -> None:
    monkeypatch.chdir(tmp_path)
    stream = io.BytesIO()
    pickle.Pickler(stream, protocol=4).dump(value)
    path = tmp_path / "net.lz4"
    path.write_bytes(stream.getvalue())
    with pytest.raises(ModelUnavailable, match=r"net\.lz4"):
        joblib_arrays.read(path)
    assert not (tmp_path / "ran").exists()


def test_every_truncation_is_refused(store: ModelStore, tmp_path: Path) -> None:
    whole = lz4_frame.unpack((store.folder("mtcnn") / "pnet.lz4").read_bytes())
    path = tmp_path / "pnet.lz4"
    for kept in (0, 1, 50, 237, 300, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:kept])
        with pytest.raises(ModelUnavailable):
            joblib_arrays.read(path)
