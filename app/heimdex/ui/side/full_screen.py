"""The picture all over the screen, with a timeline that comes with the mouse.

Playing is the player's affair; the picture is lent and given back.
"""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from heimdex.ui import wording
from heimdex.ui.side.player import STEP_MS, Player
from heimdex.ui.side.surface import Surface
from heimdex.ui.side.timeline import Timeline
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import icon_button, label

_SHOWN_MS = 2500
_UNBOUNDED = 16_777_215
"""Qt's largest size of a widget."""


class FullScreen(QWidget):
    """Esc, F and a double click come back."""

    left = Signal()

    def __init__(self, theme: Theme, surface: Surface, player: Player, length_ms: int) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self._surface = surface
        self._player = player
        self._before = (surface.corners, surface.sizePolicy())
        self.setStyleSheet("FullScreen { background: black; }")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle(self.tr("Full screen"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        surface.corners = 0
        surface.setMinimumHeight(0)
        surface.setMaximumHeight(_UNBOUNDED)
        surface.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        surface.setMouseTracking(True)
        surface.installEventFilter(self)
        layout.addWidget(surface)
        self.position = Timeline()
        self.position.setAccessibleName(self.tr("Position"))
        self.position.setRange(0, max(1, length_ms))
        self.position.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.time = label("", "caption")
        self.bar = QFrame(self)
        self.bar.setObjectName("card")
        row = QHBoxLayout(self.bar)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(12)
        row.addWidget(self.position, 1)
        row.addWidget(self.time)
        back = icon_button(theme, "close", self.tr("Leave full screen (Esc)"), self.left.emit)
        back.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row.addWidget(back)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_SHOWN_MS)
        self._rest.timeout.connect(self._hide_bar)
        self.position.sliderMoved.connect(player.seek)
        self.position.chosen.connect(player.seek)
        player.position_changed.connect(self._show_position)
        self._show_position(player.position)
        self._show_bar()

    def give_back(self) -> None:
        """Let go of the picture as it was before."""
        self._surface.removeEventFilter(self)
        self._surface.setMouseTracking(False)
        self._surface.corners = self._before[0]
        self._surface.setSizePolicy(self._before[1])

    def _show_position(self, ms: int) -> None:
        if not self.position.isSliderDown():
            self.position.setValue(ms)
        self.time.setText(f"{wording.clock(ms)} / {wording.clock(self.position.maximum())}")

    def _show_bar(self) -> None:
        self.unsetCursor()
        self.bar.show()
        self.bar.raise_()
        self._rest.start()

    def _hide_bar(self) -> None:
        if self.position.isSliderDown() or self.bar.underMouse():
            self._rest.start()
            return
        self.bar.hide()
        self.setCursor(Qt.CursorShape.BlankCursor)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseMove:
            self._show_bar()
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = min(self.width() - 48, 960)
        height = self.bar.sizeHint().height()
        self.bar.setGeometry(
            (self.width() - width) // 2, self.height() - height - 24, width, height
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        player = self._player
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
            Qt.Key.Key_Escape: self.left.emit,
            Qt.Key.Key_F: self.left.emit,
        }
        action = actions.get(Qt.Key(event.key()))
        if action is not None:
            action()

    def closeEvent(self, event: object) -> None:
        self.left.emit()
