"""A small real library for the window's tests: real files and stores, outputs as stages give them.

Only the engines are left out: what they would have found is written down here.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColor, QImage

from heimdex.bootstrap import Library
from heimdex.domain.errors import Cancelled, MediaError
from heimdex.domain.faces import FaceTrack
from heimdex.domain.ids import VideoId
from heimdex.domain.media import MediaInfo, Scene
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
    StageRun,
    StageStatus,
    VisionOutput,
)
from heimdex.domain.vectors import Space, SpaceKind, VectorBatch
from heimdex.media.probe import probe
from media_factory import make_clip

DIMS = 128
PASSAGES = Space(SpaceKind.PASSAGE, "use-multilingual", "test")


def jpeg(colour: str, width: int = 320, height: int = 180) -> bytes:
    """A picture of one colour."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "JPG")
    return buffer.data().data()


def segments(*texts: str, every_ms: int = 2000) -> tuple[Segment, ...]:
    """Sentences one after another."""
    made = []
    for number, text in enumerate(texts):
        start = number * every_ms
        words = tuple(Word(start, start + 400, word, 0.9) for word in text.split())
        made.append(Segment(number, start, start + every_ms - 100, text, words))
    return tuple(made)


def aged(path: Path) -> Path:
    """Make a file look as if it grew no more: the scanner looks twice at young ones."""
    hour_ago = time.time() - 3600
    os.utime(path, (hour_ago, hour_ago))
    return path


