"""Colours, sizes, fonts and icons of the window, light or dark, from one token file.

Where they are used is each widget's affair; everything repaints when `changed` is emitted.
"""

import tomllib
import weakref
from dataclasses import dataclass
from pathlib import Path
from string import Template

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication
from shiboken6 import isValid

MODES = ("system", "light", "dark")

# The system's own font comes first; these only fill in where it is a placeholder or has no Hangul.
_PLACEHOLDERS = frozenset({"Sans Serif", "Sans", "DejaVu Sans", "Bitstream Vera Sans", "Helvetica"})
_LATIN = ("Inter", "Noto Sans", "Cantarell", "Ubuntu", "Segoe UI")
_HANGUL = (
    "Pretendard",
    "Apple SD Gothic Neo",
    "Malgun Gothic",
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "NanumGothic",
    "UnDotum",
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Points of type in pixels, and the grid everything stands on."""

    caption: int
    body: int
    lead: int
    title: int
    display: int
    unit: int
    radius: int


class Theme(QObject):
    """The look that is in force now. One for the application, made after it."""

    changed = Signal()

    def __init__(self, resources: Path, mode: str = "system") -> None:
        super().__init__()
        tokens = tomllib.loads((resources / "themes" / "tokens.toml").read_text("utf-8"))
        self._palettes: dict[str, dict[str, str]] = {k: tokens[k] for k in ("light", "dark")}
        self.sizes = Sizes(**tokens["size"])
        self._template = Template((resources / "themes" / "heimdex.qss").read_text("utf-8"))
        self._icons = resources / "icons"
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}
        self._sources: dict[str, str] = {}
        self._dressed: weakref.WeakSet[QAbstractButton] = weakref.WeakSet()
        self._mode = mode if mode in MODES else "system"
        self._application = _application()
        self._application.setStyle("Fusion")
        self._application.setFont(self._base_font())
        hints = self._application.styleHints()
        hints.colorSchemeChanged.connect(self._follow)
        self._dark = self._wants_dark()
        self._apply()

    @property
    def dark(self) -> bool:
        """Whether the dark tokens are in force."""
        return self._dark

    @property
    def mode(self) -> str:
        """What the person chose: one of `MODES`."""
        return self._mode

    def choose(self, mode: str) -> None:
        """Change to one of `MODES` at once."""
        self._mode = mode if mode in MODES else "system"
        schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        # Title bar, native menus and file dialogs follow this, not our palette.
        scheme = schemes.get(self._mode, Qt.ColorScheme.Unknown)
        self._application.styleHints().setColorScheme(scheme)
        self._follow()

    def colour(self, name: str) -> QColor:
        """A colour token."""
        return QColor(self._tokens[name])

    def font(self, size: str = "body", weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        """The application's font in one of the sizes of the token file."""
        font = QFont(self._application.font())
        font.setPixelSize(getattr(self.sizes, size))
        font.setWeight(weight)
        return font

    def pixmap(self, name: str, size: int, colour: str, ratio: float = 1.0) -> QPixmap:
        """An icon of `resources/icons`, drawn in a colour token at `size` device-free pixels."""
        shade = self._tokens.get(colour, colour)
        key = (name, shade, size, ratio)
        if key not in self._pixmaps:
            self._pixmaps[key] = self._draw(name, size, shade, ratio)
        return self._pixmaps[key]

    def icon(self, name: str, colour: str = "text", on: str = "accent", size: int = 24) -> QIcon:
        """An icon for buttons: `colour` when at rest, `on` when checked, faint when disabled."""
        icon = QIcon()
        for ratio in (1.0, 2.0):
            normal = self.pixmap(name, size, colour, ratio)
            checked = self.pixmap(name, size, on, ratio)
            disabled = self.pixmap(name, size, "line_strong", ratio)
            icon.addPixmap(normal, QIcon.Mode.Normal, QIcon.State.Off)
            icon.addPixmap(checked, QIcon.Mode.Normal, QIcon.State.On)
            icon.addPixmap(disabled, QIcon.Mode.Disabled, QIcon.State.Off)
        return icon

    def dress(
        self, button: QAbstractButton, name: str, colour: str = "text", on: str = "accent"
    ) -> None:
        """Give a button an icon that follows the theme for as long as the button lives."""
        button.setProperty("heimdex_icon", [name, colour, on])
        button.setIcon(self.icon(name, colour, on))
        if button not in self._dressed:
            self._dressed.add(button)
            button.setIconSize(QSize(20, 20))

    def application_icon(self) -> QIcon:
        """Heimdex's own picture."""
        return QIcon(str(self._icons / "heimdex.svg"))

    @property
    def _tokens(self) -> dict[str, str]:
        return self._palettes["dark" if self._dark else "light"]

    def _follow(self) -> None:
        dark = self._wants_dark()
        if dark != self._dark:
            self._dark = dark
            self._apply()
            self._redress()
            self.changed.emit()

    def _redress(self) -> None:
        for button in list(self._dressed):
            if isValid(button):
                name, colour, on = button.property("heimdex_icon")
                button.setIcon(self.icon(name, colour, on))

    def _wants_dark(self) -> bool:
        if self._mode != "system":
            return self._mode == "dark"
        return self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark

    def _apply(self) -> None:
        self._application.setPalette(self._palette())
        sizes = {name: f"{getattr(self.sizes, name)}px" for name in Sizes.__slots__}
        self._application.setStyleSheet(self._template.substitute(self._tokens, **sizes))

    def _palette(self) -> QPalette:
        palette = QPalette()
        role = QPalette.ColorRole
        for where, token in (
            (role.Window, "background"),
            (role.WindowText, "text"),
            (role.Base, "surface"),
            (role.AlternateBase, "background"),
            (role.Text, "text"),
            (role.PlaceholderText, "muted"),
            (role.Button, "surface"),
            (role.ButtonText, "text"),
            (role.ToolTipBase, "text"),
            (role.ToolTipText, "surface"),
            (role.Highlight, "accent"),
            (role.HighlightedText, "on_accent"),
            (role.Link, "accent"),
            (role.Mid, "line"),
            (role.Dark, "line_strong"),
            (role.Accent, "accent"),
        ):
            palette.setColor(where, self.colour(token))
        for where in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, where, self.colour("faint"))
        return palette

    def _base_font(self) -> QFont:
        system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        available = set(QFontDatabase.families())
        families = [system.family()]
        if system.family() in _PLACEHOLDERS:
            families = [f for f in _LATIN if f in available][:1] + families
        families += [f for f in _HANGUL if f in available]
        font = QFont(system)
        font.setFamilies(families)
        font.setPixelSize(self.sizes.body)
        return font

    def _draw(self, name: str, size: int, colour: str, ratio: float) -> QPixmap:
        if name not in self._sources:
            self._sources[name] = (self._icons / f"{name}.svg").read_text("utf-8")
        # Lines grow slower than the icon, or large ones look clumsy and small ones thin.
        stroke = 24 / size * min(2.0, max(1.35, 0.7 + size * 0.035))
        drawing = self._sources[name].replace("currentColor", QColor(colour).name())
        drawing = drawing.replace('stroke-width="1.7"', f'stroke-width="{stroke:.2f}"')
        pixels = round(size * ratio)
        pixmap = QPixmap(pixels, pixels)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        QSvgRenderer(QByteArray(drawing.encode())).render(painter, QRectF(0, 0, pixels, pixels))
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        return pixmap


def _application() -> QApplication:
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        raise RuntimeError("the theme needs the application to exist")
    return application
