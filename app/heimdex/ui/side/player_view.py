"""The picture with its controls in the side.

Playing is the player's affair, filling the screen `full_screen`'s.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QVBoxLayout, QWidget

from heimdex.ui import wording
from heimdex.ui.side.full_screen import FullScreen
from heimdex.ui.side.player import Player
from heimdex.ui.side.surface import Surface
from heimdex.ui.side.timeline import Timeline
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
        self._full: FullScreen | None = None
        self.position = Timeline()
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
            full = FullScreen(self._theme, self.surface, self.player, self.position.maximum())
            full.left.connect(self.toggle_full)
            self._full = full
            full.showFullScreen()
            full.activateWindow()
        else:
            full, self._full = self._full, None
            full.give_back()
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


def _rate_text(rate: float) -> str:
    return "" if rate == 1.0 else f"{rate:g}×"
