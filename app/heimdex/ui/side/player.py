"""Plays one file at a time, from a given millisecond, with the keys of an editing desk.

The picture and the controls are `player_view`'s; what is shown beside them (transcript, details)
follows `position_changed`.
"""

import math
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal, SignalInstance
from PySide6.QtMultimedia import QAudioOutput, QMediaPlayer

from heimdex.ui.side.surface import Surface

RATES = (1.0, 1.5, 2.0, 4.0)
STEP_MS = 5000
USUAL_FRAME_RATE = 25.0


class Player(QObject):
    """The media player without its widgets: remembers where to begin until the file is loaded."""

    position_changed = Signal(int)
    duration_changed = Signal(int)
    playing_changed = Signal(bool)
    rate_changed = Signal(float)
    muted_changed = Signal(bool)
    failed = Signal(str)

    def __init__(self, surface: Surface, volume: int) -> None:
        super().__init__()
        self._player = QMediaPlayer(self)
        self._sound = QAudioOutput(self)
        self._sound.setVolume((volume / 100) ** 2)
        _settle(self._sound.deviceChanged)
        self._player.setAudioOutput(self._sound)
        self._player.setVideoSink(surface.sink)
        self._path: Path | None = None
        self._begin: int | None = None
        self._play_when_loaded = False
        self._frame_rate = USUAL_FRAME_RATE
        self._player.mediaStatusChanged.connect(self._go_on)
        self._player.positionChanged.connect(self._tell)
        self._player.durationChanged.connect(self._tell_duration)
        self._player.playingChanged.connect(self.playing_changed)
        self._sound.mutedChanged.connect(self.muted_changed)
        self._player.errorOccurred.connect(self._fail)

    @property
    def path(self) -> Path | None:
        """What is loaded."""
        return self._path

    @property
    def position(self) -> int:
        """Where it is, or will be as soon as the file is loaded, in ms."""
        return self._begin if self._begin is not None else self._player.position()

    @property
    def playing(self) -> bool:
        """Whether it plays, or will at once."""
        return self._player.isPlaying() or self._play_when_loaded

    @property
    def rate(self) -> float:
        """1.0 is the speed of life."""
        return self._player.playbackRate()

    @property
    def muted(self) -> bool:
        """Whether there is no sound."""
        return self._sound.isMuted()

    def open(self, path: Path, at_ms: int, *, play: bool, frame_rate: float = 0.0) -> None:
        """Show a file from a millisecond on. `frame_rate`: frames a second, 0 if nobody knows."""
        self._frame_rate = frame_rate or USUAL_FRAME_RATE
        self._player.setPlaybackRate(1.0)
        if path == self._path and self._player.mediaStatus() not in _UNUSABLE:
            self.seek(at_ms)
            if play:
                self.play()
            return
        self._path = path
        # A position set before the file is loaded is lost.
        self._begin = at_ms
        self._play_when_loaded = play
        self._player.setSource(QUrl.fromLocalFile(str(path)))
        self.position_changed.emit(at_ms)

    def close(self) -> None:
        """Let go of the file, so that its drive can be removed."""
        self._player.stop()
        self._player.setSource(QUrl())
        self._path = None
        self._begin = None
        self._play_when_loaded = False

    def play(self) -> None:
        """Play from where it is."""
        if self._begin is not None:
            self._play_when_loaded = True
        elif self._path is not None:
            self._player.play()

    def pause(self) -> None:
        """Stand still."""
        self._play_when_loaded = False
        self._player.pause()
        self._set_rate(1.0)

    def toggle(self) -> None:
        """Space."""
        if self.playing:
            self.pause()
        else:
            self.play()

    def seek(self, ms: int) -> None:
        """Go to a millisecond."""
        ms = max(0, ms)
        if self._begin is not None:
            self._begin = ms
        else:
            self._player.setPosition(ms)
        self.position_changed.emit(ms)

    def forward(self) -> None:
        """L: play; again, faster."""
        if not self.playing:
            self.play()
            return
        faster = [rate for rate in RATES if rate > self.rate]
        self._set_rate(faster[0] if faster else RATES[-1])

    def backward(self) -> None:
        """J: slower if it runs fast, otherwise some seconds back. Codecs do not play backwards."""
        slower = [rate for rate in RATES if rate < self.rate]
        if slower:
            self._set_rate(slower[-1])
        else:
            self.seek(self.position - STEP_MS)

    def step_forward(self) -> None:
        """Stand still at the next frame."""
        self._step(1)

    def step_back(self) -> None:
        """Stand still at the frame before."""
        self._step(-1)

    def toggle_mute(self) -> None:
        """Sound off or on."""
        self._sound.setMuted(not self.muted)

    def set_volume(self, volume: int) -> None:
        """0..100, as loud as the slider looks."""
        self._sound.setVolume((volume / 100) ** 2)

    def _step(self, frames: int) -> None:
        self.pause()
        # By number: adding up lengths that are no whole milliseconds would skip a frame now and
        # then. Rounded up, as everywhere: seeking to a frame's time shows it, not the one before.
        number = round(self.position * self._frame_rate / 1000) + frames
        self.seek(math.ceil(number * 1000 / self._frame_rate))

    def _set_rate(self, rate: float) -> None:
        if rate != self.rate:
            self._player.setPlaybackRate(rate)
            self.rate_changed.emit(rate)

    def _go_on(self, status: QMediaPlayer.MediaStatus) -> None:
        if status in _LOADED and self._begin is not None:
            begin, self._begin = self._begin, None
            # Paused first: only then a frame is delivered for a file that is not to play yet.
            self._player.pause()
            self._player.setPosition(begin)
            if self._play_when_loaded:
                self._play_when_loaded = False
                self._player.play()

    def _tell(self, ms: int) -> None:
        if self._begin is None:
            self.position_changed.emit(ms)

    def _tell_duration(self, ms: int) -> None:
        # The player's number is wider than a Python signal's int; it cannot be connected through.
        self.duration_changed.emit(ms)

    def _fail(self, error: QMediaPlayer.Error, text: str) -> None:
        if error is not QMediaPlayer.Error.NoError:
            self._begin = None
            self._play_when_loaded = False
            self.failed.emit(text)


def _settle(signal: SignalInstance) -> None:
    """Let PySide find out now that nobody overrides `disconnectNotify` of the signal's object.

    It looks at the first call and needs Python's lock for that. The sound's own thread makes this
    call while it holds a lock of Qt's; a main thread that then waits for that one with Python's
    lock in hand stands still forever. Seen in PySide 6.11.3 when a window closed during playback.
    """

    def nothing(*arguments: object) -> None:
        del arguments

    signal.connect(nothing)
    signal.disconnect(nothing)


_LOADED = (
    QMediaPlayer.MediaStatus.LoadedMedia,
    QMediaPlayer.MediaStatus.BufferedMedia,
    QMediaPlayer.MediaStatus.BufferingMedia,
)
_UNUSABLE = (QMediaPlayer.MediaStatus.NoMedia, QMediaPlayer.MediaStatus.InvalidMedia)
