"""Consumer units as other rooms see them: frozen facts, read and written inside a session.

A unit has meters and users, either of which may be in several. Each change is written down for
`who` made it. Names, not numbers, stand there: they still say something when the unit is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete as delete_rows
from sqlalchemy import select
from sqlalchemy.orm import Session

from host.settings.units import check_description, check_name
from host.store import audit
from host.store.accounts import User
from host.store.tables import MeterRow, UnitMeterRow, UnitRow, UnitUserRow, UserRow
from shared.errors import BadSetting, Busy


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
    return [_unit(session, row) for row in rows]


def get(session: Session, unit_id: int) -> Unit | None:
    """Return the unit with this number, or None."""
    row = session.scalar(select(UnitRow).where(UnitRow.id == unit_id))
    return None if row is None else _unit(session, row)


def add(session: Session, who: str, name: str, description: str) -> Unit:
    """Add a unit without meters and users.

    Raises `BadSetting` for a name that cannot be, `Busy` for one that is taken.
    """
    name = _free_name(session, name, None)
    row = UnitRow(name=name, description=check_description(description))
    session.add(row)
    session.flush()
    audit.record(session, who, "unit.added", name, after={"description": row.description})
    return _unit(session, row)


def change(session: Session, who: str, unit_id: int, name: str, description: str) -> Unit:
    """Call a unit and describe it otherwise; raises as `add`, and `BadSetting` for no such unit."""
    row = _row(session, unit_id)
    before = {"name": row.name, "description": row.description}
    row.name = _free_name(session, name, unit_id)
    row.description = check_description(description)
    session.flush()
    after = {"name": row.name, "description": row.description}
    audit.record(session, who, "unit.changed", before["name"], before=before, after=after)
    return _unit(session, row)


def delete(session: Session, who: str, unit_id: int) -> Unit:
    """Delete a unit; its meters and users stay. Raises `BadSetting` when there is none."""
    row = _row(session, unit_id)
    unit = _unit(session, row)
    for table in (UnitMeterRow, UnitUserRow):
        session.execute(delete_rows(table).where(table.unit_id == unit_id))
    session.delete(row)
    session.flush()
    audit.record(session, who, "unit.deleted", unit.name)
    return unit


def set_meters(session: Session, who: str, unit_id: int, meters: Collection[int]) -> Unit:
    """Have these meters in the unit and no other. Raises `BadSetting` for one there is not."""
    row = _row(session, unit_id)
    there = {one.id: one.name or one.address for one in session.scalars(select(MeterRow))}
    before = _unit(session, row)
    _known(meters, there, "meter")
    session.execute(delete_rows(UnitMeterRow).where(UnitMeterRow.unit_id == unit_id))
    session.add_all(UnitMeterRow(unit_id=unit_id, meter_id=number) for number in set(meters))
    session.flush()
    audit.record(
        session,
        who,
        "unit.meters_changed",
        row.name,
        before={"meters": sorted(there[number] for number in before.meters if number in there)},
        after={"meters": sorted(there[number] for number in set(meters))},
    )
    return _unit(session, row)


def set_users(session: Session, who: str, unit_id: int, users: Collection[int]) -> Unit:
    """Have these users in the unit and no other. Raises `BadSetting` for one there is not."""
    row = _row(session, unit_id)
    there = {one.id: one.name for one in session.scalars(select(UserRow))}
    before = _unit(session, row)
    _known(users, there, "user")
    session.execute(delete_rows(UnitUserRow).where(UnitUserRow.unit_id == unit_id))
    session.add_all(UnitUserRow(unit_id=unit_id, user_id=number) for number in set(users))
    session.flush()
    audit.record(
        session,
        who,
        "unit.users_changed",
        row.name,
        before={"users": sorted(there[number] for number in before.users if number in there)},
        after={"users": sorted(there[number] for number in set(users))},
    )
    return _unit(session, row)


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


def _known(wanted: Collection[int], there: Collection[int], kind: str) -> None:
    missing = sorted(set(wanted) - set(there))
    if missing:
        raise BadSetting(f"{kind} {missing[0]}: there is none of this number")


def _row(session: Session, unit_id: int) -> UnitRow:
    row = session.scalar(select(UnitRow).where(UnitRow.id == unit_id))
    if row is None:
        raise BadSetting(f"consumer unit {unit_id}: there is none of this number")
    return row


def _unit(session: Session, row: UnitRow) -> Unit:
    meters = select(UnitMeterRow.meter_id).where(UnitMeterRow.unit_id == row.id)
    users = select(UnitUserRow.user_id).where(UnitUserRow.unit_id == row.id)
    return Unit(
        id=row.id,
        name=row.name,
        description=row.description,
        meters=frozenset(session.scalars(meters)),
        users=frozenset(session.scalars(users)),
    )
