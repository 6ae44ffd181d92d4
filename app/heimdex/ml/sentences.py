"""Sentences of the kind that videos hold, in Korean and English, to measure text models on.

Which model is measured, and how, is left to the engines' cases and to the benchmarks.
"""

import random
from collections.abc import Sequence
from pathlib import Path

from heimdex.domain.errors import ModelUnavailable

FILE = Path("calibration") / "sentences.txt"
_MOST = 5
"""Sentences of the longest passage."""


def read(resources: Path) -> list[list[str]]:
    """Blocks of sentences, each about one thing, from Heimdex's own lists (`resources`).

    `ModelUnavailable` when the file is not there.
    """
    try:
        lines = (resources / FILE).read_text("utf-8").splitlines()
    except OSError as error:
        raise ModelUnavailable(
            f"{FILE.name} is missing in {resources}; install Heimdex again."
        ) from error
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("#"):
            continue
        if line.strip():
            blocks[-1].append(line.strip())
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def passages(blocks: Sequence[Sequence[str]], seed: int = 0) -> list[str]:
    """Neighbouring sentences joined to passages of one to five, in an order that mixes lengths and
    languages; the same every time."""
    chance = random.Random(seed)  # noqa: S311 - nothing is kept secret by it
    joined = []
    for block in blocks:
        at = 0
        while at < len(block):
            count = chance.randint(1, _MOST)
            joined.append(" ".join(block[at : at + count]))
            at += count
    chance.shuffle(joined)
    return joined
