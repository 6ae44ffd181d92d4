"""Checkpoints are written here opcode by opcode, as torch writes them, good and hostile."""

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import torch_checkpoint

NUMBERS = np.arange(12, dtype="<f4")
MAGIC = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
PROTOCOL = b"\x80\x02M\xe9\x03."


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def numbers(*values: int) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def name(module: str, attribute: str) -> bytes:
    return b"c" + f"{module}\n{attribute}\n".encode()


def dictionary(**values: bytes) -> bytes:
    return b"}(" + b"".join(text(key) + value for key, value in values.items()) + b"u"


def ordered(**values: bytes) -> bytes:
    empty = name("collections", "OrderedDict") + b")R"
    return empty + b"(" + b"".join(text(key) + value for key, value in values.items()) + b"u"


def storage(kind: str, count: int, key: str = "7") -> bytes:
    end = number(count) + b"t"
    return b"(" + text("storage") + name("torch", kind) + text(key) + text("cpu") + end + b"Q"


def tensor(
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    *,
    offset: int = 0,
    kind: str = "FloatStorage",
    count: int = 12,
) -> bytes:
    arguments = storage(kind, count) + number(offset) + numbers(*shape) + numbers(*strides)
    hooks = name("collections", "OrderedDict") + b")R"
    return name("torch._utils", "_rebuild_tensor_v2") + b"(" + arguments + b"\x89" + hooks + b"tR"


def write_zip(path: Path, value: bytes, content: bytes, order: bytes = b"little") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", b"\x80\x02" + value + b".")
        archive.writestr("model/byteorder", order)
        archive.writestr("model/data/7", content)
    return path


def write_legacy(path: Path, value: bytes, content: bytes) -> Path:
    machine = b"\x80\x02" + dictionary(little_endian=b"\x88") + b"."
    keys = b"\x80\x02](" + text("7") + b"e."
    count = struct.pack("<q", len(content) // 4)
    path.write_bytes(
        MAGIC + PROTOCOL + machine + b"\x80\x02" + value + b"." + keys + count + content
    )
    return path


@pytest.mark.parametrize("write", [write_zip, write_legacy])
def test_tensors_views_and_nested_dictionaries(tmp_path: Path, write) -> None:
    value = dictionary(
        epoch=number(3),
        state_dict=ordered(
            weight=tensor((3, 4), (4, 1)),
            transposed=tensor((4, 3), (1, 4)),
            tail=tensor((2,), (1,), offset=10),
            scalar=tensor((), (), offset=5),
        ),
    )
    found = torch_checkpoint.read(write(tmp_path / "model.pth", value, NUMBERS.tobytes()))
    grid = NUMBERS.reshape(3, 4)
    assert list(found) == [
        f"state_dict.{key}" for key in ("weight", "transposed", "tail", "scalar")
    ]
    np.testing.assert_array_equal(found["state_dict.weight"], grid)
    np.testing.assert_array_equal(found["state_dict.transposed"], grid.T)
    np.testing.assert_array_equal(found["state_dict.tail"], [10, 11])
    assert found["state_dict.scalar"] == 5
    assert found["state_dict.scalar"].shape == ()


def test_parameters_and_attributes_of_a_module_are_understood(tmp_path: Path) -> None:
    hooks = name("collections", "OrderedDict") + b")R"
    parameter = (
        name("torch._utils", "_rebuild_parameter")
        + b"("
        + tensor((12,), (1,))
        + b"\x88"
        + hooks
        + b"tR"
    )
    value = ordered(weight=parameter) + dictionary(_metadata=b"}") + b"b"
    found = torch_checkpoint.read(write_zip(tmp_path / "m.pth", value, NUMBERS.tobytes()))
    np.testing.assert_array_equal(found["weight"], NUMBERS)


def test_types_are_kept_and_bfloat16_becomes_float32(tmp_path: Path) -> None:
    upper = (NUMBERS.view("<u4") >> 16).astype("<u2")
    value = dictionary(weight=tensor((12,), (1,), kind="BFloat16Storage"))
    found = torch_checkpoint.read(write_zip(tmp_path / "b.pth", value, upper.tobytes()))
    np.testing.assert_array_equal(found["weight"], NUMBERS)
    assert found["weight"].dtype == np.float32
    whole = np.arange(12, dtype="<i8")
    value = dictionary(steps=tensor((12,), (1,), kind="LongStorage"))
    found = torch_checkpoint.read(write_zip(tmp_path / "l.pth", value, whole.tobytes()))
    assert found["steps"].dtype == np.int64


def test_what_torch_stored_is_mapped_and_not_read(tmp_path: Path) -> None:
    import torch

    weight = torch.arange(12.0).reshape(3, 4)
    torch.save({"whole": weight, "turned": weight.T, "tail": weight[1:, 2:]}, tmp_path / "m.bin")
    found = torch_checkpoint.read(tmp_path / "m.bin")
    np.testing.assert_array_equal(found["whole"], weight.numpy())
    np.testing.assert_array_equal(found["turned"], weight.numpy().T)
    np.testing.assert_array_equal(found["tail"], weight.numpy()[1:, 2:])
    for array in found.values():
        assert not array.flags.writeable
        # A change of the file shows through: nothing was copied.
    content = (tmp_path / "m.bin").read_bytes().replace(np.float32(11).tobytes(), b"\0\0\0\0", 1)
    with (tmp_path / "m.bin").open("r+b") as stream:
        stream.write(content)
    assert found["tail"][1, 1] == 0


def test_a_member_that_reaches_beyond_the_file_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "m.pth", dictionary(w=tensor((12,), (1,))), NUMBERS.tobytes())
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo("model/data/7").header_offset
    content[at + 28 : at + 30] = b"\xff\xff"
    path.write_bytes(content)
    with pytest.raises(ModelUnavailable, match="beyond the file"):
        torch_checkpoint.read(path)


