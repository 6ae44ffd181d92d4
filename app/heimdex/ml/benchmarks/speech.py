"""How much faster speech is written down here than by openai-whisper and by faster-whisper as they
come, with the same weights and the whole way from sound to words with times.

The sound is that of the sample, or all of a folder named by HEIMDEX_BENCH_AUDIO; a file `NAME.txt`,
`.srt` or `.stm` beside it says what is spoken. Sizes that are not installed are measured with
random weights, the encoder alone: texts of random weights have no end.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import UserError
from heimdex.ml import ctranslate_whisper, speech
from heimdex.ml.benchmarks import Row, random_whisper, turns
from heimdex.ml.benchmarks.random_whisper import SIZES
from heimdex.ml.benchmarks.turns import Taken, Way, Work
from heimdex.ml.benchmarks.words import errors
from heimdex.ml.ctranslate_whisper import CTranslateWhisper
from heimdex.ml.listening import SAMPLE_RATE, Samples
from heimdex.ml.manifests import Manifest
from heimdex.ml.reference import libraries
from heimdex.ml.reference.speech import TorchWhisper
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStatus, ModelStore, State
from heimdex.ml.voice import SileroVoice
from heimdex.ml.windows import speech_windows

AUDIO = "HEIMDEX_BENCH_AUDIO"
_SOUND = (".wav", ".flac", ".mp3", ".m4a", ".mp4", ".ogg", ".opus")
_MEASURED = "whisper-base"
_MADE_UP = "medium"
_VOICE = "silero-vad"
_HERE = "heimdex.ml.benchmarks.speech"
_BLOCK = 10 * SAMPLE_RATE


def rows(
    store: ModelStore,
    threads: int,
    scratch: Path,
    report: Callable[[str], None] = lambda _: None,
    rounds: int = 1,
    made_up: str = _MADE_UP,
) -> list[Row]:
    """Three rows: each of the plain ways with published weights, and an encoder of the size
    `made_up` (3 GB of room in `scratch` for medium).

    `ModelUnavailable` when torch or the weights are missing.
    """
    libraries.load("whisper", _MEASURED)
    folder = store.path(_MEASURED, ctranslate_whisper.WEIGHTS).parent
    files = _files(store)
    arguments = {
        "models": str(store.models_dir),
        "described": _described(store, _MEASURED, _VOICE),
        "folder": str(folder),
        "files": [str(file) for file in files],
        "threads": threads,
    }
    report("openai-whisper, faster-whisper and Heimdex take turns")
    names = ("openai", "faster", "ours")
    ways = tuple(Way(f"{_HERE}:{name}", arguments) for name in names)
    openai_, faster_, ours_ = turns.measure(ways, len(files), rounds, threads, scratch)
    length = _length(files)
    whole = [
        _row("openai-whisper, float32, word times", openai_, ours_, files, length),
        _row("faster-whisper, int8, beam 5, VAD, word times", faster_, ours_, files, length),
    ]
    report(f"writing random weights of the size {made_up}")
    return [*whole, _encoder_row(store, threads, scratch, made_up, files)]


def _row(plain: str, theirs: Taken, ours: Taken, files: list[Path], length: float) -> Row:
    """Parity is the share of words wrong more (or less) than theirs where it is known what is
    said; elsewhere the share of words that differ from theirs."""
    said = {at: truth for at, file in enumerate(files) if (truth := _truth(file))}
    texts = [[str(result[0]) for result in way.results] for way in (theirs, ours)]
    if said:
        counts = [[errors(truth, way[at]) for at, truth in said.items()] for way in texts]
        of = sum(count for _, count in counts[0])
        wrong = [sum(wrong for wrong, _ in count) for count in counts]
        parity, value = "word error less theirs", (wrong[1] - wrong[0]) / of
        note = f"{length:.0f} s of sound; word errors {wrong[1]} here, {wrong[0]} there, of {of}"
    else:
        pairs = [errors(theirs_, ours_) for theirs_, ours_ in zip(*texts, strict=True)]
        parity = "words unlike theirs"
        value = sum(wrong for wrong, _ in pairs) / max(1, sum(of for _, of in pairs))
        note = f"{length:.0f} s of sound"
    return Row(
        family="speech",
        model="Whisper base",
        plain=plain,
        plain_s=theirs.seconds,
        ours_s=ours.seconds,
        parity=parity,
        parity_value=value,
        plain_mb=theirs.megabytes,
        ours_mb=ours.megabytes,
        note=note,
    )


def _encoder_row(
    store: ModelStore, threads: int, scratch: Path, name: str, files: list[Path]
) -> Row:
    model_id = f"whisper-{name}"
    manifest = store.manifest(model_id)
    models = scratch / "models"
    vocabulary = store.path(_MEASURED, ctranslate_whisper.WEIGHTS).parent
    random_whisper.write(models / manifest.folder, SIZES[name], vocabulary)
    ctranslate_whisper.convert(models / manifest.folder)
    arguments = {
        "models": str(models),
        "described": _described(store, model_id),
        "model_id": model_id,
        "file": str(files[0]),
        "threads": threads,
    }
    ways = (Way(f"{_HERE}:plain_encoder", arguments), Way(f"{_HERE}:quick_encoder", arguments))
    plain, ours_ = turns.measure(ways, 2, 1, threads, scratch)
    a, b = np.concatenate(plain.results), np.concatenate(ours_.results)
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return Row(
        family="speech",
        model=f"{manifest.title}, encoder",
        plain="openai-whisper, float32, 30 s",
        plain_s=plain.seconds,
        ours_s=ours_.seconds,
        parity="mean cosine",
        parity_value=float(cosine.mean()),
        plain_mb=plain.megabytes,
        ours_mb=ours_.megabytes,
        note="random weights of the full size",
    )


# In the children


def openai(models: str, described: str, folder: str, files: list[str], threads: int) -> Work:
    """openai-whisper as its documentation uses it, with the same weights."""
    store = _store(models, described)
    engine = TorchWhisper(store, _MEASURED, Compute(threads=threads))
    model = engine.published()
    transcribe: Any = libraries.load("whisper").transcribe

    def work(part: int) -> NDArray[Any]:
        answer = transcribe(model, _sound(files[part]), word_timestamps=True, fp16=False)
        return np.array([answer["text"]])

    return work


def faster(models: str, described: str, folder: str, files: list[str], threads: int) -> Work:
    """faster-whisper with the settings that its documentation recommends."""
    from faster_whisper import WhisperModel

    model = WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=threads)

    def work(part: int) -> NDArray[Any]:
        segments, _ = model.transcribe(
            _sound(files[part]), beam_size=5, vad_filter=True, word_timestamps=True
        )
        return np.array([" ".join(segment.text for segment in segments)])

    return work


def ours(models: str, described: str, folder: str, files: list[str], threads: int) -> Work:
    """As indexing does it: voice, windows, words."""
    store = _store(models, described)
    engine = speech.WhisperRecognizer(
        store, store.manifest(_MEASURED), Compute(threads=threads), speech.open_ctranslate
    )
    voice = SileroVoice(store, store.manifest(_VOICE), Compute())
    engine.load()
    voice.load()

    def work(part: int) -> NDArray[Any]:
        sound = _sound(files[part])
        blocks: Iterator[Samples] = (sound[at : at + _BLOCK] for at in range(0, len(sound), _BLOCK))
        windows = speech_windows(blocks, voice, lambda _: None)
        answers = engine.transcribe(windows, None, lambda _: None)
        return np.array([" ".join(segment.text for _, segment in answers)])

    return work


def plain_encoder(models: str, described: str, model_id: str, file: str, threads: int) -> Work:
    """torch's."""
    engine = TorchWhisper(_Made(models, described), model_id, Compute(threads=threads))
    sound = _sound(file)
    return lambda part: engine.encode(sound[part * SAMPLE_RATE :][: 30 * SAMPLE_RATE])


