"""Small widgets that several panels are put together from.

They know the theme and nothing of the library.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from heimdex.ui.theme import Theme


def label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """A label in one of the style sheet's roles; never rich text from outside."""
    widget = QLabel(text)
    widget.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        widget.setProperty("role", role)
    widget.setWordWrap(wrap)
    return widget


def beside(text: str, field: QWidget) -> QLabel:
    """The label of a field in a form, at the middle of the field's height."""
    widget = label(text)
    widget.setMinimumHeight(field.sizeHint().height())
    widget.setBuddy(field)
    return widget


def button(text: str, role: str = "", action: Callable[[], object] | None = None) -> QPushButton:
    """A push button in one of the style sheet's roles."""
    widget = QPushButton(text)
    widget.setCursor(Qt.CursorShape.PointingHandCursor)
    if role:
        widget.setProperty("role", role)
    if action is not None:
        widget.clicked.connect(lambda: action())
    return widget


def icon_button(
    theme: Theme, icon: str, name: str, action: Callable[[], object] | None = None
) -> QToolButton:
    """A button that is only a picture; `name` is its tooltip and what screen readers say."""
    widget = QToolButton()
    widget.setProperty("role", "icon")
    widget.setToolTip(name)
    widget.setAccessibleName(name)
    theme.dress(widget, icon, "muted")
    if action is not None:
        widget.clicked.connect(lambda: action())
    return widget


def line() -> QFrame:
    """A hairline between two parts."""
    widget = QFrame()
    widget.setObjectName("line")
    return widget


def fill(layout: QBoxLayout, *items: QWidget | int | None) -> None:
    """Put widgets into a layout; a number is a gap in pixels, None takes what room is left."""
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.addSpacing(item)
        else:
            layout.addWidget(item)


