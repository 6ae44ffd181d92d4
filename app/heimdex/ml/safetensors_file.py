"""Reads a safetensors file as arrays, without torch and without reading more than is asked for.

Which tensors a model wants and how it is put together is the converters' affair.

Format: a length, a JSON header of (dtype, shape, offsets), the numbers, as documented at
https://github.com/huggingface/safetensors; the package itself checks the header.
"""

import json
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable

_BFLOAT16 = "BF16"
_DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    _BFLOAT16: "<u2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "<i1",
    "U8": "<u1",
    "BOOL": "?",
}


class SafeTensors(Mapping[str, NDArray[Any]]):
    """The tensors of one file by name, read-only views of the mapped file.

    bfloat16 becomes float32 (a copy), everything else keeps its type.
    """

    def __init__(self, path: Path) -> None:
        """Raises `ModelUnavailable` when the file is damaged or of a kind that is not read here."""
        from safetensors import SafetensorError, safe_open

        try:
            # Bounds, overlaps and sizes: what is not as it should be is refused here.
            with safe_open(str(path), framework="np"):
                pass
        except (SafetensorError, OSError) as error:
            raise ModelUnavailable(
                f"{path.name} is no whole safetensors file ({error}); download it again."
            ) from error
        with path.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            self._header: dict[str, Any] = json.loads(stream.read(length))
        self.metadata: dict[str, str] = self._header.pop("__metadata__", {})
        odd = {entry["dtype"] for entry in self._header.values()} - set(_DTYPES)
        if odd:
            raise ModelUnavailable(
                f"{path.name} holds numbers of a kind that is not known here ({', '.join(odd)})."
            )
        self._start = 8 + length
        self._path = path

    def __getitem__(self, name: str) -> NDArray[Any]:
        entry = self._header[name]
        shape = tuple(entry["shape"])
        dtype = np.dtype(_DTYPES[entry["dtype"]])
        if 0 in shape:
            return np.zeros(shape, dtype)
        start, _ = entry["data_offsets"]
        array: NDArray[Any] = np.memmap(
            self._path, dtype, mode="r", offset=self._start + start, shape=shape
        )
        if entry["dtype"] == _BFLOAT16:
            # bfloat16 is the upper half of a float32.
            array = (array.astype("<u4") << 16).view("<f4")
        return array

    def __iter__(self) -> Iterator[str]:
        return iter(self._header)

    def __len__(self) -> int:
        return len(self._header)


def read(path: Path) -> SafeTensors:
    """The tensors of a file by name. Raises `ModelUnavailable` when it is damaged."""
    return SafeTensors(path)
