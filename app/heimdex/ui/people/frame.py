"""Faces on the frame at which somebody has stopped a video: boxes with names, and a field to name
them.

Which faces there are, and what a name does, is the people room's work.
"""

import tempfile
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QRect, QStringListModel, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from heimdex.domain.ids import VideoId
from heimdex.people.frames import FrameFace
from heimdex.ui import painting
from heimdex.ui.background import sentence
from heimdex.ui.people.actions import Actions
from heimdex.ui.people.naming import NameField
from heimdex.ui.session import Session
from heimdex.ui.side.player_view import PlayerView
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import icon_button, label

_TAG = 22
_MARGIN = 6


class FrameFaces(QWidget):
    """Lies over the player's picture while it stands still."""

    chosen = Signal(int)
    """The number of the face that was clicked."""
    left = Signal()

    def __init__(self, theme: Theme, view: PlayerView) -> None:
        super().__init__(view.surface)
        self._theme = theme
        self._surface = view.surface
        self.faces: list[FrameFace] = []
        self.setMouseTracking(True)
        self.hide()
        view.surface.installEventFilter(self)

    def show_faces(self, faces: list[FrameFace]) -> None:
        """Draw these; none takes the drawing away."""
        self.faces = faces
        self.setGeometry(self._surface.rect())
        self.setVisible(bool(faces))
        self.raise_()
        self.update()

    def box(self, face: FrameFace) -> QRect:
        """Where a face is on the widget."""
        picture = self._surface.picture_rect()
        x1, y1, x2, y2 = face.box
        left, top = picture.x() + x1 * picture.width(), picture.y() + y1 * picture.height()
        width, height = (x2 - x1) * picture.width(), (y2 - y1) * picture.height()
        return QRect(round(left), round(top), round(width), round(height))

    def _at(self, event: QMouseEvent) -> int | None:
        place = event.position().toPoint()
        around = [
            (self.box(face).adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN + _TAG), number)
            for number, face in enumerate(self.faces)
        ]
        return next((number for box, number in around if box.contains(place)), None)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = self._theme.font("caption", QFont.Weight.DemiBold)
        metrics = QFontMetrics(font)
        for face in self.faces:
            box = self.box(face).adjusted(-2, -2, 2, 2)
            for name, thickness in (("scrim", 4), ("on_scrim", 2)):
                painter.setPen(QPen(self._theme.colour(name), thickness))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(box, 8, 8)
            text = self.caption(face)
            # Widths are rounded: exactly as much room as a text needs may cost it its end.
            width = min(metrics.horizontalAdvance(text) + 20, self.width() - 8)
            tag = QRect(0, 0, width, _TAG)
            tag.moveCenter(box.center())
            tag.moveTop(min(box.bottom() + 4, self.height() - _TAG - 2))
            tag.moveLeft(max(4, min(tag.left(), self.width() - width - 4)))
            painting.box(painter, tag, self._theme.colour("scrim"), _TAG // 2)
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width - 16)
            colour = self._theme.colour("on_scrim")
            painting.draw_text(painter, tag, text, font, colour, Qt.AlignmentFlag.AlignCenter)

    def caption(self, face: FrameFace) -> str:
        """What stands under a face."""
        name = face.person.name if face.person is not None else None
        if not name:
            return self.tr("This is…")
        return name if face.sure else self.tr("%1?").replace("%1", name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._surface.rect())
        return False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._at(event) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # the surface below would play on

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        number = self._at(event)
        if number is None:
            self.left.emit()
        else:
            self.chosen.emit(number)


