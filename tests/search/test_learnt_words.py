"""The words that a model has learnt to weigh: from the stage through the library to a moment.

BGE-M3 of the exact architecture with random weights: which words it holds dear means nothing, that
they are found where they are said does.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from golden_library import Described, Golden

import random_bge_m3
from heimdex.domain.engines import SparseTextEmbedder
from heimdex.domain.search import EvidenceKind
from heimdex.domain.speech import Transcript
from heimdex.domain.stages import Stage, StageRun, StageStatus
from heimdex.domain.vectors import Space, SpaceKind, SparseVector, Vectors
from heimdex.indexing.engine import require_sound
from heimdex.indexing.stages.passages import run_passages
from heimdex.ml.bge_m3 import BgeM3
from heimdex.ml.runtime import Compute
from heimdex.search.calibration import covered
from heimdex.search.candidates import Channel
from heimdex.search.ranking import _score
from heimdex.search.retrieve import Speech
from heimdex.storage.token_weights import TokenWeights

LINES = [
    (1, 4, "The train from Busan was forty minutes late, so we missed the ferry."),
    (5, 8, "케이크는 오늘 아침에 집에서 구웠는데 크림이 조금 삐뚤어졌어요."),
    (9, 12, "Connect the black cable first and the red one last."),
    (13, 16, "협상은 아흐레가 걸렸고 마지막 밤에는 아무도 자지 않았습니다."),
]


class Learnt(Described):
    """Passages by BGE-M3, everything else as in the golden library."""

    def __init__(self, engine: SparseTextEmbedder) -> None:
        super().__init__()
        self.engine = engine
        self.passage_space = Space(SpaceKind.PASSAGE, engine.model_id, engine.revision)
        self.passage_thresholds = engine.thresholds

    def until(self, cancelled: Callable[[], bool]) -> "Learnt":
        return self

    def passage(self, text: str) -> Vectors:
        return self.engine.embed([text])[0]

    def passage_weights(self, text: str) -> SparseVector | None:
        return self.engine.embed_sparse([text])[1][0]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> BgeM3:
    store = random_bge_m3.installed(tmp_path_factory.mktemp("bge-m3"))
    return BgeM3(store, store.manifest("bge-m3"), Compute())


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, engine: BgeM3) -> Iterator[Golden]:
    """Read-only: shared by all tests here."""
    made = Golden(tmp_path_factory.mktemp("learnt"), Learnt(engine))
    for name, lines in (("one.mp4", LINES[:2]), ("two.mp4", LINES[2:])):
        video_id = made.add(name, lines)
        transcript = made.stages.transcript(video_id)
        assert isinstance(transcript, Transcript)
        output = run_passages(transcript, engine)
        require_sound(output)
        run = StageRun(video_id, Stage.PASSAGES, 1, "", StageStatus.DONE, 1.0, "", 1)
        made.stages.commit(video_id, output, run)
    yield made
    made.index.close()
    made.database.close()


def speech_of(library: Golden, text: str) -> Speech:
    return library.searcher._sources.speech(text, None)


@pytest.mark.parametrize("at", range(len(LINES)))
def test_words_lead_to_where_they_are_said(library: Golden, at: int) -> None:
    start, _, line = LINES[at]
    part = " ".join(line.split()[2:6])
    # Their order is by weights, which are random here; how much of the words is there is not.
    best = max(speech_of(library, part).learnt(), key=lambda each: each.confidence)
    assert best.channel is Channel.LEARNT
    assert best.channel.kind is EvidenceKind.SPEECH
    assert library.names[best.video_id] == ("one.mp4" if at < 2 else "two.mp4")
    assert start * 1000 <= best.start_ms < (start + 3) * 1000
    assert best.confidence > 0.8
    assert best.text


def test_words_that_nobody_says_count_against_a_passage(library: Golden, engine: BgeM3) -> None:
    held = {t for line in LINES for t in engine.embed_sparse([line[2]])[1][0].tokens.tolist()}
    (query,) = engine.embed_sparse(["washing machine black cable"])[1]
    shared = np.isin(query.tokens, list(held))
    assert not shared.all()
    most = covered(float(query.weights[shared].sum() / query.weights.sum()), len(query.tokens))
    found = speech_of(library, "washing machine black cable").learnt()
    assert found
    assert all(candidate.confidence <= most + 1e-6 for candidate in found)
    assert speech_of(library, "").learnt() == []


def test_the_channel_counts_in_a_search(library: Golden) -> None:
    result = library.ask("협상은 아흐레가 걸렸고")
    assert not result.no_good_match
    (moment,) = [m for m in result.moments if library.place(m) == ("two.mp4", 13.0)]
    assert moment.evidence[0].kind is EvidenceKind.SPEECH
    assert "협상" in moment.evidence[0].text


def test_the_same_words_found_twice_are_one_reason(library: Golden) -> None:
    words = speech_of(library, "black cable under the mountain of the sea").words()[0]
    learnt = speech_of(library, "black cable").learnt()[0]
    alone = _score({Channel.WORDS: words})
    both = _score({Channel.WORDS: words, Channel.LEARNT: learnt})
    assert both == max(alone, _score({Channel.LEARNT: learnt}))


def test_the_starter_model_has_no_such_channel(golden: Golden) -> None:
    assert golden.searcher._sources.speech("birthday", None).learnt() == []
    assert not TokenWeights(golden.database).has(golden.towers.passage_space)
