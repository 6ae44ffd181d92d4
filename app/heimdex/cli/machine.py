"""What a benchmark says of the machine that it ran on, because a bare figure means little.

Measuring is the benchmarks' affair.
"""

import os
import platform


def machine() -> str:
    """This machine in a few words: processor, cores, memory and Python."""
    from heimdex.ml.acceleration.choices import this_machine

    here = this_machine(1)
    memory = ""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        memory = f", {total / 2**30:.0f} GB"
    runtimes = ", ".join(f"{name} {version}" for name, version in here.runtimes.items())
    return (
        f"{here.processor} ({platform.machine()}), {os.cpu_count()} processors{memory}, "
        f"Python {platform.python_version()}, {runtimes}"
    )
