"""Fills `bi_values` (`host.store.bi`) with what readings say: a row a value, in plain words.

A packed day at a time, then what lies in rows of its own, each in a transaction: ended anywhere, it
goes on. Names, units and numbers are those of the Standard CSV in English. It has a connection of
its own beside the one writer's and waits for no one, nor does the writer wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from host.export import columns
from host.export.columns import Column
from host.export.csv_text import decimals
from host.readout import telegrams
from host.readout.telegrams import Record
from host.store import bi, block, database, loggers, meters, postgresql, readings
from host.store.block import Block, Row
from host.store.place import Server
from host.store.tables import METER_ID_MAX, from_ms
from host.texts.catalogue import DEFAULT_LANGUAGE
from shared.errors import BadSetting, Busy
from shared.mbus import names

_AT_ONCE = 2000
"""Readings in rows of their own that are filled in one transaction."""

_CLAIM = 0x6D627576
_NEVER = 1_000_000  # a day in the year 4707
_NOTHING = "\\N"
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\N{REPLACEMENT CHARACTER}"}
)

_name = cast(Callable[..., str], cast(Any, names).name)

Progress = Callable[[int], None]
"""Is told now and then how much is done, in parts of a thousand."""


def fill(
    server: Server, on_progress: Progress = lambda _permille: None, *, again: bool = False
) -> int:
    """Add what is missing for our logger; return how many readings that were.

    again: look at the days that are filled already, too. Raises `BadSetting` when it is switched
    off, `Busy` when another process fills for this logger, `StoreFault` when the database refuses;
    what was filled until then stays.
    """
    engine = postgresql.open_beside(server)
    with database.translated(server), engine.connect() as holder:
        holder = holder.execution_options(isolation_level="AUTOCOMMIT")
        claim = func.pg_try_advisory_lock(_CLAIM, func.hashtext(server.logger))
        if not holder.scalar(select(claim)):
            raise Busy(f"{server}: the table for BI tools is being filled already")
        with Session(engine) as session:
            with session.begin():
                _tidy(session, again=again)
            return _packed(session, on_progress) + _late(session, on_progress)


def _tidy(session: Session, *, again: bool) -> None:
    """Delete what is kept no longer: of deleted meters, and from before the oldest reading."""
    if bi.mark(session) is None:
        raise BadSetting("there is no table for BI tools; python -m host bi on makes it")
    if again:
        bi.reopen(session, 0)
    days = readings.days(session)
    bi.forget_before(session, days[0] if days else _NEVER)
    bi.forget_strangers(session)


def _packed(session: Session, on_progress: Progress) -> int:
    """Fill the packed days from the mark on."""
    count = 0
    begin = None
    while True:
        with session.begin():
            mark = bi.mark(session)
            day = None if mark is None else bi.next_day(session, mark)
            if mark is None or day is None:
                return count
            begin = day if begin is None else begin
            last = bi.last_day(session)
            count += _day(session, day)
            bi.advance(session, mark, day + 1)
        on_progress(max(0, 999 * (day + 1 - begin) // (last + 1 - begin)))


def _day(session: Session, day: int) -> int:
    known = bi.moments_of(session, day)
    found = bi.blocks_of(session, day)
    heads = _heads(session)
    count = 0
    for meter, data in found:
        if meter not in heads:
            continue  # deleted meanwhile
        packed = Block(data)
        if known:
            rows = [row for row in packed.rows() if (meter, row[0]) not in known]
            if not rows:
                continue
            packed = block.loose(rows)
        bi.write(session, lines(packed, heads[meter]))
        count += len(packed.moments)
    return count


def _late(session: Session, on_progress: Progress) -> int:
    """Fill what lies in rows of its own."""
    count, after = 0, -1
    while True:
        with session.begin():
            found = bi.missing_rows(session, after, _AT_ONCE)
            if not found:
                on_progress(1000)
                return count
            after = found[-1][0]
            heads = _heads(session)
            for meter, rows in _by_meter(found):
                if meter in heads:
                    bi.write(session, lines(block.loose(rows), heads[meter]))
        count += len(found)


def _by_meter(found: Sequence[tuple[int, Row]]) -> Iterator[tuple[int, list[Row]]]:
    def meter(one: tuple[int, Row]) -> int:
        return one[0] & METER_ID_MAX

    for number, some in groupby(sorted(found, key=lambda one: (meter(one), one[0])), meter):
        yield number, [row for _, row in some]


def _heads(session: Session) -> dict[int, str]:
    """Return what all lines of a meter have in common, by its number."""
    logger = _text(loggers.name_of(session) or "")
    return {
        meter.id: f"{logger}\t{_text(meter.address)}\t{meter.id}" for meter in meters.all(session)
    }


def lines(packed: Block, head: str) -> Iterator[str]:
    """Yield the lines of COPY for the readings of a block; `head`: logger, meter and its number."""
    times = [from_ms(moment).isoformat() for moment in packed.moments]
    style = CopyStyle()
    plain, others = columns.parts(packed)
    for part in plain:
        at = [times[place] for place in part.places]
        for column in columns.sheet(part, DEFAULT_LANGUAGE).columns:
            cells, units = columns.cells([part], column, style)
            fields = {unit: _fields(column, unit, head) for unit in units or (column.unit,)}
            alike = fields[column.unit] if units is None else ""
            for place, cell in enumerate(cells):
                yield f"{at[place]}{fields[units[place]] if units else alike}{cell}\n"
    for place, blob in others:
        for column in columns.decoded(blob, DEFAULT_LANGUAGE).columns:
            cell = style.cell(column.record)
            yield f"{times[place]}{_fields(column, column.unit, head)}{cell}\n"


def _fields(column: Column, unit: str, head: str) -> str:
    """Return what stands between moment and value."""
    record = column.record
    told = (
        column.index,
        head,
        _text(_name(telegrams.quantity(record), telegrams.modifiers(record))),
        _text("" if unit == "None" else unit),
        telegrams.storage(record),
        telegrams.tariff(record),
        telegrams.subunit(record),
        telegrams.function(record),
    )
    return "".join(f"\t{field}" for field in told) + "\t"


class CopyStyle:
    """Cells as the two fields `value` and `text` of COPY."""

    def numbers(self, mantissas: Sequence[int], exponent: int) -> Sequence[str]:
        return self.decimals(decimals(mantissas, exponent))

    def decimals(self, texts: Sequence[str]) -> Sequence[str]:
        return [f"{text}\t{_NOTHING}" for text in texts]

    def moments(self, seconds: Sequence[int]) -> Sequence[str]:
        found = {one: from_ms(1000 * one).replace(tzinfo=None).isoformat() for one in set(seconds)}
        return [f"{_NOTHING}\t{found[one]}" for one in seconds]

    def cell(self, record: Record) -> str:
        text = telegrams.csv_value(record)
        if telegrams.scaled(record) is not None:
            return f"{text}\t{_NOTHING}"
        return f"{_NOTHING}\t{_text(text)}" if text else f"{_NOTHING}\t{_NOTHING}"


def _text(text: str) -> str:
    """Return a text of whatever content as a field of COPY."""
    return text.translate(_ESCAPES)
