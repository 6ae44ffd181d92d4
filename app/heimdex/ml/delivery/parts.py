"""What has arrived of one file so far: bytes on disk, hashed while they come, kept for going on.

Where the bytes come from is the other modules' affair.
"""

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO, Self

from heimdex.domain.errors import UserError

CHUNK = 1 << 20

Moved = Callable[[int], None]
"""Called with the bytes that have arrived so far; raises `Cancelled` to stop."""


class SourceFailed(Exception):
    """This source cannot deliver; the message says why, and the next source is tried."""


class NotThere(SourceFailed):
    """This source can be asked and has no such file; an optional one may be left out."""


class DiskFull(UserError):
    """There is no room for what arrives; it is kept as far as it came."""


class Part:
    """One file that is arriving, at `path`. Use as a context manager, from one thread.

    An ETag is kept beside it, so that a later attempt can ask whether the other side still has the
    same file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._hash = hashlib.sha256()
        self._stream: IO[bytes] | None = None
        self._note = path.with_name(f"{path.name}.etag")

    @property
    def sha256(self) -> str:
        """Of everything that has arrived, computed on the way: the file is not read again."""
        return self._hash.hexdigest()

    @property
    def etag(self) -> str:
        """The mark of the file that this is a part of, "" when the other side gave none."""
        try:
            return self._note.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def mark(self, etag: str) -> None:
        """Note which file this is a part of."""
        if etag:
            self._note.write_text(etag, encoding="utf-8")
        else:
            self._note.unlink(missing_ok=True)

    def append(self, chunk: bytes) -> None:
        """Take the next bytes. `DiskFull` when there is no room for them."""
        assert self._stream is not None
        left = memoryview(chunk)
        try:
            while left:
                left = left[self._stream.write(left) :]
        except OSError as error:
            # What could be written of the chunk must not stay: the digest does not know of it.
            with contextlib.suppress(OSError):
                self._stream.truncate(self.size)
                self._stream.seek(self.size)
            raise disk_error(error, self.path) from error
        self._hash.update(chunk)
        self.size += len(chunk)

    def take(self, read: Callable[[int], bytes], most: int | None, moved: Moved) -> None:
        """Append what `read` gives until it gives nothing; more than `most` bytes in all are
        `SourceFailed`."""
        while chunk := read(CHUNK):
            if most is not None and self.size + len(chunk) > most:
                self.restart()
                raise SourceFailed(f"it holds more than the {most} bytes it should")
            self.append(chunk)
            moved(self.size)

    def restart(self) -> None:
        """Forget what has arrived."""
        assert self._stream is not None
        self._stream.seek(0)
        self._stream.truncate()
        self.size = 0
        self._hash = hashlib.sha256()
        self._note.unlink(missing_ok=True)

    def discard(self) -> None:
        """Delete it: the bytes were the wrong ones."""
        self.close()
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
        self.size = 0

    def deliver(self, target: Path) -> None:
        """Move the whole file to where it is wanted, its bytes first: after a power cut a name
        without them would look whole."""
        self.close()
        self._note.unlink(missing_ok=True)
        try:
            with self.path.open("r+b") as stream:
                os.fsync(stream.fileno())
            self.path.replace(target)
        except OSError as error:
            raise disk_error(error, self.path) from error

    def close(self) -> None:
        """Write out what is in memory."""
        if self._stream is not None:
            stream, self._stream = self._stream, None
            try:
                stream.close()
            except OSError as error:
                raise disk_error(error, self.path) from error

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Unbuffered, so that what counts as arrived is on its way to the disk.
            self._stream = self.path.open("r+b" if self.path.exists() else "w+b", buffering=0)
            while chunk := self._stream.read(CHUNK):
                self._hash.update(chunk)
                self.size += len(chunk)
        except OSError as error:
            raise disk_error(error, self.path) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with contextlib.suppress(DiskFull) if kind is not None else contextlib.nullcontext():
            self.close()
        # Nothing arrived: nothing to go on with.
        if kind is not None and self.size == 0:
            self.path.unlink(missing_ok=True)


def disk_error(error: OSError, path: Path) -> UserError:
    """The sentence for a disk that does not take any more."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            f"The disk that holds {path.parent} is full. What has arrived is kept: make room, and "
            "the same download goes on where it stopped."
        )
    return UserError(f"{path} cannot be written: {error.strerror or error}.")


def free_bytes(folder: Path) -> int:
    """Free space where `folder` is or will be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
