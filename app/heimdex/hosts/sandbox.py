"""Takes from this process, for good, what decoding a stranger's file never needs: the network, and
writing anywhere but into its own folders. Linux only; needs no privilege.

Which processes are confined, and which folders are theirs, is said by `engine_host`.
"""

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SWITCH = "HEIMDEX_SANDBOX"
"""Environment variable that turns confinement off with `0`, for drivers that cannot live in it."""

# The numbers of linux/landlock.h; the calls have the same numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1
_WRITE_FILE, _REMOVE_DIR, _REMOVE_FILE = 1 << 1, 1 << 4, 1 << 5
_MAKE_CHAR, _MAKE_DIR, _MAKE_REG, _MAKE_SOCK = 1 << 6, 1 << 7, 1 << 8, 1 << 9
_MAKE_FIFO, _MAKE_BLOCK, _MAKE_SYM = 1 << 10, 1 << 11, 1 << 12
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_BIND_TCP, _CONNECT_TCP = 1, 2
_ABSTRACT_SOCKETS, _SIGNALS = 1, 2
_REFER_SINCE, _TRUNCATE_SINCE, _NET_SINCE, _SCOPES_SINCE = 2, 3, 4, 6
_CHANGING = (
    _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_CHAR | _MAKE_DIR | _MAKE_REG | _MAKE_SOCK
    | _MAKE_FIFO | _MAKE_BLOCK | _MAKE_SYM
)  # fmt: skip
_ORDINARY = _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG

_NO_NEW_PRIVILEGES = 38
_SECCOMP_MODE_FILTER, _SECCOMP_ALL_THREADS = 1, 1
_GET_SECCOMP = 21
# linux/bpf_common.h and linux/seccomp.h
_LOAD_WORD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000 | errno.EPERM
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_X32 = 0x40000000


@dataclass(frozen=True, slots=True)
class _Machine:
    """Of one processor: its number in linux/audit.h and of the calls that matter here."""

    audit: int
    seccomp: int
    socket: int
    io_uring: int = 425


_MACHINES = {
    "x86_64": _Machine(0xC000003E, 317, 41),
    "aarch64": _Machine(0xC00000B7, 277, 198),
}


@dataclass(frozen=True, slots=True)
class Confinement:
    """What this process can no longer do: write elsewhere (`files`), open a connection
    (`network`). `why` says what is missing for the rest, "" when nothing is."""

    files: bool
    network: bool
    why: str = ""


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def support() -> Confinement:
    """What `confine` can do on this system. Changes nothing."""
    if sys.platform != "linux":
        return Confinement(False, False, "only Linux offers it without a privilege")
    if os.environ.get(SWITCH) == "0":
        return Confinement(False, False, f"{SWITCH} turns it off")
    files = _landlock_version() >= 1
    network = platform.machine() in _MACHINES and _libc().prctl(_GET_SECCOMP, 0, 0, 0, 0) >= 0
    missing = [
        what
        for there, what in ((files, "Landlock (Linux 5.13)"), (network, "seccomp"))
        if not there
    ]
    why = f"the kernel does not offer {' and '.join(missing)}" if missing else ""
    return Confinement(files, network, why)


def confine(writable: Iterable[Path]) -> Confinement:
    """Confine this process, its threads to come and its children, until their end.

    Reading stays as it is. Writing is left in `writable` folders (those that exist), to devices
    and to shared memory, without which the runtimes do not start. Call it before any other thread
    runs. Never raises: what the system does not offer is missing in the answer.
    """
    offered = support()
    if not (offered.files or offered.network):
        return offered
    libc = _libc()
    # Also keeps programs with the setuid bit from being a way out.
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return Confinement(False, False, _reason("no_new_privs"))
    problems = [offered.why] if offered.why else []
    files = network = False
    if offered.files:
        files = _restrict_writing(libc, writable)
        if not files:
            problems.append(_reason("Landlock"))
    if offered.network:
        network = _forbid_sockets(libc)
        if not network:
            problems.append(_reason("seccomp"))
    return Confinement(files, network, "; ".join(problems))


