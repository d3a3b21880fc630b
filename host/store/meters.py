"""Meters as other rooms see them: frozen facts, read and written inside a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from host.store import readings, status_messages
from host.store.status_messages import Said
from host.store.tables import MeterRow
from shared.errors import Busy
from shared.mbus import addresses

ERROR_DETAIL_MAX = 400

_NUMBERS = select(MeterRow.address, MeterRow.id)
_FORMER = select(MeterRow.former_address, MeterRow.id).where(MeterRow.former_address.is_not(None))
_IS_THERE = MeterRow.deleted_at.is_(None)
_ALL = select(MeterRow.__table__).where(_IS_THERE).order_by(MeterRow.id)

_FAULTS = {"error": "meter_unreadable", "alarm": "meter_fault"}
"""State -> status message; a meter that is well or was never read has none."""

PRIMARY_DIGITS = 3
BUS_ERRORS = frozenset({"bus_short", "link_lost", "busy"})
"""Errors of the bus, not of the meter that was asked."""
ReadBy = Literal["primary", "secondary"]

State = Literal["unread", "ok", "alarm", "error"]
"""Not yet read; read; read, and the meter reports a fault; could not be read (manual 6.4.3)."""


@dataclass(frozen=True, slots=True)
class Meter:
    """One registered meter.

    `address` is the text it was entered with and is read by. `primary`, `secondary` (16 digits),
    `manufacturer`, `serial`, `version` and `medium` are None until its first readout, unless the
    address tells them. `cycle_s` None: the common readout cycle, 0: without pause. `per_day`: how
    many readings a day its battery allows, None: no limit. `application_reset`: its sub-code, -1
    without one, None: no reset. `changed_from`: the secondary address of the meter that stood in
    this place before, until somebody has confirmed the change. `medium` is `meter_type` where
    somebody has set one, else what the meter says. `error_key` and `error_detail` belong to the
    last attempt and are None when it went well. `values_revision`: how often the settings of its
    values were changed, 0: they never had any.
    """

    id: int
    address: str
    name: str
    site: str
    baud: int
    cycle_s: int | None
    snd_nke: bool
    application_reset: int | None
    segment: int
    per_day: int | None
    settle_ms: int
    retries: int
    cost_centre: str
    comment: str
    meter_type: int | None
    primary: int | None
    secondary: str | None
    manufacturer: str | None
    serial: str | None
    version: int | None
    medium: int | None
    changed_from: str | None
    state: State
    status: int | None
    last_read_at: datetime | None
    last_attempt_at: datetime | None
    error_key: str | None
    error_detail: str | None
    values_revision: int = 0

    @property
    def read_by(self) -> ReadBy:
        """By which kind of address it is read."""
        return "primary" if len(self.address) <= PRIMARY_DIGITS else "secondary"


def all(session: Session) -> Sequence[Meter]:
    """Return every registered meter in the order of registration."""
    return [_unchanged(row) for row in session.execute(_ALL)]


def get(session: Session, meter_id: int) -> Meter | None:
    """Return the meter with this number, or None."""
    row = session.get(MeterRow, meter_id)
    return None if row is None or row.deleted_at is not None else _meter(row)


def numbers(session: Session) -> dict[str, int]:
    """Return the number of every meter by its address text.

    A deleted one is among them as long as it can be had back, and one that is read by another
    address now stands under its former one, too: their readings still find them.
    """
    former = {row.former_address: row.id for row in session.execute(_FORMER)}
    return former | {row.address: row.id for row in session.execute(_NUMBERS)}


def by_address(session: Session, address: str) -> Meter | None:
    """Return the meter registered under this address text, or None."""
    row = _at(session, address)
    return None if row is None else _meter(row)


def add(
    session: Session,
    address: str,
    *,
    primary: int | None = None,
    secondary: str | None = None,
    name: str = "",
    site: str = "",
    cost_centre: str = "",
    baud: int = 2400,
    cycle_s: int | None = None,
    segment: int = 1,
) -> Meter:
    """Register a meter; it is unread until its first readout.

    A deleted one of this address is forgotten for good. Raises `Busy` when the address is
    registered already.
    """
    if by_address(session, address) is not None:
        raise Busy(f"{address}: this address is registered already")
    purge(session, MeterRow.address == address)
    row = MeterRow(
        address=address,
        primary=primary,
        secondary=secondary,
        name=name,
        site=site,
        cost_centre=cost_centre,
        baud=baud,
        cycle_s=cycle_s,
        segment=segment,
        settle_ms=0,
        retries=2,
        snd_nke=True,
        state="unread",
    )
    session.add(row)
    session.flush()
    return _meter(row)


def change(session: Session, address: str, changes: Mapping[str, Any]) -> Meter | None:
    """Give the meter at this address new settings, by the names of `Meter`; None: no such meter."""
    row = _at(session, address)
    if row is None:
        return None
    for name, value in changes.items():
        setattr(row, name, value)
    session.flush()
    return _meter(row)


def readdress(session: Session, address: str, other: str) -> Meter | None:
    """Have the meter at this address read by another one; None: no such meter.

    Raises `Busy` when the other address is registered already.
    """
    row = _at(session, address)
    if row is None:
        return None
    if _at(session, other) is not None:
        raise Busy(f"{other}: this address is registered already")
    purge(session, MeterRow.address == other)
    row.former_address, row.address = address, other
    session.flush()
    return _meter(row)


def take_over(
    session: Session, address: str, identity: Identity, *, baud: int | None = None
) -> Meter | None:
    """Note which meter stands at this address and at which rate; None: no such meter.

    What `identity` leaves open stays when it is the same meter; of another one only its primary
    address does. baud: None stays as it is.
    """
    row = _at(session, address)
    if row is None:
        return None
    known, said = row.secondary, identity.secondary
    another = known is not None and said is not None and not _may_be_same(known, said)
    for field in fields(identity):
        value = getattr(identity, field.name)
        if value is not None or (another and field.name != "primary"):
            setattr(row, field.name, value)
    row.changed_from = None
    row.baud = baud or row.baud
    session.flush()
    return _meter(row)


def delete(session: Session, address: str, at: datetime) -> Meter | None:
    """Delete the meter at this address; return it, None when there is none.

    It and its readings can be had back by `restore` until they are purged.
    """
    row = _at(session, address)
    if row is None:
        return None
    row.deleted_at = at
    session.flush()
    return _meter(row)


def restore(session: Session, address: str) -> Meter | None:
    """Take back the deletion of the meter at this address; None when nothing is left of one."""
    row = session.scalar(select(MeterRow).where(MeterRow.address == address, ~_IS_THERE))
    if row is None:
        return None
    row.deleted_at = None
    session.flush()
    return _meter(row)


def purge_deleted(session: Session, before: datetime) -> int:
    """Forget the meters deleted before this moment, with their readings; return how many."""
    return purge(session, MeterRow.deleted_at < before)


def are_deleted(session: Session, before: datetime) -> bool:
    """Tell whether there are meters for `purge_deleted`."""
    wanted = select(MeterRow.id).where(MeterRow.deleted_at < before).limit(1)
    return session.scalar(wanted) is not None


def purge(session: Session, which: ColumnElement[bool]) -> int:
    """Forget the deleted meters for which `which` holds, with their readings; return how many."""
    rows = session.scalars(select(MeterRow).where(~_IS_THERE, which)).all()
    for row in rows:
        readings.delete_of(session, row.id)
        session.delete(row)
    session.flush()
    return len(rows)


def _at(session: Session, address: str) -> MeterRow | None:
    return session.scalar(select(MeterRow).where(MeterRow.address == address, _IS_THERE))


@dataclass(frozen=True, slots=True)
class Identity:
    """What a meter says of itself; None where it does not say."""

    primary: int | None = None
    secondary: str | None = None
    manufacturer: str | None = None
    serial: str | None = None
    version: int | None = None
    medium: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt to read a meter at `at` went.

    read: a reading was stored. identity: replaces what is known where it says something; when it
    is that of another meter than before, `Meter.changed_from` remembers which that was.
    """

    meter_id: int
    at: datetime
    state: State
    status: int | None = None
    error_key: str | None = None
    error_detail: str | None = None
    identity: Identity | None = None
    read: bool = False


