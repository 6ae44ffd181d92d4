"""Looks after a library while nothing else is to be done: checks it, mends its indexes and
pictures, and sees that there is a sound backup.

When it is quiet is known by whoever calls, and how pictures are drawn by whoever hands that in;
restoring the database needs a person's word.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from heimdex.domain.errors import Cancelled, UserError
from heimdex.storage import lexicon
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.backups import Backup, Backups
from heimdex.storage.chroma import VectorIndex
from heimdex.storage.damage import DamageMark
from heimdex.storage.database import Database
from heimdex.storage.soundness import damaged_vectors

_CHECK_EVERY_S = 7 * 86_400
_CHECKED = "checked_at"
"""Note in the table `library`: Unix seconds of the last full check that found nothing."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Looked:
    """What was done. `damaged` are faults that only a backup can mend, in SQLite's words; `mended`
    says in a person's words what was wrong and is right again."""

    checked: bool = False
    damaged: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    backup: Backup | None = None
    problem: str = ""
    """Why there is no new backup although one is due."""


class Upkeep:
    """One library's care. `look` may take minutes and runs on a thread of its own."""

    def __init__(
        self,
        database: Database,
        index: VectorIndex,
        backups: Backups,
        now: Callable[[], float] = time.time,
        redraw: Callable[[Callable[[], bool]], int] = lambda cancelled: 0,
    ) -> None:
        """`redraw(cancelled)` makes pictures anew that are missing or damaged; how many."""
        self._database = database
        self._redraw = redraw
        self._index = index
        self._backups = backups
        self._now = now
        self._damage = DamageMark(database.directory)
        self._found = False

    @property
    def checked_at(self) -> int | None:
        """Unix seconds of the last full check that found no damage, None before the first."""
        row = (
            self._database.read()
            .execute("SELECT value FROM library WHERE key = ?", (_CHECKED,))
            .fetchone()
        )
        return None if row is None else int(float(row[0]))

    @property
    def damage_known(self) -> bool:
        """Whether damage was found, now or before the library was opened, that is not mended."""
        return self._found or self._damage.is_set

    def is_due(self) -> bool:
        """Whether `look` has anything to do. Cheap enough for every minute.

        Damage is looked for once more after a start, and then not before a person wants it.
        """
        if self._found:
            return False
        return self._check_is_due() or self._backups.is_due()

    def look(self, cancelled: Callable[[], bool] = lambda: False, *, full: bool = False) -> Looked:
        """Do what is due: the full check once a week, then a backup; with `full` both, due or not.

        Raises Cancelled when somebody needs the library meanwhile; what was done stays done.
        """
        looked = Looked()
        if full or self._check_is_due():
            # Vectors are not read out of a file that SQLite itself cannot read.
            looked.damaged = self._database.verify(cancelled) or damaged_vectors(
                self._database, cancelled
            )
            self._found = bool(looked.damaged)
            if looked.damaged:
                self._damage.set(looked.damaged)
                _log.error("the full check found %d faults", len(looked.damaged))
                # A copy of what is damaged must not take the place of one that is sound.
                return looked
            self._damage.clear()
            looked.mended = self._mend(cancelled)
            self._note_checked()
            looked.checked = True
        _stop_if(cancelled)
        if full or self._backups.is_due():
            try:
                looked.backup = self._backups.make(self._database)
            except UserError as error:
                _log.warning("no backup: %s", error)
                looked.problem = str(error)
        return looked

    def _mend(self, cancelled: Callable[[], bool]) -> list[str]:
        """Make the indexes anew where they differ from the database, and delete what is left."""
        mended: list[str] = []
        if self._sweep_pictures():
            mended.append("Pictures of videos that are no longer here were left and are deleted.")
        if lexicon.verify(self._database):
            lexicon.reindex(self._database)
            mended.append("The index of words was damaged and has been made anew.")
        _stop_if(cancelled)
        if self._index.verify(self._database):
            self._index.rebuild(self._database)
            mended.append("The vector index was damaged and has been made anew.")
        _stop_if(cancelled)
        if self._redraw(cancelled):
            mended.append("Pictures that were missing or damaged have been made anew.")
        for what in mended:
            _log.warning("%s", what)
        return mended

    def _sweep_pictures(self) -> int:
        """Delete pictures that a crash between forgetting a video and deleting its pictures left:
        faces of people may be among them. Gives of how many videos."""
        pictures = Artefacts(self._database.directory)
        # The pictures first: a video is known before its first picture is written.
        there = pictures.orphans(frozenset())
        rows = self._database.read().execute("SELECT id FROM videos")
        known = {row["id"] for row in rows}
        left = [video_id for video_id in there if video_id not in known]
        for video_id in left:
            pictures.remove(video_id)
        return len(left)

    def _check_is_due(self) -> bool:
        if self._damage.is_set:
            return True
        checked_at = self.checked_at
        # The clock may have been set back since.
        return checked_at is None or abs(self._now() - checked_at) > _CHECK_EVERY_S

    def _note_checked(self) -> None:
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO library VALUES (?1, ?2)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (_CHECKED, str(int(self._now()))),
            )


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled("Cancelled.")
