"""The meters that may be seen, and how they fare."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, Self
from urllib.parse import urlencode

from flask import abort, current_app, request
from pydantic import Field

from host.readout import own_values, telegrams
from host.readout.own_values import settings_of
from host.readout.telegrams import RecordLine, medium_text
from host.settings.value import PLAIN
from host.store.meters import Meter as Registered
from host.web import access
from host.web.api.models import LARGEST, Asked, Moment, Told, Whole
from host.web.api.operations import Group
from host.web.display import is_number
from host.web.meters_view import MeterRow, MetersView
from host.web.people import People

group = Group("Meters")

State = Literal["unread", "ok", "alarm", "error"]
_AT_ONCE = 100
_MOST = 250


class Value(Told):
    """A value that a meter tells, and what sets it apart from others of its quantity."""

    name: str = Field(description="What it is called, as somebody has set it or in English.")
    quantity: str = Field(description="What it is, in English.", examples=["Energy"])
    designation: str = Field(description="What somebody has called it, `` for nothing.")
    function: str = Field(description="`instantaneous`, `maximum`, `minimum` or `error`.")
    storage: int = Field(description="0: now; others are kept by the meter, such as for a month.")
    tariff: int
    phase: int | None = Field(description="1 to 3, where somebody has set it.")
    subunit: int
    modifiers: list[str] = Field(description="What qualifies the quantity, in English.")
    value: str | None = Field(
        description="An exact decimal, a moment of the meter, or a text; null where it has none.",
        examples=["148213000"],
    )
    unit: str = Field(
        description="Base unit of a number, or what somebody has set; `` for none.", examples=["Wh"]
    )
    factor: str = Field(
        description="What the meter's number was divided by, as somebody has set it.",
        examples=["1", "1000"],
    )
    raw: str | None = Field(description="The value as the meter says it, in the base unit.")
    numeric: bool = Field(description="Whether `value` is a number.")
    error: str | None = Field(description="Why there is no value, or none to trust, in English.")

    @classmethod
    def of(cls, line: RecordLine, **more: int) -> Self:
        own, told = settings_of(line) or PLAIN, own_values.told(line)
        return cls(
            **more,
            name=told["name"],
            quantity=line["quantity"],
            designation=own.designation,
            function=line["function"],
            storage=line["storage"] if own.month is None else own.month,
            tariff=line["tariff"] if own.tariff is None else own.tariff,
            phase=own.phase,
            subunit=line["subunit"],
            modifiers=list(line["modifiers"]),
            value=None if told["value"] is None else str(told["value"]),
            unit=telegrams.symbol(told["unit"] or ""),
            factor=own.factor,
            raw=None if line["value"] is None else str(line["value"]),
            numeric=is_number(line),
            error=line["error"],
        )


class Meter(Told):
    """A registered meter: what it is called, what it says of itself, and how it fares."""

    id: int
    address: str = Field(description="What it is read by: primary 0 to 250, or 16 digits.")
    name: str
    site: str
    cost_centre: str
    comment: str
    primary: int | None
    secondary: str | None = Field(description="Secondary address, 16 digits.")
    manufacturer: str | None
    serial: str | None
    version: int | None
    medium: str | None = Field(description="What it measures, in English.", examples=["Water"])
    state: State
    status: list[str] = Field(description="Flags that it has set, such as `permanent_error`.")
    error: str | None = Field(description="Key of why it could not be read last, null for none.")
    error_detail: str | None = Field(description="The same in English, for the expert.")
    changed_from: str | None = Field(
        description="Secondary address of the meter that was here before, until it is confirmed."
    )
    cycle_s: int = Field(description="Seconds from readout to readout; 0: without pause.")
    last_read_at: Moment | None
    last_attempt_at: Moment | None
    is_stale: bool = Field(description="Whether its last readout is older than three cycles.")
    main: Value | None = Field(description="Its main value, null while there is none.")

    @classmethod
    def of(cls, row: MeterRow) -> Self:
        meter: Registered = row.meter
        return cls(
            id=meter.id,
            address=meter.address,
            name=meter.name,
            site=meter.site,
            cost_centre=meter.cost_centre,
            comment=meter.comment,
            primary=meter.primary,
            secondary=meter.secondary,
            manufacturer=meter.manufacturer,
            serial=meter.serial,
            version=meter.version,
            medium=None if meter.medium is None else medium_text(meter.medium),
            state=meter.state,
            status=telegrams.status_flags(meter.status),
            error=meter.error_key,
            error_detail=meter.error_detail,
            changed_from=meter.changed_from,
            cycle_s=row.cycle_s,
            last_read_at=meter.last_read_at,
            last_attempt_at=meter.last_attempt_at,
            is_stale=row.stale(datetime.now(UTC)),
            main=Value.of(row.record) if row.record else None,
        )


class Meters(Told):
    """A page of meters, in the order in which they were registered."""

    meters: list[Meter]
    next: str | None = Field(description="Address of the next page; null: this is the last one.")


class MetersWanted(Asked):
    state: State | None = Field(None, description="Only meters in this state.")
    unit: Whole | None = Field(
        None, ge=1, le=LARGEST, description="Only meters of the consumer unit of this number."
    )
    q: str | None = Field(
        None, max_length=100, description="Only meters with this in name, site, address or serial."
    )
    after: Whole = Field(0, ge=0, le=LARGEST, description="Only meters with a higher number.")
    limit: Whole = Field(_AT_ONCE, ge=1, le=_MOST, description="At most so many.")


@group.get("/meters")
def many(query: MetersWanted) -> Meters:
    """List the meters that you may see."""
    rows = [row for row in view().rows() if row.meter.id > query.after and _is_wanted(row, query)]
    if query.unit is not None:
        inside = _in_unit(query.unit)
        rows = [row for row in rows if row.meter.id in inside]
    rows.sort(key=lambda row: row.meter.id)
    page = rows[: query.limit]
    more = len(rows) > len(page)
    return Meters(
        meters=[Meter.of(row) for row in page],
        next=next_page(after=page[-1].meter.id) if more else None,
    )


@group.get("/meters/<int:meter_id>")
def one(meter_id: int) -> Meter:
    """Tell of one meter."""
    return Meter.of(row_of(meter_id))


def view() -> MetersView:
    return current_app.extensions["meters"]


def row_of(meter_id: int) -> MeterRow:
    """Return the row of a meter that may be seen. Aborts with 404."""
    return view().row(meter_id) or abort(404)


def next_page(**changes: object) -> str:
    """Return the address of the request under way with other fields in its query."""
    return f"{request.path}?{urlencode(request.args.to_dict() | changes)}"


def _is_wanted(row: MeterRow, query: MetersWanted) -> bool:
    meter = row.meter
    if query.state is not None and meter.state != query.state:
        return False
    texts = (meter.name, meter.site, meter.address, meter.serial or "")
    return query.q is None or any(query.q.casefold() in text.casefold() for text in texts)


def _in_unit(unit_id: int) -> frozenset[int]:
    people: People = current_app.extensions["people"]
    known = {unit.id: unit.meters for unit in people.units(access.signed_in())}
    return known[unit_id] if unit_id in known else abort(404)
