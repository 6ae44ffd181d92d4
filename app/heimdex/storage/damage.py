"""Remembers, beside the database, that damage was found in it, so that a backup can be offered
before the library is opened again.

Finding damage is the work of `upkeep` and `database`; asking the person, the window's.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

FILE_NAME = "damage-found.txt"
"""Not in the database: that is what cannot be relied on."""
_SHOWN = 20

_log = logging.getLogger(__name__)


class DamageMark:
    """The mark of one library folder. A restored backup and a full check without a fault take it
    away; nothing else that it stands for is changed by it."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / FILE_NAME

    @property
    def is_set(self) -> bool:
        """Whether damage was found and is not mended."""
        return self._file.exists()

    def set(self, faults: Sequence[str]) -> None:
        """Keep the first of the faults, for whoever is asked for help. On a disk that cannot be
        written to nothing is kept: the next check finds the damage again."""
        part = self._file.with_suffix(".part")
        try:
            part.touch(0o600)
            part.write_text("".join(f"{fault}\n" for fault in faults[:_SHOWN]), "utf-8")
            part.replace(self._file)
        except OSError as error:
            _log.warning("that damage was found cannot be kept: %s", error.strerror or error)

    def clear(self) -> None:
        """The database is sound, or another one is in its place."""
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("the mark of damage stays: %s", error.strerror or error)
