import time
from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from ui_library import SlowEngine, Small

from heimdex.domain.stages import Job, JobState, Stage, StageFinished, StageStatus
from heimdex.ui.forecast import Forecast
from heimdex.ui.jobs import JobQueue, JobRunner
from heimdex.ui.window import Window

OpenWindow = Callable[..., Window]


def engine(slow: Small) -> SlowEngine:
    made = slow.library.worker._tools.engine
    assert isinstance(made, SlowEngine)
    return made


def job_of(slow: Small, name: str) -> Job:
    return next(j for j in slow.library.jobs.jobs() if j.video_id == slow.videos[name])


@pytest.fixture
def three(slow: Small) -> Small:
    """Three videos that wait to be indexed, in this order."""
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        slow.add(slow.clip(name, seconds=1))
    return slow


def state(slow: Small, name: str) -> JobState:
    return job_of(slow, name).state


def test_everything_is_worked_on_and_told(
    three: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(three)
    told: list[tuple[str, object]] = []
    queue = window.session.jobs  # type: ignore[union-attr]
    queue.job_started.connect(lambda video: told.append(("job_started", video)))
    queue.stage_finished.connect(lambda event: told.append(("stage_finished", event.stage)))
    queue.job_finished.connect(lambda event: told.append(("job_finished", event.state)))
    window.session.start()  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: window.jobbar.isVisible(), timeout=10_000)
    qtbot.waitUntil(lambda: [w for w, _ in told].count("job_finished") == 3, timeout=30_000)
    assert told[0] == ("job_started", three.videos["a.mp4"])
    assert ("stage_finished", Stage.PROBE) in told
    qtbot.waitUntil(lambda: not window.jobbar.isVisible(), timeout=20_000)
    # The grid knows what was found without being asked.
    row = window.library.model.row(three.videos["a.mp4"])
    assert row is not None
    assert row.video.duration_ms > 900
    assert row.runs[Stage.SCENES].status is StageStatus.DONE


def test_pausing_everything_gives_the_job_back_and_resuming_ends_it(
    three: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    engine(three).steps = 200
    window = open_window(three, work=True)
    queue = window.session.jobs  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: queue.progress is not None, timeout=10_000)
    window.show_panel("activity")
    window.jobbar.pause.click()
    qtbot.waitUntil(lambda: state(three, "a.mp4") is JobState.QUEUED, timeout=20_000)
    qtbot.waitUntil(lambda: window.jobbar.text.text().startswith("Paused"), timeout=20_000)
    # No panel goes on saying that it is worked on.
    qtbot.waitUntil(lambda: queue.running is None, timeout=20_000)
    assert window.activity.model.progress is None
    assert window.library.model.progress is None
    qtbot.waitUntil(
        lambda: {line.job.state for line in window.activity.model.lines} == {JobState.QUEUED},
        timeout=20_000,
    )
    engine(three).steps = 2
    window.jobbar.pause.click()
    qtbot.waitUntil(lambda: state(three, "c.mp4") is JobState.DONE, timeout=30_000)


