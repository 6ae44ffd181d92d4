"""InsightFace's models: refused without a licence, read rightly with one."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
from engine_choice import Choice
from face_members import Member, licensed, scrfd

from heimdex.config.settings import Settings
from heimdex.domain.errors import ModelUnavailable, UserError
from heimdex.ml import factory, insightface
from heimdex.ml.delivery import installation
from heimdex.ml.delivery.adding import add
from heimdex.ml.manifests import Manifest
from heimdex.ml.store import ModelStore, State

DETECTOR, EMBEDDER = "insightface-scrfd-10g", "insightface-w600k-r50"
LICENCE = r"its licence \(LicenseRef-InsightFace-non-commercial\).*FEATURE_FACE_LICENSED=true"


@pytest.mark.parametrize(("name", "file"), [(DETECTOR, "det_10g"), (EMBEDDER, "w600k_r50")])
def test_without_a_licence_its_files_are_not_taken_and_the_licence_is_told(
    store: ModelStore, tmp_path: Path, name: str, file: str
) -> None:
    assert not Settings().feature_face_licensed
    assert store.status(name).state is State.LOCKED
    path = tmp_path / f"{file}.onnx"
    onnx.save(scrfd(), str(path))
    with pytest.raises(UserError, match=LICENCE):
        add(store, name, path, lambda _progress: None)


def test_without_a_licence_what_is_there_is_not_used(
    face_members: Mapping[str, Member], choice: Choice
) -> None:
    """The setting may have been on when the files were added."""
    for name, make in (
        (DETECTOR, lambda c, s: factory.face_detector(c.but(face_detector=DETECTOR), s)),
        (EMBEDDER, lambda c, s: factory.face_embedder(c.but(face_model=EMBEDDER), s)),
    ):
        open_ = face_members[name].store
        closed = ModelStore(open_.models_dir, open_.manifests, resources=open_.resources, source="")
        make(choice, open_).load()
        with pytest.raises(ModelUnavailable, match=LICENCE) as caught:
            make(choice, closed).load()
        assert caught.value.model_id == name


def test_nothing_downloads_them(described: dict[str, Manifest], store: ModelStore) -> None:
    for name in (DETECTOR, EMBEDDER):
        manifest = described[name]
        assert manifest.all_forms[0].own
        assert not manifest.sets
        assert not manifest.commercial_use
        assert "non-commercial" in manifest.caveat
        assert "비상업적" in manifest.caveat_ko
        with pytest.raises(UserError):
            installation.install(
                licensed(store), [name], lambda _plan: True, lambda _progress: None
            )


def test_a_bright_place_is_read_as_the_distances_say(face_members: Mapping[str, Member]) -> None:
    """In the detector of the tests a cell's corner has its edges one stride away on every side."""
    member = face_members[DETECTOR]
    picture = np.zeros((320, 640, 3), np.uint8)
    picture[64:96, 128:160] = 255
    engine = factory.face_detector(member.choice, member.store)
    (found,) = engine.detect([picture])
    scale = np.array([640, 320, 640, 320])
    boxed = {tuple(np.rint(np.array(face.box) * scale).astype(int).tolist()) for face in found}
    assert (128 - 32, 64 - 32, 128 + 32, 64 + 32) in boxed
    largest = max(found, key=lambda face: face.box[2] - face.box[0])
    wanted = np.array([[0.3, 0.2], [0.7, 0.2], [0.5, 0.5], [0.3, 0.8], [0.7, 0.8]]) * 32
    wanted += np.array([128, 64])
    np.testing.assert_allclose(largest.landmarks * (640, 320), wanted, atol=1e-3)
    assert largest.score == pytest.approx(1 / (1 + np.exp(-2)), abs=0.05)


def test_it_takes_red_first(face_members: Mapping[str, Member]) -> None:
    model = onnx.load(str(face_members[DETECTOR].store.path(DETECTOR, "model.onnx")))
    assert "Gather" not in {node.op_type for node in model.graph.node}


@pytest.mark.parametrize("convert", [insightface.convert_detector, insightface.convert_embedder])
def test_other_graphs_are_refused(store: ModelStore, tmp_path: Path, convert) -> None:
    with pytest.raises(ModelUnavailable, match=r"pnet\.onnx is no"):
        convert(store.folder("mtcnn") / "pnet.onnx", tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()
