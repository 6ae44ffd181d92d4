"""What is told where there is no transcript: that nothing was said, or that nobody listened yet."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from heimdex.cli import transcripts
from heimdex.domain.errors import UserError
from heimdex.domain.ids import VideoId
from heimdex.domain.stages import Stage, StageRun, StageStatus
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.database import Database
from heimdex.storage.stages import StageStore


def test_a_video_without_sound_is_not_sent_to_be_indexed_again(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "library.db")
    video_id = VideoId("a" * 32)
    Catalogue(database).put_file(tmp_path / "silent.mp4", video_id, None, 1, 1)
    video = Catalogue(database).video(video_id)
    assert video is not None
    library: Any = SimpleNamespace(stages=StageStore(database, Artefacts(tmp_path)))
    with pytest.raises(UserError, match="has not been listened to; run `heimdex index`"):
        transcripts._spoken(library, video)
    run = StageRun(video_id, Stage.SPEECH, 1, "", StageStatus.SKIPPED, 0.0, "", 1)
    library.stages.record(run)
    with pytest.raises(UserError, match=r"silent\.mp4 has no sound"):
        transcripts._spoken(library, video)
    database.close()
