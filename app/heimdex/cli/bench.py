"""`heimdex bench`: the published figures, made again on this machine.

What is measured, and against what, is said by each benchmark's module; here it is run and shown.
"""

import argparse
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from heimdex.cli import bench_people, bench_search, bench_torture
from heimdex.cli.machine import machine
from heimdex.cli.output import emit, note, table

if TYPE_CHECKING:
    from heimdex.ml.benchmarks import Row

FAMILIES = ("speech", "text", "vision", "faces")


def define(group: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    group.description = (
        "Measure Heimdex on this machine. Times are compared within one run, because machines "
        "differ and are busy; nothing is downloaded."
    )
    group.epilog = "examples: heimdex bench engines; heimdex bench engines --family faces --json"
    kinds = group.add_subparsers(title="benchmarks", metavar="BENCH", dest="bench", required=True)

    engines = kinds.add_parser(
        "engines",
        parents=[shared],
        help="each family of models against the plain way: torch, float32, one item at a time",
        description="For each family of models: the plain way (torch, eager, float32, one item at "
        "a time) and ours in turns, in processor seconds, with how alike the answers are and what "
        "memory both take. Needs the reference engines (scripts/setup --torch), several minutes, "
        "and a machine that does nothing else. Published weights are used where they are "
        "installed, random ones of the exact architecture elsewhere.",
    )
    engines.add_argument("--family", choices=FAMILIES, action="append", help="only this family")
    engines.add_argument("--json", action="store_true", help="one JSON object a line of the table")
    engines.add_argument(
        "--scratch",
        type=Path,
        metavar="DIR",
        help="where 8 GB of made-up weights may lie meanwhile",
    )
    engines.set_defaults(run=engines_)
    bench_search.define(kinds, shared)
    bench_people.define(kinds, shared)
    bench_torture.define(kinds, shared)


def engines_(options: argparse.Namespace) -> int:
    """Run the engines' benchmarks and print the table."""
    from heimdex.cli.session import directories, model_store
    from heimdex.config.settings import Settings
    from heimdex.ml.runtime import prepare_process

    threads = Settings.load(directories(options).home).threads
    prepare_process(threads)
    store = model_store(options)
    rows: list[Row] = []
    for family in options.family or FAMILIES:
        note(f"measuring {family} …")
        module = import_module(f"heimdex.ml.benchmarks.{family}")
        with TemporaryDirectory(prefix="heimdex-bench-", dir=options.scratch) as scratch:
            for row in module.rows(store, threads, Path(scratch), _progress):
                rows.append(row)
                if options.json:
                    emit(_document(row))
    if not options.json:
        print(f"{machine()}; {threads} threads\n")
        print(_table(rows))
    return 0


def _progress(what: str) -> None:
    note(f"  {what}")


def _table(rows: "list[Row]") -> str:
    head = ("FAMILY", "MODEL", "PLAIN", "PLAIN S", "OURS S", "RATIO", "LIKENESS", "", "MB", "OURS")
    lines = [head]
    for row in rows:
        lines.append(
            (
                row.family,
                row.model,
                row.plain,
                f"{row.plain_s:.3f}",
                f"{row.ours_s:.3f}",
                f"{row.ratio:.1f} x",
                row.parity,
                f"{row.parity_value:.4f}",
                f"{row.plain_mb:.0f}" if row.plain_mb else "-",
                f"{row.ours_mb:.0f}" if row.ours_mb else "-",
            )
        )
    notes = [f"{row.model}: {row.note}" for row in rows if row.note]
    return "\n".join([table(lines, right=frozenset({3, 4, 5, 7, 8, 9})), *notes])


def _document(row: "Row") -> dict[str, Any]:
    return {
        "family": row.family,
        "model": row.model,
        "plain": row.plain,
        "plain_s": round(row.plain_s, 4),
        "ours_s": round(row.ours_s, 4),
        "ratio": round(row.ratio, 2),
        "parity": row.parity,
        "parity_value": round(row.parity_value, 5),
        "plain_mb": round(row.plain_mb),
        "ours_mb": round(row.ours_mb),
        "note": row.note,
    }
