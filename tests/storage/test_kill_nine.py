"""A process that commits stages is killed at any moment; what it left is whole."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import storage_samples
from storage_samples import PASSAGES, SCENES

from heimdex.domain.stages import Stage
from heimdex.storage import lexicon
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.database import FILE_NAME, Database
from heimdex.storage.jobs import JobStore
from heimdex.storage.lock import LibraryLock
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9")


@pytest.mark.parametrize("delay_s", [0.0, 0.013, 0.031])
def test_a_killed_commit_leaves_whole_stages(library: Path, delay_s: float) -> None:
    program = [sys.executable, storage_samples.__file__, "commit", str(library)]
    child = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for _ in range(3):
        child.stdout.readline()
    time.sleep(delay_s)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()

    database = Database.open(library / FILE_NAME)
    assert database.verify() == []
    assert lexicon.verify(database) == []
    stages, vectors = StageStore(database, Artefacts(library)), VectorStore(database)
    everything = stages.all_runs()
    assert len(everything) >= 3
    for video_id, runs in everything.items():
        # A stage is there with all that belongs to it, or not at all.
        text = vectors.batch(video_id, PASSAGES)
        assert len(stages.passages(video_id)) == (20 if Stage.PASSAGES in runs else 0)
        assert (text is not None) == (Stage.PASSAGES in runs)
        assert len(stages.scenes(video_id)) == (5 if Stage.SCENES in runs else 0)
        assert (vectors.batch(video_id, SCENES) is not None) == (Stage.VISION in runs)
        for scene in stages.scenes(video_id):
            assert Artefacts(library).scene(video_id, scene.index).read_bytes().startswith(b"\xff")
    with LibraryLock(library):
        JobStore(database).requeue_interrupted()
    database.close()
