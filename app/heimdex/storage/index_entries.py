"""The entries of one collection of the vector index: what they are called and how one is asked.

Which collections there are and what is told to them is `chroma`'s affair; chromadb is not imported.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from heimdex.domain.ids import VideoId
from heimdex.domain.vectors import Neighbour, Vectors


class Unsound(Exception):
    """The index does not hold what it should."""


def collection_name(key: str) -> str:
    """A name within Chroma's rules (3–512 of `[a-zA-Z0-9._-]`); the key itself is metadata."""
    return f"{key.partition('/')[0]}-{hashlib.sha256(key.encode()).hexdigest()[:24]}"


def entry_id(video_id: str, index: int) -> str:
    """What one vector of a video is called."""
    return f"{video_id}:{index}"


def nearest(collection: Any, vector: Vectors, n: int) -> list[Neighbour]:
    """About the `n` nearest entries to a unit vector (d,), best first; raises what Chroma does."""
    found = collection.query(
        query_embeddings=[np.asarray(vector, np.float32)],
        n_results=n,
        include=["distances", "metadatas"],
    )
    neighbours = []
    rows = zip(found["ids"][0], found["distances"][0], found["metadatas"][0], strict=True)
    for name, distance, times in rows:
        video_id, _, index = name.rpartition(":")
        neighbours.append(
            Neighbour(VideoId(video_id), int(index), times["s"], times["e"], 1.0 - distance)
        )
    return neighbours


@contextmanager
def faults() -> Iterator[None]:
    """Turn whatever Chroma raises into `Unsound`: everything it holds can be made again.

    Not what says that a package is missing: no rebuild would bring it.
    """
    try:
        yield
    except (Unsound, ImportError):
        raise
    except Exception as error:
        raise Unsound(f"{type(error).__name__}: {str(error)[:200]}") from error
    except BaseException as error:
        # A panic in Chroma's Rust core arrives as a BaseException of a type nobody can import.
        if type(error).__name__ != "PanicException":
            raise
        raise Unsound(f"panic: {str(error)[:200]}") from error


def all_ids(collection: Any) -> Iterator[str]:
    """The ids of all entries, some thousands at a time. Raises `Unsound`."""
    at = 0
    while True:
        with faults():
            ids = collection.get(include=[], limit=10_000, offset=at)["ids"]
        if not ids:
            return
        yield from ids
        at += len(ids)
