"""Asks Linux what is mounted where and what it is: mountinfo, /dev/disk/by-uuid and statvfs.

The fields are those of proc(5). What is made of them is left to `drives`.
"""

import os
import re
from functools import partial
from pathlib import Path

from heimdex.indexing.mounts import Mount

MOUNTINFO = Path("/proc/self/mountinfo")
BY_UUID = Path("/dev/disk/by-uuid")

_SHARES = frozenset(
    "nfs nfs4 cifs smb3 smbfs ncpfs afs 9p ceph glusterfs lustre beegfs fuse.sshfs fuse.rclone "
    "fuse.glusterfs fuse.davfs fuse.gvfsd-fuse fuse.s3fs davfs".split()
)
# Of these f_fsid comes out of the file system's own UUID; others fill in the device's number, which
# changes from one plugging in to the next.
_OWN_FSID = frozenset({"ext2", "ext3", "ext4", "btrfs"})
_OCTAL = re.compile(rb"\\([0-7]{3})")


def mounts() -> list[Mount]:
    """What /proc/self/mountinfo lists; nothing that is mounted is touched."""
    uuids = _uuids()
    found = []
    for line in _table().splitlines():
        fields, _, rest = line.partition(b" - ")
        _, _, device, root, point, *_ = fields.split(b" ")
        kind, source, *_ = rest.split(b" ")
        where, fstype, name = Path(_path(point)), os.fsdecode(kind), _path(source)
        found.append(
            Mount(
                point=where,
                root=_path(root).strip("/"),
                identity=partial(_identity, where, fstype, name, os.fsdecode(device), uuids),
                remote=fstype in _SHARES,
            )
        )
    return found


def signature() -> object:
    """The list of mounts as it stands."""
    return _table()


def _table() -> bytes:
    try:
        return MOUNTINFO.read_bytes()
    except OSError:
        # No /proc, or no Linux: then drives are what they are mounted as.
        return b""


def _identity(
    point: Path, fstype: str, source: str, device: str, uuids: dict[str, str]
) -> str | None:
    if fstype in _SHARES:
        return f"share:{source}"
    # btrfs has device numbers of its own, and /dev/root and mappers have names of their own.
    names = [os.path.realpath(source), os.path.realpath(f"/sys/dev/block/{device}")]
    for name in names:
        if name.startswith("/") and (uuid := uuids.get(os.path.basename(name))):  # noqa: PTH119
            return f"uuid:{uuid}"
    if fstype in _OWN_FSID:
        try:
            number = os.statvfs(point).f_fsid
        except OSError:
            return None
        return f"fsid:{number:016x}" if number else None
    return None


def _uuids() -> dict[str, str]:
    """Device name → UUID, as udev has it; empty where there is no udev."""
    try:
        links = list(BY_UUID.iterdir())
    except OSError:
        return {}
    # The links of FAT and NTFS are their serial numbers.
    return {os.path.basename(os.path.realpath(link)): link.name.lower() for link in links}  # noqa: PTH119


def _path(field: bytes) -> str:
    """A field with its spaces, tabs, newlines and backslashes back in place."""
    return os.fsdecode(_OCTAL.sub(lambda match: bytes([int(match[1], 8)]), field))
