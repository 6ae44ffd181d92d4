"""A folder of two tiny ONNX encoders with random weights, as a person may bring one."""

import json
from pathlib import Path
from typing import Any

import numpy as np

EDGE = 32
DIMS = 48
WORDS = ["[UNK]", "[PAD]", "red", "blue", "green", "a", "wall", "빨간", "벽"]
DESCRIPTION = """
title = "Tiny eyes"
dims = 48
[preprocessing]
size = 32
resize = "squash"
mean = [0.5, 0.5, 0.5]
std = [0.25, 0.25, 0.25]
length = 16
pad = "[PAD]"
[thresholds]
match = 0.9
suggest = 0.7
"""


def write(folder: Path, *, batch: int | str = "n", mask: bool = True, half: bool = False) -> Path:
    """`batch`: a number for graphs that take so many only; `mask`: whether text has one; `half`:
    pictures in half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_image(folder / "image.onnx", batch, half)
    _write_text(folder / "text.onnx", mask)
    words = {word: number for number, word in enumerate(WORDS)}
    model = {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"}
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": model,
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    (folder / "model.toml").write_text(DESCRIPTION, "utf-8")
    return folder


def _write_image(path: Path, batch: int | str, half: bool) -> None:
    """Mean colours of sixteen fields."""
    from onnx import TensorProto, helper

    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    nodes = [
        helper.make_node("Cast", ["pixels"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node(
            "AveragePool", ["floats"], ["fields"], kernel_shape=[8, 8], strides=[8, 8]
        ),
        helper.make_node("Flatten", ["fields"], ["vectors"]),
    ]
    _save(
        path,
        nodes,
        [helper.make_tensor_value_info("pixels", kind, [batch, 3, EDGE, EDGE])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, [batch, DIMS])],
        [],
    )


def _write_text(path: Path, mask: bool) -> None:
    """Mean of the words' vectors."""
    from onnx import TensorProto, helper, numpy_helper

    table = np.random.default_rng(5).normal(size=(len(WORDS), DIMS)).astype(np.float32)
    inputs = [helper.make_tensor_value_info("ids", TensorProto.INT32, ["n", "length"])]
    nodes = [helper.make_node("Gather", ["table", "ids"], ["words"])]
    last = "words"
    if mask:
        inputs.append(helper.make_tensor_value_info("mask", TensorProto.INT64, ["n", "length"]))
        nodes += [
            helper.make_node("Cast", ["mask"], ["weights"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["weights", "last"], ["column"]),
            helper.make_node("Mul", ["words", "column"], ["kept"]),
        ]
        last = "kept"
    nodes.append(helper.make_node("ReduceMean", [last], ["vectors"], axes=[1], keepdims=0))
    _save(
        path,
        nodes,
        inputs,
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", DIMS])],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.array([2], np.int64), "last"),
        ],
    )


def _save(path: Path, nodes: Any, inputs: Any, outputs: Any, weights: Any) -> None:
    import onnx
    from onnx import helper

    graph = helper.make_graph(nodes, path.stem, inputs, outputs, weights)
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), str(path))
