"""Reads a torch checkpoint as arrays, without torch and without running what is in it.

Which tensors a model wants and how it is put together is the converters' affair.

Formats: `torch.save` as a zip archive (torch 1.6 on: `NAME/data.pkl`, `NAME/data/KEY`), the same by
`torch.jit.save` with modules in place of dictionaries, and the older one of five streams in a row
(magic number, protocol, machine, objects, storage keys) followed by the storages, as written by
`torch/serialization.py`.
"""

import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml.pickle_stream import Name, Named, NotPlainData, read_value

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_BFLOAT16 = "bfloat16"
_SCRIPTED = "__torch__."
_DTYPES = {
    "torch.DoubleStorage": "<f8",
    "torch.FloatStorage": "<f4",
    "torch.HalfStorage": "<f2",
    "torch.BFloat16Storage": _BFLOAT16,
    "torch.LongStorage": "<i8",
    "torch.IntStorage": "<i4",
    "torch.ShortStorage": "<i2",
    "torch.CharStorage": "<i1",
    "torch.ByteStorage": "<u1",
    "torch.BoolStorage": "?",
}


_TRAINING = (
    "pytorch_lightning.",
    "lightning.",
    "lightning_fabric.",
    "argparse.Namespace",
    "collections.defaultdict",
    "numpy.dtype",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "_codecs.encode",
    "torch.device",
    "torch.Size",
)
"""What Lightning keeps beside the tensors: settings, callbacks, where training stood. These objects
are described in the stream and passed over; they are never made."""


@dataclass(frozen=True, slots=True)
class _Storage:
    """A run of numbers kept outside the object stream."""

    key: str
    dtype: str
    count: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A view of a storage, in elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read(path: Path) -> dict[str, NDArray[Any]]:
    """All tensors of a checkpoint by name; names of nested dictionaries are joined with dots.

    bfloat16 becomes float32, everything else keeps its type; what is no tensor is left out. The
    arrays are read-only views, of the mapped file wherever it stores them as they are, so that a
    checkpoint of gigabytes costs no memory until it is looked at.
    Raises `ModelUnavailable` when the file is damaged or holds anything but plain tensors and what
    trainers write beside them.
    """
    try:
        if zipfile.is_zipfile(path):
            return _read_zip(path)
        with path.open("rb") as stream:
            return _read_legacy(stream)
    except (NotPlainData, zipfile.BadZipFile, KeyError, struct.error, RecursionError) as error:
        raise ModelUnavailable(
            f"{path.name} is no checkpoint of plain tensors ({error}); download it again."
        ) from error


def _read_zip(path: Path) -> dict[str, NDArray[Any]]:
    with zipfile.ZipFile(path) as archive:
        members = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(members) != 1:
            raise NotPlainData("it has no data.pkl")
        root = members[0].removesuffix("data.pkl")
        order = f"{root}byteorder"
        if order in archive.namelist() and archive.read(order) != b"little":
            raise NotPlainData("it was written on a big-endian machine")
        with archive.open(members[0]) as stream:
            value = read_value(stream, _build, resolve=_resolve)  # type: ignore[arg-type]
        tensors = dict(_tensors(value))
        storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
        arrays = {
            key: _stored(path, archive, f"{root}data/{key}", storage)
            for key, storage in storages.items()
        }
    return {name: _view(tensor, arrays[tensor.storage.key]) for name, tensor in tensors.items()}


def _stored(path: Path, archive: zipfile.ZipFile, member: str, storage: _Storage) -> NDArray[Any]:
    info = archive.getinfo(member)
    size = storage.count * _item_size(storage)
    mapped = info.compress_type == zipfile.ZIP_STORED and info.file_size == size
    if not mapped or size == 0 or storage.dtype == _BFLOAT16:
        return _array(storage, archive.read(info))
    with path.open("rb") as stream:
        # The name and the padding before the numbers are as long as the member's own header says.
        stream.seek(info.header_offset + 26)
        name, extra = struct.unpack("<HH", stream.read(4))
    start = info.header_offset + 30 + name + extra
    try:
        return np.memmap(path, storage.dtype, mode="r", offset=start, shape=(storage.count,))
    except ValueError:
        raise NotPlainData(f"storage {storage.key} reaches beyond the file") from None


