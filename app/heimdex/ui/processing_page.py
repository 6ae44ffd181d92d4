"""The page of the settings that says where models run, what reads text, and where summer is.

Which models run is the page beside it; what a value means, the affair of `config` and `ml`.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QVBoxLayout, QWidget

from heimdex.config.settings import DEVICES, HEMISPHERES, OCR_MODELS, Settings
from heimdex.ui.background import sentence
from heimdex.ui.models.lines import choose
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Choice, Note, beside, button, label


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is written down now; `coming`: something of it is not in use yet."""

    values: Mapping[str, str]
    coming: bool


class ProcessingPage(QWidget):
    """Written down at once, in use from the next start on, because children hold the models."""

    def __init__(self, theme: Theme, session: Session) -> None:
        super().__init__()
        self._theme = theme
        self._session = session
        self.boxes: dict[str, Choice] = {}
        self.problem = Note(theme, "warning", tone="warning")
        self.problem.hide()
        self.told = Note(theme, "info")
        self.told.hide()
        self.restart = button(self.tr("Start again now"), action=session.restart_wanted.emit)
        self.restart.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.problem)
        column.addWidget(self.told)
        column.addWidget(self.restart, 0, Qt.AlignmentFlag.AlignLeft)
        self._add_devices(column)
        self._add_reader(column)
        self._add_seasons(column)
        column.addStretch(1)
        self._look()

    def _add_devices(self, column: QVBoxLayout) -> None:
        column.addWidget(label(self.tr("Where models run"), "lead"))
        text = self.tr(
            "The processor can run every model. A graphics processor is quicker, and needs the "
            "reference engines that are installed apart."
        )
        column.addWidget(label(text, "muted", wrap=True))
        names = {
            "cpu": self.tr("Processor"),
            "cuda": self.tr("Graphics processor (NVIDIA, CUDA)"),
            "mps": self.tr("Graphics processor (Apple, MPS)"),
            "auto": self.tr("The quickest there is"),
        }
        # Only what this kind of computer can have.
        elsewhere = "cuda" if sys.platform == "darwin" else "mps"
        offered = {device: names[device] for device in DEVICES if device != elsewhere}
        form = _form()
        for setting, title in (
            ("asr_device", self.tr("What is said")),
            ("text_device", self.tr("What words mean")),
            ("vision_device", self.tr("What is seen")),
            ("face_device", self.tr("Faces")),
        ):
            box = self._box(setting, title, offered)
            form.addRow(beside(title, box), box)
        column.addLayout(form)
        column.addSpacing(8)

    def _add_reader(self, column: QVBoxLayout) -> None:
        title = self.tr("Text on screen")
        column.addWidget(label(title, "lead"))
        names = {
            "auto": self.tr("The best that is installed"),
            "rapidocr": "PP-OCR",
            "tesseract": self.tr("Tesseract, of this computer"),
            "off": self.tr("Do not read it"),
        }
        form = _form()
        read_by = self.tr("Read by")
        offered = {value: names[value] for value in OCR_MODELS}
        box = self._box("ocr_model", f"{title}: {read_by}", offered)
        form.addRow(beside(read_by, box), box)
        column.addLayout(form)
        column.addSpacing(8)

    def _add_seasons(self, column: QVBoxLayout) -> None:
        title = self.tr("Seasons")
        column.addWidget(label(title, "lead"))
        names = {
            "north": self.tr("Summer is June to August"),
            "south": self.tr("Summer is December to February"),
        }
        form = _form()
        where = self.tr("Hemisphere")
        offered = {value: names[value] for value in HEMISPHERES}
        box = self._box("hemisphere", where, offered)
        form.addRow(beside(where, box), box)
        column.addLayout(form)

    def _box(self, setting: str, title: str, offered: Mapping[str, str]) -> Choice:
        box = Choice(self._theme, title)
        for value, name in offered.items():
            box.addItem(name, value)
        box.activated.connect(lambda _: self._choose(setting, str(box.currentData())))
        self.boxes[setting] = box
        return box

    def _choose(self, setting: str, value: str) -> None:
        home = self._session.library.directories.home
        self._session.run(lambda: choose(home, {setting: value}), self._chosen, self._refuse)

    def _refuse(self, error: Exception) -> None:
        """It was not written down: say why where the person looks, and show what is in force."""
        self.problem.show_text(sentence(error))
        self._look()

    def _chosen(self, overruled_by: str) -> None:
        text = self.tr("The environment variable %1 overrules this choice; change it there.")
        self.problem.show_text(text.replace("%1", overruled_by) if overruled_by else "")
        self._look()

    def _look(self) -> None:
        library, settings = self._session.library, tuple(self.boxes)

        def standing() -> _Standing:
            from heimdex.ml import ocr_choice

            written = Settings.load(library.directories.home)
            values = {setting: str(getattr(written, setting)) for setting in settings}
            used = {setting: str(getattr(library.settings, setting)) for setting in settings}
            # What is in use has been settled: `auto` is no longer in it.
            reader = ocr_choice.settled(values["ocr_model"], library.models)
            return _Standing(values, used != values | {"ocr_model": reader})

        self._session.run(standing, self._show)

    def _show(self, standing: _Standing) -> None:
        for setting, value in standing.values.items():
            box = self.boxes[setting]
            if box.findData(value) < 0:
                box.addItem(value, value)  # Written by hand, for another computer.
            box.setCurrentIndex(box.findData(value))
        self.restart.setVisible(standing.coming)
        text = self.tr("This is in use from the next start of Heimdex on.")
        self.told.show_text(text if standing.coming else "")


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(24)
    form.setVerticalSpacing(8)
    return form
