"""Safetensors files are read as arrays without torch, and damaged ones are refused."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import safetensors_file

ARRAYS = {
    "whole": np.arange(6, dtype=np.float32).reshape(2, 3),
    "half": np.linspace(-1, 1, 5, dtype=np.float16),
    "ids": np.array([7, -7], np.int64),
    "flags": np.array([True, False]),
    "one": np.array(3, np.float32),
    "none": np.zeros((0, 4), np.float32),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_file(ARRAYS, path, metadata={"format": "pt"})
    return path


def test_arrays_come_back_by_name(file: Path) -> None:
    tensors = safetensors_file.read(file)
    assert set(tensors) == set(ARRAYS)
    assert len(tensors) == len(ARRAYS)
    assert tensors.metadata == {"format": "pt"}
    for name, array in ARRAYS.items():
        assert tensors[name].shape == array.shape
        assert tensors[name].dtype == array.dtype
        np.testing.assert_array_equal(tensors[name], array)
    assert "missing" not in tensors


def test_bfloat16_becomes_float32(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file as save_torch

    values = torch.tensor([1.0, -2.5, 3e-38, 1e30]).to(torch.bfloat16)
    save_torch({"x": values}, str(tmp_path / "b.safetensors"))
    read = safetensors_file.read(tmp_path / "b.safetensors")["x"]
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, values.float().numpy())


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "long"])
def test_a_damaged_file_is_refused(file: Path, damage: str) -> None:
    content = file.read_bytes()
    damaged = {
        "cut": content[:-4],
        "empty": b"",
        "text": b"<html>404</html>" * 99,
        "long": content + b"more",
    }
    file.write_bytes(damaged[damage])
    with pytest.raises(ModelUnavailable, match=r"model\.safetensors is no whole"):
        safetensors_file.read(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="gone"):
        safetensors_file.read(tmp_path / "gone.safetensors")
