"""Draws the program's icon in the formats of Windows and macOS: `icons.py DRAWING.svg FOLDER`.

Run by `build.py` in the build environment. Both formats are containers of PNG pictures: ICO as
Windows reads it since Vista, ICNS since Mac OS X 10.7.
"""

import os
import struct
import sys
from pathlib import Path

SIZES = (16, 32, 48, 64, 128, 256)
APPLE = {b"icp4": 16, b"icp5": 32, b"ic07": 128, b"ic08": 256, b"ic09": 512, b"ic10": 1024}
"""ICNS type to the side of its picture in pixels."""


def draw(drawing: Path, side: int) -> bytes:
    """The drawing as PNG, `side` pixels square."""
    from PySide6.QtCore import QBuffer, QIODevice, Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(side, side, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(drawing)).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


def ico(pictures: dict[int, bytes]) -> bytes:
    """An ICO file of PNG pictures by their side."""
    head = struct.pack("<HHH", 0, 1, len(pictures))
    place = len(head) + 16 * len(pictures)
    for side, picture in pictures.items():
        # A side of 256 is written as 0.
        shown = side % 256
        head += struct.pack("<BBBBHHII", shown, shown, 0, 0, 1, 32, len(picture), place)
        place += len(picture)
    return head + b"".join(pictures.values())


def icns(pictures: dict[bytes, bytes]) -> bytes:
    """An ICNS file of PNG pictures by their type."""
    body = b"".join(
        kind + struct.pack(">I", 8 + len(picture)) + picture for kind, picture in pictures.items()
    )
    return b"icns" + struct.pack(">I", 8 + len(body)) + body


if __name__ == "__main__":
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtGui import QGuiApplication

    application = QGuiApplication([])
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    (folder / "heimdex.ico").write_bytes(ico({side: draw(source, side) for side in SIZES}))
    apple = {kind: draw(source, side) for kind, side in APPLE.items()}
    (folder / "heimdex.icns").write_bytes(icns(apple))
