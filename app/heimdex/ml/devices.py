"""The names of the places where an engine may run, as the settings use them.

Which of them are there is asked by `runtime` and `reference.libraries`.
"""

from typing import Final

CPU: Final = "cpu"
CUDA: Final = "cuda"
MPS: Final = "mps"
AUTO: Final = "auto"
