"""Plays one file at a time, from a given millisecond, with the keys of an editing desk.

What is played next to it (transcript, details) follows its `position_changed`.
"""

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QUrl, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent
from PySide6.QtMultimedia import QAudioOutput, QMediaPlayer
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QVBoxLayout,
    QWidget,
)

from heimdex.ui import wording
from heimdex.ui.side.surface import Surface
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Note, icon_button, label

RATES = (1.0, 1.5, 2.0, 4.0)
STEP_MS = 5000


class Player(QObject):
    """The media player without its widgets: remembers where to begin until the file is loaded."""

    position_changed = Signal(int)
    duration_changed = Signal(int)
    playing_changed = Signal(bool)
    rate_changed = Signal(float)
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
        self._player.mediaStatusChanged.connect(self._go_on)
        self._player.positionChanged.connect(self._tell)
        self._player.durationChanged.connect(self._tell_duration)
        self._player.playingChanged.connect(self.playing_changed)
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

    def open(self, path: Path, at_ms: int, *, play: bool) -> None:
        """Show a file from a millisecond on."""
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

    def mute(self, muted: bool) -> None:
        """Sound off or on."""
        self._sound.setMuted(muted)

    def set_volume(self, volume: int) -> None:
        """0..100, as loud as the slider looks."""
        self._sound.setVolume((volume / 100) ** 2)

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


class PlayerView(QWidget):
    """The picture with its controls."""

    volume_changed = Signal(int)

    def __init__(self, theme: Theme, volume: int) -> None:
        super().__init__()
        self._theme = theme
        self.surface = Surface(theme)
        self.surface.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.player = Player(self.surface, volume)
        self._full: _FullScreen | None = None
        self.position = _Timeline()
        self.position.setAccessibleName(self.tr("Position"))
        self.time = label("0:00", "caption")
        self.problem = Note(theme, "warning", tone="warning")
        self.problem.hide()
        self._play = icon_button(theme, "play", self.tr("Play (Space)"), self.player.toggle)
        theme.dress(self._play, "play", "text")
        self._rate = label("", "caption")
        self._mute = icon_button(theme, "volume", self.tr("Mute"), self._toggle_mute)
        self._volume = QSlider(Qt.Orientation.Horizontal)
        self._volume.setRange(0, 100)
        self._volume.setValue(volume)
        self._volume.setFixedWidth(72)
        self._volume.setAccessibleName(self.tr("Volume"))
        self._expand = icon_button(theme, "expand", self.tr("Full screen"), self.toggle_full)
        self._build()
        self._connect()
        self.set_enabled(False)

    def set_enabled(self, enabled: bool) -> None:
        """Whether there is something to control."""
        for widget in (self.position, self._play, self._expand):
            widget.setEnabled(enabled)

    def add_control(self, widget: QWidget) -> None:
        """Put one more control beside the others."""
        self._controls.insertWidget(self._controls.count() - 3, widget)

    def toggle_full(self) -> None:
        """Fill the screen, or come back."""
        if self._full is None:
            full = _FullScreen(self)
            self._full = full
            self.surface.corners = 0
            full.layout().addWidget(self.surface)  # type: ignore[union-attr]
            full.showFullScreen()
            full.activateWindow()
        else:
            full, self._full = self._full, None
            self.surface.corners = 8
            self._column.insertWidget(0, self.surface)
            full.hide()
            full.deleteLater()
            self._shape()

    def _build(self) -> None:
        times = QHBoxLayout()
        times.setContentsMargins(0, 0, 0, 0)
        times.setSpacing(8)
        times.addWidget(self.position, 1)
        times.addWidget(self.time)
        controls = self._controls = QHBoxLayout()
        controls.setSpacing(4)
        controls.addWidget(self._play)
        controls.addWidget(self._rate)
        controls.addStretch(1)
        controls.addWidget(self._mute)
        controls.addWidget(self._volume)
        controls.addWidget(self._expand)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(self.surface)
        self._column.addWidget(self.problem)
        self._column.addLayout(times)
        self._column.addLayout(controls)

    def _connect(self) -> None:
        player = self.player
        player.position_changed.connect(self._show_position)
        player.duration_changed.connect(lambda ms: self.position.setRange(0, max(1, ms)))
        player.playing_changed.connect(self._show_playing)
        player.rate_changed.connect(lambda rate: self._rate.setText(_rate_text(rate)))
        player.failed.connect(self._show_problem)
        self.position.sliderMoved.connect(player.seek)
        self.position.chosen.connect(player.seek)
        self._volume.valueChanged.connect(player.set_volume)
        self._volume.valueChanged.connect(self.volume_changed)
        self.surface.clicked.connect(player.toggle)
        self.surface.double_clicked.connect(self.toggle_full)

    def _show_position(self, ms: int) -> None:
        if ms > self.position.maximum():
            self.position.setMaximum(ms)
        if not self.position.isSliderDown():
            self.position.setValue(ms)
        self.time.setText(f"{wording.clock(ms)} / {wording.clock(self.position.maximum())}")

    def _show_playing(self, playing: bool) -> None:
        self._theme.dress(self._play, "pause" if playing else "play", "text")
        name = self.tr("Pause (Space)") if playing else self.tr("Play (Space)")
        self._play.setToolTip(name)
        self._play.setAccessibleName(name)
        if playing:
            self.problem.hide()

    def _show_problem(self, text: str) -> None:
        self.problem.show_text(self.tr("This file cannot be played here: %1").replace("%1", text))

    def _toggle_mute(self) -> None:
        muted = not self.player.muted
        self.player.mute(muted)
        self._theme.dress(self._mute, "mute" if muted else "volume", "muted")

    def _shape(self) -> None:
        if self._full is None:
            self.surface.setFixedHeight(round(self.width() * 9 / 16))

    def resizeEvent(self, event: object) -> None:
        self._shape()


class _Timeline(QSlider):
    """A slider that jumps to where it is clicked."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(0, 1)
        self.setSingleStep(1000)
        self.setPageStep(10_000)

    def mousePressEvent(self, event: object) -> None:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        handle = self.style().subControlRect(
            QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self
        )
        place = event.position().toPoint()  # type: ignore[attr-defined]
        if not handle.contains(place):
            value = QStyle.sliderValueFromPosition(
                self.minimum(), self.maximum(), place.x(), self.width()
            )
            self.setValue(value)
            self.chosen.emit(value)
        super().mousePressEvent(event)  # type: ignore[arg-type]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.value()
        super().keyPressEvent(event)
        if self.value() != before:
            self.chosen.emit(self.value())


class _FullScreen(QWidget):
    """Holds the picture while it fills the screen; Esc, F and a double click come back."""

    def __init__(self, view: PlayerView) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self._view = view
        self.setStyleSheet("background: black;")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        view.surface.setMinimumHeight(0)
        view.surface.setMaximumHeight(16_777_215)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        player = self._view.player
        actions = {
            Qt.Key.Key_Space: player.toggle,
            Qt.Key.Key_J: player.backward,
            Qt.Key.Key_K: player.pause,
            Qt.Key.Key_L: player.forward,
            Qt.Key.Key_Escape: self._view.toggle_full,
            Qt.Key.Key_F: self._view.toggle_full,
        }
        action = actions.get(Qt.Key(event.key()))
        if action is not None:
            action()

    def closeEvent(self, event: object) -> None:
        self._view.toggle_full()


def _rate_text(rate: float) -> str:
    return "" if rate == 1.0 else f"{rate:g}×"
