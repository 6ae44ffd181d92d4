"""Yes and no at the terminal: both languages, either layout, and an input that ends."""

import io
import sys

import pytest

from heimdex.cli.consent import agreed, answer


@pytest.mark.parametrize(
    ("typed", "yes"),
    [
        ("y\n", True),
        (" YES \n", True),
        ("네\n", True),
        ("ㅛ\n", True),
        ("n\n", False),
        ("\n", False),
    ],
)
def test_only_a_yes_is_a_yes(typed: str, yes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert agreed("Erase it?") is yes


def test_an_input_that_ends_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert answer("Which? ") == ""
