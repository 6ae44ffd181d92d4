"""A process that names people without end, until `heimdex bench torture` kills it.

It writes down what it is about to do and what it has been told is done; comparing that with the
library is the benchmark's work.
"""

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from heimdex.domain.faces import FaceTrack
from heimdex.domain.ids import VideoId
from heimdex.domain.stages import FacesOutput, Stage, StageRun, StageStatus
from heimdex.domain.vectors import VectorBatch

if TYPE_CHECKING:
    from heimdex.bootstrap import Library

VIDEOS, TRACKS, PEOPLE = 12, 5, 10
_DIMS = 128


def main(arguments: Sequence[str]) -> int:
    """`LIBRARY LOG SEED`: name and rename people of that library, for ever."""
    from heimdex.bootstrap import open_library
    from heimdex.config.directories import Directories
    from heimdex.config.settings import Settings

    folder, log, seed = Path(arguments[0]), Path(arguments[1]), int(arguments[2])
    chance = random.Random(seed)  # noqa: S311 - which person is renamed is no secret
    directories = Directories.resolve(folder)
    with (
        open_library(directories, Settings.load(directories.home), wait_s=20) as library,
        log.open("a", encoding="utf-8") as notes,
    ):
        if not library.catalogue.videos():
            _fill(library)
        print("ready", flush=True)
        number = 0
        while True:
            number += 1
            person = chance.choice(library.people.list())
            name = f"{seed} 사람 {number}"
            print("wants", person.id, name, sep="\t", file=notes, flush=True)
            library.people.name(person.id, name)
            print("named", person.id, name, sep="\t", file=notes, flush=True)


def _fill(library: "Library") -> None:
    """Videos that hold nothing but faces, of a few people who are easily told apart."""
    drawn = np.random.default_rng(0)
    faces = drawn.standard_normal((PEOPLE, _DIMS)).astype(np.float32)
    for number in range(VIDEOS):
        video_id = VideoId(f"{number + 1:032x}")
        library.catalogue.put_file(Path(f"/videos/{number}.mp4"), video_id, None, 1, 1)
        who = drawn.integers(PEOPLE, size=TRACKS)
        vectors = faces[who] + drawn.standard_normal((TRACKS, _DIMS), dtype=np.float32) * 0.05
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        starts = np.arange(TRACKS, dtype=np.int32) * 1000
        box = (0.3, 0.3, 0.5, 0.6)
        tracks = tuple(
            FaceTrack(i, i * 1000, i * 1000 + 900, i * 1000 + 400, box, 0.9, 5)
            for i in range(TRACKS)
        )
        library.stages.commit(
            video_id,
            FacesOutput(
                library.people.space,
                tracks,
                VectorBatch(vectors, starts, starts + 900),
                (b"\xff\xd8\xff\xd9",) * TRACKS,
            ),
            StageRun(video_id, Stage.FACES, 1, "", StageStatus.DONE, 1.0, "", 1),
        )
        library.people.assign_new(video_id)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
