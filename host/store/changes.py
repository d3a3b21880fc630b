"""Tells whether a database has changed since somebody looked, far cheaper than looking again."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

from host.store.place import Place


class Changes:
    """Watches the database at `place`, from any thread.

    It asks SQLite for `PRAGMA data_version` (https://sqlite.org/pragma.html), which takes
    some microseconds. A server has nothing as cheap: its database counts as changed each time.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file = 0

    def mark(self) -> object:
        """Return what is equal to an earlier mark only if nothing was committed in between.

        What is read after a mark was taken is at least as new as it.
        """
        if not isinstance(self._place, Path):
            return object()
        with self._lock:
            try:
                return self._file_mark(self._place)
            except (OSError, sqlite3.Error):  # whoever reads it will tell what is wrong
                self._close()
                return object()

    def _file_mark(self, path: Path) -> object:
        file = path.stat().st_ino
        if self._connection is None or file != self._file:  # another has been put in its place
            self._close()
            uri = f"{path.resolve().as_uri()}?mode=ro"
            self._connection = sqlite3.connect(
                uri, uri=True, isolation_level=None, check_same_thread=False
            )
            self._file = file
            return object()
        return file, self._connection.execute("PRAGMA data_version").fetchone()

    def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None
