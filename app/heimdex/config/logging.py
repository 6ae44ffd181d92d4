"""Sends log records to a rotating file in `logs/` and, when asked, to standard error.

What is worth a record is for each module to decide; records hold no transcript text or names.
"""

import logging
import os
import sys
from contextlib import suppress
from logging.handlers import RotatingFileHandler

from heimdex.config.directories import Directories

FILE_NAME = "heimdex.log"
_FORMAT = "%(asctime)s %(levelname)-7s %(process)d %(threadName)s %(name)s: %(message)s"
_MARK = "heimdex"


class _PrivateFileHandler(RotatingFileHandler):
    """Opens the file so that only its owner can read it."""

    def _open(self):  # type: ignore[no-untyped-def]  # the base class has no public type for it
        return open(
            self.baseFilename,
            self.mode,
            encoding=self.encoding,
            errors="backslashreplace",
            opener=lambda path, flags: os.open(path, flags, 0o600),
        )

    def close(self) -> None:
        """Write what is left, if there is room for it."""
        with suppress(OSError):
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base class's name
        """A log that cannot be written, as on a full disk, is nobody's bug, and what is wrong is
        told elsewhere; anything else keeps its traceback."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


def configure(directories: Directories, verbose: bool = False) -> None:
    """Log INFO and above to the file; with `verbose` DEBUG, and to standard error as well.

    May be called again: the handlers of an earlier call are replaced. The log folder must exist
    (`Directories.prepare`). Only the process that owns the library calls it, because a rotating
    file must have one writer; a child writes to its standard error.
    """
    root = logging.getLogger()
    for handler in [h for h in root.handlers if h.name == _MARK]:
        root.removeHandler(handler)
        handler.close()
    handlers: list[logging.Handler] = [
        _PrivateFileHandler(
            directories.logs / FILE_NAME,
            maxBytes=2_000_000,
            backupCount=3,
            encoding="utf-8",
            delay=True,
        )
    ]
    if verbose:
        handlers.append(logging.StreamHandler())
    for handler in handlers:
        handler.set_name(_MARK)
        handler.setFormatter(logging.Formatter(_FORMAT))
        root.addHandler(handler)
    # Other people's libraries talk a lot below WARNING.
    root.setLevel(logging.WARNING)
    logging.getLogger("heimdex").setLevel(logging.DEBUG if verbose else logging.INFO)
