"""Several loggers in one database: each sees its own meters and settings, and no other's.

An engine knows the name of its logger; every query of a session on it is narrowed to that logger
here, in one place. A database in a file has one logger, and nothing is narrowed. Numbers of meters
are given out by the database, so readings need no logger: their keys have the meter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, event, select
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from host.store.tables import (
    METER_ID_MAX,
    AuditRow,
    LoggerRow,
    MeterRow,
    SettingRow,
    StatusRow,
    TemplateRow,
    UnitRow,
    UserRow,
)

OPTION = "mbuslink_logger"
"""The execution option of an engine that has the logger's name."""

ALONE = 1
"""The number of the logger of a database in a file."""

_OWNED = (MeterRow, SettingRow, UserRow, UnitRow, AuditRow, StatusRow, TemplateRow)
"""What belongs to one logger."""


def of(session: Session) -> int:
    """Return the number of the session's logger."""
    name = name_of(session)
    if name is None:
        return ALONE
    if OPTION not in session.info:
        query = select(LoggerRow.id).where(LoggerRow.name == name)
        session.info[OPTION] = session.scalars(query).one()
    return session.info[OPTION]


def own(session: Session, key: Any) -> Sequence[ColumnElement[bool]]:
    """Return the condition that the key column of readings or blocks is of a meter of ours.

    There is none where there is one logger alone.
    """
    if name_of(session) is None:
        return ()
    meters = session.scalars(select(MeterRow.id)).all()
    return (key.bitwise_and(METER_ID_MAX).in_(meters),)


def name_of(session: Session) -> str | None:
    """Return the name of the session's logger, None for a database in a file."""
    return session.get_bind().get_execution_options().get(OPTION)


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:  # pyright: ignore[reportUnusedFunction]
    name = name_of(state.session)
    if name is None or state.is_insert or state.is_column_load or state.is_relationship_load:
        return
    number = select(LoggerRow.id).where(LoggerRow.name == name).scalar_subquery()
    state.statement = state.statement.options(
        *(with_loader_criteria(table, table.logger_id == number) for table in _OWNED)
    )


@event.listens_for(Session, "before_flush")
def _own(session: Session, _context: Any, _instances: Any) -> None:  # pyright: ignore[reportUnusedFunction]
    for row in tuple(session.new):
        if isinstance(row, _OWNED):
            row.logger_id = of(session)