def test_one_job_is_paused_resumed_cancelled_and_retried(
    three: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    engine(three).steps = 200
    window = open_window(three, work=True)
    activity = window.activity
    window.show_panel("activity")
    qtbot.waitUntil(lambda: state(three, "a.mp4") is JobState.RUNNING, timeout=10_000)
    qtbot.waitUntil(lambda: len(activity.model.lines) == 3, timeout=20_000)
    activity.select(job_of(three, "a.mp4").id)
    assert activity.possible()["pause"]
    activity.act("pause")
    qtbot.waitUntil(lambda: state(three, "b.mp4") is JobState.RUNNING, timeout=20_000)
    assert state(three, "a.mp4") is JobState.PAUSED
    activity.select(job_of(three, "b.mp4").id)
    activity.act("cancel")
    qtbot.waitUntil(lambda: state(three, "c.mp4") is JobState.RUNNING, timeout=20_000)
    assert state(three, "b.mp4") is JobState.CANCELLED
    engine(three).steps = 2
    for name, what in (("a.mp4", "resume"), ("b.mp4", "retry")):
        qtbot.waitUntil(lambda name=name: activity.model.index_of(job_of(three, name).id).isValid())
        activity.view.clearSelection()
        activity.select(job_of(three, name).id)
        qtbot.waitUntil(lambda what=what: activity.possible()[what], timeout=20_000)
        activity.act(what)
    qtbot.waitUntil(
        lambda: (
            {j.state for j in three.library.jobs.jobs()} <= {JobState.DONE, JobState.RUNNING}
            and state(three, "a.mp4") is JobState.DONE
            and state(three, "b.mp4") is JobState.DONE
        ),
        timeout=30_000,
    )


def test_the_narrowest_window_shows_whole_rows(three: Small, open_window: OpenWindow) -> None:
    window = open_window(three)
    window.show_panel("activity")
    window.resize(window.minimumSize())
    QApplication.processEvents()
    view = window.activity.view
    assert not view.horizontalScrollBar().isVisible()
    assert view.visualRect(window.activity.model.index(0, 0)).right() <= view.viewport().width()


def test_a_job_is_moved_up(three: Small, open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(three)
    window.show_panel("activity")
    activity = window.activity
    activity.select(job_of(three, "c.mp4").id)
    activity.act("up")
    qtbot.waitUntil(
        lambda: [line.video.title for line in activity.model.lines] == ["a", "c", "b"], timeout=5000
    )
    activity.select(job_of(three, "b.mp4").id)
    activity.act("first")
    qtbot.waitUntil(
        lambda: [line.video.title for line in activity.model.lines] == ["b", "a", "c"], timeout=5000
    )


def test_a_failure_is_told_in_a_sentence_and_folded(
    three: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    engine(three).steps = 1
    engine(three).unreadable = {"b.mp4"}
    window = open_window(three, work=True)
    window.show_panel("activity")
    qtbot.waitUntil(lambda: state(three, "c.mp4") is JobState.DONE, timeout=30_000)
    assert state(three, "b.mp4") is JobState.FAILED
    job = job_of(three, "b.mp4")
    qtbot.waitUntil(
        lambda: any(
            line.job.id == job.id and line.job.state is JobState.FAILED
            for line in window.activity.model.lines
        ),
        timeout=5000,
    )
    window.activity.select(job.id)
    assert window.activity.details.isVisible()
    assert window.activity.details._label.text() == "This file is not a video."
    window.activity.details._fold.click()
    assert "moov atom" in window.activity.details._label.text()
    assert window.library.model.row(three.videos["b.mp4"]).trouble  # type: ignore[union-attr]


def test_what_a_dead_process_left_running_waits_again(
    three: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    three.library.jobs.claim()
    assert state(three, "a.mp4") is JobState.RUNNING
    engine(three).steps = 1
    open_window(three, work=True)
    qtbot.waitUntil(lambda: state(three, "a.mp4") is JobState.DONE, timeout=30_000)


def test_closing_stops_within_two_seconds_and_loses_nothing(
    three: Small, open_window: OpenWindow, qtbot: QtBot
) -> None:
    engine(three).steps = 1000
    window = open_window(three, work=True)
    qtbot.waitUntil(lambda: window.session.jobs.progress is not None, timeout=10_000)  # type: ignore[union-attr]
    started = time.monotonic()
    assert window.session.close()  # type: ignore[union-attr]
    # Two on a quiet machine; what it would be without stopping is minutes.
    assert time.monotonic() - started < 15.0
    assert state(three, "a.mp4") is JobState.QUEUED


class Raising:
    """A worker with a bug."""

    def __init__(self) -> None:
        self.runs = 0

    def run(self, on_event: object, should_stop: object) -> object:
        self.runs += 1
        raise RuntimeError("bug")

    def resume_waiting(self) -> int:
        return 0


def test_a_bug_in_the_worker_is_said_and_the_thread_lives(
    qapp: object, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    runner = JobRunner(Raising())  # type: ignore[arg-type]
    with qtbot.waitSignal(runner.crashed) as crashed:
        runner.start()
    assert "RuntimeError" in crashed.args[0]
    with qtbot.waitSignal(runner.crashed):
        runner.wake()
    runner.stop()
    assert runner.wait(2000)
    assert "bug" in caplog.text


def test_changes_are_announced_together(three: Small, qtbot: QtBot, qapp: object) -> None:
    from heimdex.ui.background import Background

    background = Background("test")
    queue = JobQueue(three.library.jobs, three.library.worker, background)
    told: list[object] = []
    queue.changed.connect(told.append)
    for stage in (Stage.PROBE, Stage.FACES):
        video = three.videos["a.mp4"]
        queue._receive(StageFinished(video, stage, StageStatus.DONE, 1.0, 1000, ""))
    qtbot.waitUntil(lambda: len(told) == 1)
    assert told[0].people  # type: ignore[attr-defined]
    assert told[0].videos == {three.videos["a.mp4"]}  # type: ignore[attr-defined]
    assert queue.close()
    background.close()


def test_the_forecast_learns_what_stages_cost() -> None:
    forecast = Forecast()
    assert not forecast.trustworthy
    video = "0" * 32
    done = StageFinished(video, Stage.SPEECH, StageStatus.DONE, 30.0, 60_000, "")  # type: ignore[arg-type]
    forecast.learn(done)
    assert forecast.trustworthy
    others = frozenset(Stage) - {Stage.SPEECH}
    assert forecast.seconds(120_000, others) == pytest.approx(60.0)
    assert forecast.remaining(Stage.SPEECH, 60_000, 120_000) == pytest.approx(30.0)
    failed = StageFinished(video, Stage.SPEECH, StageStatus.FAILED, 999.0, 60_000, "")  # type: ignore[arg-type]
    forecast.learn(failed)
    assert forecast.seconds(120_000, others) == pytest.approx(60.0)
