"""Nothing a person types raises: read, answered, its chips taken away or rewritten, completed."""

import pytest
from golden_library import Golden
from hypothesis import given, settings
from hypothesis import strategies as st

from heimdex.domain.search import Filters, Question, Sort
from heimdex.search.chips import with_added, with_words, without_chip
from heimdex.search.suggest import Suggester
from heimdex.storage.searches import SearchStore

WORDS = """
오바마 오바마가 오바마랑 obama's Biden 엄마는 엄마 mom 빼고 말고 없이 아닌 제외하고 NOT not
without except but - -dog -"happy birthday" ! + − – — a & | ( ) [ ] * ^ : , . ? … / \\ '
" “ ” „ « » 「 」 ` ~ # @ % said: seen: text: who: folder: 말: 장면: in:holiday folder:"my
videos" kind: 폴더 holiday 폴더에서 폴더:휴가 2015 2015년 15년 여름 summer of 2015 작년 어제
last week 지난 달 3월 March 31일 2월 30일 2015-02-30 99999년 0년 -5 1/13 12/31/99 크리스마스
추석 Christmas between and from to until 부터 까지 사이 이후 before after during longer than
5 minutes shorter 10분 이상 이하 긴 짧은 hours 99999999999999999999 1e309 NaN null None dog
개 beach happy birthday 생일 축하 OR AND NEAR( "* rowid; -- DROP TABLE %s {} $1 \\0
""".split()
ODD = (
    "\ud800\udfff\x00\x1b\u200b\u200d\u202e\ufeff\uffff\U0010ffff\u0345\u1100\u1161\u11a8ㄱ가힣ｶﾞ𝕳ﬁİıßǅ"
    "１２½²٣۵万億🏳️‍🌈👨‍👩‍👧\n\t\r\x0b\u2028\xa0"
)
PIECES = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(WORDS).map(str.upper),
    st.text(ODD, max_size=4),
    st.text(st.characters(codec=None), max_size=6),
    st.integers(-10, 10**12).map(str),
)
SENTENCES = st.builds(
    str.join, st.sampled_from([" ", "", "  ", "\n"]), st.lists(PIECES, max_size=12)
)
QUESTIONS = st.builds(
    Question,
    SENTENCES,
    plain=st.lists(SENTENCES, max_size=2).map(tuple),
    sort=st.sampled_from(Sort),
)


def try_everything(golden: Golden, suggester: Suggester, question: Question, words: str) -> None:
    """Every way in which a sentence that was typed is used."""
    found = golden.searcher.ask(question, 3)
    query = found.query
    for moment in found.moments:
        assert 0 <= moment.score <= 1
        for reason in moment.evidence:
            assert all(0 <= a < b <= len(reason.text) for a, b in reason.matches)
    for chip in query.chips[:20]:
        assert 0 <= chip.start <= chip.end <= len(query.text)
        for changed in (
            without_chip(question, query, chip),
            with_words(question, query, chip, words),
        ):
            golden.searcher.understand(changed)
    golden.searcher.understand(with_added(question, words))
    suggester.suggest(question.text)


@pytest.fixture(scope="module")
def suggester(golden: Golden) -> Suggester:
    made = Suggester(golden.database, golden.catalogue, golden.people, SearchStore(golden.database))
    made.refresh()
    return made


@given(question=QUESTIONS, words=SENTENCES)
@settings(max_examples=80, deadline=None)
def test_nothing_that_is_typed_raises(
    golden: Golden, suggester: Suggester, question: Question, words: str
) -> None:
    try_everything(golden, suggester, question, words)


@pytest.mark.parametrize("text", ["x" * 200_000, '"' * 5_000, "- " * 5_000, "오바마가 " * 5_000])
def test_long_nonsense_is_answered(golden: Golden, suggester: Suggester, text: str) -> None:
    try_everything(golden, suggester, Question(text, filters=Filters()), text)
