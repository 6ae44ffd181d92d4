"""Weights of words are kept beside vectors, and searched as reading all of them would."""

from collections.abc import Sequence

import numpy as np
import pytest
import storage_samples as samples

from heimdex.domain.ids import VideoId
from heimdex.domain.stages import PassagesOutput, Stage
from heimdex.domain.vectors import SparseBatch, SparseVector
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.database import Database
from heimdex.storage.stages import StageStore
from heimdex.storage.token_weights import TokenWeights, Weighed
from heimdex.storage.vectors import VectorStore

VOCABULARY = 60


def vector(weights: dict[int, float]) -> SparseVector:
    tokens = sorted(weights)
    return SparseVector(
        np.array(tokens, np.uint32), np.array([weights[t] for t in tokens], np.float32)
    )


def some(random: np.random.Generator, tokens: int) -> SparseVector:
    chosen = random.choice(VOCABULARY, size=tokens, replace=False)
    # Multiples of an eighth are exact in half precision, so that nothing is only about right.
    return vector({int(t): float(random.integers(1, 40)) / 8 for t in chosen})


def commit(
    stages: StageStore, number: int, vectors: Sequence[SparseVector] | None, count: int = 0
) -> VideoId:
    texts = [f"passage {at}" for at in range(len(vectors) if vectors is not None else count)]
    plain = samples.passages(*texts, seed=number)
    weights = None if vectors is None else SparseBatch.of(vectors)
    output = PassagesOutput(plain.space, plain.passages, plain.vectors, weights)
    stages.commit(samples.video_id(number), output, samples.run(number, Stage.PASSAGES))
    return samples.video_id(number)


def exactly(
    held: dict[VideoId, Sequence[SparseVector]], query: SparseVector, n: int
) -> list[Weighed]:
    asked = dict(zip(query.tokens.tolist(), query.weights.tolist(), strict=True))
    found = []
    for video_id, items in held.items():
        for index, item in enumerate(items):
            there = dict(zip(item.tokens.tolist(), item.weights.tolist(), strict=True))
            shared = asked.keys() & there.keys()
            if shared:
                score = sum(asked[t] * there[t] for t in shared)
                share = sum(asked[t] for t in shared) / sum(asked.values())
                found.append(Weighed(video_id, index, score, share))
    return sorted(found, key=lambda each: (-each.score, each.video_id, each.index))[:n]


def same(found: Sequence[Weighed], expected: Sequence[Weighed]) -> None:
    assert [(f.video_id, f.index) for f in found] == [(e.video_id, e.index) for e in expected]
    assert [f.score for f in found] == pytest.approx([e.score for e in expected], rel=1e-5)
    assert [f.share for f in found] == pytest.approx([e.share for e in expected], rel=1e-5)


@pytest.fixture
def weights(database: Database) -> TokenWeights:
    return TokenWeights(database)


def test_search_finds_what_reading_everything_finds(
    catalogue: Catalogue, stages: StageStore, weights: TokenWeights, three_videos: list[VideoId]
) -> None:
    random = np.random.default_rng(2)
    held = {}
    for number, video_id in enumerate(three_videos, start=1):
        held[video_id] = [some(random, int(random.integers(0, 12))) for _ in range(9)]
        commit(stages, number, held[video_id])
    for _ in range(25):
        query = some(random, 5)
        same(weights.search(samples.PASSAGES, query, 8), exactly(held, query, 8))
        one = {three_videos[1]: held[three_videos[1]]}
        same(weights.search(samples.PASSAGES, query, 4, set(one)), exactly(one, query, 4))


