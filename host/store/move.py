"""Moves all of a database in a file to a server, where others' may be; ended anywhere, it goes on.

Meters get numbers of the server, so the keys of their readings change. Blocks are copied in the
order of days, a few in a transaction; the next run goes on with the last day that is there. The two
days that lie in rows are copied together at the end, and what is there is counted. The file is only
read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import delete, func, inspect, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import InstrumentedAttribute, Session

from host.store import database, loggers, migrate, settings
from host.store.database import StoreFault
from host.store.place import Server
from host.store.tables import (
    METER_BITS,
    METER_ID_MAX,
    AuditRow,
    Base,
    BlockRow,
    BoardRow,
    DatedRow,
    DeliveryRow,
    MeterRow,
    ReadingRow,
    SettingRow,
    StatusRow,
    TemplateRow,
    TokenRow,
    UnitMeterRow,
    UnitRow,
    UnitUserRow,
    UserRow,
    ValueRow,
)

_AT_ONCE = 500

Progress = Callable[[int], None]
"""Is told now and then how much is done, in parts of a thousand."""

Numbers = dict[int, int]
"""Number of a meter, user or unit here -> there."""

R = TypeVar("R", MeterRow, UserRow, UnitRow)


def run(path: Path, server: Server, on_progress: Progress = lambda _permille: None) -> int:
    """Copy the database at `path`, which nobody writes to, to `server`; return how many blocks.

    Raises `Busy` when another host writes for this logger there, `StoreFault` when either fails, or
    when what is there in the end is not what is here.
    """
    migrate.upgrade(path)
    migrate.upgrade(server)
    engine = database.open_writer(server)
    try:
        with database.reading(path) as here:
            try:
                return _move(here, lambda: Session(engine), server, on_progress)
            except DatabaseError as error:
                raise database.fault(server, error) from error
    finally:
        engine.dispose()


def _move(
    here: Session, open_there: Callable[[], Session], server: Server, on_progress: Progress
) -> int:
    with open_there() as there, there.begin():
        meters = _bring(here, there, MeterRow, MeterRow.address)
        _values(here, there, meters)
        _boards(here, there)
        for row in here.scalars(select(SettingRow)):
            settings.keep_text(there, row.name, row.value)
        users = _bring(here, there, UserRow, UserRow.name_key)
        _tokens(here, there, users)
        units = _bring(here, there, UnitRow, UnitRow.name)
        _in_units(here, there, units, meters, users)
        _templates(here, there)
        _audit(here, there)
        _messages(here, there, meters)
    count = here.scalar(select(func.count()).select_from(BlockRow)) or 0
    with open_there() as there:
        last = there.scalar(select(func.max(BlockRow.id)).where(*loggers.own(there, BlockRow.id)))
    first = 0 if last is None else last >> METER_BITS << METER_BITS
    for start in dict.fromkeys((first, 0)):
        _blocks(here, open_there, meters, start, count, on_progress)
        if _size(here) == _there(open_there):
            break
    else:
        raise StoreFault(
            f"{server}: there are days that the file does not have; it was not moved. Give the"
            f" logger another name (?logger=NAME)"
        )
    with open_there() as there, there.begin():
        _rows(here, there, meters)
    on_progress(1000)
    return count


def _values(here: Session, there: Session, meters: Numbers) -> None:
    """Bring the settings of the meters' values, in place of what is there."""
    there.execute(delete(ValueRow).where(ValueRow.meter_id.in_(meters.values())))
    for row in here.scalars(select(ValueRow)).all():
        other = ValueRow()
        _copy(row, other)
        other.meter_id = meters[row.meter_id]
        there.add(other)
    there.flush()


def _templates(here: Session, there: Session) -> None:
    """Bring the driver templates, in place of those that an earlier run has brought."""
    for row in there.scalars(select(TemplateRow)).all():
        there.delete(row)
    there.flush()
    for row in here.scalars(select(TemplateRow).order_by(TemplateRow.id)).all():
        other = TemplateRow()
        _copy(row, other)
        there.add(other)
    there.flush()


def _boards(here: Session, there: Session) -> None:
    """Note how far each board's journal has come home; what is further there stays."""
    for board in here.scalars(select(BoardRow)).all():
        other = there.scalar(select(BoardRow).where(BoardRow.uid == board.uid))
        if other is None:
            other = BoardRow(uid=board.uid)
            there.add(other)
            there.flush()
        for mark in here.scalars(select(DeliveryRow).where(DeliveryRow.board_id == board.id)):
            known = there.get(DeliveryRow, (other.id, mark.boot))
            number = max(mark.number, known.number if known else -1)
            there.merge(DeliveryRow(board_id=other.id, boot=mark.boot, number=number))


