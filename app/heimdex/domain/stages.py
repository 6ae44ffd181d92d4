"""The stages a video goes through, what each hands back, and how far the work has come.

A `StageOutput` is plain data: it crosses a process border as msgpack and is committed to the
library in one transaction. JPEG bytes travel inside it; where they are kept is storage's affair.
"""

from dataclasses import dataclass
from enum import StrEnum

from heimdex.domain.faces import FaceTrack
from heimdex.domain.ids import JobId, VideoId
from heimdex.domain.media import MediaInfo, Scene
from heimdex.domain.ocr import OcrLine
from heimdex.domain.speech import Passage, Transcript
from heimdex.domain.vectors import Space, SparseBatch, VectorBatch


class Stage(StrEnum):
    """In the order they run. `SCENES`, `VISION`, `FACES` and `OCR` share one decode
    pass."""

    PROBE = "probe"
    SPEECH = "speech"
    PASSAGES = "passages"
    SCENES = "scenes"
    VISION = "vision"
    FACES = "faces"
    OCR = "ocr"


STAGE_VERSIONS: dict[Stage, int] = dict.fromkeys(Stage, 1) | {Stage.FACES: 2}
"""Raised when the code of a stage changes what it stores, so that old results are made anew."""


class StageStatus(StrEnum):
    """How one stage of one video ended."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    """There was nothing to do: no audio track for speech, no picture for scenes."""


@dataclass(frozen=True, slots=True)
class ProbeOutput:
    """`poster` is a JPEG at most 640 pixels wide, b"" for audio."""

    info: MediaInfo
    poster: bytes


@dataclass(frozen=True, slots=True)
class SpeechOutput:
    """What is said, without vectors."""

    transcript: Transcript


@dataclass(frozen=True, slots=True, eq=False)
class PassagesOutput:
    """Passages and one vector for each, in `space`; where the model has learnt them also the
    weights of each one's tokens."""

    space: Space
    passages: tuple[Passage, ...]
    vectors: VectorBatch
    weights: SparseBatch | None = None


@dataclass(frozen=True, slots=True)
class ScenesOutput:
    """Shots and, for each, a JPEG thumbnail at most 480 pixels wide of the frame at `key_ms`."""

    scenes: tuple[Scene, ...]
    thumbnails: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, eq=False)
class VisionOutput:
    """A vector per sampled frame and, mean-pooled and unit length again, one per scene."""

    frame_space: Space
    frames: VectorBatch
    scene_space: Space
    scenes: VectorBatch


@dataclass(frozen=True, slots=True, eq=False)
class FacesOutput:
    """Tracks, one vector for each in `space`, and a JPEG crop (about 160 pixels square) of each."""

    space: Space
    tracks: tuple[FaceTrack, ...]
    vectors: VectorBatch
    crops: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class OcrOutput:
    """The text on the screen, in order of appearance."""

    lines: tuple[OcrLine, ...]


StageOutput = (
    ProbeOutput
    | SpeechOutput
    | PassagesOutput
    | ScenesOutput
    | VisionOutput
    | FacesOutput
    | OcrOutput
)


@dataclass(frozen=True, slots=True)
class StageRun:
    """The record that a stage of a video was run, with which code and model, and how it ended."""

    video_id: VideoId
    stage: Stage
    version: int
    model: str
    """Id and revision of the model, "" for stages without one."""
    status: StageStatus
    seconds: float
    error: str
    finished_at: int


class JobState(StrEnum):
    """Where a job stands. At start-up `RUNNING` jobs of a dead process become `QUEUED` again."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """One video that has stages to run; there is at most one live job a video."""

    id: JobId
    video_id: VideoId
    state: JobState
    position: float
    """Smaller runs earlier."""
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one stage of one video has come: `done_ms` of `total_ms` media time."""

    video_id: VideoId
    stage: Stage
    done_ms: int
    total_ms: int


@dataclass(frozen=True, slots=True)
class StageFinished:
    """One stage was committed (or failed or was skipped); what the command line prints as JSON."""

    video_id: VideoId
    stage: Stage
    status: StageStatus
    seconds: float
    media_ms: int
    error: str


@dataclass(frozen=True, slots=True)
class JobFinished:
    """A job left the queue: done, failed, cancelled, or paused because a model is missing."""

    video_id: VideoId
    state: JobState
    error: str


WorkEvent = Progress | StageFinished | JobFinished


@dataclass(frozen=True, slots=True)
class Changes:
    """What a committed operation changed; each panel reacts to what it shows."""

    videos: frozenset[VideoId] = frozenset()
    folders: bool = False
    people: bool = False
    jobs: bool = False
