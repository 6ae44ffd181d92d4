"""Commits what a stage found in a video and reads it back: transcript, passages, scenes, tracks,
text on the screen.

Which stages a video needs is planned by `indexing`; vectors are read through `vectors`.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable

import msgspec

from heimdex.domain.faces import FaceTrack
from heimdex.domain.ids import VideoId
from heimdex.domain.media import Scene
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
from heimdex.domain.vectors import SpaceKind
from heimdex.storage import ocr_lines
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.catalogue import put_media_info
from heimdex.storage.database import Database
from heimdex.storage.lexicon import PASSAGES, put_terms
from heimdex.storage.token_weights import put_weights
from heimdex.storage.vectors import drop_vectors, put_vectors

_StoredWord = tuple[int, int, str, float]

_PASSAGE = "SELECT idx, start_ms, end_ms, text, first_segment, last_segment FROM passages"

_STAGE_OF: dict[type, Stage] = {
    ProbeOutput: Stage.PROBE,
    SpeechOutput: Stage.SPEECH,
    PassagesOutput: Stage.PASSAGES,
    ScenesOutput: Stage.SCENES,
    VisionOutput: Stage.VISION,
    FacesOutput: Stage.FACES,
    OcrOutput: Stage.OCR,
}


class StageStore:
    """One stage of one video is committed in one short transaction, together with its record.

    Committing the same output again leaves the same library. What was made from something that
    is now different is no longer counted as done: new speech makes passages due, new scenes make
    vision due (and take the scene vectors with them, which belonged to other scenes).
    """

    def __init__(self, database: Database, artefacts: Artefacts) -> None:
        self._database = database
        self._artefacts = artefacts

    def commit(self, video_id: VideoId, output: StageOutput, run: StageRun) -> None:
        """Store a finished stage with `run` (status DONE) as its record, replacing what there was.

        Pictures are on disk before the transaction begins, so that no row promises one that is
        not there. Raises ValueError on output that contradicts itself, KeyError when the video
        was forgotten in the meantime (nothing is stored then).
        """
        if run.video_id != video_id or run.stage is not _STAGE_OF[type(output)]:
            raise ValueError("the record belongs to another stage or video")
        if run.status is not StageStatus.DONE:
            raise ValueError("only a finished stage has something to commit")
        _check(output)
        if not self._known(self._database.read(), video_id):
            raise KeyError(video_id)
        self._write_pictures(video_id, output)
        with self._database.write() as connection:
            known = self._known(connection, video_id)
            if known:
                _store(connection, video_id, output)
                _put_run(connection, run)
        if not known:
            self._artefacts.remove(video_id)
            raise KeyError(video_id)
        # Only now: until the commit the old rows still showed the old pictures.
        if isinstance(output, ScenesOutput):
            self._artefacts.keep_scenes(video_id, len(output.scenes))
        elif isinstance(output, FacesOutput):
            self._artefacts.keep_faces(video_id, len(output.tracks))

    def record(self, run: StageRun) -> None:
        """Record a stage that failed or was skipped; what an earlier run found stays.

        A video that was forgotten in the meantime is no error.
        """
        if run.status is StageStatus.DONE:
            raise ValueError("a finished stage is committed with its output")
        with self._database.write() as connection:
            if self._known(connection, run.video_id):
                _put_run(connection, run)

    def runs(self, video_id: VideoId) -> dict[Stage, StageRun]:
        """The last run of each stage of a video."""
        rows = self._database.read().execute(
            "SELECT * FROM stage_runs WHERE video_id = ?", (video_id,)
        )
        return {run.stage: run for run in map(_run, rows)}

    def all_runs(self) -> dict[VideoId, dict[Stage, StageRun]]:
        """`runs` of every video; a video nothing was run for is there with an empty entry."""
        everything: dict[VideoId, dict[Stage, StageRun]] = {}
        with self._database.snapshot() as connection:
            for row in connection.execute("SELECT id FROM videos"):
                everything[VideoId(row["id"])] = {}
            for row in connection.execute("SELECT * FROM stage_runs"):
                run = _run(row)
                everything[run.video_id][run.stage] = run
        return everything

    def clear(self, video_id: VideoId, stages: Iterable[Stage]) -> None:
        """Make stages due again; what they found stays searchable until it is replaced."""
        with self._database.write() as connection:
            connection.executemany(
                "DELETE FROM stage_runs WHERE video_id = ? AND stage = ?",
                [(video_id, stage) for stage in stages],
            )

    def transcript(self, video_id: VideoId) -> Transcript | None:
        """What is said, or None before the speech stage."""
        with self._database.snapshot() as connection:
            head = connection.execute(
                "SELECT language FROM transcripts WHERE video_id = ?", (video_id,)
            ).fetchone()
            if head is None:
                return None
            rows = connection.execute(
                "SELECT * FROM segments WHERE video_id = ? ORDER BY idx", (video_id,)
            ).fetchall()
        return Transcript(language=head["language"], segments=tuple(map(_segment, rows)))

    def passages(self, video_id: VideoId) -> tuple[Passage, ...]:
        """The searchable units of the transcript, in order."""
        return _passages(self._database.read(), video_id)

    def passage(self, video_id: VideoId, index: int) -> Passage | None:
        """One passage, for a search that must not read whole transcripts."""
        row = (
            self._database.read()
            .execute(_PASSAGE + " WHERE video_id = ? AND idx = ?", (video_id, index))
            .fetchone()
        )
        return None if row is None else Passage(*row)

    def segments(self, video_id: VideoId, first: int, last: int) -> tuple[Segment, ...]:
        """Segments `first` to `last`, both included, with their words."""
        rows = self._database.read().execute(
            "SELECT * FROM segments WHERE video_id = ? AND idx BETWEEN ? AND ? ORDER BY idx",
            (video_id, first, last),
        )
        return tuple(map(_segment, rows))

    def scenes(self, video_id: VideoId) -> tuple[Scene, ...]:
        """The shots, in order."""
        return _scenes(self._database.read(), video_id)

    def tracks(self, video_id: VideoId) -> tuple[FaceTrack, ...]:
        """The faces followed through their shots, in order."""
        return _tracks(self._database.read(), video_id)

    def ocr_lines(
        self, video_id: VideoId, indexes: Collection[int] | None = None
    ) -> tuple[OcrLine, ...]:
        """The text on the screen, in order of appearance; only those lines, if given."""
        return ocr_lines.read(self._database.read(), video_id, indexes)

    def _known(self, connection: sqlite3.Connection, video_id: VideoId) -> bool:
        return (
            connection.execute("SELECT 1 FROM videos WHERE id = ?", (video_id,)).fetchone()
            is not None
        )

    def _write_pictures(self, video_id: VideoId, output: StageOutput) -> None:
        if isinstance(output, ProbeOutput):
            self._artefacts.put_poster(video_id, output.poster)
        elif isinstance(output, ScenesOutput):
            self._artefacts.put_scenes(video_id, output.thumbnails)
        elif isinstance(output, FacesOutput):
            self._artefacts.put_faces(video_id, output.crops)


def _check(output: StageOutput) -> None:
    """Raise ValueError when parts of an output that belong together do not fit together."""
    match output:
        case SpeechOutput(transcript):
            indexes, sizes = [s.index for s in transcript.segments], set[int]()
        case PassagesOutput():
            indexes = [p.index for p in output.passages]
            sizes = {len(output.vectors)}
        case ScenesOutput():
            indexes, sizes = [s.index for s in output.scenes], {len(output.thumbnails)}
        case FacesOutput():
            indexes = [t.index for t in output.tracks]
            sizes = {len(output.vectors), len(output.crops)}
        case OcrOutput():
            indexes, sizes = [line.index for line in output.lines], set[int]()
        case _:
            return
    if indexes != list(range(len(indexes))):
        raise ValueError("items must be numbered 0, 1, 2, …")
    if sizes - {len(indexes)}:
        raise ValueError(f"{len(indexes)} items come with {sorted(sizes)} vectors or pictures")


def _store(connection: sqlite3.Connection, video_id: VideoId, output: StageOutput) -> None:
    match output:
        case ProbeOutput():
            put_media_info(connection, video_id, output.info)
        case SpeechOutput():
            _put_transcript(connection, video_id, output.transcript)
        case PassagesOutput():
            _put_passages(connection, video_id, output.passages)
            # From here on this model answers for this video; see `search.generations`.
            drop_vectors(connection, video_id, SpaceKind.PASSAGE, keep=output.space)
            put_vectors(connection, video_id, output.space, output.vectors)
            put_weights(connection, video_id, output.space, output.weights)
        case ScenesOutput():
            _put_scenes(connection, video_id, output.scenes)
        case VisionOutput():
            if len(output.scenes) != len(_scenes(connection, video_id)):
                raise ValueError("there must be one scene vector for each stored scene")
            drop_vectors(connection, video_id, SpaceKind.FRAME, keep=output.frame_space)
            drop_vectors(connection, video_id, SpaceKind.SCENE, keep=output.scene_space)
            put_vectors(connection, video_id, output.frame_space, output.frames)
            put_vectors(connection, video_id, output.scene_space, output.scenes)
        case FacesOutput():
            _put_tracks(connection, video_id, output.tracks)
            drop_vectors(connection, video_id, SpaceKind.FACE, keep=output.space)
            put_vectors(connection, video_id, output.space, output.vectors)
        case OcrOutput():
            ocr_lines.put(connection, video_id, output.lines)


def _put_run(connection: sqlite3.Connection, run: StageRun) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO stage_runs"
        " (video_id, stage, version, model, status, seconds, error, finished_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            run.video_id,
            run.stage,
            run.version,
            run.model,
            run.status,
            run.seconds,
            run.error,
            run.finished_at,
        ),
    )


def _forget_run(connection: sqlite3.Connection, video_id: VideoId, stage: Stage) -> None:
    connection.execute("DELETE FROM stage_runs WHERE video_id = ? AND stage = ?", (video_id, stage))


def _put_transcript(
    connection: sqlite3.Connection, video_id: VideoId, transcript: Transcript
) -> None:
    new = [_segment_row(video_id, segment) for segment in transcript.segments]
    old = connection.execute(
        "SELECT * FROM segments WHERE video_id = ? ORDER BY idx", (video_id,)
    ).fetchall()
    if [tuple(row) for row in old] != new:
        _forget_run(connection, video_id, Stage.PASSAGES)
    connection.execute("DELETE FROM transcripts WHERE video_id = ?", (video_id,))
    connection.execute("INSERT INTO transcripts VALUES (?, ?)", (video_id, transcript.language))
    connection.executemany(
        "INSERT INTO segments (video_id, idx, start_ms, end_ms, text, words)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        new,
    )


def _put_passages(
    connection: sqlite3.Connection, video_id: VideoId, passages: tuple[Passage, ...]
) -> None:
    """Store passages with their words, unless the very same ones are there already."""
    if passages and passages == _passages(connection, video_id):
        return
    connection.execute("DELETE FROM passages WHERE video_id = ?", (video_id,))
    for p in passages:
        cursor = connection.execute(
            "INSERT INTO passages"
            " (video_id, idx, start_ms, end_ms, text, first_segment, last_segment)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (video_id, p.index, p.start_ms, p.end_ms, p.text, p.first_segment, p.last_segment),
        )
        put_terms(connection, PASSAGES, cursor.lastrowid or 0, p.text)


def _put_scenes(
    connection: sqlite3.Connection, video_id: VideoId, scenes: tuple[Scene, ...]
) -> None:
    if scenes != _scenes(connection, video_id):
        _forget_run(connection, video_id, Stage.VISION)
        drop_vectors(connection, video_id, SpaceKind.SCENE)
    connection.execute("DELETE FROM scenes WHERE video_id = ?", (video_id,))
    connection.executemany(
        "INSERT INTO scenes (video_id, idx, start_ms, end_ms, key_ms) VALUES (?, ?, ?, ?, ?)",
        [(video_id, s.index, s.start_ms, s.end_ms, s.key_ms) for s in scenes],
    )


def _put_tracks(
    connection: sqlite3.Connection, video_id: VideoId, tracks: tuple[FaceTrack, ...]
) -> None:
    # Assignments go with the old tracks; decisions, kept by time and box, stay to be re-applied.
    connection.execute("DELETE FROM face_tracks WHERE video_id = ?", (video_id,))
    connection.executemany(
        "INSERT INTO face_tracks (video_id, idx, start_ms, end_ms, best_ms, x1, y1, x2, y2,"
        " quality, detections) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (video_id, t.index, t.start_ms, t.end_ms, t.best_ms, *t.box, t.quality, t.detections)
            for t in tracks
        ],
    )


def _segment_row(video_id: VideoId, segment: Segment) -> tuple[str, int, int, int, str, str]:
    words = [[w.start_ms, w.end_ms, w.text, round(w.probability, 3)] for w in segment.words]
    return (
        video_id,
        segment.index,
        segment.start_ms,
        segment.end_ms,
        segment.text,
        json.dumps(words, ensure_ascii=False, separators=(",", ":")),
    )


def _segment(row: sqlite3.Row) -> Segment:
    words = msgspec.json.decode(row["words"], type=list[_StoredWord])
    return Segment(
        index=row["idx"],
        start_ms=row["start_ms"],
        end_ms=row["end_ms"],
        text=row["text"],
        words=tuple(Word(*word) for word in words),
    )


def _passages(connection: sqlite3.Connection, video_id: VideoId) -> tuple[Passage, ...]:
    rows = connection.execute(_PASSAGE + " WHERE video_id = ? ORDER BY idx", (video_id,))
    return tuple(Passage(*row) for row in rows)


def _scenes(connection: sqlite3.Connection, video_id: VideoId) -> tuple[Scene, ...]:
    rows = connection.execute(
        "SELECT idx, start_ms, end_ms, key_ms FROM scenes WHERE video_id = ? ORDER BY idx",
        (video_id,),
    )
    return tuple(Scene(*row) for row in rows)


def _tracks(connection: sqlite3.Connection, video_id: VideoId) -> tuple[FaceTrack, ...]:
    rows = connection.execute(
        "SELECT * FROM face_tracks WHERE video_id = ? ORDER BY idx", (video_id,)
    )
    return tuple(face_track(row) for row in rows)


def face_track(row: sqlite3.Row) -> FaceTrack:
    """A track from a row of `face_tracks`."""
    return FaceTrack(
        index=row["idx"],
        start_ms=row["start_ms"],
        end_ms=row["end_ms"],
        best_ms=row["best_ms"],
        box=(row["x1"], row["y1"], row["x2"], row["y2"]),
        quality=row["quality"],
        detections=row["detections"],
    )


def _run(row: sqlite3.Row) -> StageRun:
    return StageRun(
        video_id=VideoId(row["video_id"]),
        stage=Stage(row["stage"]),
        version=row["version"],
        model=row["model"],
        status=StageStatus(row["status"]),
        seconds=row["seconds"],
        error=row["error"],
        finished_at=row["finished_at"],
    )
