"""Damage inside stored vectors is found, whatever kind it is, and sound ones are let alone."""

import numpy as np
import pytest

from heimdex.domain.errors import Cancelled
from heimdex.storage.database import Database
from heimdex.storage.soundness import damaged_vectors

ITEMS, DIMS = 6, 64


def put(database: Database, vectors: bytes, starts: bytes, ends: bytes) -> None:
    with database.write() as connection:
        connection.execute("INSERT INTO videos (id, added_at) VALUES ('v', 0)")
        connection.execute(
            "INSERT INTO spaces (id, key, dims, indexed) VALUES (1, 'frame/x/1', ?, 0)", (DIMS,)
        )
        connection.execute(
            "INSERT INTO vectors (id, video_id, space_id, items, start_ms, end_ms, vectors, change)"
            " VALUES (1, 'v', 1, ?, ?, ?, ?, 0)",
            (ITEMS, starts, ends, vectors),
        )


def sound() -> tuple[bytearray, bytearray, bytearray]:
    drawn = np.random.default_rng(0).standard_normal((ITEMS, DIMS)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    starts = np.arange(ITEMS, dtype="<i4") * 1000
    return (
        bytearray(drawn.astype("<f2").tobytes()),
        bytearray(starts.tobytes()),
        bytearray((starts + 900).tobytes()),
    )


def test_sound_vectors_are_sound(database: Database) -> None:
    put(database, *map(bytes, sound()))
    assert damaged_vectors(database) == []


@pytest.mark.parametrize("what", ["a block", "no number", "cut off", "times"])
def test_damage_is_found(database: Database, what: str) -> None:
    vectors, starts, ends = sound()
    match what:
        case "a block":
            vectors[300:364] = np.random.default_rng(1).bytes(64)
        case "no number":
            vectors[10:12] = b"\xff\xff"
        case "cut off":
            del vectors[-2:]
        case _:
            ends[4:8] = b"\0\0\0\x80"
    put(database, bytes(vectors), bytes(starts), bytes(ends))
    assert database.verify() == []  # SQLite sees nothing
    [problem] = damaged_vectors(database)
    assert problem == "the vectors frame/x/1 of video v are damaged"


def test_it_gives_up_when_asked(database: Database) -> None:
    put(database, *map(bytes, sound()))
    with pytest.raises(Cancelled):
        damaged_vectors(database, lambda: True)
