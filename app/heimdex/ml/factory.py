"""Chooses the engine of each family by the settings' names; importing it imports no runtime.

What the settings are, and where they come from, is left to `config`; loading weights, to the
engines.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast
from weakref import WeakKeyDictionary

from heimdex.domain.engines import (
    FaceDetector,
    FaceEmbedder,
    SpeechRecognizer,
    TextEmbedder,
    TextReader,
    VisionEmbedder,
    VoiceDetector,
)
from heimdex.domain.errors import UserError
from heimdex.ml import ocr_choice
from heimdex.ml.manifests import Family, Manifest, Tier
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
    def ocr_model(self) -> str: ...  # noqa: D102
    @property
    def threads(self) -> int: ...  # noqa: D102


AUTO = "auto"
"""For a model: the best of the three sets that is installed. For a device: what is quickest."""

VOICE = "silero-vad"

_SPEECH = {
    size: f"whisper-{size}" for size in ("base", "small", "medium", "large-v3", "large-v3-turbo")
}
_TEXT = {"use-multilingual": "use-multilingual", "bge-m3": "bge-m3"}
_VISION = {
    "starter": "effnet-lite2-use",
    "openclip": "openclip-vit-b-32",
    "siglip2": "siglip2-base",
}
_DETECTORS = {"retinaface": "retinaface-mobilenet", "mtcnn": "mtcnn"}
_LARGE_RETINAFACES = ("retinaface-resnet50-ternaus", "retinaface-resnet50")
"""What `retinaface` means where one of them is installed. The first is in no set, because nobody
can vouch for a download; who brings it means it to be used, so it goes before the sets as well."""
_FACES = {"adaface": "adaface-ir101", "sface": "sface"}

_SETTINGS: Mapping[Family, tuple[str, Mapping[str, str]]] = {
    Family.SPEECH: ("asr_model", _SPEECH),
    Family.TEXT: ("text_model", _TEXT),
    Family.VISION: ("vision_model", _VISION),
    Family.FACE_DETECTOR: ("face_detector", _DETECTORS),
    Family.FACE_EMBEDDER: ("face_model", _FACES),
}
"""The setting that chooses a family's model, and the short names it may use beside the ids."""

C = TypeVar("C", bound=Choices)


def chosen(settings: Choices, store: ModelStore) -> Mapping[Family, str]:
    """The manifest id of each family under `settings`, `auto` decided by what is installed now.

    `UserError` for a name nobody knows. Asks no runtime, so every process may call it.
    """
    ids = {
        family: _model(family, setting, getattr(settings, setting), short, store)
        for family, (setting, short) in _SETTINGS.items()
    }
    ids[Family.VOICE] = VOICE
    # What reads text may be a program of the system's, which has no manifest.
    reader = next(iter(ocr_choice.parts(settings.ocr_model, store)), "")
    if reader in store.manifests:
        ids[Family.OCR] = reader
    return ids


def setting(family: Family) -> str:
    """The setting that chooses a family's model, "" where there is nothing to choose."""
    return _SETTINGS[family][0] if family in _SETTINGS else ""


def used(settings: Choices, store: ModelStore) -> set[str]:
    """The ids of all models that work is done with: the chosen ones, and one that helps another."""
    parts = ocr_choice.parts(settings.ocr_model, store)
    return {*chosen(settings, store).values(), *(p for p in parts if p in store.manifests)}


def unmeasured(settings: Choices, store: ModelStore) -> list[str]:
    """The installed models that work is done with whose quickest form nobody has looked for on
    this machine, by id."""
    from heimdex.ml.acceleration import cases, choices

    return [
        model_id
        for model_id in sorted(used(settings, store))
        if not choices.is_of_this_processor(choices.read(store, model_id))
        and store.is_installed(model_id)
        and cases.of(store, store.manifest(model_id))
    ]


def settled(settings: C, store: ModelStore) -> C:
    """`settings` with the id of each chosen model in place of `auto` and of short names.

    What one process settles on, it hands to the others: a model that is installed in between must
    not make two of them choose differently. `UserError` for a name nobody knows.
    """
    ids = chosen(settings, store)
    names = {setting: ids[family] for family, (setting, _) in _SETTINGS.items()}
    names["ocr_model"] = ocr_choice.settled(settings.ocr_model, store)
    return cast(C, replace(cast(Any, settings), **names))


def speech(settings: Choices, store: ModelStore) -> SpeechRecognizer:
    """The speech recogniser of `ASR_MODEL`, run by `ASR_ENGINE`."""
    from heimdex.ml.speech import OPENERS, WhisperRecognizer

    if settings.asr_engine not in OPENERS:
        raise UserError(_unknown("ASR_ENGINE", settings.asr_engine, OPENERS))
    manifest = store.manifest(chosen(settings, store)[Family.SPEECH])
    compute = Compute(settings.asr_device, settings.threads)
    return WhisperRecognizer(store, manifest, compute, OPENERS[settings.asr_engine])


def voice(settings: Choices, store: ModelStore) -> VoiceDetector:
    """The voice detector; there is one, and it is quickest on the processor."""
    from heimdex.ml.voice import SileroVoice

    return SileroVoice(store, store.manifest(VOICE), Compute(threads=1))


