"""The same Whisper weights through each engine and each form of file, and the sizes that exist."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from engine_choice import Choice, sound
from msgspec.structs import replace as changed
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable, UserError
from heimdex.domain.speech import Segment, Word
from heimdex.ml import ctranslate2_file, ctranslate_whisper, factory, speech
from heimdex.ml.acceleration import choices
from heimdex.ml.acceleration.memory import OutOfMemory
from heimdex.ml.benchmarks import random_whisper
from heimdex.ml.benchmarks.random_whisper import SIZES
from heimdex.ml.benchmarks.words import errors
from heimdex.ml.ctranslate_whisper import CTranslateWhisper
from heimdex.ml.listening import Search, View
from heimdex.ml.manifests import Manifest
from heimdex.ml.networks import whisper_weights
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStatus, ModelStore, State

RATE = 16_000
Samples = NDArray[np.float32]
ENGINES = ("faster-whisper", "openai-whisper")


@pytest.fixture(scope="module")
def jfk(shared_media: Path) -> Samples:
    return sound(shared_media / "audio" / "whisper_jfk.flac")


@pytest.fixture(scope="module")
def hotel(shared_media: Path) -> Samples:
    """Korean: a guest asks for two rooms."""
    return sound(shared_media / "audio" / "watson_ko-KR_BroadbandModel_sample1.wav")


@pytest.fixture(scope="module")
def torch_engine(store: ModelStore) -> Iterator[speech.WhisperRecognizer]:
    pytest.importorskip("whisper")
    # One thread: torch's pool collapses where others compute as well.
    choice = Choice(asr_engine="openai-whisper")
    engine = factory.speech(choice, store)
    assert isinstance(engine, speech.WhisperRecognizer)
    engine.load()
    yield engine
    engine.unload()


@pytest.fixture(scope="module")
def quick_engine(store: ModelStore) -> Iterator[speech.WhisperRecognizer]:
    engine = factory.speech(Choice(asr_engine="faster-whisper", threads=2), store)
    assert isinstance(engine, speech.WhisperRecognizer)
    engine.load()
    yield engine
    engine.unload()


def heard(
    engine: speech.WhisperRecognizer, samples: Samples, language: str | None = None
) -> tuple[str, list[Segment]]:
    answers = list(engine.transcribe([(0, samples)], language, lambda done_ms: None))
    return (answers[0][0] if answers else ""), [segment for _, segment in answers]


def words(segments: Sequence[Segment]) -> list[Word]:
    return [word for segment in segments for word in segment.words]


def text(segments: Sequence[Segment]) -> str:
    return " ".join(segment.text for segment in segments)


def likeness(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Mean cosine of the rows."""
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(((a * b).sum(axis=1) / lengths).mean())


def test_both_engines_hear_the_same_words_at_the_same_time(
    quick_engine: speech.WhisperRecognizer,
    torch_engine: speech.WhisperRecognizer,
    jfk: Samples,
) -> None:
    language, quick = heard(quick_engine, jfk)
    other, plain = heard(torch_engine, jfk)
    assert language == other == "en"
    assert errors(text(plain), text(quick)) == (0, 22)
    apart = [abs(a.start_ms - b.start_ms) for a, b in zip(words(plain), words(quick), strict=True)]
    assert np.median(apart) <= 50


def test_both_engines_hear_korean(
    quick_engine: speech.WhisperRecognizer, torch_engine: speech.WhisperRecognizer, hotel: Samples
) -> None:
    for engine in (quick_engine, torch_engine):
        language, segments = heard(engine, hotel)
        assert language == "ko"
        assert "호텔" in text(segments)
        assert "예약" in text(segments)


def test_torch_invents_nothing_and_refuses_what_it_does_not_know(
    torch_engine: speech.WhisperRecognizer,
) -> None:
    noise = np.random.default_rng(0).normal(0, 0.05, 2 * RATE).astype(np.float32)
    assert heard(torch_engine, noise, "ko")[1] == []
    assert heard(torch_engine, np.zeros(2 * RATE, np.float32))[1] == []
    with pytest.raises(UserError, match="xx"):
        heard(torch_engine, noise, "xx")


