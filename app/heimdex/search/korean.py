"""The little Korean grammar that a search box needs: what may hang on a noun or a name.

Finding words in the library is left to storage's lexicon; understanding meaning to the models.
"""

import re

_PARTICLES = (
    "으로부터 로부터 에게서는 한테서는 에게서 한테서 에서부터 에서는 에서도 에서의 에서만 "
    "에서 에게는 에게도 에게만 에게 한테는 한테도 한테 께서는 께서도 께서 께 더러 이랑은 "
    "이랑도 이랑 랑은 랑도 랑 하고는 하고도 하고의 하고 과의 와의 과는 와는 과 와 으로는 "
    "으로도 으로서 으로써 으로 로서 로써 로는 로도 로 부터는 부터 까지는 까지도 까지만 까지 "
    "만은 만이 만의 만 마저 조차도 조차 밖에는 밖에 처럼은 처럼 같이 보다는 보다 이나마 나마 "
    "이라도 라도 이라는 라는 이라고 라고 이란 란 이라 이든지 든지 이든 든 이나 나 이야말로 "
    "야말로 이야 야 이여 여 이며 이고 이다 입니다 이에요 예요 인 에는 에도 에만 에 의 은 는 "
    "이 가 을 를 도 들이 들은 들을 들의 들과 들에게 들 네가 네는 네 아"
).split()

_HONORIFICS = (
    "선생님 선생 사장님 팀장님 과장님 부장님 대표님 대표 교수님 교수 박사님 박사 감독님 감독 "
    "작가님 작가 기자님 기자 선수 배우 가수 부통령님 부통령 대통령님 대통령 총리 장관 의원 "
    "회장님 회장 여사님 여사 원장님 원장 실장님 실장 코치님 코치 아나운서 목사님 목사 "
    "선배님 선배 후배 쌤 형님 형 누나 언니 오빠 삼촌 이모 고모 "
    "할머니 할아버지 아저씨 아줌마 아주머니 씨네 씨 님 군 양"
).split()


def _either(words: list[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_AFTER_CONSONANT = ("에서는", "에서", "에는", "하고", "이랑", "은", "을", "과")
_AFTER_VOWEL = ("에서는", "에서", "에는", "하고", "랑", "는", "를", "와")
_WITH = {"하고", "이랑", "과", "랑", "와"}
_SUBJECT_IS_PART = re.compile(
    r"(?:고양|어린|호랑|원숭|거북|볶|놀|맞|걸|잡|둥|맹|쟁|멍멍|야옹|지팡|달팽|올챙|구덩|곰돌|젊은|늙은"
    r"|높|길|먹|붙|미닫|여닫|턱받|돋보)이"
)
"""Nouns that end in 이, which looks like the particle of the subject."""

_SHORT_NOUNS = frozenset("종이 놀이 먹이 벌이 화가 휴가 요가 주가".split())
_MODIFIER = re.compile(
    r".*(?:[가-힣](?:운|한|간|란|얀|른|픈|쁜|린|진|로운|스러운)|[많작높낮젊늙밝굵좁넓깊좋짧붉검옅]은|큰|긴"
    r"|[가-힣](?:있|없|않|같|싶|먹|읽|찍|웃|앉|입|걷|씻|받)는|같은)"
)
_NO_MODIFIERS = frozenset(
    "시간 공간 인간 순간 야간 주간 민간 계란 기린 사진 지진 북한 남한 행운 태권 비행운".split()
)

_PARTICLE_END = re.compile(rf"(?:{_either(_PARTICLES)})$")
_NAME_TAIL = re.compile(rf"이?(?:{_either(_HONORIFICS)}){{0,2}}(?:{_either(_PARTICLES)}){{0,2}}")
_HONORIFIC_WORD = re.compile(rf"(?:{_either(_HONORIFICS)})(?:{_either(_PARTICLES)}){{0,2}}")
_HANGUL = re.compile(r"[가-힣ᄀ-ᇿ㄰-㆏]")
_SYLLABLE = re.compile(r"[가-힣]")


def has_hangul(text: str) -> bool:
    """Whether any letter of `text` is Hangul, composed or not."""
    return _HANGUL.search(text) is not None


def is_name_tail(text: str) -> bool:
    """Whether `text` may follow a name inside one word: "", 가, 랑, 씨는, 이가, 님께서 …"""
    return _NAME_TAIL.fullmatch(text) is not None


def is_honorific(word: str) -> bool:
    """Whether `word` stands after a name as its title: 씨, 님은, 대통령이 …"""
    return _HONORIFIC_WORD.fullmatch(word) is not None


def bare(word: str, *, subject: bool = False) -> str:
    """Take the particle off a noun that is shown to somebody: 식당은 → 식당, but 고양이 → 고양이.
    `stem` takes more, for finding. `subject`: a verb follows, so that of 눈이 also 눈 is left."""
    found = _particle(word)
    if found:
        return word[: -len(found)]
    end, left = word[-1:], word[:-1]
    short = len(left) == 1 and (not subject or word in _SHORT_NOUNS)
    if not left or short or not _SYLLABLE.fullmatch(left[-1:]):
        return word
    if end == "이" and _closed(left) and not _SUBJECT_IS_PART.search(word):
        return left
    return left if end == "가" and not _closed(left) else word


def modifies(word: str) -> bool:
    """Whether a word belongs to the noun behind it: 어두운 방, 빨간 차, 많은 곳."""
    return _MODIFIER.fullmatch(word) is not None and word not in _NO_MODIFIERS


def joins(word: str) -> bool:
    """Whether a word says that another one belongs to it: 강아지와, 엄마랑."""
    return _particle(word) in _WITH


def _particle(word: str) -> str:
    for ends, closed in ((_AFTER_CONSONANT, True), (_AFTER_VOWEL, False)):
        for particle in ends:
            left = word.removesuffix(particle)
            if left in (word, "") or not _SYLLABLE.fullmatch(left[-1]):
                continue
            # 가을, 치과, 바나나: what a word ends in is only a particle where it fits the sound.
            if _closed(left) is closed and (len(left) > 1 or particle in ("는", "를", "은")):
                return particle
    return ""


def _closed(word: str) -> bool:
    """Whether the last syllable ends in a consonant."""
    return (ord(word[-1]) - 0xAC00) % 28 != 0


def stem(word: str) -> str:
    """Take one particle off a Korean word: 협상에 → 협상. What is left is a prefix of the word and
    has at least two syllables, so that searching for it finds whatever the word finds."""
    if not _SYLLABLE.search(word):
        return word
    found = _PARTICLE_END.search(word)
    if found is None:
        return word
    # `search` finds the leftmost match that reaches the end, which is the longest particle.
    left = word[: found.start()]
    if len(left) >= 2:
        return left
    for particle in sorted(_PARTICLES, key=len, reverse=True):
        if word.endswith(particle) and len(word) - len(particle) >= 2:
            return word[: -len(particle)]
    return word
