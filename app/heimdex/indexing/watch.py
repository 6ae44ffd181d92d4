"""Notices that something happens in the watched folders and says which folder to look at again.

What has changed is found out by the scanner: the operating system's events get lost, come twice
and know nothing of what others do on a share, so that here they are only hints; shares are looked
through every now and then instead, and a timer hints at every folder.
"""

import errno
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.polling import PollingObserver

from heimdex.domain.ids import FolderId
from heimdex.domain.media import MEDIA_SUFFIXES, Folder
from heimdex.indexing import drives
from heimdex.indexing.drives import Drives
from heimdex.indexing.reach import answers
from heimdex.indexing.walk import OF_A_LIBRARY, Found, look_at

OnHint = Callable[[Folder | None], None]
"""A folder to be looked at again; None when a drive came or went, so that anything may be back."""

_TICK_S = 0.5
_DEBOUNCE_S = 1.0
_LONGEST_DEBOUNCE_S = 5.0
_ROOTS_EVERY_S = 5.0
_POLLING_S = 30.0
_JOIN_S = 5.0
_LIMITS = (errno.ENOSPC, errno.EMFILE, errno.ENFILE)
_READING = frozenset({"opened", "closed_no_write"})

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Root:
    """A watched folder: what watches it now, and which folder on disk that was."""

    folder: Folder
    identity: tuple[int, int] | None = None
    observer: BaseObserver | None = None
    watch: ObservedWatch | None = None


@dataclass(slots=True)
class _Young:
    """A file that came or changed, as it was last seen, and since when it looks like that."""

    folder_id: FolderId
    found: Found | None
    since: float


