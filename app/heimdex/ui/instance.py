"""Keeps a library to one window: a second start hands its files over and raises the first.

Who owns the library's files on disk is decided by the library's lock, not here.
"""

import hashlib
import json
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

ANSWER_MS = 1500
LIMIT = 1 << 20
"""Bytes of a message; whoever sends more is not a second start of ours."""


class Instance(QObject):
    """A local socket named after the library."""

    raised = Signal(list)
    """Another start asked to be shown; paths it was given."""

    def __init__(self, library: Path) -> None:
        super().__init__()
        # The name of a pipe may not hold a path, and other users have libraries of their own.
        digest = hashlib.sha256(str(library).encode()).hexdigest()[:20]
        self._name = f"heimdex-{digest}"
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._greet)

    def hand_over(self, paths: list[str]) -> bool:
        """Ask a window that is already open to come forward; False when there is none."""
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


def _paths(message: bytes) -> list[str]:
    try:
        paths = json.loads(message)
    except ValueError:
        return []
    return [p for p in paths if isinstance(p, str)] if isinstance(paths, list) else []
