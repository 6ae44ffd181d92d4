"""Pictures that a person drops, pastes or opens to find what looks like them.

A pasted picture has no file yet and gets one in the library's folder; what looks like it, the
search room finds.
"""

import hashlib
from collections.abc import Collection
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMimeData
from PySide6.QtGui import QImage

FOLDER = "asked"
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


def is_picture(path: Path) -> bool:
    """Whether a file's name says that it is a picture."""
    return path.suffix.casefold() in SUFFIXES


def pictures_of(data: QMimeData) -> list[Path]:
    """The picture files in what was dropped or pasted."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if is_picture(path)]


def keep(library: Path, image: QImage) -> Path | None:
    """Write a pasted picture where it can be asked again; None when it cannot be written. The same
    picture has the same file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if image.isNull() or not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        return None
    data = bytes(buffer.data().data())
    target = library / FOLDER / f"{hashlib.sha256(data).hexdigest()[:32]}.png"
    try:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        if not target.is_file():
            part = target.with_suffix(".part")
            part.write_bytes(data)
            part.replace(target)
    except OSError:
        return None
    return target


def purge(library: Path, wanted: Collection[Path]) -> None:
    """Delete pasted pictures that no saved search asks with."""
    for path in (library / FOLDER).glob("*"):
        if path not in wanted:
            path.unlink(missing_ok=True)
