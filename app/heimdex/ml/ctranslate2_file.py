"""Reads and writes a CTranslate2 model file as arrays, without CTranslate2.

Which tensors a model has and what they are for is left to those who ask for them.

Format: `ModelSpec._serialize` in CTranslate2's python/ctranslate2/specs/model_spec.py, version 6.
Everything is little-endian; names end with a zero byte.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable

_VERSION: Final = 6
_TYPES: Final = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}
_CODES: Final = {np.dtype(name): code for code, name in _TYPES.items()}
_MOST_DIMENSIONS: Final = 8


@dataclass(frozen=True, slots=True)
class Contents:
    """A model file. `aliases`: other names for tensors that are used twice."""

    kind: str
    revision: int
    tensors: Mapping[str, NDArray[Any]]
    aliases: Mapping[str, str] = field(default_factory=dict)


def read(path: Path) -> Contents:
    """Open a model file; arrays are views of the mapped file, so what is not used is not read.

    Raises `ModelUnavailable` when the file is damaged or of a version that is not known.
    """
    try:
        mapped: Any = np.memmap(path, np.uint8, "r")
        return _Reader(memoryview(mapped)).contents()
    except (ValueError, struct.error, KeyError, UnicodeDecodeError) as error:
        raise ModelUnavailable(
            f"{path.name} is no CTranslate2 model ({error}); download it again."
        ) from error


def write(path: Path, contents: Contents) -> None:
    """Store a model file. KeyError for an array of a type that the format does not have."""
    with path.open("wb") as out:
        out.write(struct.pack("<I", _VERSION))
        _put_name(out, contents.kind)
        out.write(struct.pack("<II", contents.revision, len(contents.tensors)))
        for name, array in contents.tensors.items():
            _put_name(out, name)
            out.write(struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape))
            out.write(struct.pack("<BI", _CODES[array.dtype], array.nbytes))
            out.write(np.ascontiguousarray(array).tobytes())
        out.write(struct.pack("<I", len(contents.aliases)))
        for alias, name in contents.aliases.items():
            _put_name(out, alias)
            _put_name(out, name)


class _Reader:
    """Walks through the file once."""

    def __init__(self, content: memoryview) -> None:
        self._content = content
        self._at = 0

    def contents(self) -> Contents:
        if (version := self._number("I")) != _VERSION:
            raise ValueError(f"its format has version {version}")
        kind, revision = self._name(), self._number("I")
        tensors = dict(self._tensor() for _ in range(self._number("I")))
        aliases = {}
        for _ in range(self._number("I")):
            alias = self._name()
            aliases[alias] = self._name()
        return Contents(kind, revision, tensors, aliases)

    def _number(self, kind: str) -> int:
        (number,) = struct.unpack_from(f"<{kind}", self._content, self._at)
        self._at += struct.calcsize(f"<{kind}")
        return int(number)

    def _take(self, count: int) -> memoryview:
        if self._at + count > len(self._content):
            raise ValueError("it is cut short")
        taken = self._content[self._at : self._at + count]
        self._at += count
        return taken

    def _name(self) -> str:
        return bytes(self._take(self._number("H"))).rstrip(b"\0").decode()

    def _tensor(self) -> tuple[str, NDArray[Any]]:
        name = self._name()
        if (dimensions := self._number("B")) > _MOST_DIMENSIONS:
            raise ValueError(f"{name} has {dimensions} dimensions")
        shape = [self._number("I") for _ in range(dimensions)]
        dtype = np.dtype(_TYPES[self._number("B")])
        content = self._take(self._number("I"))
        return name, np.frombuffer(content, dtype).reshape(shape)


def _put_name(out: BinaryIO, name: str) -> None:
    encoded = name.encode() + b"\0"
    out.write(struct.pack("<H", len(encoded)) + encoded)
