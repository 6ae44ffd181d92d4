from pathlib import Path

import pytest

from heimdex.domain.errors import UserError
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.search import EvidenceKind, Filters, Length, Like, Question, Sort
from heimdex.storage.database import FILE_NAME, Database
from heimdex.storage.searches import KEPT, SearchStore, erase_names

WHOLE = Question(
    text="오바마가 beach + dog − 사람",
    plain=("2015", "may"),
    likes=(
        Like(picture=Path("/photos/보기 \udcff.jpg")),
        Like(video_id=VideoId("v" * 32), at_ms=1200, minus=True),
    ),
    filters=Filters(
        kinds=frozenset({EvidenceKind.VISUAL}),
        folder=Path("/videos/휴가"),
        after=10,
        people=frozenset({PersonId(3)}),
        length=Length(None, 5_000),
    ),
    sort=Sort.DATE,
)


@pytest.fixture
def store(library: Path):
    database = Database.open(library / FILE_NAME)
    yield SearchStore(database)
    database.close()


def test_a_question_comes_back_whole(store: SearchStore) -> None:
    made = store.save("  The   beach ", WHOLE, [(VideoId("v"), 0, 900)])
    assert made.name == "The beach"
    [kept] = store.saved()
    assert kept == made == store.find("the BEACH")
    assert kept.question == WHOLE
    assert kept.seen == (("v", 0, 900),)


def test_the_same_name_is_one_search(store: SearchStore) -> None:
    first = store.save("beach", Question("beach"))
    again = store.save("Beach", Question("sea"))
    assert [s.question.text for s in store.saved()] == ["sea"]
    assert again.id == first.id
    other = store.save("dog", Question("dog"))
    with pytest.raises(UserError, match="already"):
        store.rename(other.id, "BEACH")
    store.rename(other.id, "Dogs")
    assert [s.name for s in store.saved()] == ["Beach", "Dogs"]
    store.remove(first.id)
    with pytest.raises(UserError, match="searches list"):
        store.find("beach")
    for empty in ("", "  \n"):
        with pytest.raises(UserError, match="name"):
            store.save(empty, WHOLE)


def test_what_was_seen_is_remembered(store: SearchStore) -> None:
    saved = store.save("beach", Question("beach"))
    store.mark_seen(saved.id, [(VideoId("a"), 1, 2), (VideoId("b"), 3, 4)])
    assert store.find("beach").seen == (("a", 1, 2), ("b", 3, 4))


def test_recent_ones_are_listed_once_newest_first_and_are_few(store: SearchStore) -> None:
    for text in ("a", "b", " A ", "", "c\ud800"):
        store.remember(text)
    assert store.recent() == ["c?", "A", "b"]
    store.forget_recent("a")
    assert store.recent() == ["c?", "b"]
    for number in range(KEPT + 20):
        store.remember(f"query {number}")
    assert len(store.recent()) == KEPT
    assert store.recent()[0] == f"query {KEPT + 19}"
    store.forget_recent()
    assert store.recent() == []


def test_a_forgotten_name_takes_its_searches_along(store: SearchStore) -> None:
    store.save("Anna's", Question("beach"))
    store.save("beach", Question("안나 beach"))
    store.save("dog", Question("dog in savanna"))
    store.remember("anna dancing")
    store.remember("안나가")
    store.remember("dog")
    with store._database.write() as connection:
        erase_names(connection, ["Anna", "안나"])
    assert [s.name for s in store.saved()] == ["dog"]
    assert store.recent() == ["dog"]
