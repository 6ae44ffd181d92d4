"""Reads a list of arrays that joblib stored, plain or LZ4-packed, as data: nothing in it runs.

What the arrays are is the caller's affair.
"""

import io
import math
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import lz4_frame
from heimdex.ml.pickle_stream import Name, Named, NotPlainData, read_value

_WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
_DTYPE = "numpy.dtype"
_KINDS = frozenset("fiub")


def read(path: Path) -> list[NDArray[Any]]:
    """The arrays of a file, in order. `ModelUnavailable` when it is damaged or holds more."""
    try:
        content = path.read_bytes()
        if content.startswith(b"\x04\x22\x4d\x18"):
            content = lz4_frame.unpack(content)
        value = read_value(io.BytesIO(content), _build, finish=_finish)
        if not isinstance(value, list) or not all(isinstance(item, np.ndarray) for item in value):
            raise NotPlainData("it is no list of arrays")
    except ValueError as error:
        raise ModelUnavailable(
            f"{path.name} holds no plain arrays ({error}); download it again."
        ) from error
    return value


def _build(described: Named) -> Any:
    if described.path not in (_WRAPPER, _DTYPE):
        raise NotPlainData(f"it asks for {described.path}")
    return described


def _finish(target: Any, stream: BinaryIO) -> Any:
    """A number type, or an array, whose numbers stand in the stream right behind it."""
    match target:
        case Named(path=path, arguments=(str(kind), *_), state=(_, "<" | "|" as order, *_)) if (
            path == _DTYPE and kind[:1] in _KINDS
        ):
            return np.dtype(order + kind)
        case Named(path=path, state={"dtype": np.dtype() as dtype, "shape": tuple(shape)}) if (
            path == _WRAPPER
        ):
            return _array(target.state, dtype, shape, stream)
        case _:
            raise NotPlainData("an object of an unknown form")


def _array(
    state: dict[str, Any], dtype: np.dtype[Any], shape: tuple[Any, ...], stream: BinaryIO
) -> NDArray[Any]:
    if state.get("subclass") != Name("numpy.ndarray") or state.get("order") not in ("C", "F"):
        raise NotPlainData("an array of an unknown kind")
    if not all(isinstance(edge, int) and edge >= 0 for edge in shape):
        raise NotPlainData("an array's shape makes no sense")
    if state.get("numpy_array_alignment_bytes") is not None:
        stream.read(int.from_bytes(stream.read(1), "little"))
    size = math.prod(shape) * dtype.itemsize
    content = stream.read(size)
    if len(content) != size:
        raise NotPlainData("an array is cut short")
    return np.frombuffer(content, dtype).reshape(shape, order=state["order"])
