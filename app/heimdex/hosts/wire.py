"""The frames that cross the pipe: length-prefixed msgpack, parsed against types, never unpickled.

Who sends which frame when is left to `client` and `server`. A frame is four bytes of big-endian
length and one msgpack value; numpy arrays travel as (dtype, shape, bytes), paths as bytes. What
comes out of a child may have been shaped by a hostile file, so that every frame is bounded in
size, checked against its type, and anything odd is a `Malformed`, never an odd object.
"""

import functools
import math
import os
import struct
import types
import typing
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec
import numpy as np

from heimdex.domain.errors import EngineFailed

T = TypeVar("T")

MAX_FRAME_BYTES = 512 * 1024 * 1024
"""More than the frame vectors of a ten-hour film take; a longer frame is not believed."""

_HEADER = struct.Struct(">I")
_READ_BYTES = 1024 * 1024
_DTYPES = frozenset({"float32", "float16", "int32", "int64", "uint32", "uint8"})
_MAX_DIMENSIONS = 4


class Malformed(EngineFailed):
    """What came through the pipe is not a frame, or not of the type it should be."""


class Request(msgspec.Struct, tag="request", array_like=True, frozen=True):
    """Owner to child: run `method` with `params`, a msgpack map."""

    id: int
    method: str
    params: msgspec.Raw


class Cancel(msgspec.Struct, tag="cancel", array_like=True, frozen=True):
    """Owner to child: stop working on request `id` at the next convenient point."""

    id: int


class Progress(msgspec.Struct, tag="progress", array_like=True, frozen=True):
    """Child to owner: `done_ms` of `total_ms` media time of request `id` are dealt with."""

    id: int
    done_ms: int
    total_ms: int


class Partial(msgspec.Struct, tag="partial", array_like=True, frozen=True):
    """Child to owner: one of several results of request `id`; `kind` is the name of its type."""

    id: int
    kind: str
    value: msgspec.Raw


class Result(msgspec.Struct, tag="result", array_like=True, frozen=True):
    """Child to owner: request `id` is done, and this is what it returned."""

    id: int
    kind: str
    value: msgspec.Raw


class Failure(msgspec.Struct, tag="failure", array_like=True, frozen=True):
    """Child to owner: request `id` failed.

    `kind` is one of media, model, user, cancelled, engine, bug; `message` is a person's sentence;
    `model_id` names the model to install where `kind` is model.
    """

    id: int
    kind: str
    message: str
    model_id: str = ""


ToChild = Request | Cancel
ToOwner = Progress | Partial | Result | Failure
Frame = ToChild | ToOwner

_TO_CHILD: msgspec.msgpack.Decoder[ToChild] = msgspec.msgpack.Decoder(ToChild)
_TO_OWNER: msgspec.msgpack.Decoder[ToOwner] = msgspec.msgpack.Decoder(ToOwner)


def pack(value: object) -> msgspec.Raw:
    """Encode any plain value, dataclass, path or array of a known dtype.

    Raises TypeError or ValueError on what cannot travel (an object, an odd dtype, text with lone
    surrogates): a bug of the caller.
    """
    return msgspec.Raw(_ENCODER.encode(value))


def unpack(raw: msgspec.Raw | bytes, expected: Any, kind: str = "") -> Any:
    """Decode `raw` as `expected`, raising `Malformed` where it is anything else.

    `expected` may be a union of dataclasses; `kind` then says which, because msgpack does not.
    """
    choices = _dataclasses_of(expected)
    if choices:
        if kind not in choices:
            raise Malformed(f"The engine sent a {kind[:40]!r} where none was expected.")
        expected = choices[kind]
    try:
        return _decoder(expected).decode(raw)
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise Malformed(f"The engine sent data that cannot be right ({error}).") from error


def write_frame(stream: BinaryIO, frame: Frame, limit: int = MAX_FRAME_BYTES) -> None:
    """Write one frame and flush. Raises ValueError when it is longer than `limit`."""
    payload = msgspec.msgpack.encode(frame)
    if len(payload) > limit:
        raise ValueError(f"a frame of {len(payload)} bytes is over the limit of {limit}")
    stream.write(_HEADER.pack(len(payload)))
    stream.write(payload)
    stream.flush()