def text(settings: Choices, store: ModelStore) -> TextEmbedder:
    """The sentence embedder of `TEXT_MODEL`."""
    return text_model(chosen(settings, store)[Family.TEXT], settings, store)


def text_model(model_id: str, settings: Choices, store: ModelStore) -> TextEmbedder:
    """The sentence embedder of one model, also of one that is not chosen any more."""
    from heimdex.ml import bge_m3

    manifest = store.manifest(model_id)
    compute = Compute(settings.text_device, settings.threads)
    if manifest.engine == bge_m3.ENGINE:
        return bge_m3.BgeM3(store, manifest, compute)
    return _sentences(store, manifest.id, compute)


def vision(settings: Choices, store: ModelStore) -> VisionEmbedder:
    """The picture embedder of `VISION_MODEL`."""
    return vision_model(chosen(settings, store)[Family.VISION], settings, store)


def vision_model(model_id: str, settings: Choices, store: ModelStore) -> VisionEmbedder:
    """The picture embedder of one model, also of one that is not chosen any more but whose vectors
    are still searched. `UserError` for an engine that this version does not have."""
    manifest = store.manifest(model_id)
    compute = Compute(settings.vision_device, settings.threads)
    if manifest.engine == "openclip":
        from heimdex.ml import openclip

        return openclip.engine(store, manifest, compute)
    if manifest.engine == "siglip2":
        from heimdex.ml import siglip2

        return siglip2.engine(store, manifest, compute)
    if manifest.engine == "dual-encoder":
        from heimdex.ml import encoder_folder

        return encoder_folder.engine(store, manifest, compute)
    if manifest.engine not in ("", "starter-vision"):
        raise UserError(f"{model_id} wants the engine {manifest.engine}, which is not known here.")
    from heimdex.ml.vision import SentenceSpaceVision

    # Not the chosen text model but the one whose space the pictures were placed in.
    sentences = _sentences(
        store, _TEXT["use-multilingual"], Compute(settings.text_device, settings.threads)
    )
    return SentenceSpaceVision(store, manifest, compute, sentences)


def face_detector(settings: Choices, store: ModelStore) -> FaceDetector:
    """The face detector of `FACE_DETECTOR`."""
    manifest = store.manifest(chosen(settings, store)[Family.FACE_DETECTOR])
    compute = Compute(settings.face_device, settings.threads)
    if manifest.engine == "mtcnn":
        from heimdex.ml.mtcnn import Mtcnn

        return Mtcnn(store, manifest, compute)
    if manifest.engine == "scrfd":
        from heimdex.ml.insightface import Scrfd

        return Scrfd(store, manifest, compute)
    if manifest.engine != "retinaface":
        raise _strange(manifest)
    from heimdex.ml.retinaface import RetinaFace

    return RetinaFace(store, manifest, compute)


def face_embedder(settings: Choices, store: ModelStore) -> FaceEmbedder:
    """The face embedder of `FACE_MODEL`."""
    manifest = store.manifest(chosen(settings, store)[Family.FACE_EMBEDDER])
    compute = Compute(settings.face_device, settings.threads)
    if manifest.engine == "adaface":
        from heimdex.ml import adaface

        return adaface.engine(store, manifest, compute)
    if manifest.engine not in ("sface", "arcface"):
        raise _strange(manifest)
    from heimdex.ml.face_embedding import GraphFaceEmbedder

    return GraphFaceEmbedder(store, manifest, compute)


def reader(settings: Choices, store: ModelStore) -> TextReader | None:
    """What reads text on the screen under `OCR_MODEL`; None where that is off."""
    compute = Compute(settings.vision_device, settings.threads)
    return ocr_choice.reader(settings.ocr_model, store, compute)


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


def _model(
    family: Family, setting: str, value: str, short: Mapping[str, str], store: ModelStore
) -> str:
    """The id behind a setting's value."""
    if family is Family.FACE_DETECTOR and value in (AUTO, "retinaface"):
        for large in _LARGE_RETINAFACES:
            if large in store.manifests and store.is_installed(large):
                return large
    if value == AUTO:
        return _best(family, store)
    asked = short.get(value, value)
    manifest = store.manifests.get(asked)
    if manifest is None or manifest.family is not family or manifest.component:
        raise UserError(_unknown(setting.upper(), value, {AUTO: "", **short}))
    return asked


def _best(family: Family, store: ModelStore) -> str:
    """The model of the best set that is installed; the Starter one where none is.

    Somebody who fetched a better set means it to be used, and somebody who fetched none should be
    told to fetch the one that is quickly there.
    """
    candidates = [
        manifest.id
        for tier in (Tier.BEST, Tier.BALANCED, Tier.STARTER)
        for manifest in store.manifests.values()
        if manifest.family is family and tier in manifest.sets
        if not manifest.alternative and not manifest.component
    ]
    if not candidates:
        raise UserError(f"No model of the sets is for {family}; install Heimdex again.")
    return next((each for each in candidates if store.is_installed(each)), candidates[-1])


def _strange(manifest: Manifest) -> UserError:
    return UserError(f"{manifest.id} wants the engine {manifest.engine}, which is not known here.")


def _unknown(setting: str, value: str, known: Mapping[str, object]) -> str:
    return f"{setting} is {value!r}, which is not known; there are: {', '.join(known)}."
