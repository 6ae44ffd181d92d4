"""CLIP and SigLIP 2 without torch give what open_clip and transformers give.

The architectures are exact and two layers deep, the weights random, the files of the published
kinds.
"""

import html
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from heimdex.domain.errors import EngineFailed, ModelUnavailable
from heimdex.domain.media import RgbImage
from heimdex.ml import dual_encoder, factory, manifests, openclip, safetensors_file, siglip2
from heimdex.ml.acceleration import choices, forms, tuning
from heimdex.ml.acceleration.memory import OutOfMemory
from heimdex.ml.benchmarks import random_vision
from heimdex.ml.benchmarks.random_vision import CLIP, SIGLIP, Size
from heimdex.ml.dual_encoder import DualEncoder, calibration_frames
from heimdex.ml.query_text import TEXT, TOKENIZER, GraphText
from heimdex.ml.reference import libraries
from heimdex.ml.reference import vision as reference
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

CHECKOUT = Path(__file__).resolve().parents[2]
QUERIES = [
    "a dog running in the snow",
    "Two people's BIRTHDAY cake, 2024!",
    "caf\u00e9 &amp; cr\u00e8me   br\u00fbl\u00e9e",
    "눈 속을 달리는 개",
    "",
    "x " * 200,
    "\ud800 half of a pair \U0001f600",
]
ENGINES = {CLIP: openclip, SIGLIP: siglip2}


@pytest.fixture(scope="session")
def small(
    tmp_path_factory: pytest.TempPathFactory, described: dict[str, manifests.Manifest]
) -> ModelStore:
    shipped = ModelStore(CHECKOUT / "models", described, source="")
    folder = tmp_path_factory.mktemp("vision")
    return random_vision.installed(shipped, folder, [CLIP, SIGLIP], Size(2, 1, 3000, 3000))


@pytest.fixture(scope="session")
def frames() -> list[RgbImage]:
    return calibration_frames(CHECKOUT / "resources")


@pytest.fixture(params=[CLIP, SIGLIP])
def engine(small: ModelStore, request: pytest.FixtureRequest) -> Iterator[DualEncoder]:
    made = ENGINES[request.param].engine(small, small.manifest(request.param), Compute())
    yield made
    made.unload()


@cache
def published(store: ModelStore, model_id: str) -> Any:
    """The reference implementation with the same weights."""
    # Two threads that wait for each other take minutes on a busy machine.
    libraries.load("torch").set_num_threads(1)
    if model_id == CLIP:
        return reference.openclip(openclip.checkpoint(store.folder(CLIP)), CLIP)
    return reference.siglip2(safetensors_file.read(store.folder(SIGLIP) / siglip2.WEIGHTS), SIGLIP)


def published_images(store: ModelStore, model_id: str, images: list[RgbImage]) -> NDArray[Any]:
    """As the packages do it, one picture at a time, with Pillow."""
    from PIL import Image

    torch = libraries.load("torch")
    model = published(store, model_id)
    rows = []
    with torch.inference_mode():
        for image in images:
            picture = Image.fromarray(image)
            if model_id == CLIP:
                open_clip = libraries.load("open_clip")
                transform = open_clip.image_transform(
                    224, is_train=False, mean=openclip.MEAN, std=openclip.DEVIATION
                )
                rows.append(model.encode_image(transform(picture)[None], normalize=True))
            else:
                processor = libraries.load("transformers").SiglipImageProcessor(
                    size={"height": 224, "width": 224}, resample=2
                )
                planes = processor(picture, return_tensors="pt")["pixel_values"]
                found = model.vision_model(pixel_values=planes).pooler_output
                rows.append(torch.nn.functional.normalize(found, dim=-1))
    result: NDArray[Any] = torch.cat(rows).numpy()
    return result


def neighbours(vectors: NDArray[Any]) -> NDArray[Any]:
    near: NDArray[Any] = np.argsort(-(vectors @ vectors.T), axis=1)[:, 1:11]
    return near


