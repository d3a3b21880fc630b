"""Consumer units: which meters and users belong together."""

from __future__ import annotations

from typing import Any

from flask import abort
from pydantic import Field

from host.core.services import MOST_METERS, MOST_USERS
from host.settings.units import LONGEST_DESCRIPTION, LONGEST_NAME
from host.store import units
from host.store.units import Unit as Kept
from host.web.api.meters import view
from host.web.api.models import Sent, Told
from host.web.api.operations import Group
from host.web.api.problems import Taken
from host.web.asking import ask
from shared.errors import Busy

group = Group("Consumer units")


class Unit(Told):
    """A consumer unit. A standard user in one or several sees their meters and no other."""

    id: int
    name: str
    description: str
    meters: list[int] = Field(description="Numbers of its meters.")
    users: list[int] = Field(description="Numbers of its users.")


class Units(Told):
    """All consumer units, by name."""

    units: list[Unit]


class NewUnit(Sent):
    name: str = Field(min_length=1, max_length=LONGEST_NAME, examples=["Flat 3"])
    description: str = Field("", max_length=LONGEST_DESCRIPTION)


class UnitMeters(Sent):
    meters: list[int] = Field(max_length=MOST_METERS, examples=[[1]])


class UnitUsers(Sent):
    users: list[int] = Field(max_length=MOST_USERS, examples=[[1]])


class Made(Told):
    id: int


@group.get("/units")
def many() -> Units:
    """List the consumer units."""
    return Units(units=[_told(one) for one in view().read(units.all)])


@group.post("/units", status=201)
def add(body: NewUnit) -> Made:
    """Add a consumer unit."""
    return Made(**_named("units.add", **body.model_dump()))


@group.get("/units/<int:unit_id>")
def one(unit_id: int) -> Unit:
    """Tell of a consumer unit."""
    return _told(_kept(unit_id))


@group.put("/units/<int:unit_id>")
def change(unit_id: int, body: NewUnit) -> Unit:
    """Call and describe a consumer unit otherwise."""
    _kept(unit_id)
    _named("units.change", id=unit_id, **body.model_dump())
    return one(unit_id)


@group.delete("/units/<int:unit_id>")
def delete(unit_id: int) -> None:
    """Delete a consumer unit; its meters and users stay."""
    _kept(unit_id)
    ask("units.delete", id=unit_id)


@group.put("/units/<int:unit_id>/meters")
def set_meters(unit_id: int, body: UnitMeters) -> Unit:
    """Have these meters in a consumer unit, and no other."""
    _kept(unit_id)
    ask("units.set_meters", id=unit_id, meters=body.meters)
    return one(unit_id)


@group.put("/units/<int:unit_id>/users")
def set_users(unit_id: int, body: UnitUsers) -> Unit:
    """Have these users in a consumer unit, and no other."""
    _kept(unit_id)
    ask("units.set_users", id=unit_id, users=body.users)
    return one(unit_id)


def _kept(unit_id: int) -> Kept:
    return view().read(lambda session: units.get(session, unit_id)) or abort(404)


def _named(method: str, **wanted: Any) -> dict[str, Any]:
    try:
        return ask(method, **wanted)
    except Busy as error:
        raise Taken(str(error)) from error


def _told(unit: Kept) -> Unit:
    return Unit(
        id=unit.id,
        name=unit.name,
        description=unit.description,
        meters=sorted(unit.meters),
        users=sorted(unit.users),
    )
