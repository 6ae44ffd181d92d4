import errno
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from small_library import FakeEngine, Library, Trouble, put, transcript

from heimdex.domain.errors import EngineFailed, MediaError, ModelUnavailable, UserError
from heimdex.domain.stages import (
    JobFinished,
    JobState,
    Progress,
    Stage,
    StageFinished,
    StageStatus,
)
from heimdex.indexing.reach import UNREACHABLE

DONE, FAILED, SKIPPED = StageStatus.DONE, StageStatus.FAILED, StageStatus.SKIPPED
PICTURE = (Stage.SCENES, Stage.VISION, Stage.FACES, Stage.OCR)


@pytest.fixture
def one(library: Library, videos: Path) -> Library:
    """A library with one video waiting."""
    library.scanner.add([put(videos / "a.mp4")])
    return library


def statuses(library: Library) -> dict[Stage, StageStatus]:
    [video] = library.catalogue.videos()
    return {stage: run.status for stage, run in library.stages.runs(video.id).items()}


def job(library: Library):
    [only] = library.jobs.jobs()
    return only


def failing(error: Exception, *where: Stage, times: int = 1000, alone: bool = True) -> Trouble:
    """Raise at some stages, `times` in all; `alone=False`: only beside other stages."""
    left = [times]

    def trouble(stage: Stage, together: Sequence[Stage]) -> None:
        if stage in where and left[0] > 0 and (alone or len(together) > 1):
            left[0] -= 1
            raise error

    return trouble


# The good day


def test_a_video_goes_through_all_stages(one: Library) -> None:
    report = one.work()
    assert (report.done, report.failed, report.videos, report.halted) == (1, 0, 1, "")
    [video] = one.catalogue.videos()
    assert statuses(one) == dict.fromkeys(Stage, DONE)
    assert one.stages.transcript(video.id) == transcript()
    assert len(one.stages.scenes(video.id)) == 2
    assert one.artefacts.scene(video.id, 1).read_bytes() == b"scene 1"
    assert one.sorted_faces == [video.id]
    assert one.engine.asked == [(Stage.PROBE,), (Stage.SPEECH,), (Stage.PASSAGES,), PICTURE]
    assert one.syncs == len(Stage)
    assert job(one).state is JobState.DONE
    runs = one.stages.runs(video.id)
    assert {stage: run.model for stage, run in runs.items() if run.model} == one.models


@pytest.mark.parametrize("stage", [Stage.FACES, Stage.OCR])
def test_what_is_switched_off_while_it_runs_is_not_kept(one: Library, stage: Stage) -> None:
    known = dict(one.models)

    def switch_off(running: Stage, together: Sequence[Stage]) -> None:
        if running is stage:
            one.models.pop(stage, None)

    one.engine.trouble = switch_off
    assert one.work().done == 1
    [video] = one.catalogue.videos()
    assert statuses(one) == {each: DONE for each in Stage if each is not stage}
    assert one.stages.tracks(video.id) == () or stage is not Stage.FACES
    assert (one.sorted_faces == []) is (stage is Stage.FACES)
    # On again: it is due, and nothing else.
    one.engine.trouble = lambda running, together: None
    one.engine.asked.clear()
    one.models.update(known)
    one.scanner.rescan()
    assert one.work().done == 1
    assert one.engine.asked == [(stage,)]
    assert statuses(one) == dict.fromkeys(Stage, DONE)


def test_events_tell_the_whole_story(one: Library) -> None:
    one.engine.seconds = 0.01
    one.work()
    finished = [event for event in one.events if isinstance(event, StageFinished)]
    assert [event.stage for event in finished] == list(Stage)
    assert all(event.media_ms == 4000 for event in finished)
    assert isinstance(one.events[-1], JobFinished)
    assert one.events[-1].state is JobState.DONE
    assert {event.stage for event in one.events if isinstance(event, Progress)} == set(Stage)


