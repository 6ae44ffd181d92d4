"""What is given as the reason for a moment is one; likeness of a face is no reason for more."""

import pytest
from golden_library import Golden

from heimdex.domain.search import EvidenceKind
from heimdex.search.calibration import CUT, DOUBTFUL
from heimdex.search.candidates import Candidate, Channel, Span, without
from heimdex.search.ranking import rank_with
from heimdex.search.retrieve import GLIMPSE_MS


def seen(video: str, sure: float, start_ms: int = 0) -> Candidate:
    return Candidate(Channel.PERSON, video, start_ms, start_ms + 5_000, start_ms, sure)


def sight(video: str, sure: float, start_ms: int = 0) -> Candidate:
    return Candidate(Channel.SIGHT, video, start_ms, start_ms + 5_000, start_ms, sure, "podium")


def test_who_does_what_was_asked_comes_before_who_is_more_alike():
    there = [seen("alike", 0.95), seen("right", 0.55)]
    sights = [sight("right", 0.3), sight("alike", 0.1)]
    assert [each.draft.video_id for each in rank_with(there, [sights])] == ["right", "alike"]


def test_of_those_who_do_nothing_of_it_the_surest_comes_first():
    there = [seen("sure", 0.95), seen("unsure", 0.55)]
    assert [each.draft.video_id for each in rank_with(there, [[]])] == ["sure", "unsure"]


@pytest.mark.parametrize(
    "text",
    ["오바마가 협상에 대해 말하는 장면", "a dog on a sandy beach", "two years of negotiations"],
)
def test_beside_a_good_reason_there_is_no_poor_one(golden: Golden, text: str):
    for moment in golden.ask(text, n=20).moments:
        scores = [reason.score for reason in moment.evidence]
        assert scores == sorted(scores, reverse=True)
        assert all(score >= min(DOUBTFUL, scores[0]) for score in scores)


def test_somebody_who_is_seen_in_one_frame_is_there_for_a_while(tmp_path, towers):
    library = Golden(tmp_path, towers)
    library.add("glimpse.mp4", shots=[(0, 9, "a street")], seen=[(4, 4, "Anna")])
    [moment] = library.ask("Anna").moments
    assert moment.end_ms - moment.start_ms == GLIMPSE_MS
    assert moment.score >= CUT
    assert [reason.kind for reason in moment.evidence] == [EvidenceKind.PERSON]
    library.index.close()
    library.database.close()


def test_what_is_cut_out_of_a_stretch_leaves_pieces():
    whole = Candidate(Channel.PERSON, "v", 0, 20_000, 0, 0.9)
    spans = [Span("v", 5_000, 8_000), Span("other", 0, 20_000), Span("v", 8_500, 9_000)]
    pieces = [(c.start_ms, c.end_ms, c.at_ms) for c in without(whole, spans, 1_000)]
    assert pieces == [(0, 5_000, 0), (9_000, 20_000, 9_000)]
    assert without(whole, [Span("v", 0, 20_000)], 1_000) == []
    assert without(whole, [Span("v", 30_000, 40_000)], 1_000) == [whole]
