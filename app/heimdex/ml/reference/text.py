"""BGE-M3 as its authors publish it, in FlagEmbedding: float16 on CUDA and MPS, float32 on a
processor, where it is what the quick form is compared with.

Batches, halving them, and what is made of the tokens' weights are left to the engine.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml.reference import libraries
from heimdex.ml.reference.passes import passing


class FlagNetwork:
    """The network and its tokenizer; see `bge_m3.Network`."""

    def __init__(self, folder: Path, device: str, longest: int, model_id: str) -> None:
        """`folder` holds the published files. `ModelUnavailable` when a package is not installed
        or the files are damaged."""
        self._torch = libraries.load("torch", model_id)
        flag = libraries.load("FlagEmbedding", model_id)
        try:
            self._model: Any = flag.BGEM3FlagModel(
                str(folder), use_fp16=device != "cpu", devices=[device]
            )
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise ModelUnavailable(
                f"The files of {model_id} cannot be opened ({error}); install the model again.",
                model_id,
            ) from error
        self._device, self._longest = device, longest
        self._network = self._model.model.to(device).eval()
        ids = self._model.tokenizer
        self.special = np.array(
            [ids.cls_token_id, ids.pad_token_id, ids.eos_token_id, ids.unk_token_id], np.int64
        )

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text's tokens, with those that mark its ends."""
        rows: list[list[int]] = self._model.tokenizer(
            list(texts), truncation=True, max_length=self._longest
        )["input_ids"]
        return rows

    def run(self, rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors, b × width, and a weight for each token, b × n. Raises `OutOfMemory`."""
        torch = self._torch
        width = max(map(len, rows))
        ids = torch.full((len(rows), width), int(self.special[1]), dtype=torch.int64)
        mask = torch.zeros_like(ids)
        for at, row in enumerate(rows):
            ids[at, : len(row)] = torch.tensor(row)
            mask[at, : len(row)] = 1
        inputs = {"input_ids": ids.to(self._device), "attention_mask": mask.to(self._device)}
        with passing(torch):
            outputs = self._network(inputs, return_dense=True, return_sparse=True)
            dense = outputs["dense_vecs"].float().cpu().numpy()
            weights = outputs["sparse_vecs"].squeeze(-1).float().cpu().numpy()
        return dense, weights
