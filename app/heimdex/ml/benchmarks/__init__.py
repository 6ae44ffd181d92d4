"""Measures each family of engines against the plain way: torch, eager, float32, one item at a time.

One module a family, each with a function `rows`; printing the table is left to the command line.
Published weights are used where they are installed, random ones of the exact architecture
elsewhere, which says nothing about quality and everything about speed.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    `plain` says what the plain way is; `plain_s` and `ours_s` are seconds for the same work,
    measured in turns. `parity` names the measure of likeness between both answers and
    `parity_value` is its value. Memory is the process's peak in MB, each way in a process of its
    own; 0 where it was not measured.
    """

    family: str
    model: str
    plain: str
    plain_s: float
    ours_s: float
    parity: str
    parity_value: float
    plain_mb: float = 0.0
    ours_mb: float = 0.0
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times faster ours is."""
        return self.plain_s / self.ours_s
