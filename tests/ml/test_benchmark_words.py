"""Words are counted as speech recognition counts them."""

import pytest

from heimdex.ml.benchmarks.words import errors, words


@pytest.mark.parametrize(
    ("truth", "text", "wrong"),
    [
        ("It's over there.", "its OVER there", 0),
        ("one two three", "one three", 1),
        ("one two three", "one two two three", 1),
        ("one two three", "one too three", 1),
        ("one two", "", 2),
        ("", "one two", 2),
        ("내외 귀빈 여러분", "내외 귀빈, 여러분!", 0),
        ("ｆｕｌｌ width", "full width", 0),
    ],
)
def test_words_that_differ_are_counted(truth: str, text: str, wrong: int) -> None:
    assert errors(truth, text) == (wrong, len(words(truth)))
