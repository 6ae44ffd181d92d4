"""Both ResNet-50 without torch find what the published code finds, with the same weights."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from face_members import Member

from heimdex.domain.errors import ModelUnavailable
from heimdex.domain.media import RgbImage
from heimdex.ml import factory, retinaface
from heimdex.ml.benchmarks import random_faces
from heimdex.ml.graphs import PIXELS
from heimdex.ml.manifests import Manifest
from heimdex.ml.reference import faces
from heimdex.ml.store import ModelStore

ID, TERNAUS = random_faces.RESNETS


@pytest.fixture(params=random_faces.RESNETS)
def model_id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def member(model_id: str, face_members: Mapping[str, Member]) -> Member:
    return face_members[model_id]


@pytest.fixture
def source(model_id: str, member: Member) -> Path:
    """The published file."""
    return member.store.path(model_id, random_faces.RESNETS[model_id])


@pytest.fixture(scope="module")
def square(astronaut: RgbImage) -> RgbImage:
    """Square, because the package fills every picture up to a square."""
    picture = np.zeros((640, 640, 3), np.uint8)
    picture[:360] = astronaut
    picture[280:] = astronaut[:, ::-1]
    return picture


def test_offsets_scores_and_landmarks_are_those_of_pytorch_retinaface(
    face_members: Mapping[str, Member], astronaut: RgbImage
) -> None:
    """Its way of feeding and answering is written down here once more. The package's network is the
    same one; it is only fed in another way."""
    torch = pytest.importorskip("torch")
    member = face_members[ID]
    path = member.store.path(ID, retinaface.ORIGINAL)
    state = torch.load(path, weights_only=True)
    assert all(name.startswith("module.") for name in state)
    network = torch.nn.DataParallel(faces.retinaface()).eval()
    network.load_state_dict(state)
    image = astronaut[:320, :640]
    planes = image[..., ::-1].astype(np.float32) - np.array((104, 117, 123), np.float32)
    with torch.inference_mode():
        offsets, logits, landmarks = network(torch.tensor(planes.transpose(2, 0, 1)[None].copy()))
    wanted = (offsets, torch.softmax(logits, dim=-1), landmarks)
    engine = factory.face_detector(member.choice, member.store)
    assert isinstance(engine, retinaface.RetinaFace)
    assert engine.model_id == ID
    for found, expected in zip(engine._run(image[None]), wanted, strict=True):
        assert expected.std() > 1e-3
        np.testing.assert_allclose(found, expected.numpy(), atol=1e-4)


def test_boxes_scores_and_landmarks_are_the_packages(
    face_members: Mapping[str, Member], square: RgbImage
) -> None:
    torch = pytest.importorskip("torch")
    member = face_members[TERNAUS]
    package = faces.retinaface_model(640)
    weights = member.store.path(TERNAUS, retinaface.TERNAUS)
    package.load_state_dict(torch.load(weights, weights_only=True))
    package.eval()
    wanted = package.predict_jsons(square)
    (found,) = factory.face_detector(member.choice, member.store).detect([square])
    assert len(wanted) > 5
    assert len(found) == len(wanted)
    for face, same in zip(found, wanted, strict=True):
        assert face.score == pytest.approx(same["score"], abs=1e-4)
        # The package cuts its pixels off to whole ones, and lets boxes reach over the border.
        box = np.clip(same["bbox"], 0, 640)
        np.testing.assert_allclose(np.array(face.box) * 640, box, atol=1.01)
        np.testing.assert_allclose(face.landmarks * 640, same["landmarks"], atol=1.01)


def test_no_face_is_an_empty_list_and_not_the_packages_one(
    face_members: Mapping[str, Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package says "none" by a face without a box, whose score is -1."""
    member = face_members[TERNAUS]
    engine = factory.face_detector(member.choice, member.store)
    monkeypatch.setattr(engine, "_least", 1.1)
    assert engine.detect([np.zeros((64, 64, 3), np.uint8)]) == [[]]


def test_torch_gives_the_same_network(
    member: Member, model_id: str, source: Path, square: RgbImage
) -> None:
    """What runs on CUDA and MPS, here on the processor."""
    network = faces.RetinaFaceNetwork(*retinaface.weights(source), "cpu", model_id)
    pixels = square[None, ::2, ::2]
    engine = factory.face_detector(member.choice, member.store)
    assert isinstance(engine, retinaface.RetinaFace)
    for found, wanted in zip(engine._run(pixels), network.run({PIXELS: pixels}), strict=True):
        np.testing.assert_allclose(found, wanted, atol=2e-3)


def test_the_package_can_be_fed_as_each_training_was(
    member: Member, model_id: str, source: Path, square: RgbImage
) -> None:
    """What the bench compares with finds what we find."""
    package = faces.RetinaFacePackage(*retinaface.weights(source), 640, model_id)
    wanted = np.array(package.detect(square))
    (found,) = factory.face_detector(member.choice, member.store).detect([square])
    assert len(wanted) > 5
    boxes = np.array([face.box for face in found])
    np.testing.assert_allclose(boxes, np.clip(wanted, 0, 1), atol=1.01 / 640)


def test_it_is_chosen_once_it_is_there(member: Member, model_id: str, store: ModelStore) -> None:
    family = "face_detector"
    for name in ("auto", "retinaface"):
        assert (
            factory.chosen(member.choice.but(face_detector=name), member.store)[family] == model_id
        )
        small = factory.chosen(member.choice.but(face_detector=name), store)[family]
        assert small == "retinaface-mobilenet"


