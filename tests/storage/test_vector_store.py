import threading

import numpy as np
import pytest
from storage_samples import DIMS, FRAMES, PASSAGES, SCENES, passages, run, scenes, vision

from heimdex.domain.ids import VideoId
from heimdex.domain.stages import Stage
from heimdex.domain.vectors import Space, SpaceKind
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.database import Database
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore

UNUSED = Space(SpaceKind.PASSAGE, "nobody", "1")


@pytest.fixture
def vectors(database: Database) -> VectorStore:
    return VectorStore(database)


def put(stages: StageStore, number: int, count: int, seed: int = 0) -> None:
    output = passages(*[f"{number}/{i}/{seed}" for i in range(count)], seed=seed + 100 * number)
    stages.commit(VideoId(f"{number:032x}"), output, run(number, Stage.PASSAGES))


def test_a_matrix_knows_whose_each_row_is(
    stages: StageStore, vectors: VectorStore, three_videos: list[VideoId]
) -> None:
    for number, count in ((1, 3), (2, 0), (3, 2)):
        put(stages, number, count)
    matrix = vectors.matrix(PASSAGES)
    assert len(matrix) == vectors.count(PASSAGES) == 5
    assert matrix.videos == tuple(three_videos)
    assert matrix.owner.tolist() == [0, 0, 0, 2, 2]
    assert matrix.index.tolist() == [0, 1, 2, 0, 1]
    assert matrix.offsets.tolist() == [0, 3, 3, 5]
    assert matrix.start_ms.tolist() == [0, 1000, 2000, 0, 1000]
    assert matrix.end_ms.dtype == np.int32
    assert matrix.vectors.dtype == np.float32
    assert matrix.vectors.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        matrix.vectors[0] = 0
    for number in (1, 3):
        stored = vectors.batch(three_videos[number - 1], PASSAGES)
        assert stored is not None
        rows = matrix.vectors[matrix.owner == number - 1]
        np.testing.assert_array_equal(rows, stored.vectors)


def test_neighbours_are_exact_and_in_order(
    stages: StageStore, vectors: VectorStore, three_videos: list[VideoId]
) -> None:
    for number in (1, 2, 3):
        put(stages, number, 20)
    matrix = vectors.matrix(PASSAGES)
    query = matrix.vectors[27]
    found = matrix.neighbours(query, 10)
    similarity = matrix.vectors @ query
    assert [round(n.similarity, 5) for n in found] == [
        round(float(s), 5) for s in np.sort(similarity)[::-1][:10]
    ]
    assert (found[0].video_id, found[0].index, found[0].start_ms) == (three_videos[1], 7, 7000)
    assert len(matrix.neighbours(query, 1000)) == 60
    assert matrix.neighbours(query, 0) == []


def test_an_unknown_space_is_empty(vectors: VectorStore) -> None:
    matrix = vectors.matrix(UNUSED)
    assert len(matrix) == 0
    assert matrix.videos == ()
    assert matrix.neighbours(np.ones(DIMS, np.float32), 5) == []
    assert vectors.count(UNUSED) == 0
    assert vectors.spaces() == []
    assert len(vectors.matrix(UNUSED, [VideoId("0" * 32)])) == 0


def statements(database: Database, vectors: VectorStore) -> list[str]:
    """What a search on a warm cache asks SQLite."""
    seen: list[str] = []
    database.read().set_trace_callback(seen.append)
    vectors.matrix(PASSAGES)
    database.read().set_trace_callback(None)
    return seen


def test_repeated_searches_do_not_read_vectors_again(
    database: Database, stages: StageStore, vectors: VectorStore, three_videos: list[VideoId]
) -> None:
    put(stages, 1, 3)
    put(stages, 2, 3)
    first = vectors.matrix(PASSAGES)
    assert vectors.matrix(PASSAGES) is first
    assert all("FROM vectors" not in each for each in statements(database, vectors))
    stages.commit(three_videos[0], scenes(2), run(1, Stage.SCENES))
    stages.commit(three_videos[0], vision(2, 2), run(1, Stage.VISION))
    assert vectors.matrix(PASSAGES) is first  # another space changed


def test_a_change_is_seen_and_only_it_is_read(
    database: Database,
    stages: StageStore,
    vectors: VectorStore,
    catalogue: Catalogue,
    three_videos: list[VideoId],
) -> None:
    put(stages, 1, 3)
    put(stages, 2, 3)
    before = vectors.matrix(PASSAGES)
    put(stages, 2, 4, seed=9)
    seen = statements(database, vectors)
    assert any(f'["{three_videos[1]}"]' in each for each in seen)
    after = vectors.matrix(PASSAGES)
    assert len(after) == 7
    assert len(before) == 6  # a search that runs on it is not disturbed
    np.testing.assert_array_equal(after.vectors[:3], before.vectors[:3])
    fresh = VectorStore(database).matrix(PASSAGES)
    np.testing.assert_array_equal(after.vectors, fresh.vectors)
    catalogue.remove_video(three_videos[0])
    assert vectors.matrix(PASSAGES).videos == (three_videos[1],)


@pytest.mark.parametrize("warm", [True, False])
def test_some_videos_only(
    stages: StageStore, vectors: VectorStore, three_videos: list[VideoId], warm: bool
) -> None:
    for number in (1, 2, 3):
        put(stages, number, number)
    if warm:
        vectors.matrix(PASSAGES)
    wanted = [three_videos[2], three_videos[0], three_videos[2], VideoId("f" * 32)]
    matrix = vectors.matrix(PASSAGES, wanted)
    assert matrix.videos == (three_videos[0], three_videos[2])
    assert matrix.owner.tolist() == [0, 1, 1, 1]
    assert len(vectors.matrix(PASSAGES, [])) == 0


def test_the_cache_is_bounded(
    database: Database, stages: StageStore, three_videos: list[VideoId]
) -> None:
    put(stages, 1, 50)
    stages.commit(three_videos[0], scenes(40), run(1, Stage.SCENES))
    stages.commit(three_videos[0], vision(40, 50), run(1, Stage.VISION))
    small = VectorStore(database, cache_bytes=50 * DIMS * 4)
    for space in (PASSAGES, SCENES, FRAMES):
        assert len(small.matrix(space)) in (40, 50)
        assert small._size() <= 50 * DIMS * 4
    assert VectorStore(database, cache_bytes=0).matrix(PASSAGES).vectors.shape == (50, DIMS)


def test_searching_while_stages_are_committed(
    database: Database, stages: StageStore, vectors: VectorStore, three_videos: list[VideoId]
) -> None:
    put(stages, 1, 5)
    stop = threading.Event()
    failures: list[BaseException] = []

    def search() -> None:
        while not stop.is_set():
            matrix = vectors.matrix(PASSAGES)
            try:
                assert matrix.offsets[-1] == len(matrix.vectors)
                norms = np.linalg.norm(matrix.vectors, axis=1)
                np.testing.assert_allclose(norms, 1, atol=0.01)
            except AssertionError as error:
                failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for seed in range(30):
        put(stages, 1 + seed % 3, 5 + seed, seed)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(vectors.matrix(PASSAGES)) == 32 + 33 + 34


def test_dropping_a_space(
    stages: StageStore, vectors: VectorStore, three_videos: list[VideoId]
) -> None:
    put(stages, 1, 3)
    vectors.matrix(PASSAGES)
    vectors.drop(PASSAGES)
    assert len(vectors.matrix(PASSAGES)) == 0
    assert vectors.spaces() == []
    assert stages.passages(three_videos[0])
