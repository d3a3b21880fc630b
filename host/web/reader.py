"""The one way from the pages to the database in the data folder: they read it and never write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from host.store import place
from host.store.database import StoreFault, open_reader, translated
from host.store.place import Place

T = TypeVar("T")


class Reader:
    """Reads the database in the data folder `data`, from any thread."""

    def __init__(self, data: Path) -> None:
        self._place = place.of(data)
        self._session = open_reader(self._place)

    def read(self, work: Callable[[Session], T]) -> T:
        """Return `work(session)`. Raises `StoreFault` for whatever the database says against it."""
        where = self.existing()
        with translated(where), self._session() as session:
            return work(session)

    def existing(self) -> Place:
        """Return where the database is. Raises `StoreFault` while there is none."""
        if isinstance(self._place, Path) and not self._place.exists():
            raise StoreFault(f"{self._place}: the database is not there yet")
        return self._place