def test_pictures_are_placed_where_the_published_code_places_them(
    engine: DualEncoder, small: ModelStore, frames: list[RgbImage]
) -> None:
    ours = engine.embed_images(frames[:14])
    theirs = published_images(small, engine.model_id, frames[:14])
    assert (ours * theirs).sum(axis=1).min() > 0.9999
    # Otherwise any two vectors would pass.
    assert np.median(ours @ ours.T) < 0.95
    same = (neighbours(ours)[:, :, None] == neighbours(theirs)[:, None, :]).any(axis=2)
    assert same.mean() > 0.97


def test_a_real_set_keeps_its_nearest_pictures_in_the_quick_form(
    small: ModelStore,
    frames: list[RgbImage],
    shared_media: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import cv2

    engine = openclip.engine(small, small.manifest(CLIP), Compute())
    # The one that differs most from the plain form; that all are tried is tested with the tuning.
    int8 = forms.Form(forms.Runtime.ONNXRUNTIME, forms.Precision.INT8)
    monkeypatch.setattr(forms, "candidates", lambda plain: [int8])
    monkeypatch.setattr(tuning, "_WORTH", 1e6)
    monkeypatch.setattr(dual_encoder, "calibration_frames", lambda resources: frames[:32])
    monkeypatch.setattr(dual_encoder, "_QUERIES", 8)
    paths = sorted((shared_media / "captioned" / "images").glob("*.jpg"))[:24]
    images = [np.ascontiguousarray(cv2.imread(str(path))[:, :, ::-1]) for path in paths]
    theirs = published_images(small, engine.model_id, images)
    chosen = tuning.tune(small, engine.model_id, threads=1)
    try:
        # Chosen whether it is quicker here or not.
        assert chosen["image.onnx"].form == int8.name, chosen
        ours = engine.embed_images(images)
    finally:
        shutil.rmtree(choices.folder(small, engine.model_id))
    assert (ours * theirs).sum(axis=1).mean() > 0.98
    same = (neighbours(ours)[:, :, None] == neighbours(theirs)[:, None, :]).any(axis=2)
    assert same.mean() > 0.9


def test_english_is_read_as_open_clip_reads_it(small: ModelStore) -> None:
    open_clip, torch = libraries.load("open_clip"), libraries.load("torch")
    texts = [*(text for text in QUERIES[:6] if openclip.is_english(text)), "don't they're I'LL <b>"]
    tower = GraphText(small, CLIP, openclip.WORDING, Compute())
    with torch.inference_mode():
        theirs = published(small, CLIP).encode_text(open_clip.tokenize(texts), normalize=True)
    assert (tower.run(texts) * theirs.numpy()).sum(axis=1).min() > 0.9999
    assert np.median(tower.run(texts) @ tower.run(texts).T) < 0.9


def test_tokens_are_open_clips_own(small: ModelStore) -> None:
    open_clip = libraries.load("open_clip")
    tokens = openclip.Tokens(
        small.path(CLIP, TOKENIZER),
        CLIP,
        77,
        start=openclip.CLIP_START,
        end=openclip.CLIP_END,
    )
    texts = [*QUERIES[:6], "naïve 東京 Ünïcödé 10:30 c++ -dogs _under_score", "tab\tnew\nline"]
    for text, row in zip(texts, open_clip.tokenize(texts).tolist(), strict=True):
        cut = tokens.cut(text)
        assert [*cut, *[0] * (77 - len(cut))] == row, text


def test_siglip_reads_lower_case_padded_to_the_end(small: ModelStore) -> None:
    torch = libraries.load("torch")
    tokenizers = libraries.load("tokenizers")
    file = tokenizers.Tokenizer.from_file(str(small.path(SIGLIP, TOKENIZER)))
    rows = []
    for text in QUERIES[:6]:
        ids = [*file.encode(" ".join(html.unescape(text).split()).lower()).ids[:63], 1]
        rows.append(ids + [0] * (64 - len(ids)))
    with torch.inference_mode():
        model = published(small, SIGLIP)
        found = model.text_model(input_ids=torch.tensor(rows)).pooler_output
        theirs = torch.nn.functional.normalize(found, dim=-1).numpy()
    ours = GraphText(small, SIGLIP, siglip2.WORDING, Compute()).run(QUERIES[:6])
    assert (ours * theirs).sum(axis=1).min() > 0.9999


def test_other_languages_go_through_the_tower_that_speaks_them(small: ModelStore) -> None:
    engine = openclip.engine(small, small.manifest(CLIP), Compute())
    mixed = engine.embed_text(["a dog", "눈 속의 개", "a cat", "собака", "ein süßer Hund"])
    english = GraphText(small, CLIP, openclip.WORDING, Compute()).run(["a dog", "a cat"])
    other = openclip.MultilingualText(small, openclip.MULTILINGUAL, Compute())
    np.testing.assert_allclose(mixed[[0, 2]], english, atol=1e-4)
    for row, text in ((1, "눈 속의 개"), (3, "собака"), (4, "ein süßer Hund")):
        alone = other.run([text])[0]
        # Padding of a longer neighbour must not be seen; int8 scales differ a little by batch.
        assert mixed[row] @ alone / np.linalg.norm(alone) > 0.99
    np.testing.assert_allclose(np.linalg.norm(mixed, axis=1), 1, atol=1e-5)


def test_the_multilingual_tower_is_a_mean_and_a_projection(small: ModelStore) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(small.path(openclip.MULTILINGUAL, TEXT)))
    tokenizers = libraries.load("tokenizers")
    path = small.path(openclip.MULTILINGUAL, TOKENIZER)
    ids = tokenizers.Tokenizer.from_file(str(path)).encode("눈 속의 개").ids
    feed = {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), np.int64)}
    states = session.run(None, feed)[0][0]
    dense = safetensors_file.read(small.path(openclip.MULTILINGUAL, openclip.PROJECTION))
    expected = dense["linear.weight"] @ states.mean(axis=0)
    found = openclip.MultilingualText(small, openclip.MULTILINGUAL, Compute()).run(["눈 속의 개"])
    np.testing.assert_allclose(found[0], expected, rtol=1e-3, atol=1e-4)