def test_half_precision_hears_the_same(
    torch_engine: speech.WhisperRecognizer, jfk: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on CUDA; a processor can do it too, only slowly."""
    model = torch_engine._loaded()
    samples = jfk[: 5 * RATE]
    whole = model.encode(samples)
    monkeypatch.setattr(model, "_half", True)
    half = model.encode(samples)
    assert likeness(whole, half) > 0.999
    view = View(0, samples, half)
    (answer,) = model.decode([view], "en", Search(1))
    assert "my fellow americans" in answer.text.casefold()
    assert model.align(view, "en", [token for token in answer.tokens if token < model.end])
    assert max(model.language_shares(half).items(), key=lambda item: item[1])[0] == "en"


def test_drawing_lots_gives_the_same_text_each_time(
    torch_engine: speech.WhisperRecognizer, jfk: Samples
) -> None:
    model = torch_engine._loaded()
    samples = jfk[: 4 * RATE]
    view = View(0, samples, model.encode(samples))
    lots = Search(1, temperature=0.9)
    first, again = (model.decode([view], "en", lots)[0].tokens for _ in range(2))
    assert first == again


def test_words_start_where_they_are_said(
    quick_engine: speech.WhisperRecognizer, shared_media: Path
) -> None:
    """Fragments of a Korean speech, joined with pauses of a quarter second: the median distance
    from a fragment's start to that of the nearest word."""
    audio = shared_media / "audio"
    starts = [1000 * part["start"] for part in json.loads((audio / "ko_moon_003.json").read_text())]
    samples = sound(audio / "ko_moon_003.m4a")[: 29 * RATE]
    _, segments = heard(quick_engine, samples, "ko")
    found = np.array([word.start_ms for word in words(segments)])
    apart = [np.abs(found - start).min() for start in starts if start < 28_000]
    assert len(apart) > 10
    assert np.median(apart) <= 150


def test_the_quick_encoder_sees_what_the_plain_one_sees(
    store: ModelStore, jfk: Samples, hotel: Samples
) -> None:
    quick = CTranslateWhisper(store, "whisper-base", Compute(threads=2))
    assert quick._encoder is not None
    whole = CTranslateWhisper(store, "whisper-base", Compute(threads=2))
    whole._encoder = None
    for samples in (jfk, hotel):
        a, b = quick.encode(samples), whole.encode(samples)
        assert a.shape == b.shape == (1500, 512)
        assert likeness(a, b) > 0.98


def test_speech_on_a_processor_loads_no_torch(store: ModelStore) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
import numpy as np
from engine_choice import Choice
from heimdex.ml import factory, manifests
from heimdex.ml.store import ModelStore
described = manifests.load(Path({str(Path(__file__).parents[2] / "models")!r}))
store = ModelStore(Path({str(store.models_dir)!r}), described, source="")
engine = factory.speech(Choice(), store)
noise = np.random.default_rng(0).normal(0, 0.1, 32000).astype(np.float32)
list(engine.transcribe([(0, noise)], None, lambda done_ms: None))
print(sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "'ctranslate2'" in child.stdout
    assert "'openvino'" in child.stdout
    assert not {"'torch'", "'whisper'", "'transformers'"} & set(
        child.stdout.strip("[] \n").split(", ")
    )


# Files


def test_a_model_file_is_read_and_written_byte_for_byte(store: ModelStore, tmp_path: Path) -> None:
    published = store.path("whisper-base", "model.bin")
    ctranslate2_file.write(tmp_path / "model.bin", ctranslate2_file.read(published))
    assert (tmp_path / "model.bin").read_bytes() == published.read_bytes()


@pytest.mark.parametrize("keep", [0, 3, 2_000, 5_000_000])
def test_a_damaged_model_file_is_refused(store: ModelStore, tmp_path: Path, keep: int) -> None:
    published = store.path("whisper-base", "model.bin")
    with published.open("rb") as stream:
        (tmp_path / "model.bin").write_bytes(stream.read(keep))
    with pytest.raises(ModelUnavailable, match=r"model.bin.*download it again"):
        ctranslate2_file.read(tmp_path / "model.bin")


def test_weights_of_another_model_are_refused() -> None:
    with pytest.raises(ValueError, match="encoder/conv1/weight"):
        whisper_weights.dimensions({})


# Sizes


class Installed(ModelStore):
    """Models as they lie in a folder, without a receipt."""

    def status(self, model_id: str) -> ModelStatus:
        return ModelStatus(model_id, State.INSTALLED, "", 1)


def made(
    name: str, tmp_path: Path, store: ModelStore, described: dict[str, Manifest]
) -> ModelStore:
    """A model of the published width and vocabulary, one layer deep."""
    manifest = described[f"whisper-{name}"]
    vocabulary = store.folder("whisper-base")
    folder = tmp_path / manifest.folder
    random_whisper.write(folder, SIZES[name].layers(1), vocabulary)
    ctranslate_whisper.convert(folder)
    return Installed(tmp_path, described, source="")


@pytest.mark.parametrize("name", ["small", "large-v3-turbo"])
def test_each_size_loads_from_its_true_files_in_both_engines(
    name: str,
    tmp_path: Path,
    store: ModelStore,
    described: dict[str, Manifest],
    jfk: Samples,
) -> None:
    pytest.importorskip("whisper")
    here = made(name, tmp_path, store, described)
    states, shares = [], []
    for engine in ENGINES:
        model = speech.OPENERS[engine](here, f"whisper-{name}", Compute())
        states.append(model.encode(jfk))
        shares.append(model.language_shares(states[-1]))
        view = View(0, jfk[:RATE], states[-1])
        (answer,) = model.decode([view], "ko", Search(1))
        assert len(answer.tokens) <= view.most_tokens
        times = model.align(view, "ko", [50, 60, 70])
        assert sum(word.tokens for word in times) == 3
        assert ("yue" in model.languages) is name.startswith("large-v3")
    quick, plain = states
    assert quick.shape == plain.shape == (1500, SIZES[name].width)
    assert likeness(quick, plain) > 0.98
    assert shares[0].keys() == shares[1].keys()
    assert max(abs(shares[0][code] - shares[1][code]) for code in shares[0]) < 0.05


def test_openais_own_file_opens_in_its_own_engine(
    tmp_path: Path, store: ModelStore, described: dict[str, Manifest], jfk: Samples
) -> None:
    torch = pytest.importorskip("torch")
    tensors = ctranslate2_file.read(store.path("whisper-base", "model.bin")).tensors
    folder = tmp_path / described["whisper-base"].folder
    folder.mkdir(parents=True)
    state = {
        name: torch.from_numpy(np.array(array))
        for name, array in whisper_weights.to_openai(tensors).items()
    }
    checkpoint = {"dims": whisper_weights.dimensions(tensors), "model_state_dict": state}
    torch.save(checkpoint, folder / "base.pt")

    class Published(Installed):
        def status(self, model_id: str) -> ModelStatus:
            return replace(super().status(model_id), form="openai")

    here = Published(tmp_path, described, source="")
    recognizer = factory.speech(Choice(asr_engine="auto"), here)
    language, segments = heard(recognizer, jfk[: 8 * RATE])  # type: ignore[arg-type]
    assert language == "en"
    assert "ask not" in text(segments).casefold()
    with pytest.raises(ModelUnavailable, match="ASR_ENGINE to openai-whisper"):
        factory.speech(Choice(asr_engine="faster-whisper"), here).load()


def test_the_sets_hold_the_cards_models(described: dict[str, Manifest]) -> None:
    """With the digests that openai-whisper itself knows its files by."""
    sets = {name: described[f"whisper-{name}"].sets for name in SIZES}
    assert [str(tier) for tier in sets["medium"]] == ["balanced"]
    assert [str(tier) for tier in sets["large-v3"]] == ["best"]
    assert [str(tier) for tier in sets["base"]] == ["starter"]
    assert sets["small"] == sets["large-v3-turbo"] == []
    published = pytest.importorskip("whisper")._MODELS
    for name in SIZES:
        (file,) = described[f"whisper-{name}"].form("openai").files
        assert published[name].split("/")[-2:] == [file.sha256, file.name]


# Memory and devices


def test_a_batch_that_does_not_fit_is_halved(
    quick_engine: speech.WhisperRecognizer, spoken: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = quick_engine._loaded()
    some = spoken[: 6 * RATE]
    windows = [(0, some), (20_000, some), (40_000, some)]

    def said() -> list[str]:
        answers = quick_engine.transcribe(windows, "en", lambda done_ms: None)
        return [segment.text for _, segment in answers]

    whole, decode, sizes = said(), model.decode, []

    def cramped(views: Sequence[View], language: str, search: Search) -> list:
        sizes.append(len(views))
        if len(views) > 1:
            raise OutOfMemory("no room for two")
        return decode(views, language, search)

    monkeypatch.setattr(model, "decode", cramped)
    assert errors(" ".join(whole), " ".join(said()))[0] <= 2
    assert sizes[:3] == [3, 1, 2]

    def full(*_: object) -> list:
        raise OutOfMemory("no room at all")

    monkeypatch.setattr(model, "encode", full)
    with pytest.raises(ModelUnavailable, match="not enough memory"):
        list(quick_engine.transcribe(windows, None, lambda done_ms: None))
    monkeypatch.undo()
    monkeypatch.setattr(model, "decode", full)
    with pytest.raises(ModelUnavailable, match=r"not enough memory.*smaller ASR_MODEL"):
        said()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_said(store: ModelStore, engine: str, device: str) -> None:
    if engine == "openai-whisper":
        torch = pytest.importorskip("torch")
        if torch.cuda.is_available() or torch.backends.mps.is_available():
            pytest.skip("this machine has such a device")
    with pytest.raises(ModelUnavailable, match=f"cannot run on {device}.*only cpu"):
        factory.speech(Choice(asr_engine=engine, asr_device=device), store).load()


def test_an_engine_that_is_not_installed_is_said(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from heimdex.ml.reference import libraries

    monkeypatch.setattr(libraries, "is_installed", lambda name: False)
    for choice in (Choice(asr_engine="openai-whisper"), Choice(asr_device="mps")):
        with pytest.raises(ModelUnavailable, match=r"not installed; run: .*[Ss]et ASR_ENGINE"):
            factory.speech(choice, store).load()


def test_large_models_decode_few_views_at_once(tmp_path: Path, store: ModelStore) -> None:
    """Keys and values of a view take 300 MB in medium, 37 MB in base."""
    assert ctranslate_whisper.views_at_once(store.path("whisper-base", "model.bin")) == 8
    tensors = {"decoder/embeddings/weight": np.zeros((1, 1024), np.float16)}
    for layer in range(24):
        tensors[f"decoder/layer_{layer}/attention/linear_1/weight"] = np.zeros((1,), np.float16)
    medium = tmp_path / "model.bin"
    ctranslate2_file.write(medium, ctranslate2_file.Contents("WhisperSpec", 3, tensors))
    assert ctranslate_whisper.views_at_once(medium) == 1


def test_a_measured_form_of_the_encoder_is_used(
    store: ModelStore, described: dict[str, Manifest], tmp_path: Path
) -> None:
    """And a choice that this version does not understand leaves the usual one."""
    folder = tmp_path / described["whisper-base"].folder
    folder.parent.mkdir(parents=True)
    folder.symlink_to(store.folder("whisper-base"), target_is_directory=True)
    here = Installed(tmp_path, described, source="")
    plain = choices.Chosen("onnxruntime fp32", {}, [])
    from heimdex.ml.acceleration.graph import OnnxGraph, OpenVinoGraph

    def opened(form: choices.Chosen | None) -> object:
        machine = choices.this_machine(1)
        choice = choices.Choice(1, machine, {"encoder.onnx": form} if form else {})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(choices, "read", lambda *_: choice)
            return CTranslateWhisper(here, "whisper-base", Compute())._encoder

    assert isinstance(opened(plain), OnnxGraph)
    assert isinstance(opened(changed(plain, form="a form of the future")), OpenVinoGraph)
    assert isinstance(opened(None), OpenVinoGraph)
