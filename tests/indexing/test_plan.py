from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from small_library import MODELS, media_info

from heimdex.domain.ids import VideoId
from heimdex.domain.media import FileState, Video
from heimdex.domain.stages import STAGE_VERSIONS, Stage, StageRun, StageStatus
from heimdex.indexing.plan import DEPENDENTS, GROUPS, applies, missing, plan

ID = VideoId("0" * 32)
VIDEO = Video(ID, Path("/v/a.mp4"), "a", FileState.ONLINE, 0, 4000, None, 640, 360, True, True)
OFFLINE = replace(VIDEO, state=FileState.OFFLINE)


def run(stage: Stage, status: StageStatus = StageStatus.DONE, **changes: object) -> StageRun:
    made = StageRun(ID, stage, STAGE_VERSIONS[stage], MODELS.get(stage, ""), status, 1.0, "", 1_000)
    return replace(made, **changes)


def all_done(**changed: StageRun) -> dict[Stage, StageRun]:
    return {stage: run(stage) for stage in Stage} | {Stage(k): v for k, v in changed.items()}


def test_everything_is_missing_of_a_new_video() -> None:
    assert plan(VIDEO, {}, MODELS) == list(Stage)
    assert [stage for group in GROUPS for stage in group] == list(Stage)


def test_nothing_is_missing_of_a_finished_one() -> None:
    assert plan(VIDEO, all_done(), MODELS) == []


def test_another_model_or_newer_code_makes_a_stage_due() -> None:
    assert plan(VIDEO, all_done(faces=run(Stage.FACES, model="old/1")), MODELS) == [Stage.FACES]
    assert plan(VIDEO, all_done(probe=run(Stage.PROBE, version=0)), MODELS) == [Stage.PROBE]
    assert plan(VIDEO, all_done(probe=run(Stage.PROBE, version=9)), MODELS) == []


def test_what_is_made_from_a_stage_is_due_with_it() -> None:
    due = plan(VIDEO, all_done(speech=run(Stage.SPEECH, model="old/1")), MODELS)
    assert due == [Stage.SPEECH, Stage.PASSAGES]
    due = plan(VIDEO, all_done(scenes=run(Stage.SCENES, version=0)), MODELS)
    assert due == [Stage.SCENES, Stage.VISION]


def test_text_is_due_for_a_library_from_before_it_was_read_and_for_another_reader() -> None:
    before = {stage: made for stage, made in all_done().items() if stage is not Stage.OCR}
    assert plan(VIDEO, before, MODELS) == [Stage.OCR]
    korean = MODELS | {Stage.OCR: "reader/1+korean/1"}
    assert plan(VIDEO, all_done(), korean) == [Stage.OCR]


def test_text_that_nobody_reads_is_not_missing() -> None:
    for off in ({k: v for k, v in MODELS.items() if k is not Stage.OCR}, MODELS | {Stage.OCR: ""}):
        assert Stage.OCR not in plan(VIDEO, {}, off)
        assert plan(VIDEO, all_done(), off) == []


def test_a_failed_stage_is_left_alone_unless_asked_for() -> None:
    failed = all_done(faces=run(Stage.FACES, StageStatus.FAILED))
    assert plan(VIDEO, failed, MODELS) == []
    assert plan(VIDEO, failed, MODELS, retry_failed=True) == [Stage.FACES]
    changed = all_done(faces=run(Stage.FACES, StageStatus.FAILED, model="old/1"))
    assert plan(VIDEO, changed, MODELS) == [Stage.FACES]


def test_nothing_follows_a_failed_basis() -> None:
    failed = {
        Stage.PROBE: run(Stage.PROBE),
        Stage.SPEECH: run(Stage.SPEECH, StageStatus.FAILED),
        Stage.SCENES: run(Stage.SCENES, StageStatus.FAILED),
    }
    assert plan(VIDEO, failed, MODELS) == [Stage.FACES, Stage.OCR]
    assert plan(VIDEO, failed, MODELS, retry_failed=True) == list(Stage)[1:]
    assert plan(VIDEO, {Stage.PROBE: run(Stage.PROBE, StageStatus.FAILED)}, MODELS) == []


def test_a_track_that_is_not_there_is_not_looked_for_again() -> None:
    skipped = {stage: run(stage, StageStatus.SKIPPED, model="old/1") for stage in Stage}
    skipped[Stage.PROBE] = run(Stage.PROBE)
    assert plan(VIDEO, skipped, MODELS) == []


def test_without_the_file_only_what_is_stored_can_be_worked_on() -> None:
    assert plan(OFFLINE, {}, MODELS) == []
    due = all_done(
        passages=run(Stage.PASSAGES, model="old/1"), vision=run(Stage.VISION, model="old/1")
    )
    assert plan(OFFLINE, due, MODELS) == [Stage.PASSAGES]
    due[Stage.SPEECH] = run(Stage.SPEECH, model="old/1")
    assert plan(OFFLINE, due, MODELS) == []


def test_what_applies() -> None:
    silent, sound = media_info(audio=False), media_info(video=False)
    assert [stage for stage in Stage if applies(stage, silent)] == [
        Stage.PROBE,
        Stage.SCENES,
        Stage.VISION,
        Stage.FACES,
        Stage.OCR,
    ]
    assert [stage for stage in Stage if applies(stage, sound)] == list(Stage)[:3]


runs_of_all_kinds = st.dictionaries(
    st.sampled_from(Stage),
    st.tuples(st.sampled_from(StageStatus), st.sampled_from([0, 1]), st.sampled_from(["", "x"])),
)


@given(runs_of_all_kinds, st.booleans())
def test_properties(kinds: dict[Stage, tuple[StageStatus, int, str]], retry: bool) -> None:
    runs = {
        stage: run(stage, status, version=version, model=model)
        for stage, (status, version, model) in kinds.items()
    }
    due = missing(runs, MODELS, retry_failed=retry)
    assert due == sorted(due, key=list(Stage).index)
    assert set(missing(runs, MODELS)) <= set(missing(runs, MODELS, retry_failed=True))
    if Stage.PROBE in due:
        assert set(Stage) - set(runs) <= set(due) | {
            d
            for basis, others in DEPENDENTS.items()
            if basis in runs and runs[basis].status is StageStatus.FAILED
            for d in others
        }
    # Running what is due settles it.
    after = runs | {stage: run(stage) for stage in due}
    if Stage.PROBE not in due and runs[Stage.PROBE].status is StageStatus.FAILED:
        assert due == []
    else:
        assert missing(after, MODELS) == []
