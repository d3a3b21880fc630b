"""From what the board delivers to what the database keeps.

`assess` is pure: telegrams in, verdict out. `accept` does the rest inside the writer's session: the
raw telegrams go into a reading, the meter's row gets its state and, at the first readout of a meter
that was registered offline, its identity. A telegram that cannot be decoded is kept all the same,
for a better decoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from host.readout import telegrams, templates
from host.readout.telegrams import Record, Telegram
from host.store import arrivals, meters, readings
from host.store.arrivals import Arrival
from host.store.meters import Attempt, Identity, Meter, State
from host.store.tables import moment_of
from shared.board_inputs import is_input
from shared.errors import DecodeError, MbuslinkError
from shared.mbus import addresses
from shared.mbus.faults import ALARM_CI, status_tells_fault

_HIGHEST_PRIMARY = 250  # above: selected meter, any meter, broadcast (EN 13757-2)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to read one meter, as the board's journal has it.

    (board, boot, number) names it for ever. frames: whole RSP_UD frames in order, empty when the
    meter could not be read; then `error_key` (of `shared.errors`) and `error_detail` say why.
    dated: it was read for a reading date (manual 6.6).
    """

    board: str
    boot: int
    number: int
    at: datetime
    address: str
    frames: Sequence[bytes]
    error_key: str | None = None
    error_detail: str | None = None
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a readout went. status: the meter's status byte, all telegrams' bits together."""

    state: State
    status: int | None
    error_key: str | None
    error_detail: str | None
    identity: Identity | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a delivery. reading_id: None when nothing was stored; at: its moment.

    greeted: it is the first reading of a meter, which got the driver template of its kind by it.
    """

    meter: Meter
    reading_id: int | None
    at: datetime
    greeted: bool = False


def assess(
    frames: Sequence[bytes], error_key: str | None = None, error_detail: str | None = None
) -> Verdict:
    """Return what the telegrams of one readout say of their meter; never raises."""
    status: int | None = None
    alarm = False
    identity: Identity | None = None
    for frame in frames:
        try:
            found = telegrams.decode(frame)
            if found.error and not found.records:
                raise DecodeError(found.error)
        except MbuslinkError as error:
            error_key, error_detail = error_key or error.key, error_detail or str(error)
            continue
        identity = identity or _identity(found)
        if found.status is not None:
            status = (status or 0) | found.status
        alarm = alarm or is_alarm(found)
    if error_key is not None or not frames:
        return Verdict("error", status, error_key or "no_answer", error_detail or "", identity)
    state: State = "alarm" if alarm else "ok"
    return Verdict(state, status, None, None, identity)


def is_alarm(found: Telegram) -> bool:
    """Tell whether a meter reports a fault of its own: alarm telegram, status byte, error flags."""
    if found.ci == ALARM_CI or status_tells_fault(found.ci, found.status or 0):
        return True
    return any(_error_flags_up(record) for record in found.records)


def _error_flags_up(record: Record) -> bool:
    """Tell whether `record` is the present error flags (VIF FDh 17h) with one of them set."""
    if telegrams.quantity(record) != "Error flags" or telegrams.storage(record):
        return False
    return telegrams.error(record) is None and bool(telegrams.raw(record).strip("0"))


def accept(session: Session, deliveries: Sequence[Delivery]) -> list[Accepted | None]:
    """Store deliveries, in order, and return what became of each; None where nobody registered it.

    An input of the board that delivers is switched on there: it becomes a meter by itself.
    A delivery that was accepted before changes nothing and has no `reading_id`.
    """
    numbers = meters.numbers(session)
    whose = [_number(session, numbers, delivery.address) for delivery in deliveries]
    known = [(number, item) for number, item in zip(whose, deliveries, strict=True) if number]
    arrived = iter(arrivals.append(session, [_arrival(*one) for one in known if one[1].frames]))
    stored = [next(arrived) if item.frames else None for _, item in known]
    attempts = [
        _attempt(number, item, reading)
        for (number, item), reading in zip(known, stored, strict=True)
        if reading is not None or not item.frames
    ]
    unread = templates.unread(session, {attempt.meter_id for attempt in attempts if attempt.read})
    meters_now = meters.record_attempts(session, attempts)
    greeted = {meter.id: meter for meter in templates.greet(session, unread)}
    meters_now |= greeted
    for number, _ in known:
        if number not in meters_now:
            meter = meters.get(session, number)
            assert meter is not None
            meters_now[number] = meter
    outcomes = iter(
        Accepted(
            meters_now[number],
            reading,
            moment_of(reading) if reading else item.at,
            number in greeted,
        )
        for (number, item), reading in zip(known, stored, strict=True)
    )
    return [next(outcomes) if number else None for number in whose]


def again(session: Session, meter: Meter) -> Meter:
    """Note what today's decoder says of a meter's newest reading; return the meter as it is now.

    Nothing changes where it was not read yet, or a later attempt to read it failed.
    """
    reading = readings.latest(session, meter.id)
    if reading is None:
        return meter
    verdict = assess(reading.frames)
    attempt = Attempt(
        meter_id=meter.id,
        at=reading.at,
        state=verdict.state,
        status=verdict.status,
        error_key=verdict.error_key,
        error_detail=verdict.error_detail,
        identity=verdict.identity,
        read=True,
    )
    return meters.record_attempts(session, [attempt])[meter.id]


def _number(session: Session, numbers: dict[str, int], address: str) -> int | None:
    if address not in numbers and is_input(address):
        numbers[address] = meters.add(session, address, name=address).id
    return numbers.get(address)


def _arrival(number: int, delivery: Delivery) -> Arrival:
    return Arrival(
        meter_id=number,
        at=delivery.at,
        frames=delivery.frames,
        board=delivery.board,
        boot=delivery.boot,
        number=delivery.number,
        dated=delivery.dated,
    )


def _attempt(number: int, delivery: Delivery, reading: int | None) -> Attempt:
    verdict = assess(delivery.frames, delivery.error_key, delivery.error_detail)
    return Attempt(
        meter_id=number,
        at=moment_of(reading) if reading else delivery.at,
        state=verdict.state,
        status=verdict.status,
        error_key=verdict.error_key,
        error_detail=verdict.error_detail,
        identity=verdict.identity,
        read=reading is not None,
    )


def _identity(found: Telegram) -> Identity | None:
    if found.id is None:
        return None
    return Identity(
        primary=found.address if found.address <= _HIGHEST_PRIMARY else None,
        secondary=addresses.secondary_of(found.frame),
        manufacturer=found.manufacturer,
        serial=found.id,
        version=found.version,
        medium=found.medium,
    )
