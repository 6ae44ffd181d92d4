import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from storage_samples import ocr, passages, run, video_id

from heimdex.domain.ids import VideoId
from heimdex.domain.stages import Stage
from heimdex.storage import lexicon
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.database import Database
from heimdex.storage.lexicon import OCR_LINES, Lexicon
from heimdex.storage.stages import StageStore
from heimdex.storage.wordforms import groups, terms, words

SENTENCES = (
    "내일은 할머니 생일을 축하하는 날이야",
    "생일이 언제였더라",
    "학생 여러분 일요일에 만나요",
    "The dogs don't like C++ at 10:30",
    "물을 마시고 싶어",
    "물건을 사러 갔다",
    "happy birthday to you",
    "birthday parties are happy",
    "BTS는 노래를 한다",
)
ANY_TEXT = st.text(st.characters(codec=None), max_size=60)  # lone surrogates too


@pytest.fixture
def spoken(database: Database, stages: StageStore, three_videos: list[VideoId]) -> Lexicon:
    stages.commit(three_videos[0], passages(*SENTENCES), run(1, Stage.PASSAGES))
    stages.commit(three_videos[1], passages("생일 파티", seed=5), run(2, Stage.PASSAGES))
    return Lexicon(database)


def found(lexicon: Lexicon, query: str) -> list[str]:
    return [hit.text for hit in lexicon.search(groups(query), 20) if hit.coverage > 0.99]


def test_words_and_terms() -> None:
    assert words("Don't shout, 엄마!") == ["dont", "shout", "엄마"]
    assert words("BTS는 3월에") == ["bts", "는", "3", "월에"]
    assert terms("생일을") == ["생일을", "생일", "일을"]
    assert terms("생일") == ["생일"]
    assert terms("Ponies") == ["ponies", "pony"]
    assert terms(unicodedata.normalize("NFD", "생일을")) == terms("생일을")  # as macOS writes it
    assert terms("ＡＢＣ") == ["abc"]
    assert terms("  … !? ") == []


def test_groups_take_off_particles_and_split_compounds() -> None:
    assert groups("생일을") == [["생일"]]
    assert groups("할머니에게서 생일에는") == [["할머", "머니"], ["생일"]]
    assert groups("생일파티") == [["생일", "파티"]]
    assert groups("BTS는 dogs") == [["bts"], ["dog"]]
    assert groups("물") == [["물"]]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("생일", {0, 1, -1}),
        ("생일을", {0, 1, -1}),
        ("생일은", {0, 1, -1}),
        ("생일파티", {-1}),
        ("생일 파티", {-1}),
        ("할머니", {0}),
        ("물", {4}),
        ("dog", {3}),
        ("Dogs", {3}),
        ("c++", {3}),
        ("10:30", {3}),
        ("-dogs", {3}),
        ("don't", {3}),
        ("birthday party", {7}),
        ("bts", {8}),
        ("노래", {8}),
        ("zebra", set()),
    ],
)
def test_what_a_query_finds_whole(spoken: Lexicon, query: str, numbers: set[int]) -> None:
    everything = (*SENTENCES, "생일 파티")
    assert set(found(spoken, query)) == {everything[n] for n in numbers}


def test_a_hit_says_where_it_is(spoken: Lexicon, three_videos: list[VideoId]) -> None:
    [hit] = spoken.search([["zebra"], ["날이"]], 5)
    assert (hit.video_id, hit.index) == (three_videos[0], 0)
    assert (hit.start_ms, hit.end_ms, hit.text) == (0, 1000, SENTENCES[0])
    assert 0 < hit.coverage < 0.6
    assert hit.score > 0