def clear(layout: QLayout) -> None:
    """Take everything out of a layout; widgets are hidden at once and go when Qt has time."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def row(*items: QWidget | int | None, spacing: int = 8) -> QWidget:
    """Widgets side by side."""
    widget = QWidget()
    layout = QHBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    fill(layout, *items)
    return widget


class Picture(QLabel):
    """An icon in a text, redrawn when the theme changes."""

    def __init__(self, theme: Theme, icon: str, size: int, colour: str = "muted") -> None:
        super().__init__()
        self._theme = theme
        self._what = (icon, size, colour)
        self.setFixedSize(size, size)
        theme.changed.connect(self._redraw)
        self._redraw()

    def show_icon(self, icon: str, colour: str | None = None) -> None:
        """Show another icon."""
        _, size, before = self._what
        self._what = (icon, size, colour or before)
        self._redraw()

    def _redraw(self) -> None:
        icon, size, colour = self._what
        self.setPixmap(self._theme.pixmap(icon, size, colour, self.devicePixelRatioF()))


class Elided(QLabel):
    """One line that ends in … where the room ends; the whole is its tooltip."""

    def __init__(self, text: str = "", role: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if role:
            self.setProperty("role", role)

    def show_text(self, text: str) -> None:
        """Change the text and the tooltip."""
        self.setText(text)
        self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics = QFontMetrics(self.font())
        text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(self.alignment()), text)


class Chip(QFrame):
    """A rounded word with an icon. `tone`: "" (accent), "not" or "quiet"."""

    def __init__(self, theme: Theme, icon: str, text: str, tone: str = "") -> None:
        super().__init__()
        self.setObjectName("chip")
        self.setProperty("tone", tone)
        self.setFixedHeight(24)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 10, 0)
        layout.setSpacing(4)
        colour = {"not": "danger", "quiet": "muted"}.get(tone, "accent")
        if icon:
            layout.addWidget(Picture(theme, icon, 14, colour))
        layout.addWidget(label(text))
        self.setAccessibleName(text)


class Choice(QComboBox):
    """A box to choose from, with an arrow in the theme's colour."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        arrow = self._theme.pixmap("down", 14, "muted", self.devicePixelRatioF())
        painter.drawPixmap(self.width() - 24, (self.height() - 14) // 2 + 1, arrow)


class Tick(QCheckBox):
    """A box to tick, with the tick in the theme's colour."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__(text)
        self._theme = theme
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        mark = self._theme.pixmap("check", 14, "on_accent", self.devicePixelRatioF())
        place = box.center() - QRect(0, 0, 14, 14).center()
        QPainter(self).drawPixmap(place, mark)


class Note(QFrame):
    """A quiet strip with an icon and a sentence or two."""

    def __init__(self, theme: Theme, icon: str, text: str = "", tone: str = "") -> None:
        super().__init__()
        self.setObjectName("note")
        self.setProperty("tone", tone)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(8)
        self._picture = Picture(theme, icon, 16, "warning" if tone == "warning" else "muted")
        self._label = label(text, wrap=True)
        layout.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._label, 1)

    def show_text(self, text: str) -> None:
        """Say something else; hides itself when there is nothing to say."""
        self._label.setText(text)
        self.setVisible(bool(text))

    @property
    def text(self) -> str:
        """What it says."""
        return self._label.text()


class EmptyState(QWidget):
    """What belongs here and the one action that fills it."""

    def __init__(self, theme: Theme, icon: str, title: str, text: str) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(32, 32, 32, 48)
        layout.setSpacing(8)
        self.picture = Picture(theme, icon, 56, "faint")
        self.title = label(title, "title")
        self.text = label(text, "muted", wrap=True)
        self._actions = _Actions()
        centre = Qt.AlignmentFlag.AlignHCenter
        self.text.setAlignment(centre)
        layout.addStretch(2)
        layout.addWidget(self.picture, 0, centre)
        layout.addSpacing(8)
        layout.addWidget(self.title, 0, centre)
        # Between stretches and not aligned: only so a wrapping label gets the height it needs.
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(self.text)
        line.addStretch(1)
        layout.addLayout(line)
        layout.addSpacing(12)
        layout.addWidget(self._actions, 0, centre)
        layout.addStretch(3)

    def offer(self, action: QPushButton) -> None:
        """Add a button under the text."""
        self._actions.add(action)
        self._actions.turn(self.width() - 64)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.text.setFixedWidth(max(160, min(440, self.width() - 64)))
        self._actions.turn(self.width() - 64)


class _Actions(QWidget):
    """Buttons beside each other where there is room, else below each other."""

    def __init__(self) -> None:
        super().__init__()
        self._buttons: list[QPushButton] = []
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(8)

    def add(self, action: QPushButton) -> None:
        """Put one more behind the others."""
        self._buttons.append(action)
        self._line.addWidget(action)

    def turn(self, room: int) -> None:
        """Stand so that nothing is cut off in so many pixels."""
        gaps = self._line.spacing() * (len(self._buttons) - 1)
        row = sum(each.sizeHint().width() for each in self._buttons) + gaps <= room
        turned = QBoxLayout.Direction.LeftToRight if row else QBoxLayout.Direction.TopToBottom
        self._line.setDirection(turned)

    def minimumSizeHint(self) -> QSize:
        # A row of buttons must not keep the window from becoming narrow.
        widest = max((each.sizeHint().width() for each in self._buttons), default=0)
        return QSize(widest, super().minimumSizeHint().height())


class Toast(QFrame):
    """A sentence at the foot of its parent that goes by itself, with at most one action."""

    SHOWN_MS = 7000
    _WIDE = 560

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 6, 16, 6)
        layout.setSpacing(8)
        self._label = label(wrap=False)
        self._label.setMinimumHeight(32)
        self._button = button("", action=self._act)
        self._button.hide()
        fill(layout, self._label, self._button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self._action: Callable[[], object] | None = None
        parent.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        """What it says, "" when it is hidden."""
        return self._label.text() if self.isVisible() else ""

    def say(self, text: str, action: str = "", run: Callable[[], object] | None = None) -> None:
        """Show a sentence for some seconds."""
        self._label.setText(text)
        self._label.setWordWrap(len(text) > 90)
        # By itself a wrapped line is as narrow as a column in a newspaper.
        wide = min(self._WIDE, self.window().width() - 80) if len(text) > 90 else 0
        self._label.setMinimumWidth(max(0, wide))
        self._button.setText(action)
        self._button.setVisible(bool(action))
        self._action = run
        self._timer.start(self.SHOWN_MS)
        self.show()
        self.raise_()
        self._place()

    def _act(self) -> None:
        self.hide()
        if self._action is not None:
            self._action()

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is None:
            return
        self.setMaximumWidth(max(200, parent.width() - 48))
        self.adjustSize()
        left = (parent.width() - self.width()) // 2
        self.move(left, parent.height() - self.height() - 56)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False
