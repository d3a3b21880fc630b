"""The banner's figures: bus voltage and current, temperatures 1 and 2 of the board (manual 6.10.1).

Pure: takes what `board.inputs` of the core told, returns what the banner shows. Several segments
are told together: the lowest voltage of those that are fed, all their current.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from host.texts.catalogue import N_
from host.texts.locale import Words

STALE_S = 30
"""Figures that are older than this look old."""

_CUT_OFF = ("tripped", "trying")
_SEGMENT_STATES = {
    "high": N_("High current"),
    "voltage": N_("Wrong voltage"),
    "tripped": N_("Short circuit"),
    "trying": N_("Switching on again"),
}
_SENSOR_STATES = {
    "range": N_("out of range"),
    "open": N_("open"),
    "short": N_("short-circuited"),
    "missing": N_("not found"),
}
_SENSORS = (1, 2)


@dataclass(frozen=True, slots=True)
class Told:
    """What the board told at `at`, as `board.inputs` has it."""

    at: datetime
    inputs: Mapping[str, Any]


class Trouble(NamedTuple):
    """What is wrong on the bus; bad: it is cut off."""

    text: str
    bad: bool


class Temperature(NamedTuple):
    """A sensor: `text` in degC, or `trouble` in words; both "" when it is switched off."""

    number: int
    text: str
    trouble: str


class Figures(NamedTuple):
    """What the banner shows; a text is "" where nothing is measured. at: None: never told."""

    at: datetime | None
    volts: str
    milliamperes: str
    temperatures: Sequence[Temperature]
    troubles: Sequence[Trouble]


def figures(told: Told | None, words: Words) -> Figures:
    """Return the figures in the language of `words`."""
    if told is None:
        return Figures(None, "", "", [Temperature(number, "", "") for number in _SENSORS], ())
    supplies: Sequence[Mapping[str, Any]] = told.inputs["supplies"]
    fed = [one for one in supplies if one["state"] not in _CUT_OFF] or supplies
    volts = min((one["voltage_mv"] for one in fed), default=None)
    microamperes = sum(one["current_ua"] for one in supplies)
    return Figures(
        told.at,
        "" if volts is None else words.number(_rounded(volts, 1)),
        words.number(_rounded(microamperes, 0)) if supplies else "",
        [_temperature(number, told.inputs["temperatures"], words) for number in _SENSORS],
        [_trouble(one, len(supplies), words) for one in supplies if one["state"] != "ok"],
    )


def _temperature(number: int, sensors: Sequence[Mapping[str, Any]], words: Words) -> Temperature:
    for sensor in sensors:
        if sensor["sensor"] == number and sensor["active"]:
            trouble, milli = _SENSOR_STATES.get(sensor["state"]), sensor["milli_celsius"]
            if trouble is not None:
                return Temperature(number, "", words.gettext(trouble))
            if milli is not None:
                return Temperature(number, words.number(_rounded(milli, 1)), "")
    return Temperature(number, "", "")


def _trouble(supply: Mapping[str, Any], segments: int, words: Words) -> Trouble:
    state = _SEGMENT_STATES[supply["state"]]
    text = words.gettext(state)
    if segments > 1:
        where = words.gettext(N_("Segment {segment}")).format(segment=supply["segment"])
        text = f"{where}: {text}"
    return Trouble(text, supply["state"] in _CUT_OFF)


def _rounded(milli: int, places: int) -> str:
    """Return thousandths as decimal text of the whole with so many places, never "-0.0"."""
    value = (Decimal(milli) / 1000).quantize(Decimal(1).scaleb(-places))
    return format(abs(value) if value == 0 else value, "f")
