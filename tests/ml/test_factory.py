"""Engines are chosen by the settings' names, and unknown names are answered with the known ones."""

from collections.abc import Callable
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_choice import Choice
from msgspec.structs import replace

from heimdex.config.settings import Settings
from heimdex.domain.errors import ModelUnavailable, UserError
from heimdex.ml import factory, runtime
from heimdex.ml.manifests import Family, Manifest, Tier
from heimdex.ml.reference import libraries
from heimdex.ml.store import ModelStore

MAKERS = {
    Family.SPEECH: factory.speech,
    Family.VOICE: factory.voice,
    Family.TEXT: factory.text,
    Family.VISION: factory.vision,
    Family.FACE_DETECTOR: factory.face_detector,
    Family.FACE_EMBEDDER: factory.face_embedder,
}


@pytest.mark.parametrize("family", MAKERS)
def test_an_engine_is_what_its_manifest_says(
    family: Family, described: dict[str, Manifest], empty_store: ModelStore
) -> None:
    """With the real settings; making one costs nothing and needs no weights."""
    settings = Settings()
    engine = MAKERS[family](settings, empty_store)
    manifest = described[factory.chosen(settings, empty_store)[family]]
    assert manifest.family is family
    assert engine.model_id == manifest.id
    assert engine.revision == manifest.space_revision
    if manifest.dims:
        assert engine.dims == manifest.dims  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("setting", "make", "known"),
    [
        ("asr_model", factory.speech, "base"),
        ("asr_engine", factory.speech, "faster-whisper"),
        ("text_model", factory.text, "use-multilingual"),
        ("vision_model", factory.vision, "starter"),
        ("face_detector", factory.face_detector, "mtcnn"),
        ("face_model", factory.face_embedder, "sface"),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(
    choice: Choice, empty_store: ModelStore, setting: str, make, known: str
) -> None:
    with pytest.raises(UserError) as caught:
        make(choice.but(**{setting: "nonsense"}), empty_store)
    message = str(caught.value)
    assert setting.upper() in message
    assert "nonsense" in message
    assert known in message


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_named_with_those_that_are(
    choice: Choice, store: ModelStore, device: str
) -> None:
    import onnxruntime

    if any(name.startswith(("CUDA", "CoreML")) for name in onnxruntime.get_available_providers()):
        pytest.skip("this machine has such a device")
    engine = factory.face_embedder(choice.but(face_device=device), store)
    with pytest.raises(ModelUnavailable, match=f"cannot run on {device}.*cpu") as caught:
        engine.load()
    assert caught.value.model_id == "sface"


@pytest.mark.parametrize(
    ("make", "setting"),
    [
        (factory.text, "text_device"),
        (factory.vision, "vision_device"),
        (factory.face_detector, "face_device"),
        (factory.face_embedder, "face_device"),
        (factory.reader, "vision_device"),
    ],
)
def test_a_model_without_a_form_for_the_graphics_processor_runs_beside_one_that_has(
    choice: Choice,
    store: ModelStore,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Choice, ModelStore], Any],
    setting: str,
) -> None:
    """The small RetinaFace is in every set, and FACE_DEVICE is meant for AdaFace as well."""
    monkeypatch.setattr(libraries, "devices", lambda: [runtime.CUDA, runtime.CPU])
    engine = make(choice.but(**{setting: "cuda"}), store)
    engine.load()
    if setting == "face_device" and make is factory.face_detector:
        assert engine.detect([np.zeros((90, 160, 3), np.uint8)]) == [[]]
    engine.unload()  # The sentence encoder is shared by whoever asks the same store.


def test_auto_takes_the_best_there_is() -> None:
    assert runtime.choose_device("auto", ["cuda", "cpu"], "m") == "cuda"
    assert runtime.choose_device("auto", ["cpu"], "m") == "cpu"
    assert runtime.choose_device("cpu", ["cuda", "cpu"], "m") == "cpu"


def test_auto_is_the_model_of_the_best_installed_set(
    starter_models: Path, described: dict[str, Manifest]
) -> None:
    """`whisper-base` is installed, and stands in each set in turn."""
    base = described["whisper-base"]
    others = {m.id: m for m in described.values() if m.family is not Family.SPEECH}

    def taken(*speech: Manifest) -> str:
        known = others | {m.id: m for m in speech}
        return factory.chosen(Settings(), ModelStore(starter_models, known))[Family.SPEECH]

    missing = {
        tier: replace(base, id=f"whisper-{tier}", folder=f"whisper/{tier}", sets=[tier], tier=None)
        for tier in Tier
    }
    for tier in Tier:
        here = replace(base, sets=[tier], tier=None)
        rest = [missing[other] for other in Tier if other is not tier]
        assert taken(*rest, here) == "whisper-base"
    here = replace(base, sets=[Tier.STARTER], tier=None)
    assert taken(*missing.values()) == "whisper-starter"
    twin = replace(base, id="whisper-twin", sets=[Tier.BALANCED], tier=None)
    assert taken(here, replace(twin, alternative=True)) == "whisper-base"


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        ("", "retinaface-mobilenet"),
        ("retinaface-mobilenet mtcnn", "retinaface-mobilenet"),
        ("retinaface-mobilenet retinaface-resnet50", "retinaface-resnet50"),
        ("retinaface-resnet50 retinaface-resnet50-ternaus", "retinaface-resnet50-ternaus"),
    ],
)
def test_the_larger_face_detector_is_taken_where_it_is_and_ones_own_file_before_it(
    empty_store: ModelStore, monkeypatch: pytest.MonkeyPatch, here: str, expected: str
) -> None:
    monkeypatch.setattr(ModelStore, "is_installed", lambda _store, asked: asked in here.split())
    for value, found in {
        "auto": expected,
        "retinaface": expected,
        "mtcnn": "mtcnn",
        "retinaface-mobilenet": "retinaface-mobilenet",
    }.items():
        settings = changed(Settings(), face_detector=value)
        assert factory.chosen(settings, empty_store)[Family.FACE_DETECTOR] == found


def test_a_childs_settings_name_what_was_chosen(
    store: ModelStore, described: dict[str, Manifest]
) -> None:
    settings = changed(Settings(), asr_model="base", asr_language="ko")
    told = factory.settled(settings, store)
    assert told.asr_model == "whisper-base"
    assert told.asr_language == "ko"
    assert factory.AUTO not in (told.text_model, told.vision_model, told.face_model)
    assert factory.chosen(told, store) == factory.chosen(settings, store)


def test_a_model_of_another_family_is_no_answer(empty_store: ModelStore) -> None:
    with pytest.raises(UserError, match=r"ASR_MODEL is 'sface'.*auto, base"):
        factory.chosen(changed(Settings(), asr_model="sface"), empty_store)
