"""A real file system that does not mind upper and lower case: a folder shown through FUSE.

Read-only, just large enough for what a scan does; changes are made in the folder behind it. Run as
a program it serves `sys.argv[1]` at `sys.argv[2]` until it is ended. The messages are those of
linux/fuse.h, protocol 7.31. Only root may mount it.
"""

import ctypes
import errno
import os
import stat
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE = 1, 2, 3, 14, 15, 17, 18
FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR, ACCESS, BATCH_FORGET = 25, 26, 27, 28, 29, 34, 42
ROOT = 1


@contextmanager
def caseless(behind: Path, point: Path) -> Iterator[bool]:
    """Show `behind` at `point` while inside; gives False where the kernel does not let us."""
    server = subprocess.Popen(
        [sys.executable, __file__, str(behind), str(point)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    try:
        yield server.stdout.readline() == "ready\n"
    finally:
        subprocess.run(["umount", "-l", str(point)], capture_output=True, check=False)
        server.kill()
        server.wait()
        server.stdout.close()


class Served:
    def __init__(self, behind: Path) -> None:
        self.paths = {ROOT: behind}

    def answer(self, opcode: int, node: int, body: bytes) -> bytes | None:
        """The body of a reply; None when none is wanted. Raises OSError for an error."""
        if opcode in (FORGET, BATCH_FORGET):
            return None
        if opcode == INIT:
            return struct.pack("<IIIIHHIIHHI28x", 7, 31, 65536, 0, 8, 8, 65536, 1, 0, 0, 0)
        if opcode == STATFS:
            return bytes(80)
        if opcode in (RELEASE, RELEASEDIR, FLUSH, ACCESS):
            return b""
        path = self.paths[node]
        if opcode == LOOKUP:
            found = self._find(path, os.fsdecode(body.rstrip(b"\0")))
            number = found.stat().st_ino
            self.paths[number] = found
            return struct.pack("<QQQQII", number, 0, 0, 0, 0, 0) + self._attributes(number)
        if opcode == GETATTR:
            return struct.pack("<QII", 0, 0, 0) + self._attributes(node)
        if opcode in (OPEN, OPENDIR):
            return struct.pack("<QII", 0, 0, 0)
        _, offset, size = struct.unpack_from("<QQI", body)
        if opcode == READ:
            with path.open("rb") as file:
                file.seek(offset)
                return file.read(size)
        if opcode == READDIR:
            return self._listing(path, offset, size)
        raise OSError(errno.ENOSYS, "")

    def _find(self, folder: Path, name: str) -> Path:
        for each in folder.iterdir():
            if each.name.casefold() == name.casefold():
                return each
        raise OSError(errno.ENOENT, "")

    def _attributes(self, node: int) -> bytes:
        found = self.paths[node].stat()
        whole, part = divmod(found.st_mtime_ns, 10**9)
        return struct.pack(
            "<QQQQQQIIIIIIIIII",
            node, found.st_size, (found.st_size + 511) // 512, whole, whole, whole, part, part,
            part, found.st_mode, found.st_nlink, found.st_uid, found.st_gid, 0, 4096, 0,
        )  # fmt: skip

    def _listing(self, folder: Path, offset: int, size: int) -> bytes:
        entries = b""
        for at, each in enumerate(sorted(folder.iterdir())):
            if at < offset:
                continue
            name, kind = os.fsencode(each.name), stat.S_IFMT(each.stat().st_mode) >> 12
            entry = struct.pack("<QQII", each.stat().st_ino, at + 1, len(name), kind) + name
            entry += bytes(-len(entry) % 8)
            if len(entries) + len(entry) > size:
                break
            entries += entry
        return entries


def serve(behind: Path, point: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
    if libc.mount(b"caseless", os.fsencode(point), b"fuse.caseless", 0, options) != 0:
        print("refused", flush=True)
        return
    print("ready", flush=True)
    served = Served(behind)
    while True:
        try:
            message = os.read(device, 1 << 17)
        except OSError:
            return  # unmounted
        _, opcode, unique, node = struct.unpack_from("<IIQQ", message)
        try:
            body, error = served.answer(opcode, node, message[40:]), 0
        except OSError as failed:
            body, error = b"", -(failed.errno or errno.EIO)
        if body is not None:
            os.write(device, struct.pack("<IiQ", 16 + len(body), error, unique) + body)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), Path(sys.argv[2]))
