"""Turns filters, and the dates, lengths and folders of a sentence, into the videos they leave.

Limits in time inside a video (who is on screen when) are left to `retrieve`.
"""

import time
from collections.abc import Iterable, Sequence
from itertools import compress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.ids import VideoId
from heimdex.domain.search import Filters, Length, Period, Query, When
from heimdex.search.datings import Dating, Datings
from heimdex.search.names import fold
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.extents import Extent, Extents
from heimdex.storage.paths import path_text


def is_limited(query: Query) -> bool:
    """Whether anything limits the videos."""
    return bool(
        query.dates
        or query.excluded_dates
        or query.lengths
        or query.folders
        or query.excluded_folders
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
    extents = catalogue.extents()
    fits = _fitting(extents, query)
    for video_id, dates in datings.of(query, int(time.time())).items():
        row = extents.rows.get(video_id)
        if row is not None:
            fits[row] = _fits(extents.extent(row), query, dates)
    left = frozenset(compress(extents.videos, fits.tolist()))
    if query.folders or query.filters.folder is not None:
        left &= _in_folders(query, extents)
    for name in query.excluded_folders:
        left -= _below(_called(name, {Path(parent) for parent in extents.parents}), extents)
    return left


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


def _fitting(extents: Extents, query: Query) -> NDArray[np.bool_]:
    """`_fits` for every video (n,), by the dates of their files alone."""
    filters = query.filters
    at, length = extents.recorded_at, extents.duration_ms
    fits = _holding(Period(filters.after, filters.before), at)
    for limit in (filters.length, *query.lengths):
        # Both ends belong to it.
        above = None if limit.most_ms is None else limit.most_ms + 1
        fits &= _holding(Period(limit.least_ms, above), length)
    for some in (query.excluded_dates, *_kinds_of(query.dates)):
        if some:
            periods = (period for when in some for period in when.periods)
            held = np.logical_or.reduce([_holding(period, at) for period in periods])
            fits &= ~held if some is query.excluded_dates else held
    return fits


def _holding(period: Period, at: NDArray[np.int64]) -> NDArray[np.bool_]:
    held = np.ones(len(at), bool)
    if period.after is not None:
        held &= at >= period.after
    if period.before is not None:
        held &= at < period.before
    return held


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
    kinds = _kinds_of(query.dates)
    return all(not some or any(_holds(when, date) for when in some) for some in kinds)


def _kinds_of(dates: Sequence[When]) -> tuple[list[When], list[When]]:
    """Those that come again every year, and the others."""
    return [when for when in dates if when.yearly], [when for when in dates if not when.yearly]


def _holds(when: When, date: Period) -> bool:
    return any(_inside(date, period) for period in when.periods)


def _inside(date: Period, period: Period) -> bool:
    """Whether all of `date`, which is known on both sides, lies in `period`."""
    first, end = date.after, date.before
    return first is None or end is None or (period.holds(first) and period.holds(end - 1))


def _at(second: int) -> Period:
    return Period(second, second + 1)


def _in_folders(query: Query, extents: Extents) -> frozenset[VideoId]:
    parents = extents.parents
    inside = set(parents)
    if query.filters.folder is not None:
        top = path_text(query.filters.folder)
        inside = {parent for parent in inside if Path(parent).is_relative_to(top)}
    for name in query.folders:
        inside &= {str(path) for path in _called(name, {Path(parent) for parent in inside})}
    return _below({Path(parent) for parent in inside}, extents)


def _below(folders: Iterable[Path], extents: Extents) -> frozenset[VideoId]:
    return frozenset().union(*(extents.parents[str(folder)] for folder in folders))


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