def test_rare_words_count_more(spoken: Lexicon) -> None:
    hits = spoken.search(groups("happy dogs"), 10)
    cover = {hit.text: hit.coverage for hit in hits}
    assert cover[SENTENCES[3]] > 0.5 > cover[SENTENCES[6]]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_limits_and_videos(spoken: Lexicon, three_videos: list[VideoId]) -> None:
    assert len(spoken.search([["생일"]], 2)) == 2
    assert spoken.search([["생일"]], 0) == []
    only = spoken.search([["생일"]], 9, videos=[three_videos[1]])
    assert [hit.video_id for hit in only] == [three_videos[1]]
    assert spoken.search([["생일"]], 9, videos=[]) == []
    assert spoken.search([], 9) == spoken.search([[]], 9) == spoken.search([[" "]], 9) == []


@pytest.mark.parametrize("many", [0, 2, 1000])
def test_some_videos_give_what_all_give_without_the_others(
    database: Database,
    catalogue: Catalogue,
    stages: StageStore,
    monkeypatch: pytest.MonkeyPatch,
    many: int,
) -> None:
    """However many will do: asked for alone, or taken out of the best of all."""
    monkeypatch.setattr(lexicon, "_MANY", many)
    random = np.random.default_rng(4)
    texts = ["생일 파티", "생일 축하해", "happy birthday", "birthday cake", "no words"]
    videos = [video_id(number) for number in range(1, 13)]
    for number, each in enumerate(videos, 1):
        catalogue.put_file(database.directory / f"{number}.mp4", each, None, 1, 1)
        said = [texts[i] for i in random.integers(len(texts), size=6)]
        stages.commit(each, passages(*said), run(number, Stage.PASSAGES))
    spoken = Lexicon(database)
    wanted = groups("생일 birthday")
    everything = spoken.search(wanted, 1000)
    assert len(everything) > 40
    for share in (0.05, 0.3, 0.6, 0.95):
        chosen = {v for v in videos if random.random() < share}
        for limit in (1, 5, 1000):
            expected = [hit for hit in everything if hit.video_id in chosen][:limit]
            assert spoken.search(wanted, limit, chosen) == expected


