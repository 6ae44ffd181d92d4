"""What the tests of the engines share: settings to choose by, and sound to listen to."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heimdex.media.audio import read_audio
from heimdex.media.probe import probe


@dataclass(frozen=True)
class Choice:
    """The settings that engines are chosen by, as `factory.Choices` wants them."""

    asr_model: str = "base"
    asr_engine: str = "auto"
    asr_device: str = "cpu"
    text_model: str = "use-multilingual"
    text_device: str = "cpu"
    vision_model: str = "starter"
    vision_device: str = "cpu"
    face_detector: str = "retinaface"
    face_model: str = "sface"
    face_device: str = "cpu"
    ocr_model: str = "auto"
    threads: int = 1

    def but(self, **changes: str | int) -> "Choice":
        return replace(self, **changes)  # type: ignore[arg-type]


def sound(path: Path) -> NDArray[np.float32]:
    """The whole first track, 16 kHz mono."""
    return np.concatenate(list(read_audio(path, probe(path))))
