"""Finds the media files below a folder, whatever else lies there.

What they mean to the library is decided by the scanner. Nothing is opened that is not a regular
file, so that a named pipe or a device cannot hold us.
"""

import os
import stat
import sys
import unicodedata
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from heimdex.domain.media import MEDIA_SUFFIXES
from heimdex.storage.database import FILE_NAME as DATABASE

OF_A_LIBRARY = frozenset({"artefacts", "asked", "backups", "chroma", "compact"})
"""Folders that Heimdex keeps beside a database: thousands, none with a video of a person."""

# Kept by systems and network drives for themselves; what is in there is no video of a person.
_SYSTEM_FOLDERS = frozenset(
    {"$recycle.bin", "system volume information", "lost+found", "@eadir", "__macosx", "#recycle"}
)
_TS_PACKETS = (188, 192, 204)
_TS_SYNC = b"\x47"


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file with what a scan compares."""

    path: Path
    size: int
    mtime_ns: int


@dataclass(slots=True)
class Walk:
    """What is below one folder. `unreadable` are folders in it that may not be entered."""

    root: Path
    files: list[Found] = field(default_factory=list)
    unreadable: list[Path] = field(default_factory=list)
    empty: bool = True
    """Not even a file that is no media is in the root: it may be the place of a missing drive."""


def walk(root: Path, left_out: frozenset[Path] = frozenset()) -> Walk:
    """List the media files below `root`; hidden files and folders, and `left_out`, are not seen.

    Links to folders are followed once everything else was seen, and each folder is entered only
    once, so that loops end and a file keeps its direct path. Raises OSError when `root` itself
    cannot be listed.
    """
    result = Walk(root)
    entered: set[object] = {_identity(root, root.stat())}
    files_seen: set[object] = set()
    linked_files: list[Path] = []
    direct: deque[Path] = deque([root])
    linked: deque[Path] = deque()
    while direct or (direct := _next_linked(linked, entered)):
        folder = direct.popleft()
        try:
            entries = sorted(_entries(folder), key=lambda entry: entry.name)
        except OSError as error:
            if folder == root:
                raise
            if not isinstance(error, FileNotFoundError | NotADirectoryError):
                result.unreadable.append(folder)
            continue
        holds_library = any(entry.name == DATABASE for entry in entries)
        for entry in entries:
            result.empty = False
            path = Path(entry.path)
            if path in left_out or (holds_library and entry.name in OF_A_LIBRARY):
                continue
            is_link = entry.is_symlink()
            found = _stat(path)
            if found is None:
                if not is_link and folder not in result.unreadable and _is_refused(path):
                    # Its names may be listed, but nothing in it may be looked at.
                    result.unreadable.append(folder)
                continue
            if is_hidden(entry.name, found):
                continue
            if stat.S_ISDIR(found.st_mode):
                identity = _identity(path, found)
                if is_link:
                    linked.append(path)
                elif identity not in entered:
                    entered.add(identity)
                    direct.append(path)
            elif is_media(path, found):
                if is_link:
                    linked_files.append(path)
                else:
                    files_seen.add(_identity(path, found))
                    result.files.append(_found(path, found))
    for path in linked_files:
        found = _stat(path)
        # A link to a file that was listed already is no second copy of it.
        if found is not None and _identity(path, found) not in files_seen:
            files_seen.add(_identity(path, found))
            result.files.append(_found(path, found))
    return result


def look_at(path: Path) -> Found | None:
    """The regular file at `path`, None where there is none. Never waits on what it finds."""
    found = _stat(path)
    return _found(path, found) if found is not None and stat.S_ISREG(found.st_mode) else None


def is_same(one: Path, other: Path) -> bool:
    """Whether two names of one folder or file differ in nothing or only in how they are written:
    in case, or in how accents are composed, where the file system does not mind that."""
    if one == other:
        return True
    if _plain(one) != _plain(other):
        return False
    found, again = _stat(one), _stat(other)
    return (
        found is not None
        and again is not None
        and _identity(one, found) == _identity(other, again)
        # Two hard links in one folder are two files to a person, whatever their names.
        and not _are_both_listed(one, other)
        and is_same(one.parent, other.parent)
    )


def is_hidden(name: str, found: os.stat_result) -> bool:
    """Whether a person does not see it in a file manager."""
    if name.startswith(".") or name.lower() in _SYSTEM_FOLDERS:
        return True
    if sys.platform == "win32":
        return bool(found.st_file_attributes & stat.FILE_ATTRIBUTE_HIDDEN)
    if sys.platform == "darwin":
        return bool(found.st_flags & stat.UF_HIDDEN)
    return False


def is_media(path: Path, found: os.stat_result) -> bool:
    """Whether a folder scan picks the file up."""
    suffix = path.suffix.lower()
    if suffix not in MEDIA_SUFFIXES or not stat.S_ISREG(found.st_mode):
        return False
    return suffix != ".ts" or _is_transport_stream(path)


def _is_transport_stream(path: Path) -> bool:
    """Tell MPEG-TS (ISO 13818-1: a sync byte at each packet's start) from TypeScript."""
    try:
        with path.open("rb") as stream:
            head = stream.read(1024)
    except OSError:
        # Then reading it will fail later too, with words.
        return True
    if not head:
        return True
    return any(
        all(head[start + n * packet : start + n * packet + 1] == _TS_SYNC for n in range(4))
        for packet in _TS_PACKETS
        for start in range(packet)
    )


def _plain(path: Path) -> str:
    return unicodedata.normalize("NFC", str(path)).casefold()


def _are_both_listed(one: Path, other: Path) -> bool:
    try:
        names = {entry.name for entry in _entries(one.parent)}
    except OSError:
        return False
    return one.parent == other.parent and {one.name, other.name} <= names


def _next_linked(linked: deque[Path], entered: set[object]) -> deque[Path]:
    """The next folder behind a link that was not entered yet, noted as entered; empty if none."""
    while linked:
        path = linked.popleft()
        target = _stat(path)
        if target is not None and (identity := _identity(path, target)) not in entered:
            entered.add(identity)
            return deque([path])
    return deque()


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    with os.scandir(folder) as entries:
        return list(entries)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None


def _is_refused(path: Path) -> bool:
    """Whether something is there that may not, or cannot, be looked at."""
    try:
        os.stat(path)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return True
    return False


def _identity(path: Path, found: os.stat_result) -> object:
    # Some network file systems have no inode numbers.
    return (found.st_dev, found.st_ino) if found.st_ino else os.path.realpath(path)


def _found(path: Path, found: os.stat_result) -> Found:
    return Found(path, found.st_size, found.st_mtime_ns)
