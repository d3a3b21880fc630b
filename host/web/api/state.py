"""How the logger is: its link to the board, its readouts, what it measures itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal, Self

from flask import current_app
from pydantic import Field

from host.core.services import MOST_METERS
from host.store.tables import from_ms
from host.web.api.meters import view
from host.web.api.models import LARGEST, Moment, Sent, Told
from host.web.api.operations import Group
from host.web.api.problems import wrong
from host.web.asking import ask
from host.web.core_line import AWAY, CoreAway, CoreLine
from shared.errors import LinkLost
from shared.version import VERSION

group = Group("State and readout")


class Board(Told):
    unique_id: str
    board: str = Field(description="Its kind, such as `w5500_evb_pico`.")
    firmware: str
    boot: int = Field(description="How often it has started.")


class Readout(Told):
    """A readout: of `total` meters `done` were asked and `failed` did not answer well."""

    started_at: Moment
    total: int
    done: int
    failed: int

    @classmethod
    def of(cls, told: dict[str, Any] | None) -> Self | None:
        if told is None:
            return None
        counts = {name: told[name] for name in ("total", "done", "failed")}
        return cls(started_at=from_ms(told["started_ms"]), **counts)


class State(Told):
    """How the logger is."""

    at: Moment = Field(description="When this was told.")
    version: str
    link: Literal["connected", "connecting", "not_connected", "core_away"] = Field(
        description="Link to the board; `core_away`: the part that reads does not run."
    )
    link_detail: str = Field(description="Why it is not connected, in English.")
    link_error: str | None = Field(description="Key of that, such as `link_lost`; null for none.")
    board: Board | None
    fault: str | None = Field(description="What keeps readings from being stored, in English.")
    readout: Readout | None = Field(description="The readout under way.")
    last_readout: Readout | None
    next_readout_at: Moment | None
    cycle_s: int = Field(description="The common readout cycle in seconds; 0: without pause.")
    schedule_too_short: str | None = Field(
        description="Why the bus cannot keep the cycle, in English; null: it can."
    )
    readings_lost: int = Field(description="Readings that boards had to drop, ever.")


class Supply(Told):
    segment: int
    state: Literal["ok", "high", "voltage", "tripped", "trying"]
    voltage_mv: int
    current_ua: int


class Temperature(Told):
    sensor: int
    active: bool
    state: Literal["ok", "range", "open", "short", "missing"]
    milli_celsius: int | None


class S0Input(Told):
    input: int
    active: bool
    closed: bool
    pulses: int = Field(description="Counted ever.")
    milli: int = Field(description="The reading, in thousandths of the unit.")
    unit: str


class Inputs(Told):
    """What the board measures and counts by itself."""

    supplies: list[Supply] = Field(description="The M-Bus outputs.")
    temperatures: list[Temperature]
    s0: list[S0Input]
    relays: list[bool] = Field(description="Whether each is energised.")


class ReadoutWanted(Sent):
    meters: list[int] | None = Field(
        None,
        max_length=MOST_METERS,
        description="Numbers of the meters that are to be read; null: all.",
        examples=[[1]],
    )


class ReadoutBegun(Told):
    meters: int = Field(description="How many will be read.")
    spent: int | None = Field(description="Of how many the battery's readings are spent today.")


@group.get("/state")
def state() -> State:
    """Tell how the logger is."""
    try:
        told = core().request("state")
    except CoreAway:
        told: dict[str, Any] = {"link": AWAY, "cycle_s": core().cycle_s}
    next_ms: int | None = told.get("next_readout_ms")
    schedule: dict[str, Any] = told.get("schedule") or {}
    return State(
        at=datetime.now(UTC),
        version=VERSION,
        link=told["link"],
        link_detail=told.get("link_detail", ""),
        link_error=core().link_error,
        board=Board(**told["board"]) if told.get("board") else None,
        fault=told.get("fault"),
        readout=Readout.of(told.get("readout")),
        last_readout=Readout.of(told.get("last_readout")),
        next_readout_at=None if next_ms is None else from_ms(next_ms),
        cycle_s=told["cycle_s"],
        schedule_too_short=schedule.get("too_short"),
        readings_lost=told.get("journal_lost", 0),
    )


@group.get("/inputs")
def inputs() -> Inputs:
    """Tell what the board measures and counts by itself."""
    told = core().request("board.inputs")["inputs"]
    return Inputs(
        supplies=[Supply(**one) for one in told["supplies"]],
        temperatures=[Temperature(**one) for one in told["temperatures"]],
        s0=[S0Input(**one) for one in told.get("s0", ())],
        relays=list(told.get("relays", ())),
    )


@group.post("/readout", status=202)
def read(body: ReadoutWanted) -> ReadoutBegun:
    """Read meters now.

    How it goes `/api/v1/state` tells; the values are there as soon as a meter has answered."""
    if body.meters is not None:
        known = {row.meter.id for row in view().rows()}
        for place, number in enumerate(body.meters):
            if number not in known or number > LARGEST:
                raise wrong(f"body.meters.{place}", "unknown", f"{number}: there is no such meter")
    if core().link == "not_connected":
        raise LinkLost("the board is not connected")
    told = ask("readout.start", meters=body.meters)
    return ReadoutBegun(meters=told["meters"], spent=told.get("spent"))


def core() -> CoreLine:
    return current_app.extensions["core"]
