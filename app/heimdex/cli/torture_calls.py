"""Sees what programs ask the kernel for, through strace: sockets and other programs, whoever asks,
Python or a library that is none. Linux, where strace is there and allowed.

What may be asked for is said by `torture_doors`.
"""

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_CALLS = "socket,connect,bind,sendto,sendmsg,sendmmsg,execve,execveat"
_LONGEST = 4096
_CALL = re.compile(r"^\d+\s+(?:\[pid\s+\d+\]\s+)?(\w+)\((.*)$")
_FAMILY = re.compile(r"\b(?:AF|PF)_([A-Z0-9]+)")
_ADDRESS = re.compile(r'inet_addr\("([^"]*)"\)|inet_pton\(AF_INET6, "([^"]*)"')
_PORT = re.compile(r"sin6?_port=htons\((\d+)\)")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_MISSING = "ENOENT"
_NAME_SERVICE = 53


@dataclass
class Calls:
    """What was asked for."""

    inside: int = 0
    """Sockets between processes of this machine: with a path, or of the loopback."""
    outside: Counter[str] = field(default_factory=Counter)
    """Sockets of every other kind and where they were to lead, as text."""
    look_ups: int = 0
    """Of them, those that ask a name server."""
    programs: Counter[str] = field(default_factory=Counter)
    """Names of the programs that were started, without their folders."""
    arguments: list[str] = field(default_factory=list)
    """All that they were given, a text for each."""


def watcher(notes: Path) -> list[str]:
    """The beginning of a command that is watched, its notes appended to a file; [] where none can
    be."""
    if not sys.platform.startswith("linux") or shutil.which("strace") is None:
        return []
    command = ["strace", "-f", "--seccomp-bpf", "-qq", "-s", str(_LONGEST), "-e", f"trace={_CALLS}"]
    # Containers may forbid it.
    tried = subprocess.run(
        [*command, "-o", "/dev/null", "--", sys.executable, "-c", ""],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return [*command, "-A", "-o", str(notes), "--"] if tried.returncode == 0 else []


def read(lines: Sequence[str]) -> Calls:
    """What the notes tell. A call that is told in two halves counts by its first."""
    found = Calls()
    for line in lines:
        call = _CALL.match(line)
        if call is None:
            continue
        name, rest = call.groups()
        if name.startswith("execve"):
            if _MISSING not in rest:
                _note_program(rest, found)
        else:
            _note_socket(name, rest, found)
    return found


def _note_program(rest: str, found: Calls) -> None:
    strings = _STRING.findall(rest)
    if strings:
        found.programs[strings[0].rpartition("/")[2]] += 1
        found.arguments.append(" ".join(strings))


def _note_socket(name: str, rest: str, found: Calls) -> None:
    family = _FAMILY.search(rest)
    if family is None:
        return  # On a socket that is connected already.
    kind = family[1]
    address = _ADDRESS.search(rest)
    where = next(filter(None, address.groups()), "") if address else ""
    port = _PORT.search(rest)
    if kind in ("UNIX", "LOCAL") or where == "::1" or where.startswith("127."):
        found.inside += 1
        return
    place = f" to {where} port {port[1] if port else '?'}" if where else ""
    found.outside[f"{name} {kind}{place}"] += 1
    found.look_ups += port is not None and int(port[1]) == _NAME_SERVICE
