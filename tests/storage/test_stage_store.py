from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from storage_samples import (
    FACES,
    PASSAGES,
    SCENES,
    batch,
    faces,
    ocr,
    passages,
    probe,
    run,
    scenes,
    speech,
    video_id,
    vision,
)

from heimdex.domain.ids import VideoId
from heimdex.domain.stages import (
    PassagesOutput,
    ScenesOutput,
    Stage,
    StageOutput,
    StageStatus,
    VisionOutput,
)
from heimdex.domain.vectors import Space, SpaceKind, VectorBatch
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.database import Database
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore

EVERYTHING: list[tuple[Stage, StageOutput]] = [
    (Stage.PROBE, probe()),
    (Stage.SPEECH, speech("생일 축하해", "see you tomorrow")),
    (Stage.PASSAGES, passages("생일 축하해 see you tomorrow")),
    (Stage.SCENES, scenes(3)),
    (Stage.VISION, vision(3, 9)),
    (Stage.FACES, faces(2)),
    (Stage.OCR, ocr("생일 축하해", "EXIT")),
]


def contents(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row that is not bookkeeping of the indexes."""
    tables = "videos files media_info stage_runs transcripts segments scenes face_tracks".split()
    found = {t: [tuple(r) for r in database.read().execute(f"SELECT * FROM {t}")] for t in tables}
    for name, query in (
        ("passages", "SELECT video_id, idx, start_ms, end_ms, text FROM passages"),
        ("terms", "SELECT words, terms FROM passage_terms"),
        ("ocr", "SELECT video_id, idx, start_ms, end_ms, text, x1, y2, confidence FROM ocr_lines"),
        ("ocr terms", "SELECT words, terms FROM ocr_terms"),
        ("vectors", "SELECT video_id, space_id, items, vectors, start_ms, end_ms FROM vectors"),
    ):
        found[name] = [tuple(row) for row in database.read().execute(query)]
    return found


def test_everything_comes_back_as_it_was(
    database: Database, stages: StageStore, three_videos: list[VideoId]
) -> None:
    one = three_videos[0]
    for stage, output in EVERYTHING:
        stages.commit(one, output, run(1, stage))
    assert stages.transcript(one) == speech("생일 축하해", "see you tomorrow").transcript
    assert stages.passages(one) == passages("생일 축하해 see you tomorrow").passages
    assert stages.scenes(one) == scenes(3).scenes
    assert stages.tracks(one) == faces(2).tracks
    assert stages.ocr_lines(one) == ocr("생일 축하해", "EXIT").lines
    assert stages.runs(one) == {stage: run(1, stage) for stage, _ in EVERYTHING}
    assert stages.all_runs()[one] == stages.runs(one)
    assert stages.all_runs()[three_videos[1]] == {}
    stored = VectorStore(database).batch(one, SCENES)
    assert stored is not None
    np.testing.assert_allclose(stored.vectors, vision(3, 9).scenes.vectors, atol=1e-3)


def test_committing_again_changes_nothing(
    database: Database, stages: StageStore, library: Path, three_videos: list[VideoId]
) -> None:
    def all_of_it() -> tuple[object, object]:
        files = {path.name: path.read_bytes() for path in library.rglob("*.jpg")}
        return contents(database), files

    for stage, output in EVERYTHING:
        stages.commit(three_videos[0], output, run(1, stage))
    before = all_of_it()
    for stage, output in EVERYTHING:
        stages.commit(three_videos[0], output, run(1, stage))
    assert all_of_it() == before
    assert before[1]  # pictures are among it
    assert database.verify() == []


def test_a_new_run_replaces_the_old_one(
    database: Database, stages: StageStore, library: Path, three_videos: list[VideoId]
) -> None:
    one, pictures = three_videos[0], Artefacts(library)
    stages.commit(one, scenes(5), run(1, Stage.SCENES))
    stages.commit(one, faces(4), run(1, Stage.FACES))
    stages.commit(one, scenes(2), run(1, Stage.SCENES))
    stages.commit(one, faces(1), run(1, Stage.FACES))
    assert len(stages.scenes(one)) == 2
    assert len(stages.tracks(one)) == 1
    assert [pictures.scene(one, i).exists() for i in range(5)] == [True, True, False, False, False]
    assert [pictures.face(one, i).exists() for i in range(4)] == [True, False, False, False]


def test_what_depends_on_something_new_is_due_again(
    database: Database, stages: StageStore, three_videos: list[VideoId]
) -> None:
    one = three_videos[0]
    for stage, output in EVERYTHING:
        stages.commit(one, output, run(1, stage))
    stages.commit(one, speech("something else"), run(1, Stage.SPEECH))
    assert Stage.PASSAGES not in stages.runs(one)
    assert stages.passages(one)  # the old ones answer until they are replaced
    stages.commit(one, scenes(2), run(1, Stage.SCENES))
    assert Stage.VISION not in stages.runs(one)
    assert VectorStore(database).batch(one, SCENES) is None
    assert Stage.FACES in stages.runs(one)


def test_a_new_model_takes_over_one_video_after_the_other(
    database: Database, stages: StageStore, three_videos: list[VideoId]
) -> None:
    one, two, vectors = three_videos[0], three_videos[1], VectorStore(database)
    stages.commit(two, passages("하나"), replace(run(1, Stage.PASSAGES), video_id=two))
    newer = Space(SpaceKind.PASSAGE, "better", "1")
    stages.commit(one, passages("하나", "둘"), run(1, Stage.PASSAGES))
    stages.commit(one, passages("하나", "둘", space=newer), run(1, Stage.PASSAGES))
    assert vectors.spaces() == [PASSAGES, newer]
    assert vectors.videos(newer) == {one}
    assert vectors.videos(PASSAGES) == {two}
    first, second = Space(SpaceKind.FRAME, "a", "1"), Space(SpaceKind.FRAME, "b", "1")
    stages.commit(one, scenes(2), run(1, Stage.SCENES))
    for frames in (first, second):
        seen = VisionOutput(frames, batch(3), replace(frames, kind=SpaceKind.SCENE), batch(2))
        stages.commit(one, seen, run(1, Stage.VISION))
        assert vectors.batch(one, frames) is not None
    assert vectors.batch(one, first) is None
    assert vectors.batch(one, replace(first, kind=SpaceKind.SCENE)) is None
    other_face = Space(SpaceKind.FACE, "other", "1")
    stages.commit(one, faces(2), run(1, Stage.FACES))
    stages.commit(one, faces(2, space=other_face), run(1, Stage.FACES))
    assert vectors.batch(one, FACES) is None


def test_failures_and_skips_are_recorded_and_leave_what_there_was(
    stages: StageStore, three_videos: list[VideoId]
) -> None:
    one = three_videos[0]
    stages.commit(one, speech("안녕"), run(1, Stage.SPEECH))
    failed = run(1, Stage.SPEECH, StageStatus.FAILED, "The sound cannot be read.")
    stages.record(failed)
    assert stages.runs(one)[Stage.SPEECH] == failed
    assert stages.transcript(one) == speech("안녕").transcript
    stages.record(run(1, Stage.VISION, StageStatus.SKIPPED))
    stages.clear(one, [Stage.SPEECH])
    assert set(stages.runs(one)) == {Stage.VISION}
    stages.record(run(99, Stage.SPEECH, StageStatus.FAILED))  # forgotten meanwhile: no error
    with pytest.raises(ValueError, match="committed with its output"):
        stages.record(run(1, Stage.SPEECH))


def test_a_forgotten_video_gets_nothing(
    stages: StageStore, catalogue: Catalogue, library: Path, three_videos: list[VideoId]
) -> None:
    catalogue.remove_video(three_videos[0])
    with pytest.raises(KeyError):
        stages.commit(three_videos[0], scenes(2), run(1, Stage.SCENES))
    assert not any(library.rglob("*.jpg"))


def wrong_length() -> PassagesOutput:
    good = passages("a", "b")
    return PassagesOutput(good.space, good.passages, batch(1))


def not_unit() -> PassagesOutput:
    good = passages("a")
    double = VectorBatch(good.vectors.vectors * 2, good.vectors.start_ms, good.vectors.end_ms)
    return PassagesOutput(good.space, good.passages, double)


def not_a_number() -> PassagesOutput:
    good = passages("a")
    good.vectors.vectors[0, 0] = np.nan
    return good


def wrong_numbers() -> ScenesOutput:
    good = scenes(2)
    return ScenesOutput((good.scenes[1], good.scenes[0]), good.thumbnails)


@pytest.mark.parametrize("make", [wrong_length, not_unit, not_a_number, wrong_numbers])
def test_output_that_contradicts_itself_is_refused(
    database: Database, stages: StageStore, three_videos: list[VideoId], make: object
) -> None:
    output = make()  # type: ignore[operator]
    stage = Stage.SCENES if isinstance(output, ScenesOutput) else Stage.PASSAGES
    before = contents(database)
    with pytest.raises(ValueError, match=r"vectors|numbered|unit length"):
        stages.commit(three_videos[0], output, run(1, stage))
    assert contents(database) == before


def test_vectors_of_other_dimensions_are_refused(
    stages: StageStore, three_videos: list[VideoId]
) -> None:
    silent = PassagesOutput(
        PASSAGES, (), VectorBatch(np.zeros((0, 0), np.float32), *[np.zeros(0, np.int32)] * 2)
    )
    stages.commit(three_videos[0], silent, run(1, Stage.PASSAGES))
    stages.commit(three_videos[1], passages("a"), run(2, Stage.PASSAGES))
    wide = PassagesOutput(PASSAGES, passages("a").passages, batch(1, dims=32))
    with pytest.raises(ValueError, match="dimensions"):
        stages.commit(three_videos[2], wide, run(3, Stage.PASSAGES))
    assert stages.passages(three_videos[2]) == ()


def test_the_record_must_belong_to_the_output(
    stages: StageStore, three_videos: list[VideoId]
) -> None:
    with pytest.raises(ValueError, match="another stage or video"):
        stages.commit(three_videos[0], scenes(1), run(1, Stage.FACES))
    with pytest.raises(ValueError, match="another stage or video"):
        stages.commit(three_videos[0], scenes(1), run(2, Stage.SCENES))
    assert stages.runs(video_id(1)) == {}
