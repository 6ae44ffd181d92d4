"""Lends the chosen engines to the child's methods, and takes their memory back.

Which engine is chosen is the factory's affair; what is done with it, that of the stages.
"""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.domain.engines import (
    Engine,
    FaceDetector,
    FaceEmbedder,
    SpeechRecognizer,
    TextEmbedder,
    TextReader,
    VisionEmbedder,
    VoiceDetector,
)
from heimdex.domain.errors import UserError
from heimdex.hosts.memory import available_bytes, give_back_memory, resident_bytes
from heimdex.ml import factory
from heimdex.ml.manifests import Family

if TYPE_CHECKING:
    from heimdex.ml.store import ModelStore

E = TypeVar("E", bound=Engine)

_FAMILIES = {
    "speech": Family.SPEECH,
    "text": Family.TEXT,
    "vision": Family.VISION,
    "face_detector": Family.FACE_DETECTOR,
    "face_embedder": Family.FACE_EMBEDDER,
}
"""The engines whose weights are large, by the name they are lent by."""

_UNLOAD_AFTER_S = 600.0
_BUDGET = 2_800_000_000
"""The child stays below this with the engines that are wanted next; 3 GB are promised."""
_TAKES, _AT_MOST = 1.5, 2_300_000_000
"""What an engine takes at its work, of the bytes of its published files, and at most. Measured with
made-up weights: Whisper medium 2.3 GB (1.5 times its files), BGE-M3 0.8 GB (a third), CLIP with
faces 0.4 GB. The Starter engines fit in together."""
_LEAST_FREE = 1 << 30

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the owner says once, at the start."""

    directories: Directories
    settings: Settings


class Engines:
    """The chosen engines, each made at its first use and unloaded when nobody wants it for long."""

    def __init__(self, chosen: Configuration, budget: int = _BUDGET) -> None:
        """`budget`: bytes of resident memory from which unused engines are unloaded."""
        self._chosen = chosen
        self._budget = budget
        self._store: ModelStore | None = None
        self._made: dict[str, Engine] = {}
        self._used: dict[str, float] = {}

    @property
    def settings(self) -> Settings:
        """The settings the engines are chosen by."""
        return self._chosen.settings

    def speech(self) -> SpeechRecognizer:
        """The speech recogniser."""
        return self._engine("speech", factory.speech)

    def voice(self) -> VoiceDetector:
        """The voice detector."""
        return self._engine("voice", factory.voice)

    def text(self, model_id: str = "") -> TextEmbedder:
        """The sentence embedder: the chosen one, or an earlier one whose vectors still answer."""
        if model_id in ("", factory.chosen(self.settings, self.models())[Family.TEXT]):
            return self._engine("text", factory.text)
        return self._engine(
            f"text {model_id}",
            lambda settings, store: factory.text_model(model_id, settings, store),
        )

    def vision(self, model_id: str = "") -> VisionEmbedder:
        """The picture embedder: the chosen one, or an earlier one whose vectors still answer."""
        if model_id in ("", factory.chosen(self.settings, self.models())[Family.VISION]):
            return self._engine("vision", factory.vision)
        return self._engine(
            f"vision {model_id}",
            lambda settings, store: factory.vision_model(model_id, settings, store),
        )

    def face_detector(self) -> FaceDetector:
        """The face detector."""
        return self._engine("face_detector", factory.face_detector)

    def face_embedder(self) -> FaceEmbedder:
        """The face embedder."""
        return self._engine("face_embedder", factory.face_embedder)

    def reader(self) -> TextReader:
        """What reads text on the screen. `UserError` where that is switched off."""

        def made(settings: Settings, store: "ModelStore") -> TextReader:
            found = factory.reader(settings, store)
            if found is None:
                raise UserError("Reading text on the screen is switched off (OCR_MODEL is off).")
            return found

        return self._engine("reader", made)

    def models(self) -> "ModelStore":
        """The weights that engines are made of."""
        # Not at the start: what is wrong with it should reach a person as the answer to a request.
        if self._store is None:
            from heimdex.ml.store import ModelStore

            where, settings = self._chosen.directories, self._chosen.settings
            self._store = ModelStore.of(
                where.models, where.manifests, where.resources, settings.model_source, settings
            )
        return self._store

    def unload_idle(self, after_s: float = _UNLOAD_AFTER_S) -> None:
        """Free the weights of engines that were not asked for in the last `after_s`."""
        now = time.monotonic()
        idle = [name for name, used in self._used.items() if now - used >= after_s]
        for name in idle:
            self._unload(name)
        if idle:
            give_back_memory()

    def make_room(self, *wanted: str) -> None:
        """Before a piece of work with the engines `wanted`: while they would take this process over
        its budget, or the machine is short of memory, free the others, longest unused first."""
        needed = sum(self._takes(name) for name in wanted if name not in self._used)
        others = sorted(self._used.keys() - set(wanted), key=lambda name: self._used[name])
        for name in others:
            if not self._is_short(needed):
                return
            _log.info("memory is short: unloading %s", name)
            self._unload(name)
            give_back_memory()

    def _is_short(self, needed: int) -> bool:
        mine = resident_bytes(os.getpid())
        free = available_bytes()
        return (mine is not None and mine + needed > self._budget) or (
            free is not None and free < _LEAST_FREE
        )

    def _takes(self, name: str) -> int:
        """About how much memory an engine will take that is not loaded now."""
        if name not in _FAMILIES:
            return 0
        store = self.models()
        model_id = factory.chosen(self.settings, store)[_FAMILIES[name]]
        return min(_AT_MOST, int(_TAKES * store.manifest(model_id).download_size))

    def _unload(self, name: str) -> None:
        self._made[name].unload()
        del self._used[name]

    def _engine(self, name: str, make: Callable[[Settings, "ModelStore"], E]) -> E:
        if name not in self._made:
            self._made[name] = make(self._chosen.settings, self.models())
        self._used[name] = time.monotonic()
        return cast(E, self._made[name])
