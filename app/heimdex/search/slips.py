"""Knows what somebody may have meant who slipped: a letter wrong, missing, doubled or swapped, and
Korean typed with the Latin keyboard or the other way round.

What there is to mean is told by the caller; nothing is ever put in the place of what was typed
without being chosen (see `suggest`).
"""

import unicodedata

_LATIN = "rRseEfaqQtTdwWczxvgkoiOjpuPhynbmlQ"
# The two-set keyboard (KS X 5002): what begins a syllable, its vowel, and what ends it.
_FIRST = dict(zip("r R s e E f a q Q t T d w W c z x v g".split(), range(19), strict=True))
_MIDDLE = dict(
    zip("k o i O j p u P h hk ho hl y n nj np nl b m ml l".split(), range(21), strict=True)
)
_LAST = dict(
    zip(
        "r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g".split(),
        range(1, 28),
        strict=True,
    )
)
_COMPATIBLE = dict(
    zip(
        "ㄱㄲㄳㄴㄵㄶㄷㄸㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅃㅄㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ",
        "r R rt s sw sg e E f fr fa fq ft fx fv fg a q Q qt t T d w W c z x v g "
        "k o i O j p u P h hk ho hl y n nj np nl b m ml l".split(),
        strict=True,
    )
)
_BASE = 0xAC00
_SHORTEST = 4
"""Letters; of shorter words too many others are one letter away."""


def other_keyboard(text: str) -> str:
    """What the same keys give on the other keyboard: dhqkak → 오바마, ㅐㅠ므ㅁ → obama; "" where
    they give nothing of sense. Latin letters count in the case they were typed in."""
    if text and all(letter.isascii() and letter.isalpha() for letter in text):
        return _as_hangul(text)
    keys = "".join(_keys(letter) for letter in text)
    return keys.lower() if keys and keys.isalpha() and keys.isascii() else ""


def is_slip(typed: str, meant: str) -> bool:
    """Whether one letter is wrong, missing, too many, or two are swapped (Damerau 1964); of Hangul
    a letter is a consonant or a vowel. Both folded."""
    one, other = (unicodedata.normalize("NFD", text) for text in (typed, meant))
    if one == other or min(len(one), len(other)) < _SHORTEST or abs(len(one) - len(other)) > 1:
        return False
    first = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if first is None:
        return True  # One letter more at the end.
    rest, expected = one[first:], other[first:]
    return (
        rest[1:] == expected[1:]
        or rest[1:] == expected
        or rest == expected[1:]
        or (rest[:2] == expected[1::-1] and rest[2:] == expected[2:])
    )


def _keys(letter: str) -> str:
    if letter in _COMPATIBLE:
        return _COMPATIBLE[letter]
    place = ord(letter) - _BASE
    if not 0 <= place < 11_172:
        return letter
    first, middle, last = place // 588, place % 588 // 28, place % 28
    return _key_of(_FIRST, first) + _key_of(_MIDDLE, middle) + _key_of(_LAST, last)


def _key_of(keys: dict[str, int], number: int) -> str:
    return next((key for key, value in keys.items() if value == number), "")


def _as_hangul(text: str) -> str:
    """Syllables from keys; "" where any key is left over."""
    # Shift has no second meaning for most keys: RK is rk.
    keys = "".join(key if key in _LATIN else key.lower() for key in text)
    made = ""
    at = 0
    while at < len(keys):
        first = _FIRST.get(keys[at])
        middle = next((n for n in (2, 1) if keys[at + 1 : at + 1 + n] in _MIDDLE), 0)
        if first is not None and at == len(keys) - 1:
            return made + _alone(keys[at])  # The next syllable has just begun.
        if first is None or not middle:
            return ""
        vowel = keys[at + 1 : at + 1 + middle]
        at += 1 + middle
        last = 0
        for length in (2, 1):
            ends = keys[at : at + length]
            # A consonant in front of a vowel begins the next syllable.
            if len(ends) == length and ends in _LAST and not _begins(keys, at + length):
                last, at = _LAST[ends], at + length
                break
        made += chr(_BASE + first * 588 + _MIDDLE[vowel] * 28 + last)
    return made


def _alone(key: str) -> str:
    return next(letter for letter, keys in _COMPATIBLE.items() if keys == key)


def _begins(keys: str, at: int) -> bool:
    """Whether a vowel stands at `at`, so that the consonant before it is its own."""
    return keys[at : at + 1] in _MIDDLE
