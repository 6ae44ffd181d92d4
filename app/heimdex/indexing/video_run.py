"""Runs the wanted stages of one video and commits each on its own, so that a failure costs only
what it must.

Which stages are wanted says `plan`; what becomes of the job afterwards is the worker's affair.
"""

import errno
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from heimdex.domain.errors import (
    Cancelled,
    EngineFailed,
    HeimdexError,
    MediaError,
    ModelUnavailable,
    UserError,
)
from heimdex.domain.ids import VideoId
from heimdex.domain.media import MediaFile, MediaInfo, Video
from heimdex.domain.speech import Transcript
from heimdex.domain.stages import (
    STAGE_VERSIONS,
    ProbeOutput,
    Progress,
    SpeechOutput,
    Stage,
    StageFinished,
    StageOutput,
    StageRun,
    StageStatus,
    WorkEvent,
)
from heimdex.indexing.engine import StageEngine, stage_of
from heimdex.indexing.plan import DEPENDENTS, GROUPS, applies
from heimdex.indexing.reach import is_lost
from heimdex.storage.stages import StageStore

_ATTEMPTS = 2
UNSORTED = "The faces of this video were found but not sorted to people; try again."
_DISK_FULL = "The disk that holds the library is full; free some space, then let indexing go on."

_log = logging.getLogger(__name__)


class LibraryTrouble(Exception):
    """The library cannot be written to now: no fault of the video; says what to do."""


class FileLost(Exception):
    """The file went away or changed while it was worked on: no fault of the video either."""


