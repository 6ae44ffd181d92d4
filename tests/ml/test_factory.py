"""Engines are chosen by the settings' names, and unknown names are answered with the known ones."""

import pytest
from engine_choice import Choice

from heimdex.config.settings import Settings
from heimdex.domain.errors import ModelUnavailable, UserError
from heimdex.ml import factory, runtime
from heimdex.ml.manifests import Family, Manifest
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
    manifest = described[factory.chosen(settings)[family]]
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


def test_auto_takes_the_best_there_is() -> None:
    assert runtime.choose_device("auto", ["cuda", "cpu"], "m") == "cuda"
    assert runtime.choose_device("auto", ["cpu"], "m") == "cpu"
    assert runtime.choose_device("cpu", ["cuda", "cpu"], "m") == "cpu"
