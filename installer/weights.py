"""Makes a folder of installed models fit to travel with the program: `weights.py FOLDER`.

Run by `build.py` in the build environment. Files from which others were made, and which nothing
opens again, are left out and marked so in the receipts; the receipts state times that survive
packing, so that an installed program does not read all weights at each start to believe in them.
"""

import shutil
import sys
from pathlib import Path

import msgspec

from heimdex.ml.receipts import RECEIPT, FileRecord, Receipt, write

SPENT = {
    "effnet-lite2-use": ("efficientnet-lite2-9656183e.pth",),
    "mtcnn": ("pnet.lz4", "rnet.lz4", "onet.lz4"),
    "retinaface-mobilenet": ("retinaface-mobilenet0.25.onnx",),
    "sface": ("face_recognition_sface_2021dec_int8bq.onnx",),
}
"""Read by `ml.conversions` alone. Whisper's published file is not here: its decoder runs."""

TIME_S = 1_767_225_600
"""2026-01-01 00:00 UTC, even, because archives and disk images round to one or two seconds."""


def prepare(folder: Path) -> None:
    """One model's folder, with its receipt. Raises KeyError when a spent file is not in it."""
    receipt = msgspec.json.decode((folder / RECEIPT).read_bytes(), type=Receipt)
    spent = set(SPENT.get(receipt.id, ()))
    for name in spent - set(receipt.spent):
        del receipt.files[name]
        (folder / name).unlink()
    # What is quickest was measured on this machine and says nothing about another.
    shutil.rmtree(folder / "tuned", ignore_errors=True)
    time_ns = TIME_S * 10**9
    files = {name: FileRecord(f.sha256, f.size, time_ns) for name, f in receipt.files.items()}
    write(msgspec.structs.replace(receipt, files=files, spent=sorted(spent)), folder)


if __name__ == "__main__":
    for path in sorted(Path(sys.argv[1]).rglob(RECEIPT)):
        prepare(path.parent)
