"""Changes a question at one of its chips: take it away, or put other words in its place.

Recognising chips is `parse`'s work, showing them the window's.
"""

from dataclasses import replace

from heimdex.domain.search import Chip, Query, Question


def without_chip(question: Question, query: Query, chip: Chip) -> Question:
    """What was written as an operator goes; what only looked like a name, a date … is taken as
    words from now on."""
    if chip.written:
        return replace(question, text=_joined(query.text, chip, ""))
    plain = dict.fromkeys([*question.plain, chip.plain])
    return replace(question, text=query.text, plain=tuple(plain))


def with_words(question: Question, query: Query, chip: Chip, words: str) -> Question:
    """The chip's part of the sentence replaced by `words`."""
    return replace(question, text=_joined(query.text, chip, words))


def with_added(question: Question, words: str) -> Question:
    """The sentence with `words` at its end."""
    return replace(question, text=" ".join([*question.text.split(), words]))


def _joined(text: str, chip: Chip, words: str) -> str:
    return " ".join([*text[: chip.start].split(), *words.split(), *text[chip.end :].split()])
