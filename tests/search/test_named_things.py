"""What eyes that know things by name can say about a sentence that nothing answers."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from golden_library import Described, Golden

from heimdex.domain.engines import Concepts, Thing, Thresholds
from heimdex.domain.search import EvidenceKind, Filters
from heimdex.search.things import Known

NAMES = ["a dog", "an elephant", "a camel", "a sailing boat", "a tree", "a house", "a table"]
THINGS = (
    Thing(("dog", "puppy", "개", "강아지"), (0,)),
    Thing(("elephant", "코끼리"), (1,)),
    Thing(("camel", "낙타"), (2,)),
    Thing(("sailing boat", "돛단배"), (3,)),
)


class Named(Described):
    """Towers whose eyes were trained on a few names."""

    vision_thresholds = Thresholds(match=0.6, suggest=0.35)

    def __init__(self) -> None:
        super().__init__()
        self._concepts = Concepts(self.encode(NAMES), THINGS, 0.1, 0.1, 0.3)

    def concepts(self) -> Concepts | None:
        return self._concepts


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Golden]:
    made = Golden(tmp_path_factory.mktemp("things"), Named())
    made.add(
        "park.mp4",
        lines=[(1, 4, "what a lovely morning we have in the park")],
        shots=[(0, 5, "a dog on the grass"), (5, 9, "a house beside a tree")],
        seen=[(0, 9, "Anna")],
    )
    made.add("tea.mp4", shots=[(0, 4, "a table with cups")])
    yield made
    made.database.close()


KNOWN = Known.of(Concepts(np.eye(7, dtype=np.float32), THINGS, 0.1, 0.1, 0.3))


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("two dogs and an elephant", [0, 1]),
        ("Puppies in the snow", [0]),
        ("sailing boats", [3]),
        ("sailing", []),
        ("코끼리가 물을 마시는 장면", [1]),
        ("개와 낙타", [0, 2]),
        ("병 세 개", []),
        ("강아지들이 노는 모습", [0]),
        ("hotdog, caramel", []),
    ],
)
def test_things_are_found_by_any_of_their_names(text: str, concepts: list[int]) -> None:
    assert [thing.concepts[0] for thing in KNOWN.named_in(text).values()] == concepts


def test_a_thing_is_called_as_it_was_typed() -> None:
    assert list(KNOWN.named_in("강아지랑 puppies, sailing boats")) == ["강아지", "sailing boat"]


def test_the_share_of_a_thing_is_that_among_all_that_is_told_apart() -> None:
    cosines = np.eye(7, dtype=np.float32)[[0, 4]]
    shares = KNOWN.shares(cosines, THINGS[0])
    assert shares[0] > 0.99
    assert shares[1] < 0.01
    assert KNOWN.shares(cosines, Thing(("dog or tree",), (0, 4))).min() > 0.99


@pytest.mark.parametrize("text", ["an elephant in the mud", "진흙 속의 코끼리"])
def test_a_thing_that_is_known_and_in_no_frame_is_not_there(library: Golden, text: str) -> None:
    result = library.ask(text)
    assert result.no_good_match
    assert not result.unsure
    assert result.missing == (("elephant",) if text.isascii() else ("코끼리",))
    assert result.only_near
    assert result.moments  # The nearest are shown all the same.


@pytest.mark.parametrize("text", ["a grandmother knitting", "뜨개질하는 할머니"])
def test_what_the_eyes_do_not_know_may_be_there(library: Golden, text: str) -> None:
    result = library.ask(text)
    assert result.unsure
    assert not result.no_good_match
    assert result.missing == ()
    assert all(moment.score < 0.5 for moment in result.moments)


def test_a_thing_that_is_there_proves_nothing_about_the_rest(library: Golden) -> None:
    assert library.ask("a dog with a birthday cake on a lorry").unsure


def test_a_match_shows_the_thing_that_is_named(library: Golden) -> None:
    found = library.ask("a dog on the grass")
    assert not found.only_near
    assert library.place(found.moments[0]) == ("park.mp4", 0.0)
    # Alike enough for the cut, but what is there is a dog.
    other = library.ask("a camel on the grass")
    assert other.no_good_match


SENTENCE = "an elephant among the green trees of the forest"


@pytest.mark.parametrize(("towers", "second"), [(Described, 0.0), (Named, 5.0)])
def test_what_is_named_is_shown_first(
    tmp_path: Path, towers: type[Described], second: float
) -> None:
    made = Golden(tmp_path, towers())
    shots = [(0, 5, "green trees of the forest"), (5, 9, "elephant"), (9, 14, "a cup of tea")]
    video_id = made.add("forest.mp4", shots=shots)
    kinds = Filters(kinds=frozenset({EvidenceKind.VISUAL}))
    found = made.ask(SENTENCE, filters=kinds)
    assert made.place(found.moments[0]) == ("forest.mp4", second)
    scores = [moment.score for moment in found.moments]
    assert scores == sorted(scores, reverse=True)
    assert found.moments[0].video_id == video_id
    made.database.close()


def test_what_was_asked_to_be_heard_or_read_is_judged_by_its_channels(library: Golden) -> None:
    assert library.ask("she talks about knitting").no_good_match
    assert library.ask("뜨개질에 관한 이야기").no_good_match
    assert library.ask("할머니가 뜨개질하던 이야기를 하는 장면").no_good_match
    assert library.ask('"knitting is fun"').no_good_match
    spoken = Filters(kinds=frozenset({EvidenceKind.SPEECH}))
    assert library.ask("a grandmother knitting", filters=spoken).no_good_match


def test_somebody_with_a_thing_that_is_nowhere_is_no_match(library: Golden) -> None:
    people = library.people.named()
    assert [person.name for person in people] == ["Anna"]
    assert not library.ask("Anna").only_near
    assert not library.ask("Anna in the garden").only_near
    result = library.ask("Anna riding a camel")
    assert result.no_good_match
    assert result.missing == ("camel",)
    assert library.place(result.moments[0])[0] == "park.mp4"


def test_eyes_with_thresholds_of_their_own_judge_everything(
    tmp_path: Path, library: Golden
) -> None:
    plain = Golden(tmp_path, Described())
    plain.add("tea.mp4", shots=[(0, 4, "a table with cups")])
    result = plain.ask("a grandmother knitting")
    assert result.no_good_match
    assert not result.unsure
    plain.database.close()
