"""What is seen and who is there: one decode pass that feeds shots, thumbnails, vectors and faces.

Decoding is left to `media`, seeing to the engines. Memory is bounded by the number of shots, not
by frames: pictures are held only until their batch is done.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from heimdex.domain.engines import FaceDetector, FaceEmbedder, Report, VisionEmbedder
from heimdex.domain.media import Frame, MediaInfo, RgbImage, Scene
from heimdex.domain.stages import FacesOutput, ScenesOutput, Stage, StageOutput, VisionOutput
from heimdex.domain.vectors import Space, SpaceKind, VectorBatch, Vectors
from heimdex.indexing.stages.crops import crop
from heimdex.indexing.tracks import FaceTracker, FinishedTrack
from heimdex.media.frames import DecodedFrame, decode
from heimdex.media.pictures import jpeg, sharpness
from heimdex.media.shots import ShotDetector, split

EDGE = 1280
"""Longest side of a sampled picture: enough for faces at the back of a room."""
THUMBNAIL_WIDTH = 480
_BATCH = 8
_BEHIND = 8
"""Frames that are kept because a cut is only seen a few frames later."""
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
) -> Iterator[StageOutput]:
    """Decode the picture of `path` once and yield an output for each of `stages`, in their order.

    A frame is looked at every `every_ms` and at the beginning of every shot. Engines of stages
    that are not asked for are not used. Raises MediaError when no picture can be decoded.
    """
    look = _Look(vision, detector, embedder, frozenset(stages))
    shots = ShotDetector(info.video[0].frame_rate)
    recent: deque[DecodedFrame] = deque(maxlen=_BEHIND)
    due = reported = 0
    last_ms = 0
    for frame in decode(path, info, threads):
        last_ms = frame.at_ms
        recent.append(frame)
        for cut in shots.feed(frame.at_ms, frame.small()):
            first = next((f for f in recent if f.at_ms >= cut), frame)
            look.cut(cut)
            look.sample(Frame(first.at_ms, first.picture(EDGE)))
        if frame.at_ms >= due:
            look.sample(Frame(frame.at_ms, frame.picture(EDGE)))
            due = frame.at_ms - frame.at_ms % every_ms + every_ms
        if frame.at_ms - reported >= _REPORT_EVERY_MS:
            reported = frame.at_ms
            report(frame.at_ms)
    recent.clear()
    look.finish()
    report(max(info.duration_ms, last_ms))
    yield from look.outputs(split(shots.cuts, max(info.duration_ms, last_ms + 1)))


@dataclass(frozen=True, slots=True)
class _Thumbnail:
    at_ms: int
    sharpness: float
    data: bytes


class _Look:
    """Gathers what the samples show."""

    def __init__(
        self,
        vision: VisionEmbedder,
        detector: FaceDetector,
        embedder: FaceEmbedder,
        stages: frozenset[Stage],
    ) -> None:
        self._vision, self._detector, self._embedder = vision, detector, embedder
        self._stages = stages
        self._tracker = FaceTracker(embedder)
        self._waiting: list[Frame] = []
        self._cuts: list[int] = []
        self._times: list[int] = []
        self._vectors: list[Vectors] = []
        self._thumbnails: list[_Thumbnail] = []
        self._shot_start = 0
        self._tracks: list[FinishedTrack] = []

    def cut(self, at_ms: int) -> None:
        """A shot begins at `at_ms`, which may lie a few frames back."""
        self._cuts.append(at_ms)
        self._cuts.sort()

    def sample(self, frame: Frame) -> None:
        """Look at one frame, with others of its batch."""
        times = [waiting.at_ms for waiting in self._waiting] or self._times[-1:]
        if frame.at_ms in times:
            return
        self._waiting.append(frame)
        self._waiting.sort(key=lambda waiting: waiting.at_ms)
        if len(self._waiting) > _BATCH:
            # The newest waits: a cut just before it may still be found.
            batch, self._waiting = self._waiting[:-1], self._waiting[-1:]
            self._process(batch)

    def finish(self) -> None:
        """Look at what still waits and end all tracks."""
        if self._waiting:
            self._process(self._waiting)
            self._waiting = []
        self._tracks += self._tracker.cut()

    def _process(self, batch: list[Frame]) -> None:
        images = [frame.image for frame in batch]
        self._times += [frame.at_ms for frame in batch]
        if Stage.VISION in self._stages:
            self._vectors.append(self._vision.embed_images(images))
        if Stage.SCENES in self._stages:
            for frame in batch:
                self._keep_thumbnail(frame)
        if Stage.FACES in self._stages:
            for frame, faces in zip(batch, self._detector.detect(images), strict=True):
                if any(self._shot_start < cut <= frame.at_ms for cut in self._cuts):
                    self._tracks += self._tracker.cut()
                self._shot_start = frame.at_ms
                crops = [c for face in faces if (c := crop(frame.image, face, frame.at_ms))]
                self._tracks += self._tracker.add(frame.at_ms, crops)

    def _keep_thumbnail(self, frame: Frame) -> None:
        view = _fit(frame.image)
        self._thumbnails.append(
            _Thumbnail(frame.at_ms, sharpness(view), jpeg(view, THUMBNAIL_WIDTH))
        )
        closed = [cut for cut in self._cuts if cut <= self._thumbnails[-1].at_ms]
        if len(self._thumbnails) > 4 * 60 and closed:
            self._thin(closed)

    def _thin(self, cuts: list[int]) -> None:
        """Of the shots that are over, keep the thumbnails that may still be chosen."""
        open_from = cuts[-1]
        kept: list[_Thumbnail] = []
        for start, end in split(cuts[:-1], open_from):
            inside = [t for t in self._thumbnails if start <= t.at_ms < end]
            kept += [_choose(inside, start, end)] if inside else []
        self._thumbnails = kept + [t for t in self._thumbnails if t.at_ms >= open_from]

    def outputs(self, shots: list[tuple[int, int]]) -> Iterator[StageOutput]:
        """The outputs asked for, in the order of the stages."""
        if Stage.SCENES in self._stages:
            yield self._scenes(shots)
        if Stage.VISION in self._stages:
            yield self._seen(shots)
        if Stage.FACES in self._stages:
            yield self._faces()

    def _scenes(self, shots: list[tuple[int, int]]) -> ScenesOutput:
        scenes, views = [], []
        for index, (start, end) in enumerate(shots):
            inside = [t for t in self._thumbnails if start <= t.at_ms < end]
            chosen = _choose(inside or self._thumbnails, start, end)
            scenes.append(Scene(index, start, end, chosen.at_ms))
            views.append(chosen.data)
        return ScenesOutput(tuple(scenes), tuple(views))

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


def _fit(image: RgbImage) -> RgbImage:
    import cv2

    height, width = image.shape[:2]
    if width <= THUMBNAIL_WIDTH:
        return image
    size = (THUMBNAIL_WIDTH, max(1, round(height * THUMBNAIL_WIDTH / width)))
    small: RgbImage = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return small


def _choose(thumbnails: list[_Thumbnail], start: int, end: int) -> _Thumbnail:
    """A sharp one near the middle: borders of a shot are blurred by dissolves and motion."""
    middle, half = (start + end) / 2, max(1, (end - start) / 2)
    sharpest = max(t.sharpness for t in thumbnails) or 1.0
    return max(
        thumbnails,
        key=lambda t: t.sharpness / sharpest - min(1.0, abs(t.at_ms - middle) / half),
    )


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
