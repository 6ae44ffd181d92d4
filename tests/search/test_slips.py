"""What somebody may have meant who slipped a key, or typed with the other keyboard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heimdex.search.slips import is_slip, other_keyboard

SYLLABLES = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1)


@pytest.mark.parametrize(
    ("keys", "meant"),
    [
        ("dhqkak", "오바마"),
        ("alstn", "민수"),
        ("djaak", "엄마"),
        ("rkqt", "값"),
        ("Qkdrkqt", "빵값"),
        ("ㅐㅠ므ㅁ", "obama"),
        ("ㅁㅜㅜㅁ", "anna"),
        ("obama", ""),
        ("beach", ""),
        ("", ""),
        ("2015", ""),
        ("오바마!", ""),
    ],
)
def test_the_other_keyboard(keys: str, meant: str) -> None:
    assert other_keyboard(keys) == meant


@given(SYLLABLES)
def test_every_korean_word_is_found_by_its_keys(word: str) -> None:
    keys = "".join(_keys_of(word))
    assert other_keyboard(keys) == word


def _keys_of(word: str) -> list[str]:
    """The keys as they are pressed, Shift included."""
    import heimdex.search.slips as slips

    return [slips._keys(letter) for letter in word]


@given(st.text(max_size=12))
def test_nothing_raises(text: str) -> None:
    assert isinstance(other_keyboard(text), str)
    assert not is_slip(text, text)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("obma", "obama"), ("obamma", "obama"), ("obame", "obama"), ("oabma", "obama"),
     ("obamaa", "obama"), ("오바바", "오바마"), ("바이던", "바이든"), ("바이드", "바이든")],
)  # fmt: skip
def test_one_slip(typed: str, meant: str) -> None:
    assert is_slip(typed, meant)
    assert is_slip(meant, typed)


@pytest.mark.parametrize(
    ("typed", "meant"), [("obama", "biden"), ("ann", "anna"), ("omaba", "obama"), ("엄마", "아빠")]
)
def test_what_is_no_slip(typed: str, meant: str) -> None:
    assert not is_slip(typed, meant)