class FrameNaming(QObject):
    """The button below the picture, the faces over it, and the field that opens at a face."""

    said = Signal(str, bool)

    def __init__(self, theme: Theme, view: PlayerView, names: QStringListModel) -> None:
        super().__init__(view)
        self._theme = theme
        self._view = view
        self._names = names
        self._session: Session | None = None
        self._video_id: VideoId | None = None
        self._asked_ms = -1
        self._actions = Actions()
        self._actions.said.connect(self.said)
        self.overlay = FrameFaces(theme, view)
        self.overlay.chosen.connect(self.open_field)
        self.overlay.left.connect(self.clear)
        self.button = icon_button(theme, "person", self.tr("Who is this?"), self.ask)
        view.add_control(self.button)
        self.popup: QFrame | None = None
        self._focus: QWidget | None = None
        self.field: NameField | None = None
        view.player.playing_changed.connect(lambda playing: self.clear() if playing else None)
        view.player.position_changed.connect(self._moved)

    def attach(self, session: Session) -> None:
        """Ask an open library."""
        self._session = session
        self._actions.attach(session)

    def show_video(self, video_id: VideoId) -> None:
        """Another video is shown."""
        if video_id != self._video_id:
            self.clear()
        self._video_id = video_id

    def ask(self) -> None:
        """Stop, and look who is on the frame."""
        session, video_id = self._session, self._video_id
        image = self._view.surface.image
        if session is None or video_id is None:
            return
        if image.isNull():
            self.said.emit(self.tr("Play the video and stop where somebody is seen."), False)
            return
        self._view.player.pause()
        self.clear()
        at_ms = self._view.player.position
        self._asked_ms = at_ms
        self.button.setEnabled(False)

        def look() -> list[FrameFace]:
            with tempfile.TemporaryDirectory(prefix="heimdex-frame-") as folder:
                picture = Path(folder) / "frame.png"
                image.save(str(picture))
                return session.library.people.faces_in_frame(video_id, at_ms, picture)

        session.run(look, lambda faces: self._show(faces, at_ms), self._fail)

    def open_field(self, number: int) -> None:
        """Open the field for the name of a face."""
        self._close_field()
        face = self.overlay.faces[number]
        known = face.person.name if face.person is not None and face.person.name else ""
        # Not the player's window: the picture may fill the screen in one of its own.
        window = self.overlay.window()
        popup = QFrame(window)
        popup.setObjectName("card")
        field = NameField(self._names)
        field.setMinimumWidth(220)
        field.named.connect(lambda name: self._name(face, name))
        row = QHBoxLayout()
        row.addWidget(field)
        row.addWidget(icon_button(self._theme, "close", self.tr("Close"), self._close_field))
        layout = QVBoxLayout(popup)
        layout.setContentsMargins(12, 8, 8, 12)
        text = self.tr("This is %1, or:").replace("%1", known) if known else self.tr("This is…")
        layout.addWidget(label(text, "caption"))
        layout.addLayout(row)
        popup.adjustSize()
        box = self.overlay.box(face)
        place = self.overlay.mapTo(window, box.bottomLeft())
        left = max(8, min(place.x(), window.width() - popup.width() - 8))
        top = min(place.y() + 8, window.height() - popup.height() - 8)
        popup.move(left, top)
        popup.show()
        popup.raise_()
        self._focus = QApplication.focusWidget()
        field.setFocus()
        self.popup, self.field = popup, field

    def clear(self) -> None:
        """Take faces and field away."""
        self._close_field()
        self.overlay.show_faces([])
        self._asked_ms = -1

    def _show(self, faces: list[FrameFace], at_ms: int) -> None:
        self.button.setEnabled(True)
        if self._asked_ms != at_ms:
            return  # played on or gone elsewhere in the meantime
        self.overlay.show_faces(faces)
        if not faces:
            self.said.emit(self.tr("No face can be seen clearly on this frame."), False)

    def _fail(self, error: Exception) -> None:
        self.button.setEnabled(True)
        self.said.emit(sentence(error), False)

    def _name(self, face: FrameFace, name: str) -> None:
        self.clear()
        self._actions.name_face(face, name)

    def _moved(self, at_ms: int) -> None:
        if self._asked_ms >= 0 and abs(at_ms - self._asked_ms) > 1:
            self.clear()

    def _close_field(self) -> None:
        popup, self.popup, self.field = self.popup, None, None
        if popup is not None:
            before, self._focus = self._focus, None
            now = QApplication.focusWidget()
            inside = now is not None and popup.isAncestorOf(now)
            if inside and before is not None and isValid(before):
                # Otherwise it goes to whatever comes next in the window.
                before.setFocus()
            popup.hide()
            popup.deleteLater()
