"""A slider over the length of a video that jumps to where it is clicked.

Going there is the player's affair.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider


class Timeline(QSlider):
    """In milliseconds."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(0, 1)
        self.setSingleStep(1000)
        self.setPageStep(10_000)

    def mousePressEvent(self, event: object) -> None:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        handle = self.style().subControlRect(
            QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self
        )
        place = event.position().toPoint()  # type: ignore[attr-defined]
        if not handle.contains(place):
            value = QStyle.sliderValueFromPosition(
                self.minimum(), self.maximum(), place.x(), self.width()
            )
            self.setValue(value)
            self.chosen.emit(value)
        super().mousePressEvent(event)  # type: ignore[arg-type]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.value()
        super().keyPressEvent(event)
        if self.value() != before:
            self.chosen.emit(self.value())
