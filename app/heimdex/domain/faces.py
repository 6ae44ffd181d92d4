"""Who is there: detections in one frame, tracks through a shot, and people.

Boxes are normalised x1, y1, x2, y2 in 0..1 of the upright frame.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.ids import DecisionId, PersonId, VideoId
from heimdex.domain.vectors import Space, Vectors

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class FaceDetection:
    """One face in one frame. `landmarks` is 5 × 2 in normalised coordinates: left eye, right eye,
    nose, left and right corner of the mouth, as seen in the picture."""

    box: Box
    score: float
    landmarks: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class PhotoFace:
    """One face in a photo or paused frame that a person hands in, ready to be recognised.

    `crop` is the aligned face as JPEG or PNG bytes, `vector` (d,) its unit vector in `space`.
    """

    box: Box
    quality: float
    crop: bytes
    space: Space
    vector: Vectors


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """One face followed through one shot.

    `best_ms` and `box` are those of its best crop; `quality` (0..1) says how fit that crop is to
    recognise by (size, sharpness, frontality, detector score).
    """

    index: int
    start_ms: int
    end_ms: int
    best_ms: int
    box: Box
    quality: float
    detections: int


@dataclass(frozen=True, slots=True)
class TrackRef:
    """Names one stored track of one video."""

    video_id: VideoId
    index: int


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, named or not yet. Unnamed ones are the groups that clustering formed."""

    id: PersonId
    name: str | None
    aliases: tuple[str, ...]
    track_count: int
    video_count: int
    portrait: TrackRef | None
    hidden: bool

    @property
    def second_name(self) -> str | None:
        """The first other name in another script: the Korean one of Anna, the English of 안나."""
        if self.name is None:
            return None
        korean = _has_hangul(self.name)
        return next((alias for alias in self.aliases if _has_hangul(alias) != korean), None)

    @property
    def full_name(self) -> str | None:
        """The name with the one in the other script: "Anna (안나)"; None for who has no name."""
        second = self.second_name
        return f"{self.name} ({second})" if second else self.name


def _has_hangul(text: str) -> bool:
    return any("\uac00" <= letter <= "\ud7a3" for letter in text)


class DecisionKind(StrEnum):
    """What a person said about a face; never overruled by clustering."""

    IS = "is"
    IS_NOT = "is_not"


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word about one face, kept by video, time and box so that it outlives any model."""

    id: DecisionId
    kind: DecisionKind
    person_id: PersonId
    video_id: VideoId
    at_ms: int
    box: Box


@dataclass(frozen=True, slots=True)
class Appearance:
    """A person on screen: which stretch of which video, from which track."""

    person_id: PersonId
    video_id: VideoId
    track: int
    start_ms: int
    end_ms: int
    similarity: float
    """To the person's centre, or 1.0 where a person decided."""
