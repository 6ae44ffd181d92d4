"""Loads the library's pictures off the main thread and keeps the latest ones ready to paint.

Which pictures there are and where they lie is said by the artefacts; how they are framed, by the
delegates.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader, QPixmap

CACHE_BYTES = 160 * 1024 * 1024
Picture = Path | bytes
"""A picture file, or what would be in one: a photo that is kept in the library itself."""

WAITING_LIMIT = 160
"""Requests beyond this are dropped, oldest first: they have long been scrolled away."""


@dataclass(frozen=True, slots=True)
class Request:
    """A picture at the size in device pixels it is painted at; `fill` crops, otherwise it fits
    unless its shape is near enough to the frame's to be cropped without loss."""

    picture: Picture
    size: QSize
    fill: bool

    def __hash__(self) -> int:
        return hash((self.picture, self.size.width(), self.size.height(), self.fill))


class Thumbnails(QObject):
    """A cache of pixmaps by picture and size. Ask from the main thread only."""

    loaded = Signal()
    """One or more pictures arrived: repaint what is visible."""
    _read = Signal(object, QImage)

    def __init__(self) -> None:
        super().__init__()
        self._pixmaps: OrderedDict[Request, QPixmap] = OrderedDict()
        self._bytes = 0
        self._missing: set[Request] = set()
        self._waiting: OrderedDict[Request, None] = OrderedDict()
        self._reading: set[Request] = set()
        self._condition = threading.Condition()
        self._closed = False
        self._read.connect(self._keep)
        self._thread = threading.Thread(target=self._work, name="heimdex-thumbnails", daemon=True)
        self._thread.start()

    def pixmap(
        self, picture: Picture, size: QSize, ratio: float, fill: bool = False
    ) -> QPixmap | None:
        """The picture if it is ready, otherwise None, and `loaded` once it is.

        `size` in device-free pixels. A file that is not there stays None until `forget`.
        """
        pixels = QSize(round(size.width() * ratio), round(size.height() * ratio))
        request = Request(picture, pixels, fill)
        found = self._pixmaps.get(request)
        if found is not None:
            self._pixmaps.move_to_end(request)
            found.setDevicePixelRatio(ratio)
            return found
        if request not in self._missing and request not in self._reading:
            with self._condition:
                self._waiting[request] = None
                self._waiting.move_to_end(request)
                while len(self._waiting) > WAITING_LIMIT:
                    self._waiting.popitem(last=False)
                self._condition.notify()
        return None

    def forget(self, folder: Path | None = None) -> None:
        """Look anew for pictures (of one video's folder) that were missing or have changed."""
        if folder is None:
            self._missing.clear()
            return
        self._missing = {
            r for r in self._missing if isinstance(r.picture, bytes) or r.picture.parent != folder
        }

    def forget_all(self) -> None:
        """Drop every picture, for example when memory is short."""
        self._pixmaps.clear()
        self._missing.clear()
        self._bytes = 0

    def close(self) -> bool:
        """Stop the thread; False when it did not end in time."""
        with self._condition:
            self._closed = True
            self._waiting.clear()
            self._condition.notify()
        self._thread.join(2.0)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while True:
            with self._condition:
                while not self._waiting and not self._closed:
                    self._condition.wait()
                if self._closed:
                    return
                # The latest request is what the person looks at now.
                request, _ = self._waiting.popitem(last=True)
            self._read.emit(request, _load(request))

    def _keep(self, request: Request, image: QImage) -> None:
        if self._closed or request in self._pixmaps:
            return
        if image.isNull():
            self._missing.add(request)
            return
        self._pixmaps[request] = QPixmap.fromImage(image)
        self._bytes += image.sizeInBytes()
        while self._bytes > CACHE_BYTES and len(self._pixmaps) > 1:
            _, old = self._pixmaps.popitem(last=False)
            self._bytes -= old.width() * old.height() * 4
        self.loaded.emit()


def _load(request: Request) -> QImage:
    """Read and frame one picture; a null image when there is none."""
    held = QBuffer()
    if isinstance(request.picture, bytes):
        held.setData(request.picture)
        reader = QImageReader(held)
    else:
        reader = QImageReader(str(request.picture))
    reader.setAutoTransform(True)
    whole = reader.size()
    target = request.size
    if not whole.isValid() or whole.isEmpty():
        return QImage()
    crop = request.fill or _near(whole, target)
    expand = Qt.AspectRatioMode.KeepAspectRatioByExpanding
    keep = expand if crop else Qt.AspectRatioMode.KeepAspectRatio
    scaled = whole.scaled(target, keep)
    # Twice the size first: the JPEG decoder scales for free, the rest is done smoothly.
    if whole.width() > 2 * scaled.width():
        reader.setScaledSize(scaled * 2)
    image = reader.read()
    if image.isNull():
        return image
    image = image.scaled(
        scaled, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    if crop:
        left = (scaled.width() - target.width()) // 2
        # Faces are in the upper part of upright pictures: crop more from below.
        top = (scaled.height() - target.height()) // 3
        image = image.copy(QRect(left, top, target.width(), target.height()))
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _near(whole: QSize, target: QSize) -> bool:
    shape = whole.width() / whole.height()
    wanted = target.width() / target.height()
    return 0.7 < shape / wanted < 1.4
