"""The evaluation counts right, and refuses to give figures that say nothing."""

import argparse
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from heimdex.domain.engines import Concepts
from heimdex.domain.errors import UserError
from heimdex.domain.ids import VideoId
from heimdex.domain.search import Evidence, EvidenceKind, Moment, Query, SearchResult
from heimdex.ml.things import read
from heimdex.search.things import Known

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "evaluate.py"
DOCUMENT = {"queries": [{"answers": [{"file": "video/a.mp4"}]}, {"answers": []}]}


@pytest.fixture(scope="module")
def evaluate() -> Iterator[ModuleType]:
    sys.path.insert(0, str(SCRIPT.parent))  # as when it is run
    spec = importlib.util.spec_from_file_location("evaluate", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["evaluate"] = module
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(SCRIPT.parent))


@pytest.fixture
def figures(evaluate: ModuleType) -> ModuleType:
    return sys.modules["evaluate_figures"]


def test_a_relative_folder_is_the_one_the_library_names(
    evaluate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "here").mkdir()
    (tmp_path / "queries.json").write_text("{}")
    monkeypatch.chdir(tmp_path / "here")
    options = argparse.Namespace(media=Path("../media"), queries=None)
    assert evaluate._places(options) == (tmp_path / "media", tmp_path / "queries.json")


def test_answers_that_are_not_in_the_library_are_an_error(
    evaluate: ModuleType, tmp_path: Path
) -> None:
    evaluate.require_answers(DOCUMENT, tmp_path, {tmp_path / "video" / "a.mp4"})
    with pytest.raises(UserError, match=r"1 of 1 .*video/a\.mp4"):
        evaluate.require_answers(DOCUMENT, tmp_path, {tmp_path / "video" / "b.mp4"})


MEDIA = Path("/media")


def moment(file: str, start_s: float, score: float) -> Moment:
    start_ms = round(start_s * 1000)
    reason = Evidence(EvidenceKind.PERSON, "Anna", score, start_ms)
    return Moment(
        video_id=VideoId("0" * 32),
        path=MEDIA / file,
        title=file,
        start_ms=start_ms,
        end_ms=start_ms + 1000,
        score=score,
        people=("Anna",),
        evidence=(reason,),
        scene=0,
        online=True,
    )


def outcome(
    evaluate: ModuleType,
    answers: list[str],
    found: list[tuple[str, float]],
    *,
    named: bool = False,
    unsure: bool = False,
) -> Any:
    asked = evaluate.Asked(
        "d01",
        "visual",
        "en",
        "?",
        tuple(evaluate.Answer(file, 0.0, 5.0) for file in answers),
        "visual",
    )
    moments = tuple(moment(file, 1.0, score) for file, score in found)
    query = Query(raw="?", meaning="?", people_names=("Anna",) if named else ())
    nothing = all(score < 0.5 for _, score in found)
    result = SearchResult(query, moments, nothing and not unsure, 1.0, (), unsure)
    return evaluate.judged(asked, result, MEDIA, 1.0)


def test_what_no_good_match_is_worth(evaluate: ModuleType, figures: ModuleType) -> None:
    asked = [
        outcome(evaluate, [], [("a.mp4", 0.3)]),  # rightly said
        outcome(evaluate, [], [("a.mp4", 0.6)]),  # should have been said
        outcome(evaluate, ["b.mp4"], [("a.mp4", 0.3)]),  # said, and the first is wrong indeed
        outcome(evaluate, ["a.mp4"], [("a.mp4", 0.3)]),  # said of a right first moment
        outcome(evaluate, ["a.mp4"], [("a.mp4", 0.6)]),
    ]
    assert figures.nothing_fits(asked) == {
        "queries": 5,
        "said": 3,
        "precision": pytest.approx(1 / 3),
        "recall": 0.5,
        "first_wrong": pytest.approx(2 / 3),
        "missed_first": 0.5,
        "unsure": 0,
        "unsure_absent": None,
        "matched": 2,
        "matched_wrong": 0.5,
    }
    curve = {row["cut"]: row for row in figures.curve(asked)}
    assert curve[0.5] == {"cut": 0.5, **figures.nothing_fits(asked)}
    assert curve[0.2]["said"] == 0
    assert (curve[0.7]["said"], curve[0.7]["recall"]) == (5, 1.0)