def record_attempts(session: Session, attempts: Sequence[Attempt]) -> dict[int, Meter]:
    """Note how attempts went, in their order; return their meters as they are now, by number.

    An attempt older than the one noted last changes nothing: the board delivers late, and twice.
    A meter that fares worse or otherwise bad than before gets a status message (manual 6.8.6).
    """
    wanted = {attempt.meter_id for attempt in attempts}
    found = session.scalars(select(MeterRow).where(MeterRow.id.in_(wanted)))
    rows = {row.id: row for row in found}
    said: list[Said] = []
    for attempt in attempts:
        said += _record(rows[attempt.meter_id], attempt)
    session.flush()
    status_messages.enter(session, said)
    return {number: _meter(row) for number, row in rows.items()}


def _record(row: MeterRow, attempt: Attempt) -> list[Said]:
    """Note how an attempt went; return what it says to whoever looks after the logger."""
    if row.last_attempt_at is not None and attempt.at < row.last_attempt_at:
        return []
    row.last_attempt_at = attempt.at
    row.state = attempt.state
    row.status = attempt.status
    row.error_key = attempt.error_key
    detail = attempt.error_detail
    row.error_detail = detail[:ERROR_DETAIL_MAX] if detail else detail
    if attempt.read:
        row.last_read_at = attempt.at
    if attempt.identity is not None:
        _identify(row, attempt.identity)
    return _news(row, attempt)


