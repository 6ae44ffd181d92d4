"""Speech to text with word times: Whisper, run by faster-whisper and CTranslate2.

Reading the sound, finding the voice and cutting windows at silence are left to the speech stage;
one pass of the network to `listening`; what of its answers is believed to `hearing`.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.engines import Report
from heimdex.domain.errors import ModelUnavailable, UserError
from heimdex.domain.speech import Segment
from heimdex.ml import hearing, listening, runtime
from heimdex.ml.listening import SAMPLE_RATE, VIEW_S, Search, View
from heimdex.ml.manifests import Manifest
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SpeechRules:
    """How the model is run.

    `searches` are tried in turn while the answer is repetitive or unsure. Two beams were found to
    hear as well as five. A window may take `patient_s` seconds and twice its own length; after that
    it is finished in haste, after the same time again what is left is given up.
    """

    searches: tuple[Search, ...] = (Search(2), Search(5, no_repeat=5), Search(5, 3, 1.1))
    patient_s: float = 20.0


class WhisperRecognizer:
    """A `SpeechRecognizer`."""

    def __init__(
        self,
        store: ModelStore,
        manifest: Manifest,
        compute: Compute,
        rules: SpeechRules | None = None,
    ) -> None:
        self._store = store
        self._manifest = manifest
        self._compute = compute
        self._rules = rules or SpeechRules()
        self._model: WhisperModel | None = None

    @property
    def model_id(self) -> str:
        """Id of the manifest."""
        return self._manifest.id

    @property
    def revision(self) -> str:
        """Revision of the weights."""
        return self._manifest.space_revision

    def load(self) -> None:
        """Read the weights; `ModelUnavailable` when they are missing or damaged."""
        self._loaded()

    def unload(self) -> None:
        """Free the weights."""
        self._model = None

    def transcribe(
        self,
        windows: Iterable[tuple[int, NDArray[np.float32]]],
        language: str | None,
        report: Report,
    ) -> Iterator[tuple[str, Segment]]:
        """See `SpeechRecognizer`. Every 30 s that are begun cost one pass of the network, so
        windows just under 30 s are the cheapest.

        `UserError` for a language that the model does not know. A window that takes far too long
        is cut short with a warning in the log.
        """
        model = self._loaded()
        prepared: Iterator[_Window] = (
            _Window(start_ms, np.asarray(samples, np.float32)) for start_ms, samples in windows
        )
        if not model.model.is_multilingual:
            language = "en"
        elif language is None:
            language, prepared = _with_language(model, prepared)
            if not language:
                return
        elif language not in model.supported_languages:
            raise UserError(f"{self._manifest.title} does not know the language {language!r}.")
        tokenizer = self._tokenizer(model, language)
        index = 0
        for window in prepared:
            for segment in self._heard(model, tokenizer, window, report):
                yield language, replace(segment, index=index)
                index += 1
            report(window.start_ms + window.at_ms(len(window.samples)))

    def _loaded(self) -> "WhisperModel":
        if self._model is None:
            import ctranslate2
            from faster_whisper import WhisperModel

            there = [runtime.CUDA] if ctranslate2.get_cuda_device_count() else []
            device = runtime.choose_device(
                self._compute.device, [*there, runtime.CPU], self.model_id
            )
            folder = self._store.path(self.model_id, "model.bin").parent
            try:
                self._model = WhisperModel(
                    str(folder),
                    device=device,
                    compute_type="int8" if device == runtime.CPU else "int8_float16",
                    cpu_threads=max(1, self._compute.threads),
                    local_files_only=True,
                )
            except (RuntimeError, ValueError, OSError) as error:
                raise ModelUnavailable(
                    f"The weights of {self.model_id} cannot be opened; install the model again.",
                    self.model_id,
                ) from error
        return self._model

    def _tokenizer(self, model: "WhisperModel", language: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        return Tokenizer(
            model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=language
        )

    def _allowed_s(self, seconds: float) -> float:
        """How long a window of so many seconds may take before it is finished in haste."""
        return self._rules.patient_s + 2 * seconds

    def _heard(
        self, model: "WhisperModel", tokenizer: Any, window: "_Window", report: Report
    ) -> Iterator[Segment]:
        """What is said in one window, as far as it can be believed and in the time it may take."""
        allowed = self._allowed_s(len(window.samples) / SAMPLE_RATE)
        began = time.monotonic()

        def searches(view: View) -> Iterator[Search]:
            for number, search in enumerate(self._rules.searches):
                report(window.start_ms + window.at_ms(view.start))
                if number and time.monotonic() - began > allowed:
                    return
                yield search

        for first in window.views(model):
            view: View | None = first
            while view is not None:
                if time.monotonic() - began > 2 * allowed:
                    _log.warning("transcribing took too long; the rest of a window is left out")
                    return
                answer = listening.listen(model, tokenizer, view, searches(view))
                levels = hearing.loudness(view.samples)
                rest = hearing.unheard(answer, levels)
                believed_s = rest / SAMPLE_RATE if rest else view.seconds
                yield from hearing.believed(
                    answer, window.start_ms + window.at_ms(view.start), believed_s, levels
                )
                view = (
                    listening.encode(model, view.start + rest, view.samples[rest:])
                    if rest
                    else None
                )


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """A window of sound, and its first view where the language was found out."""

    start_ms: int
    samples: NDArray[np.float32]
    first: View | None = None

    def at_ms(self, sample: int) -> int:
        """Milliseconds from the window's start."""
        return round(sample * 1000 / SAMPLE_RATE)

    def views(self, model: "WhisperModel") -> Iterator[View]:
        """The window in parts that the network can see, cut where it is quietest."""
        borders = hearing.quiet_cuts(self.samples, VIEW_S * SAMPLE_RATE)
        for start, end in pairwise(borders):
            if start == 0 and self.first is not None:
                yield self.first
            elif not hearing.is_silent(self.samples[start:end]):
                yield listening.encode(model, start, self.samples[start:end])


def _with_language(
    model: "WhisperModel", windows: Iterable[_Window]
) -> tuple[str, Iterator[_Window]]:
    """The language of the first windows, "" without any, and all of the windows again.

    What the network saw is kept, so that finding out costs next to nothing.
    """
    windows = iter(windows)
    seen: list[_Window] = []
    votes = hearing.LanguageVotes()
    for window in windows:
        first = next(window.views(model), None)
        if first is None:
            continue
        seen.append(replace(window, first=first if first.start == 0 else None))
        votes.add(listening.language_shares(model, first), first.seconds)
        if votes.settled:
            break
    return votes.language, chain(seen, windows)
