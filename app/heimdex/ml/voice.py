"""Finds where somebody speaks, so that silence, noise and music are not transcribed.

Silero VAD. Cutting windows for the recogniser out of the spans is left to the speech stage.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from heimdex.ml import runtime
from heimdex.ml.described import Described
from heimdex.ml.manifests import Manifest
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SAMPLE_RATE: Final = 16_000
_FRAME: Final = 512
_CONTEXT: Final = 64
_STATE: Final = 128
_FRAMES_AT_ONCE: Final = 4096
"""About two minutes: memory stays the same for any length."""


@dataclass(frozen=True, slots=True)
class VoiceRules:
    """How probabilities of speech become spans.

    A span begins when a frame reaches `begin` and ends when frames stay under `end` for
    `least_pause_ms`. Shorter ones than `least_speech_ms` are dropped; what is kept is widened by
    `margin_ms`, because words begin and end softly.

    `begin` is low, for speech over music; what is no speech after all, the recogniser refuses.
    """

    begin: float = 0.3
    end: float = 0.15
    least_pause_ms: int = 500
    least_speech_ms: int = 160
    margin_ms: int = 240


class SileroVoice(Described):
    """A `VoiceDetector`."""

    def __init__(
        self,
        store: ModelStore,
        manifest: Manifest,
        compute: Compute,
        rules: VoiceRules | None = None,
    ) -> None:
        self._store = store
        self._manifest = manifest
        # A tiny recurrent net: a second thread or a graphics card only adds waiting.
        self._compute = Compute(runtime.CPU, min(1, compute.threads))
        self._rules = rules or VoiceRules()
        self._session: InferenceSession | None = None

    def load(self) -> None:
        """Open the graph; `ModelUnavailable` when it is missing or damaged."""
        self._opened()

    def unload(self) -> None:
        """Let the graph go."""
        self._session = None

    def speech_spans(self, samples: NDArray[np.float32]) -> list[tuple[int, int]]:
        """Spans [start, end) in samples of 16 kHz mono float32 that hold speech, in order.

        They do not touch each other. Each call stands for itself: a long track may be handed over
        in pieces of some minutes, best cut where a span of the piece before has ended.
        """
        return spans(self.probabilities(samples), len(samples), self._rules)

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probability of speech of each frame of 32 ms; the last one is filled up with silence."""
        session = self._opened()
        count = -(-len(samples) // _FRAME)
        answers = [np.empty(0, np.float32)]
        hidden = cell = np.zeros((1, 1, _STATE), np.float32)
        before = np.zeros(_CONTEXT, np.float32)
        for first in range(0, count, _FRAMES_AT_ONCE):
            block = samples[first * _FRAME : (first + _FRAMES_AT_ONCE) * _FRAME]
            frames = _frames(np.asarray(block, np.float32))
            # The network sees the end of the frame before in front of each frame.
            context = np.vstack([before, frames[:-1, -_CONTEXT:]])
            before = frames[-1, -_CONTEXT:]
            speech, hidden, cell = runtime.run(
                session, input=np.hstack([context, frames]), h=hidden, c=cell
            )
            answers.append(speech.reshape(-1))
        return np.concatenate(answers)

    def _opened(self) -> "InferenceSession":
        if self._session is None:
            path = self._store.path(self.model_id, "silero_vad_v6.onnx")
            self._session = runtime.onnx_session(path, self._compute, self.model_id)
        return self._session


def spans(
    probabilities: NDArray[np.float32], length: int, rules: VoiceRules
) -> list[tuple[int, int]]:
    """Spans in samples out of the probabilities of frames; `length` is that of the sound."""
    pause = rules.least_pause_ms * SAMPLE_RATE // 1000
    shortest = rules.least_speech_ms * SAMPLE_RATE // 1000
    margin = rules.margin_ms * SAMPLE_RATE // 1000
    found: list[tuple[int, int]] = []
    start = quiet = -1
    for index, probability in enumerate(probabilities.tolist()):
        at = index * _FRAME
        if probability >= rules.begin:
            start = at if start < 0 else start
            quiet = -1
        elif start >= 0 and probability < rules.end:
            quiet = at if quiet < 0 else quiet
            if at + _FRAME - quiet >= pause:
                found.append((start, quiet))
                start = quiet = -1
    if start >= 0:
        found.append((start, quiet if quiet >= 0 else length))
    return _widened([span for span in found if span[1] - span[0] >= shortest], margin, length)


def _widened(found: list[tuple[int, int]], margin: int, length: int) -> list[tuple[int, int]]:
    """Spans with a margin on both sides; two that come to touch share the pause between them."""
    widened: list[tuple[int, int]] = []
    for index, (start, end) in enumerate(found):
        before = found[index - 1][1] if index else -margin
        after = found[index + 1][0] if index + 1 < len(found) else length + margin
        start -= min(margin, (start - before) // 2 if index else margin)
        end += min(margin, (after - end - 1) // 2 if index + 1 < len(found) else margin)
        widened.append((max(0, start), min(length, end)))
    return widened


def _frames(block: NDArray[np.float32]) -> NDArray[np.float32]:
    filled = np.zeros(-(-len(block) // _FRAME) * _FRAME, np.float32)
    filled[: len(block)] = block
    return filled.reshape(-1, _FRAME)