def limit(*, data_bytes: int | None, file_bytes: int) -> None:
    """Bound the memory that this process may write to (None: as before) and the size of a file it
    writes; no core dumps, which would hold pictures and speech. Does nothing on Windows."""
    if sys.platform == "win32":
        return
    import resource

    wanted = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, file_bytes)]
    # Not the address space: runtimes map and reserve far more than they use. Elsewhere than on
    # Linux RLIMIT_DATA counts only the old heap.
    if data_bytes is not None and sys.platform == "linux":
        wanted.append((resource.RLIMIT_DATA, data_bytes))
    for what, most in wanted:
        with suppress(OSError, ValueError):
            _, hard = resource.getrlimit(what)
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(what, (most, most))


def _restrict_writing(libc: ctypes.CDLL, writable: Iterable[Path]) -> bool:
    version = _landlock_version()
    changing = _CHANGING
    own = _ORDINARY
    if version >= _REFER_SINCE:
        changing |= _REFER
        own |= _REFER
    if version >= _TRUNCATE_SINCE:
        changing |= _TRUNCATE
        own |= _TRUNCATE
    rules = _Ruleset(
        changing,
        _BIND_TCP | _CONNECT_TCP if version >= _NET_SINCE else 0,
        _ABSTRACT_SOCKETS | _SIGNALS if version >= _SCOPES_SINCE else 0,
    )
    # An older kernel refuses a structure with fields it does not know.
    size = 8 if version < _NET_SINCE else 16 if version < _SCOPES_SINCE else 24
    ruleset = libc.syscall(
        ctypes.c_long(_CREATE_RULESET), ctypes.byref(rules), ctypes.c_size_t(size), 0
    )
    if ruleset < 0:
        return False
    try:
        to_device = _WRITE_FILE | (_TRUNCATE if version >= _TRUNCATE_SINCE else 0)
        allowed = [(Path("/dev"), to_device), (Path("/dev/shm"), own)]  # noqa: S108 - see confine
        allowed += [(folder, own) for folder in writable]
        for folder, rights in allowed:
            _allow(libc, ruleset, folder, rights)
        done = libc.syscall(ctypes.c_long(_RESTRICT_SELF), ctypes.c_int(ruleset), 0)
        return bool(done == 0)
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, folder: Path, rights: int) -> None:
    try:
        descriptor = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rule = _Beneath(rights, descriptor)
        libc.syscall(
            ctypes.c_long(_ADD_RULE), ctypes.c_int(ruleset), _PATH_BENEATH, ctypes.byref(rule), 0
        )
    finally:
        os.close(descriptor)


def _forbid_sockets(libc: ctypes.CDLL) -> bool:
    """Have `socket` fail with EPERM, and io_uring, which could open one too; pairs and pipes, which
    lead nowhere else, stay."""
    machine = _MACHINES[platform.machine()]
    steps = (
        (_LOAD_WORD, 0, 0, _ARCHITECTURE_AT),
        # The calls of another architecture have other numbers: all of them fail.
        (_JUMP_EQUAL, 0, 4, machine.audit),
        (_LOAD_WORD, 0, 0, _NUMBER_AT),
        (_JUMP_AT_LEAST, 2, 0, _X32),
        (_JUMP_EQUAL, 1, 0, machine.socket),
        (_JUMP_EQUAL, 0, 1, machine.io_uring),
        (_RETURN, 0, 0, _FAIL),
        (_RETURN, 0, 0, _ALLOW),
    )
    instructions = (_Instruction * len(steps))(*(_Instruction(*step) for step in steps))
    program = _Program(len(steps), instructions)
    done = libc.syscall(
        ctypes.c_long(machine.seccomp),
        ctypes.c_uint(_SECCOMP_MODE_FILTER),
        ctypes.c_uint(_SECCOMP_ALL_THREADS),
        ctypes.byref(program),
    )
    return bool(done == 0)


def _landlock_version() -> int:
    version = _libc().syscall(
        ctypes.c_long(_CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_uint(_VERSION)
    )
    return int(version)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _reason(what: str) -> str:
    return f"{what} was refused ({os.strerror(ctypes.get_errno())})"
