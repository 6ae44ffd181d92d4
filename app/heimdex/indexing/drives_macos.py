"""Asks macOS what is mounted where and what it is: getfsstat(2) and getattrlist(2).

Written from Apple's manual pages; it has not been run on a Mac yet. What is made of the answers is
left to `drives`.
"""

import ctypes
import os
import uuid
from functools import partial
from pathlib import Path

from heimdex.indexing.mounts import Mount

_MNT_NOWAIT = 2
_MNT_LOCAL = 0x00001000
_ATTR_BIT_MAP_COUNT = 5
_ATTR_VOL_INFO = 0x80000000
_ATTR_VOL_UUID = 0x00040000


class _Statfs(ctypes.Structure):
    """struct statfs with 64-bit inodes, from <sys/mount.h>."""

    _fields_ = (
        ("f_bsize", ctypes.c_uint32),
        ("f_iosize", ctypes.c_int32),
        ("f_blocks", ctypes.c_uint64),
        ("f_bfree", ctypes.c_uint64),
        ("f_bavail", ctypes.c_uint64),
        ("f_files", ctypes.c_uint64),
        ("f_ffree", ctypes.c_uint64),
        ("f_fsid", ctypes.c_int32 * 2),
        ("f_owner", ctypes.c_uint32),
        ("f_type", ctypes.c_uint32),
        ("f_flags", ctypes.c_uint32),
        ("f_fssubtype", ctypes.c_uint32),
        ("f_fstypename", ctypes.c_char * 16),
        ("f_mntonname", ctypes.c_char * 1024),
        ("f_mntfromname", ctypes.c_char * 1024),
        ("f_flags_ext", ctypes.c_uint32),
        ("f_reserved", ctypes.c_uint32 * 7),
    )


class _Attrlist(ctypes.Structure):
    """struct attrlist from <sys/attr.h>."""

    _fields_ = (
        ("bitmapcount", ctypes.c_ushort),
        ("reserved", ctypes.c_uint16),
        ("commonattr", ctypes.c_uint32),
        ("volattr", ctypes.c_uint32),
        ("dirattr", ctypes.c_uint32),
        ("fileattr", ctypes.c_uint32),
        ("forkattr", ctypes.c_uint32),
    )


class _VolumeUuid(ctypes.Structure):
    _pack_ = 4
    _fields_ = (("length", ctypes.c_uint32), ("uuid", ctypes.c_uint8 * 16))


def mounts() -> list[Mount]:
    """What getfsstat lists, without waiting for any of them."""
    found = []
    for each in _all():
        point, local = Path(os.fsdecode(each.f_mntonname)), bool(each.f_flags & _MNT_LOCAL)
        source = os.fsdecode(each.f_mntfromname)
        found.append(Mount(point, "", partial(_identity, point, source, local), not local))
    return found


def signature() -> object:
    """Where something is mounted, and from what."""
    return [(each.f_mntonname, each.f_mntfromname) for each in _all()]


def _all() -> list[_Statfs]:
    library = ctypes.CDLL(None, use_errno=True)
    # Intel Macs keep the structure with 32-bit inodes under the plain name.
    call = getattr(library, "getfsstat$INODE64", None) or library.getfsstat
    count = call(None, 0, _MNT_NOWAIT)
    if count <= 0:
        return []
    room = (_Statfs * (count + 8))()
    got = call(ctypes.byref(room), ctypes.sizeof(room), _MNT_NOWAIT)
    return list(room[: max(got, 0)])


def _identity(point: Path, source: str, local: bool) -> str | None:
    if not local:
        return f"share:{source}"
    wanted = _Attrlist(bitmapcount=_ATTR_BIT_MAP_COUNT, volattr=_ATTR_VOL_INFO | _ATTR_VOL_UUID)
    answer = _VolumeUuid()
    library = ctypes.CDLL(None, use_errno=True)
    failed = library.getattrlist(
        os.fsencode(point),
        ctypes.byref(wanted),
        ctypes.byref(answer),
        ctypes.c_size_t(ctypes.sizeof(answer)),
        ctypes.c_ulong(0),
    )
    number = bytes(answer.uuid)
    return None if failed or not any(number) else f"uuid:{uuid.UUID(bytes=number)}"
