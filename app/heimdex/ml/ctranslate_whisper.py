"""Whisper run by CTranslate2 in int8, on a processor behind an encoder in OpenVINO.

Decoding is CTranslate2's strength, encoding is not: on processors the encoder's graph takes half
the time there. Where the graph or its runtime is missing, CTranslate2 does both. What is decoded,
and how often, is left to `listening`.
"""

import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import ctranslate2_file, runtime
from heimdex.ml.acceleration import choices, forms, opening
from heimdex.ml.acceleration.forms import PLAIN, Form, Precision, Runtime
from heimdex.ml.acceleration.graph import Graph
from heimdex.ml.acceleration.memory import watched
from heimdex.ml.listening import Answer, Samples, Search, TimedWord, View
from heimdex.ml.networks import whisper_encoder
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer

WEIGHTS: Final = "model.bin"
ENCODER: Final = "encoder.onnx"
_QUICK: Final = Form(Runtime.OPENVINO, Precision.INT8_WEIGHTS)
"""What runs the encoder where nothing was measured."""
_BATCH_BYTES: Final = 300 << 20
_MOST_AT_ONCE: Final = 8
_LAST_START_S: Final = 1.0
"""The first words begin so early, because windows do."""

_log = logging.getLogger(__name__)


class CTranslateWhisper:
    """A `listening.Model`."""

    searches = (Search(5), Search(5, no_repeat=5), Search(5, 3, 1.1))
    """Three beams take a tenth less time than five and make a tenth more errors."""

    def __init__(self, store: ModelStore, model_id: str, compute: Compute) -> None:
        """`ModelUnavailable` when weights are missing or damaged, or the device is not there."""
        import ctranslate2
        from faster_whisper.tokenizer import _LANGUAGE_CODES

        there = [runtime.CUDA] if ctranslate2.get_cuda_device_count() else []
        device = runtime.choose_device(compute.device, [*there, runtime.CPU], model_id)
        self._whisper = _opened(store.path(model_id, WEIGHTS).parent, device, compute, model_id)
        self._encoder = _opened_encoder(store, model_id, compute) if device == runtime.CPU else None
        self._extractor = _extractor(self._whisper.model.n_mels)
        self._token = cache(self._whisper.hf_tokenizer.token_to_id)
        multilingual = self._whisper.model.is_multilingual
        self.languages: Sequence[str] = (
            [code for code in _LANGUAGE_CODES if self._token(f"<|{code}|>") is not None]
            if multilingual
            else ["en"]
        )
        tokenizer = self._tokenizer(self.languages[0])
        self.first_time: int = tokenizer.timestamp_begin
        self.end: int = tokenizer.eot
        self.precision: float = self._whisper.time_precision
        self._suppressed = _suppressed(tokenizer)
        self.at_once = views_at_once(store.path(model_id, WEIGHTS))

    def encode(self, samples: Samples) -> NDArray[Any]:
        """See `listening.Model`."""
        seen = _features(self._extractor, samples)
        states: NDArray[Any]
        if self._encoder is not None:
            (states,) = self._encoder.run({"features": seen})
        else:
            with watched():
                states = np.asarray(self._whisper.model.encode(_view_of(seen), to_cpu=True))
        whole: NDArray[Any] = states[0]
        return whole

    def language_shares(self, states: NDArray[Any]) -> dict[str, float]:
        """See `listening.Model`."""
        with watched():
            (answer,) = self._whisper.model.detect_language(_view_of(states[None]))
        return {token[2:-2]: share for token, share in answer}

    def decode(self, views: Sequence[View], language: str, search: Search) -> list[Answer]:
        """See `listening.Model`."""
        tokenizer = self._tokenizer(language)
        prompt = list(tokenizer.sot_sequence)
        most = max(view.most_tokens for view in views)
        with watched():
            results = self._whisper.model.generate(
                _view_of(np.stack([view.states for view in views])),
                [prompt] * len(views),
                beam_size=search.beam,
                no_repeat_ngram_size=search.no_repeat,
                repetition_penalty=search.penalty,
                max_length=min(self._whisper.max_length, len(prompt) + most),
                return_scores=True,
                return_no_speech_prob=True,
                suppress_blank=True,
                suppress_tokens=self._suppressed,
                max_initial_timestamp_index=round(_LAST_START_S / self.precision),
            )
        return [self._answer(tokenizer, result) for result in results]

    def align(self, view: View, language: str, tokens: list[int]) -> list[TimedWord]:
        """See `listening.Model`."""
        with watched():
            (words,) = self._whisper.find_alignment(
                self._tokenizer(language), [tokens], _view_of(view.states[None]), view.frames
            )
        return [
            TimedWord(
                word["word"],
                len(word["tokens"]),
                float(word["start"]),
                float(word["end"]),
                float(word["probability"]),
            )
            for word in words
        ]

    def _answer(self, tokenizer: "Tokenizer", result: Any) -> Answer:
        tokens = result.sequences_ids[0]
        # The score is the mean over the tokens without the final one, which was decided on as well.
        sureness = result.scores[0] * len(tokens) / (len(tokens) + 1)
        return Answer(tokens, tokenizer.decode(tokens).strip(), sureness, result.no_speech_prob)

    def _tokenizer(self, language: str) -> "Tokenizer":
        from faster_whisper.tokenizer import Tokenizer

        return Tokenizer(
            self._whisper.hf_tokenizer,
            self._whisper.model.is_multilingual,
            task="transcribe",
            language=language,
        )


