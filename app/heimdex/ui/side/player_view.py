"""The picture with its controls, in the side or all over the screen.

Playing is the player's affair.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
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
from heimdex.ui.side.player import STEP_MS, Player
from heimdex.ui.side.surface import Surface
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Note, icon_button, label


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
        self._mute = icon_button(theme, "volume", self.tr("Mute (M)"), self.player.toggle_mute)
        self._volume = QSlider(Qt.Orientation.Horizontal)
        self._volume.setRange(0, 100)
        self._volume.setValue(volume)
        self._volume.setFixedWidth(72)
        self._volume.setAccessibleName(self.tr("Volume"))
        self._expand = icon_button(theme, "expand", self.tr("Full screen (F)"), self.toggle_full)
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
        player.muted_changed.connect(self._show_muted)
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

    def _show_muted(self, muted: bool) -> None:
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
            Qt.Key.Key_Comma: player.step_back,
            Qt.Key.Key_Period: player.step_forward,
            Qt.Key.Key_Left: lambda: player.seek(player.position - STEP_MS),
            Qt.Key.Key_Right: lambda: player.seek(player.position + STEP_MS),
            Qt.Key.Key_M: player.toggle_mute,
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