def test_each_stage_can_be_found_at_once(one: Library) -> None:
    [video] = one.catalogue.videos()
    found: list[set[Stage]] = []

    def look(stage: Stage, together: Sequence[Stage]) -> None:
        found.append(set(one.stages.runs(video.id)))

    one.engine.trouble = look
    one.work()
    assert found == [set(list(Stage)[:n]) for n in range(len(Stage))]


@pytest.mark.parametrize(
    ("name", "skipped"),
    [("silent.mp4", {Stage.SPEECH, Stage.PASSAGES}), ("audio.m4a", set(PICTURE))],
)
def test_what_is_not_there_is_skipped(
    library: Library, videos: Path, name: str, skipped: set[Stage]
) -> None:
    library.scanner.add([put(videos / name)])
    assert library.work().done == 1
    assert {stage for stage, status in statuses(library).items() if status is SKIPPED} == skipped
    assert set(statuses(library)) == set(Stage)
    assert library.scanner.rescan().queued == 0


def test_the_queue_is_worked_in_order(library: Library, videos: Path) -> None:
    for name in "abc":
        library.scanner.add([put(videos / f"{name}.mp4")])
    jobs = library.jobs.jobs()
    library.jobs.move(jobs[2].id, jobs[0].id)
    assert library.work().done == 3
    done = [event.video_id for event in library.events if isinstance(event, JobFinished)]
    assert done == [jobs[n].video_id for n in (2, 0, 1)]


# Failures


@pytest.mark.parametrize("stage", Stage)
def test_one_crash_costs_one_attempt(one: Library, stage: Stage) -> None:
    one.engine.trouble = failing(EngineFailed("The engine crashed."), stage, times=1)
    assert one.work().done == 1
    assert statuses(one) == dict.fromkeys(Stage, DONE)
    # What was committed before the crash is not computed again.
    assert set(one.engine.computed.values()) == {1}


@pytest.mark.parametrize("stage", list(Stage)[1:])
@pytest.mark.parametrize(
    "error",
    [EngineFailed("The engine crashed."), MediaError("The track is damaged."), ValueError("bug")],
)
def test_a_stage_that_keeps_failing_stops_nothing_else(
    one: Library, stage: Stage, error: Exception
) -> None:
    one.engine.trouble = failing(error, stage)
    report = one.work()
    assert (report.failed, report.halted) == (1, "")
    got = statuses(one)
    assert got[stage] is FAILED
    [video] = one.catalogue.videos()
    reason = one.stages.runs(video.id)[stage].error
    assert reason == job(one).error
    assert reason == (
        "An internal error (ValueError); the log has the details."
        if isinstance(error, ValueError)
        else str(error)
    )
    expected = dict.fromkeys(Stage, DONE) | {stage: FAILED}
    if stage is Stage.SPEECH:
        del expected[Stage.PASSAGES]
    if isinstance(error, MediaError):
        # A damaged picture is damaged for all that look at it.
        after = PICTURE[PICTURE.index(stage) :] if stage in PICTURE else ()
        expected |= dict.fromkeys(after, FAILED)
    elif stage is Stage.SCENES:
        expected[Stage.VISION] = FAILED
    assert got == expected
    # And it is left alone until somebody asks.
    assert one.scanner.rescan().queued == 0


def test_a_crash_only_in_company_is_got_around(one: Library) -> None:
    one.engine.trouble = failing(EngineFailed("Out of memory."), Stage.FACES, alone=False)
    assert one.work().done == 1
    assert statuses(one) == dict.fromkeys(Stage, DONE)


def test_a_file_that_is_no_video_fails_at_the_probe(one: Library) -> None:
    one.engine.trouble = failing(MediaError("a.mp4 is not a video."), Stage.PROBE)
    assert one.work().failed == 1
    assert statuses(one) == {Stage.PROBE: FAILED}
    assert (job(one).state, job(one).error) == (JobState.FAILED, "a.mp4 is not a video.")
    assert one.engine.asked == [(Stage.PROBE,)]
    assert one.scanner.rescan().queued == 0


