"""What comes back from a host hangs together, or it is not taken."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_library import batch, media_info, output, transcript

from heimdex.domain.errors import EngineFailed
from heimdex.domain.media import Scene
from heimdex.domain.speech import Segment, Transcript
from heimdex.domain.stages import SpeechOutput, Stage, StageOutput
from heimdex.domain.vectors import Space, SpaceKind, VectorBatch
from heimdex.indexing.engine import _request, require_sound, stage_of

GOOD = {stage: output(stage, Path("a.mp4"), transcript()) for stage in Stage}


def stretched(vectors: VectorBatch) -> VectorBatch:
    return replace(vectors, vectors=vectors.vectors * 2)


def backwards(vectors: VectorBatch) -> VectorBatch:
    return replace(vectors, start_ms=vectors.end_ms, end_ms=vectors.start_ms)


def shorter(vectors: VectorBatch) -> VectorBatch:
    return replace(vectors, end_ms=vectors.end_ms[:-1])


@pytest.mark.parametrize("stage", Stage)
def test_good_outputs_are_taken(stage: Stage) -> None:
    require_sound(GOOD[stage])
    assert stage_of(GOOD[stage]) is stage


passages, scenes = GOOD[Stage.PASSAGES], GOOD[Stage.SCENES]
vision, faces, ocr = GOOD[Stage.VISION], GOOD[Stage.FACES], GOOD[Stage.OCR]


@pytest.mark.parametrize(
    "bad",
    [
        replace(passages, passages=()),
        replace(passages, space=Space(SpaceKind.FACE, "a", "1")),
        replace(passages, vectors=stretched(passages.vectors)),
        replace(passages, vectors=backwards(passages.vectors)),
        replace(passages, vectors=shorter(passages.vectors)),
        replace(passages, vectors=batch(2)),
        replace(passages, vectors=replace(batch(1), vectors=np.ones(8, np.float32))),
        replace(scenes, thumbnails=()),
        replace(scenes, scenes=scenes.scenes[::-1]),
        replace(scenes, scenes=(Scene(0, 5, 5, 5), scenes.scenes[1])),
        replace(vision, frames=stretched(vision.frames)),
        replace(vision, scenes=backwards(vision.scenes)),
        replace(vision, scene_space=vision.frame_space),
        replace(ocr, lines=ocr.lines * 2),
        replace(ocr, lines=(replace(ocr.lines[0], end_ms=500),)),
        replace(faces, crops=()),
        replace(faces, tracks=()),
        replace(faces, space=Space(SpaceKind.SCENE, "a", "1")),
        SpeechOutput(Transcript("en", (Segment(3, 0, 1, "x", ()),))),
        replace(GOOD[Stage.PROBE], info=replace(media_info(), duration_ms=-1)),
    ],
    ids=str,
)
def test_what_contradicts_itself_is_an_engine_failure(bad: StageOutput) -> None:
    with pytest.raises(EngineFailed, match="contradicts itself"):
        require_sound(bad)


def test_only_stages_of_one_group_are_asked_for_together() -> None:
    path, info = Path("a.mp4"), media_info()
    assert _request(path, None, [Stage.PROBE], None)[0] == "probe"
    assert _request(path, info, [Stage.SPEECH], None)[0] == "speech"
    assert _request(path, info, [Stage.PASSAGES], transcript())[0] == "passages"
    method, params = _request(path, info, [Stage.SCENES, Stage.FACES], None)
    assert (method, params["stages"]) == ("visual", (Stage.SCENES, Stage.FACES))
    for stages, known in (
        ([Stage.SPEECH, Stage.SCENES], info),
        ([Stage.SPEECH], None),
        ([Stage.PASSAGES], info),
        ([], info),
    ):
        with pytest.raises(ValueError, match=r"only the probe|not computed together"):
            _request(path, known, stages, None)
