"""What a board counts, measures and guards beside the meters; the row is inputs.state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class PulseInput:
    """An S0 input. milli: its reading in thousandths of `unit`; pulses: all ever counted."""

    input: int
    active: bool
    closed: bool
    pulses: int
    milli: int
    unit: str


@dataclass(frozen=True, slots=True)
class Sensor:
    """A PT1000. state: "ok", "range", "open", "short" or "missing"."""

    sensor: int
    active: bool
    state: str
    milli_celsius: int | None


@dataclass(frozen=True, slots=True)
class Supply:
    """The feed of a segment. state: "ok", "high", "voltage", "tripped" or "trying"."""

    segment: int
    state: str
    voltage_mv: int
    current_ua: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is wrong. address: of a meter, "" for the bus; key: of `shared.status_codes`."""

    segment: int
    address: str
    key: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """All of it. relays: whether each is energised; alarms: the first of `alarm_count`."""

    s0: tuple[PulseInput, ...]
    temperatures: tuple[Sensor, ...]
    supplies: tuple[Supply, ...]
    relays: tuple[bool, ...]
    alarms: tuple[Alarm, ...]
    alarm_count: int

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        return cls(
            tuple(PulseInput(**row) for row in state["s0"]),
            tuple(Sensor(**row) for row in state["temperatures"]),
            tuple(Supply(**row) for row in state["supplies"]),
            tuple(state["relays"]),
            tuple(Alarm(**row) for row in state["alarms"]),
            state["alarm_count"],
        )
