"""While a new model sees one video after the other, the earlier one answers for the rest."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from golden_library import FRAME, PASSAGE, Described, Golden

from heimdex.domain.errors import UserError
from heimdex.domain.ids import VideoId
from heimdex.domain.stages import PassagesOutput, Stage, VisionOutput
from heimdex.domain.vectors import Space, SpaceKind, VectorBatch, Vectors
from heimdex.search.generations import Generation, Generations
from heimdex.search.searcher import Searcher

NEWER = Space(SpaceKind.FRAME, "newer", "1")


class Newer(Described):
    """The same eyes in a space that is turned against the first: mixing them finds nothing."""

    scene_space, frame_space = replace(NEWER, kind=SpaceKind.SCENE), NEWER

    def __init__(self) -> None:
        super().__init__()
        turned = np.random.default_rng(1).normal(size=(512, 512))
        self._turn = np.linalg.qr(turned)[0].astype(np.float32)

    def vision(self, text: str) -> Vectors:
        return np.asarray(super().vision(text) @ self._turn, np.float32)


class Both(Newer):
    """As the query host has them: the chosen towers, and those that still answer."""

    def __init__(self, earlier: Described, generations: Generations) -> None:
        super().__init__()
        self.earlier, self.made = earlier, generations

    def until(self, cancelled: object) -> "Both":  # type: ignore[override]
        return self

    def generations(self) -> list[tuple[Described, frozenset[VideoId] | None]]:
        return [
            (self if each.frames == NEWER else self.earlier, each.videos)
            for each in self.made.now()
        ]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Golden]:
    made = Golden(tmp_path, Described())
    made.add("beach.mp4", shots=[(0, 4, "a dog on a beach"), (4, 8, "a blue car")])
    made.add("snow.mp4", shots=[(0, 4, "a birthday cake"), (4, 8, "a dog in the snow")])
    made.add("talk.mp4", lines=[(0, 3, "the ferry leaves at nine")])
    yield made
    made.database.close()


def generations(library: Golden, usable: bool = True) -> Generations:
    return Generations(
        library.vectors,
        PASSAGE,
        NEWER,
        lambda space: usable and space == FRAME,
        lambda: frozenset(video.id for video in library.catalogue.videos()),
    )


def video(library: Golden, name: str) -> VideoId:
    return next(each for each, known in library.names.items() if known == name)


def see_anew(library: Golden, towers: Newer, name: str) -> None:
    """The new model has its turn with one video."""
    known = video(library, name)
    frames, scenes = (
        library.vectors.batch(known, Space(kind, "described", "1"))
        for kind in (SpaceKind.FRAME, SpaceKind.SCENE)
    )
    assert frames is not None
    assert scenes is not None
    turned = [
        VectorBatch(each.vectors @ towers._turn, each.start_ms, each.end_ms)
        for each in (frames, scenes)
    ]
    output = VisionOutput(NEWER, turned[0], towers.scene_space, turned[1])
    library._commit(known, Stage.VISION, output)


def searcher(library: Golden, towers: Described) -> Searcher:
    sources = library.searcher._sources
    return Searcher(
        catalogue=sources.catalogue,
        stages=sources.stages,
        vectors=sources.vectors,
        lexicon=sources.lexicon,
        index=sources.index,
        people=sources.people,
        towers=towers,
    )


def places(library: Golden, asked: Searcher, text: str) -> set[tuple[str, float]]:
    found = [m for m in asked.search(text).moments if m.score > 0.4]
    return {library.place(moment) for moment in found}


def test_both_models_answer_for_their_videos(library: Golden) -> None:
    towers = Both(library.towers, generations(library))
    asked = searcher(library, towers)
    dogs = {("beach.mp4", 0.0), ("snow.mp4", 4.0)}
    assert places(library, asked, "a dog") == dogs, "before the new model has seen anything"
    see_anew(library, towers, "snow.mp4")
    assert {m.videos and len(m.videos) for m in towers.made.now()} == {1, 2}
    assert places(library, asked, "a dog") == dogs, "while it is under way"
    assert library.names[asked.search("the ferry leaves at nine").moments[0].video_id] == "talk.mp4"
    see_anew(library, towers, "beach.mp4")
    assert towers.made.now() == [Generation(PASSAGE, NEWER, None)]
    assert places(library, asked, "a dog") == dogs, "when it has seen everything"
    assert FRAME not in library.vectors.spaces()


def test_a_model_that_is_gone_answers_no_more(library: Golden) -> None:
    towers = Both(library.towers, generations(library, usable=False))
    see_anew(library, towers, "snow.mp4")
    assert places(library, searcher(library, towers), "a dog") == {("snow.mp4", 4.0)}


def test_a_moment_is_compared_by_the_model_that_has_seen_it(library: Golden) -> None:
    towers = Both(library.towers, generations(library))
    see_anew(library, towers, "snow.mp4")
    asked = searcher(library, towers)
    library.add("again.mp4", shots=[(0, 4, "a dog on a beach")])
    alike = asked.similar(video(library, "beach.mp4"), 1000).moments
    assert [library.names[moment.video_id] for moment in alike][:1] == ["again.mp4"]
    with pytest.raises(UserError, match="not been indexed"):
        asked.similar(VideoId("f" * 32), 0)


def test_nothing_is_asked_twice_where_one_model_has_seen_all(library: Golden) -> None:
    one = Generations(library.vectors, PASSAGE, FRAME, lambda space: True, frozenset)
    assert one.now() == [Generation(PASSAGE, FRAME, None)]


def test_text_models_follow_each_other_in_the_same_way(library: Golden) -> None:
    better = Space(SpaceKind.PASSAGE, "better", "1")
    made = Generations(
        library.vectors,
        better,
        FRAME,
        lambda space: space == PASSAGE,
        lambda: frozenset(video.id for video in library.catalogue.videos()),
    )
    talk, others = video(library, "talk.mp4"), {"beach.mp4", "snow.mp4"}
    assert made.now() == [
        Generation(better, FRAME, frozenset(video(library, name) for name in others)),
        Generation(PASSAGE, FRAME, frozenset({talk})),
    ]
    batch = library.vectors.batch(talk, PASSAGE)
    assert batch is not None
    passages = library.stages.passages(talk)
    library._commit(talk, Stage.PASSAGES, PassagesOutput(better, tuple(passages), batch))
    assert made.now() == [Generation(better, FRAME, None)]
    assert library.stages.passages(talk) == passages
