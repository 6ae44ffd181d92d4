"""Decides which stages of a video are missing or out of date, from what was run before.

Running them, and deciding that there is nothing to do for one, is the worker's affair.
"""

from collections.abc import Mapping

from heimdex.domain.media import FileState, MediaInfo, Video
from heimdex.domain.stages import STAGE_VERSIONS, Stage, StageRun, StageStatus

GROUPS: tuple[tuple[Stage, ...], ...] = (
    (Stage.PROBE,),
    (Stage.SPEECH,),
    (Stage.PASSAGES,),
    (Stage.SCENES, Stage.VISION, Stage.FACES, Stage.OCR),
)
"""Stages that are computed together, in the order they run; the last ones share one decode pass."""

DEPENDENTS: dict[Stage, tuple[Stage, ...]] = {
    Stage.SPEECH: (Stage.PASSAGES,),
    Stage.SCENES: (Stage.VISION,),
}
"""What is made from another stage's rows: passages of segments, scene vectors of scenes."""

AUDIO_STAGES = frozenset({Stage.SPEECH, Stage.PASSAGES})
PICTURE_STAGES = frozenset({Stage.SCENES, Stage.VISION, Stage.FACES, Stage.OCR})

OPTIONAL = frozenset({Stage.FACES, Stage.OCR})
"""Stages that a person can switch off: without a model they are not missing."""

_WITHOUT_FILE = frozenset({Stage.PASSAGES})


def missing(
    runs: Mapping[Stage, StageRun],
    models: Mapping[Stage, str],
    *,
    retry_failed: bool = False,
) -> list[Stage]:
    """Stages that still have to be run (or recorded as skipped), in the order they run.

    `models` says with which model each stage would run now ("" or absent for none). A stage that
    failed with the same code and model is left alone unless `retry_failed`; so is everything
    behind a probe that failed.
    """
    stale = {stage for stage in Stage if _is_stale(runs.get(stage), stage, models, retry_failed)}
    probe = runs.get(Stage.PROBE)
    if Stage.PROBE not in stale and probe is not None and probe.status is StageStatus.FAILED:
        return []
    for stage, dependents in DEPENDENTS.items():
        if stage in stale:
            stale.update(dependents)
        basis = runs.get(stage)
        if stage not in stale and basis is not None and basis.status is StageStatus.FAILED:
            stale.difference_update(dependents)
    return [stage for stage in Stage if stage in stale]


def plan(
    video: Video,
    runs: Mapping[Stage, StageRun],
    models: Mapping[Stage, str],
    *,
    retry_failed: bool = False,
) -> list[Stage]:
    """Those of the `missing` stages that can be run now.

    While the file cannot be reached these are the ones that work on what is stored already.
    """
    wanted = missing(runs, models, retry_failed=retry_failed)
    if video.state is FileState.ONLINE:
        return wanted
    if Stage.SPEECH in wanted:
        return []
    return [stage for stage in wanted if stage in _WITHOUT_FILE]


def applies(stage: Stage, info: MediaInfo) -> bool:
    """Whether a file with these tracks has anything for the stage."""
    if stage in AUDIO_STAGES:
        return bool(info.audio)
    if stage in PICTURE_STAGES:
        return bool(info.video)
    return True


def _is_stale(
    run: StageRun | None, stage: Stage, models: Mapping[Stage, str], retry_failed: bool
) -> bool:
    if stage in OPTIONAL and not models.get(stage):
        return False
    if run is None or run.version < STAGE_VERSIONS[stage]:
        return True
    if run.status is StageStatus.SKIPPED:
        # Another model would not find a track that is not there.
        return False
    if run.model != models.get(stage, ""):
        return True
    return retry_failed and run.status is StageStatus.FAILED
