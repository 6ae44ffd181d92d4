"""Recognises the words that rule something out: 빼고, 없는, 안 나오는, "without", "but no" …

Each stands before or behind what it rules out; what that is, is left to `exclusions`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from heimdex.search.korean import has_hangul
from heimdex.search.names import Token

_EXCEPT = re.compile(r"(?:빼|말)(?:고(?:는|서)?|곤|구(?:는)?)|빼면|제외(?:하고(?:는)?|한|하면)?")
_ABSENT = re.compile(
    r"없(?:는|이|고|던|었던|음|을)(?:데|거|것|건|게|곳|지|때)?|아닌(?:데|거|것|곳|게)?|아니라|뺀"
)
_UNSEEN = re.compile(
    r"안\s?(?:나오|나온|나올|나왔|보이|보인|등장|찍힌)\S*|(?:나오|보이|등장하|찍히)지는?\s?(?:않|못)\S*"
)
_SHOWN = re.compile(r"(?:나오|나온|보이|보인|등장)\S*")
_RUN_ON = re.compile(
    r"(?P<word>[가-힣]{2,}?)(?P<not>(?:빼|말)(?:고(?:는)?|곤|구)|제외(?:하고|한)?)"
)
_WITH = re.compile(r".+(?:랑|하고|한테|께서|에게)")
_LONGEST = 30
_CLAUSE_END = re.compile(r"[,;:.!?(\[]")
_ALL = frozenset("everyone everybody everything anyone anybody anything all".split())
_WHICH = frozenset("that who which".split())
_IS_NOT = frozenset("isn't aren't wasn't weren't".split())
_HERE = frozenset("in there here visible shown".split())
_IT = frozenset("it this that".split())
_NO_THING = frozenset(
    "you me him her us them it this that doubt question end saying further delay exception "
    "fail warning longer way problem idea matter one no more need thanks mine".split()
)
_ABSTRACT = frozenset(
    "소리 필요 문제 상관 관계 틀림 변함 재미 의미 생각 정신 소용 예외 걱정 여지 다름 차이 이유 "
    "희망 자신 실수 사실 진심 제한 조건 계획 대책 끊임 어김 사정 말씀 "
    "밤낮 쉴새 끝도 한도 거침 빈틈 아낌 막힘 남김 숨김 망설임 주저 두서 "
    "아무도 누구도 아무것도 그게 이게 저게 그거 이거 저거 그것 이것".split()
)


@dataclass(frozen=True, slots=True)
class Negation:
    """Tokens [at, last] rule out what stands `before` them, or else what follows.

    `operator`: it was written as one (NOT) and takes one word. `soft`: it may be part of what is
    said ("돈 없는 사람", "without a doubt"), so that it is no negation where somebody shall say
    something, nor of words that are no things. `near`: what it takes ends at a preposition.
    `named`: it is one of somebody's name only ("no Anna", "Anna isn't in it").
    """

    at: int
    last: int
    before: bool = False
    operator: bool = False
    soft: bool = False
    near: bool = False
    named: bool = False


def negation(text: str, tokens: Sequence[Token], at: int) -> Negation | None:
    """The negation that begins with token `at`; None where there is none."""
    return _korean(text, tokens, at) or _english(text, tokens, at)


def is_thing(words: Sequence[str], *, doing: bool = False) -> bool:
    """Whether words can be seen to be there or not; 상관 in 상관 없이 cannot. `doing`: they may
    begin with what is done ("swimming pool")."""
    if has_hangul(words[-1]):
        return len(words[-1]) > 1 and words[-1] not in _ABSTRACT
    first, last = words[0].casefold(), words[-1].casefold()
    return (
        first not in _NO_THING and not last.endswith("ing") and (doing or not first.endswith("ing"))
    )


def run_on(word: str) -> int | None:
    """Where 해변말고, 식당제외 part into a word and what rules it out; None where they do not."""
    found = _RUN_ON.fullmatch(word) if len(word) <= _LONGEST else None
    # 하지말고, 보지말고: "instead of doing".
    if found is None or (found["not"].startswith("말") and found["word"].endswith("지")):
        return None
    return found.start("not")


def run_on_name(word: str) -> Iterator[int]:
    """Where 엄마나오는거, 민수없는, 엄마랑바다 may part, if a name stands in front."""
    if not 4 <= len(word) <= _LONGEST or not has_hangul(word):
        return
    for at in range(2, len(word) - 1):
        rest = word[at:]
        if _WITH.fullmatch(word[:at]) or any(
            pattern.fullmatch(rest) for pattern in (_SHOWN, _UNSEEN, _ABSENT, _EXCEPT)
        ):
            yield at


def _korean(text: str, tokens: Sequence[Token], at: int) -> Negation | None:
    word = tokens[at].text
    if not has_hangul(word):
        return None
    if _EXCEPT.fullmatch(word):
        return Negation(at, at, before=True)
    if _UNSEEN.fullmatch(word):
        return Negation(at, at, before=True)
    if _ABSENT.fullmatch(word):
        return Negation(at, at, before=True, soft=True)
    if at + 1 < len(tokens):
        both = text[tokens[at].start : tokens[at + 1].end]
        if len(both) < 20 and _UNSEEN.fullmatch(" ".join(both.split())):
            return Negation(at, at + 1, before=True)
    return None


def _english(text: str, tokens: Sequence[Token], at: int) -> Negation | None:
    token, low = tokens[at], tokens[at].folded
    if token.text == "NOT":
        return Negation(at, at, operator=True)
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    before = tokens[at - 1] if at else None
    if following is None:
        return None
    gap = text[before.end : token.start] if before else ""
    if low in ("not", *_IS_NOT) and following.folded in _HERE and before is not None:
        last = at + 2 if at + 2 < len(tokens) and tokens[at + 2].folded in _IT else at + 1
        return Negation(at, last, before=True, named=True)
    # Inside a clause "not" is part of what is said ("ask not what your country can do").
    begins = before is not None and (before.folded == "but" or _CLAUSE_END.search(gap) is not None)
    if low == "not":
        if begins:
            return Negation(at, at)
        if before and before.folded in ("is", "are", "was", "were") and at > 1:
            which = tokens[at - 2].folded in _WHICH
            return Negation(at - 2, at, soft=True, near=True) if which else None
        return Negation(at, at, operator=True) if has_hangul(following.text) else None
    if low == "no":
        return Negation(at, at, soft=True, near=not begins, named=not begins)
    if low == "w" and following.folded == "o" and text[token.end : following.start] == "/":
        return Negation(at, at + 1, near=True)
    if low in ("without", "except", "excluding"):
        last = at + 1 if low == "except" and following.folded == "for" else at
        return Negation(at, last, soft=True, near=True)
    if low == "but" and before is not None and before.folded in _ALL:
        last = at + 1 if following.folded == "for" else at
        return Negation(at - 1, last, soft=True, near=True)
    if low in _IS_NOT and before is not None and before.folded in _WHICH:
        return Negation(at - 1, at, soft=True, near=True)
    return None
