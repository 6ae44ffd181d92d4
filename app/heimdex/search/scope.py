"""Turns filters, and the dates, lengths and folders of a sentence, into the videos they leave.

Limits in time inside a video (who is on screen when) are left to `retrieve`.
"""

import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from heimdex.domain.ids import VideoId
from heimdex.domain.search import Filters, Length, Period, Query, When
from heimdex.search.datings import Dating, Datings
from heimdex.search.names import fold
from heimdex.storage.catalogue import Catalogue, Extent
from heimdex.storage.paths import path_text


def is_limited(query: Query) -> bool:
    """Whether anything limits the videos."""
    return bool(
        query.dates
        or query.excluded_dates
        or query.lengths
        or query.folders
        or _beside(query.filters) != Filters()
    )


def videos_in(query: Query, catalogue: Catalogue, datings: Datings) -> frozenset[VideoId] | None:
    """The videos that are left; None when they all are.

    A video is in a folder when any of its files is in or below it. Its date is when it was
    recorded, as its file says in its metadata or, failing that, when the file was last changed;
    one that its name, its folders or its screen tell (`datings`) will do as well.
    Of several dates any will do, unless two of them meet ("July", "2015"): then both must.
    """
    if not is_limited(query):
        return None
    told = datings.of(query, int(time.time()))
    filters = query.filters
    kept: set[VideoId] | None = None
    if query.folders or filters.folder is not None:
        kept = _in_folders(query, catalogue)
    return frozenset(
        extent.video_id
        for extent in catalogue.extents()
        if (kept is None or extent.video_id in kept)
        and _fits(extent, query, told.get(extent.video_id, ()))
    )


def folder_names(catalogue: Catalogue) -> list[str]:
    """What the folders that hold videos are called, up to the ones the person added."""
    added = [folder.path for folder in catalogue.folders()]
    names: dict[str, None] = {}
    for parent in dict.fromkeys(file.path.parent for file in catalogue.files()):
        for root in added:
            if parent.is_relative_to(root):
                names |= dict.fromkeys([root.name, *parent.relative_to(root).parts])
                break
        else:
            names[parent.name] = None
    return [name for name in names if name]


def _beside(filters: Filters) -> Filters:
    """Those filters that limit whole videos."""
    return Filters(
        folder=filters.folder, after=filters.after, before=filters.before, length=filters.length
    )


def told_by(query: Query, recorded_at: int | None, told: Sequence[Dating]) -> Dating | None:
    """What dates a video as `query` asks for, where its file does not."""
    if not query.dates or (recorded_at is not None and _dated(_at(recorded_at), query)):
        return None
    return next((each for each in told if _dated(each.period, query)), None)


def _fits(extent: Extent, query: Query, told: Sequence[Dating]) -> bool:
    filters = query.filters
    beside = Period(filters.after, filters.before)
    dates = [_at(extent.recorded_at), *(each.period for each in told)]
    if any(_holds(when, date) for when in query.excluded_dates for date in dates):
        return False
    if not any(_inside(date, beside) and _dated(date, query) for date in dates):
        return False
    limits: Iterable[Length] = (filters.length, *query.lengths)
    return all(limit.holds(extent.duration_ms) for limit in limits)


def _dated(date: Period, query: Query) -> bool:
    """Yearly dates ("July") narrow those of one year; of those of one year any will do."""
    yearly = [when for when in query.dates if when.yearly]
    others = [when for when in query.dates if not when.yearly]
    return all(not some or any(_holds(when, date) for when in some) for some in (yearly, others))


def _holds(when: When, date: Period) -> bool:
    return any(_inside(date, period) for period in when.periods)


def _inside(date: Period, period: Period) -> bool:
    """Whether all of `date`, which is known on both sides, lies in `period`."""
    first, end = date.after, date.before
    return first is None or end is None or (period.holds(first) and period.holds(end - 1))


def _at(second: int) -> Period:
    return Period(second, second + 1)


def _in_folders(query: Query, catalogue: Catalogue) -> set[VideoId]:
    # As texts: a library has tens of thousands of files and few folders.
    files = [(video_id, os.path.dirname(path)) for video_id, path in catalogue.places()]  # noqa: PTH120
    if query.filters.folder is not None:
        top = path_text(query.filters.folder)
        inside = {p for p in {p for _, p in files} if Path(p).is_relative_to(top)}
        files = [(video_id, parent) for video_id, parent in files if parent in inside]
    for name in query.folders:
        parents = {str(path) for path in _called(name, {Path(p) for p in {p for _, p in files}})}
        files = [(video_id, parent) for video_id, parent in files if parent in parents]
    return {video_id for video_id, _ in files}


def _called(name: str, parents: set[Path]) -> set[Path]:
    """Of `parents` those that are or lie below a folder of this name; where none is called just
    so, those whose name holds it."""
    wanted = [fold(part) for part in name.replace("\\", "/").split("/") if part]
    parts = {parent: [fold(part) for part in parent.parts] for parent in parents}
    exact = {
        parent
        for parent, each in parts.items()
        if any(each[at : at + len(wanted)] == wanted for at in range(len(each)))
    }
    if exact or len(wanted) != 1:
        return exact
    return {parent for parent, each in parts.items() if any(wanted[0] in part for part in each)}
