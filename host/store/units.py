"""Consumer units as other rooms see them: frozen facts, read and written inside a session.

A unit has meters and users, either of which may be in several. Each change is written down for
`who` made it. Names, not numbers, stand there: they still say something when the unit is gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

from sqlalchemy import Table, insert, select
from sqlalchemy import delete as delete_rows
from sqlalchemy.orm import Session

from host.settings.units import check_description, check_name
from host.store import audit
from host.store.accounts import User
from host.store.tables import MeterRow, UnitMeterRow, UnitRow, UnitUserRow, UserRow
from shared.errors import BadSetting, Busy


class _Members(NamedTuple):
    """What may be in a unit: how it is called, the table that says so, its number there."""

    kind: str
    table: Table
    number: str


_METERS = _Members("meter", cast(Table, UnitMeterRow.__table__), "meter_id")
_USERS = _Members("user", cast(Table, UnitUserRow.__table__), "user_id")


@dataclass(frozen=True, slots=True)
class Unit:
    """A consumer unit. meters, users: the numbers of those in it."""

    id: int
    name: str
    description: str
    meters: frozenset[int]
    users: frozenset[int]


def all(session: Session) -> Sequence[Unit]:
    """Return every unit, by name."""
    rows = sorted(session.scalars(select(UnitRow)), key=lambda row: row.name.casefold())
    meters, users = (_by_unit(session, members) for members in (_METERS, _USERS))
    return [_unit(row, meters[row.id], users[row.id]) for row in rows]


def get(session: Session, unit_id: int) -> Unit | None:
    """Return the unit with this number, or None."""
    row = session.scalar(select(UnitRow).where(UnitRow.id == unit_id))
    return None if row is None else _with_members(session, row)


def add(session: Session, who: str, name: str, description: str) -> Unit:
    """Add a unit without meters and users.

    Raises `BadSetting` for a name that cannot be, `Busy` for one that is taken.
    """
    name = _free_name(session, name, None)
    row = UnitRow(name=name, description=check_description(description))
    session.add(row)
    session.flush()
    audit.record(session, who, "unit.added", name, after={"description": row.description})
    return _with_members(session, row)


def change(session: Session, who: str, unit_id: int, name: str, description: str) -> Unit:
    """Call a unit and describe it otherwise; raises as `add`, and `BadSetting` for no such unit."""
    row = _row(session, unit_id)
    before = {"name": row.name, "description": row.description}
    row.name = _free_name(session, name, unit_id)
    row.description = check_description(description)
    session.flush()
    after = {"name": row.name, "description": row.description}
    audit.record(session, who, "unit.changed", before["name"], before=before, after=after)
    return _with_members(session, row)


def delete(session: Session, who: str, unit_id: int) -> Unit:
    """Delete a unit; its meters and users stay. Raises `BadSetting` when there is none."""
    row = _row(session, unit_id)
    unit = _with_members(session, row)
    for members in (_METERS, _USERS):
        _empty(session, members, unit_id)
    session.delete(row)
    session.flush()
    audit.record(session, who, "unit.deleted", unit.name)
    return unit


def set_meters(session: Session, who: str, unit_id: int, meters: Collection[int]) -> Unit:
    """Have these meters in the unit and no other. Raises `BadSetting` for one there is not."""
    names = {one.id: one.name or one.address for one in session.scalars(select(MeterRow))}
    return _set(session, who, unit_id, _METERS, meters, names)


def set_users(session: Session, who: str, unit_id: int, users: Collection[int]) -> Unit:
    """Have these users in the unit and no other. Raises `BadSetting` for one there is not."""
    names = {one.id: one.name for one in session.scalars(select(UserRow))}
    return _set(session, who, unit_id, _USERS, users, names)


def seen_by(session: Session, user: User) -> frozenset[int] | None:
    """Return the numbers of the meters that `user` may see, None for all of them.

    A standard user sees all meters until it is in a unit; then those of its units (SPEC W3).
    """
    if user.is_administrator:
        return None
    mine = select(UnitUserRow.unit_id).where(UnitUserRow.user_id == user.id)
    units = session.scalars(mine).all()
    if not units:
        return None
    meters = select(UnitMeterRow.meter_id).where(UnitMeterRow.unit_id.in_(units))
    return frozenset(session.scalars(meters))


def _free_name(session: Session, name: str, own: int | None) -> str:
    name = check_name(name)
    for row in session.scalars(select(UnitRow)):
        if row.name.casefold() == name.casefold() and row.id != own:
            raise Busy(f"{name}: there is a consumer unit of this name already")
    return name


def _row(session: Session, unit_id: int) -> UnitRow:
    row = session.scalar(select(UnitRow).where(UnitRow.id == unit_id))
    if row is None:
        raise BadSetting(f"consumer unit {unit_id}: there is none of this number")
    return row


def _set(
    session: Session,
    who: str,
    unit_id: int,
    members: _Members,
    wanted: Collection[int],
    names: Mapping[int, str],
) -> Unit:
    """Have these members in the unit and no other; names: of all that there are."""
    row = _row(session, unit_id)
    missing = sorted(set(wanted) - set(names))
    if missing:
        raise BadSetting(f"{members.kind} {missing[0]}: there is none of this number")
    before = _of(session, members, unit_id)
    _empty(session, members, unit_id)
    rows = [{"unit_id": unit_id, members.number: one} for one in set(wanted)]
    if rows:
        session.execute(insert(members.table), rows)
    told = [
        {f"{members.kind}s": sorted(names[one] for one in some if one in names)}
        for some in (before, set(wanted))
    ]
    what = f"unit.{members.kind}s_changed"
    audit.record(session, who, what, row.name, before=told[0], after=told[1])
    return _with_members(session, row)


def _empty(session: Session, members: _Members, unit_id: int) -> None:
    session.execute(delete_rows(members.table).where(members.table.c.unit_id == unit_id))


def _of(session: Session, members: _Members, unit_id: int) -> frozenset[int]:
    numbers = select(members.table.c[members.number])
    return frozenset(session.scalars(numbers.where(members.table.c.unit_id == unit_id)))


def _by_unit(session: Session, members: _Members) -> Mapping[int, set[int]]:
    """Return the members of every unit by its number."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    columns = members.table.c
    for unit_id, one in session.execute(select(columns.unit_id, columns[members.number])):
        found[unit_id].add(one)
    return found


def _with_members(session: Session, row: UnitRow) -> Unit:
    meters, users = (_of(session, members, row.id) for members in (_METERS, _USERS))
    return _unit(row, meters, users)


def _unit(row: UnitRow, meters: Collection[int], users: Collection[int]) -> Unit:
    return Unit(row.id, row.name, row.description, frozenset(meters), frozenset(users))