class Watcher:
    """Calls `on_hint` from a thread of its own; nothing happens before `start()`."""

    def __init__(
        self,
        folders: Iterable[Folder],
        on_hint: OnHint,
        stable_seconds: float = 10.0,
        *,
        rescan_every_s: float = 900.0,
        library: Path | None = None,
    ) -> None:
        """Of `folders` only the watched ones count. A new file is hinted at once its size and time
        have stood still for `stable_seconds`; every folder, every `rescan_every_s`. What Heimdex
        itself writes into its `library`, which may lie in a watched folder, is no hint."""
        self._on_hint = on_hint
        self._stable_s = stable_seconds
        self._rescan_every_s = rescan_every_s
        self._own = frozenset(library / name for name in OF_A_LIBRARY) if library else frozenset()
        self._events: queue.SimpleQueue[tuple[FolderId, Path, bool] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._wanted: dict[FolderId, Folder] = {}
        self._roots: dict[FolderId, _Root] = {}
        self._young: dict[Path, _Young] = {}
        self._due: dict[FolderId, tuple[float, float]] = {}
        self._native: BaseObserver | None = None
        self._polling: BaseObserver | None = None
        self._mounted: object = None
        self._changing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self.update(folders)

    def update(self, folders: Iterable[Folder]) -> None:
        """Watch these folders from now on instead."""
        with self._lock:
            self._wanted = {folder.id: folder for folder in folders if folder.watched}
        self._events.put(None)

    def look_again(self, folder: Folder) -> None:
        """Hint at a folder once more in a while, because a scan left growing files waiting."""
        later = time.monotonic() + max(self._stable_s, _DEBOUNCE_S)
        with self._lock:
            self._due.setdefault(folder.id, (later, later))

    def start(self) -> None:
        """Begin. Idempotent."""
        # The window starts it on one thread and may stop it on another in the same moment.
        with self._changing:
            if self._thread is None:
                self._stopping.clear()
                thread = threading.Thread(target=self._run, name="watcher", daemon=True)
                thread.start()
                self._thread = thread

    def stop(self) -> None:
        """End all threads; no hint comes afterwards. Idempotent."""
        with self._changing:
            thread, self._thread = self._thread, None
            if thread is None:
                return
            self._stopping.set()
        self._events.put(None)
        if thread is not threading.current_thread():
            thread.join(_JOIN_S)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        rescan_at = time.monotonic() + self._rescan_every_s
        roots_at = 0.0
        try:
            while not self._stopping.is_set():
                changed = self._take_events()
                now = time.monotonic()
                if changed or now >= roots_at:
                    self._tend_roots()
                    roots_at = now + _ROOTS_EVERY_S
                self._tend_young(now)
                if now >= rescan_at:
                    rescan_at = now + self._rescan_every_s
                    for folder_id in list(self._roots):
                        self._hint_at(folder_id, now)
                self._give_hints(now)
        finally:
            for observer in (self._native, self._polling):
                if observer is not None:
                    observer.stop()
                    observer.join(_JOIN_S)
            self._native = self._polling = None
            self._roots.clear()

    def _take_events(self) -> bool:
        """Wait a tick for events and take them all; True when the wanted folders changed."""
        changed = False
        try:
            event = self._events.get(timeout=_TICK_S)
            while True:
                if event is None:
                    changed = True
                else:
                    self._take(*event)
                event = self._events.get_nowait()
        except queue.Empty:
            return changed

    def _take(self, folder_id: FolderId, path: Path, is_folder: bool) -> None:
        now = time.monotonic()
        found = None if is_folder else look_at(path)
        if found is None:
            # Gone, or a folder that came or went, whose files make no events of their own.
            self._young.pop(path, None)
            self._hint_at(folder_id, now + _DEBOUNCE_S)
        else:
            known = self._young.get(path)
            if known is None or known.found != found:
                self._young[path] = _Young(folder_id, found, now)

    def _tend_young(self, now: float) -> None:
        ripe: set[FolderId] = set()
        for path, young in list(self._young.items()):
            # Not looked at before its time: thousands may come at once.
            if now - young.since < self._stable_s:
                continue
            found = look_at(path)
            if found != young.found:
                young.found = found
                young.since = now
            if found is None or now - young.since >= self._stable_s:
                del self._young[path]
                ripe.add(young.folder_id)
        waiting = {young.folder_id for young in self._young.values()}
        for folder_id in ripe:
            # One look for a thousand files that were copied one after the other.
            self._hint_at(folder_id, now + (_DEBOUNCE_S if folder_id in waiting else 0.0))

    def _hint_at(self, folder_id: FolderId, at: float) -> None:
        """Put a hint off a little with each event, but never for long."""
        with self._lock:
            _, latest = self._due.get(folder_id, (0.0, at + _LONGEST_DEBOUNCE_S))
            self._due[folder_id] = (min(at, latest), latest)

    def _give_hints(self, now: float) -> None:
        with self._lock:
            ripe = [folder_id for folder_id, (at, _) in self._due.items() if at <= now]
            for folder_id in ripe:
                del self._due[folder_id]
        for folder_id in ripe:
            root = self._roots.get(folder_id)
            if root is None or self._stopping.is_set():
                continue
            self._hint(root.folder)

    def _hint(self, folder: Folder | None) -> None:
        try:
            self._on_hint(folder)
        except Exception:  # noqa: BLE001 - one failing scan must not end the watching
            _log.exception("a hint was not taken")

    def _tend_roots(self) -> None:
        """Watch what is wanted and there; notice drives that come and go."""
        with self._lock:
            wanted = dict(self._wanted)
        mounted = drives.signature()
        if self._mounted is not None and mounted != self._mounted:
            # It may be the drive of a folder that used to be elsewhere, or that is not watched.
            self._hint(None)
        self._mounted = mounted
        present = Drives()
        for folder_id in [each for each in self._roots if each not in wanted]:
            self._unwatch(self._roots.pop(folder_id))
        for folder_id, folder in wanted.items():
            root = self._roots.get(folder_id)
            is_new = root is None
            if root is None:
                root = self._roots[folder_id] = _Root(folder)
            elif root.folder.path != folder.path:
                self._unwatch(root)
                root.identity = None
            root.folder = folder
            remote = present.is_remote(folder.path)
            if remote and not answers(folder.path):
                continue
            identity = _identity(folder.path)
            if identity == root.identity:
                continue
            self._unwatch(root)
            root.identity = identity
            if identity is not None:
                self._watch(root, remote)
            if not is_new:
                self._hint_at(folder_id, time.monotonic())

    def _watch(self, root: _Root, remote: bool) -> None:
        handler = _Handler(root.folder.id, self._events, self._own)
        path = str(root.folder.path)
        for polling in (True,) if remote else (False, True):
            try:
                observer = self._observer(polling)
                root.watch = observer.schedule(handler, path, recursive=True)
            except OSError as error:
                if error.errno in _LIMITS and not polling:
                    _log.warning(
                        "the system's limit of watched folders is reached; looking every %.0f s",
                        _POLLING_S,
                    )
                    continue
                # The timer still looks at it, and the next change of the root tries again.
                _log.warning("a folder cannot be watched: %s", error.strerror)
                return
            root.observer = observer
            return

    def _unwatch(self, root: _Root) -> None:
        if root.observer is not None and root.watch is not None:
            try:
                root.observer.unschedule(root.watch)
            except (KeyError, OSError):
                # The emitter of a folder that vanished may have ended by itself.
                _log.debug("a watch was gone already")
        root.observer = root.watch = None

    def _observer(self, polling: bool) -> BaseObserver:
        if polling:
            if self._polling is None:
                self._polling = PollingObserver(timeout=_POLLING_S)
                self._polling.start()
            return self._polling
        if self._native is None:
            self._native = Observer()
            self._native.start()
        return self._native


class _Handler(FileSystemEventHandler):
    """Passes on what could matter, with as little work as possible in the observer's thread."""

    def __init__(
        self,
        folder_id: FolderId,
        events: "queue.SimpleQueue[tuple[FolderId, Path, bool] | None]",
        own: frozenset[Path],
    ) -> None:
        self._folder_id = folder_id
        self._events = events
        self._own = own

    def on_any_event(self, event: FileSystemEvent) -> None:
        """See watchdog."""
        if event.event_type in _READING:
            return
        if event.is_directory and event.event_type == "modified":
            return
        for raw in (event.src_path, event.dest_path):
            path = Path(os.fsdecode(raw)) if raw else None
            if path is None or path.name.startswith("."):
                continue
            if event.is_directory and not self._own.isdisjoint((path, *path.parents)):
                continue
            if event.is_directory or path.suffix.lower() in MEDIA_SUFFIXES:
                self._events.put((self._folder_id, path, event.is_directory))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