def _bring(
    here: Session, there: Session, table: type[R], key: InstrumentedAttribute[str]
) -> Numbers:
    """Bring all rows there; return their numbers. One of the same key there is brought up."""
    known = {getattr(row, key.key): row for row in there.scalars(select(table))}
    numbers: Numbers = {}
    for row in here.scalars(select(table).order_by(table.id)).all():
        other = known.get(getattr(row, key.key))
        if other is None:
            other = table()
            there.add(other)
        _copy(row, other)
        there.flush()
        numbers[row.id] = other.id
    return numbers


def _tokens(here: Session, there: Session, users: Numbers) -> None:
    """Bring the tokens of the users, as they are here; what an earlier run has brought goes."""
    there.execute(delete(TokenRow).where(TokenRow.user_id.in_(users.values())))
    for row in here.scalars(select(TokenRow)):
        other = TokenRow()
        _copy(row, other)
        other.user_id = users[row.user_id]
        there.add(other)
    there.flush()


def _in_units(
    here: Session, there: Session, units: Numbers, meters: Numbers, users: Numbers
) -> None:
    """Bring what and who is in the consumer units."""
    for one in here.scalars(select(UnitMeterRow)):
        there.merge(UnitMeterRow(unit_id=units[one.unit_id], meter_id=meters[one.meter_id]))
    for one in here.scalars(select(UnitUserRow)):
        there.merge(UnitUserRow(unit_id=units[one.unit_id], user_id=users[one.user_id]))


def _audit(here: Session, there: Session) -> None:
    """Bring what was changed by whom; what an earlier run has brought stays."""
    known = {(row.at, row.who, row.what, row.which) for row in there.scalars(select(AuditRow))}
    for row in here.scalars(select(AuditRow).order_by(AuditRow.id)).all():
        if (row.at, row.who, row.what, row.which) not in known:
            other = AuditRow()
            there.add(other)
            _copy(row, other)
            there.flush()  # one by one, so that they keep their order


def _messages(here: Session, there: Session, meters: Numbers) -> None:
    """Bring the status messages; what an earlier run has brought stays."""
    known = {(row.at, row.key, row.which) for row in there.scalars(select(StatusRow))}
    for row in here.scalars(select(StatusRow).order_by(StatusRow.id)).all():
        if (row.at, row.key, row.which) not in known:
            other = StatusRow()
            there.add(other)
            _copy(row, other)
            other.meter_id = row.meter_id and meters[row.meter_id]
            there.flush()


def _copy(row: Base, other: Base) -> None:
    for column in inspect(type(row)).columns:
        if column.key not in ("id", "logger_id"):
            setattr(other, column.key, getattr(row, column.key))


def _blocks(
    here: Session,
    open_there: Callable[[], Session],
    meters: Numbers,
    first: int,
    count: int,
    on_progress: Progress,
) -> None:
    """Copy the blocks from the key `first` on."""
    query = select(func.count()).select_from(BlockRow).where(BlockRow.id < first)
    done = here.scalar(query) or 0
    after = first - 1
    while True:
        query = select(BlockRow.id, BlockRow.data).where(BlockRow.id > after)
        some = here.execute(query.order_by(BlockRow.id).limit(_AT_ONCE)).all()
        if not some:
            return
        after = some[-1][0]
        with open_there() as there, there.begin():
            statement = insert(BlockRow)
            statement = statement.on_conflict_do_update(
                index_elements=["id"], set_={"data": statement.excluded.data}
            )
            rows = [{"id": _key(key, meters), "data": data} for key, data in some]
            there.connection().execute(statement, rows)
        done += len(some)
        on_progress(min(999, 1000 * done // count))


def _rows(here: Session, there: Session, meters: Numbers) -> None:
    """Copy what has rows of its own, in place of what is there: days that have been packed since
    are not to come back."""
    for table, names in ((ReadingRow, ("id", "frames")), (DatedRow, ("id",))):
        there.execute(delete(table).where(*loggers.own(there, table.id)))
        found = here.execute(select(*(getattr(table, name) for name in names))).all()
        for at in range(0, len(found), _AT_ONCE):
            rows = [dict(zip(names, row, strict=True)) for row in found[at : at + _AT_ONCE]]
            for row in rows:
                row["id"] = _key(row["id"], meters)
            there.connection().execute(insert(table), rows)


def _size(session: Session) -> Sequence[Any]:
    """Return count and bytes of our blocks."""
    query = select(func.count(), func.coalesce(func.sum(func.length(BlockRow.data)), 0))
    return tuple(session.execute(query.where(*loggers.own(session, BlockRow.id))).one())


def _there(open_there: Callable[[], Session]) -> Sequence[Any]:
    with open_there() as there:
        return _size(there)


def _key(key: int, meters: Numbers) -> int:
    """Return the key of a reading or block with the meter's number there."""
    return key & ~METER_ID_MAX | meters[key & METER_ID_MAX]
