"""The level converter: another program has the M-Bus while it is on (manual 6.8.5)."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field

from host.web.api.models import Told
from host.web.api.operations import Group
from host.web.api.state import core
from host.web.asking import ask
from shared.errors import LinkLost

group = Group("Level converter")


class Converter(Told):
    """How the level converter is. While it is on, no meter is read."""

    active: bool
    baud: int
    segment: int = Field(description="The output whose bus it has.")
    master: str | None = Field(description="Who is connected to it; null: nobody.")
    sent: int = Field(description="Bytes to the bus since it was switched on.")
    received: int
    ends_s: int | None = Field(description="After so many seconds it ends by itself.")
    trouble: str | None = Field(description="What it meets, in English.")

    @classmethod
    def of(cls, told: dict[str, Any]) -> Self:
        return cls(**told["converter"])


@group.get("/converter")
def now() -> Converter:
    """Tell how the level converter is."""
    return _do("state")


@group.post("/converter/on")
def on() -> Converter:
    """Switch the level converter on; the readout rests meanwhile."""
    return _do("on")


@group.post("/converter/off")
def off() -> Converter:
    """Switch the level converter off; the readout goes on."""
    return _do("off")


def _do(what: str) -> Converter:
    if core().link == "not_connected":
        raise LinkLost("the board is not connected")
    return Converter.of(ask("board.converter", what=what))
