"""A run of compact vectors, and the files it is kept in.

What a run holds of a library, and when it is out of date, is decided by `compact`.
"""

import hashlib
import logging
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.ids import VideoId

_LAYOUT = 2
"""Raised when the files or the order of the videos in them change: older ones are made anew."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Block:
    """Vectors of several videos, n × d: `codes` · `scales` of a row is its vector.

    `counts` and `changes` say for each of `videos` how many rows it has and the number of the
    change that made them.
    """

    codes: NDArray[np.int8]
    scales: NDArray[np.float32]
    start_ms: NDArray[np.int32]
    end_ms: NDArray[np.int32]
    videos: tuple[VideoId, ...]
    counts: NDArray[np.int64]
    changes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def change_of(self) -> dict[VideoId, int]:
        """The number of each video's change."""
        return dict(zip(self.videos, self.changes.tolist(), strict=True))

    @classmethod
    def joined(cls, blocks: Sequence["Block"]) -> "Block":
        """One block of several; of none, an empty one."""
        if not blocks:
            none = np.zeros(0, np.int32)
            numbers = np.zeros(0, np.int64)
            empty = np.zeros((0, 0), np.int8)
            return cls(empty, np.zeros(0, np.float32), none, none, (), numbers, numbers)
        return cls(
            codes=np.concatenate([each.codes for each in blocks]),
            scales=np.concatenate([each.scales for each in blocks]),
            start_ms=np.concatenate([each.start_ms for each in blocks]),
            end_ms=np.concatenate([each.end_ms for each in blocks]),
            videos=tuple(video for each in blocks for video in each.videos),
            counts=np.concatenate([each.counts for each in blocks]),
            changes=np.concatenate([each.changes for each in blocks]),
        )


def write_block(folder: Path, key: str, block: Block) -> Block:
    """Keep a block in two files; gives it as it is mapped from there. Raises OSError.

    The small file names the large one and is replaced last, so that a crash leaves the old pair.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = _name(key)
    codes = folder / f"{name}-{os.urandom(4).hex()}.codes"
    draft = folder / f"{name}.part"
    try:
        block.codes.tofile(codes)
        with draft.open("wb") as stream:
            np.savez(
                stream,
                layout=_LAYOUT,
                key=key,
                codes=codes.name,
                shape=block.codes.shape,
                scales=block.scales,
                start_ms=block.start_ms,
                end_ms=block.end_ms,
                videos=np.array(block.videos, dtype="U"),
                counts=block.counts,
                changes=block.changes,
            )
        draft.replace(folder / f"{name}.npz")
    except OSError:
        codes.unlink(missing_ok=True)
        draft.unlink(missing_ok=True)
        raise
    _forget(folder, name, keep=codes.name)
    return read_block(folder, key) or block


def read_block(folder: Path, key: str) -> Block | None:
    """The block kept under a key; None where there is none or it cannot be used."""
    path = folder / f"{_name(key)}.npz"
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as kept:
            if int(kept["layout"]) != _LAYOUT or str(kept["key"]) != key:
                return None
            shape = tuple(int(edge) for edge in kept["shape"])
            codes = folder / Path(str(kept["codes"])).name
            if codes.stat().st_size != shape[0] * shape[1]:
                raise ValueError(f"{codes.name} is cut short")
            block = Block(
                # As a plain array: slicing a memmap costs as much as comparing 50 rows.
                codes=np.asarray(np.memmap(codes, np.int8, "r", shape=shape)),
                scales=kept["scales"],
                start_ms=kept["start_ms"],
                end_ms=kept["end_ms"],
                videos=tuple(VideoId(video) for video in kept["videos"].tolist()),
                counts=kept["counts"],
                changes=kept["changes"],
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        _log.warning("compact vectors are made anew: %s", error)
        return None
    if int(block.counts.sum()) != len(block) or len(block.scales) != len(block):
        _log.warning("compact vectors are made anew: their numbers do not agree")
        return None
    return block


def _forget(folder: Path, name: str, keep: str) -> None:
    """Delete older files of a block; one that is still mapped elsewhere goes the next time."""
    for old in folder.glob(f"{name}-*.codes"):
        if old.name != keep:
            try:
                old.unlink()
            except OSError as error:
                _log.info("%s stays for now: %s", old.name, error)


def _name(key: str) -> str:
    return f"{key.partition('/')[0]}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
