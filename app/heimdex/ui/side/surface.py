"""Paints the frames that the player delivers, or a still until there are any.

Painted and not a native video window: drops, round corners, screenshots and machines without a
graphics driver then all work alike. Decoding is the player's affair.
"""

import time

from PySide6.QtCore import QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtMultimedia import QVideoFrame, QVideoSink
from PySide6.QtWidgets import QWidget

from heimdex.ui import painting
from heimdex.ui.theme import Theme

_SHARE = 0.5
"""At most this part of the main thread's time goes into converting frames."""
_NEAR = 4


class Surface(QWidget):
    """Fits the picture into its room, on black once it plays."""

    clicked = Signal()
    double_clicked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.sink = QVideoSink(self)
        self.sink.videoFrameChanged.connect(self._take)
        self._frame = QVideoFrame()
        self._image = QImage()
        self._still: QPixmap | None = None
        self._icon = "film"
        self._busy_until = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._convert)
        self.corners = 8

    @property
    def image(self) -> QImage:
        """The frame that is shown; null before the first."""
        return self._image

    def picture_rect(self) -> QRect:
        """Where the frame is shown."""
        whole = self.rect()
        size = self._image.size().scaled(whole.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(0, 0, size.width(), size.height())
        target.moveCenter(whole.center())
        if max(whole.width() - size.width(), whole.height() - size.height()) <= _NEAR:
            return whole  # a hair of black beside the picture looks like a fault
        return target

    def show_still(self, pixmap: QPixmap | None, icon: str = "film") -> None:
        """Show a poster, or an icon, until frames arrive."""
        self._still = pixmap
        self._icon = icon
        self._image = QImage()
        self._frame = QVideoFrame()
        self.update()

    def _take(self, frame: QVideoFrame) -> None:
        if not frame.isValid():
            return
        self._frame = frame
        # A large video on a slow machine drops pictures here instead of freezing the window.
        wait = self._busy_until - time.perf_counter()
        if wait <= 0:
            self._convert()
        elif not self._timer.isActive():
            self._timer.start(max(1, round(1000 * wait)))

    def _convert(self) -> None:
        if not self._frame.isValid():
            return
        began = time.perf_counter()
        image = self._frame.toImage()
        self._frame = QVideoFrame()
        if not image.isNull():
            self._image = image
            self.update()
        took = time.perf_counter() - began
        self._busy_until = began + took / _SHARE

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._image.isNull():
            still = self._still
            painting.framed(
                painter, self._theme, self.rect(), still, icon=self._icon, radius=self.corners
            )
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole, target = self.rect(), self.picture_rect()
        path = QPainterPath()
        path.addRoundedRect(QRectF(whole), self.corners, self.corners)
        painter.fillPath(path, Qt.GlobalColor.black)
        painter.setClipPath(path)
        painter.drawImage(target, self._image)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.double_clicked.emit()
