"""A disk that fails under SQLite: its own writes are answered with an error now and then.

SQLite calls the system through a table that its VFS lets others change (`xSetSystemCall`), so no
compiler and no special file system is needed, and everything above is the real thing. The calls of
this process alone fail, those of other programs and of Python do not.
"""

import contextlib
import ctypes
import errno
import importlib
import os
from collections.abc import Callable, Iterator

_LIBRARY: str = importlib.import_module("_sqlite3").__file__ or ""
_BETWEEN = 13  # methods before xSetSystemCall
_SET = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_WRITE = ctypes.CFUNCTYPE(
    ctypes.c_ssize_t,
    *(ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64),
    use_errno=True,
)
_SYNC = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, use_errno=True)

Chance = Callable[[int], int]
"""Given the bytes to write (0: to sync), returns the errno to fail with, or 0."""


class _Vfs(ctypes.Structure):
    _fields_ = [
        ("iVersion", ctypes.c_int),
        ("szOsFile", ctypes.c_int),
        ("mxPathname", ctypes.c_int),
        ("pNext", ctypes.c_void_p),
        ("zName", ctypes.c_char_p),
        ("pAppData", ctypes.c_void_p),
        ("methods", ctypes.c_void_p * _BETWEEN),
        ("xSetSystemCall", _SET),
    ]


def _vfs() -> _Vfs:
    find = ctypes.CDLL(_LIBRARY).sqlite3_vfs_find
    find.restype = ctypes.POINTER(_Vfs)
    find.argtypes = [ctypes.c_char_p]
    return find(None).contents


@contextlib.contextmanager
def failing(chance: Chance) -> Iterator[None]:
    """Ask `chance` before every write and sync of SQLite, and fail as it says."""

    def write(file: int, buffer: int, size: int, offset: int) -> int:
        number = chance(size)
        if number:
            if number == errno.EIO and size > 1:  # half of it came onto the disk
                os.pwrite(file, ctypes.string_at(buffer, size // 2), offset)
            ctypes.set_errno(number)
            return -1
        return os.pwrite(file, ctypes.string_at(buffer, size), offset)

    def sync(file: int) -> int:
        number = chance(0)
        if number:
            ctypes.set_errno(number)
            return -1
        os.fdatasync(file)
        return 0

    vfs = _vfs()
    # SQLite's name -> ours; a build has pwrite or pwrite64.
    calls = {b"pwrite": _WRITE(write), b"pwrite64": _WRITE(write), b"fsync": _SYNC(sync)}
    place = ctypes.addressof(vfs)
    for name, call in calls.items():
        vfs.xSetSystemCall(place, name, ctypes.cast(call, ctypes.c_void_p))
    try:
        yield
    finally:
        for name in calls:
            vfs.xSetSystemCall(place, name, None)
