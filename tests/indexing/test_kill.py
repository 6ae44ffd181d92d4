"""The worker's process is killed for real, at any moment: nothing is lost, doubled or redone."""

import random
import subprocess
import sys
import time
from pathlib import Path

from small_library import Library, output, put

from heimdex.domain.ids import VideoId
from heimdex.domain.stages import JobState, Stage, StageRun, StageStatus
from heimdex.storage.chroma import VectorIndex

VIDEOS = 5
STAGE_S = 0.02


def start(directory: Path, log: Path) -> "subprocess.Popen[str]":
    script = Path(__file__).with_name("small_worker.py")
    command = [sys.executable, str(script), str(directory), str(STAGE_S), str(log)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def finished(library: Library) -> dict[tuple[VideoId, Stage], StageRun]:
    return {
        (video_id, stage): run
        for video_id, runs in library.stages.all_runs().items()
        for stage, run in runs.items()
    }


def test_kill_at_any_moment_and_go_on(home: Path, videos: Path, tmp_path: Path) -> None:
    directory, log = home / "library", tmp_path / "computed"
    names = [f"{n}.mp4" for n in range(VIDEOS - 2)] + ["silent.mp4", "audio.m4a"]
    for name in names:
        put(videos / name)
    library = Library(directory)
    library.scanner.add([videos])
    library.close()
    chance = random.Random(7)  # noqa: S311 - only for when to kill
    before: dict[tuple[VideoId, Stage], StageRun] = {}
    kills = 0
    for attempt in range(60):
        process = start(directory, log)
        assert process.stdout is not None
        # A slow machine needs longer for a stage, and must come to the end as well.
        time.sleep(chance.uniform(0.0, 0.25 + 0.02 * attempt))
        process.kill()
        process.wait()
        ended = "done" in process.stdout.read()
        process.stdout.close()
        kills += not ended
        library = Library(directory)
        now = finished(library)
        # What was finished once stays as it was: same record, same time.
        assert {key: now[key] for key in before} == before
        assert all(run.status is not StageStatus.FAILED for run in now.values())
        assert library.database.verify() == []
        library.close()
        before = now
        if ended:
            break
    assert ended
    assert kills >= 2

    library = Library(directory)
    assert library.jobs.counts()[JobState.DONE] == len(library.jobs.jobs()) == VIDEOS
    assert len(library.catalogue.videos()) == len(library.catalogue.files()) == VIDEOS
    assert len(finished(library)) == VIDEOS * len(Stage)
    # Each kill costs at most the stage that was just being computed.
    needed = sum(run.status is StageStatus.DONE for run in finished(library).values())
    computed = len(log.read_text().split())
    assert needed <= computed <= needed + kills
    for video in library.catalogue.videos():
        sound, picture = "silent" not in video.title, "audio" not in video.title
        assert len(library.stages.passages(video.id)) == sound
        assert len(library.stages.scenes(video.id)) == (2 if picture else 0)
        assert len(library.stages.tracks(video.id)) == picture
        if sound:
            said = output(Stage.SPEECH, video.path, None)
            assert library.stages.transcript(video.id) == said.transcript
    index = VectorIndex(directory / "chroma")
    index.sync(library.database)
    assert index.verify(library.database) == []
    index.close()
    library.close()