def quick_encoder(models: str, described: str, model_id: str, file: str, threads: int) -> Work:
    """Ours."""
    engine = CTranslateWhisper(_Made(models, described), model_id, Compute(threads=threads))
    sound = _sound(file)
    return lambda part: engine.encode(sound[part * SAMPLE_RATE :][: 30 * SAMPLE_RATE])


class _Made(ModelStore):
    """Models that were made up in a folder, without a receipt."""

    def __init__(self, models: str, described: str) -> None:
        super().__init__(Path(models), _read(described), source="")

    def status(self, model_id: str) -> ModelStatus:
        """All there."""
        return ModelStatus(model_id, State.INSTALLED, "", 0)


def _store(models: str, described: str) -> ModelStore:
    return ModelStore(Path(models), _read(described), source="")


def _described(store: ModelStore, *ids: str) -> str:
    return msgspec.json.encode([store.manifest(each) for each in ids]).decode()


def _read(described: str) -> dict[str, Manifest]:
    return {m.id: m for m in msgspec.json.decode(described, type=list[Manifest])}


# Sound and what is said in it


def _files(store: ModelStore) -> list[Path]:
    """The sound to measure on. `UserError` when the folder that is named has none."""
    named = os.environ.get(AUDIO, "")
    folder = Path(named) if named else store.resources / "sample"
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in _SOUND)
    if not found:
        raise UserError(f"There is no sound in {folder}; {AUDIO} names a folder with some.")
    return found


def _sound(file: str) -> Samples:
    from faster_whisper import decode_audio

    sound: Samples = decode_audio(file)
    return sound


def _length(files: list[Path]) -> float:
    return sum(len(_sound(str(file))) for file in files) / SAMPLE_RATE


def _truth(file: Path) -> str:
    """What is spoken, where a file beside the sound says so; "" elsewhere."""
    if (plain := file.with_suffix(".txt")).exists():
        return plain.read_text("utf-8")
    if (subtitles := file.with_suffix(".srt")).exists():
        blocks = subtitles.read_text("utf-8").strip().split("\n\n")
        return " ".join(line for block in blocks for line in block.splitlines()[2:])
    if (turns_ := file.with_suffix(".stm")).exists():
        lines = turns_.read_text("utf-8").splitlines()
        return " ".join(line.split(maxsplit=5)[5] for line in lines if line.count(" ") >= 5)
    return ""