@dataclass
class Small:
    """The library and what is in it, by name."""

    library: Library
    media: Path
    videos: dict[str, VideoId] = field(default_factory=dict)
    _seed: int = 1

    def clip(self, name: str, seconds: int = 6) -> Path:
        """A playable file that the library does not know yet."""
        path = self.media / name
        # Another length for each: equal bytes would be one and the same video.
        frames = seconds * 10 + len(self.videos) + len(list(self.media.iterdir()))
        make_clip(path, size=(160, 90), frames=frames, fps=10, shots=[frames // 2], audio="tone")
        return aged(path)

    def add(self, path: Path) -> VideoId:
        """Let the scanner take a file, without indexing it."""
        self.library.scanner.add([path])
        video = self.library.catalogue.video_at(path)
        assert video is not None
        self.videos[path.name] = video.id
        return video.id

    def commit(self, video_id: VideoId, stage: Stage, output: StageOutput) -> None:
        """Store what a stage found."""
        self.library.stages.commit(video_id, output, self._run(video_id, stage))

    def fail(self, video_id: VideoId, stage: Stage, error: str) -> None:
        """Record that a stage failed."""
        run = StageRun(video_id, stage, 1, "", StageStatus.FAILED, 0.1, error, int(time.time()))
        self.library.stages.record(run)

    def probed(self, path: Path, colour: str = "steelblue") -> VideoId:
        """Add a file and store what probing finds in it."""
        video_id = self.add(path)
        info = probe(path)
        poster = jpeg(colour) if info.video else b""
        self.commit(video_id, Stage.PROBE, ProbeOutput(info, poster))
        return video_id

    def spoken(self, video_id: VideoId, *texts: str, language: str = "en") -> None:
        """Store what is said, with passages."""
        said = segments(*texts)
        self.commit(video_id, Stage.SPEECH, SpeechOutput(Transcript(language, said)))
        passages = tuple(
            Passage(s.index, s.start_ms, s.end_ms, s.text, s.index, s.index) for s in said
        )
        batch = self._batch([(s.start_ms, s.end_ms) for s in said], self._vectors(len(said)))
        self.commit(video_id, Stage.PASSAGES, PassagesOutput(PASSAGES, passages, batch))

    def written(self, video_id: VideoId, *texts: str) -> None:
        """Store what is on the screen, each for two seconds from its own on."""
        lines = tuple(
            OcrLine(i, i * 1000, i * 1000 + 2000, text, (0.1, 0.8, 0.6, 0.9), 0.98)
            for i, text in enumerate(texts)
        )
        self.commit(video_id, Stage.OCR, OcrOutput(lines))

    def scenes(self, video_id: VideoId, count: int = 2, length_ms: int = 3000) -> None:
        """Store shots with thumbnails."""
        shots = tuple(
            Scene(i, i * length_ms, (i + 1) * length_ms, i * length_ms + 500) for i in range(count)
        )
        pictures = tuple(jpeg(QColor.fromHsv(70 * i % 360, 160, 200).name()) for i in range(count))
        self.commit(video_id, Stage.SCENES, ScenesOutput(shots, pictures))

    def faces(self, video_id: VideoId, *who: int, unlike: float = 0.15, turn: int = 0) -> None:
        """Store a face for each number; equal numbers look the same, `unlike` says how roughly and
        `turn` in which way. Sorts them to people."""
        space = self.library.people._model.space
        tracks = tuple(
            FaceTrack(i, i * 1000, i * 1000 + 800, i * 1000 + 100, (0.3, 0.2, 0.6, 0.7), 0.9, 5)
            for i in range(len(who))
        )
        faces = [self._face(number, turn + i, unlike) for i, number in enumerate(who)]
        vectors = np.stack(faces) if faces else np.zeros((0, DIMS), np.float32)
        batch = self._batch([(t.start_ms, t.end_ms) for t in tracks], vectors)
        crops = tuple(jpeg(QColor.fromHsv(50 * n % 360, 120, 220).name(), 160, 160) for n in who)
        self.commit(video_id, Stage.FACES, FacesOutput(space, tracks, batch, crops))
        self.library.people.assign_new(video_id)

    def _face(self, number: int, turn: int, unlike: float) -> np.ndarray:
        base = np.random.default_rng(number).standard_normal(DIMS)
        noise = np.random.default_rng(1000 * number + turn).standard_normal(DIMS)
        vector = base / np.linalg.norm(base) + unlike * noise / np.linalg.norm(noise)
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    def _vectors(self, count: int) -> np.ndarray:
        self._seed += 1
        made = np.random.default_rng(self._seed).standard_normal((count, DIMS)).astype(np.float32)
        return made / np.linalg.norm(made, axis=1, keepdims=True)

    def _batch(self, spans: Sequence[tuple[int, int]], vectors: np.ndarray) -> VectorBatch:
        starts = np.array([a for a, _ in spans], np.int32)
        ends = np.array([b for _, b in spans], np.int32)
        return VectorBatch(vectors, starts, ends)

    def _run(self, video_id: VideoId, stage: Stage) -> StageRun:
        model = self.library.worker._models().get(stage, "")
        return StageRun(video_id, stage, 1, model, StageStatus.DONE, 0.5, "", int(time.time()))


class SlowEngine:
    """A `StageEngine` that takes its time over each stage and can be told to fail a file."""

    def __init__(self, steps: int = 10, pause_s: float = 0.02) -> None:
        self.steps = steps
        self.pause_s = pause_s
        self.unreadable: set[str] = set()
        self.started: list[str] = []

    def run(
        self,
        path: Path,
        info: MediaInfo | None,
        stages: Sequence[Stage],
        transcript: Transcript | None,
        on_progress: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> Iterator[StageOutput]:
        if Stage.PROBE in stages:
            self.started.append(path.name)
        if path.name in self.unreadable:
            raise MediaError("This file is not a video.\nmoov atom not found")
        for step in range(self.steps):
            if cancelled():
                raise Cancelled("stopped")
            on_progress(step * 100, self.steps * 100)
            time.sleep(self.pause_s)
        for stage in stages:
            yield self._found(stage, path)

    def _found(self, stage: Stage, path: Path) -> StageOutput:
        """As little as a stage can find."""
        one = VectorBatch(
            np.eye(1, DIMS, dtype=np.float32), np.zeros(1, np.int32), np.full(1, 900, np.int32)
        )
        none = VectorBatch(np.zeros((0, DIMS), np.float32), one.start_ms[:0], one.end_ms[:0])
        match stage:
            case Stage.PROBE:
                info = probe(path)
                return ProbeOutput(info, jpeg("seagreen") if info.video else b"")
            case Stage.SPEECH:
                return SpeechOutput(Transcript("", ()))
            case Stage.PASSAGES:
                return PassagesOutput(PASSAGES, (), none)
            case Stage.SCENES:
                return ScenesOutput((Scene(0, 0, 900, 100),), (jpeg("olive"),))
            case Stage.VISION:
                frames = Space(SpaceKind.FRAME, "none", "1")
                return VisionOutput(frames, one, Space(SpaceKind.SCENE, "none", "1"), one)
            case Stage.FACES:
                return FacesOutput(Space(SpaceKind.FACE, "none", "1"), (), none, ())
