"""Heimdex: a private, local search engine for a person's own video library."""

import os

__version__ = "0.1.0"

# onnxruntime reports to its maker what it runs. Only this keeps that from starting, and it counts
# at the import of that library, also by another one: `disable_telemetry_events` comes too late.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