def test_it_runs_without_torch_once_it_is_installed_and_gives_its_memory_back(
    face_members: Mapping[str, Member],
) -> None:
    member = face_members[TERNAUS]  # Whose digest is written down only where it was brought.
    code = f"""
import json, sys
from pathlib import Path
import numpy as np
from heimdex.hosts.memory import give_back_memory
from heimdex.ml import manifests
from heimdex.ml.retinaface import RetinaFace
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore
def resident():
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1e3
models = Path({str(member.store.models_dir)!r})
store = ModelStore(models, manifests.load(Path("models")), source="")
engine = RetinaFace(store, store.manifest({TERNAUS!r}), Compute())
engine.detect([np.zeros((64, 64, 3), np.uint8)])
loaded = resident()
engine.unload()
give_back_memory()  # As whoever lends engines does.
given_back = loaded - resident()
names = sorted({{name.partition(".")[0] for name in sys.modules}})
print(json.dumps({{"names": names, "given_back": given_back}}))
"""
    checkout = Path(__file__).resolve().parents[2]
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=checkout
    )
    assert child.returncode == 0, child.stderr
    answer = json.loads(child.stdout.splitlines()[-1])
    loaded = set(answer["names"])
    assert "onnxruntime" in loaded
    assert not {"torch", "torchvision", "retinaface"} & loaded
    if sys.platform == "linux":
        assert answer["given_back"] > 80  # Of 109 MB of weights.


def test_missing_units_and_other_files_are_refused(
    tmp_path: Path, face_members: Mapping[str, Member]
) -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(ModelUnavailable, match="no RetinaFace checkpoint here"):
        retinaface.convert_resnet(tmp_path)
    path = face_members[ID].store.path(ID, retinaface.ORIGINAL)
    weights = torch.load(path, weights_only=True)
    for gone in ("body.layer3.", "ssh2.conv5X5_1.0.weight", "ClassHead.2.conv1x1.weight"):
        some = {k: v for k, v in weights.items() if not k.startswith(f"module.{gone}")}
        torch.save(some, tmp_path / path.name)
        with pytest.raises(ModelUnavailable, match="is not the ResNet-50 of RetinaFace"):
            retinaface.convert_resnet(tmp_path)
    (tmp_path / path.name).write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ModelUnavailable, match=r"detection_Resnet50_Final\.pth .* cut short"):
        retinaface.convert_resnet(tmp_path)
    assert not (tmp_path / "model.onnx").exists()


@pytest.mark.parametrize("zipped", [False, True])
def test_the_checkpoint_is_read_as_torch_wrote_it_on_graphics_processors(
    tmp_path: Path,
    described: dict[str, Manifest],
    face_members: Mapping[str, Member],
    monkeypatch: pytest.MonkeyPatch,
    zipped: bool,
) -> None:
    """The published one is of the older format; whoever saves it anew writes the other."""
    torch = pytest.importorskip("torch")
    path = face_members[ID].store.path(ID, retinaface.ORIGINAL)
    state = torch.load(path, weights_only=True)
    monkeypatch.setattr(torch.serialization, "location_tag", lambda _storage: f"cuda:{0}")
    copy = tmp_path / path.name
    torch.save(state, copy, _use_new_zipfile_serialization=zipped)
    if not zipped:
        # Up to the length of addresses, by which torch calls the storages in it.
        size = described[ID].files[0].size
        assert copy.stat().st_size == pytest.approx(size, abs=3 * len(state))
    found, intake = retinaface.weights(copy)
    assert intake == retinaface.INTAKES[retinaface.ORIGINAL]
    assert found.keys() == {name.removeprefix("module.") for name in state}
    for name in ("body.conv1.weight", "fpn.merge1.1.running_var", "BboxHead.2.conv1x1.bias"):
        np.testing.assert_array_equal(found[name], state[f"module.{name}"])


def test_agreement_falls_with_what_is_lost_or_made_up() -> None:
    boxed = np.zeros((1, 5040, 4), np.float32)
    marks = np.zeros((1, 5040, 10), np.float32)

    def scored(*anchors: int) -> list[np.ndarray]:
        scores = np.tile(np.array([0.99, 0.01], np.float32), (1, 5040, 1))
        scores[0, list(anchors)] = (0.1, 0.9)
        return [boxed, scores, marks]

    plain = [scored(10, 900)]
    assert retinaface.agreement(plain, plain, 0.7) == 1
    assert retinaface.agreement(plain, [scored(10)], 0.7) == pytest.approx(2 / 3)
    assert retinaface.agreement(plain, [scored(10, 900, 2000)], 0.7) == pytest.approx(4 / 5)
    assert retinaface.agreement(plain, [scored(2000)], 0.7) == 0
    assert retinaface.agreement([scored()], [scored()], 0.7) == 1


def test_full_size_and_random_weights_are_written_in_the_published_format(source: Path) -> None:
    assert random_faces.FULL.keys() == {"adaface-ir101", "adaface-ir50", "adaface-ir18"}
    tensors, _ = retinaface.weights(source)
    assert len(tensors) == 456
    assert tensors["body.layer4.2.conv3.weight"].shape == (2048, 512, 1, 1)
    assert tensors["LandmarkHead.0.conv1x1.weight"].shape == (20, 256, 1, 1)
