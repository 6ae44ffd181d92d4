"""Small outputs of every stage for the storage tests, made by hand so that they are easy to read.

Also run as a program by the tests that kill it: `storage_samples.py commit|sync LIBRARY`.
"""

import sys
import time
from pathlib import Path

import numpy as np

from heimdex.domain.faces import FaceTrack
from heimdex.domain.ids import VideoId
from heimdex.domain.media import AudioTrack, MediaInfo, Scene, VideoTrack
from heimdex.domain.ocr import OcrLine
from heimdex.domain.speech import Passage, Segment, Transcript, Word
from heimdex.domain.stages import (
    FacesOutput,
    OcrOutput,
    PassagesOutput,
    ProbeOutput,
    ScenesOutput,
    SpeechOutput,
    Stage,
    StageRun,
    StageStatus,
    VisionOutput,
)
from heimdex.domain.vectors import Space, SpaceKind, VectorBatch

PASSAGES = Space(SpaceKind.PASSAGE, "text", "1")
SCENES = Space(SpaceKind.SCENE, "see", "1")
FRAMES = Space(SpaceKind.FRAME, "see", "1")
FACES = Space(SpaceKind.FACE, "face", "1")
DIMS = 16


def video_id(number: int) -> VideoId:
    return VideoId(f"{number:032x}")


def run(
    number: int, stage: Stage, status: StageStatus = StageStatus.DONE, error: str = ""
) -> StageRun:
    return StageRun(video_id(number), stage, 1, "model@1", status, 1.5, error, 1_700_000_000)


def batch(count: int, seed: int = 0, dims: int = DIMS) -> VectorBatch:
    vectors = np.random.default_rng(seed).normal(size=(count, dims)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    start = np.arange(count, dtype=np.int32) * 1000
    return VectorBatch(vectors, start, start + 1000)


def probe(duration_ms: int = 9000) -> ProbeOutput:
    info = MediaInfo(
        container="mp4",
        duration_ms=duration_ms,
        video=(VideoTrack(0, "h264", 640, 360, 90, 25.0, "yuv420p"),),
        audio=(AudioTrack(1, "aac", 48_000, 2, "ko"),),
        recorded_at=1_600_000_000,
        title="카메라 0001",
    )
    return ProbeOutput(info, b"\xff\xd8poster")


def speech(*sentences: str) -> SpeechOutput:
    segments = []
    for i, sentence in enumerate(sentences):
        words = tuple(
            Word(i * 1000 + n * 100, i * 1000 + n * 100 + 90, text, 0.875)
            for n, text in enumerate(sentence.split())
        )
        segments.append(Segment(i, i * 1000, i * 1000 + 900, sentence, words))
    return SpeechOutput(Transcript("ko", tuple(segments)))


def passages(*sentences: str, seed: int = 0, space: Space = PASSAGES) -> PassagesOutput:
    items = tuple(
        Passage(i, i * 1000, i * 1000 + 1000, text, i, i) for i, text in enumerate(sentences)
    )
    return PassagesOutput(space, items, batch(len(items), seed))


def scenes(count: int, length_ms: int = 1000) -> ScenesOutput:
    items = tuple(
        Scene(i, i * length_ms, (i + 1) * length_ms, i * length_ms + length_ms // 2)
        for i in range(count)
    )
    return ScenesOutput(items, tuple(b"\xff\xd8scene%d" % i for i in range(count)))


def vision(scene_count: int, frame_count: int, seed: int = 0) -> VisionOutput:
    return VisionOutput(FRAMES, batch(frame_count, seed), SCENES, batch(scene_count, seed + 1))


def faces(count: int, seed: int = 0, space: Space = FACES) -> FacesOutput:
    tracks = tuple(
        FaceTrack(i, i * 1000, i * 1000 + 800, i * 1000 + 400, (0.125, 0.25, 0.5, 0.75), i / 10, 3)
        for i in range(count)
    )
    return FacesOutput(
        space, tracks, batch(count, seed), tuple(b"\xff\xd8face%d" % i for i in range(count))
    )


def ocr(*texts: str) -> OcrOutput:
    return OcrOutput(
        tuple(
            OcrLine(i, i * 1000, i * 1000 + 900, text, (0.125, 0.75, 0.5, 0.875), 0.9375)
            for i, text in enumerate(texts)
        )
    )


def _commit_forever(library: Path) -> None:
    from heimdex.storage.artefacts import Artefacts
    from heimdex.storage.catalogue import Catalogue
    from heimdex.storage.database import FILE_NAME, Database
    from heimdex.storage.stages import StageStore

    database = Database.open(library / FILE_NAME)
    catalogue, stages = Catalogue(database), StageStore(database, Artefacts(library))
    for number in range(10_000):
        catalogue.put_file(library / f"{number}.mp4", video_id(number), None, 1, 1)
        stages.commit(
            video_id(number),
            passages(*[f"문장 {i} of {number}" for i in range(20)], seed=number),
            run(number, Stage.PASSAGES),
        )
        stages.commit(video_id(number), scenes(5), run(number, Stage.SCENES))
        stages.commit(video_id(number), vision(5, 9, number), run(number, Stage.VISION))
        print(number, flush=True)


def _sync_slowly(library: Path) -> None:
    from heimdex.storage import chroma
    from heimdex.storage.database import FILE_NAME, Database

    database = Database.open(library / FILE_NAME)
    chroma._CHUNK = 20  # so that there are many moments to be killed at
    index = chroma.VectorIndex(library / chroma.FOLDER_NAME)

    def told(done: int, total: int) -> None:
        print(done, flush=True)
        time.sleep(0.01)

    index.sync(database, told)
    print("synced", flush=True)
    time.sleep(60)


if __name__ == "__main__":
    {"commit": _commit_forever, "sync": _sync_slowly}[sys.argv[1]](Path(sys.argv[2]))
