"""Asks Windows which letters there are and what is behind them: GetLogicalDrives,
GetVolumeInformationW, WNetGetConnectionW.

Written from Microsoft's documentation; it has not been run on Windows yet. What is made of the
answers is left to `drives`.
"""

import ctypes
import string
import sys
from functools import partial
from pathlib import Path

from heimdex.indexing.mounts import Mount

_DRIVE_NO_ROOT_DIR = 1
_DRIVE_REMOTE = 4
_SEM_FAILCRITICALERRORS = 1
_LONGEST = 1024


if sys.platform == "win32":

    def mounts() -> list[Mount]:
        """One for each letter that has something behind it."""
        found = []
        for letter in _letters():
            point = f"{letter}:\\"
            kind = ctypes.windll.kernel32.GetDriveTypeW(point)
            if kind != _DRIVE_NO_ROOT_DIR:
                remote = kind == _DRIVE_REMOTE
                found.append(Mount(Path(point), "", partial(_identity, letter, remote), remote))
        return found

    def signature() -> object:
        """Which letters there are."""
        return _letters()

    def _letters() -> str:
        bits = ctypes.windll.kernel32.GetLogicalDrives()
        return "".join(c for at, c in enumerate(string.ascii_uppercase) if bits >> at & 1)

    def _identity(letter: str, remote: bool) -> str | None:
        if remote:
            name, room = ctypes.create_unicode_buffer(_LONGEST), ctypes.c_ulong(_LONGEST)
            failed = ctypes.windll.mpr.WNetGetConnectionW(f"{letter}:", name, ctypes.byref(room))
            return None if failed else f"share:{name.value.lower()}"
        kernel = ctypes.windll.kernel32
        # An empty card reader must not put up a dialog.
        before = ctypes.c_ulong()
        kernel.SetThreadErrorMode(_SEM_FAILCRITICALERRORS, ctypes.byref(before))
        try:
            serial, fstype = ctypes.c_ulong(), ctypes.create_unicode_buffer(_LONGEST)
            got = kernel.GetVolumeInformationW(
                f"{letter}:\\", None, 0, ctypes.byref(serial), None, None, fstype, _LONGEST
            )
        finally:
            kernel.SetThreadErrorMode(before, None)
        return f"serial:{fstype.value.lower()}:{serial.value:08x}" if got and serial.value else None
