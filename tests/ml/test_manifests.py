"""The manifests that are shipped say what they must, and a wrong one is refused with a reason."""

from pathlib import Path

import pytest

from heimdex.domain.errors import UserError
from heimdex.ml import concepts, licences, manifests
from heimdex.ml.manifests import Family, Manifest, Pin, Tier

CHECKOUT = Path(__file__).resolve().parents[2]

GOOD = """
id = "tiny"
family = "text"
title = "Tiny"
revision = "1"
tier = "starter"
folder = "use/tiny"
licence = "MIT"
licence_url = "https://example.org/licence"
commercial_use = true

[[files]]
name = "a.bin"
sha256 = "{sha}"
size = 1

[[sources]]
kind = "hub"
repo = "somebody/tiny"
""".format(sha="0" * 64)


@pytest.fixture(scope="module")
def shipped() -> dict[str, manifests.Manifest]:
    return manifests.load(CHECKOUT / "models")


def write(folder: Path, text: str, name: str = "tiny.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_starter_set_has_an_engine_of_every_family(
    shipped: dict[str, manifests.Manifest],
) -> None:
    starter = {m.family for m in shipped.values() if Tier.STARTER in m.sets}
    assert starter == set(Family)


def test_everything_in_the_starter_set_may_be_used_commercially(
    shipped: dict[str, manifests.Manifest],
) -> None:
    for manifest in shipped.values():
        if Tier.STARTER in manifest.sets:
            assert manifest.commercial_use, manifest.id
            # MTCNN comes along and is not used unless somebody names it.
            assert not manifest.ask_first or manifest.alternative, manifest.id


def test_every_model_says_what_a_person_should_know(shipped: dict[str, manifests.Manifest]) -> None:
    for manifest in shipped.values():
        assert manifest.licence_url.startswith("https://"), manifest.id
        assert manifest.note is not None, manifest.id
        assert manifest.note.en
        assert manifest.note.ko
        if manifest.dims and not manifest.component:
            limits = manifest.limits()
            assert 0 < limits.suggest <= limits.match < 1, manifest.id


def test_the_recipe_of_the_vision_engine_follows_its_list_and_formula(
    shipped: dict[str, manifests.Manifest],
) -> None:
    recipe = concepts.recipe(CHECKOUT / "resources" / "vision" / "concepts.tsv")
    convert = shipped["effnet-lite2-use"].convert
    assert convert is not None
    assert convert.recipe == recipe, "set [convert] recipe in models/effnet-lite2-use.toml"
    assert shipped["effnet-lite2-use"].space_revision == f"1-{recipe}"


def test_the_licence_table_lists_every_model(shipped: dict[str, manifests.Manifest]) -> None:
    rows = licences.table(shipped)
    assert {row.model_id for row in rows} == set(shipped)
    assert all(row.licence for row in rows)


