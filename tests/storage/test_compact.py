"""Compact copies answer as the stored vectors do, follow every change, and may be lost."""

import logging
from pathlib import Path

import numpy as np
import pytest
from storage_samples import DIMS, FRAMES, PASSAGES, passages, run, scenes, video_id, vision

from heimdex.domain.media import MediaInfo
from heimdex.domain.stages import ProbeOutput, Stage
from heimdex.domain.vectors import Space, SpaceKind
from heimdex.storage import compact
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.compact import NOT_THERE, CompactStore
from heimdex.storage.database import Database
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore

UNUSED = Space(SpaceKind.PASSAGE, "nobody", "1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "compact"


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files also for a space of a few vectors."""
    monkeypatch.setattr(compact, "_WORTH_A_FILE", 1)


def put(stages: StageStore, number: int, count: int, seed: int = 0) -> None:
    texts = [f"{number}/{i}" for i in range(count)]
    output = passages(*texts, seed=seed + 100 * number)
    stages.commit(video_id(number), output, run(number, Stage.PASSAGES))


def check(database: Database, store: CompactStore, space: Space = PASSAGES) -> None:
    """Every row is where SQLite has it, and as near to any question."""
    vectors = VectorStore(database)
    matrix, found = vectors.matrix(space), store.space(space)
    query = np.random.default_rng(5).normal(size=DIMS).astype(np.float32)
    query /= np.linalg.norm(query)
    exact = dict(
        zip(
            zip(
                [matrix.videos[o] for o in matrix.owner],
                matrix.index.tolist(),
                matrix.start_ms.tolist(),
                matrix.end_ms.tolist(),
                strict=True,
            ),
            (matrix.vectors @ query).tolist(),
            strict=True,
        )
    )
    similarity = found.similarity(query)
    alive = np.flatnonzero(found.owner >= 0)
    about = {
        (
            found.videos[found.owner[row]],
            int(found.index[row]),
            int(found.start_ms[row]),
            int(found.end_ms[row]),
        ): float(similarity[row])
        for row in alive
    }
    assert about.keys() == exact.keys()
    for key, value in exact.items():
        assert about[key] == pytest.approx(value, abs=0.02)
    assert (similarity[found.owner < 0] == NOT_THERE).all()
    backwards = alive[::-1]
    again = found.similarities(backwards, np.stack([query, -query]))
    np.testing.assert_allclose(again[:, 0], similarity[backwards], atol=0.02)
    np.testing.assert_allclose(again[:, 1], -again[:, 0], atol=1e-5)
    assert found.similarities(alive[:0], query[None]).shape == (0, 1)


def test_it_is_what_is_stored(
    database: Database, stages: StageStore, three_videos: list, folder: Path
) -> None:
    for number, count in ((1, 30), (2, 0), (3, 20)):
        put(stages, number, count)
    store = CompactStore(database, folder)
    check(database, store)
    assert store.space(PASSAGES) is store.space(PASSAGES)
    assert {path.suffix for path in folder.iterdir()} == {".codes", ".npz"}
    check(database, CompactStore(database, None))


def test_a_space_nobody_has_used_is_empty(database: Database, folder: Path) -> None:
    found = CompactStore(database, folder).space(UNUSED)
    assert len(found) == 0
    assert found.similarity(np.ones(DIMS, np.float32)).shape == (0,)


def test_it_follows_every_change(
    database: Database,
    catalogue: Catalogue,
    stages: StageStore,
    three_videos: list,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compact, "_TAIL", 10.0)  # Nothing is made anew: the tail takes it all.
    put(stages, 1, 30)
    put(stages, 2, 10)
    store = CompactStore(database, folder)
    check(database, store)
    put(stages, 3, 5)
    check(database, store)
    put(stages, 1, 8, seed=1)
    check(database, store)
    catalogue.remove_video(three_videos[1])
    check(database, store)
    kept = CompactStore(database, folder)
    check(database, kept)
    assert len(kept.space(PASSAGES).blocks) == 2


def test_what_has_changed_too_much_is_made_anew(
    database: Database, stages: StageStore, three_videos: list, folder: Path
) -> None:
    put(stages, 1, 10)
    store = CompactStore(database, folder)
    check(database, store)
    old = {path.name for path in folder.iterdir()}
    put(stages, 2, 10)
    put(stages, 3, 10)
    check(database, store)
    assert len(store.space(PASSAGES).blocks) == 1
    assert len({path.name for path in folder.iterdir()} - old) == 1


@pytest.mark.parametrize("harm", ["cut", "garbage", "missing", "other layout"])
def test_files_that_do_not_fit_are_made_anew(
    database: Database, stages: StageStore, three_videos: list, folder: Path, harm: str
) -> None:
    put(stages, 1, 30)
    check(database, CompactStore(database, folder))
    (codes,) = folder.glob("*.codes")
    (small,) = folder.glob("*.npz")
    if harm == "cut":
        codes.write_bytes(codes.read_bytes()[:-1])
    elif harm == "garbage":
        small.write_bytes(b"PK no archive")
    elif harm == "missing":
        codes.unlink()
    else:
        with np.load(small) as kept:
            values = {**kept, "layout": 99}
        np.savez(small.with_suffix(""), **values)
    check(database, CompactStore(database, folder))


def test_a_folder_that_cannot_be_written_is_no_obstacle(
    database: Database,
    stages: StageStore,
    three_videos: list,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    put(stages, 1, 30)
    folder.write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        check(database, CompactStore(database, folder))
    assert "memory only" in caplog.text


def test_only_what_is_asked_for_is_compared(
    database: Database, stages: StageStore, three_videos: list, folder: Path
) -> None:
    for number in (1, 2, 3):
        put(stages, number, 10)
    found = CompactStore(database, folder).space(PASSAGES)
    query = VectorStore(database).matrix(PASSAGES).vectors[0]
    whole = found.similarity(query)
    some = found.similarity(query, found.of([three_videos[1]]))
    np.testing.assert_array_equal(some[10:20], whole[10:20])
    assert (some[:10] == NOT_THERE).all()
    assert (some[20:] == NOT_THERE).all()
    assert not found.of(["0" * 32]).rows.any()
    assert not found.of([]).rows.any()


@pytest.mark.parametrize("few", [1, 1000])
def test_any_choice_of_videos_is_compared_and_nothing_else(
    database: Database,
    catalogue: Catalogue,
    stages: StageStore,
    three_videos: list,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    few: int,
) -> None:
    """Whether gaps are bridged, in pieces, in block or tail, and with rows that are gone."""
    monkeypatch.setattr(compact, "_BRIDGE", 4)
    monkeypatch.setattr(compact, "_AT_ONCE", 7)
    monkeypatch.setattr(compact, "_FEW", few)
    monkeypatch.setattr(compact, "_TAIL", 10.0)
    videos = [video_id(number) for number in range(1, 9)]
    for number, one in enumerate(videos, 1):
        catalogue.put_file(database.directory / f"{number}.mp4", one, None, 1, 1)
        put(stages, number, number)
    store = CompactStore(database, folder)
    store.space(PASSAGES)
    catalogue.remove_video(videos[2])
    put(stages, 5, 12, seed=1)
    found = store.space(PASSAGES)
    query = VectorStore(database).matrix(PASSAGES).vectors[0]
    whole = found.similarity(query)
    random = np.random.default_rng(3)
    for _ in range(40):
        chosen = {v for v in videos if random.random() < 0.5}
        rows = np.array([o >= 0 and found.videos[o] in chosen for o in found.owner])
        np.testing.assert_array_equal(found.of(chosen).rows, rows)
        assert found.of(set(chosen)) is found.of(chosen)
        some = found.similarity(query, found.of(chosen))
        np.testing.assert_array_equal(some, np.where(rows, whole, NOT_THERE))


def test_videos_lie_in_the_order_in_which_they_were_filmed(
    database: Database, catalogue: Catalogue, stages: StageStore, folder: Path
) -> None:
    """So that a filter by date leaves one run of rows and not a thousand pieces."""
    for number, (recorded_at, changed_at) in enumerate(((50, 9), (None, 20), (10, 99)), 1):
        path = database.directory / f"{number}.mp4"
        catalogue.put_file(path, video_id(number), None, 1, changed_at * 10**9)
        info = MediaInfo("mp4", 1000, (), (), recorded_at, None)
        stages.commit(video_id(number), ProbeOutput(info, b""), run(number, Stage.PROBE))
        put(stages, number, 3)
    for _ in range(2):  # made, and read back
        found = CompactStore(database, folder).space(PASSAGES)
        assert found.videos == (video_id(3), video_id(2), video_id(1))
        assert found.of({video_id(3), video_id(2)}).runs == ((0, 6),)


def test_single_vectors_are_compared_again_exactly(
    database: Database, stages: StageStore, three_videos: list
) -> None:
    for number in (1, 2):
        stages.commit(video_id(number), scenes(5), run(number, Stage.SCENES))
        stages.commit(video_id(number), vision(5, 40, number), run(number, Stage.VISION))
    vectors = VectorStore(database)
    matrix = vectors.matrix(FRAMES)
    query = matrix.vectors[50]
    truth = matrix.neighbours(query, 20)
    rounded = [type(each)(each.video_id, each.index, 0, 0, 0.0) for each in reversed(truth)]
    again = vectors.rescored(FRAMES, query, [*rounded, type(truth[0])(video_id(1), 999, 0, 0, 1.0)])
    assert [(e.video_id, e.index, e.start_ms, e.end_ms) for e in again] == [
        (e.video_id, e.index, e.start_ms, e.end_ms) for e in truth
    ]
    assert [e.similarity for e in again] == pytest.approx([e.similarity for e in truth], abs=1e-6)