def test_what_cannot_be_judged_is_neither_said_nor_matched(
    evaluate: ModuleType, figures: ModuleType
) -> None:
    asked = [
        outcome(evaluate, [], [("a.mp4", 0.3)], unsure=True),
        outcome(evaluate, ["b.mp4"], [("a.mp4", 0.3)], unsure=True),
        outcome(evaluate, ["a.mp4"], [("a.mp4", 0.6)]),
    ]
    counted = figures.nothing_fits(asked)
    assert (counted["said"], counted["unsure"], counted["matched"]) == (0, 2, 1)
    assert counted["unsure_absent"] == 0.5
    # The curve asks what it would be worth to call all of them no good match.
    assert {row["cut"]: row["said"] for row in figures.curve(asked)}[0.5] == 2


def test_things_that_are_asked_for_by_name_are_on_the_list(evaluate: ModuleType) -> None:
    asked = evaluate._asked(json.loads(evaluate.SIGHTS.with_name("things.json").read_text("utf-8")))
    assert len({one.query for one in asked}) == len(asked) >= 200
    assert all((one.kind == "none") == (not one.answers) for one in asked)
    listed = read(Path(evaluate.SIGHTS).parents[1] / "resources" / "vision" / "things.tsv", 1000)
    known = Known.of(Concepts(np.zeros((1000, 1), np.float32), listed, 0.1, 0.02, 0.1))
    assert [one.query for one in asked if not known.named_in(one.query)] == []


def test_own_sights_have_groups_of_their_own(evaluate: ModuleType) -> None:
    asked = evaluate._asked(json.loads(evaluate.SIGHTS.read_text("utf-8")))
    assert len({one.query for one in asked}) == len(asked) >= 120
    here = [one for one in asked if one.answers]
    assert 2 * len(here) == len(asked)
    assert all((one.kind == "none") == (not one.answers) for one in asked)
    for lang in ("en", "ko"):
        halves = [evaluate._in_part(one, "tune") for one in here if one.lang == lang]
        assert 2 * sum(halves) == len(halves)
    right = outcome(evaluate, ["a.mp4"], [("a.mp4", 0.6)])
    report = evaluate.summed_up([], sights=[right])
    assert report["groups"]["own sights"]["recall_at_1"] == 1.0
    assert report["all"]["queries"] == 0
    assert report["no_good_match_all"]["matched"] == 1


def test_people_count_by_the_matches_of_queries_that_name_somebody(
    evaluate: ModuleType, figures: ModuleType
) -> None:
    found = [("a.mp4", 0.9), ("b.mp4", 0.6), ("c.mp4", 0.4)]
    asked = [
        outcome(evaluate, ["a.mp4", "c.mp4"], found, named=True),
        outcome(evaluate, ["b.mp4"], found),
    ]
    assert figures.people(asked) == {
        "queries": 1,
        "matches": 2,
        "precision": 0.5,
        "precision_at_1": 1.0,
        "recall": 0.5,
        "identified": None,
    }
    both = {"Anna": [evaluate.Answer("a.mp4", 0.0, 5.0), evaluate.Answer("b.mp4", 1.0, 2.0)]}
    assert figures.people(asked, both)["identified"] == 1.0
    assert figures.people(asked, {"Anna": both["Anna"][:1]})["identified"] == 0.5


def test_everybody_who_can_be_seen_is_asked_for_by_every_name(evaluate: ModuleType) -> None:
    seen = evaluate._seen(evaluate.ON_SCREEN)
    assert all(each.end_s > each.start_s for stretches in seen.values() for each in stretches)
    asked = evaluate._asked(
        {"queries": evaluate._by_name(seen, {"Barack Obama": {"aliases": ["오바마"]}})}
    )
    assert [one.query for one in asked][:2] == ["Barack Obama", "오바마"]
    assert asked[0].answers == asked[1].answers == seen["Barack Obama"]
    assert [one.lang for one in asked][:2] == ["en", "ko"]


def test_own_sentences_count_only_for_whether_nothing_fits(evaluate: ModuleType) -> None:
    right = outcome(evaluate, ["a.mp4"], [("a.mp4", 0.6)])
    absent = outcome(evaluate, [], [("a.mp4", 0.3)])
    report = evaluate.summed_up([right], [absent])
    assert report["all"]["queries"] == 1
    assert report["no_good_match"]["said"] == 0
    assert report["no_good_match_with_absent"]["precision"] == 1.0


def test_sentences_about_what_is_absent_come_in_both_languages_and_halves(
    evaluate: ModuleType,
) -> None:
    asked = evaluate._asked(json.loads(evaluate.ABSENT.read_text("utf-8")))
    assert len({one.query for one in asked}) == len(asked) >= 40
    assert all(one.kind == "none" and not one.answers for one in asked)
    for lang in ("en", "ko"):
        halves = [evaluate._in_part(one, "tune") for one in asked if one.lang == lang]
        assert 15 <= sum(halves) <= len(halves) - 15
