"""Shows one frame of a video in the real window and closes it, for `heimdex selftest`.

Everything is started as for a person; only the clicks are made here.
"""

from PySide6.QtCore import QTimer

from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.ui import app
from heimdex.ui.window import Window

_PATIENCE_MS = 60_000
_LOOK_EVERY_MS = 100


class Proof:
    """Waits for the library, plays a moment, waits for its frame, and closes the window."""

    def __init__(self, window: Window, name: str, at_ms: int) -> None:
        self._window = window
        self._name = name
        self._at_ms = at_ms
        self._asked = False
        self._left = _PATIENCE_MS // _LOOK_EVERY_MS
        self.size = (0, 0)
        self.problem = "The window did not open its library in time."
        self._timer = QTimer(window)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        self._left -= 1
        session = self._window.session
        if session is not None and not self._asked:
            video = session.library.catalogue.find_video(self._name)
            self._window.play(video.id, self._at_ms)
            self._asked = True
            self.problem = "No frame of the video was shown in time; the log says more."
        view = self._window.side.view
        if view is not None and not view.surface.image.isNull():
            self.size = (view.surface.image.width(), view.surface.image.height())
            self.problem = ""
        if not self.problem or not self._left:
            self._timer.stop()
            self._window.close()


def show_a_frame(directories: Directories, name: str, at_ms: int) -> tuple[tuple[int, int], str]:
    """Open the window of a library, show `name` at `at_ms`, and close it again.

    Gives the size of the frame that was shown in pixels, and what went wrong, "" when nothing did.
    """
    proofs: list[Proof] = []
    code = app.show(
        directories, Settings(), on_window=lambda w: proofs.append(Proof(w, name, at_ms))
    )
    if code or not proofs:
        return (0, 0), f"The window ended with code {code}."
    return proofs[0].size, proofs[0].problem
