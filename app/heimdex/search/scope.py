"""Turns filters into the set of videos they leave.

Limits in time inside a video (who is on screen when) are left to `retrieve`.
"""

from heimdex.domain.ids import VideoId
from heimdex.domain.search import Filters
from heimdex.storage.catalogue import Catalogue


def videos_in(filters: Filters, catalogue: Catalogue) -> frozenset[VideoId] | None:
    """The videos that folder and dates leave; None when they leave all.

    A video is in a folder when any of its files is in or below it. Its date is when it was
    recorded, or when it was added where nobody knows.
    """
    if filters.folder is None and filters.after is None and filters.before is None:
        return None
    kept: set[VideoId] | None = None
    if filters.folder is not None:
        folder = filters.folder
        kept = {file.video_id for file in catalogue.files() if file.path.is_relative_to(folder)}
    if filters.after is not None or filters.before is not None:
        dated = {
            video.id
            for video in catalogue.videos()
            if _within(video.recorded_at or video.added_at, filters.after, filters.before)
        }
        kept = dated if kept is None else kept & dated
    return None if kept is None else frozenset(kept)


def _within(at: int, after: int | None, before: int | None) -> bool:
    return (after is None or at >= after) and (before is None or at < before)
