"""The slim column on the left that changes between the panels.

What the panels show is their own affair.
"""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton, QVBoxLayout

from heimdex.ui.theme import Theme

PANELS = ("library", "search", "people", "activity")


class Rail(QFrame):
    """One button a panel, settings at the foot."""

    chosen = Signal(str)
    settings_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setFixedWidth(88)
        names = {
            "library": self.tr("Library"),
            "search": self.tr("Search"),
            "people": self.tr("People"),
            "activity": self.tr("Activity"),
        }
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 12, 8, 12)
        layout.setSpacing(4)
        group = QButtonGroup(self)
        self.buttons: dict[str, QToolButton] = {}
        for panel in PANELS:
            button = _button(names[panel])
            button.setCheckable(True)
            theme.dress(button, panel, "muted", "accent")
            button.clicked.connect(lambda _=False, panel=panel: self.chosen.emit(panel))
            group.addButton(button)
            layout.addWidget(button)
            self.buttons[panel] = button
        layout.addStretch(1)
        self.settings = _button(self.tr("Settings"))
        theme.dress(self.settings, "settings", "muted")
        self.settings.clicked.connect(self.settings_wanted)
        layout.addWidget(self.settings)
        for button in (*self.buttons.values(), self.settings):
            button.setIconSize(QSize(22, 22))

    def show_chosen(self, panel: str) -> None:
        """Mark the panel that is shown."""
        self.buttons[panel].setChecked(True)


def _button(name: str) -> QToolButton:
    button = QToolButton()
    button.setText(name)
    button.setAccessibleName(name)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    button.setFixedSize(72, 56)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button
