"""The queue: which videos wait, run, are paused, done, failed or cancelled, in which order.

Running a job, and deciding how many attempts it gets, is the worker's affair.
"""

import json
import sqlite3
import time
from collections.abc import Iterable

from heimdex.domain.ids import JobId, VideoId
from heimdex.domain.stages import Job, JobState
from heimdex.storage.database import Database

_LIVE = "('queued', 'running', 'paused')"


class JobStore:
    """Jobs in the order of their position. Every change is one statement or one transaction.

    Pausing or cancelling a running job changes its state at once; the worker sees it by asking
    for `state` between pieces of work, stops, and leaves the job as it is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def enqueue(self, video_ids: Iterable[VideoId]) -> list[JobId]:
        """Append jobs for videos that have no live one, in the order given; returns the new ones.

        What is left of an earlier, finished job of such a video goes.
        """
        created: list[JobId] = []
        with self._database.write() as connection:
            for video_id in dict.fromkeys(video_ids):
                live = connection.execute(
                    f"SELECT 1 FROM jobs WHERE video_id = ? AND state IN {_LIVE}",
                    (video_id,),
                ).fetchone()
                if live:
                    continue
                connection.execute("DELETE FROM jobs WHERE video_id = ?", (video_id,))
                cursor = connection.execute(
                    "INSERT INTO jobs (video_id, state, position, changed_at)"
                    " SELECT ?, 'queued', coalesce(max(position), 0) + 1, ? FROM jobs",
                    (video_id, int(time.time())),
                )
                created.append(JobId(cursor.lastrowid or 0))
        return created

    def claim(self) -> Job | None:
        """Take the first queued job and set it running, counting the attempt; None if none waits.

        One transaction: two workers never get the same job.
        """
        with self._database.write() as connection:
            row = connection.execute(
                "UPDATE jobs SET state = 'running', attempts = attempts + 1, error = '',"
                " changed_at = ? WHERE id = (SELECT id FROM jobs WHERE state = 'queued'"
                " ORDER BY position, id LIMIT 1) RETURNING *",
                (int(time.time()),),
            ).fetchone()
        return None if row is None else _job(row)

    def finish(self, job_id: JobId, state: JobState, error: str = "") -> None:
        """Say how a run ended: DONE, FAILED, CANCELLED, PAUSED (a model is missing) or QUEUED
        (another attempt), with the reason.

        Work that is done is done. Any other ending counts only if the job still runs: what a
        person has done to it in the meantime (paused, cancelled, queued again) stands.
        """
        if state is JobState.RUNNING:
            raise ValueError("a run does not end in running")
        condition = "" if state is JobState.DONE else " AND state = 'running'"
        with self._database.write() as connection:
            connection.execute(
                "UPDATE jobs SET state = ?, error = ?, changed_at = ? WHERE id = ?" + condition,
                (state, error, int(time.time()), job_id),
            )

    def requeue_interrupted(self) -> list[JobId]:
        """At start-up, when this process owns the library: jobs that ran in a process that is gone
        wait again at their old place, their attempt counted."""
        with self._database.write() as connection:
            rows = connection.execute(
                "UPDATE jobs SET state = 'queued', changed_at = ? WHERE state = 'running'"
                " RETURNING id",
                (int(time.time()),),
            ).fetchall()
        return [JobId(row["id"]) for row in rows]

    def pause(self, ids: Iterable[JobId], reason: str = "") -> None:
        """Pause queued and running jobs."""
        self._change(ids, ("queued", "running"), JobState.PAUSED, reason)

    def resume(self, ids: Iterable[JobId]) -> None:
        """Let paused jobs wait again, at their old place and with all attempts before them."""
        self._change(ids, ("paused",), JobState.QUEUED, fresh=True)

    def cancel(self, ids: Iterable[JobId], reason: str = "") -> None:
        """Cancel live jobs."""
        self._change(ids, ("queued", "running", "paused"), JobState.CANCELLED, reason)

    def retry(self, ids: Iterable[JobId]) -> None:
        """Let failed and cancelled jobs wait again with all attempts before them, unless their
        video has another live job by now."""
        self._change(
            ids,
            ("failed", "cancelled"),
            JobState.QUEUED,
            fresh=True,
            condition=" AND NOT EXISTS (SELECT 1 FROM jobs other WHERE other.video_id ="
            f" jobs.video_id AND other.id <> jobs.id AND other.state IN {_LIVE})",
        )

    def move(self, job_id: JobId, before: JobId | None) -> None:
        """Put a job right before another one, or last (`before=None`)."""
        if job_id == before:
            return
        with self._database.write() as connection:
            order = [
                JobId(row["id"])
                for row in connection.execute("SELECT id FROM jobs ORDER BY position, id")
                if row["id"] != job_id
            ]
            if before is not None and before not in order:
                raise KeyError(before)
            at = len(order) if before is None else order.index(before)
            left = _position(connection, order[at - 1]) if at > 0 else None
            right = _position(connection, order[at]) if at < len(order) else None
            position = _between(left, right)
            if position is None:
                # The gaps between floats are used up: number them all anew.
                order.insert(at, job_id)
                connection.executemany(
                    "UPDATE jobs SET position = ? WHERE id = ?",
                    [(float(i), each) for i, each in enumerate(order)],
                )
            else:
                connection.execute("UPDATE jobs SET position = ? WHERE id = ?", (position, job_id))

    def jobs(self, states: Iterable[JobState] | None = None) -> list[Job]:
        """Jobs in these states (None: all), in the order in which they run."""
        wanted = list(JobState if states is None else states)
        rows = self._database.read().execute(
            "SELECT * FROM jobs WHERE state IN (SELECT value FROM json_each(?))"
            " ORDER BY position, id",
            (json.dumps(wanted),),
        )
        return [_job(row) for row in rows]

    def job(self, job_id: JobId) -> Job | None:
        """One job."""
        row = self._database.read().execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return None if row is None else _job(row)

    def counts(self) -> dict[JobState, int]:
        """How many jobs are in each state; every state is there."""
        counts = dict.fromkeys(JobState, 0)
        for state, count in self._database.read().execute(
            "SELECT state, count(*) FROM jobs GROUP BY state"
        ):
            counts[JobState(state)] = count
        return counts

    def state(self, job_id: JobId) -> JobState | None:
        """Where a job stands now; None when it is gone because its video was forgotten."""
        row = (
            self._database.read()
            .execute("SELECT state FROM jobs WHERE id = ?", (job_id,))
            .fetchone()
        )
        return None if row is None else JobState(row["state"])

    def _change(
        self,
        ids: Iterable[JobId],
        states: tuple[str, ...],
        to: JobState,
        reason: str = "",
        *,
        fresh: bool = False,
        condition: str = "",
    ) -> None:
        marks = ", ".join("?" * len(states))
        attempts = ", attempts = 0" if fresh else ""
        with self._database.write() as connection:
            connection.executemany(
                f"UPDATE jobs SET state = ?, error = ?, changed_at = ?{attempts}"
                f" WHERE id = ? AND state IN ({marks}){condition}",
                [(to, reason, int(time.time()), job_id, *states) for job_id in ids],
            )


def _position(connection: sqlite3.Connection, job_id: JobId) -> float:
    row = connection.execute("SELECT position FROM jobs WHERE id = ?", (job_id,)).fetchone()
    return float(row["position"])


def _between(left: float | None, right: float | None) -> float | None:
    """A position strictly between two, or None when floats have none."""
    if left is None:
        return 0.0 if right is None else right - 1.0
    if right is None:
        return left + 1.0
    middle = (left + right) / 2
    return middle if left < middle < right else None


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=JobId(row["id"]),
        video_id=VideoId(row["video_id"]),
        state=JobState(row["state"]),
        position=float(row["position"]),
        attempts=row["attempts"],
        error=row["error"],
    )
