"""The stages with the Starter engines, on the repository's own sample."""

from pathlib import Path

import numpy as np
import pytest

from heimdex.config.settings import Settings
from heimdex.domain.stages import FacesOutput, ScenesOutput, Stage, VisionOutput
from heimdex.indexing.engine import require_sound
from heimdex.indexing.stages.passages import run_passages
from heimdex.indexing.stages.speech import run_speech
from heimdex.indexing.stages.visual import run_visual
from heimdex.media.probe import probe
from heimdex.ml import factory, manifests
from heimdex.ml.store import ModelStore

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def store(starter_models: Path) -> ModelStore:
    return ModelStore(
        starter_models, manifests.load(CHECKOUT / "models"), resources=CHECKOUT / "resources"
    )


def ignore(_ms: int) -> None: ...


def test_what_is_said_and_when(sample_media: Path, store: ModelStore) -> None:
    path = sample_media / "deep-field.mp4"
    settings = Settings()
    info = probe(path)

    spoken = run_speech(
        path,
        info,
        factory.speech(settings, store),
        factory.voice(settings, store),
        None,
        ignore,
    ).transcript
    passages = run_passages(spoken, factory.text(settings, store))

    assert spoken.language == "en"
    words = [word for segment in spoken.segments for word in segment.words]
    assert all(0 <= w.start_ms <= w.end_ms <= info.duration_ms + 500 for w in words)
    assert [w.start_ms for w in words] == sorted(w.start_ms for w in words)
    require_sound(passages)
    assert len(passages.passages) >= 1


def test_who_and_what_is_seen(sample_media: Path, store: ModelStore) -> None:
    path = sample_media / "astronaut.mp4"
    settings = Settings()

    outputs = list(
        run_visual(
            path,
            probe(path),
            (Stage.SCENES, Stage.VISION, Stage.FACES),
            factory.vision(settings, store),
            factory.face_detector(settings, store),
            factory.face_embedder(settings, store),
            ignore,
        )
    )

    for output in outputs:
        require_sound(output)
    scenes, vision, faces = outputs
    assert isinstance(scenes, ScenesOutput)
    assert isinstance(vision, VisionOutput)
    assert isinstance(faces, FacesOutput)
    assert len(vision.scenes) == len(scenes.scenes)
    assert len(faces.tracks) >= 1
    best = max(faces.tracks, key=lambda track: track.quality)
    assert best.quality > 0.3
    # One woman: her tracks are alike.
    similar = faces.vectors.vectors @ faces.vectors.vectors[best.index]
    assert np.sort(similar)[-min(2, len(similar))] > 0.4
