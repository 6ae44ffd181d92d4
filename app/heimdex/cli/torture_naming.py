"""A process that names people without end, until `heimdex bench torture` kills it.

It writes down what it is about to do and what it has been told is done; comparing that with the
library is the benchmark's work.
"""

import random
import sys
import threading
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

from heimdex.domain.errors import UserError
from heimdex.domain.faces import FaceTrack, TrackRef
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.stages import FacesOutput, Stage, StageRun, StageStatus
from heimdex.domain.vectors import VectorBatch

if TYPE_CHECKING:
    from heimdex.bootstrap import Library

VIDEOS, TRACKS, PEOPLE = 12, 5, 10
_DIMS = 128
_REFUSED = 0.2
"""How often a face is said not to be a person's, instead of giving a name."""
_LEFT = 3
"""Whoever has fewer faces is left in peace: without any, an unnamed group would go."""


def main(arguments: Sequence[str]) -> int:
    """`LIBRARY LOG SEED [MEDIA]`: name and rename people of that library, for ever.

    With MEDIA those videos are indexed meanwhile, and the faces of one of them anew each time.
    """
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
        if len(arguments) > 3:
            _index(library, Path(arguments[3]), chance)
        print("ready", flush=True)
        number = 0
        while True:
            number += 1
            person = chance.choice(library.people.list())
            # While faces are found anew, a group without a name may go before it gets one.
            with suppress(UserError) if person.name is None else nullcontext():
                if person.name is not None and chance.random() < _REFUSED:
                    _refuse(library, person.id, chance, notes)
                    continue
                name = f"{seed} 사람 {number}"
                print("wants", person.id, name, sep="\t", file=notes, flush=True)
                library.people.name(person.id, name)
                print("named", person.id, name, sep="\t", file=notes, flush=True)


def _refuse(library: "Library", person: PersonId, chance: random.Random, notes: TextIO) -> None:
    """Say of one face that it is not this person's, and write that down once it is kept."""
    shown = library.people.show(person).appearances
    if len(shown) < _LEFT:
        return
    chosen = chance.choice(shown)
    ref = TrackRef(chosen.video_id, chosen.track)
    track = library.stages.tracks(ref.video_id)[ref.index]
    library.people.reject([ref], person)
    print("refused", person, ref.video_id, track.best_ms, sep="\t", file=notes, flush=True)


def _index(library: "Library", media: Path, chance: random.Random) -> None:
    library.scanner.add([media])
    videos = [each.id for each in library.catalogue.videos() if each.path.parent == media]
    again = chance.choice(videos)
    library.stages.clear(again, [Stage.FACES])
    library.jobs.enqueue([again])

    def work() -> None:
        library.worker.run(lambda event: None, lambda: False)

    threading.Thread(target=work, name="worker", daemon=True).start()


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
