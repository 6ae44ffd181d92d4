"""What is seen, who is there and what is written: one decode pass that feeds shots, thumbnails,
vectors, faces and text.

Decoding is left to `media`, seeing to the engines. Pictures are held only until their batch is
done: with the length of a video grow only its vectors and one thumbnail a shot.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from heimdex.domain.engines import (
    FaceDetector,
    FaceEmbedder,
    Report,
    TextReader,
    VisionEmbedder,
)
from heimdex.domain.media import Frame, MediaInfo, Scene
from heimdex.domain.stages import (
    FacesOutput,
    OcrOutput,
    ScenesOutput,
    Stage,
    StageOutput,
    VisionOutput,
)
from heimdex.domain.vectors import Space, SpaceKind, VectorBatch, Vectors
from heimdex.indexing.stages.crops import crop
from heimdex.indexing.stages.screen_text import ScreenText
from heimdex.indexing.stages.thumbnails import ThumbnailChooser
from heimdex.indexing.tracks import FaceTracker, FinishedTrack
from heimdex.media.frames import DecodedFrame, decode
from heimdex.media.shots import LATE, ShotDetector, split

EDGE = 1280
"""Longest side of a sampled picture: enough for faces at the back of a room."""
_BATCH = 8
_REPORT_EVERY_MS = 1_000


def run_visual(
    path: Path,
    info: MediaInfo,
    stages: Sequence[Stage],
    vision: VisionEmbedder,
    detector: FaceDetector,
    embedder: FaceEmbedder,
    report: Report,
    every_ms: int = 1_000,
    threads: int = 2,
    reader: TextReader | None = None,
) -> Iterator[StageOutput]:
    """Decode the picture of `path` once and yield an output for each of `stages`, in their order.

    A frame is looked at at the beginning of every shot and every `every_ms` from there. Engines
    of stages that are not asked for are not used; `reader` is needed for text alone. A file without
    a picture yields nothing; raises MediaError when there is one that cannot be decoded.
    """
    if not info.video:
        return
    if Stage.OCR in stages and reader is None:
        raise ValueError("text cannot be read without a reader")
    look = _Look(vision, detector, embedder, reader, frozenset(stages))
    shots = ShotDetector(info.video[0].frame_rate)
    # A cut is reported a few frames late; only then is it known where the next sample is due.
    recent: deque[DecodedFrame] = deque()
    beginnings: set[int] = set()
    due = reported = 0
    last_ms = 0

    def settle(frame: DecodedFrame) -> None:
        nonlocal due
        if frame.at_ms in beginnings:
            beginnings.remove(frame.at_ms)
            look.cut(frame.at_ms)
            due = frame.at_ms
        if frame.at_ms >= due:
            look.sample(Frame(frame.at_ms, frame.picture(EDGE)))
            due = frame.at_ms + every_ms

    for frame in decode(path, info, threads):
        last_ms = frame.at_ms
        recent.append(frame)
        beginnings.update(shots.feed(frame.at_ms, frame.small()))
        if len(recent) > LATE:
            settle(recent.popleft())
        if frame.at_ms - reported >= _REPORT_EVERY_MS:
            reported = frame.at_ms
            report(frame.at_ms)
    while recent:
        settle(recent.popleft())
    end_ms = max(info.duration_ms, last_ms + 1)
    look.finish(end_ms)
    report(end_ms)
    yield from look.outputs(split(shots.cuts, end_ms))


class _Look:
    """Gathers what the samples show."""

    def __init__(
        self,
        vision: VisionEmbedder,
        detector: FaceDetector,
        embedder: FaceEmbedder,
        reader: TextReader | None,
        stages: frozenset[Stage],
    ) -> None:
        self._vision, self._detector, self._embedder = vision, detector, embedder
        self._stages = stages
        self._tracker = FaceTracker(embedder)
        self._thumbnails = ThumbnailChooser()
        self._text = ScreenText(reader) if reader is not None and Stage.OCR in stages else None
        self._waiting: list[Frame] = []
        self._cuts: set[int] = set()
        self._times: list[int] = []
        self._vectors: list[Vectors] = []
        self._tracks: list[FinishedTrack] = []
        self._end_ms = 0

    def cut(self, at_ms: int) -> None:
        """A shot begins at `at_ms`; that frame is the next sample."""
        self._cuts.add(at_ms)

    def sample(self, frame: Frame) -> None:
        """Look at one frame, together with others of its batch."""
        self._waiting.append(frame)
        if len(self._waiting) == _BATCH:
            self._process()

    def finish(self, end_ms: int) -> None:
        """Look at what still waits and end what is open."""
        if self._waiting:
            self._process()
        self._tracks += self._tracker.cut()
        self._thumbnails.finish(end_ms)
        self._end_ms = end_ms

    def _process(self) -> None:
        batch, self._waiting = self._waiting, []
        images = [frame.image for frame in batch]
        self._times += [frame.at_ms for frame in batch]
        if Stage.VISION in self._stages:
            self._vectors.append(self._vision.embed_images(images))
        if Stage.SCENES in self._stages:
            for frame in batch:
                if frame.at_ms in self._cuts:
                    self._thumbnails.cut(frame.at_ms)
                self._thumbnails.add(frame)
        if Stage.FACES in self._stages:
            for frame, faces in zip(batch, self._detector.detect(images), strict=True):
                if frame.at_ms in self._cuts:
                    self._tracks += self._tracker.cut()
                crops = [c for face in faces if (c := crop(frame.image, face, frame.at_ms))]
                self._tracks += self._tracker.add(frame.at_ms, crops)
        if self._text is not None:
            for frame in batch:
                self._text.sample(frame, frame.at_ms in self._cuts)
        self._cuts.clear()

    def outputs(self, shots: list[tuple[int, int]]) -> Iterator[StageOutput]:
        """The outputs asked for, in the order of the stages."""
        if Stage.SCENES in self._stages:
            yield self._scenes(shots)
        if Stage.VISION in self._stages:
            yield self._seen(shots)
        if Stage.FACES in self._stages:
            yield self._faces()
        if self._text is not None:
            yield OcrOutput(self._text.finish(self._end_ms))

    def _scenes(self, shots: list[tuple[int, int]]) -> ScenesOutput:
        chosen = self._thumbnails.for_shots(shots)
        scenes = [
            Scene(index, start, end, thumbnail.at_ms)
            for index, ((start, end), thumbnail) in enumerate(zip(shots, chosen, strict=True))
        ]
        return ScenesOutput(tuple(scenes), tuple(thumbnail.data for thumbnail in chosen))

    def _seen(self, shots: list[tuple[int, int]]) -> VisionOutput:
        times = np.array(self._times, np.int32)
        vectors = np.concatenate(self._vectors)
        ends = np.append(times[1:], max(shots[-1][1], int(times[-1])))
        starts = np.array([start for start, _ in shots], np.int32)
        stops = np.array([end for _, end in shots], np.int32)
        pooled = np.stack([_pool(times, vectors, start, end) for start, end in shots])
        model, revision = self._vision.model_id, self._vision.revision
        return VisionOutput(
            Space(SpaceKind.FRAME, model, revision),
            VectorBatch(vectors, times, ends.astype(np.int32)),
            Space(SpaceKind.SCENE, model, revision),
            VectorBatch(pooled, starts, stops),
        )

    def _faces(self) -> FacesOutput:
        found = sorted(self._tracks, key=lambda f: (f.track.start_ms, f.track.box))
        tracks = tuple(replace(f.track, index=i) for i, f in enumerate(found))
        empty = np.zeros((0, self._embedder.dims), np.float32)
        batch = VectorBatch(
            np.stack([f.vector for f in found]) if found else empty,
            np.array([t.start_ms for t in tracks], np.int32),
            np.array([t.end_ms for t in tracks], np.int32),
        )
        space = Space(SpaceKind.FACE, self._embedder.model_id, self._embedder.revision)
        return FacesOutput(space, tracks, batch, tuple(f.view for f in found))


def _pool(times: np.ndarray, vectors: Vectors, start: int, end: int) -> Vectors:
    """Mean of the frames inside [start, end), unit length; the nearest frame where none is."""
    inside = (times >= start) & (times < end)
    if not inside.any():
        inside = np.zeros(len(times), bool)
        inside[int(np.abs(times - (start + end) / 2).argmin())] = True
    mean = vectors[inside].mean(axis=0)
    length = float(np.linalg.norm(mean))
    # Opposite frames may cancel out; one of them stands for the shot then.
    pooled = mean / length if length > 1e-6 else vectors[inside][0]
    unit: Vectors = np.asarray(pooled, np.float32)
    return unit
