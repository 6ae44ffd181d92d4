import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heimdex.domain.ids import JobId, VideoId
from heimdex.domain.stages import JobState
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.database import Database
from heimdex.storage.jobs import JobStore


@pytest.fixture
def jobs(database: Database) -> JobStore:
    return JobStore(database)


def order(jobs: JobStore) -> list[VideoId]:
    return [job.video_id for job in jobs.jobs([JobState.QUEUED])]


def test_jobs_run_in_the_order_they_came(jobs: JobStore, three_videos: list[VideoId]) -> None:
    jobs.enqueue(three_videos)
    claimed = [jobs.claim() for _ in range(4)]
    assert [job.video_id for job in claimed if job] == three_videos
    assert claimed[3] is None
    assert all(job.state is JobState.RUNNING and job.attempts == 1 for job in claimed if job)


def test_a_video_has_one_live_job(jobs: JobStore, three_videos: list[VideoId]) -> None:
    [first] = jobs.enqueue([three_videos[0]] * 3)
    assert jobs.enqueue([three_videos[0]]) == []
    jobs.claim()
    assert jobs.enqueue([three_videos[0]]) == []
    jobs.pause([first])
    assert jobs.enqueue([three_videos[0]]) == []
    jobs.resume([first])
    jobs.claim()
    jobs.finish(first, JobState.DONE)
    [second] = jobs.enqueue([three_videos[0]])
    assert second != first
    assert [job.id for job in jobs.jobs()] == [second]


def test_two_workers_never_get_the_same_job(
    database: Database, catalogue: Catalogue, jobs: JobStore, tmp_path_factory: object
) -> None:
    ids = [VideoId(f"{n:032x}") for n in range(60)]
    with database.write() as connection:
        connection.executemany("INSERT INTO videos VALUES (?, 0)", [(each,) for each in ids])
    jobs.enqueue(ids)
    claimed: list[VideoId] = []

    def work() -> None:
        while (job := jobs.claim()) is not None:
            claimed.append(job.video_id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == ids


def test_the_worker_sees_what_a_person_did_to_its_job(
    jobs: JobStore, three_videos: list[VideoId]
) -> None:
    jobs.enqueue(three_videos)
    job = jobs.claim()
    assert job is not None
    jobs.pause([job.id], "You paused it.")
    assert jobs.state(job.id) is JobState.PAUSED
    jobs.finish(job.id, JobState.FAILED, "too late")
    assert jobs.state(job.id) is JobState.PAUSED
    paused = jobs.job(job.id)
    assert paused is not None
    assert paused.error == "You paused it."
    jobs.resume([job.id])
    again = jobs.claim()
    assert again is not None
    assert (again.id, again.attempts) == (job.id, 1)  # at its old place, attempts counted anew
    jobs.cancel([job.id])
    jobs.finish(job.id, JobState.QUEUED)
    assert jobs.state(job.id) is JobState.CANCELLED
    jobs.finish(job.id, JobState.DONE)  # it was done before it noticed
    assert jobs.state(job.id) is JobState.DONE


def test_interrupted_jobs_wait_again_at_their_place(
    jobs: JobStore, three_videos: list[VideoId]
) -> None:
    jobs.enqueue(three_videos)
    job = jobs.claim()
    assert job is not None
    assert jobs.requeue_interrupted() == [job.id]
    assert order(jobs) == three_videos
    again = jobs.claim()
    assert again is not None
    assert (again.id, again.attempts) == (job.id, 2)


def test_failed_jobs_keep_their_reason_and_can_be_retried(
    jobs: JobStore, three_videos: list[VideoId]
) -> None:
    jobs.enqueue(three_videos[:2])
    job = jobs.claim()
    assert job is not None
    jobs.finish(job.id, JobState.FAILED, "The file is cut short.")
    failed = jobs.job(job.id)
    assert failed is not None
    assert failed.error == "The file is cut short."
    assert jobs.counts()[JobState.FAILED] == 1
    assert jobs.counts()[JobState.QUEUED] == 1
    assert set(jobs.counts()) == set(JobState)
    jobs.retry([job.id])
    assert jobs.counts()[JobState.FAILED] == 0
    retried = jobs.claim()
    assert retried is not None
    assert (retried.id, retried.attempts, retried.error) == (job.id, 1, "")
    jobs.pause([job.id])
    jobs.retry([job.id])
    assert jobs.state(job.id) is JobState.PAUSED  # neither failed nor cancelled


def test_a_run_cannot_end_in_running(jobs: JobStore, three_videos: list[VideoId]) -> None:
    [job_id] = jobs.enqueue(three_videos[:1])
    with pytest.raises(ValueError, match="running"):
        jobs.finish(job_id, JobState.RUNNING)


def test_the_job_of_a_forgotten_video_is_gone(
    jobs: JobStore, catalogue: Catalogue, three_videos: list[VideoId]
) -> None:
    [job_id] = jobs.enqueue(three_videos[:1])
    catalogue.remove_video(three_videos[0])
    assert jobs.state(job_id) is None
    jobs.finish(job_id, JobState.FAILED, "no matter")
    assert jobs.jobs() == []


def test_moving_beyond_the_precision_of_floats(jobs: JobStore, three_videos: list[VideoId]) -> None:
    a, b, c = jobs.enqueue(three_videos)
    for _ in range(120):  # halves the gap each time; doubles have 53 bits
        jobs.move(b, before=a)
        jobs.move(c, before=a)
        jobs.move(b, before=a)
    assert [job.id for job in jobs.jobs()] == [c, b, a]
    with pytest.raises(KeyError):
        jobs.move(a, before=JobId(4711))


@settings(max_examples=25, deadline=None)
@given(moves=st.lists(st.tuples(st.integers(0, 4), st.none() | st.integers(0, 4)), max_size=12))
def test_moves_do_what_they_do_to_a_list(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[int, int | None]]
) -> None:
    database = Database.open(tmp_path_factory.mktemp("jobs") / "library.db")
    videos = [VideoId(f"{n:032x}") for n in range(5)]
    with database.write() as connection:
        connection.executemany("INSERT INTO videos VALUES (?, 0)", [(each,) for each in videos])
    jobs = JobStore(database)
    ids = jobs.enqueue(videos)
    expected = list(ids)
    for moved, before in moves:
        jobs.move(ids[moved], None if before is None else ids[before])
        if before != moved:
            expected.remove(ids[moved])
            at = len(expected) if before is None else expected.index(ids[before])
            expected.insert(at, ids[moved])
    assert [job.id for job in jobs.jobs()] == expected
    database.close()
