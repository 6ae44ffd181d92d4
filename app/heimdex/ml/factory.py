"""Chooses the engine of each family by the settings' names; importing it imports no runtime.

What the settings are, and where they come from, is left to `config`; loading weights, to the
engines.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

from heimdex.domain.engines import (
    FaceDetector,
    FaceEmbedder,
    SpeechRecognizer,
    TextEmbedder,
    VisionEmbedder,
    VoiceDetector,
)
from heimdex.domain.errors import UserError
from heimdex.ml.manifests import Family
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

if TYPE_CHECKING:
    from heimdex.ml.text import SentenceEncoder


class Choices(Protocol):
    """The settings that engines are chosen by; `config.settings.Settings` has them all."""

    @property
    def asr_model(self) -> str: ...  # noqa: D102 - named as the model card names them
    @property
    def asr_engine(self) -> str: ...  # noqa: D102
    @property
    def asr_device(self) -> str: ...  # noqa: D102
    @property
    def text_model(self) -> str: ...  # noqa: D102
    @property
    def text_device(self) -> str: ...  # noqa: D102
    @property
    def vision_model(self) -> str: ...  # noqa: D102
    @property
    def vision_device(self) -> str: ...  # noqa: D102
    @property
    def face_detector(self) -> str: ...  # noqa: D102
    @property
    def face_model(self) -> str: ...  # noqa: D102
    @property
    def face_device(self) -> str: ...  # noqa: D102
    @property
    def threads(self) -> int: ...  # noqa: D102


VOICE = "silero-vad"

_SPEECH = {"base": "whisper-base"}
_TEXT = {"use-multilingual": "use-multilingual"}
_VISION = {"starter": "effnet-lite2-use"}
_DETECTORS = {"retinaface": "retinaface-mobilenet", "mtcnn": "mtcnn"}
_FACES = {"sface": "sface"}


def chosen(settings: Choices) -> Mapping[Family, str]:
    """The manifest id of each family under `settings`. UserError for a name nobody knows."""
    return {
        Family.SPEECH: _named(_SPEECH, "ASR_MODEL", settings.asr_model),
        Family.VOICE: VOICE,
        Family.TEXT: _named(_TEXT, "TEXT_MODEL", settings.text_model),
        Family.VISION: _named(_VISION, "VISION_MODEL", settings.vision_model),
        Family.FACE_DETECTOR: _named(_DETECTORS, "FACE_DETECTOR", settings.face_detector),
        Family.FACE_EMBEDDER: _named(_FACES, "FACE_MODEL", settings.face_model),
    }


def speech(settings: Choices, store: ModelStore) -> SpeechRecognizer:
    """The speech recogniser of `ASR_MODEL` and `ASR_ENGINE`."""
    from heimdex.ml.speech import WhisperRecognizer

    engines = {"auto": WhisperRecognizer, "faster-whisper": WhisperRecognizer}
    if settings.asr_engine not in engines:
        raise UserError(_unknown("ASR_ENGINE", settings.asr_engine, engines))
    manifest = store.manifest(chosen(settings)[Family.SPEECH])
    return WhisperRecognizer(store, manifest, Compute(settings.asr_device, settings.threads))


def voice(settings: Choices, store: ModelStore) -> VoiceDetector:
    """The voice detector; there is one, and it is quickest on the processor."""
    from heimdex.ml.voice import SileroVoice

    return SileroVoice(store, store.manifest(VOICE), Compute(threads=1))


def text(settings: Choices, store: ModelStore) -> TextEmbedder:
    """The sentence embedder of `TEXT_MODEL`."""
    model_id = chosen(settings)[Family.TEXT]
    return _sentences(store, model_id, Compute(settings.text_device, settings.threads))


def vision(settings: Choices, store: ModelStore) -> VisionEmbedder:
    """The picture embedder of `VISION_MODEL`, with the sentence embedder it shares a space with."""
    from heimdex.ml.vision import SentenceSpaceVision

    manifest = store.manifest(chosen(settings)[Family.VISION])
    compute = Compute(settings.vision_device, settings.threads)
    # Not the chosen text model but the one whose space the pictures were placed in.
    sentences = _sentences(
        store, _TEXT["use-multilingual"], Compute(settings.text_device, settings.threads)
    )
    return SentenceSpaceVision(store, manifest, compute, sentences)


def face_detector(settings: Choices, store: ModelStore) -> FaceDetector:
    """The face detector of `FACE_DETECTOR`."""
    from heimdex.ml.mtcnn import Mtcnn
    from heimdex.ml.retinaface import RetinaFace

    manifest = store.manifest(chosen(settings)[Family.FACE_DETECTOR])
    compute = Compute(settings.face_device, settings.threads)
    if manifest.id == "mtcnn":
        return Mtcnn(store, manifest, compute)
    return RetinaFace(store, manifest, compute)


def face_embedder(settings: Choices, store: ModelStore) -> FaceEmbedder:
    """The face embedder of `FACE_MODEL`."""
    from heimdex.ml.sface import SFace

    manifest = store.manifest(chosen(settings)[Family.FACE_EMBEDDER])
    return SFace(store, manifest, Compute(settings.face_device, settings.threads))


_encoders: "WeakKeyDictionary[ModelStore, dict[tuple[str, Compute], SentenceEncoder]]" = (
    WeakKeyDictionary()
)


def _sentences(store: ModelStore, model_id: str, compute: Compute) -> "SentenceEncoder":
    """One encoder a store: speech and sight share it, and loading it takes seconds."""
    from heimdex.ml.text import SentenceEncoder

    made = _encoders.setdefault(store, {})
    key = (model_id, compute)
    if key not in made:
        made[key] = SentenceEncoder(store, store.manifest(model_id), compute)
    return made[key]


def _named(known: Mapping[str, str], setting: str, value: str) -> str:
    # The manifest's own id is as good a name as the setting's.
    if value in known.values():
        return value
    if value not in known:
        raise UserError(_unknown(setting, value, known))
    return known[value]


def _unknown(setting: str, value: str, known: Mapping[str, object]) -> str:
    return f"{setting} is {value!r}, which is not known; there are: {', '.join(known)}."
