"""Joins what is said to units of meaning and embeds them.

Recognising speech is left to `speech`, searching passages to the search room.
"""

from collections.abc import Sequence

import numpy as np

from heimdex.domain.engines import SparseTextEmbedder, TextEmbedder
from heimdex.domain.speech import Passage, Segment, Transcript
from heimdex.domain.stages import PassagesOutput
from heimdex.domain.vectors import (
    Space,
    SpaceKind,
    SparseBatch,
    SparseVector,
    VectorBatch,
    Vectors,
)

_PAUSE_MS = 1_500
_LONGEST_MS = 20_000
_ENOUGH = 8
"""Words after which the end of a sentence also ends the passage."""
_MOST = 40
_ENDS = (".", "?", "!", "。", "？", "！", "…")
_BATCH = 64


def run_passages(transcript: Transcript, embedder: TextEmbedder) -> PassagesOutput:
    """Make passages of `transcript` and one vector for each; none for a silent one. Where the
    embedder has learnt which words matter, their weights come along."""
    passages = join(transcript.segments)
    texts = [passage.text for passage in passages]
    pieces: list[Vectors] = []
    weights: list[SparseVector] = []
    for start in range(0, len(texts), _BATCH):
        part = texts[start : start + _BATCH]
        if isinstance(embedder, SparseTextEmbedder):
            dense, sparse = embedder.embed_sparse(part)
            pieces.append(dense)
            weights += sparse
        else:
            pieces.append(embedder.embed(part))
    empty = np.zeros((0, embedder.dims), np.float32)
    batch = VectorBatch(
        np.concatenate(pieces) if pieces else empty,
        np.array([p.start_ms for p in passages], np.int32),
        np.array([p.end_ms for p in passages], np.int32),
    )
    space = Space(SpaceKind.PASSAGE, embedder.model_id, embedder.revision)
    learnt = SparseBatch.of(weights) if isinstance(embedder, SparseTextEmbedder) else None
    return PassagesOutput(space, passages, batch, learnt)


def join(segments: Sequence[Segment]) -> tuple[Passage, ...]:
    """Neighbouring segments to about a sentence or two each.

    A sentence embedder averages what it reads: of a long passage it knows the topic and forgets
    the sentence that is looked for, while a fragment alone means little. So a passage ends at a
    pause, at the end of a sentence once it is long enough, and at 40 words or 20 s in any case.
    """
    passages: list[Passage] = []
    group: list[Segment] = []
    for segment in segments:
        if not segment.text.strip():
            continue
        if group and _is_full(group, segment):
            passages.append(_passage(len(passages), group))
            group = []
        group.append(segment)
    if group:
        passages.append(_passage(len(passages), group))
    return tuple(passages)


def _is_full(group: list[Segment], following: Segment) -> bool:
    words = sum(_words(segment) for segment in group)
    ended = group[-1].text.rstrip().endswith(_ENDS)
    return (
        following.start_ms - group[-1].end_ms > _PAUSE_MS
        or following.end_ms - group[0].start_ms > _LONGEST_MS
        or words + _words(following) > _MOST
        or (ended and words >= _ENOUGH)
    )


def _words(segment: Segment) -> int:
    return len(segment.text.split())


def _passage(index: int, group: list[Segment]) -> Passage:
    return Passage(
        index=index,
        start_ms=group[0].start_ms,
        end_ms=max(group[0].start_ms, group[-1].end_ms),
        text=" ".join(segment.text.strip() for segment in group),
        first_segment=group[0].index,
        last_segment=group[-1].index,
    )
