"""The encoder of BERT and its kin gives the published implementation's numbers."""

from pathlib import Path

import numpy as np
import pytest
import torch

from heimdex.ml import runtime
from heimdex.ml.networks import bert
from heimdex.ml.networks.building import Network
from heimdex.ml.reference import libraries

WIDTH, HEADS = 24, 3


def reference(kind: str) -> tuple[torch.nn.Module, bert.LayerNames]:
    transformers = libraries.load("transformers")
    torch.manual_seed(7)
    if kind == "distilbert":
        config = transformers.DistilBertConfig(
            vocab_size=30, dim=WIDTH, hidden_dim=40, n_layers=2, n_heads=HEADS
        )
        return transformers.DistilBertModel(config).eval(), bert.DISTILBERT
    config = transformers.XLMRobertaConfig(
        vocab_size=30,
        hidden_size=WIDTH,
        intermediate_size=40,
        num_hidden_layers=2,
        num_attention_heads=HEADS,
        layer_norm_eps=1e-5,
    )
    return transformers.XLMRobertaModel(config).eval(), bert.BERT


@pytest.mark.parametrize("kind", ["xlm-roberta", "distilbert"])
def test_hidden_states_are_those_of_transformers(tmp_path: Path, kind: str) -> None:
    model, names = reference(kind)
    # Untrained norms and biases are all one or nought, which would hide a mistake.
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    ids = torch.randint(3, 30, (3, 7))
    mask = torch.tensor([[1] * 7, [1] * 4 + [0] * 3, [1] * 2 + [0] * 5])
    with torch.no_grad():
        expected = model(input_ids=ids, attention_mask=mask).last_hidden_state.numpy()
        embedded = model.embeddings(ids).numpy()

    tensors = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    network = Network(tensors)
    x = network.input("x", "FLOAT", ["b", "n", WIDTH])
    bias = bert.padding(network, network.input("mask", "INT64", ["b", "n"]))
    epsilon = 1e-12 if kind == "distilbert" else 1e-5
    x = bert.encoder(network, x, bias, HEADS, epsilon, names)
    network.output(x, "hidden", ["b", "n", WIDTH])
    network.write(kind, tmp_path / "model.onnx")
    session = runtime.onnx_session(tmp_path / "model.onnx", runtime.Compute(), kind)
    (hidden,) = runtime.run(session, x=embedded, mask=mask.numpy())
    shown = mask.numpy().astype(bool)
    np.testing.assert_allclose(hidden[shown], expected[shown], atol=2e-5)


def test_a_checkpoint_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"transformer\.layer\.0"):
        bert.layers(
            Network({"encoder.layer.0.attention.self.query.weight": np.zeros(1)}), bert.DISTILBERT
        )
