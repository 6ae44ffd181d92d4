"""Guesses how long the queue will take from how long the finished stages took.

Counts only; what is running is said by the queue.
"""

from heimdex.domain.stages import Stage, StageFinished, StageStatus

# Seconds of work for a second of video on two slow cores, until something was measured here.
_FIRST_GUESS: dict[Stage, float] = {
    Stage.PROBE: 0.002,
    Stage.SPEECH: 0.12,
    Stage.PASSAGES: 0.004,
    Stage.SCENES: 0.06,
    Stage.VISION: 0.03,
    Stage.FACES: 0.06,
    Stage.OCR: 0.03,
}
_INERTIA = 0.7


class Forecast:
    """A running mean of the cost of each stage, in seconds for a second of media."""

    def __init__(self) -> None:
        self._cost = dict(_FIRST_GUESS)
        self._measured: set[Stage] = set()

    @property
    def trustworthy(self) -> bool:
        """Whether anything was measured yet; before, better say nothing."""
        return bool(self._measured)

    def learn(self, event: StageFinished) -> None:
        """Take a finished stage into account."""
        if event.status is not StageStatus.DONE or event.media_ms < 1000 or event.seconds <= 0:
            return
        cost = event.seconds / (event.media_ms / 1000)
        if event.stage in self._measured:
            cost = _INERTIA * self._cost[event.stage] + (1 - _INERTIA) * cost
        self._cost[event.stage] = cost
        self._measured.add(event.stage)

    def seconds(self, media_ms: int, done: frozenset[Stage] = frozenset()) -> float:
        """For so much media, of which the stages `done` are finished."""
        return media_ms / 1000 * sum(c for s, c in self._cost.items() if s not in done)

    def remaining(self, stage: Stage, done_ms: int, total_ms: int) -> float:
        """For the rest of a running stage."""
        return max(0, total_ms - done_ms) / 1000 * self._cost[stage]
