"""Cuts queries into the tokens that a text tower was trained with.

The vocabulary comes with the weights; looking up what a token means is left to the towers.
"""

import gzip
import html
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from heimdex.domain.errors import ModelUnavailable

if TYPE_CHECKING:
    from tokenizers import Tokenizer

CLIP_START = "<|startoftext|>"
CLIP_END = "<|endoftext|>"

_CLIP_MERGES = 49_152 - 256 - 2
_CLIP_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


@dataclass(frozen=True)
class Tokens:
    """The tokens of one model.

    `length`: the most a text may have, its start and end included; longer ones lose their tail.
    `start` and `end` are named where the file itself does not add them. `lower`: the model was
    trained without capitals, which its vocabulary does not know by itself. `cleaned`: texts go
    through `clean` first.
    """

    path: Path
    model_id: str
    length: int
    start: str = ""
    end: str = ""
    lower: bool = False
    cleaned: bool = True

    def cut(self, text: str) -> list[int]:
        """The ids of one text, at most `length`. Any text is cut, "" included.

        Raises `ModelUnavailable` when the vocabulary is damaged.
        """
        if self.cleaned:
            text = clean(text)
        if self.lower:
            text = text.lower()
        own = bool(self.start or self.end)
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=not own).ids
        if not own:
            return ids
        first, last = ([self.number(name)] if name else [] for name in (self.start, self.end))
        return [*first, *ids[: self.length - len(first) - len(last)], *last]

    def number(self, token: str) -> int:
        """The id of a token by its name. `ModelUnavailable` when there is none."""
        number = self._tokenizer.token_to_id(token)
        if number is None:
            raise self._damaged(f"it has no {token}")
        return int(number)

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_file(str(self.path))
        except Exception as error:
            raise self._damaged(str(error)) from error
        tokenizer.no_padding()
        if self.start or self.end:
            tokenizer.no_truncation()
        else:
            tokenizer.enable_truncation(self.length)
        return tokenizer

    def _damaged(self, why: str) -> ModelUnavailable:
        return ModelUnavailable(
            f"The vocabulary of {self.model_id} cannot be used ({self.path.name}: {why}); install "
            "the model again.",
            self.model_id,
        )


def clean(text: str) -> str:
    """Text as CLIP's own code wants it: composed characters, no entities, single spaces."""
    # Half of a surrogate pair can come out of a badly cut subtitle; it cannot be encoded.
    whole = re.sub("[\ud800-\udfff]", "\ufffd", text)
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", html.unescape(whole))).strip()


def write_clip(merges: Path, target: Path) -> None:
    """Write CLIP's tokenizer out of `bpe_simple_vocab_16e6.txt.gz` as openai/CLIP publishes it.

    Byte-level pairs that end words with `</w>`, lower case. `ModelUnavailable` when the list is
    damaged.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    try:
        lines = gzip.decompress(merges.read_bytes()).decode("utf-8").split("\n")
        pairs = [(a, b) for a, b in (line.split() for line in lines[1 : _CLIP_MERGES + 1])]
    except (OSError, EOFError, ValueError) as error:
        raise ModelUnavailable(
            f"{merges.name} is not CLIP's list of merges ({error}); download it again."
        ) from error
    alphabet = _byte_letters()
    words = [*alphabet, *(f"{letter}</w>" for letter in alphabet), *(a + b for a, b in pairs)]
    vocabulary = {word: number for number, word in enumerate([*words, CLIP_START, CLIP_END])}
    tokenizer = Tokenizer(models.BPE(vocabulary, pairs, end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_CLIP_WORDS), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.save(str(target), pretty=False)


def _byte_letters() -> list[str]:
    """A printable letter for each byte, in the order of CLIP's vocabulary (GPT-2's table)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + n) for n in range(len(others))]