# The contract


def test_vectors_are_unit_length_in_order_and_independent_of_the_batch(
    engine: DualEncoder, frames: list[RgbImage]
) -> None:
    odd = [np.full((h, w, 3), 90, np.uint8) for h, w in ((1, 1), (1, 4000), (3000, 2), (224, 224))]
    images = [*frames[:18], *odd]
    vectors = engine.embed_images(images)
    assert vectors.shape == (22, engine.dims)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for row in (0, 17, 21):
        assert engine.embed_images([images[row]])[0] @ vectors[row] > 0.998


def test_nothing_gives_nothing(engine: DualEncoder) -> None:
    assert engine.embed_images([]).shape == (0, engine.dims)
    assert engine.embed_text([]).shape == (0, engine.dims)


def test_any_text_has_a_vector(engine: DualEncoder) -> None:
    vectors = engine.embed_text(QUERIES)
    assert vectors.shape == (len(QUERIES), engine.dims)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_batch_that_does_not_fit_is_halved_and_goes_on(
    engine: DualEncoder, frames: list[RgbImage], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = engine.embed_images(frames[:9])
    tower = engine._image_tower()
    run, sizes = tower.run, []

    def tight(squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        if len(squares) > 2:
            raise OutOfMemory("bad_alloc")
        sizes.append(len(squares))
        return run(squares)

    monkeypatch.setattr(tower, "run", tight)
    parts = engine.embed_images(frames[:9])
    assert sum(sizes) == 9
    assert max(sizes) == 2
    assert (parts * whole).sum(axis=1).min() > 0.998


def test_not_even_one_picture_fits(
    engine: DualEncoder, frames: list[RgbImage], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        raise OutOfMemory("bad_alloc")

    monkeypatch.setattr(engine._image_tower(), "run", full)
    with pytest.raises(EngineFailed, match="not enough memory for one picture with"):
        engine.embed_images(frames[:3])


def test_unloading_lets_go_and_using_loads_again(
    engine: DualEncoder, frames: list[RgbImage]
) -> None:
    before = engine.embed_images(frames[:2])
    engine.unload()
    engine.unload()
    assert engine._images is None
    np.testing.assert_allclose(engine.embed_images(frames[:2]), before, atol=1e-5)


def test_limits_belong_to_the_model(small: ModelStore) -> None:
    limits = {
        model_id: module.engine(small, small.manifest(model_id), Compute()).thresholds
        for model_id, module in ENGINES.items()
    }
    assert limits[SIGLIP].match < limits[CLIP].suggest < limits[CLIP].match


def test_missing_weights_say_what_to_do(empty_store: ModelStore) -> None:
    for model_id, module in ENGINES.items():
        engine = module.engine(empty_store, empty_store.manifest(model_id), Compute())
        with pytest.raises(ModelUnavailable, match=f"heimdex models download {model_id}"):
            engine.load()
        with pytest.raises(ModelUnavailable, match="heimdex models download"):
            engine.embed_text(["a dog"])


def test_a_device_that_is_not_there_is_refused(small: ModelStore) -> None:
    if libraries.devices() != ["cpu"]:
        pytest.skip("this machine has one")
    engine = openclip.engine(small, small.manifest(CLIP), Compute("cuda"))
    with pytest.raises(ModelUnavailable, match=r"cannot run on cuda.*set its device"):
        engine.load()


def test_the_reference_stands_behind_the_same_tower(
    small: ModelStore, frames: list[RgbImage]
) -> None:
    """What CUDA and MPS run, here on the processor."""
    squares = np.stack([openclip._FRAMING.frame(each) for each in frames[:3]])
    tower = reference.OpenClipImages(openclip.checkpoint(small.folder(CLIP)), "cpu", CLIP)
    ours = openclip.engine(small, small.manifest(CLIP), Compute()).embed_images(frames[:3])
    assert (tower.run(squares) * ours).sum(axis=1).min() > 0.98
    squares = np.stack([siglip2._FRAMING.frame(each) for each in frames[:3]])
    weights = safetensors_file.read(small.folder(SIGLIP) / siglip2.WEIGHTS)
    tower2 = reference.Siglip2Images(weights, "cpu", SIGLIP)
    ours = siglip2.engine(small, small.manifest(SIGLIP), Compute()).embed_images(frames[:3])
    assert (tower2.run(squares) * ours).sum(axis=1).min() > 0.98


def test_other_weights_are_refused(small: ModelStore, tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"visual.conv1.weight": np.zeros((8, 3, 4, 4), np.float32)}, tmp_path / "w")
    (tmp_path / "w").rename(tmp_path / openclip.WEIGHTS)
    with pytest.raises(ModelUnavailable, match="do not have the form that was expected"):
        openclip.convert(tmp_path)
    weights = safetensors_file.read(tmp_path / openclip.WEIGHTS)
    with pytest.raises((ModelUnavailable, KeyError)):
        reference.OpenClipImages(weights, "cpu", CLIP)


def test_openais_own_archive_gives_the_same_graphs(
    small: ModelStore, tmp_path: Path, frames: list[RgbImage]
) -> None:
    """ViT-B-32.pt is a TorchScript archive; its code is not read."""
    torch = libraries.load("torch")
    tensors = openclip.checkpoint(small.folder(CLIP))

    class Node(torch.nn.Module):  # type: ignore[name-defined,misc]
        pass

    root = Node()
    for name in tensors:
        *path, last = name.split(".")
        node = root
        for part in path:
            if not hasattr(node, part):
                node.add_module(part, Node())
            node = getattr(node, part)
        value = torch.tensor(np.asarray(tensors[name])).half()
        node.register_parameter(last, torch.nn.Parameter(value))
    with pytest.warns(DeprecationWarning, match=r"torch\.jit"):
        torch.jit.save(torch.jit.script(root), tmp_path / openclip.ORIGINAL)
    read = openclip.checkpoint(tmp_path)
    assert set(read) == set(tensors)
    for name in tensors:
        np.testing.assert_array_equal(np.asarray(read[name], np.float32), tensors[name])


def test_the_settings_choose_the_engine(small: ModelStore, choice: Any) -> None:
    from dataclasses import replace

    for name, dims in (("openclip", 512), ("siglip2", 768)):
        small.manifests.setdefault("effnet-lite2-use", small.manifest(CLIP))
        engine = factory.vision_model(factory._VISION[name], replace(choice), small)
        assert (engine.model_id, engine.dims) == (factory._VISION[name], dims)


def test_on_a_processor_no_torch_is_imported(small: ModelStore) -> None:
    code = f"""
        import sys
        from pathlib import Path
        import msgspec, numpy as np
        from heimdex.ml import openclip, siglip2
        from heimdex.hosts.memory import give_back_memory
        from heimdex.ml.manifests import Manifest
        from heimdex.ml.runtime import Compute
        from heimdex.ml.store import ModelStore
        said = msgspec.json.decode(sys.stdin.read(), type=dict[str, Manifest])
        store = ModelStore(Path({str(small.models_dir)!r}), said, source="")
        for module, name in ((openclip, {CLIP!r}), (siglip2, {SIGLIP!r})):
            for device in ("cpu", "auto"):
                engine = module.engine(store, store.manifest(name), Compute(device))
                engine.embed_images([np.zeros((90, 160, 3), np.uint8)])
                engine.embed_text(["a dog", "강아지"])
        heavy = {{"torch", "open_clip", "transformers", "torchvision"}} & set(sys.modules)
        print("clean" if not heavy else sorted(heavy))
    """
    import msgspec

    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        input=msgspec.json.encode(small.manifests).decode(),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert found.stdout.strip() == "clean", found.stderr


def test_memory_comes_back_on_unload(small: ModelStore) -> None:
    code = f"""
        import gc, sys
        from pathlib import Path
        import msgspec, numpy as np
        from heimdex.ml import siglip2
        from heimdex.hosts.memory import give_back_memory
        from heimdex.ml.manifests import Manifest
        from heimdex.ml.runtime import Compute
        from heimdex.ml.store import ModelStore
        said = msgspec.json.decode(sys.stdin.read(), type=dict[str, Manifest])
        store = ModelStore(Path({str(small.models_dir)!r}), said, source="")
        engine = siglip2.engine(store, store.manifest({SIGLIP!r}), Compute())
        def held():
            gc.collect()
            give_back_memory()  # As whoever lends engines does.
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            return pages * 4096 / 1e6
        def use():
            engine.embed_images([np.zeros((90, 160, 3), np.uint8)] * 4)
            engine.embed_text(["a dog"])
        use()
        engine.unload()
        before = held()
        for _ in range(3):
            use()
            loaded = held()
            engine.unload()
        print(loaded - before, held() - before)
    """
    import msgspec

    if not Path("/proc/self/statm").exists():
        pytest.skip("there is no /proc here")
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        input=msgspec.json.encode(small.manifests).decode(),
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    loaded, left = map(float, found.stdout.split())
    assert left < loaded / 3, (loaded, left)


def test_frames_of_ones_own_are_mixed_and_enough(frames: list[RgbImage]) -> None:
    assert len(frames) >= 64
    assert all(frame.flags.c_contiguous or frame.base is not None for frame in frames)
    assert dual_encoder.as_near([[np.eye(4)]], [[np.eye(4)]]) == 1.0