def test_search_follows_every_change(
    catalogue: Catalogue, stages: StageStore, weights: TokenWeights, tmp_path
) -> None:
    """Small changes beside large lists are patched in; both must look like lists made anew."""
    random = np.random.default_rng(3)
    held: dict[VideoId, list[SparseVector]] = {}
    for number in range(1, 21):
        video_id = samples.video_id(number)
        catalogue.put_file(tmp_path / f"{number}.mp4", video_id, None, 1, 1)
        held[video_id] = [some(random, 6) for _ in range(4)]
        commit(stages, number, held[video_id])
    query = some(random, 12)

    def check() -> None:
        found = weights.search(samples.PASSAGES, query, 200)
        same(found, exactly(held, query, 200))
        fresh = TokenWeights(weights._database).search(samples.PASSAGES, query, 200)
        assert found == fresh

    check()
    held[samples.video_id(4)] = [some(random, 9) for _ in range(7)]  # other passages
    commit(stages, 4, held[samples.video_id(4)])
    check()
    catalogue.remove_video(samples.video_id(9))
    del held[samples.video_id(9)]
    check()
    catalogue.put_file(tmp_path / "21.mp4", samples.video_id(21), None, 1, 1)
    held[samples.video_id(21)] = [some(random, 3)]
    commit(stages, 21, held[samples.video_id(21)])
    check()
    for number in range(10, 19):  # too many to patch
        held[samples.video_id(number)] = [some(random, 5)]
        commit(stages, number, held[samples.video_id(number)])
    check()
    commit(stages, 2, None, count=2)  # a model without weights
    del held[samples.video_id(2)]
    check()


def test_nothing_is_found_where_nothing_was_learnt(
    stages: StageStore, weights: TokenWeights, three_videos: list[VideoId]
) -> None:
    query = vector({1: 1.0})
    assert not weights.has(samples.PASSAGES)
    assert weights.search(samples.PASSAGES, query, 5) == []
    commit(stages, 1, None, count=3)
    assert not weights.has(samples.PASSAGES)
    commit(stages, 2, [vector({}), vector({2: 1.0})])
    assert weights.has(samples.PASSAGES)
    assert weights.search(samples.PASSAGES, query, 5) == []
    assert weights.search(samples.PASSAGES, vector({}), 5) == []
    assert weights.search(samples.SCENES, query, 5) == []


def test_weights_come_back_as_they_were_stored(
    stages: StageStore, weights: TokenWeights, three_videos: list[VideoId]
) -> None:
    items = [vector({3: 0.5, 250_001: 2.0}), vector({}), vector({0: 0.125})]
    video_id = commit(stages, 1, items)
    batch = weights.batch(video_id, samples.PASSAGES)
    assert batch is not None
    assert batch.offsets.tolist() == [0, 2, 2, 3]
    assert batch.tokens.tolist() == [3, 250_001, 0]
    assert batch.weights.tolist() == [0.5, 2.0, 0.125]
    assert weights.batch(samples.video_id(2), samples.PASSAGES) is None


def test_weights_go_with_their_space(
    database: Database, stages: StageStore, weights: TokenWeights, three_videos: list[VideoId]
) -> None:
    commit(stages, 1, [vector({1: 1.0})])
    assert len(weights.search(samples.PASSAGES, vector({1: 1.0}), 5)) == 1
    VectorStore(database).drop(samples.PASSAGES)
    assert weights.search(samples.PASSAGES, vector({1: 1.0}), 5) == []
    assert not weights.has(samples.PASSAGES)


@pytest.mark.parametrize(
    "batch",
    [
        SparseBatch.of([vector({1: 1.0})]),
        SparseBatch(np.array([0, 2, 1]), np.zeros(1, np.uint32), np.ones(1, np.float32)),
        SparseBatch(np.array([0, 1, 3]), np.zeros(2, np.uint32), np.ones(2, np.float32)),
        SparseBatch(np.array([0, 1, 2]), np.zeros(2, np.uint32), np.zeros(2, np.float32)),
        SparseBatch(np.array([0, 1, 2]), np.zeros(2, np.uint32), np.full(2, np.nan, np.float32)),
    ],
)
def test_weights_that_cannot_be_right_are_refused_with_everything(
    stages: StageStore, three_videos: list[VideoId], batch: SparseBatch
) -> None:
    plain = samples.passages("one", "two")
    output = PassagesOutput(plain.space, plain.passages, plain.vectors, batch)
    with pytest.raises(ValueError, match="passage/text/1"):
        stages.commit(samples.video_id(1), output, samples.run(1, Stage.PASSAGES))
    assert stages.passages(samples.video_id(1)) == ()
