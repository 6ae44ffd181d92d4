"""A real library for the tests of this room, with engines that compute in no time.

The fingerprint counts what it reads, the engine what it is asked for; both are deterministic.
"""

import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from heimdex.domain.errors import Cancelled
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
    StageOutput,
    VisionOutput,
    WorkEvent,
)
from heimdex.domain.vectors import Space, SpaceKind, VectorBatch
from heimdex.indexing.absence import Absence
from heimdex.indexing.scan import Scanner
from heimdex.indexing.scan_report import ScanReport
from heimdex.indexing.worker import Worker, WorkReport
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.database import Database
from heimdex.storage.jobs import JobStore
from heimdex.storage.stages import StageStore
from heimdex.storage.whereabouts import Whereabouts

MODELS = {
    Stage.SPEECH: "ears/1",
    Stage.PASSAGES: "meaning/1",
    Stage.VISION: "eyes/1",
    Stage.FACES: "finder/1+faces/1",
    Stage.OCR: "reader/1",
}


class Fingerprints:
    """The content's hash, and which files were read for it."""

    def __init__(self) -> None:
        self.read: list[Path] = []
        self.instead: Callable[[Path], VideoId] | None = None

    def __call__(self, path: Path) -> VideoId:
        self.read.append(path)
        return content_id(path.read_bytes()) if self.instead is None else self.instead(path)


def put(path: Path, content: str | bytes = "", age_s: float = 100) -> Path:
    """Write a file (its own name where no content is given) that was left alone for `age_s`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else os.fsencode(content or path.name)
    path.write_bytes(data)
    when = time.time() - age_s
    os.utime(path, (when, when))
    return path


def content_id(content: bytes) -> VideoId:
    return VideoId(hashlib.sha256(content).hexdigest()[:32])


def media_info(audio: bool = True, video: bool = True) -> MediaInfo:
    return MediaInfo(
        "mp4",
        4000,
        (VideoTrack(0, "h264", 640, 360, 0, 25.0, "yuv420p"),) if video else (),
        (AudioTrack(1, "aac", 16000, 1, None),) if audio else (),
        None,
        None,
    )


def batch(count: int, seed: int = 0) -> VectorBatch:
    vectors = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    starts = np.arange(count, dtype=np.int32) * 1000
    return VectorBatch(vectors, starts, starts + 1000)


def transcript(words: str = "hello there") -> Transcript:
    return Transcript("en", (Segment(0, 0, 900, words, (Word(0, 900, words, 0.9),)),))


def output(stage: Stage, path: Path, said: Transcript | None) -> StageOutput:
    """What the stage gives for a file; depends on nothing but its arguments."""
    scenes = (Scene(0, 0, 2000, 1000), Scene(1, 2000, 4000, 3000))
    match stage:
        case Stage.PROBE:
            name = path.name
            return ProbeOutput(media_info("silent" not in name, "audio" not in name), b"poster")
        case Stage.SPEECH:
            return SpeechOutput(transcript())
        case Stage.PASSAGES:
            assert said is not None
            passages = tuple(
                Passage(s.index, s.start_ms, s.end_ms, s.text, s.index, s.index)
                for s in said.segments
            )
            space = Space(SpaceKind.PASSAGE, "meaning", "1")
            return PassagesOutput(space, passages, batch(len(passages)))
        case Stage.SCENES:
            return ScenesOutput(scenes, (b"scene 0", b"scene 1"))
        case Stage.VISION:
            return VisionOutput(
                Space(SpaceKind.FRAME, "eyes", "1"),
                batch(4),
                Space(SpaceKind.SCENE, "eyes", "1"),
                batch(2),
            )
        case Stage.FACES:
            track = FaceTrack(0, 0, 1500, 700, (0.2, 0.2, 0.4, 0.5), 0.9, 6)
            return FacesOutput(Space(SpaceKind.FACE, "faces", "1"), (track,), batch(1), (b"crop",))
        case Stage.OCR:
            return OcrOutput((OcrLine(0, 500, 2500, "Exit 출구", (0.1, 0.8, 0.4, 0.9), 0.97),))


Trouble = Callable[[Stage, Sequence[Stage]], None]
"""Called before each stage with the stages computed together; may raise."""


@dataclass
class FakeEngine:
    """A `StageEngine` in this process that computes `output` and can be made to fail."""

    trouble: Trouble = lambda stage, together: None
    seconds: float = 0.0
    asked: list[tuple[Stage, ...]] = field(default_factory=list)
    computed: Counter[tuple[str, Stage]] = field(default_factory=Counter)
    open: int = 0

    def run(
        self,
        path: Path,
        info: MediaInfo | None,
        stages: Sequence[Stage],
        transcript: Transcript | None,
        on_progress: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> Iterator[StageOutput]:
        self.asked.append(tuple(stages))
        self.open += 1
        try:
            for stage in stages:
                end = time.monotonic() + self.seconds
                while True:
                    if cancelled():
                        raise Cancelled("Cancelled.")
                    if time.monotonic() >= end:
                        break
                    on_progress(1, 2)
                    time.sleep(0.005)
                self.trouble(stage, stages)
                self.computed[path.name, stage] += 1
                yield output(stage, path, transcript)
        finally:
            self.open -= 1


class Library:
    """The stores of one library folder, opened like the program opens them."""

    def __init__(self, directory: Path, stable_seconds: float = 0.0) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.database = Database.open(directory / "library.db")
        self.artefacts = Artefacts(directory)
        self.catalogue = Catalogue(self.database)
        self.jobs = JobStore(self.database)
        self.stages = StageStore(self.database, self.artefacts)
        self.whereabouts = Whereabouts(self.database)
        self.fingerprints = Fingerprints()
        self.engine = FakeEngine()
        self.models = dict(MODELS)
        self.sorted_faces: list[VideoId] = []
        self.syncs = 0
        self.events: list[WorkEvent] = []
        self.scanner = Scanner(
            self.catalogue,
            self.jobs,
            self.stages,
            self.whereabouts,
            self.fingerprints,
            lambda: self.models,
            stable_seconds=stable_seconds,
        )
        self.worker = Worker(
            self.catalogue,
            self.stages,
            self.jobs,
            self.engine,
            lambda: self.models,
            sync=self._sync,
            on_faces=self.sorted_faces.append,
            on_lost=Absence(self.catalogue, self.whereabouts).note,
        )

    def work(self, should_stop: Callable[[], bool] = lambda: False) -> WorkReport:
        return self.worker.run(self.events.append, should_stop)

    def _sync(self) -> None:
        self.syncs += 1

    def close(self) -> None:
        self.database.close()


def states(library: Library) -> dict[str, str]:
    """Each file's name and state."""
    return {file.path.name: file.state.value for file in library.catalogue.files()}


def rescan_only(library: Library, folder: Path) -> ScanReport:
    """Look again at one folder of the library."""
    [known] = [f for f in library.catalogue.folders() if f.path == folder]
    return library.scanner.scan(known)