def read_request(stream: BinaryIO) -> ToChild | None:
    """The child's side: the next frame, or None at the end of the stream."""
    payload = _read_payload(stream, MAX_FRAME_BYTES)
    return None if payload is None else _parse(_TO_CHILD, payload)


def read_reply(stream: BinaryIO, limit: int = MAX_FRAME_BYTES) -> ToOwner | None:
    """The owner's side: the next frame, or None at the end. Raises `Malformed`."""
    payload = _read_payload(stream, limit)
    return None if payload is None else _parse(_TO_OWNER, payload)


def _parse(decoder: msgspec.msgpack.Decoder[T], payload: bytes | bytearray) -> T:
    try:
        return decoder.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Malformed("The engine sent something that is not a message.") from error


def _read_payload(stream: BinaryIO, limit: int) -> bytearray | None:
    header = _read_exactly(stream, _HEADER.size)
    if not header:
        return None
    if len(header) < _HEADER.size:
        raise Malformed("The engine's answer breaks off.")
    (length,) = _HEADER.unpack(header)
    if length > limit:
        raise Malformed("The engine sent an answer that is too large to be right.")
    payload = _read_exactly(stream, length)
    if len(payload) < length:
        raise Malformed("The engine's answer breaks off.")
    return payload


def _read_exactly(stream: BinaryIO, count: int) -> bytearray:
    # Grows with what really arrives: a claimed length must not make the owner allocate it.
    data = bytearray()
    while len(data) < count:
        piece = stream.read(min(count - len(data), _READ_BYTES))
        if not piece:
            break
        data += piece
    return data


def _encode_special(value: object) -> object:
    if isinstance(value, np.ndarray):
        if value.dtype.name not in _DTYPES:
            raise TypeError(f"an array of {value.dtype} cannot cross the pipe")
        little = np.ascontiguousarray(value).astype(value.dtype.newbyteorder("<"), copy=False)
        return (value.dtype.name, value.shape, little.tobytes())
    if isinstance(value, Path):
        return os.fsencode(value)
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a {type(value).__name__} cannot cross the pipe")


def _decode_special(expected: Any, value: object) -> object:
    if expected is Path:
        if not isinstance(value, bytes) or b"\0" in value:
            raise ValueError("a path is given as bytes")
        return Path(os.fsdecode(value))
    if (typing.get_origin(expected) or expected) is np.ndarray:
        return _decode_array(_dtype_of(expected), value)
    raise TypeError(f"{expected!r} cannot cross the pipe")


def _decode_array(dtype: str | None, value: object) -> np.ndarray[Any, np.dtype[Any]]:
    name, shape, data = msgspec.convert(value, tuple[str, tuple[int, ...], bytes])
    if name not in _DTYPES or (dtype is not None and name != dtype):
        raise ValueError(f"an array of {name[:20]!r} where {dtype or 'a number'} was expected")
    if not 1 <= len(shape) <= _MAX_DIMENSIONS or any(size < 0 for size in shape):
        raise ValueError("an array of an odd shape")
    kind = np.dtype(name)
    if math.prod(shape) * kind.itemsize != len(data):
        raise ValueError("an array whose bytes do not fit its shape")
    # A copy, because frombuffer's view is read-only and callers may work in place.
    array = np.frombuffer(data, dtype=kind.newbyteorder("<")).astype(kind).reshape(shape)
    if kind.kind == "f" and not np.isfinite(array).all():
        raise ValueError("an array with values that are not numbers")
    return array


def _dtype_of(expected: Any) -> str | None:
    """`float32` of `NDArray[np.float32]`, None of a bare `np.ndarray`."""
    arguments = typing.get_args(expected)
    if len(arguments) != 2:
        return None
    inner = typing.get_args(arguments[1])
    return np.dtype(inner[0]).name if inner and isinstance(inner[0], type) else None


@functools.cache
def _dataclasses_of(expected: Any) -> dict[str, type]:
    """The members by name where `expected` is a union of dataclasses, otherwise nothing."""
    if typing.get_origin(expected) not in (types.UnionType, typing.Union):
        return {}
    members = [member for member in typing.get_args(expected) if is_dataclass(member)]
    if len(members) < 2:
        return {}
    return {member.__name__: member for member in members if isinstance(member, type)}


@functools.cache
def _decoder(expected: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(expected, dec_hook=_decode_special)


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_encode_special)
