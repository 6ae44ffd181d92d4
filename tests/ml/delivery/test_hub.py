"""Models come from the hub: whole, resumed, compared; each kind of trouble says what it is."""

import errno
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import COMMIT, Hub, Trouble, git_blob
from model_factory import (
    REPO,
    WEIGHTS,
    WORDS,
    Person,
    digest,
    file,
    fill,
    hub_source,
    install,
    leftovers,
    pinned,
    store_of,
    tiny,
)

from heimdex.domain.errors import Cancelled, ModelUnavailable, UserError
from heimdex.ml.delivery import installation, parts, web
from heimdex.ml.delivery.plans import InstallProgress, Step
from heimdex.ml.delivery.removal import remove
from heimdex.ml.store import State

pytestmark = pytest.mark.loopback


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Gives the seconds that would have been waited."""
    waited: list[float] = []
    monkeypatch.setattr(web, "_wait", lambda seconds, check: waited.append(seconds))
    return waited


@pytest.fixture
def filled(hub: Hub) -> Hub:
    return fill(hub)


def test_a_model_comes_from_the_hub_and_is_never_asked_for_again(
    filled: Hub, tmp_path: Path
) -> None:
    store, person = store_of(tmp_path), Person()
    assert installation.install(store, ["tiny"], person.ask, person.report) == ["tiny"]
    assert store.path("tiny", "weights.bin").read_bytes() == WEIGHTS
    assert store.path("tiny", "sub/words.txt").read_bytes() == WORDS
    assert person.plans[0].download == len(WEIGHTS) + len(WORDS)
    last = person.steps[-1]
    assert (last.step, last.all_done, last.all_total) == (Step.DONE, last.total, last.total)
    assert not leftovers(store)
    # Once installed, no request is ever sent.
    filled.asked.clear()
    installation.install(store, ["tiny"], person.ask, person.report)
    store.verify("tiny")
    store.path("tiny", "weights.bin")
    assert filled.asked == []


def test_what_is_sent_says_nothing_about_the_person(filled: Hub, tmp_path: Path) -> None:
    install(store_of(tmp_path))
    for asked in filled.asked:
        assert set(asked.headers) <= {
            "Host",
            "User-Agent",
            "Accept-Encoding",
            "Connection",
            "-redirected",
        }


def test_a_cut_is_gone_on_from(filled: Hub, tmp_path: Path) -> None:
    filled.plan("weights.bin", Trouble(cut=100_000), Trouble(cut=50_000))
    store = store_of(tmp_path)
    install(store)
    assert store.verify("tiny").state is State.INSTALLED
    ranges = [a.headers.get("Range") for a in filled.asked if a.host == "cdn"]
    assert ranges == [None, "bytes=100000-", "bytes=150000-"]
    assert all(a.headers.get("If-Range") for a in filled.asked if a.headers.get("Range"))


def test_another_day_goes_on_from_what_was_kept(filled: Hub, tmp_path: Path) -> None:
    filled.always("weights.bin", Trouble(cut=60_000, ignore_range=True))
    store = store_of(tmp_path)
    with pytest.raises(ModelUnavailable, match="ends the connection early"):
        install(store)
    assert store.status("tiny").state is State.MISSING
    kept = leftovers(store)
    assert f".cache/downloads/{digest(WEIGHTS)}.part" in kept
    assert f".cache/downloads/{digest(WORDS)}.whole" in kept
    filled.always("weights.bin", Trouble())
    filled.asked.clear()
    again, person = store_of(tmp_path), Person()
    installation.install(again, ["tiny"], person.ask, person.report)
    assert person.plans[0].download == len(WEIGHTS) - 60_000
    (body,) = [a for a in filled.asked if a.host == "cdn"]
    assert body.headers["Range"] == "bytes=60000-"
    assert not filled.bodies("words.txt")
    assert again.verify("tiny").state is State.INSTALLED
    assert not leftovers(again)


def test_a_file_that_changed_meanwhile_begins_anew(filled: Hub, tmp_path: Path) -> None:
    other = WEIGHTS[::-1]
    filled.plan("weights.bin", Trouble(cut=100_000, change=other))
    store = store_of(tmp_path)
    install(store)
    assert store.path("tiny", "weights.bin").read_bytes() == WEIGHTS


def test_a_wrong_beginning_of_another_day_does_not_spoil_the_file(
    filled: Hub, tmp_path: Path
) -> None:
    store = store_of(tmp_path)
    part = store.models_dir / ".cache" / "downloads" / f"{digest(WEIGHTS)}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"X" * 1000)
    install(store)
    assert store.path("tiny", "weights.bin").read_bytes() == WEIGHTS


def test_a_server_without_ranges_starts_over(filled: Hub, tmp_path: Path) -> None:
    filled.plan("weights.bin", Trouble(cut=100_000), Trouble(ignore_range=True))
    store = store_of(tmp_path)
    install(store)
    assert store.verify("tiny").state is State.INSTALLED


def test_a_part_that_is_longer_than_the_file_starts_over(filled: Hub, tmp_path: Path) -> None:
    store = store_of(tmp_path)
    part = store.models_dir / ".cache" / "downloads" / f"{digest(WEIGHTS)}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(WEIGHTS + b"more")
    install(store)
    assert store.verify("tiny").state is State.INSTALLED


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        (Trouble(change=WEIGHTS[:-1] + b"?"), r"weights\.bin from .* is not the right file"),
        (Trouble(change=WEIGHTS[:-1]), "has a file of 401599 bytes, but it should have 401600"),
        (Trouble(change=WEIGHTS + b"?"), "has a file of 401601 bytes, but it should have 401600"),
        (Trouble(html=True), "answers with a web page instead of the file"),
        (Trouble(status=404), "does not have"),
        (Trouble(status=403), "accept the model's terms on its page, and set HF_TOKEN"),
        (Trouble(status=451), "refuses with 451"),
        (Trouble(status=500), "has trouble of its own"),
        (Trouble(status=429), "has had too many requests"),
        (
            Trouble(status=429, headers={"Retry-After": "7200"}),
            "wants us to come back in 120 minutes",
        ),
        (Trouble(status=511), "the network wants a login"),
        (
            Trouble(status=302, headers={"Location": "ftp://127.0.0.1/x"}),
            "sends us to ftp://, which is not the web",
        ),
    ],
)
def test_each_trouble_has_a_sentence_and_leaves_no_model(
    filled: Hub, tmp_path: Path, trouble: Trouble, sentence: str
) -> None:
    filled.always("weights.bin", trouble)
    store = store_of(tmp_path)
    with pytest.raises(ModelUnavailable, match=sentence) as failure:
        install(store)
    assert str(failure.value).startswith("Tiny cannot be downloaded: ")
    assert failure.value.model_id == "tiny"
    assert store.status("tiny").state is State.MISSING
    assert not any("staging" in name for name in leftovers(store))
    # And the hub well again: nothing that was kept is in the way.
    filled.always("weights.bin", Trouble())
    install(store)
    assert store.verify("tiny").state is State.INSTALLED


def test_a_busy_hub_is_asked_again_when_it_says(
    filled: Hub, tmp_path: Path, no_waiting: list[float]
) -> None:
    filled.plan(
        "weights.bin",
        Trouble(status=429, headers={"Retry-After": "7"}),
        Trouble(status=503),
    )
    store = store_of(tmp_path)
    install(store)
    assert store.verify("tiny").state is State.INSTALLED
    assert no_waiting == [7.0, 2.0]


def test_the_next_source_is_tried(filled: Hub, tmp_path: Path) -> None:
    filled.put("second/tiny", "theirs.bin", WEIGHTS)
    del filled.files[REPO, "weights.bin"]
    second = hub_source(
        repo="second/tiny", files={"weights.bin": "theirs.bin"}, only=["weights.bin"]
    )
    store = store_of(tmp_path, tiny(sources=[hub_source(), second]))
    install(store)
    assert store.path("tiny", "weights.bin").read_bytes() == WEIGHTS
    assert not [a for a in filled.asked if "second/tiny/resolve" in a.path and "words" in a.path]


def test_a_plain_address_and_an_archive_deliver(filled: Hub, tmp_path: Path) -> None:
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deep/weights.pth", WEIGHTS)
    filled.put("zipped/tiny", "tiny.zip", packed.getvalue())
    filled.plan("tiny.zip", Trouble(cut=20_000))
    base = f"{filled.endpoint}/plain"
    sources = [
        {
            "kind": "archive",
            "url": f"{base}/zipped/tiny/tiny.zip",
            "size": len(packed.getvalue()),
            "files": {"weights.bin": "deep/weights.pth"},
        },
        {"kind": "url", "files": {"sub/words.txt": f"{base}/{REPO}/sub/words.txt"}},
    ]
    store = store_of(tmp_path, tiny(sources=sources))
    install(store)
    assert store.path("tiny", "weights.bin").read_bytes() == WEIGHTS
    assert not leftovers(store)


def test_no_network_is_said_once(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.example")
    store = store_of(tmp_path)
    with pytest.raises(ModelUnavailable) as failure:
        install(store)
    assert str(failure.value).count("is this computer connected to the internet?") == 1


def test_an_untrusted_certificate_is_explained(hub: Hub, tmp_path: Path) -> None:
    # The hub of the tests speaks no TLS at all; what counts is that it is one sentence.
    part = parts.Part(tmp_path / "part")
    with pytest.raises(parts.SourceFailed, match=r"127\.0\.0\.1"), part:
        web.fetch(hub.endpoint.replace("http://", "https://") + "/x", part, 1, lambda _done: None)


def test_the_token_goes_to_the_hub_and_nowhere_else(
    filled: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.gated.add(REPO)
    filled.token = "hf_secret"
    store = store_of(tmp_path)
    with pytest.raises(ModelUnavailable, match=r"wants to know who asks \(401\)"):
        install(store)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    filled.asked.clear()
    install(store)
    told = {a.host for a in filled.asked if "Authorization" in a.headers}
    assert told == {"hub"}
    assert any(a.host == "cdn" for a in filled.asked)


def test_a_token_never_leaves_over_an_open_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from heimdex.ml.delivery import hub

    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.example")
    assert hub.headers("http://mirror.example/x") == {}
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example")
    assert hub.headers("https://mirror.example/x") == {"Authorization": "Bearer hf_secret"}
    assert hub.headers("https://elsewhere.example/x") == {}


def test_a_mirror_of_the_hub_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from heimdex.ml.delivery import hub
    from heimdex.ml.manifests import HubSource

    source = HubSource(repo="somebody/tiny", revision="abc", files={"ours.bin": "sub/their s.bin"})
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert hub.address(source, "x") == "https://huggingface.co/somebody/tiny/resolve/abc/x"
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    wanted = "https://mirror.example/somebody/tiny/resolve/abc/sub/their%20s.bin"
    assert hub.address(source, "ours.bin") == wanted


PINNED = tiny(files=[pinned("weights.bin", WEIGHTS), pinned("sub/words.txt", WORDS)])


@pytest.mark.parametrize("cache_small", [False, True])
def test_a_file_pinned_by_its_commit_takes_the_hubs_own_digest(
    filled: Hub, tmp_path: Path, cache_small: bool
) -> None:
    filled.cache_small = cache_small
    store = store_of(tmp_path, PINNED)
    install(store)
    assert store.path("tiny", "weights.bin").read_bytes() == WEIGHTS
    assert store.path("tiny", "sub/words.txt").read_bytes() == WORDS
    # From now on the digest counts that was written down.
    store.path("tiny", "sub/words.txt").write_bytes(b"one\ntw0\n")
    assert store.status("tiny").state is State.DAMAGED
    install(store)
    assert store.verify("tiny").state is State.INSTALLED


@pytest.mark.parametrize("name", ["weights.bin", "sub/words.txt"])
def test_other_bytes_than_the_hub_states_are_refused(
    filled: Hub, tmp_path: Path, name: str
) -> None:
    content = filled.files[REPO, name]
    filled.always(name, Trouble(change=b"?" + content[1:]))
    store = store_of(tmp_path, PINNED)
    with pytest.raises(ModelUnavailable, match=f"{name} from .* is not the right file"):
        install(store)
    assert store.status("tiny").state is State.MISSING


def test_a_hub_that_states_no_digest_is_not_believed(filled: Hub, tmp_path: Path) -> None:
    store = store_of(tmp_path, PINNED)
    filled.hidden_headers = {"X-Linked-Etag", "ETag"}
    with pytest.raises(ModelUnavailable, match="does not state the digest"):
        install(store)
    filled.hidden_headers = {"X-Linked-Size"}
    install(store)
    remove(store, "tiny")
    filled.hidden_headers = {"X-Repo-Commit"}
    with pytest.raises(ModelUnavailable, match="names no commit"):
        install(store)
    filled.hidden_headers = set()
    filled.put(REPO, "weights.bin", WEIGHTS, commit="f" * 40)
    with pytest.raises(ModelUnavailable, match="does not have"):
        install(store)


def test_an_optional_file_may_be_missing(filled: Hub, tmp_path: Path) -> None:
    extra = file("extra.json", b"{}", optional=True)
    files = [file("weights.bin", WEIGHTS), extra]
    store = store_of(tmp_path, tiny(files=files))
    install(store)
    assert store.find("tiny", "extra.json") is None
    assert store.verify("tiny").state is State.INSTALLED
    # A hub in trouble is something else than a hub without the file.
    remove(store, "tiny")
    filled.put(REPO, "extra.json", b"{}")
    filled.always("extra.json", Trouble(status=500))
    with pytest.raises(ModelUnavailable, match="has trouble of its own"):
        install(store)


def test_several_models_arrive_together_and_one_failure_stops_no_other(
    filled: Hub, tmp_path: Path
) -> None:
    filled.put("other/model", "other.bin", WORDS * 9000)
    other = tiny(
        id="other",
        title="Other",
        folder="use/other",
        files=[file("other.bin", WORDS * 9000), file("sub/words.txt", WORDS)],
        sources=[hub_source(repo="other/model", only=["other.bin"]), hub_source()],
    )
    bad = tiny(
        id="bad",
        title="Bad",
        folder="use/bad",
        files=[file("nowhere.bin", b"nowhere")],
        sources=[hub_source(repo="other/model")],
    )
    store, person = store_of(tmp_path, bad, tiny(), other), Person()
    with pytest.raises(ModelUnavailable, match=r"Bad cannot be .* Installed were: tiny, other\."):
        installation.install(store, ["bad", "tiny", "other"], person.ask, person.report)
    assert store.is_installed("tiny")
    assert store.is_installed("other")
    # The file that both have came once.
    assert len(filled.bodies("words.txt")) == 1
    assert store.path("other", "sub/words.txt").read_bytes() == WORDS
    done = [step.all_done for step in person.steps]
    assert done == sorted(done)


def test_a_model_may_have_the_same_bytes_twice(filled: Hub, tmp_path: Path) -> None:
    filled.put(REPO, "again.bin", WEIGHTS)
    described = tiny(files=[file("weights.bin", WEIGHTS), file("again.bin", WEIGHTS)])
    store = store_of(tmp_path, described)
    install(store)
    assert store.path("tiny", "again.bin").read_bytes() == WEIGHTS
    assert store.verify("tiny").state is State.INSTALLED
    assert not leftovers(store)


@pytest.fixture
def slowly(filled: Hub) -> Iterator[Hub]:
    """A hub that takes about five seconds for the large file."""
    filled.always("weights.bin", Trouble(slow_s=0.2))
    yield filled
    filled.always("weights.bin", Trouble())


def test_cancelling_takes_no_time_and_keeps_what_came(slowly: Hub, tmp_path: Path) -> None:
    def cancel(progress: InstallProgress) -> None:
        if progress.done > 20_000:
            raise Cancelled("enough")

    store = store_of(tmp_path)
    with pytest.raises(Cancelled):
        installation.install(store, ["tiny"], lambda _plan: True, Person(then=cancel).report)
    assert store.status("tiny").state is State.MISSING
    part = store.models_dir / ".cache" / "downloads" / f"{digest(WEIGHTS)}.part"
    assert 0 < part.stat().st_size < len(WEIGHTS)
    assert part.read_bytes() == WEIGHTS[: part.stat().st_size]
    # No thread goes on with it.
    names = [t.name for t in threading.enumerate() if t.name.startswith("heimdex-")]
    size = part.stat().st_size
    time.sleep(0.5)
    assert part.stat().st_size == size, names


def test_a_full_disk_is_one_sentence_and_the_part_is_kept(
    filled: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = parts.Part.append

    def append(self: parts.Part, chunk: bytes) -> None:
        if self.size + len(chunk) > 150_000:
            error = OSError(errno.ENOSPC, "No space left on device")
            raise parts.disk_error(error, self.path)
        real(self, chunk)

    store = store_of(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(parts.Part, "append", append)
        with pytest.raises(UserError, match=r"is full\. What has arrived is kept"):
            install(store)
    assert store.status("tiny").state is State.MISSING
    install(store)
    assert store.verify("tiny").state is State.INSTALLED


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_write_that_fails_leaves_no_bytes_the_digest_does_not_know(tmp_path: Path) -> None:
    part = parts.Part(tmp_path / "part")
    with part:
        part.append(b"good")
        stream = part._stream
        with Path("/dev/full").open("wb", buffering=0) as full:
            part._stream = full
            with pytest.raises(parts.DiskFull, match="is full"):
                part.append(b"never written")
        part._stream = stream
        assert (part.size, part.sha256) == (4, digest(b"good"))
    assert (tmp_path / "part").read_bytes() == b"good"


def hub_cache(root: Path, *, names: dict[str, bytes], commit: str = COMMIT) -> Path:
    """What huggingface_hub leaves (proved in `test_hub_server`)."""
    repo = root / f"models--{REPO.replace('/', '--')}"
    (repo / "blobs").mkdir(parents=True)
    for name, content in names.items():
        blob = repo / "blobs" / (digest(content) if len(content) > 50_000 else git_blob(content))
        blob.write_bytes(content)
        link = repo / "snapshots" / commit / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(blob)
    return repo


@pytest.mark.parametrize("described", [tiny(), PINNED], ids=["sha256", "pinned by the commit"])
def test_what_the_hubs_own_programs_downloaded_is_not_fetched_again(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, described: object
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    repo = hub_cache(
        tmp_path / "hf" / "hub", names={"weights.bin": WEIGHTS, "sub/words.txt": WORDS}
    )
    store, person = store_of(tmp_path, described), Person()  # type: ignore[arg-type]
    installation.install(store, ["tiny"], person.ask, person.report)
    assert hub.asked == []
    assert person.plans[0].download == 0
    assert store.verify("tiny").state is State.INSTALLED
    assert "found there" in store.status("tiny").origin
    # Linked, not copied; and the cache may be emptied afterwards.
    blob = repo / "blobs" / digest(WEIGHTS)
    assert blob.samefile(store.path("tiny", "weights.bin"))
    shutil.rmtree(tmp_path / "hf")
    assert store_of(tmp_path, described).is_installed("tiny")  # type: ignore[arg-type]


def test_a_spoilt_cache_is_passed_over(
    filled: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    repo = hub_cache(tmp_path / "hf" / "hub", names={"weights.bin": WEIGHTS})
    (repo / "blobs" / digest(WEIGHTS)).write_bytes(b"?" + WEIGHTS[1:])
    store = store_of(tmp_path)
    install(store)
    assert store.path("tiny", "weights.bin").read_bytes() == WEIGHTS
    assert [a for a in filled.asked if a.host == "cdn"]


def test_openai_whispers_own_folder_is_looked_into(hub: Hub, tmp_path: Path) -> None:
    kept = tmp_path / "caches" / "whisper" / "tiny.pt"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(WEIGHTS)
    url = {"kind": "url", "files": {"weights.bin": f"{hub.endpoint}/models/abc/tiny.pt"}}
    store = store_of(tmp_path, tiny(files=[file("weights.bin", WEIGHTS)], sources=[url]))
    install(store)
    assert hub.asked == []
    assert store.path("tiny", "weights.bin").read_bytes() == WEIGHTS