def test_the_queue_goes_on_after_a_failure(library: Library, videos: Path) -> None:
    bad = put(videos / "a bad.mp4")
    library.scanner.add([bad, put(videos / "b.mp4")])
    original = library.engine.run

    def run(path, *rest):
        if path == bad:
            raise EngineFailed("The engine crashed.")
        return original(path, *rest)

    library.engine.run = run
    report = library.work()
    assert (report.done, report.failed) == (1, 1)


def test_a_failure_before_a_stop_is_not_forgotten(one: Library) -> None:
    stopping = threading.Event()

    def trouble(stage: Stage, together: Sequence[Stage]) -> None:
        if stage is Stage.SPEECH:
            raise MediaError("The sound is damaged.")
        if stage is Stage.VISION:
            stopping.set()

    one.engine.trouble = trouble
    one.work(stopping.is_set)
    assert job(one).state is JobState.QUEUED
    assert one.work().failed == 1
    assert job(one).error == "The sound is damaged."
    assert one.engine.asked.count((Stage.SPEECH,)) == 1


def test_retrying_a_failed_job_runs_only_what_failed(one: Library) -> None:
    one.engine.trouble = failing(EngineFailed("The engine crashed."), Stage.FACES)
    one.work()
    one.engine.trouble = lambda stage, together: None
    one.engine.asked.clear()
    one.jobs.retry([job(one).id])
    assert one.work().done == 1
    assert one.engine.asked == [(Stage.FACES,)]
    assert statuses(one) == dict.fromkeys(Stage, DONE)


def test_an_engine_that_gives_too_little_has_failed(one: Library) -> None:
    original = one.engine.run

    def run(path, info, stages, *rest):
        return original(path, info, [s for s in stages if s is not Stage.VISION], *rest)

    one.engine.run = run
    assert one.work().failed == 1
    assert statuses(one) == dict.fromkeys(Stage, DONE) | {Stage.VISION: FAILED}
    assert "no result for vision" in job(one).error


def test_new_words_make_new_passages(one: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    import small_library as helpers

    one.work()
    monkeypatch.setattr(helpers, "transcript", lambda: transcript("other words"))
    one.models[Stage.SPEECH] = "better ears/1"
    one.scanner.rescan()
    one.work()
    [video] = one.catalogue.videos()
    assert [p.text for p in one.stages.passages(video.id)] == ["other words"]


# Models that are missing


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    ("stage", "model"), [(Stage.SPEECH, "ears"), (Stage.VISION, "eyes"), (Stage.FACES, "finder")]
)
def test_a_missing_model_pauses_the_job_and_costs_nothing_else(
    one: Library, stage: Stage, model: str, named: bool
) -> None:
    error = ModelUnavailable("Install the model.", model if named else "")
    one.engine.trouble = failing(error, stage)
    report = one.work()
    assert (report.paused, report.failed) == (1, 0)
    assert (job(one).state, job(one).error) == (JobState.PAUSED, "Install the model.")
    expected = dict.fromkeys(Stage, DONE)
    del expected[stage]
    if stage is Stage.SPEECH:
        del expected[Stage.PASSAGES]
    assert statuses(one) == expected
    # Installed, it goes on where it stopped.
    one.engine.trouble = lambda stage, together: None
    assert one.work().videos == 0
    assert one.worker.resume_waiting() == 1
    assert one.work().done == 1
    assert statuses(one) == dict.fromkeys(Stage, DONE)
    assert set(one.engine.computed.values()) == {1}


def test_what_a_person_paused_is_not_resumed(one: Library) -> None:
    one.jobs.pause([job(one).id])
    assert one.worker.resume_waiting() == 0


# The library in trouble


def disk_full(*args: object) -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error