def _read_legacy(stream: BinaryIO) -> dict[str, NDArray[Any]]:
    if read_value(stream, _build) != _MAGIC or read_value(stream, _build) != _PROTOCOL:
        raise NotPlainData("it does not begin as a checkpoint does")
    machine = read_value(stream, _build)
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise NotPlainData("it was written on a big-endian machine")
    tensors = dict(_tensors(read_value(stream, _build, resolve=_resolve)))
    storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    arrays: dict[str, NDArray[Any]] = {}
    for key in read_value(stream, _build):
        (count,) = struct.unpack("<q", stream.read(8))
        if key not in storages:
            raise NotPlainData(f"storage {key} belongs to no tensor")
        storage = storages[key]
        if count != storage.count:
            raise NotPlainData(f"storage {key} has {count} numbers instead of {storage.count}")
        arrays[key] = _array(storage, stream.read(count * _item_size(storage)))
    return {name: _view(tensor, arrays[tensor.storage.key]) for name, tensor in tensors.items()}


def _build(described: Named) -> Any:
    """The few things a checkpoint of plain tensors is made of."""
    match described:
        case Named("torch._utils._rebuild_tensor_v2", (_Storage() as storage, offset, *rest)):
            shape, strides = rest[0], rest[1]
            return _Tensor(storage, offset, shape, strides)
        case Named("torch._utils._rebuild_parameter", (_Tensor() as tensor, *_)):
            return tensor
        case Named("collections.OrderedDict", ()):
            return {}
        case Named("collections.OrderedDict", (list() as items,)):
            return dict(items)
        case Named(path) if path.startswith(_SCRIPTED):
            # A module of a TorchScript archive: what it is made of is its state, its code is not
            # read.
            return described
        case Named(path, ()) if path.endswith(".AttributeDict") and path.startswith(_TRAINING):
            return {}
        case Named(path, _) if path.startswith(_TRAINING):
            return described
        case _:
            raise NotPlainData(f"it asks for {described.path}")


def _resolve(reference: Any) -> _Storage:
    match reference:
        case ("storage", Name(path), str() as key, str(), int() as count, *_) if path in _DTYPES:
            return _Storage(key, _DTYPES[path], count)
        case _:
            raise NotPlainData("a storage of an unknown kind")


def _tensors(value: Any, prefix: str = "") -> list[tuple[str, _Tensor]]:
    if isinstance(value, _Tensor):
        return [(prefix, value)]
    if isinstance(value, Named):
        value = value.state
    found: list[tuple[str, _Tensor]] = []
    if isinstance(value, Mapping):
        for key, item in value.items():
            found += _tensors(item, f"{prefix}.{key}" if prefix else str(key))
    return found


def _item_size(storage: _Storage) -> int:
    return 2 if storage.dtype == _BFLOAT16 else np.dtype(storage.dtype).itemsize


def _array(storage: _Storage, content: bytes) -> NDArray[Any]:
    if len(content) != storage.count * _item_size(storage):
        raise NotPlainData(f"storage {storage.key} is cut short")
    if storage.dtype == _BFLOAT16:
        # bfloat16 is the upper half of a float32.
        return (np.frombuffer(content, "<u2").astype("<u4") << 16).view("<f4")
    return np.frombuffer(content, storage.dtype)


def _view(tensor: _Tensor, numbers: NDArray[Any]) -> NDArray[Any]:
    """A tensor's part of its storage, after checking that it lies within."""
    shape, strides, offset = tensor.shape, tensor.strides, tensor.offset
    plain = len(shape) == len(strides) and all(
        isinstance(n, int) and n >= 0 for n in (*shape, *strides, offset)
    )
    if not plain:
        raise NotPlainData("a tensor's shape makes no sense")
    if 0 in shape:
        return np.zeros(shape, numbers.dtype)
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if last >= len(numbers):
        raise NotPlainData("a tensor reaches beyond its storage")
    size = numbers.itemsize
    return np.lib.stride_tricks.as_strided(
        numbers[offset:], shape, [step * size for step in strides], writeable=False
    )
