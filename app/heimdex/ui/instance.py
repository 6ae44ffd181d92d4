"""Keeps a library to one window: a second start hands its files over and raises the first.

Who owns the library's files on disk is decided by the library's lock, not here.
"""

import hashlib
import json
import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

ANSWER_MS = 1500
LIMIT = 1 << 20
"""Bytes of a message; whoever sends more is not a second start of ours."""

_LONGEST = 100
"""Bytes of a socket's path: systems take 104 or 108."""


class Instance(QObject):
    """A local socket named after the library."""

    raised = Signal(list)
    """Another start asked to be shown; paths it was given."""

    def __init__(self, library: Path) -> None:
        super().__init__()
        digest = hashlib.sha256(os.fsencode(library)).hexdigest()[:20]
        self._name = _private(f"heimdex-{digest}")
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._greet)

    def hand_over(self, paths: list[str]) -> bool:
        """Ask a window that is already open to come forward; False when there is none."""
        if not self._name:
            return False
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(ANSWER_MS):
            return False
        socket.write(json.dumps(paths).encode() + b"\n")
        socket.waitForBytesWritten(ANSWER_MS)
        answered = socket.waitForReadyRead(ANSWER_MS)
        socket.disconnectFromServer()
        return answered

    def listen(self) -> bool:
        """Become the window that others raise."""
        if not self._name:
            return False
        if self._server.listen(self._name):
            return True
        # A process that was killed leaves its socket behind; nobody answered on it just now.
        QLocalServer.removeServer(self._name)
        return self._server.listen(self._name)

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def _greet(self) -> None:
        socket = self._server.nextPendingConnection()
        received = bytearray()

        def read() -> None:
            received.extend(socket.readAll().data())
            if len(received) > LIMIT:
                socket.abort()
            elif received.endswith(b"\n"):
                socket.write(b"ok\n")
                socket.flush()
                self.raised.emit(_paths(bytes(received)))

        socket.readyRead.connect(read)
        socket.disconnected.connect(socket.deleteLater)
        if socket.bytesAvailable():
            read()


def _private(name: str) -> str:
    """Where only this user can put a socket: in a folder that all may write to, anybody could wait
    under our name, be told what is opened, and keep every window from starting. Empty when there
    is no such place."""
    if sys.platform == "win32":
        return name  # a pipe's name holds no path; its access is the user's
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    own = Path(tempfile.gettempdir()) / f"heimdex-{os.geteuid()}"
    for folder in (*([Path(given)] if given else []), own):
        with suppress(OSError):
            if folder == own:
                folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
            ours = found.st_uid == os.geteuid() and not found.st_mode & 0o077
            path = str(folder / name)
            if ours and stat.S_ISDIR(found.st_mode) and len(os.fsencode(path)) < _LONGEST:
                return path
    return ""


def _paths(message: bytes) -> list[str]:
    try:
        paths = json.loads(message)
    except ValueError:
        return []
    return [p for p in paths if isinstance(p, str)] if isinstance(paths, list) else []
