"""The figures themselves, on cases small enough to count by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heimdex.domain.engines import Thresholds
from heimdex.people.measuring import (
    Sample,
    compare,
    crowd,
    grouping,
    identification,
    separation,
)

LIMITS = Thresholds(match=0.42, suggest=0.32)


def labels(*values):
    return np.array(values, np.int64)


def test_groups_against_names_counted_by_hand():
    # Two groups {a a b} and {b}: one right pair of three joined; of two wanted pairs one is joined.
    found = compare(labels(0, 0, 0, 1), labels(7, 7, 8, 8))
    assert (found.groups, found.people) == (2, 2)
    assert found.pair_precision == pytest.approx(1 / 3)
    assert found.pair_recall == pytest.approx(1 / 2)
    assert found.cubed_precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)
    assert found.cubed_recall == pytest.approx((1 + 1 + 1 / 2 + 1 / 2) / 4)


def test_everybody_alone_and_everybody_together():
    names = labels(1, 1, 2)
    alone = compare(labels(0, 1, 2), names)
    assert (alone.pair_precision, alone.pair_recall, alone.cubed_precision) == (1.0, 0.0, 1.0)
    together = compare(labels(0, 0, 0), names)
    assert (together.pair_recall, together.cubed_recall) == (1.0, 1.0)
    assert together.pair_precision == pytest.approx(1 / 3)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_right_groups_are_perfect_whatever_their_numbers(values):
    found = compare(labels(*values), labels(*values) * 3 + 1)
    assert found.pair_precision == found.pair_recall == 1.0
    assert found.cubed_precision == found.cubed_recall == 1.0


def test_separation_of_known_similarities():
    angles = np.radians([0, 20, 90, 110])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    apart = separation(Sample(vectors, labels(0, 0, 1, 1), np.ones(4, np.float32)), 0.42)
    assert (apart.same, apart.different) == (2, 4)
    assert apart.same_mean == pytest.approx(np.cos(np.radians(20)), abs=1e-5)
    assert (apart.same_accepted, apart.different_accepted) == (1.0, 0.0)
    assert apart.best_accuracy == 1.0
    assert np.cos(np.radians(70)) < apart.best <= np.cos(np.radians(20)) + 1e-6


def test_a_good_model_is_measured_as_good_and_a_blind_one_as_bad():
    sample = crowd(300, 20, 128)
    assert grouping(sample, LIMITS).cubed_precision > 0.99
    good = identification(sample, 3, LIMITS)
    assert good is not None
    assert good.precision > 0.99
    assert good.recall > 0.95
    random = np.random.default_rng(0).normal(size=sample.vectors.shape).astype(np.float32)
    blind = Sample(random / np.linalg.norm(random, axis=1)[:, None], sample.labels, sample.quality)
    worse = identification(blind, 3, LIMITS)
    assert worse is not None
    assert worse.recall < 0.1
    assert grouping(blind, LIMITS).pair_recall < 0.1


def test_people_nobody_enrolled_are_strangers():
    # Two people with many faces, one with a single one that nobody can be enrolled with; of so few
    # nobody is kept out besides.
    sample = crowd(60, 2, 128)
    lone = crowd(1, 1, 128, seed=9)
    mixed = Sample(
        np.vstack([sample.vectors, lone.vectors]),
        np.append(sample.labels, 99),
        np.append(sample.quality, lone.quality),
    )
    found = identification(mixed, 5, LIMITS)
    assert found is not None
    assert (found.people, found.probes, found.strangers) == (2, 50, 0.0)
    assert identification(mixed, 500, LIMITS) is None
    assert identification(sample, 5, LIMITS).strangers is None  # type: ignore[union-attr]


def test_a_quarter_of_the_people_are_strangers():
    sample = crowd(200, 8, 128)
    found = identification(sample, 2, LIMITS)
    assert found is not None
    assert 110 <= found.probes <= 160  # of six of the eight
    assert found.strangers == 0.0
    # Where everybody looks alike, nobody is named rather than the wrong one.
    same = np.tile(sample.vectors[:1], (len(sample), 1))
    blind = identification(Sample(same, sample.labels, sample.quality), 2, Thresholds(-1.0, -1.0))
    assert blind is not None
    assert (blind.recall, blind.strangers) == (0.0, 0.0)
