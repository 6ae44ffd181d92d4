"""Speech to text with word times: windows of speech through a Whisper model, and back on the clock.

Reading the sound, finding the voice and cutting windows at silence are left to the speech stage;
one pass of the network to `listening`, which runtime does it to `ctranslate_whisper` and
`reference.speech`, and what of its answers is believed to `hearing`.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, islice, pairwise

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.engines import Report
from heimdex.domain.errors import ModelUnavailable, UserError
from heimdex.domain.speech import Segment
from heimdex.ml import hearing, listening, obstacles
from heimdex.ml.acceleration.cases import Case, mean_cosine
from heimdex.ml.acceleration.graph import Arrays
from heimdex.ml.acceleration.memory import OutOfMemory
from heimdex.ml.described import Described
from heimdex.ml.hearing import Heard
from heimdex.ml.listening import SAMPLE_RATE, VIEW_S, Model, Samples, Search, View
from heimdex.ml.manifests import Manifest
from heimdex.ml.runtime import MPS, Compute
from heimdex.ml.store import ModelStore

OPENAI_FORM = "openai"
"""The form of a manifest that is openai-whisper's checkpoint."""

Opener = Callable[[ModelStore, str, Compute], Model]
"""Reads the weights of a model; `ModelUnavailable` when that cannot be."""

_log = logging.getLogger(__name__)


def open_ctranslate(store: ModelStore, model_id: str, compute: Compute) -> Model:
    """`ASR_ENGINE=faster-whisper`: CTranslate2 and OpenVINO, without torch."""
    from heimdex.ml.ctranslate_whisper import CTranslateWhisper

    if store.form(model_id) == OPENAI_FORM:
        raise ModelUnavailable(
            f"{model_id} is installed as openai-whisper's own file, which faster-whisper cannot "
            "open; set ASR_ENGINE to openai-whisper, or remove the model and download it again.",
            model_id,
        )
    return CTranslateWhisper(store, model_id, compute)


def open_torch(store: ModelStore, model_id: str, compute: Compute) -> Model:
    """`ASR_ENGINE=openai-whisper`: torch."""
    from heimdex.ml.reference import libraries
    from heimdex.ml.reference.speech import TorchWhisper

    if not libraries.is_installed("whisper"):
        raise ModelUnavailable(
            f"{model_id} is to be run by openai-whisper, which is not installed; "
            f"{obstacles.adding(libraries.INSTALL)}. Or set ASR_ENGINE to faster-whisper and "
            "ASR_DEVICE to cpu.",
            model_id,
        )
    return TorchWhisper(store, model_id, compute)


def open_best(store: ModelStore, model_id: str, compute: Compute) -> Model:
    """`ASR_ENGINE=auto`: torch where only it can run what is installed on the device that is
    asked for, CTranslate2 everywhere else."""
    if store.form(model_id) == OPENAI_FORM or compute.device == MPS:
        return open_torch(store, model_id, compute)
    return open_ctranslate(store, model_id, compute)


OPENERS: Mapping[str, Opener] = {
    "auto": open_best,
    "faster-whisper": open_ctranslate,
    "openai-whisper": open_torch,
}
"""By the names of `ASR_ENGINE`."""


@dataclass(frozen=True, slots=True)
class SpeechRules:
    """How long it may take: so many seconds and twice its own length for a window. After that it is
    finished in haste, after the same time again what is left is given up."""

    patient_s: float = 20.0


