"""An export as a whole: a file for each of the meters, on its way or in one DataExport.zip.

Everything is a generator: bytes are made while they are taken, by whoever takes them (a download, a
command, a job), and closing the generator stops the work. Nothing here knows a web page or a core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from host.export import as_json, full_db, standard, workbook
from host.export.archive import FASTEST, Archive, Deflate
from host.export.form import Format, file_name
from host.export.source import Source
from host.export.subject import Subject
from host.store.block import Block
from host.store.meters import Meter

ZIP_NAME = "DataExport.zip"

Encoder = Callable[[Subject, Format], Iterator[bytes]]

ENCODERS: dict[str, Encoder] = {
    "standard": standard.encode,
    "full-db": full_db.encode,
    "json": as_json.encode,
    "xlsx": workbook.encode,
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an export is. done, total: months of meters; meter: whose file is being made."""

    done: int
    total: int
    meter: Meter


@dataclass(frozen=True, slots=True)
class File:
    """One file of an export: its name and its bytes, made while they are taken."""

    meter: Meter
    name: str
    data: Iterator[bytes]


class Export:
    """The readings of `source` of the meters `chosen`, written as `form` says.

    now: the moment in the files' names. progress(p) is called after each piece of work. empty: how
    many meters had no readings, so far.
    """

    def __init__(
        self,
        source: Source,
        chosen: Sequence[Meter],
        form: Format,
        now: datetime,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self._source = source
        self._chosen = chosen
        self._form = form
        self._now = now
        self._progress = progress
        self.empty = 0

    def files(self) -> Iterator[File]:
        """Yield a file for each meter that has readings in the period.

        Take the bytes of one before you ask for the next.
        """
        for number, meter in enumerate(self._chosen):
            begin = next((piece for piece in self._source.pieces(meter) if piece), None)
            if begin is None:
                self.empty += 1
            else:
                yield self.file(meter, number)
            self._tell((number + 1) * self._source.piece_count, meter)

    def file(self, meter: Meter, number: int = 0) -> File:
        """Return the file of one meter, with readings or without. number: how many came before."""

        def pieces() -> Iterator[Sequence[Block]]:
            done = number * self._source.piece_count
            for at, piece in enumerate(self._source.pieces(meter)):
                yield piece
                self._tell(done + at + 1, meter)

        subject = Subject(
            meter,
            pieces,
            latest=lambda: self._source.latest(meter),
            survey=lambda: self._source.pieces(meter),
            own=self._source.own(meter),
        )
        name = file_name(meter, self._now, self._form, dated=self._source.period.dated)
        return File(meter, name, ENCODERS[self._form.kind](subject, self._form))

    def archive(self, deflate: Deflate = FASTEST) -> Iterator[bytes]:
        """Yield DataExport.zip: the files of all meters."""
        archive = Archive(self._now, deflate)
        entries = (archive.entry(file.name, file.data) for file in self.files())
        yield from chain.from_iterable(entries)
        yield from archive.end()

    def _tell(self, done: int, meter: Meter) -> None:
        if self._progress is not None:
            total = len(self._chosen) * self._source.piece_count
            self._progress(Progress(done, total, meter))
