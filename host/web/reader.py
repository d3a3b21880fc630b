"""The one way from the pages to the database in the data folder: they read it and never write."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from host.store import place
from host.store.changes import Changes
from host.store.database import StoreFault, open_reader, translated
from host.store.place import Place
from host.web import turns

MOST_KEPT = 2000
"""Answers, of some kilobytes at most; then all are forgotten."""

_LOCKS = 64

T = TypeVar("T")


class Reader:
    """Reads the database in the data folder `data`, from any thread."""

    def __init__(self, data: Path) -> None:
        self._place = place.of(data)
        self._session = open_reader(self._place)
        # A server is far away; a file is read with our own processor, which gains nothing by it.
        self._aside = nullcontext if isinstance(self._place, Path) else turns.aside
        self._changes = Changes(self._place)
        self._kept: dict[Hashable, tuple[object, Any]] = {}
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))

    def read(self, work: Callable[[Session], T]) -> T:
        """Return `work(session)`. Raises `StoreFault` for whatever the database says against it."""
        where = self.existing()
        with self._aside(), translated(where), self._session() as session:
            return work(session)

    def kept(self, what: Hashable, work: Callable[[Session], T], of: object = None) -> T:
        """Return `work(session)` as it was last for `what`, unless something was committed since.

        of: what it follows from, where that is known: kept until that is another instead.
        What it returns is given to many: it must not be changed, nor depend on who asks or when.
        """
        known, mark = self._kept.get(what), self._changes.mark() if of is None else of
        if known is not None and known[0] == mark:
            return known[1]
        with self._aside(), self._locks[hash(what) % _LOCKS]:  # one reads, all have it
            known, mark = self._kept.get(what), self._changes.mark() if of is None else of
            if known is None or known[0] != mark:
                if len(self._kept) >= MOST_KEPT:
                    self._kept.clear()
                known = self._kept[what] = mark, self.read(work)
            return known[1]

    def existing(self) -> Place:
        """Return where the database is. Raises `StoreFault` while there is none."""
        if isinstance(self._place, Path) and not self._place.exists():
            raise StoreFault(f"{self._place}: the database is not there yet")
        return self._place
