"""Limits leave the same videos whether all are looked at together or one by one."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heimdex.domain.ids import VideoId
from heimdex.domain.media import MediaInfo
from heimdex.domain.search import Filters, Length, Period, Query, When
from heimdex.domain.stages import ProbeOutput, Stage, StageRun, StageStatus
from heimdex.search import scope
from heimdex.search.datings import Datings
from heimdex.search.scope import videos_in
from heimdex.storage.artefacts import Artefacts
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.database import FILE_NAME, Database
from heimdex.storage.extents import Extents
from heimdex.storage.lexicon import OCR_LINES, Lexicon
from heimdex.storage.stages import StageStore

SMALL = st.integers(0, 12)
PERIODS = st.builds(Period, st.none() | SMALL, st.none() | SMALL)
WHENS = st.lists(
    st.builds(When, st.lists(PERIODS, min_size=1, max_size=3).map(tuple), st.booleans()), max_size=3
).map(tuple)
LENGTHS = st.builds(Length, st.none() | SMALL, st.none() | SMALL)
QUERIES = st.builds(
    lambda dates, without, lengths, filters: Query(
        "", "", dates=dates, excluded_dates=without, lengths=lengths, filters=filters
    ),
    WHENS,
    WHENS,
    st.lists(LENGTHS, max_size=2).map(tuple),
    st.builds(
        lambda after, before, length: Filters(after=after, before=before, length=length),
        st.none() | SMALL,
        st.none() | SMALL,
        LENGTHS,
    ),
)
EXTENTS = Extents(
    tuple(VideoId(str(i)) for i in range(169)),
    np.repeat(np.arange(13), 13),
    np.tile(np.arange(13), 13),
    (),
)


@given(QUERIES)
def test_all_videos_at_once_fit_as_each_does(query: Query) -> None:
    fits = scope._fitting(EXTENTS, query)
    each = [scope._fits(EXTENTS.extent(row), query, ()) for row in range(len(EXTENTS.videos))]
    assert fits.tolist() == each


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database.open(tmp_path / FILE_NAME)


def test_what_was_kept_follows_the_library(database: Database, tmp_path: Path) -> None:
    catalogue = Catalogue(database)
    stages = StageStore(database, Artefacts(tmp_path))
    datings = Datings(catalogue, Lexicon(database).beside(OCR_LINES))
    one, two = VideoId("1" * 32), VideoId("2" * 32)

    def left(**filters: object) -> frozenset[VideoId] | None:
        return videos_in(Query("", "", filters=Filters(**filters)), catalogue, datings)  # type: ignore[arg-type]

    catalogue.put_file(tmp_path / "a" / "one.mp4", one, None, 1, 5_000_000_000)
    assert left(after=5) == {one}
    assert left(folder=tmp_path / "b") == frozenset()
    catalogue.put_file(tmp_path / "b" / "two.mp4", two, None, 1, 9_000_000_000)
    assert left(after=5) == {one, two}
    assert left(folder=tmp_path / "b") == {two}
    assert left(before=9) == {one}
    info = MediaInfo("mp4", 7, (), (), 3, None)
    run = StageRun(two, Stage.PROBE, 1, "", StageStatus.DONE, 1.0, "", 1)
    stages.commit(two, ProbeOutput(info, b""), run)
    assert left(before=5) == {two}
    assert left(length=Length(7, None)) == {two}
    catalogue.remove_video(two)
    assert left(before=10) == {one}
    # What another connection writes is seen as well.
    other = Database.open(tmp_path / FILE_NAME)
    Catalogue(other).remove_video(one)
    other.close()
    assert left(before=10) == frozenset()
    database.close()