class WhisperRecognizer(Described):
    """A `SpeechRecognizer`."""

    def __init__(
        self,
        store: ModelStore,
        manifest: Manifest,
        compute: Compute,
        opener: Opener,
        rules: SpeechRules | None = None,
    ) -> None:
        self._store = store
        self._manifest = manifest
        self._compute = compute
        self._opener = opener
        self._rules = rules or SpeechRules()
        self._model: Model | None = None

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
        windows just under 30 or 60 s are the cheapest.

        `UserError` for a language that the model does not know. A window that takes far too long
        is cut short with a warning in the log.
        """
        model = self._loaded()
        parts = _parts(windows)
        if language is None:
            with self._memory_told():
                language, parts = _with_language(model, parts)
            if not language:
                return
        elif language not in model.languages:
            raise UserError(f"{self._manifest.title} does not know the language {language!r}.")
        index = 0
        while some := list(islice(parts, model.at_once)):
            with self._memory_told():
                heard = self._heard(model, language, some, report)
            for segment in heard:
                yield language, replace(segment, index=index)
                index += 1
            report(some[-1].end_ms)

    @contextmanager
    def _memory_told(self) -> Iterator[None]:
        """Say what to do when not even one view fits: the job waits for it, and is not lost."""
        try:
            yield
        except OutOfMemory as error:
            raise ModelUnavailable(
                f"There is not enough memory to run {self.model_id}; close other programs, or "
                "choose a smaller ASR_MODEL or another ASR_DEVICE.",
                self.model_id,
            ) from error

    def _loaded(self) -> Model:
        if self._model is None:
            self._model = self._opener(self._store, self.model_id, self._compute)
        return self._model

    def _allowed_s(self, seconds: float) -> float:
        """How long so many seconds of sound may take before they are finished in haste."""
        return self._rules.patient_s + 2 * seconds

    def _heard(
        self, model: Model, language: str, parts: Sequence["_Part"], report: Report
    ) -> list[Segment]:
        """What is said in some parts, as far as it can be believed and in the time it may take."""
        allowed = self._allowed_s(sum(part.seconds for part in parts))
        began = time.monotonic()
        at_ms = parts[0].start_ms

        def seen(wanted: Sequence[_Part]) -> Iterator[_Part]:
            nonlocal at_ms
            for part in wanted:
                if time.monotonic() - began > 2 * allowed:
                    _log.warning("transcribing took too long; the rest of a window is left out")
                    return
                at_ms = max(at_ms, part.start_ms)
                report(at_ms)
                yield part.seen(model)

        def searches() -> Iterator[Search]:
            for number, search in enumerate(model.searches):
                report(at_ms)
                if number and time.monotonic() - began > allowed:
                    return
                yield search

        found: list[Segment] = []
        waiting = [part for part in parts if not hearing.is_silent(part.samples)]
        while waiting:
            ready = list(seen(waiting))
            views = [part.view for part in ready if part.view is not None]
            waiting = []
            answers = listening.listen(model, views, language, searches()) if views else []
            for part, answer in zip(ready, answers, strict=True):
                segments, rest = _judged(part, answer)
                found += segments
                if rest is not None:
                    waiting.append(rest)
        return sorted(found, key=lambda segment: segment.start_ms)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """As much of a window as the network can see; `view` is what it saw, where it looked."""

    start_ms: int
    samples: Samples
    view: View | None = field(default=None, repr=False)

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE

    @property
    def end_ms(self) -> int:
        return self.start_ms + _ms(len(self.samples))

    def seen(self, model: Model) -> "_Part":
        """This part after the network looked at it."""
        if self.view is not None:
            return self
        return replace(self, view=View(0, self.samples, model.encode(self.samples)))


def _judged(part: _Part, answer: Heard) -> tuple[list[Segment], _Part | None]:
    """What can be believed of an answer, and what of the part should be listened to again."""
    levels = hearing.loudness(part.samples)
    rest = hearing.unheard(answer, levels)
    believed_s = rest / SAMPLE_RATE if rest else part.seconds
    segments = hearing.believed(answer, part.start_ms, believed_s, levels)
    again = _Part(part.start_ms + _ms(rest), part.samples[rest:]) if rest else None
    return segments, again


def _parts(windows: Iterable[tuple[int, Samples]]) -> Iterator[_Part]:
    """Windows in parts that the network can see, cut where they are quietest."""
    for start_ms, window in windows:
        samples = np.asarray(window, np.float32)
        for start, end in pairwise(hearing.quiet_cuts(samples, VIEW_S * SAMPLE_RATE)):
            yield _Part(start_ms + _ms(start), samples[start:end])


def _with_language(model: Model, parts: Iterable[_Part]) -> tuple[str, Iterator[_Part]]:
    """The language of the first parts, "" without any, and all of the parts again.

    What the network saw is kept, so that finding out costs next to nothing.
    """
    if len(model.languages) == 1:
        return model.languages[0], iter(parts)
    parts = iter(parts)
    seen: list[_Part] = []
    votes = hearing.LanguageVotes()
    for part in parts:
        if hearing.is_silent(part.samples):
            continue
        looked = part.seen(model)
        seen.append(looked)
        if looked.view is not None:
            votes.add(model.language_shares(looked.view.states), looked.seconds)
        if votes.settled:
            break
    return votes.language, chain(seen, parts)


def _ms(samples: int) -> int:
    return round(samples * 1000 / SAMPLE_RATE)


def tuning_cases(store: ModelStore, manifest: Manifest) -> list[Case]:
    """The encoder, on the sound of Heimdex's own sample; decoding has only one form."""
    from heimdex.ml.ctranslate_whisper import ENCODER, features

    sample = store.resources / "sample" / "astronaut.mp4"
    if store.find(manifest.id, ENCODER) is None or not sample.exists():
        return []

    def samples() -> list[Arrays]:
        from faster_whisper import decode_audio

        sound = decode_audio(str(sample))
        parts = [
            np.roll(sound, number * SAMPLE_RATE)[: VIEW_S * SAMPLE_RATE] for number in range(4)
        ]
        weights = store.path(manifest.id, ENCODER).parent
        return [{"features": features(weights, part)} for part in parts]

    return [Case(ENCODER, samples, mean_cosine(), gate=0.99)]
