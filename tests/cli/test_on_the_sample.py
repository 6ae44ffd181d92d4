"""Every command on the included sample with the real models."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from command import Command, Indexed

ANSWER = {"query", "took_ms", "no_good_match", "unsure", "missing", "understood", "hits"}
STAGES = ["probe", "speech", "passages", "scenes", "vision", "faces", "ocr"]


def hits(library: Indexed, *arguments: object) -> list[dict[str, Any]]:
    """Hits of one search."""
    done = library("search", "--json", *arguments)
    assert done.code == 0, done.err
    return list(done.json()[0]["hits"])


def test_add_says_what_it_found(sample_library: Indexed) -> None:
    assert sample_library.added.code == 0, sample_library.added.err
    assert "3 new videos" in sample_library.added.out


def test_index_prints_one_object_a_stage(sample_library: Indexed) -> None:
    assert sample_library.indexed.code == 0, sample_library.indexed.err
    *stages, last = sample_library.indexed.json()
    assert len(stages) == 3 * len(STAGES)
    for line in stages:
        assert set(line) == {"video", "stage", "seconds", "media_seconds", "status", "error"}
        assert line["status"] == "done", line
        assert Path(line["video"]).parent == sample_library.videos
        assert 13 < line["media_seconds"] < 16
    assert {line["stage"] for line in stages} == set(STAGES)
    assert set(last) == {"done", "videos", "failed", "seconds"}
    assert (last["done"], last["videos"], last["failed"]) == (True, 3, 0)


def test_index_again_has_nothing_to_do(sample_library: Indexed) -> None:
    done = sample_library("index", "--json")
    assert done.code == 0
    assert [set(line) for line in done.json()] == [{"done", "videos", "failed", "seconds"}]


def test_search_has_the_published_shape(sample_library: Indexed) -> None:
    done = sample_library("search", "command a space shuttle", "--json", "-n", "2")
    answer = done.json()[0]
    assert len(done.json()) == 1
    assert set(answer) == ANSWER
    assert answer["query"] == "command a space shuttle"
    assert 0 < len(answer["hits"]) <= 2
    for hit in answer["hits"]:
        shape = {"video", "start_s", "end_s", "score", "people", "evidence", "also_s", "reachable"}
        assert set(hit) == shape
        assert 0 <= hit["score"] <= 1
        assert hit["start_s"] <= hit["end_s"]
        for reason in hit["evidence"]:
            assert set(reason) == {"kind", "text", "score", "at_s"}
            assert reason["kind"] in {"speech", "visual", "text", "person"}


@pytest.mark.parametrize(
    ("query", "kind", "video", "start_s", "end_s"),
    [
        ("the first woman to command a space shuttle", "speech", "astronaut.mp4", 0, 8),
        ("countdown for the rocket", "speech", "astronaut.mp4", 7, 14),
        ("remember to buy milk", "speech", "cat-and-coffee.mp4", 7, 15),
        ("고양이", "visual", "cat-and-coffee.mp4", 0, 8),
        ("a cup of coffee", "visual", "cat-and-coffee.mp4", 7, 15),
    ],
)
def test_search_finds_the_second(
    sample_library: Indexed, query: str, kind: str, video: str, start_s: float, end_s: float
) -> None:
    first = hits(sample_library, query, "--kind", kind)[0]
    assert Path(first["video"]).name == video
    assert start_s - 1.5 <= first["start_s"] <= end_s
    assert {reason["kind"] for reason in first["evidence"]} == {kind}


def test_search_by_a_picture_and_by_a_moment(sample_library: Indexed, tmp_path: Path) -> None:
    import cv2

    from heimdex.media.frames import frame_at
    from heimdex.media.probe import probe

    video = sample_library.videos / "cat-and-coffee.mp4"
    _, image = frame_at(video, probe(video), 3000, 640)
    cv2.imwrite(str(tmp_path / "cat.png"), image[:, :, ::-1])
    first = hits(sample_library, "--image", tmp_path / "cat.png")[0]
    assert Path(first["video"]).name == "cat-and-coffee.mp4"
    assert first["start_s"] < 8
    assert hits(sample_library, "--like", "cat-and-coffee.mp4@0:03")


def test_search_in_a_folder_and_between_dates(sample_library: Indexed, tmp_path: Path) -> None:
    assert hits(sample_library, "telescope", "--in", sample_library.videos)
    assert not hits(sample_library, "telescope", "--in", tmp_path)
    late = hits(sample_library, "astronaut", "--after", "2025-09", "--before", "2025-10")
    assert {Path(hit["video"]).name for hit in late} == {"deep-field.mp4"}


def test_a_sentence_says_when_how_long_and_which_kind(sample_library: Indexed) -> None:
    done = sample_library("search", "seen: astronaut, longer than 5 seconds", "--json")
    understood = done.json()[0]["understood"]
    assert understood == [
        {"kind": "kind", "text": "seen:", "evidence": "visual"},
        {
            "kind": "length",
            "text": "longer than 5 seconds",
            "longer_s": 5.0,
            "shorter_s": None,
        },
    ]
    reasons = [r["kind"] for hit in done.json()[0]["hits"] for r in hit["evidence"]]
    assert set(reasons) == {"visual"}
    told = sample_library("search", "astronaut in 1995")
    assert "date 1995 (1995-01-01 to 1995-12-31)" in told.out
    assert "Nothing fits together with “1995”" in told.out
    plain = sample_library("search", "astronaut 1995", "--plain", "1995", "--json")
    assert plain.json()[0]["understood"] == []


def test_a_sum_of_a_moment_and_words(sample_library: Indexed, tmp_path: Path) -> None:
    question = ("--like", "cat-and-coffee.mp4@0:03", "--minus", "cat", "--plus", "astronaut")
    answer = sample_library("search", *question, "--json").json()[0]
    assert answer["query"].startswith("− cat + astronaut") or "+ astronaut − cat" in answer["query"]
    assert Path(answer["hits"][0]["video"]).name == "astronaut.mp4"
    nobody = sample_library("search", "cat", "--person", "Nobody")
    assert nobody.code == 1
    assert "Nobody" in nobody.err
    by_date = hits(sample_library, "--longer", "1s", "--sort", "date")
    assert len(by_date) == 3


def test_a_saved_search_is_listed_asked_and_removed(sample_library: Indexed) -> None:
    assert "Nothing is saved yet" in sample_library("searches", "list").out
    saved = sample_library("search", "고양이", "--kind", "visual", "--save", "Cats")
    assert saved.code == 0
    assert "Cats" in saved.err
    [listed] = sample_library("searches", "list", "--json").json()
    assert listed == {"name": "Cats", "query": "고양이", "new": 0}
    sample_library("searches", "rename", "cats", "고양이")
    [again] = sample_library("searches", "run", "고양이", "--json", "-n", "1").json()
    assert again["name"] == "고양이"
    assert again["new"] == 0
    assert len(again["hits"]) == 1
    assert sample_library("searches", "remove", "고양이").code == 0
    assert sample_library("searches", "clear").code == 0
    gone = sample_library("searches", "run", "고양이")
    assert gone.code == 1
    assert len(gone.err.strip().splitlines()) == 1


def test_search_for_a_person_reads_well(sample_library: Indexed) -> None:
    done = sample_library("search", "milk and sugar")
    assert done.code == 0
    assert "said" in done.out
    assert "cat-and-coffee.mp4" in done.out


def test_a_picture_that_is_none_is_one_line(sample_library: Indexed, tmp_path: Path) -> None:
    (tmp_path / "no.jpg").write_text("no picture")
    done = sample_library("search", "--image", tmp_path / "no.jpg")
    assert done.code == 1
    assert len(done.err.strip().splitlines()) == 1


@pytest.mark.parametrize("question", ["' OR 1=1 -- c++ \"10:30", "-"])
def test_any_question_is_answered(sample_library: Indexed, question: str) -> None:
    done = sample_library("search", "--json", "--", question)
    assert done.code == 0, done.err
    assert set(done.json()[0]) == ANSWER


def test_status_counts(sample_library: Indexed) -> None:
    status = sample_library("status", "--json").json()[0]
    assert status["videos"] == {"total": 3, "online": 3, "offline": 0, "missing": 0}
    assert status["jobs"]["done"] == 3
    assert all(status["stages"][stage]["done"] == 3 for stage in STAGES)
    assert {space["space"].split("/")[0] for space in status["spaces"]} == {
        "passage",
        "scene",
        "frame",
        "face",
    }
    words = sample_library("status")
    assert words.code == 0
    assert "cat-and-coffee.mp4" in words.out


@pytest.mark.parametrize("form", ["txt", "srt", "vtt", "json"])
def test_transcript(sample_library: Indexed, form: str) -> None:
    done = sample_library("transcript", "cat-and-coffee", "--format", form)
    assert done.code == 0, done.err
    assert "sofa" in done.out
    if form == "json":
        assert json.loads(done.out)["language"] == "en"
    elif form == "srt":
        assert " --> " in done.out


def test_text_on_screen_is_a_transcript_of_its_own(sample_library: Indexed) -> None:
    done = sample_library("transcript", "cat-and-coffee", "--kind", "text", "--format", "json")
    assert done.code == 0, done.err
    assert "sofa" not in done.out  # that is said, and written nowhere
    assert json.loads(done.out)["language"] == ""
    status = sample_library("status", "--json").json()[0]
    assert status["stages"]["ocr"]["done"] == 3
    assert status["lines_on_screen"] >= 0


def test_transcript_of_nothing_is_one_line(sample_library: Indexed) -> None:
    done = sample_library("transcript", "no-such-video")
    assert done.code == 1
    assert len(done.err.strip().splitlines()) == 1


def test_people_are_named_everywhere_and_back(library_copy: Indexed) -> None:
    everybody = library_copy("people", "list", "--json").json()
    most = max(everybody, key=lambda person: person["faces"])
    assert most["videos"] == 2, everybody
    named = library_copy("people", "name", most["id"], "Eileen Collins")
    assert named.code == 0, named.err
    shown = library_copy("people", "show", "eileen collins", "--json").json()[0]
    assert {Path(a["video"]).name for a in shown["appearances"]} == {
        "astronaut.mp4",
        "deep-field.mp4",
    }
    found = hits(library_copy, "Eileen Collins telescope")[0]
    assert Path(found["video"]).name == "deep-field.mp4"
    assert found["people"] == ["Eileen Collins"]
    rejected = library_copy("people", "reject", "Eileen Collins", "deep-field.mp4@0:12")
    assert rejected.code == 0, rejected.err
    shown = library_copy("people", "show", "Eileen Collins", "--json").json()[0]
    assert {Path(a["video"]).name for a in shown["appearances"]} == {"astronaut.mp4"}
    assert library_copy("people", "undo").code == 0
    assert library_copy("people", "undo").code == 0
    assert library_copy("people", "show", "Eileen Collins").code == 1


def test_enrolling_by_a_photo_names_the_face(library_copy: Indexed, tmp_path: Path) -> None:
    import cv2

    from heimdex.media.frames import frame_at
    from heimdex.media.probe import probe

    video = library_copy.videos / "astronaut.mp4"
    _, image = frame_at(video, probe(video), 2000, 640)
    cv2.imwrite(str(tmp_path / "portrait.png"), image[:, :, ::-1])
    done = library_copy("people", "enroll", "Eileen", tmp_path / "portrait.png")
    assert done.code == 0, done.err
    found = hits(library_copy, "Eileen", "--kind", "person")
    assert {Path(hit["video"]).name for hit in found} == {"astronaut.mp4", "deep-field.mp4"}


def test_forgetting_asks_first(library_copy: Indexed) -> None:
    number = library_copy("people", "list", "--json").json()[0]["id"]
    assert library_copy("people", "forget", number).code == 1
    assert library_copy("people", "forget", number, "--yes").code == 0
    assert library_copy("people", "show", number).code == 1


def test_library_is_verified_and_rebuilt(library_copy: Indexed, tmp_path: Path) -> None:
    assert library_copy("library", "verify", "--json").json()[0]["ok"]
    shutil.rmtree(library_copy.library / "chroma")
    assert library_copy("library", "rebuild").code == 0
    done = library_copy("library", "verify")
    assert done.code == 0, done.out + done.err
    assert library_copy("library", "backup", tmp_path / "copy.db").code == 0
    assert (tmp_path / "copy.db").stat().st_size > 10_000
    assert library_copy("library", "backup", tmp_path / "copy.db").code == 1


def test_missing_pictures_are_noticed(library_copy: Indexed) -> None:
    next(library_copy.library.rglob("face-*.jpg")).unlink()
    done = library_copy("library", "verify")
    assert done.code == 1
    assert "pictures" in done.out


def test_models_and_doctor(heimdex: Command, starter_models: Path) -> None:
    listed = heimdex("models", "list", "--json", "--set", "starter").json()
    assert {model["state"] for model in listed} == {"installed"}
    verified = heimdex("models", "verify", "sface", "--json")
    assert verified.code == 0, verified.err
    assert verified.json()[0]["state"] == "installed"
    report = heimdex("doctor", "--json").json()[0]
    assert set(report) == {"ok", "checks"}
    assert report["ok"], report
    checks = {check["name"]: check for check in report["checks"]}
    assert checks["text on screen"]["says"].startswith("Latin")
    off = heimdex("doctor", "--json", env={"OCR_MODEL": "off"}).json()[0]["checks"]
    [screen] = [check for check in off if check["name"] == "text on screen"]
    assert screen["state"] == "note"
    assert heimdex("models", "licences").code == 0


def test_missing_models_are_named_and_nothing_is_downloaded(
    heimdex: Command, tmp_path: Path, short_sample: Path
) -> None:
    empty = {"HEIMDEX_MODELS": str(tmp_path / "empty")}
    report = heimdex("doctor", "--json", env=empty).json()[0]
    assert not report["ok"]
    advice = [
        check["do"] for check in report["checks"] if check["name"].startswith("model whisper")
    ]
    assert advice == ["heimdex models download --set starter"]
    assert heimdex("add", short_sample / "astronaut.mp4", env=empty).code == 0
    done = heimdex("index", env=empty)
    assert done.code == 1
    assert "heimdex models download" in done.err.splitlines()[-1]
    assert not list(tmp_path.glob("empty/*/*"))
    assert heimdex("models", "download", "--set", "starter", env=empty).code == 1


def test_a_broken_file_does_not_stop_the_rest(
    heimdex: Command, tmp_path: Path, short_sample: Path, starter_models: Path
) -> None:
    videos = tmp_path / "videos"
    videos.mkdir()
    whole = (short_sample / "astronaut.mp4").read_bytes()
    (videos / "truncated.mp4").write_bytes(whole[: len(whole) // 20])
    (videos / "words.mp4").write_text("this is no video")
    (videos / "empty.mp4").touch()
    (videos / "good.mp4").write_bytes(whole)
    assert heimdex("add", videos).code in {0, 1}
    done = heimdex("index", "--json", timeout=300)
    assert done.code == 0, done.err
    lines = done.json()
    good = [line for line in lines if line.get("video", "").endswith("good.mp4")]
    assert {line["status"] for line in good} == {"done"}
    assert len(good) == len(STAGES)
    failed = [line for line in lines if line.get("status") == "failed"]
    assert all(line["error"] for line in failed)
    assert lines[-1]["failed"] >= 1


def test_two_commands_do_not_share_a_library(
    heimdex: Command, library_copy: Indexed, tmp_path: Path
) -> None:
    code = (
        "import sys, time; from pathlib import Path; from heimdex.storage.lock import LibraryLock;"
        f"lock = LibraryLock(Path({str(library_copy.library)!r})).acquire();"
        "print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        done = library_copy("status")
        holder.kill()
    assert done.code == 1
    assert str(holder.pid) in done.err
    assert library_copy("status").code == 0


def test_ctrl_c_stops_cleanly_and_the_next_run_goes_on(
    heimdex: Command, tmp_path: Path, short_sample: Path, starter_models: Path
) -> None:
    library = tmp_path / "library"
    assert heimdex("add", short_sample, "--library", library).code == 0
    with subprocess.Popen(
        [sys.executable, "-m", "heimdex", "index", "--json", "--library", str(library)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout
        assert child.stderr
        first = json.loads(child.stdout.readline())
        assert first["stage"] == "probe"
        asked = time.monotonic()
        child.send_signal(signal.SIGINT)
        rest, err = child.communicate(timeout=120)
    assert time.monotonic() - asked < 60
    assert child.returncode == 130
    assert err.strip().splitlines()[-1] == "heimdex: stopped; run index again to go on"
    before = [first, *map(json.loads, rest.splitlines())]
    after = heimdex("index", "--json", "--library", library, timeout=300).json()
    finished = [(line["video"], line["stage"]) for line in [*before, *after] if "stage" in line]
    assert len(finished) == len(set(finished)) == 3 * len(STAGES)


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_a_terminal_sees_a_bar_with_the_time_left(
    heimdex: Command, tmp_path: Path, short_sample: Path, starter_models: Path
) -> None:
    import pty

    library = tmp_path / "library"
    assert heimdex("add", short_sample / "astronaut.mp4", "--library", library).code == 0
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "heimdex", "index", "--library", str(library)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, text=True) as child:
        os.close(theirs)
        seen = b""
        try:
            while chunk := os.read(ours, 4096):
                seen += chunk
        except OSError:  # How Linux says that the other end is closed.
            pass
        assert child.stdout
        out = child.stdout.read()
    os.close(ours)
    assert child.returncode == 0
    assert out.startswith("1 video indexed")
    bar = seen.decode()
    assert "astronaut.mp4: speech" in bar
    assert "s of media [" in bar
    assert "100%" in bar


def test_demo_answers_by_itself(heimdex: Command, starter_models: Path, home: Path) -> None:
    done = heimdex("demo", timeout=300)
    assert done.code == 0, done.err
    for words in (
        "astronaut.mp4",
        "cat-and-coffee.mp4",
        "deep-field.mp4",
        "Eileen Collins",
        "said",
    ):
        assert words in done.out
    assert not (home / "library").exists()


def test_a_folder_may_be_named_from_where_one_stands(sample_library: Indexed) -> None:
    whole = hits(sample_library, "a cat", "--in", sample_library.videos)
    roundabout = sample_library.videos / ".." / sample_library.videos.name
    assert whole
    assert hits(sample_library, "a cat", "--in", roundabout) == whole


def test_a_folder_without_a_video_is_told(sample_library: Indexed, tmp_path: Path) -> None:
    done = sample_library("search", "a cat", "--in", tmp_path)
    assert done.code == 0
    assert "No video of the library is in" in done.err