def _news(row: MeterRow, attempt: Attempt) -> list[Said]:
    """Return the message that the meter is not well; none while it is as it was told last."""
    if attempt.state == "error" and attempt.error_key in BUS_ERRORS:
        return []
    before, now = row.fault_told, _FAULTS.get(attempt.state)
    row.fault_told = now
    if now is None or now == before:
        return []
    which = row.serial or row.address
    if attempt.state == "error":
        cause, detail = attempt.error_key or "", attempt.error_detail or ""
    else:
        cause, detail = "", "" if attempt.status is None else f"0x{attempt.status:02x}"
    return [Said(now, attempt.at, row.id, which, cause, detail)]


def _identify(row: MeterRow, identity: Identity) -> None:
    """Note what the meter says it is, and from whom it took over when it is another one."""
    known, said = row.secondary, identity.secondary
    another = False
    if known is not None and said is not None and not _may_be_same(known, said):
        another = True
        first = row.changed_from or known
        row.changed_from = None if _may_be_same(first, said) else first
    for field in fields(identity):
        value = getattr(identity, field.name)
        if value is None:
            continue
        if field.name == "secondary" and known is not None and not another and _is_partly(value):
            continue  # some telegrams tell the number alone: what was known stays
        setattr(row, field.name, value)


def _is_partly(secondary: str) -> bool:
    return addresses.parse_address(secondary).has_wildcards()


def _may_be_same(one: str, other: str) -> bool:
    """Tell whether two secondary addresses (16 digits, F in what is not known) fit one meter."""
    mask, header = (addresses.parse_address(text).secondary for text in (one, other))
    return mask is None or header is None or addresses.matches(mask, header)


@lru_cache(maxsize=2000)
def _unchanged(row: Row[*tuple[Any, ...]]) -> Meter:
    """Return the same meter for the same row: most are as before when all are asked for again."""
    return _meter(cast(MeterRow, row))


def _meter(row: MeterRow) -> Meter:
    return Meter(
        id=row.id,
        address=row.address,
        name=row.name,
        site=row.site,
        baud=row.baud,
        cycle_s=row.cycle_s,
        snd_nke=row.snd_nke,
        application_reset=row.application_reset,
        segment=row.segment,
        per_day=row.per_day,
        settle_ms=row.settle_ms,
        retries=row.retries,
        cost_centre=row.cost_centre,
        comment=row.comment,
        meter_type=row.meter_type,
        primary=row.primary,
        secondary=row.secondary,
        manufacturer=row.manufacturer,
        serial=row.serial,
        version=row.version,
        medium=row.medium if row.meter_type is None else row.meter_type,
        changed_from=row.changed_from,
        state=cast(State, row.state),
        status=row.status,
        last_read_at=row.last_read_at,
        last_attempt_at=row.last_attempt_at,
        error_key=row.error_key,
        error_detail=row.error_detail,
        values_revision=row.values_revision,
    )
