"""Meters as other rooms see them: frozen facts, read and written inside a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from host.store import readings
from host.store.tables import MeterRow
from shared.errors import Busy
from shared.mbus import addresses

ERROR_DETAIL_MAX = 400

_NUMBERS = select(MeterRow.address, MeterRow.id)

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
    this place before, until somebody has confirmed the change. `error_key` and `error_detail`
    belong to the last attempt and are None when it went well.
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


def all(session: Session) -> Sequence[Meter]:
    """Return every registered meter in the order of registration."""
    return [_meter(row) for row in session.scalars(select(MeterRow).order_by(MeterRow.id))]


def get(session: Session, meter_id: int) -> Meter | None:
    """Return the meter with this number, or None."""
    row = session.get(MeterRow, meter_id)
    return None if row is None else _meter(row)


def numbers(session: Session) -> dict[str, int]:
    """Return the number of every registered meter by its address text."""
    return {row.address: row.id for row in session.execute(_NUMBERS)}


def by_address(session: Session, address: str) -> Meter | None:
    """Return the meter registered under this address text, or None."""
    row = session.scalar(select(MeterRow).where(MeterRow.address == address))
    return None if row is None else _meter(row)


def add(
    session: Session,
    address: str,
    *,
    primary: int | None = None,
    secondary: str | None = None,
    name: str = "",
    site: str = "",
    baud: int = 2400,
    cycle_s: int | None = None,
    segment: int = 1,
) -> Meter:
    """Register a meter; it is unread until its first readout.

    Raises `Busy` when the address is registered already.
    """
    if by_address(session, address) is not None:
        raise Busy(f"{address}: this address is registered already")
    row = MeterRow(
        address=address,
        primary=primary,
        secondary=secondary,
        name=name,
        site=site,
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
    row = session.scalar(select(MeterRow).where(MeterRow.address == address))
    if row is None:
        return None
    for name, value in changes.items():
        setattr(row, name, value)
    session.flush()
    return _meter(row)


def delete(session: Session, address: str) -> Meter | None:
    """Delete the meter at this address and its readings; return it, None when there is none."""
    row = session.scalar(select(MeterRow).where(MeterRow.address == address))
    if row is None:
        return None
    meter = _meter(row)
    readings.delete_of(session, meter.id)
    session.delete(row)
    session.flush()
    return meter


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
    """
    wanted = {attempt.meter_id for attempt in attempts}
    found = session.scalars(select(MeterRow).where(MeterRow.id.in_(wanted)))
    rows = {row.id: row for row in found}
    for attempt in attempts:
        _record(rows[attempt.meter_id], attempt)
    session.flush()
    return {number: _meter(row) for number, row in rows.items()}


def _record(row: MeterRow, attempt: Attempt) -> None:
    if row.last_attempt_at is not None and attempt.at < row.last_attempt_at:
        return
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
        primary=row.primary,
        secondary=row.secondary,
        manufacturer=row.manufacturer,
        serial=row.serial,
        version=row.version,
        medium=row.medium,
        changed_from=row.changed_from,
        state=cast(State, row.state),
        status=row.status,
        last_read_at=row.last_read_at,
        last_attempt_at=row.last_attempt_at,
        error_key=row.error_key,
        error_detail=row.error_detail,
    )
