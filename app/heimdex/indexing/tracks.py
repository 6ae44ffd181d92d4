"""Follows faces through a shot, so that a person on screen for a minute is one find, not sixty.

Who it is, is left to the people room. A track ends with its shot.
"""

from dataclasses import dataclass, field

import numpy as np

from heimdex.domain.engines import FaceEmbedder
from heimdex.domain.faces import Box, FaceTrack
from heimdex.domain.vectors import Vectors
from heimdex.indexing.stages.crops import FaceCrop, fitness

_OVERLAP = 0.3
"""Intersection over union from which two boxes of neighbouring samples may well be one face."""
_SURE = 0.5
"""Overlap from which they are, without looking: a second lies between two samples."""
_REACH = 2.0
"""Widths of a face it may have moved by and still be asked about by its looks."""
_PATIENCE = 3
"""Samples a face may be hidden for before its track ends."""
_LONGEST_MS = 60_000
"""A longer track goes on as a new one: one mistake must not spoil an hour."""
_KEPT = 5
_WORST_KEPT = 0.5
"""Share of the best crop's quality below which a crop has no vote."""
_FAINTEST = 0.04
"""A track whose best crop is worse is no find: a blur in the background."""


@dataclass(slots=True)
class _Open:
    start_ms: int
    last_ms: int
    last_sample: int
    box: Box
    detections: int
    crops: list[FaceCrop]
    """The best ones, best first."""
    looks: Vectors | None = field(default=None)


@dataclass(frozen=True, slots=True, eq=False)
class FinishedTrack:
    """A track without its number, its vector and its best crop as JPEG."""

    track: FaceTrack
    vector: Vectors
    view: bytes


class FaceTracker:
    """Give it the faces of every sample in order; it hands back tracks as they end."""

    def __init__(self, embedder: FaceEmbedder) -> None:
        self._embedder = embedder
        self._open: list[_Open] = []
        self._sample = 0

    def add(self, at_ms: int, crops: list[FaceCrop]) -> list[FinishedTrack]:
        """Link the faces of one sample to the open tracks."""
        self._sample += 1
        pairs = sorted(
            (
                (self._nearness(track, crop), t, c)
                for t, track in enumerate(self._open)
                for c, crop in enumerate(crops)
            ),
            reverse=True,
        )
        taken_tracks: set[int] = set()
        taken_crops: set[int] = set()
        looks: dict[int, Vectors] = {}
        for nearness, t, c in pairs:
            if nearness <= 0 or t in taken_tracks or c in taken_crops:
                continue
            hidden = self._sample - self._open[t].last_sample > 1
            if nearness < _SURE or hidden:
                if c not in looks:
                    looks[c] = self._embedder.embed([crops[c].aligned])[0]
                if not self._looks_alike(self._open[t], looks[c], nearness):
                    continue
            taken_tracks.add(t)
            taken_crops.add(c)
            self._extend(self._open[t], crops[c], at_ms)
        for c, crop in enumerate(crops):
            if c not in taken_crops:
                self._open.append(_Open(at_ms, at_ms, self._sample, crop.box, 1, [crop]))
        ended = [t for t in self._open if self._is_over(t, at_ms)]
        self._open = [t for t in self._open if not self._is_over(t, at_ms)]
        return self._finish(ended)

    def cut(self) -> list[FinishedTrack]:
        """A shot ended: so do all tracks."""
        ended, self._open = self._open, []
        return self._finish(ended)

    def _is_over(self, track: _Open, at_ms: int) -> bool:
        return (
            self._sample - track.last_sample >= _PATIENCE or at_ms - track.start_ms >= _LONGEST_MS
        )

    def _nearness(self, track: _Open, crop: FaceCrop) -> float:
        """IoU; where boxes do not meet, a smaller number for faces within reach; 0 for the rest."""
        overlap = iou(track.box, crop.box)
        if overlap >= _OVERLAP:
            return overlap
        width = max(track.box[2] - track.box[0], crop.box[2] - crop.box[0], 1e-6)
        height = max(track.box[3] - track.box[1], crop.box[3] - crop.box[1], 1e-6)
        x = (track.box[0] + track.box[2] - crop.box[0] - crop.box[2]) / 2 / width
        y = (track.box[1] + track.box[3] - crop.box[1] - crop.box[3]) / 2 / height
        distance = float(np.hypot(x, y))
        return _OVERLAP * (1 - distance / _REACH) if distance < _REACH else 0.0

    def _looks_alike(self, track: _Open, looks: Vectors, nearness: float) -> bool:
        if track.looks is None:
            track.looks = self._embedder.embed([track.crops[0].aligned])[0]
        # Boxes that meet are half the evidence; without them the face alone has to convince.
        limits = self._embedder.thresholds
        least = limits.suggest if nearness >= _OVERLAP else limits.match
        return float(track.looks @ looks) >= least

    def _extend(self, track: _Open, crop: FaceCrop, at_ms: int) -> None:
        track.last_ms, track.last_sample, track.box = at_ms, self._sample, crop.box
        track.detections += 1
        if crop.quality > track.crops[0].quality:
            track.looks = None
        track.crops = sorted([*track.crops, crop], key=lambda known: -known.quality)[:_KEPT]

    def _finish(self, ended: list[_Open]) -> list[FinishedTrack]:
        finished = []
        for track in ended:
            if track.crops[0].quality < _FAINTEST:
                continue
            vectors, seen = self._embedder.embed_weighed([c.aligned for c in track.crops])
            fit = np.array(
                [
                    fitness(c.quality, None if seen is None else seen[i])
                    for i, c in enumerate(track.crops)
                ]
            )
            best, fittest = track.crops[int(fit.argmax())], float(fit.max())
            if fittest < _FAINTEST:
                continue
            weights = np.where(fit >= _WORST_KEPT * fittest, fit, 0.0)
            mean = (vectors * weights[:, None].astype(np.float32)).sum(axis=0)
            vector = (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
            face = FaceTrack(
                index=0,
                start_ms=track.start_ms,
                end_ms=max(track.last_ms, track.start_ms),
                best_ms=best.at_ms,
                box=best.box,
                quality=fittest,
                detections=track.detections,
            )
            finished.append(FinishedTrack(face, vector, best.view))
        return finished


def iou(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    union = _area(one) + _area(other) - shared
    return shared / union if union > 0 else 0.0


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])