def no_space(*args: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def storage_says(*args: object) -> None:
    raise UserError("The disk that holds the library is full; free some space.")


def locked(*args: object) -> None:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    raise error


@pytest.mark.parametrize("trouble", [disk_full, no_space, storage_says, locked])
@pytest.mark.parametrize("method", ["commit", "record"])
def test_a_full_disk_pauses_and_says_so(
    library: Library, videos: Path, monkeypatch: pytest.MonkeyPatch, trouble, method: str
) -> None:
    library.scanner.add([put(videos / "silent.mp4"), put(videos / "z.mp4")])
    with monkeypatch.context() as patched:
        patched.setattr(library.stages, method, trouble)
        report = library.work()
    assert (report.paused, report.failed, report.done) == (1, 0, 0)
    first, second = library.jobs.jobs()
    assert first.state is JobState.PAUSED
    assert first.error == report.halted
    assert ("full" in report.halted) or ("locked" in report.halted)
    assert second.state is JobState.QUEUED
    library.worker.resume_waiting()
    assert library.work().done == 2


def test_a_queue_that_cannot_be_written_ends_the_run(
    one: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(one.jobs, "finish", storage_says)
        report = one.work()
    assert "full" in report.halted
    assert one.work().done == 1


@pytest.mark.parametrize(
    "trouble", [UserError("The library is not there."), sqlite3.OperationalError("disk I/O error")]
)
def test_the_index_may_fail(one: Library, trouble: Exception) -> None:
    def broken() -> None:
        raise trouble

    object.__setattr__(one.worker._tools, "sync", broken)
    assert one.work().done == 1


def test_sorting_faces_may_fail_which_is_told_and_tried_again(one: Library) -> None:
    def broken(video_id: object) -> None:
        raise RuntimeError("a bug")

    object.__setattr__(one.worker._tools, "on_faces", broken)
    assert one.work().failed == 1
    (job,) = one.jobs.jobs([JobState.FAILED])
    assert "faces" in job.error
    object.__setattr__(one.worker._tools, "on_faces", one.sorted_faces.append)
    one.jobs.retry([job.id])
    assert one.work().done == 1
    assert len(one.sorted_faces) == 1


def test_faces_are_sorted_after_a_crash_right_after_their_commit(one: Library) -> None:
    assert one.work().done == 1
    one.sorted_faces.clear()
    with one.database.write() as connection:
        connection.execute("UPDATE jobs SET state = 'running'")
    one.work()
    assert len(one.sorted_faces) == 1


# The file goes away


@pytest.mark.parametrize("error", [MediaError("Cannot be opened."), EngineFailed("Crashed.")])
def test_a_pulled_drive_is_not_the_videos_fault(
    one: Library, videos: Path, error: Exception
) -> None:
    def pull(stage: Stage, together: Sequence[Stage]) -> None:
        if stage is Stage.VISION:
            videos.rename(videos.with_name("away"))
            raise error

    one.engine.trouble = pull
    assert one.work().paused == 1
    assert (job(one).state, job(one).error) == (JobState.PAUSED, UNREACHABLE)
    assert FAILED not in statuses(one).values()
    one.engine.trouble = lambda stage, together: None
    videos.with_name("away").rename(videos)
    one.scanner.rescan()
    assert one.work().done == 1
    assert set(one.engine.computed.values()) == {1}


def test_a_copy_is_read_instead(one: Library, videos: Path) -> None:
    put(videos / "copy.mp4", "a.mp4")
    one.scanner.add([videos])
    (videos / "a.mp4").unlink()
    assert one.work().done == 1
    assert one.engine.computed["copy.mp4", Stage.PROBE] == 1


def test_a_changed_file_is_not_taken_for_the_old_one(one: Library, videos: Path) -> None:
    put(videos / "a.mp4", "something else", age_s=50)
    assert one.work().paused == 1
    assert one.engine.asked == []
    one.scanner.rescan()
    assert one.work().done == 1


def test_passages_need_no_file(one: Library, videos: Path) -> None:
    one.work()
    videos.rename(videos.with_name("away"))
    one.models[Stage.PASSAGES] = "deeper meaning/1"
    one.jobs.enqueue([one.catalogue.videos()[0].id])
    assert one.work().done == 1
    assert one.engine.asked[-1] == (Stage.PASSAGES,)


# Stopping


@contextmanager
def later(seconds: float, action):
    timer = threading.Timer(seconds, action)
    timer.start()
    yield
    timer.join()


def slow(library: Library, seconds: float = 0.5) -> FakeEngine:
    library.engine.seconds = seconds
    return library.engine


def test_a_stop_comes_at_once_and_loses_nothing(one: Library) -> None:
    slow(one, 0.25)
    asked: list[float] = []

    def should_stop() -> bool:
        if not asked and Stage.SPEECH in statuses(one):
            asked.append(time.monotonic())
        return bool(asked)

    one.work(should_stop)
    assert time.monotonic() - asked[0] < 5
    assert job(one).state is JobState.QUEUED
    before = set(statuses(one))
    assert {Stage.PROBE, Stage.SPEECH} <= before < set(Stage)
    assert FAILED not in statuses(one).values()
    assert one.engine.open == 0
    assert not any(isinstance(event, JobFinished) for event in one.events)
    assert one.work().done == 1
    assert set(one.engine.computed.values()) == {1}


@pytest.mark.parametrize("state", [JobState.PAUSED, JobState.CANCELLED])
def test_a_job_is_stopped_from_the_queue(library: Library, videos: Path, state: JobState) -> None:
    library.scanner.add([put(videos / "a.mp4"), put(videos / "b.mp4")])
    slow(library, 0.3)
    first = library.jobs.jobs()[0].id
    change = library.jobs.pause if state is JobState.PAUSED else library.jobs.cancel

    def from_another_thread() -> None:
        change([first])
        time.sleep(0.6)
        library.engine.seconds = 0.0

    with later(0.4, from_another_thread):
        report = library.work()
    assert library.jobs.state(first) is state
    assert (report.done, report.videos) == (1, 2)
    assert library.events[-1].state is JobState.DONE
    stopped = [e for e in library.events if isinstance(e, JobFinished) and e.state is state]
    assert len(stopped) == 1


def test_a_video_forgotten_while_it_is_worked_on(library: Library, videos: Path) -> None:
    library.scanner.add([put(videos / "a.mp4"), put(videos / "b.mp4")])
    gone = library.jobs.jobs()[0].video_id

    def forget(stage: Stage, together: Sequence[Stage]) -> None:
        if stage is Stage.SPEECH and library.catalogue.video(gone):
            library.catalogue.remove_video(gone)

    library.engine.trouble = forget
    report = library.work()
    assert (report.done, report.failed) == (1, 0)
    assert [video.path.name for video in library.catalogue.videos()] == ["b.mp4"]


def test_a_listener_that_fails_leaves_the_job_in_the_queue(one: Library) -> None:
    def broken_pipe(event: object) -> None:
        if isinstance(event, StageFinished) and event.stage is Stage.SPEECH:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        one.worker.run(broken_pipe, lambda: False)
    assert job(one).state is JobState.QUEUED
    assert FAILED not in statuses(one).values()
    assert one.work().done == 1


def test_ctrl_c_leaves_the_job_in_the_queue(one: Library) -> None:
    one.engine.trouble = failing(KeyboardInterrupt(), Stage.VISION, times=1)
    with pytest.raises(KeyboardInterrupt):
        one.work()
    assert job(one).state is JobState.QUEUED
    assert one.engine.open == 0
    assert one.work().done == 1
    assert set(one.engine.computed.values()) == {1}


def test_run_one_takes_one_job(library: Library, videos: Path) -> None:
    library.scanner.add([put(videos / "a.mp4"), put(videos / "b.mp4")])
    assert library.worker.run_one(library.events.append, lambda: False) is not None
    assert library.jobs.counts()[JobState.DONE] == 1
    library.work()
    assert library.worker.run_one(library.events.append, lambda: False) is None
