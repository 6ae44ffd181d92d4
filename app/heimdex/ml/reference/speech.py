"""Whisper as its authors published it: openai-whisper, on a processor, CUDA or Apple's MPS.

Opens openai-whisper's own checkpoints, and CTranslate2's files, which hold the same numbers. What
is decoded, and how often, is left to `listening`.
"""

import json
from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import ctranslate2_file, runtime
from heimdex.ml.listening import Answer, Samples, Search, TimedWord, View
from heimdex.ml.networks import whisper_weights
from heimdex.ml.reference import libraries
from heimdex.ml.reference.passes import passing
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

WEIGHTS = "model.bin"
_SEED = 0


class TorchWhisper:
    """A `listening.Model`."""

    searches = (Search(3), Search(1, temperature=0.2), Search(1, temperature=0.4))
    """openai-whisper goes on to 1.0, which on sound without speech takes minutes for nothing."""
    at_once = 1
    """openai-whisper's beams are for one view at a time."""

    def __init__(self, store: ModelStore, model_id: str, compute: Compute) -> None:
        """`ModelUnavailable` when weights or packages are missing, or the device is not there."""
        torch = libraries.load("torch", model_id)
        self._whisper = libraries.load("whisper", model_id)
        self._torch = torch
        self._device = runtime.choose_device(compute.device, libraries.devices(), model_id)
        if self._device == runtime.CPU:
            torch.set_num_threads(max(1, compute.threads))
        try:
            model = self._read(store, model_id)
        except (RuntimeError, ValueError, KeyError, EOFError, OSError) as error:
            raise ModelUnavailable(
                f"The weights of {model_id} cannot be opened; install the model again.", model_id
            ) from error
        self._heads = model.alignment_heads
        # Sparse tensors, which this is, cannot be moved to every device.
        model.register_buffer("alignment_heads", None, persistent=False)
        # The network's layers take their precision from what goes through them.
        self._half = self._device == runtime.CUDA
        self._model = model.eval().to(self._device)
        self._aligner = _Aligner(self._for_alignment(), self._heads)
        self._tokenizer = cache(self._new_tokenizer)
        codes = list(self._whisper.tokenizer.LANGUAGES)
        self.languages: Sequence[str] = (
            codes[: model.num_languages] if model.is_multilingual else ["en"]
        )
        tokenizer = self._tokenizer(self.languages[0])
        self.first_time: int = tokenizer.timestamp_begin
        self.end: int = tokenizer.eot
        self.precision: float = self._whisper.audio.CHUNK_LENGTH / model.dims.n_audio_ctx

    def encode(self, samples: Samples) -> NDArray[Any]:
        """See `listening.Model`."""
        audio = self._whisper.audio
        sound = np.asarray(samples, np.float32)
        mel = audio.log_mel_spectrogram(sound, self._model.dims.n_mels, padding=audio.HOP_LENGTH)
        mel = audio.pad_or_trim(mel, audio.N_FRAMES)
        with passing(self._torch):
            states = self._model.encoder(self._tensor(mel.numpy()[None]))
            answer: NDArray[Any] = states[0].float().cpu().numpy()
        return answer

    def language_shares(self, states: NDArray[Any]) -> dict[str, float]:
        """See `listening.Model`."""
        with passing(self._torch):
            _, (shares,) = self._whisper.detect_language(
                self._model, self._tensor(states[None]), self._tokenizer(self.languages[0])
            )
        answer: dict[str, float] = shares
        return answer

    def decode(self, views: Sequence[View], language: str, search: Search) -> list[Answer]:
        """See `listening.Model`."""
        return [self._decoded(view, language, search) for view in views]

    def align(self, view: View, language: str, tokens: list[int]) -> list[TimedWord]:
        """See `listening.Model`."""
        with passing(self._torch):
            words = self._whisper.timing.find_alignment(
                self._aligner,
                self._tokenizer(language),
                tokens,
                self._aligner.tensor(self._torch, view.states),
                view.frames,
            )
        return [
            TimedWord(
                word.word,
                len(word.tokens),
                float(word.start),
                float(word.end),
                float(word.probability),
            )
            for word in words
        ]

    def published(self) -> Any:
        """The network as `whisper.transcribe` wants it, which then belongs to the caller."""
        self._model.register_buffer("alignment_heads", self._heads, persistent=False)
        return self._model

    def _decoded(self, view: View, language: str, search: Search) -> Answer:
        options = self._whisper.DecodingOptions(
            language=language,
            temperature=search.temperature,
            beam_size=search.beam if search.beam > 1 else None,
            sample_len=min(view.most_tokens, self._model.dims.n_text_ctx // 2),
            fp16=self._half,
        )
        cards = [self._torch.cuda.current_device()] if self._device == runtime.CUDA else []
        with passing(self._torch), self._torch.random.fork_rng(cards):
            # The same sound is to give the same text.
            self._torch.manual_seed(_SEED)
            (result,) = self._whisper.decode(self._model, self._tensor(view.states[None]), options)
        return Answer(
            list(result.tokens), result.text, float(result.avg_logprob), result.no_speech_prob
        )

    def _tensor(self, array: NDArray[Any]) -> Any:
        tensor = self._torch.from_numpy(array).to(self._device)
        return tensor.half() if self._half else tensor

    def _new_tokenizer(self, language: str) -> Any:
        return self._whisper.tokenizer.get_tokenizer(
            self._model.is_multilingual,
            num_languages=self._model.num_languages,
            language=language,
            task="transcribe",
        )

    def _for_alignment(self) -> Any:
        """The network that words are timed with. MPS has no float64, which timing needs, so there
        it is a copy on the processor."""
        if self._device != runtime.MPS:
            return self._model
        copy = deepcopy(self._model.cpu())
        self._model = self._model.to(self._device)
        return copy

    def _read(self, store: ModelStore, model_id: str) -> Any:
        """The network with its weights, on the processor."""
        form = store.manifest(model_id).form(store.form(model_id))
        checkpoints = [file.name for file in form.files if file.name.endswith(".pt")]
        if checkpoints:
            return self._from_checkpoint(store.path(model_id, checkpoints[0]))
        return self._from_ctranslate2(store.path(model_id, WEIGHTS))

    def _from_checkpoint(self, path: Path) -> Any:
        checkpoint = self._torch.load(path, map_location="cpu", weights_only=True)
        model = self._new(checkpoint["dims"])
        model.load_state_dict(checkpoint["model_state_dict"])
        heads = self._whisper._ALIGNMENT_HEADS.get(path.stem)
        if heads is not None:
            model.set_alignment_heads(heads)
        return model

    def _from_ctranslate2(self, path: Path) -> Any:
        tensors = ctranslate2_file.read(path).tensors
        state = whisper_weights.to_openai(tensors)
        model = self._new(whisper_weights.dimensions(tensors))
        model.load_state_dict(
            {name: self._torch.from_numpy(np.array(array)) for name, array in state.items()}
        )
        config = json.loads(path.with_name("config.json").read_text("utf-8"))
        if heads := config.get("alignment_heads"):
            mask = self._torch.zeros(
                model.dims.n_text_layer, model.dims.n_text_head, dtype=self._torch.bool
            )
            for layer, head in heads:
                mask[layer, head] = True
            model.register_buffer("alignment_heads", mask.to_sparse(), persistent=False)
        return model

    def _new(self, dimensions: dict[str, int]) -> Any:
        parts = self._whisper.model
        return parts.Whisper(parts.ModelDimensions(**dimensions))


class _Aligner:
    """What `whisper.timing` asks of a network, with states in place of sound, so that the encoder
    does not run again."""

    def __init__(self, model: Any, heads: Any) -> None:
        self.dims = model.dims
        self.decoder = model.decoder
        self.device = model.device
        self.alignment_heads = heads

    def __call__(self, states: Any, tokens: Any) -> Any:
        """Logits of `tokens`."""
        return self.decoder(tokens, states)

    def tensor(self, torch: Any, states: NDArray[Any]) -> Any:
        """States where the network is, in its precision."""
        weight = self.decoder.token_embedding.weight
        return torch.from_numpy(states).to(weight.device, weight.dtype)
