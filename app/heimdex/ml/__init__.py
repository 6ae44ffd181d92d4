"""Engines, their manifests and their weights; the only room that imports a model runtime."""

import os

# onnxruntime reports to its maker what it runs. Only this keeps that from starting:
# `disable_telemetry_events` comes after its first event and its files.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
