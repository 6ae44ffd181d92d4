"""One shot is one line of a list, and what stands out is surer than what does not."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from golden_library import FRAME, JPEG, SCENE, Described, Golden
from hypothesis import given
from hypothesis import strategies as st

from heimdex.domain.engines import Thresholds
from heimdex.domain.ids import VideoId
from heimdex.domain.media import Scene
from heimdex.domain.search import EvidenceKind, Filters
from heimdex.domain.stages import ScenesOutput, Stage, VisionOutput
from heimdex.domain.vectors import VectorBatch
from heimdex.search.candidates import Candidate, Channel
from heimdex.search.folding import folded
from heimdex.search.moments import Draft
from heimdex.search.ranking import Ranked
from heimdex.search.sight import Sight, sights

SHOT_MS = 10_000
DRAFTS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.integers(0, 5 * SHOT_MS - 1),
        st.sets(st.sampled_from([Channel.SIGHT, Channel.PERSON, Channel.WORDS, Channel.TEXT])),
    ),
    max_size=25,
    unique_by=lambda one: one[:2],
)


def ranked(video: str, start_ms: int, channels: set[Channel]) -> Ranked:
    draft = Draft(VideoId(video), start_ms, start_ms + 500)
    for channel in channels:
        draft.take(Candidate(channel, draft.video_id, start_ms, start_ms + 500, start_ms, 0.5))
    return Ranked(draft, 0.5)


def scene_at(video_id: VideoId, at_ms: int) -> int | None:
    return None if video_id == "sound" else at_ms // SHOT_MS


@given(DRAFTS, st.integers(1, 30))
def test_nothing_is_lost_or_moved_by_folding(drafts, n):
    everything = [ranked(*one) for one in drafts]
    whole = folded(everything, len(everything), scene_at)
    assert sum(1 + len(each.also_ms) for each in whole) == len(everything)
    places = [everything.index(each.ranked) for each in whole]
    assert places == sorted(places)
    # A shorter list is the beginning of the long one, and knows as much of its shots.
    assert folded(everything, n, scene_at) == whole[:n]
    for each in everything:
        if each.draft.reasons.keys() - {Channel.SIGHT, Channel.PERSON}:
            assert any(kept.ranked is each for kept in whole), "what is said or written stays"


def test_sights_of_one_shot_are_one_line():
    sight = {Channel.SIGHT}
    found = folded(
        [
            ranked("a", 4_000, sight),
            ranked("b", 1_000, sight),
            ranked("a", 8_000, sight),
            ranked("a", 1_000, sight),
            ranked("a", 12_000, sight),
        ],
        10,
        scene_at,
    )
    assert [(one.ranked.draft.video_id, one.ranked.draft.start_ms) for one in found] == [
        ("a", 4_000),
        ("b", 1_000),
        ("a", 12_000),
    ]
    assert found[0].also_ms == [1_000, 8_000]


def test_only_places_that_are_nearly_as_sure_are_told():
    faint = Ranked(ranked("a", 1_000, {Channel.SIGHT}).draft, 0.3)
    (found,) = folded([ranked("a", 4_000, {Channel.SIGHT}), faint], 10, scene_at)
    assert found.also_ms == []


def test_a_sight_is_not_put_behind_words_nor_behind_somebody():
    found = folded(
        [
            ranked("a", 0, {Channel.WORDS}),
            ranked("a", 1_000, {Channel.PERSON}),
            ranked("a", 2_000, {Channel.SIGHT}),
            ranked("a", 3_000, {Channel.PERSON, Channel.SIGHT}),
        ],
        10,
        scene_at,
    )
    assert len(found) == 4


def test_what_has_no_picture_is_not_folded():
    found = folded([ranked("sound", t, {Channel.PERSON}) for t in (0, 900)], 10, scene_at)
    assert len(found) == 2


@pytest.fixture
def parks(tmp_path: Path, towers: Described) -> Iterator[Golden]:
    """Two videos of one shot each, in which what is seen changes from second to second."""
    library = Golden(tmp_path, towers)
    dog, tree = "a dog playing with a ball", "a parked car in the street"
    show(library, "dog.mp4", [dog, tree, tree, tree, dog, tree, tree, tree, dog])
    show(library, "cat.mp4", ["a cat on a sofa"] * 4)
    yield library
    library.index.close()
    library.database.close()


def show(library: Golden, name: str, seconds: list[str]) -> None:
    video_id = library.add(name, shots=[(0, len(seconds), seconds[0])])
    times = np.arange(len(seconds), dtype=np.int32) * 1000
    frames = VectorBatch(library.towers.encode(seconds), times, times + 1000)
    mean = frames.vectors.mean(axis=0, keepdims=True)
    mean /= np.linalg.norm(mean)
    scene = Scene(0, 0, 1000 * len(seconds), 0)
    whole = VectorBatch(mean, np.array([0], np.int32), np.array([scene.end_ms], np.int32))
    library._commit(video_id, Stage.SCENES, ScenesOutput((scene,), (JPEG,)))
    library._commit(video_id, Stage.VISION, VisionOutput(FRAME, frames, SCENE, whole))


def test_one_shot_is_one_moment_and_its_other_seconds_are_told(parks: Golden):
    seen = Filters(kinds=frozenset({EvidenceKind.VISUAL}))
    found = parks.ask("a dog playing with a ball", filters=seen)
    assert [parks.names[moment.video_id] for moment in found.moments] == ["dog.mp4", "cat.mp4"]
    first = found.moments[0]
    assert {first.start_ms, *first.also_ms} >= {0, 4_000, 8_000}
    assert first.start_ms not in first.also_ms


@pytest.mark.parametrize("query", ["a dog playing with a ball", "cat"])
def test_a_lead_over_every_other_video_counts(parks: Golden, query: str):
    vector = parks.towers.vision(query)
    frames = Sight(parks.vectors, parks.index).frames(FRAME, SCENE, vector)
    plain = sights(frames, Thresholds(0.9, 0.8), query, at_most=1.0)
    led = sights(frames, Thresholds(0.9, 0.8, lead=0.6), query, at_most=1.0)
    assert [each.start_ms for each in led] == [each.start_ms for each in plain]
    assert led[0].confidence > plain[0].confidence
    best = plain[0].video_id
    for with_lead, without in zip(led, plain, strict=True):
        if without.video_id != best:
            assert with_lead.confidence == without.confidence
        assert with_lead.confidence >= without.confidence


def test_there_is_no_lead_where_only_one_video_is_looked_at(parks: Golden):
    vector = parks.towers.vision("a dog")
    dog = next(video for video, name in parks.names.items() if name == "dog.mp4")
    frames = Sight(parks.vectors, parks.index).frames(FRAME, SCENE, vector, frozenset({dog}))
    limits = Thresholds(0.9, 0.8, lead=0.6)
    found = sights(frames, limits, "a dog", at_most=1.0)
    assert {each.video_id for each in found} == {dog}
    alone = sights(frames, Thresholds(0.9, 0.8), "a dog", at_most=1.0)
    assert [each.confidence for each in found] == [each.confidence for each in alone]