class StopSignal(Protocol):
    """Whether the work is no longer wanted."""

    def __call__(self) -> bool:
        """Cheap; may be a moment late."""
        ...

    def now(self) -> bool:
        """Asks again."""
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What every run of a video works with; see `Worker`."""

    stages: StageStore
    engine: StageEngine
    sync: Callable[[], object]
    on_faces: Callable[[VideoId], object]
    wanted: Callable[[Stage], bool]
    """Whether a stage that can be switched off is still on."""


class VideoRun:
    """One job's work on one video; holds what went wrong in it."""

    def __init__(
        self,
        tools: Tools,
        video: Video,
        place: MediaFile | None,
        info: MediaInfo | None,
        models: Mapping[Stage, str],
        tell: Callable[[WorkEvent], None],
        stop: StopSignal,
    ) -> None:
        """`place` is where the file can be read, None while it cannot."""
        self.info = info
        self.failures: dict[Stage, str] = {}
        """Why stages failed, by stage, in the order it happened."""
        self.unavailable: str = ""
        """What to do about the first model that was missing."""
        self._tools = tools
        self._video = video
        self._place = place
        self._models = models
        self._tell = tell
        self._stop = stop
        self._transcript: Transcript | None = None
        self._finished: set[Stage] = set()

    def run(self, wanted: Sequence[Stage]) -> None:
        """Run the wanted stages. A stage that fails is recorded and the others go on.

        Raises Cancelled, `FileLost` or `LibraryTrouble`; what was committed until then stays.
        """
        for group in GROUPS:
            todo = [stage for stage in group if stage in wanted]
            if self.info is not None:
                todo = self._skip_inapplicable(todo, self.info)
            if Stage.PASSAGES in todo and not self._has_transcript():
                continue
            if todo:
                self._attempt(todo, _ATTEMPTS)
            if Stage.PROBE in self.failures or (Stage.PROBE in todo and self.info is None):
                return

    def sort_faces(self) -> None:
        """Have the faces sorted to people; harmless when they are already.

        The stage stays done when that fails, but the job does not: trying again sorts anew.
        """
        with _writing_library():
            try:
                self._tools.on_faces(self._video.id)
            except (UserError, OSError, sqlite3.OperationalError):
                raise
            except Exception:  # noqa: BLE001 - the faces are safe, and the rest must go on
                _log.exception("sorting the faces of a video failed")
                self.failures[Stage.FACES] = UNSORTED

    def _attempt(self, todo: Sequence[Stage], attempts: int) -> None:
        """Compute stages together, again after a crash, and at last one by one."""
        reason = ""
        for _ in range(attempts):
            left = self._left(todo)
            try:
                self._compute(left)
                return
            except (Cancelled, LibraryTrouble, FileLost):
                raise
            except ModelUnavailable as error:
                self._go_on_without(error, self._left(todo))
                return
            except (MediaError, UserError) as error:
                self._require_file(todo)
                self._fail(self._left(todo), str(error))
                return
            except EngineFailed as error:
                self._require_file(todo)
                reason = str(error)
                _log.warning("%s: %s", "+".join(left), reason)
            except Exception as error:  # noqa: BLE001 - a bug in one stage must not stop the queue
                reason = f"An internal error ({type(error).__name__}); the log has the details."
                _log.exception("a bug in %s", "+".join(left))
        left = self._left(todo)
        if len(left) == 1:
            self._fail(left, reason)
        else:
            # One of several is at fault: alone, the others still get through.
            self._one_by_one(left)

    def _one_by_one(self, stages: Sequence[Stage]) -> None:
        for stage in stages:
            basis = next((s for s, others in DEPENDENTS.items() if stage in others), None)
            if basis in self.failures:
                self._fail([stage], self.failures[basis])
            else:
                self._attempt([stage], 1)

    def _compute(self, todo: Sequence[Stage]) -> None:
        """One attempt; returns when all of `todo` are committed."""
        if not todo:
            return
        path = self._video.path if self._place is None else self._place.path
        progress = self._progress(todo)
        started = time.monotonic()
        progress(0, self._media_ms())
        outputs = self._tools.engine.run(
            path, self.info, todo, self._transcript, progress, self._stop
        )
        try:
            for output in outputs:
                now = time.monotonic()
                self._commit(output, now - started)
                started = time.monotonic()
        finally:
            # An engine is free to hand out any iterator; a generator has to hear of our leaving.
            close = getattr(outputs, "close", None)
            if close is not None:
                close()
        if left := self._left(todo):
            raise EngineFailed(f"The engine gave no result for {', '.join(left)}.")

    def _commit(self, output: StageOutput, seconds: float) -> None:
        stage = stage_of(output)
        if not self._tools.wanted(stage):
            # Switched off while it ran: what it found is not kept, and it is due if it is on again.
            self._finished.add(stage)
            return
        # A decoder takes a file that ends in the middle, because its drive went, for a short one.
        self._require_file([stage])
        run = self._record_of(stage, StageStatus.DONE, seconds, "")
        with _writing_library():
            try:
                self._tools.stages.commit(self._video.id, output, run)
            except KeyError:
                if self._stop.now():
                    raise Cancelled("The video was removed from the library.") from None
                raise
        self._finished.add(stage)
        if isinstance(output, ProbeOutput):
            self.info = output.info
        elif isinstance(output, SpeechOutput):
            self._transcript = output.transcript
        if stage is Stage.FACES:
            self.sort_faces()
        self._update_index()
        self._tell_finished(run)

    def _update_index(self) -> None:
        try:
            self._tools.sync()
        except (HeimdexError, sqlite3.Error):
            # SQLite is the truth, and what was not sent is sent later.
            _log.exception("the vector index was not updated")

    def _fail(self, stages: Sequence[Stage], reason: str) -> None:
        for stage in stages:
            self.failures[stage] = reason
            self._record(stage, StageStatus.FAILED, reason)

    def _go_on_without(self, error: ModelUnavailable, left: Sequence[Stage]) -> None:
        """Nothing is recorded against the stages that need the model; the others still run."""
        self.unavailable = self.unavailable or str(error)
        if len(left) < 2:
            return
        needing = [
            stage
            for stage in left
            if error.model_id and error.model_id in self._models.get(stage, "")
        ]
        if needing:
            rest = [stage for stage in left if stage not in needing]
            if rest:
                self._attempt(rest, _ATTEMPTS)
        else:
            self._one_by_one(left)

    def _skip_inapplicable(self, stages: Sequence[Stage], info: MediaInfo) -> list[Stage]:
        for stage in stages:
            if not applies(stage, info):
                self._record(stage, StageStatus.SKIPPED, "")
        return [stage for stage in stages if applies(stage, info)]

    def _record(self, stage: Stage, status: StageStatus, error: str) -> None:
        run = self._record_of(stage, status, 0.0, error)
        with _writing_library():
            self._tools.stages.record(run)
        self._tell_finished(run)

    def _record_of(self, stage: Stage, status: StageStatus, seconds: float, error: str) -> StageRun:
        return StageRun(
            video_id=self._video.id,
            stage=stage,
            version=STAGE_VERSIONS[stage],
            model=self._models.get(stage, ""),
            status=status,
            seconds=seconds,
            error=error,
            finished_at=int(time.time()),
        )

    def _tell_finished(self, run: StageRun) -> None:
        self._tell(
            StageFinished(
                run.video_id, run.stage, run.status, run.seconds, self._media_ms(), run.error
            )
        )

    def _progress(self, todo: Sequence[Stage]) -> Callable[[int, int], None]:
        def tell(done_ms: int, total_ms: int) -> None:
            stage = next((s for s in todo if s not in self._finished), todo[-1])
            self._tell(Progress(self._video.id, stage, done_ms, total_ms))

        return tell

    def _has_transcript(self) -> bool:
        if Stage.SPEECH in self.failures:
            return False
        if self._transcript is None:
            self._transcript = self._tools.stages.transcript(self._video.id)
        return self._transcript is not None

    def _require_file(self, todo: Sequence[Stage]) -> None:
        """Blame or believe the file only while it is there: a pulled drive looks like a broken
        video."""
        if Stage.PASSAGES in todo:
            return
        if self._place is None or is_lost(self._place):
            raise FileLost

    def _left(self, stages: Sequence[Stage]) -> list[Stage]:
        return [stage for stage in stages if stage not in self._finished]

    def _media_ms(self) -> int:
        return 0 if self.info is None else self.info.duration_ms


@contextmanager
def _writing_library() -> Iterator[None]:
    """Sort out what is no fault of the video: the library's disk is full, gone or in use."""
    try:
        yield
    except UserError as error:
        raise LibraryTrouble(str(error)) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise LibraryTrouble(_DISK_FULL) from error
        raise LibraryTrouble(
            f"The library cannot be written to ({error.strerror or error})."
        ) from error
    except sqlite3.OperationalError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise LibraryTrouble(_DISK_FULL) from error
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise LibraryTrouble(
                "Another program keeps the library's database locked; close it, then let indexing "
                "go on."
            ) from error
        raise
