"""Makes a folder of installed models fit to travel with the program: `weights.py FOLDER`.

Run by `build.py` in the build environment. Files from which others were made, and which nothing
opens again, are left out and marked so in the receipts; Whisper's are stored as the numbers that
CTranslate2 makes of them when it opens them, which halves them. The receipts state times that
survive packing, so that an installed program does not read all weights at each start to believe in
them.
"""

import shutil
import sys
from pathlib import Path

import msgspec
import numpy as np

from heimdex.ml import ctranslate2_file
from heimdex.ml.ctranslate2_file import Contents
from heimdex.ml.receipts import RECEIPT, FileRecord, Receipt, record, write

SPENT = {
    "effnet-lite2-use": ("efficientnet-lite2-9656183e.pth",),
    "mtcnn": ("pnet.lz4", "rnet.lz4", "onet.lz4"),
    "retinaface-mobilenet": ("retinaface-mobilenet0.25.onnx",),
    "sface": ("face_recognition_sface_2021dec_int8bq.onnx",),
}
"""Read by `ml.conversions` alone. Whisper's published file is not here: its decoder runs."""

REMADE = {"whisper-base": ("model.bin",)}
"""CTranslate2's files whose matrices are stored as int8."""

TIME_S = 1_767_225_600
"""2026-01-01 00:00 UTC, even, because archives and disk images round to one or two seconds."""


def prepare(folder: Path) -> None:
    """One model's folder, with its receipt. Raises KeyError when a spent file is not in it."""
    receipt = msgspec.json.decode((folder / RECEIPT).read_bytes(), type=Receipt)
    spent = set(SPENT.get(receipt.id, ()))
    for name in spent - set(receipt.spent):
        del receipt.files[name]
        (folder / name).unlink()
    remade = set(REMADE.get(receipt.id, ()))
    for name in remade - set(receipt.remade):
        ctranslate2_file.write(folder / f"{name}.new", int8(ctranslate2_file.read(folder / name)))
        (folder / f"{name}.new").replace(folder / name)
        receipt.files[name] = record(folder / name)
    # What is quickest was measured on this machine and says nothing about another.
    shutil.rmtree(folder / "tuned", ignore_errors=True)
    time_ns = TIME_S * 10**9
    files = {name: FileRecord(f.sha256, f.size, time_ns) for name, f in receipt.files.items()}
    receipt = msgspec.structs.replace(
        receipt, files=files, spent=sorted(spent), remade=sorted(remade)
    )
    write(receipt, folder)


def int8(contents: Contents) -> Contents:
    """The model with its matrices as int8 and a scale a row, as CTranslate2 itself makes them of
    float16 when it is asked to compute in int8, to the last bit. Convolutions stay as they are.

    Source: `LayerSpec._quantize` in CTranslate2's python/ctranslate2/specs/model_spec.py.
    """
    tensors = {}
    scaled = set()
    for name, tensor in contents.tensors.items():
        tensors[name] = tensor
        if name.endswith("/weight") and tensor.ndim == 2 and tensor.dtype == np.float16:
            exact = tensor.astype(np.float32)
            largest = np.abs(exact).max(axis=1)
            largest[largest == 0] = 127
            scale = np.float32(127) / largest
            tensors[name] = np.rint(exact * scale[:, None]).astype(np.int8)
            tensors[f"{name}_scale"] = scale
            scaled.add(name)
    aliases = dict(contents.aliases)
    for alias, name in contents.aliases.items():
        if name in scaled:
            aliases[f"{alias}_scale"] = f"{name}_scale"
    return Contents(contents.kind, contents.revision, tensors, aliases)


if __name__ == "__main__":
    for path in sorted(Path(sys.argv[1]).rglob(RECEIPT)):
        prepare(path.parent)
