"""Takes what is said in a video out of the window: to the clipboard, or as a file of subtitles.

How such files are written is the export room's affair.
"""

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton

from heimdex.domain.media import Video
from heimdex.domain.speech import Transcript
from heimdex.export import render, save
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme


class TakeOut(QToolButton):
    """A button with a menu; hidden while there is nothing to take."""

    said = Signal(str, bool)
    """A sentence, and whether what it tells can be undone."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._session: Session | None = None
        self._video: Video | None = None
        self._transcript: Transcript | None = None
        self.setProperty("role", "icon")
        self.setToolTip(self.tr("Copy or save what is said"))
        self.setAccessibleName(self.toolTip())
        theme.dress(self, "more", "muted")
        self.setPopupMode(self.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.addAction(self.tr("Copy what is said"), self.copy)
        menu.addSeparator()
        menu.addAction(self.tr("Save as subtitles (SRT)…"), partial(self._ask, "srt"))
        menu.addAction(self.tr("Save as subtitles (WebVTT)…"), partial(self._ask, "vtt"))
        menu.addAction(self.tr("Save as text…"), partial(self._ask, "txt"))
        self.setMenu(menu)
        self.hide()

    def attach(self, session: Session) -> None:
        """Files are written in the background of an open library."""
        self._session = session

    def show_video(self, video: Video, transcript: Transcript | None) -> None:
        """Offer what is said in this video from now on."""
        self._video, self._transcript = video, transcript
        self.setVisible(transcript is not None and bool(transcript.segments))

    def copy(self) -> None:
        """Put the text on the clipboard."""
        if self._transcript is not None:
            QGuiApplication.clipboard().setText(render(self._transcript, "txt"))
            self.said.emit(self.tr("What is said was copied."), False)

    def save(self, path: Path, kind: str) -> None:
        """Write a file of one of the kinds `srt`, `vtt` and `txt`, and say that it is there."""
        transcript = self._transcript
        if self._session is None or transcript is None:
            return
        done = self.tr("Saved as %1.").replace("%1", path.name)
        self._session.run(
            lambda: save(path, render(transcript, kind), replace=True),
            lambda _: self.said.emit(done, False),
        )

    def _ask(self, kind: str) -> None:
        if self._video is None:
            return
        # Beside the video, where players look for subtitles; that folder may be gone or closed.
        beside = self._video.path.with_suffix(f".{kind}")
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save what is said"), str(beside), f"{kind.upper()} (*.{kind})"
        )
        if name:
            self.save(Path(name), kind)
