"""Properties of grouping, recognising and replaying, without a library."""

import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from heimdex.domain.engines import Thresholds
from heimdex.domain.faces import Decision, DecisionKind, FaceTrack
from heimdex.domain.ids import DecisionId, PersonId, VideoId
from heimdex.people.clustering import cluster, near_pairs
from heimdex.people.gallery import Gallery, Votes
from heimdex.people.replay import find_track, overlap, replay

MATCH = 0.42


def crowd(count, people, seed=0, noise=0.62, dims=128):
    random = np.random.default_rng(seed)
    centres = random.normal(size=(people, dims))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    who = random.integers(0, people, count)
    vectors = centres[who] + random.normal(size=(count, dims)) * noise / dims**0.5
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), who


def test_people_are_told_apart():
    vectors, who = crowd(600, 30)
    labels = cluster(vectors, MATCH)
    assert len({(a, b) for a, b in zip(labels.tolist(), who.tolist(), strict=True)}) == 30
    assert labels.max() == 29


def test_nobody_and_one():
    assert cluster(np.zeros((0, 128), np.float32), MATCH).tolist() == []
    assert cluster(crowd(1, 1)[0], MATCH).tolist() == [0]


@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(1, 8), st.floats(0.3, 1.6))
@settings(max_examples=60, deadline=None)
def test_groups_are_alike_on_average_and_respect_what_is_apart(seed, count, people, noise):
    vectors, _ = crowd(count, people, seed, noise)
    random = np.random.default_rng(seed)
    apart = [tuple(sorted(random.choice(count, 2, replace=False).tolist())) for _ in range(5)]
    labels = cluster(vectors, MATCH, apart)
    assert sorted(set(labels.tolist())) == list(range(labels.max() + 1))
    assert all(labels[a] != labels[b] for a, b in apart)
    for label in set(labels.tolist()):
        group = vectors[labels == label]
        if len(group) > 1:
            similarity = group @ group.T
            pairs = similarity[np.triu_indices(len(group), 1)]
            # Each join was at least MATCH on average, so the whole is too.
            assert pairs.mean() >= MATCH - 1e-4


def test_near_pairs_are_exact_while_everybody_fits():
    vectors, _ = crowd(40, 4)
    low, high, similarity = near_pairs(vectors, MATCH)
    exact = vectors @ vectors.T
    wanted = {(a, b) for a in range(40) for b in range(a + 1, 40) if exact[a, b] >= MATCH}
    assert set(zip(low.tolist(), high.tolist(), strict=True)) == wanted
    np.testing.assert_allclose(similarity, exact[low, high], atol=1e-5)


@pytest.mark.slow
def test_ten_thousand_tracks_in_under_a_minute():
    vectors, who = crowd(10_000, 300)
    started = time.process_time()
    labels = cluster(vectors, MATCH)
    assert time.process_time() - started < 60
    assert labels.max() == 299
    assert len(set(zip(labels.tolist(), who.tolist(), strict=True))) == 300


def votes(*parts):
    """Of (person, vectors) each."""
    vectors = np.vstack([part for _, part in parts]) if parts else np.zeros((0, 128), np.float32)
    owners = [np.full(len(part), person, np.int64) for person, part in parts]
    return Votes.of(vectors, np.concatenate(owners) if owners else np.zeros(0, np.int64))


def gallery(given=(), recognised=(), rejected=()):
    return Gallery(votes(*given), votes(*recognised), votes(*rejected), Thresholds(MATCH, 0.32))


def test_a_gallery_believes_examples_and_counter_examples():
    vectors, who = crowd(200, 2, seed=3)
    first, second = vectors[who == 0], vectors[who == 1]
    given, recognised = [(1, first[:2])], [(2, second[:5])]
    known = gallery(given, recognised)
    assert known.ids == [1, 2]
    likeness = known.similarities(vectors)
    assert (likeness[who == 0, 0] > likeness[who == 0, 1]).all()
    assert (likeness[who == 1, 1] >= MATCH).all()
    rejected = gallery(given, recognised, [(1, first[7:8])])
    assert rejected.similarities(first[7:8])[0, 0] == -1.0
    assert len(gallery()) == 0
    assert gallery().similarities(vectors).shape == (200, 0)


def test_one_wrong_face_in_a_named_group_is_no_example():
    vectors, who = crowd(60, 2, seed=4)
    mine, other = vectors[who == 0], vectors[who == 1]
    known = gallery([(1, np.vstack([mine[:8], other[:1]]))])
    assert (known.similarities(other[1:])[:, 0] < MATCH).all()


@given(st.integers(0, 2**32 - 1), st.integers(1, 80), st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_comparing_with_one_or_with_all_is_the_same(seed, count, people):
    vectors, who = crowd(count, people, seed, noise=1.2)
    random = np.random.default_rng(seed)
    parts = [[], [], []]
    for person in range(people):
        own = vectors[who == person]
        parts[int(random.integers(0, 3))].append((person + 10, own))
    known = gallery(*parts)
    everybody = known.similarities(vectors)
    for person, at in known.position.items():
        np.testing.assert_allclose(
            known.similarity_to(person, vectors), everybody[:, at], atol=1e-5
        )


def track(index, start, box, best=None):
    return FaceTrack(index, start, start + 2_000, best or start + 500, box, 0.9, 5)


def said(number, kind, person, at_ms, box):
    return Decision(DecisionId(number), kind, PersonId(person), VideoId("0" * 32), at_ms, box)


def test_a_decision_finds_its_face_again():
    left, right = (0.1, 0.1, 0.3, 0.4), (0.6, 0.1, 0.8, 0.4)
    tracks = [track(0, 0, left), track(1, 0, right), track(2, 5_000, left)]
    assert find_track(tracks, 600, (0.12, 0.11, 0.31, 0.42)).index == 0
    assert find_track(tracks, 600, (0.61, 0.1, 0.8, 0.4)).index == 1
    assert find_track(tracks, 5_400, left).index == 2
    assert find_track(tracks, 20_000, left) is None
    assert find_track(tracks, 600, (0.4, 0.7, 0.45, 0.8)) is None
    # The face moved through the shot: its best box is now elsewhere, but nobody else is near.
    assert find_track([track(0, 0, (0.25, 0.1, 0.45, 0.4))], 1_900, left).index == 0


def test_the_last_word_counts():
    box = (0.1, 0.1, 0.3, 0.4)
    tracks = [track(0, 0, box)]
    words = [
        said(1, DecisionKind.IS, 7, 500, box),
        said(2, DecisionKind.IS, 8, 500, box),
        said(3, DecisionKind.IS_NOT, 9, 500, box),
    ]
    verdicts = replay(words, tracks)
    assert verdicts.belongs == {0: 8}
    assert verdicts.not_of[0] == {9}
    assert replay([*words, said(4, DecisionKind.IS_NOT, 8, 500, box)], tracks).belongs == {}
    assert replay([*words, said(4, DecisionKind.IS, 9, 500, box)], tracks).not_of[0] == set()


@given(st.tuples(*[st.floats(0, 1)] * 4), st.tuples(*[st.floats(0, 1)] * 4))
@example((0.0, 0.0, 1e-308, 1e-308), (0.0, 0.0, 1e-308, 1e-308))
def test_overlap_is_a_share(a, b):
    assert 0.0 <= overlap(a, b) <= 1.0 + 1e-9
    assert overlap(a, b) == overlap(b, a)
