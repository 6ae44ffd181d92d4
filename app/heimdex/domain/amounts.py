"""How many bytes are said to a person, alike in every message and on the terminal.

The window says them in its own language (`ui.wording`).
"""


def size(count: int) -> str:
    """Bytes in powers of ten: 1.5 GB, 12 MB, 3.0 kB, 17 bytes."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= factor:
            value = count / factor
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return f"{count} bytes"