def test_a_good_manifest_is_read(tmp_path: Path) -> None:
    manifest = manifests.read(write(tmp_path, GOOD))
    assert (manifest.id, manifest.download_size, manifest.space_revision) == ("tiny", 1, "1")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('family = "text"', 'family = "smell"', "family"),
        ('id = "tiny"', 'id = "other"', "its id is other"),
        ("0" * 64, "zz", "sha256"),
        ('folder = "use/tiny"', 'folder = "../tiny"', "not inside"),
        ('name = "a.bin"', 'name = "/etc/a.bin"', "not inside"),
        ('title = "Tiny"', 'title = "Tiny"\nsurprise = 1', "surprise"),
        ('kind = "hub"\nrepo = "somebody/tiny"', 'kind = "rumour"', "rumour"),
        ("revision", "= revision", "tiny.toml"),
    ],
)
def test_a_wrong_manifest_is_refused_with_its_name_and_reason(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    assert old in GOOD
    with pytest.raises(UserError, match=r"tiny\.toml") as failure:
        manifests.read(write(tmp_path, GOOD.replace(old, new)))
    assert reason in str(failure.value)


def test_an_unpinned_wheel_is_refused(tmp_path: Path) -> None:
    source = 'kind = "wheel"\n[sources.files]\n"a.bin" = [{package = "tiny", member = "a"}]'
    text = GOOD.replace('kind = "hub"\nrepo = "somebody/tiny"', source)
    with pytest.raises(UserError, match="not pinned"):
        manifests.read(write(tmp_path, text))


def test_an_empty_folder_and_a_missing_need_are_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no model descriptions"):
        manifests.load(tmp_path)
    write(tmp_path, GOOD.replace('title = "Tiny"', 'title = "Tiny"\nneeds = ["nobody"]'))
    with pytest.raises(UserError, match="nobody"):
        manifests.load(tmp_path)


def test_the_old_way_to_name_a_set_is_still_read(tmp_path: Path) -> None:
    assert manifests.read(write(tmp_path, GOOD)).sets == [Tier.STARTER]
    several = GOOD.replace('tier = "starter"', 'sets = ["balanced", "best"]')
    assert manifests.read(write(tmp_path, several)).sets == [Tier.BALANCED, Tier.BEST]


PINNED = GOOD.replace('sha256 = "' + "0" * 64 + '"', 'pin = "hub"')


def test_a_file_may_be_pinned_by_a_commit_of_the_hub(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="commit of 40 hex digits"):
        manifests.read(write(tmp_path, PINNED))
    commit = f'repo = "somebody/tiny"\nrevision = "{"a" * 40}"'
    text = PINNED.replace('repo = "somebody/tiny"', commit)
    assert manifests.read(write(tmp_path, text)).files[0].pin is Pin.HUB


def test_forms_are_checked_like_the_manifest_itself(tmp_path: Path) -> None:
    form = f"""
[[forms]]
name = "checkpoint"
requires = ["torch"]
files = [{{ name = "tiny.ckpt", size = 7, sha256 = "{"1" * 64}" }}]
sources = [{{ kind = "url", files = {{ "tiny.ckpt" = "https://example.org/tiny.ckpt" }} }}]
"""
    manifest = manifests.read(write(tmp_path, GOOD + form))
    assert [f.name for f in manifest.all_forms] == ["", "checkpoint"]
    assert manifest.form("checkpoint").download_size == 7
    with pytest.raises(UserError, match="no form 'onnx'; there are: the usual one, checkpoint"):
        manifest.form("onnx")
    with pytest.raises(UserError, match=r"no source has tiny\.ckpt"):
        manifests.read(write(tmp_path, GOOD + form.replace('{ "tiny.ckpt" =', '{ "other.ckpt" =')))
    with pytest.raises(UserError, match="never opened"):
        manifests.read(write(tmp_path, GOOD + form.replace("tiny.ckpt", "tiny.py")))


FOLDERS = frozenset(
    "adaface bge-m3 clip effnet insightface mtcnn rapidocr retinaface sface siglip2 use vad "
    "whisper".split()
)


def members(shipped: dict[str, Manifest], tier: Tier) -> list[Manifest]:
    """The models of a set with all they need."""
    found: dict[str, Manifest] = {}

    def take(manifest: Manifest) -> None:
        for needed in manifest.needs:
            take(shipped[needed])
        found[manifest.id] = manifest

    for manifest in shipped.values():
        if tier in manifest.sets:
            take(manifest)
    return list(found.values())


@pytest.mark.parametrize("tier", Tier)
def test_no_set_has_two_models_for_one_thing(shipped: dict[str, Manifest], tier: Tier) -> None:
    main = [
        m.family
        for m in members(shipped, tier)
        if tier in m.sets and not m.alternative and not m.component and m.family is not Family.OCR
    ]
    assert len(main) == len(set(main)), sorted(main)


@pytest.mark.parametrize("tier", Tier)
def test_every_set_finds_faces_with_a_detector_of_its_own(
    shipped: dict[str, Manifest], tier: Tier
) -> None:
    main = [
        m.id
        for m in members(shipped, tier)
        if m.family is Family.FACE_DETECTOR and not m.alternative
    ]
    assert main == ["retinaface-mobilenet" if tier is Tier.STARTER else "retinaface-resnet50"]


@pytest.mark.parametrize("tier", Tier)
def test_no_set_forbids_commercial_use_and_every_one_downloads_by_itself(
    shipped: dict[str, Manifest], tier: Tier
) -> None:
    for manifest in members(shipped, tier):
        assert manifest.commercial_use, manifest.id
        assert not manifest.gate, manifest.id
        assert not manifest.form("").own, manifest.id
        # What can be had without torch comes first.
        assert not manifest.requires, manifest.id


def test_everything_lies_in_a_folder_of_its_kind(shipped: dict[str, Manifest]) -> None:
    folders = [manifest.folder for manifest in shipped.values()]
    assert {folder.partition("/")[0] for folder in folders} <= FOLDERS
    assert len(set(folders)) == len(folders)
    for folder in folders:
        inside = [other for other in folders if other.startswith(f"{folder}/")]
        assert not inside, f"{folder} would be removed with {inside}"


def test_a_licence_that_forbids_commercial_use_is_behind_a_gate(
    shipped: dict[str, Manifest],
) -> None:
    for manifest in shipped.values():
        assert manifest.commercial_use or manifest.gate == "feature_face_licensed", manifest.id


def test_a_caveat_is_told_in_both_languages(shipped: dict[str, Manifest]) -> None:
    for manifest in shipped.values():
        assert bool(manifest.caveat) == bool(manifest.caveat_ko), manifest.id
        assert manifest.caveat or not manifest.ask_first, manifest.id


def test_the_same_training_set_is_told_in_the_same_words(shipped: dict[str, Manifest]) -> None:
    told = {(m.caveat, m.caveat_ko) for m in shipped.values() if m.id.startswith("retinaface")}
    assert len(told) == 1
    assert "WIDER FACE" in told.pop()[0]


def test_equal_bytes_have_equal_sizes(shipped: dict[str, Manifest]) -> None:
    sizes: dict[str, int] = {}
    for manifest in shipped.values():
        for form in manifest.all_forms:
            for file in form.files:
                if file.sha256:
                    assert sizes.setdefault(file.sha256, file.size) == file.size, file.name
                    assert file.sha256 != "0" * 64
