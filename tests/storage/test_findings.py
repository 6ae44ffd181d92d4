"""What was found in a video is told apart from what was only looked for."""

from storage_samples import faces, ocr, passages, run, video_id

from heimdex.domain.ids import VideoId
from heimdex.domain.stages import OcrOutput, Stage
from heimdex.storage.database import Database
from heimdex.storage.findings import findings
from heimdex.storage.stages import StageStore


def test_what_was_looked_for_in_vain_was_not_found(
    database: Database, stages: StageStore, three_videos: list[VideoId]
) -> None:
    first, second, third = three_videos
    assert findings(database) == {}
    stages.commit(first, passages("see you tomorrow"), run(1, Stage.PASSAGES))
    stages.commit(first, faces(2), run(1, Stage.FACES))
    stages.commit(second, ocr("EXIT"), run(2, Stage.OCR))
    stages.commit(third, OcrOutput(()), run(3, Stage.OCR))
    found = {first: {Stage.PASSAGES, Stage.FACES}, second: {Stage.OCR}}
    assert findings(database) == found
    assert findings(database, three_videos) == found
    assert findings(database, [second, third, video_id(9)]) == {second: {Stage.OCR}}
    assert findings(database, []) == {}
