"""What the window remembers between two starts: theme, language, where things stood.

What the models and the indexer are told is in `config.settings`.
"""

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

FILE_NAME = "window.ini"
LANGUAGES = ("system", "en", "ko")


class Preferences:
    """A thin, typed view of one INI file in the home folder."""

    def __init__(self, home: Path) -> None:
        self.file = home / FILE_NAME
        self._settings = QSettings(str(self.file), QSettings.Format.IniFormat)

    @property
    def theme(self) -> str:
        """`system`, `light` or `dark`."""
        return self._text("look/theme", "system")

    @theme.setter
    def theme(self, value: str) -> None:
        self._settings.setValue("look/theme", value)

    @property
    def language(self) -> str:
        """`system` or a code of `LANGUAGES`."""
        return self._text("look/language", "system")

    @language.setter
    def language(self, value: str) -> None:
        self._settings.setValue("look/language", value)

    @property
    def geometry(self) -> QByteArray:
        """The window's place, empty at the first start."""
        return self._bytes("window/geometry")

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._settings.setValue("window/geometry", value)

    @property
    def splitter(self) -> QByteArray:
        """How stage and side share the width."""
        return self._bytes("window/splitter")

    @splitter.setter
    def splitter(self, value: QByteArray) -> None:
        self._settings.setValue("window/splitter", value)

    @property
    def side_open(self) -> bool:
        """Whether the side with the player is shown."""
        return self._text("window/side", "true") == "true"

    @side_open.setter
    def side_open(self, value: bool) -> None:
        self._settings.setValue("window/side", "true" if value else "false")

    @property
    def volume(self) -> int:
        """0..100."""
        text = self._text("player/volume", "80")
        return min(100, int(text)) if text.isdigit() else 80

    @volume.setter
    def volume(self, value: int) -> None:
        self._settings.setValue("player/volume", str(value))

    @property
    def sort(self) -> str:
        """The library's order, one of `library.model.SORTS`."""
        return self._text("library/sort", "recorded")

    @sort.setter
    def sort(self, value: str) -> None:
        self._settings.setValue("library/sort", value)

    def save(self) -> bool:
        """Write to disk now; False when that cannot be, as on a full disk. Then the file stays as
        it was, and the next call tries again."""
        self._settings.sync()
        return self._settings.status() is QSettings.Status.NoError

    def _text(self, key: str, default: str) -> str:
        return str(self._settings.value(key, default))

    def _bytes(self, key: str) -> QByteArray:
        value = self._settings.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()