def test_common_words_alone_do_not_make_a_large_library_slow(
    spoken: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = groups("happy dogs")  # two rows hold the first word, one the other
    assert len(spoken.search(query, 9)) == 3
    monkeypatch.setattr(lexicon, "_WEIGHED", 2)
    few = spoken.search(query, 9)
    assert [hit.text for hit in few] == [SENTENCES[3]]
    assert 0 < few[0].coverage < 1
    assert len(spoken.search(groups("happy"), 9)) == 2
    monkeypatch.setattr(lexicon, "_WEIGHED", 1)
    assert len(spoken.search(groups("happy"), 9)) == 2


def test_phrases_are_in_order_and_side_by_side(spoken: Lexicon) -> None:
    assert [hit.text for hit in spoken.phrase("Happy Birthday", 9)] == [SENTENCES[6]]
    assert [hit.text for hit in spoken.phrase("생일을 축하", 9)] == [SENTENCES[0]]
    assert spoken.phrase("축하 생일", 9) == []
    assert spoken.phrase("happy you", 9) == []
    assert spoken.phrase("birth", 9) == []  # English words are whole
    assert spoken.phrase('""', 9) == []
    assert spoken.phrase("happy birthday", 9, videos=[]) == []


def test_words_of_replaced_passages_are_gone(
    spoken: Lexicon, database: Database, stages: StageStore, three_videos: list[VideoId]
) -> None:
    stages.commit(three_videos[0], passages("전혀 다른 말"), run(1, Stage.PASSAGES))
    assert found(spoken, "dog") == []
    assert found(spoken, "다른 말") == ["전혀 다른 말"]
    assert lexicon.verify(database) == []


def test_a_lost_word_index_is_noticed_and_made_again(spoken: Lexicon, database: Database) -> None:
    with database.write() as connection:
        connection.execute("DELETE FROM passage_terms WHERE rowid > 3")
    assert lexicon.verify(database) == ["7 passages are not in the word index"]
    assert lexicon.reindex(database) == 10
    assert lexicon.verify(database) == []
    assert found(spoken, "bts") == [SENTENCES[8]]


def test_text_on_screen_is_a_shelf_of_its_own(
    spoken: Lexicon, database: Database, stages: StageStore, three_videos: list[VideoId]
) -> None:
    stages.commit(three_videos[0], ocr("생일 축하해", "Happy Birthday"), run(1, Stage.OCR))
    stages.commit(three_videos[1], ocr("JEFF STEEN, Host"), run(2, Stage.OCR))
    screen = spoken.beside(OCR_LINES)
    assert [hit.text for hit in screen.search(groups("생일"), 9)] == ["생일 축하해"]
    assert [hit.text for hit in screen.phrase("jeff steen", 9)] == ["JEFF STEEN, Host"]
    assert found(spoken, "steen") == []  # nobody says it
    assert {"steen", "birthday", "생일", "축하"} <= set(screen.vocabulary())
    rare, common = screen.weights([["steen"], ["생일"]])
    assert rare == common > 0
    before = screen.state()
    stages.commit(three_videos[1], ocr(), run(2, Stage.OCR))
    assert screen.state() != before
    assert screen.search(groups("steen"), 9) == []
    assert "steen" not in screen.vocabulary()
    with database.write() as connection:
        connection.execute("DELETE FROM ocr_terms")
    assert lexicon.verify(database) == ["2 lines of text on screen are not in the word index"]
    assert lexicon.reindex(database) == 12
    assert lexicon.verify(database) == []


@given(ANY_TEXT)
def test_terms_are_clean_whatever_the_text(text: str) -> None:
    for term in terms(text):
        assert term
        term.encode("utf-8")
        assert all(unicodedata.category(c)[0] in "LNM" for c in term)
        assert words(term)
    assert all(group for group in groups(text))


@given(ANY_TEXT)
def test_terms_do_not_depend_on_case_or_normal_form(text: str) -> None:
    assert terms(unicodedata.normalize("NFD", text)) == terms(text)
    assert terms(unicodedata.normalize("NFC", text)) == terms(text)


@pytest.fixture(scope="module")
def spoken_once(tmp_path_factory: pytest.TempPathFactory) -> object:
    from heimdex.storage.artefacts import Artefacts
    from heimdex.storage.catalogue import Catalogue

    folder = tmp_path_factory.mktemp("spoken")
    database = Database.open(folder / "library.db")
    Catalogue(database).put_file(folder / "a.mp4", VideoId(f"{1:032x}"), None, 1, 1)
    store = StageStore(database, Artefacts(folder))
    yield database, store
    database.close()


@settings(max_examples=150, deadline=None)
@given(query=ANY_TEXT)
def test_no_query_raises(spoken_once: tuple[Database, StageStore], query: str) -> None:
    spoken = Lexicon(spoken_once[0])
    spoken.search(groups(query), 3)
    spoken.search([terms(query), [query], list(query)], 3)
    spoken.phrase(query, 3)


@settings(max_examples=80, deadline=None)
@given(text=st.text(max_size=40))
def test_every_text_is_found_by_its_own_words(
    spoken_once: tuple[Database, StageStore], text: str
) -> None:
    database, store = spoken_once
    store.commit(VideoId(f"{1:032x}"), passages(text), run(1, Stage.PASSAGES))
    spoken = Lexicon(database)
    for query in ([[term] for term in terms(text)], groups(text)):
        for group in query[:5]:
            hits = spoken.search([group], 3)
            assert [hit.text for hit in hits] == [text], group
    if words(text):
        assert [hit.text for hit in spoken.phrase(text, 3)] == [text]


def test_a_query_of_ten_thousand_words(spoken: Lexicon) -> None:
    assert spoken.search(groups("생일 " + "zebra " * 10_000), 3)
    assert spoken.phrase("생일 " * 10_000, 3) == []