def convert(folder: Path) -> None:
    """Write the encoder's graph beside the weights, with int8 matrices.

    Raises ValueError when the weights are not Whisper's, `ModelUnavailable` when they are damaged.
    """
    from heimdex.ml.acceleration import quantizing

    contents = ctranslate2_file.read(folder / WEIGHTS)
    plain = folder / "encoder-plain.onnx"
    try:
        whisper_encoder.write(contents.tensors, plain)
        quantizing.quantize_weights(plain, folder / ENCODER)
    finally:
        plain.unlink(missing_ok=True)
        plain.with_name(f"{plain.name}.data").unlink(missing_ok=True)


def features(folder: Path, samples: Samples) -> NDArray[np.float32]:
    """What the encoder of the model in `folder` is fed with for some sound (1 × mels × 3000)."""
    tensors = ctranslate2_file.read(folder / WEIGHTS).tensors
    return _features(_extractor(tensors["encoder/conv1/weight"].shape[1]), samples)


def _extractor(mels: int) -> Any:
    from faster_whisper.feature_extractor import FeatureExtractor

    return FeatureExtractor(feature_size=mels)


def _features(extractor: Any, samples: Samples) -> NDArray[np.float32]:
    """Log-mel frames of up to 30 s, filled up with silence."""
    from faster_whisper.audio import pad_or_trim

    frames = extractor(samples)[:, : whisper_encoder.FRAMES]
    return np.ascontiguousarray(pad_or_trim(frames)[None], np.float32)


def views_at_once(weights: Path) -> int:
    """How many views are decoded together: the next token of all of them costs little more than
    that of one, but each keeps the keys and values of its sound in float32."""
    tensors = ctranslate2_file.read(weights).tensors
    _, width = tensors["decoder/embeddings/weight"].shape
    layers = sum(name.endswith("/attention/linear_1/weight") for name in tensors)
    states = whisper_encoder.FRAMES // 2
    each = 2 * 4 * states * int(width) * layers
    return max(1, min(_MOST_AT_ONCE, _BATCH_BYTES // each))


def _opened(folder: Path, device: str, compute: Compute, model_id: str) -> "WhisperModel":
    from faster_whisper import WhisperModel

    try:
        return WhisperModel(
            str(folder),
            device=device,
            compute_type="int8" if device == runtime.CPU else "int8_float16",
            cpu_threads=max(1, compute.threads),
            local_files_only=True,
        )
    except MemoryError as error:
        raise ModelUnavailable(
            f"There is not enough memory for {model_id}; close other programs or choose a smaller "
            "ASR_MODEL.",
            model_id,
        ) from error
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelUnavailable(
            f"The weights of {model_id} cannot be opened; install the model again.", model_id
        ) from error


def _opened_encoder(store: ModelStore, model_id: str, compute: Compute) -> Graph | None:
    """The encoder's graph in the form that is quickest here; None leaves it to CTranslate2."""
    plain = store.find(model_id, ENCODER)
    if plain is None or not forms.openvino_offers():
        return None
    form, path = opening.chosen_form(store, model_id, ENCODER, plain)
    choice = choices.read(store, model_id)
    measured = choice.graphs.get(ENCODER) if choice else None
    if form == PLAIN and (measured is None or measured.form != PLAIN.name):
        form, path = _QUICK, plain
    try:
        return form.open(path, compute, model_id)
    except ModelUnavailable as error:
        _log.warning("%s of %s does not start: %s", form.name, model_id, error)
        return None


def _suppressed(tokenizer: "Tokenizer") -> list[int]:
    """Tokens that are no speech: signs such as ♪ or [ and those that steer the model."""
    steering = (
        tokenizer.transcribe,
        tokenizer.translate,
        tokenizer.sot,
        tokenizer.sot_prev,
        tokenizer.sot_lm,
        tokenizer.no_speech,
    )
    return sorted({*tokenizer.non_speech_tokens, *steering})


def _view_of(array: NDArray[Any]) -> Any:
    """CTranslate2's own array over the same numbers."""
    import ctranslate2

    return ctranslate2.StorageView.from_array(np.ascontiguousarray(array))
