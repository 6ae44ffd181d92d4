"""Finds dates in a sentence, and the words around them that say before, since, between or not.

Single dates are `date_words`' work. What else of the sentence is taken is told by the caller; what
a date does to an answer is left to `scope`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from heimdex.domain.search import When
from heimdex.search.clock import Clock, Days, Stretch
from heimdex.search.date_words import Written, written

_MADE = r"(?:\b(?:filmed|recorded|taken|shot|made|captured|dated)\s+)?"
_OPEN = re.compile(
    _MADE + r"\b(?P<how>before|prior\s+to|earlier\s+than|older\s+than|until|till|up\s+to"
    r"|after|later\s+than|newer\s+than|since|starting|between|from)(?::|\s+(?:in\s+)?)(?:the\s+)?$",
    re.IGNORECASE,
)
_IN = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+$|"
    + _MADE
    + r"\b(?:back\s+in|sometime\s+in|in|on|during|from|at|of|over|around|throughout|for|every"
    r"|each|by)\s+(?:the\s+)?(?:year\s+)?$|\bthe\s+year\s+$|(?<=[(,])\s*$|\b(?:from\s+)?the\s+$|"
    r"\b(?:filmed|recorded|taken|shot|captured|dated)\s+$|(?:\b(?:date|when)|날짜|언제):\s?$",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"(?:\bNOT|\bbut\s+not|[,(]\s*not|(?<=\d )not|\bnot(?=\s+(?:in|on|during|from)))"
    r"(?:\s+(?:in|on|during|from))?(?:\s+the)?\s+$|(?:^|(?<=\s))[-−–]$|^\s*not\s+$"
)
_ABOUT = re.compile(
    r"\b(?:about|named|called|titled|title)\s+(?:the\s+)?(?:year\s+)?$", re.IGNORECASE
)
_NEEDS = {
    "month": re.compile(
        r"\b(?:in|during|since|until|till|before|after|by|every|each|around|early|late|mid|from"
        r"|between|(?:from\s+\w+\s+to|between\s+\w+\s+and))\s+$",
        re.IGNORECASE,
    ),
    "season": re.compile(
        r"\b(?:in|during|over|throughout|since|before|after|until|every|each)\s+(?:the\s+)?$", re.I
    ),
    "fall": re.compile(r"\b(?:in|during|every|each)\s+(?:the\s+)?$", re.I),
    "feast": re.compile(r"\b(?:at|on|over|during|since|before|after|every|each)\s+$", re.I),
    "day": re.compile(
        r"\b(?:on|by|since|until|till|before|after|from|between)\s+(?:the\s+)?$", re.I
    ),
}
_OLDER = re.compile(r"\b(?:older|newer|earlier|later|more\s+recent)\s+than\s+$", re.I)
_AGE = re.compile(r"^\s*(?:$|[,.;:!?)]|ago\b|and\b|or\b|with\b|of\b|in\b)", re.I)
_OF_SOMETHING = re.compile(r"^\s+of\s+(?:the|a|an)\b", re.IGNORECASE)
_ENDS = re.compile(
    r"\s*(?:$|[,.;:!?)\"“]|\b(?:of|with|at|on|in|by|near|when|while|and|but|not|from|during|together"
    r"|filmed|said|seen|text|who|folder)\b)|(?=[가-힣])",
    re.IGNORECASE,
)
_FILMED = re.compile(r"\b(?:from|filmed|recorded|taken|shot|captured)\s+$", re.IGNORECASE)
_TODAYS = re.compile(
    r"\s*(?:['’]s\s+)?(?:의\s*)?(?:$|[.!?]?\s*$|(?:찍은|촬영|찍힌|녹화|영상|동영상)|(?:videos?|clips?)\b)",
    re.IGNORECASE,
)
_KO_NEEDS = re.compile(r"^(?:에는|에도|에만|엔|에|동안|마다|(?:\s?때))(?![가-힣])")
_KO_ABOUT = re.compile(
    r"^(?:년)?(?:에|과|와)?\s*(?:대해|대한|대하여|관해|관한|관하여|관련)|^\s?이?라(?:고|는)(?![가-힣])"
)
_AND = re.compile(r"^\s*(?:and|과|와|및)\s*(?:the\s+|in\s+)?$", re.IGNORECASE)
_TO = re.compile(
    r"^\s*(?:to|through|thru|until|till|[-–—~]|부터|에서(?:부터)?)\s*(?:the\s+)?$", re.I
)
_BOTH = re.compile(r"^\s*(?:사이(?:에|의)?|까지(?:의|는)?)(?![가-힣])")
_NEXT = re.compile(
    r"\s*(?:or|and|,(?:\s*not)?|not|but\s+not|이나|나|과|와|이?랑|하고|및|(?:은|는)?\s*(?:말|빼)(?:고|구)"
    r"|제외하고|(?:이|가)?\s*아니(?:라|고))\s*",
    re.IGNORECASE,
)
"""Between two dates of one year, of which only one says which."""
_AFTERWARDS = re.compile(
    r"^\s*(?:onwards?\b|and\s+(?:later|after|newer)\b|or\s+(?:later|newer)\b)"
    r"|^\s?(?:이후(?:에|로|의)?|부터(?:는|의)?)(?![가-힣])",
    re.IGNORECASE,
)
_EARLIER = re.compile(
    r"^\s*(?:or|and)\s+(?:earlier|older|before)\b|^\s?까지(?:의|는)?(?![가-힣])", re.IGNORECASE
)
_KO_BEFORE = re.compile(r"^\s?(?:이전(?:에|의)?|전에)(?![가-힣])")
_KO_AFTER = re.compile(r"^\s?후(?:에|의)(?![가-힣])")
_KO_NOT = re.compile(
    r"^\s?(?:(?:은|는|에)?\s*(?:빼고|빼구|말고(?:는)?|말구|제외하고|제외한?)|(?:이|가)?\s*아니(?:라|고))(?![가-힣])"
)
_KO_END = re.compile(
    r"^(?:에서|에는|에도|에만|엔|에|의|은|는|\s?동안|\s?때|\s?쯤에?|\s?경에?|\s?중에?)?"
    r"(?:\s*\(?[월화수목금토일]요일\)?(?:에)?)?(?:\s*(?:찍은|촬영한|촬영된|찍힌|녹화한|녹화된)\s*(?:거|것)?)?(?![가-힣])"
)

_MOST = 60
"""Dates that are looked at; more are in no sentence."""


@dataclass(frozen=True, slots=True)
class Dated:
    """[start, end) of the sentence says when; `text` is what stands there without the words
    around ("2015년 여름", "before 2010")."""

    start: int
    end: int
    text: str
    when: When
    negated: bool = False


def find_dates(text: str, clock: Clock, free: Callable[[int, int], bool]) -> list[Dated]:
    """Dates of `text` in order; none overlap. `free(start, end)`: whether nobody has taken a part
    yet."""
    some = islice(written(text, clock), _MOST)
    found = _of_one_year(_longest([d for d in some if free(d.start, d.end)], text), text)
    dated: list[Dated] = []
    at = 0
    while at < len(found):
        here = found[at]
        if at + 1 < len(found) and (pair := _pair(text, here, found[at + 1], clock, free)):
            made: Dated | None = pair
            used = 2
        else:
            made, used = _single(text, here, clock, free), 1
        if made is not None:
            dated.append(made)
        at += used
    return dated


def _longest(found: Sequence[Written], text: str) -> list[Written]:
    """The longest dates first; of equal ones the one that needs nothing."""
    kept: list[Written] = []
    for each in sorted(found, key=lambda w: (w.start - w.end, bool(w.needs), w.start)):
        if each.needs and not _fits(text, each):
            continue
        if all(each.end <= other.start or each.start >= other.end for other in kept):
            kept.append(each)
    for each in sorted(found, key=lambda w: (w.start, w.start - w.end)):
        # 2015년 여름 말고 겨울: beside a date a bare word is one as well.
        beside = any(
            not k.yearly and _NEXT.fullmatch(text, min(k.end, each.end), max(k.start, each.start))
            for k in kept
        )
        ends = _ENDS.match(text, each.end) or _NEXT.match(text, each.end)
        if (
            beside
            and ends
            and all(each.end <= other.start or each.start >= other.end for other in kept)
        ):
            kept.append(each)
    return sorted(kept, key=lambda w: w.start)


def _of_one_year(found: Sequence[Written], text: str) -> list[Written]:
    """Dates with those that have no year given the one of their neighbour: July or August 2015."""
    dates = list(found)
    for at, (one, other) in enumerate(pairwise(found)):
        if one.yearly is other.yearly or not _NEXT.fullmatch(text, one.end, other.start):
            continue
        bare, dated = (one, other) if one.yearly else (other, one)
        year = dated.days[0][0].year
        days = tuple(each for each in bare.days if each[0].year == year)
        dates[at if one.yearly else at + 1] = replace(bare, days=days, yearly=not days)
    return dates


def _fits(text: str, date: Written) -> bool:
    """Whether the words around make a date of a word that may be something else."""
    before, after = text[: date.start], text[date.end :]
    if date.needs == "ko":
        return _KO_NEEDS.search(after) is not None
    if _OF_SOMETHING.search(after) and date.needs == "month":
        return False
    if date.needs in ("season", "fall", "feast") and not _ENDS.match(after):
        return False  # "in the winter time", "at christmas dinner"
    if date.needs == "today":
        # Whoever quotes a speech may begin with it: "Today, after two years …", 오늘 이 자리에서.
        return _FILMED.search(before) is not None or _TODAYS.match(after) is not None
    if date.needs == "older":
        return _OLDER.search(before) is not None and _AGE.search(after) is not None
    if date.needs == "day" and text[date.start : date.end][:1].isupper():
        return True
    return _NEEDS[date.needs].search(before) is not None


def _pair(
    text: str, first: Written, last: Written, clock: Clock, free: Callable[[int, int], bool]
) -> Dated | None:
    """`between A and B`, `from A to B`, A부터 B까지, A ~ B, A와 B 사이."""
    if not free(first.end, last.start):
        return None
    gap, before, after = text[first.end : last.start], text[: first.start], text[last.end :]
    opened = _OPEN.search(before)
    how = " ".join(opened["how"].casefold().split()) if opened else ""
    both = _BOTH.search(after)
    ranged = _TO.search(gap) or (_AND.search(gap) and (how == "between" or both))
    if not ranged:
        return None
    days = _joined(first, last)
    if not days:
        return None
    start = opened.start() if opened and how in ("between", "from") else first.start
    end = last.end + (both.end() if both else 0)
    start, end, negated = _around(text, start, end, free)
    shown = text[opened.start() if opened and how == "between" else first.start : last.end]
    when = When(tuple(map(clock.period, days)), first.yearly and last.yearly)
    return Dated(start, end, shown.strip(), when, negated)


def _joined(first: Written, last: Written) -> list[Stretch]:
    """From one to the other; every year, where neither has a year."""
    if first.yearly and last.yearly:
        pairs = [(one, [d for d in last.days if d[1] > one[0]]) for one in first.days]
        return [(one[0], after[0][1]) for one, after in pairs if after]
    if first.yearly:
        end = last.days[0]
        before = [days for days in first.days if days[0] < end[1]]
        return [(before[-1][0], end[1])] if before else []
    begin = first.days[0]
    after = [days for days in last.days if days[1] > begin[0]]
    return [(begin[0], after[0][1])] if after else []


def _single(
    text: str, date: Written, clock: Clock, free: Callable[[int, int], bool]
) -> Dated | None:
    before, after = text[: date.start], text[date.end :]
    if _ABOUT.search(before) or _KO_ABOUT.search(after):
        return None  # It is spoken about, not filmed then.
    start, end = date.start, date.end
    opened = _OPEN.search(before)
    how = " ".join(opened["how"].casefold().split()) if opened else ""
    if opened and not free(opened.start(), date.start):
        opened, how = None, ""
    tail = ""
    for name, pattern in (
        ("since", _AFTERWARDS), ("until", _EARLIER), ("before", _KO_BEFORE), ("after", _KO_AFTER)
    ):  # fmt: skip
        match = pattern.search(after)
        if match and free(date.end, date.end + match.end()):
            tail, end = name, date.end + match.end()
            break
    how = tail or how
    days: tuple[Days, ...] = date.days
    yearly = date.yearly
    open_side = how not in ("", "from", "between")
    if open_side:
        one = _recent(date.days, clock) if date.yearly else date.days[0]
        days, yearly = (_opened(how, one),), False
        if opened and not tail:
            start = opened.start()
    shown = text[start:end].strip()
    start, end, negated = _around(text, start, end, free)
    return Dated(start, end, shown, When(tuple(map(clock.period, days)), yearly), negated)


def _opened(how: str, days: Stretch) -> Days:
    first, end = days
    if how in ("since", "starting"):
        return first, None
    if how in ("after", "later than", "newer than"):
        return end, None
    if how in ("until", "till", "up to"):
        return None, end
    return None, first


def _recent(days: Sequence[Stretch], clock: Clock) -> Stretch:
    """Of a date that comes every year, the latest that has begun."""
    begun = [each for each in days if each[0] <= clock.today]
    return begun[-1] if begun else days[0]


def _around(
    text: str, start: int, end: int, free: Callable[[int, int], bool]
) -> tuple[int, int, bool]:
    """Take in the small words of a date ("in", 에 찍은); also says whether it is ruled out."""
    after = _KO_NOT.search(text[end:])
    if after and free(end, end + after.end()):
        return start, end + after.end(), True
    for pattern, negated in ((_NOT, True), (_IN, False)):
        before = pattern.search(text[:start])
        if before and free(before.start(), start):
            start = before.start()
            if negated:
                return start, end, True
            break
    again = _NOT.search(text[:start])
    if again and free(again.start(), start):
        return again.start(), end, True
    tail = _KO_END.search(text[end:])
    if tail and tail.end() and free(end, end + tail.end()):
        end += tail.end()
    return start, end, False
