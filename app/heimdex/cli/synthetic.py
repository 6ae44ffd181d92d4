"""A library of any size for the search benchmark: real stores, real sentences, made-up videos.

Measuring it is left to `bench_search`. Everything is drawn from one seed, so two runs search the
same library.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.ids import VideoId
from heimdex.domain.media import AudioTrack, MediaInfo, Scene, VideoTrack
from heimdex.domain.speech import Passage, Segment, Transcript
from heimdex.domain.stages import (
    PassagesOutput,
    ProbeOutput,
    ScenesOutput,
    SpeechOutput,
    Stage,
    StageOutput,
    StageRun,
    StageStatus,
    VisionOutput,
)
from heimdex.domain.vectors import VectorBatch, Vectors

if TYPE_CHECKING:
    from heimdex.bootstrap import Library
    from heimdex.search.towers import QueryTowers

PASSAGES, SCENES, FRAMES = 40, 20, 100
"""Vectors that each made-up video of ten minutes has in each space."""
IN_ALL = PASSAGES + SCENES + FRAMES
_LENGTH_MS = 600_000
_SPREAD = 0.75
"""Length of the noise that sets passages of one sentence apart, beside a sentence of length one:
two of them then have a cosine of .64, as two ways to say one thing have."""
_SEEN_SPREAD = 1.6
"""The same for pictures: a picture is about .5 like the sentence that describes it best."""
_DAY = 86_400
_FIRST = 1_262_304_000
"""2010-01-01, when the first made-up video was recorded."""
_JPEG = b"\xff\xd8\xff\xd9"

Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Sentences and where they lie in the spaces of speech and of sight; n texts, n × d each."""

    texts: tuple[str, ...]
    said: Vectors
    seen: Vectors


def material(towers: "QueryTowers", sentences: Path) -> Material:
    """Embed the sentences of a text file (one a line, # for remarks) with the query towers."""
    lines = sentences.read_text(encoding="utf-8").splitlines()
    texts = tuple(line for line in lines if line.strip() and not line.startswith("#"))
    return Material(
        texts,
        np.stack([towers.passage(text) for text in texts]),
        np.stack([towers.vision(text) for text in texts]),
    )


def fill(library: "Library", made_of: Material, vectors: int, report: Report) -> int:
    """Add videos until the library holds about `vectors` vectors; gives the number of videos."""
    count = max(1, round(vectors / IN_ALL))
    random = np.random.default_rng(0)
    for number in range(count):
        _add(library, made_of, number, random)
        report(number + 1, count)
    return count


def folder_of(number: int) -> Path:
    """The folder of a made-up video: a tenth of them lie in each."""
    return Path(f"/videos/{number % 10}")


def recorded_at(number: int) -> int:
    """Unix seconds; spread evenly over ten years, whatever the number of videos."""
    return _FIRST + number * 7919 % 3650 * _DAY


def _add(library: "Library", made_of: Material, number: int, random: np.random.Generator) -> None:
    video_id = VideoId(f"{number + 1:032x}")
    path = folder_of(number) / f"clip {number}.mp4"
    library.catalogue.put_file(path, video_id, None, 1, 1)
    for stage, output in _outputs(library, made_of, number, random):
        run = StageRun(video_id, stage, 1, "", StageStatus.DONE, 1.0, "", 1)
        library.stages.commit(video_id, output, run)


def _outputs(
    library: "Library", made_of: Material, number: int, random: np.random.Generator
) -> Iterator[tuple[Stage, StageOutput]]:
    towers = library.towers
    info = MediaInfo(
        "mp4",
        _LENGTH_MS,
        (VideoTrack(0, "h264", 640, 360, 0, 25.0, "yuv420p"),),
        (AudioTrack(1, "aac", 48_000, 2, None),),
        recorded_at(number),
        None,
    )
    yield Stage.PROBE, ProbeOutput(info, b"")
    chosen = random.integers(len(made_of.texts), size=PASSAGES)
    starts, ends = _times(PASSAGES)
    texts = [_varied(made_of.texts[i], random) for i in chosen]
    spoken = list(zip(starts.tolist(), ends.tolist(), texts, strict=True))
    segments = tuple(Segment(i, s, e, text, ()) for i, (s, e, text) in enumerate(spoken))
    yield Stage.SPEECH, SpeechOutput(Transcript("en", segments))
    passages = tuple(Passage(i, s, e, text, i, i) for i, (s, e, text) in enumerate(spoken))
    batch = VectorBatch(_around(made_of.said[chosen], _SPREAD, random), starts, ends)
    yield Stage.PASSAGES, PassagesOutput(towers.passage_space, passages, batch)
    starts, ends = _times(SCENES)
    cuts = enumerate(zip(starts.tolist(), ends.tolist(), strict=True))
    scenes = tuple(Scene(index, start, end, start) for index, (start, end) in cuts)
    yield Stage.SCENES, ScenesOutput(scenes, (_JPEG,) * SCENES)
    # The frames of a scene show one thing, each a little differently.
    of_scenes = _around(
        made_of.seen[random.integers(len(made_of.texts), size=SCENES)], _SEEN_SPREAD, random
    )
    frames = _around(np.repeat(of_scenes, FRAMES // SCENES, axis=0), 0.4, random)
    pooled = frames.reshape(SCENES, -1, frames.shape[1]).mean(axis=1)
    pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
    yield (
        Stage.VISION,
        VisionOutput(
            towers.frame_space,
            VectorBatch(frames, *_times(FRAMES)),
            towers.scene_space,
            VectorBatch(pooled.astype(np.float32), starts, ends),
        ),
    )


def _times(count: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    starts = np.arange(count, dtype=np.int32) * (_LENGTH_MS // count)
    return starts, starts + np.int32(_LENGTH_MS // count)


def _around(centres: Vectors, spread: float, random: np.random.Generator) -> Vectors:
    """Unit vectors near the rows of `centres`, each off by noise of length `spread`."""
    noise = random.standard_normal(centres.shape, dtype=np.float32)
    noise *= spread / np.linalg.norm(noise, axis=1, keepdims=True)
    moved = centres + noise
    near: Vectors = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return near


def _varied(text: str, random: np.random.Generator) -> str:
    """A sentence with one of its words left out, so that not all of them are the same."""
    words: Sequence[str] = text.split()
    if len(words) < 4:
        return text
    out = int(random.integers(len(words)))
    return " ".join([*words[:out], *words[out + 1 :]])
