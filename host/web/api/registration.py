"""Meters registered, set up, deleted and had back."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from host.core.services import MOST_METERS
from host.settings.meter import CONFIRMED, MeterSettings
from host.web.api.meters import row_of
from host.web.api.models import Sent, Told, asked_settings, told_settings
from host.web.api.operations import Group
from host.web.asking import ask

group = Group("Registration of meters")

Baud = Literal[300, 600, 1200, 2400, 4800, 9600]

_Told: Any = told_settings(MeterSettings, "MeterSettings")
_Asked: Any = asked_settings(MeterSettings, "MeterSettingsChange")


class SettingsOfMeter(_Told):
    """The settings of a meter."""


class ChangeOfMeter(_Asked):
    """Settings of a meter that are to be others; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Flat 3"}]})


class NewMeter(Sent):
    address: str = Field(
        min_length=1,
        max_length=16,
        description="Primary address 1 to 250, or 8 or 16 digits as on the meter's plate.",
        examples=["17"],
    )
    baud: Baud = Field(2400, description="Its rate.")
    segment: Literal[1, 2, 3] = Field(1, description="The output that it hangs on.")
    name: str = Field("", max_length=200)
    site: str = Field("", max_length=200)
    cost_centre: str = Field("", max_length=200)


class NewMeters(Sent):
    meters: list[NewMeter] = Field(min_length=1, max_length=MOST_METERS)


class Added(Told):
    id: int
    address: str


class Registered(Told):
    """What came of it. Meters that were registered already stay as they are."""

    added: list[Added]
    known: list[str] = Field(description="Addresses that were registered already.")


class Addresses(Sent):
    addresses: list[str] = Field(min_length=1, max_length=MOST_METERS, examples=[["17"]])


class Restored(Told):
    restored: int


@group.post("/meters", status=201)
def add(body: NewMeters) -> Registered:
    """Register meters, on the bus already or not, all or none.

    One that is not on the bus yet becomes known at its first readout."""
    return Registered(**ask("meters.add_each", meters=[one.model_dump() for one in body.meters]))


@group.get("/meters/<int:meter_id>/settings")
def settings(meter_id: int) -> SettingsOfMeter:
    """Tell the settings of a meter."""
    meter = row_of(meter_id).meter
    return SettingsOfMeter(**{row.name: getattr(meter, row.name) for row in MeterSettings.rows()})


@group.patch("/meters/<int:meter_id>/settings")
def change(meter_id: int, body: ChangeOfMeter) -> SettingsOfMeter:
    """Change settings of a meter; what is left out stays."""
    changes = body.model_dump(mode="json", exclude_unset=True)
    if changes:
        ask("meters.change", addresses=[row_of(meter_id).meter.address], changes=changes)
    return settings(meter_id)


@group.post("/meters/<int:meter_id>/confirm")
def confirm(meter_id: int) -> None:
    """Confirm that another meter stands in this place now."""
    ask("meters.change", addresses=[row_of(meter_id).meter.address], changes={CONFIRMED: None})


@group.delete("/meters/<int:meter_id>")
def delete(meter_id: int) -> None:
    """Delete a meter with its readings.

    For a day it can be had back by its address: `/api/v1/meters/restore`."""
    ask("meters.delete", addresses=[row_of(meter_id).meter.address])


@group.post("/meters/restore")
def restore(body: Addresses) -> Restored:
    """Have deleted meters back with their readings, all or none."""
    return Restored(**ask("meters.restore", addresses=body.addresses))