@pytest.mark.parametrize(
    "value",
    [
        name("os", "system") + b"(" + text("touch ran") + b"tR",
        name("builtins", "eval") + b"(" + text("open('ran', 'w')") + b"tR",
        dictionary(weight=name("torch._utils", "_rebuild_anything") + b")R"),
        dictionary(weight=tensor((13,), (1,))),
        dictionary(weight=tensor((2,), (1,), offset=11)),
        dictionary(weight=tensor((2,), (-1,), offset=5)),
        dictionary(weight=tensor((2, 2), (1,))),
        dictionary(weight=tensor((12,), (1,), kind="StrangeStorage")),
        dictionary(weight=tensor((12,), (1,), count=99)),
        b"}(" + text("self") + b"q\x00h\x00u" + b"h\x05",
        b"i" + b"os\nsystem\n",
    ],
)
def test_whatever_is_no_plain_tensor_is_refused_and_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_zip(tmp_path / "model.pth", value, NUMBERS.tobytes())
    with pytest.raises(ModelUnavailable, match=r"model\.pth is no checkpoint of plain tensors"):
        torch_checkpoint.read(path)
    assert not (tmp_path / "ran").exists()


def test_a_dictionary_within_itself_is_refused(tmp_path: Path) -> None:
    value = b"}q\x00" + text("self") + b"h\x00s"
    with pytest.raises(ModelUnavailable):
        torch_checkpoint.read(write_zip(tmp_path / "m.pth", value, b""))


@pytest.mark.parametrize("kept", [0, 10, 40, 200, -4])
def test_a_truncated_file_is_refused(tmp_path: Path, kept: int) -> None:
    whole = write_legacy(
        tmp_path / "whole.pth", dictionary(w=tensor((12,), (1,))), NUMBERS.tobytes()
    )
    assert list(torch_checkpoint.read(whole)) == ["w"]
    cut = tmp_path / "cut.pth"
    cut.write_bytes(whole.read_bytes()[:kept])
    with pytest.raises(ModelUnavailable, match="download it again"):
        torch_checkpoint.read(cut)


def test_a_big_endian_archive_is_refused(tmp_path: Path) -> None:
    value = dictionary(w=tensor((12,), (1,)))
    with pytest.raises(ModelUnavailable, match="big-endian"):
        torch_checkpoint.read(write_zip(tmp_path / "m.pth", value, NUMBERS.tobytes(), b"big"))


def test_the_backbone_of_the_starter_set_is_read_whole(starter_models: Path) -> None:
    (path,) = starter_models.rglob("efficientnet-lite2-*.pth")
    tensors = torch_checkpoint.read(path)
    assert tensors["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert tensors["_fc.weight"].shape == (1000, 1280)
    assert all(np.isfinite(array).all() for array in tensors.values())
