"""A real library whose faces are drawn from seeded points on the sphere, one centre a person."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from heimdex.domain.engines import Thresholds
from heimdex.domain.errors import MediaError
from heimdex.domain.faces import FaceTrack, PhotoFace, TrackRef
from heimdex.domain.ids import VideoId
from heimdex.domain.stages import FacesOutput, Stage, StageRun, StageStatus
from heimdex.domain.vectors import Space, SpaceKind, VectorBatch, Vectors
from heimdex.people import FaceModel, People
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.database import Database
from heimdex.storage.people import PeopleStore
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore

DIMS = 128
SPACE = Space(SpaceKind.FACE, "sface", "1")
OTHER_SPACE = Space(SpaceKind.FACE, "arcface", "2")
"""Of another face model: other dimensions, and nothing that could be compared."""
THRESHOLDS = Thresholds(match=0.42, suggest=0.32)
JPEG = b"\xff\xd8\xff\xd9"


@dataclass
class Cast:
    """Face vectors as a good model gives them: .7 alike for one person, near 0 for two."""

    seed: int = 0
    centres: dict[str, Vectors] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)

    def face(self, who: str, spread: float = 0.6, space: Space = SPACE) -> Vectors:
        dims = DIMS if space == SPACE else 2 * DIMS
        key = who if space == SPACE else f"{who} as {space.model} sees them"
        if key not in self.centres:
            self.centres[key] = _unit(self.random.normal(size=dims))
        noise = _unit(self.random.normal(size=dims))
        return _unit(self.centres[key] + spread * noise)

    def alike(self, who: str, other: str, likeness: float) -> None:
        """Make the face of `who` resemble the one of `other`."""
        base = self.centres[other]
        across = self.random.normal(size=len(base))
        across = _unit(across - (across @ base) * base)
        self.centres[who] = _unit(likeness * base + (1 - likeness**2) ** 0.5 * across)


@dataclass
class Library:
    """The stores of one library folder; `reopen` is a restart."""

    folder: Path
    cast: Cast
    photos: dict[str, list[PhotoFace]] = field(default_factory=dict)
    space: Space = SPACE

    def __post_init__(self) -> None:
        self.database = Database.open(self.folder / "library.db")
        self.artefacts = Artefacts(self.folder)
        self.catalogue = Catalogue(self.database)
        self.stages = StageStore(self.database, self.artefacts)
        self.vectors = VectorStore(self.database)
        self.store = PeopleStore(self.database)
        self.people = People(
            self.store,
            self.stages,
            self.vectors,
            self.artefacts,
            FaceModel(self.space, THRESHOLDS),
            self,
        )

    def reopen(self, space: Space | None = None) -> "Library":
        """After a restart, with another face model if `space` is given."""
        self.database.close()
        return Library(self.folder, self.cast, self.photos, space or self.space)

    def embed_faces(self, crops: Sequence[bytes]) -> tuple[Space, Vectors]:
        """A photo's crop ends in the name of whom it shows."""
        faces = [self.cast.face(crop[len(JPEG) :].decode(), 0.4, self.space) for crop in crops]
        return self.space, np.stack(faces)

    def faces(self, path: Path) -> Sequence[PhotoFace]:
        if path.name not in self.photos:
            raise MediaError(f"{path.name} is not a picture.")
        return self.photos[path.name]

    def photo(self, name: str, *who: str, sizes: Sequence[float] = ()) -> Path:
        """A picture file that shows these people side by side, each face `sizes` wide."""
        wide = sizes or [0.3] * len(who)
        self.photos[name] = [
            PhotoFace(
                (0.1 + 0.4 * at, 0.1, 0.1 + 0.4 * at + w, 0.1 + w),
                0.9,
                JPEG + each.encode(),
                self.space,
                self.cast.face(each, 0.4, self.space),
            )
            for at, (each, w) in enumerate(zip(who, wide, strict=True))
        ]
        return Path(name)

    def video(
        self,
        number: int,
        *who: str,
        quality: float = 0.9,
        shift_ms: int = 0,
        together: bool = False,
        detections: int = 9,
        file: str | None = None,
        vectors: Vectors | None = None,
    ) -> VideoId:
        """Find these faces in video `number`, one after the other or all at once; in `file`, and
        with these `vectors`, if given."""
        video_id = VideoId(f"{number:032x}")
        self.catalogue.put_file(self.folder / (file or f"{number}.mp4"), video_id, None, 1, 1)
        tracks = []
        for index, _ in enumerate(who):
            start = shift_ms + (0 if together else index * 5_000)
            x = 0.1 + (index * 0.25 if together else 0.0)
            tracks.append(
                FaceTrack(
                    index,
                    start,
                    start + 4_000,
                    start + 1_000,
                    (x, 0.1, x + 0.2, 0.4),
                    quality,
                    detections,
                )
            )
        output = FacesOutput(
            self.space,
            tuple(tracks),
            VectorBatch(
                vectors
                if vectors is not None
                else np.stack([self.cast.face(each, space=self.space) for each in who])
                if who
                else np.zeros((0, DIMS), np.float32),
                np.array([t.start_ms for t in tracks], np.int32),
                np.array([t.end_ms for t in tracks], np.int32),
            ),
            tuple(JPEG + f"crop {i} of {number}".encode() for i in range(len(who))),
        )
        run = StageRun(video_id, Stage.FACES, 1, "sface/1", StageStatus.DONE, 1.0, "", 1)
        self.stages.commit(video_id, output, run)
        self.people.assign_new(video_id)
        return video_id

    def edited(
        self, number: int, before: VideoId, keep: Sequence[int], shift_ms: int = 0
    ) -> VideoId:
        """Video `number` takes the place of `before` in its file, encoded anew: of its faces those
        in `keep` are found again, all times `shift_ms` later."""
        [place] = self.catalogue.files(video_id=before)
        batch = self.vectors.batch(before, self.space)
        old = [self.stages.tracks(before)[index] for index in keep]
        noise = [_unit(self.cast.random.normal(size=batch.vectors.shape[1])) for _ in keep]
        vectors = [_unit(batch.vectors[i] + 0.2 * n) for i, n in zip(keep, noise, strict=True)]
        video_id = VideoId(f"{number:032x}")
        self.catalogue.put_file(place.path, video_id, None, 2, 2)
        tracks = [
            dataclasses.replace(
                track,
                index=at,
                start_ms=track.start_ms + shift_ms,
                end_ms=track.end_ms + shift_ms,
                best_ms=track.best_ms + shift_ms + 40,
            )
            for at, track in enumerate(old)
        ]
        found = FacesOutput(
            self.space,
            tuple(tracks),
            VectorBatch(
                np.stack(vectors),
                np.array([t.start_ms for t in tracks], np.int32),
                np.array([t.end_ms for t in tracks], np.int32),
            ),
            tuple(JPEG for _ in tracks),
        )
        run = StageRun(video_id, Stage.FACES, 1, "sface/1", StageStatus.DONE, 1.0, "", 1)
        self.stages.commit(video_id, found, run)
        self.people.assign_new(video_id)
        return video_id

    def who(self, video_id: VideoId) -> list[int | None]:
        """The person number of each track of a video."""
        found = self.store.assignments(video_id)
        refs = [TrackRef(video_id, t.index) for t in self.stages.tracks(video_id)]
        return [found[ref].person_id if ref in found else None for ref in refs]


def _unit(vector: np.ndarray) -> Vectors:
    return (vector / np.linalg.norm(vector)).astype(np.float32)
