"""Writes published networks as ONNX graphs out of the tensors of their checkpoints, without torch.

One module an architecture. Reading checkpoints is left to `torch_checkpoint` and `safetensors`,
running and shrinking the graphs to `acceleration`.
"""
