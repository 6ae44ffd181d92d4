"""Says in which videos something is said, somebody is seen and something is written.

What that is, is read by `stages`; that a stage is done says only that it was looked for.
"""

from collections.abc import Iterable

from heimdex.domain.ids import VideoId
from heimdex.domain.stages import Stage
from heimdex.storage.database import Database

_TABLES = {Stage.PASSAGES: "passages", Stage.FACES: "face_tracks", Stage.OCR: "ocr_lines"}
_NOTHING: frozenset[Stage] = frozenset()


def findings(
    database: Database, videos: Iterable[VideoId] | None = None
) -> dict[VideoId, frozenset[Stage]]:
    """For all videos, or for some: which of the stages PASSAGES, FACES and OCR found anything.

    Videos in which none of them did are left out.
    """
    found: dict[VideoId, frozenset[Stage]] = {}
    chosen = None if videos is None else [(video_id,) for video_id in videos]
    with database.snapshot() as connection:
        for stage, table in _TABLES.items():
            there = f"EXISTS (SELECT 1 FROM {table} WHERE video_id = videos.id)"
            if chosen is None:
                rows = connection.execute(f"SELECT id FROM videos WHERE {there}").fetchall()
            else:
                query = f"SELECT id FROM videos WHERE id = ? AND {there}"
                rows = [row for one in chosen for row in connection.execute(query, one)]
            for row in rows:
                video_id = VideoId(row["id"])
                found[video_id] = found.get(video_id, _NOTHING) | {stage}
    return found
