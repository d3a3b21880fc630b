"""What can be set of the board's own inputs: S0 counters and PT1000 sensors (manual 6.8.3, 6.8.4).

The board keeps all but the name, which is that of the meter an input is once it is switched on. The
other names are those of `shared.board_settings`, behind the input: "s0.1.unit" is its `unit`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator

from host.settings import checks
from host.settings.chapter import Chapter, setting
from host.texts.catalogue import N_
from shared.board_inputs import SENSORS

ACTIVE = "active"
_Line = Annotated[str, AfterValidator(checks.one_line)]
UNITS = {
    "pulse": N_("pulses"),
    "Wh": "Wh",
    "kWh": "kWh",
    "l": "l",
    "m3": "m³",
    "kg": "kg",
    "t": "t",
}
MEDIA = {
    "electricity": N_("Electricity"),
    "gas": N_("Gas"),
    "heat": N_("Heat"),
    "water": N_("Water"),
    "other": N_("Other"),
}


def _unit(unit: str) -> str:
    if unit not in UNITS:
        raise checks.wrong(N_("choose one of {choices}"))
    return unit


def _medium(medium: str) -> str:
    if medium not in MEDIA:
        raise checks.wrong(N_("choose one of {choices}"))
    return medium


class S0Settings(Chapter):
    """start_milli: None where the count goes on as it is. *_milli: in thousandths of the unit."""

    TITLE: ClassVar[str] = N_("S0 inputs")
    HELP: ClassVar[str] = N_("Each counts the pulses of a meter and is read like a meter itself.")
    MANUAL: ClassVar[str] = "6.8.4"

    name: _Line = setting(
        "", N_("Name"), N_("What people call it; without one its number stands here."),
        kind="text", high=200,
    )  # fmt: skip
    medium: Annotated[str, AfterValidator(_medium)] = setting(
        "other",
        N_("Medium"),
        N_("What the meter behind the input measures."),
        kind="choice",
        choices=[*MEDIA.items()],
    )
    unit: Annotated[str, AfterValidator(_unit)] = setting(
        "pulse",
        N_("Unit"),
        N_("In which the meter counts. With another unit enter its reading again."),
        kind="choice",
        choices=[*UNITS.items()],
    )
    weight_milli: int = setting(
        1000,
        N_("Value of one pulse"),
        N_("In the unit above. A meter of 1000 pulses a kWh has 0.001 kWh, or 1 Wh."),
        kind="decimal",
        low=1,
        high=10**9,
    )
    start_milli: int | None = setting(
        None,
        N_("Reading of the meter now"),
        N_("What the meter's own counter shows. Empty: the count goes on as it is."),
        kind="decimal",
        low=0,
        high=10**15,
    )


class SensorSettings(Chapter):
    """offset_mk: added to what is measured, in thousandths of a kelvin."""

    TITLE: ClassVar[str] = N_("Temperature sensors")
    HELP: ClassVar[str] = N_("Two PT1000 at the logger, each read like a meter.")
    MANUAL: ClassVar[str] = "6.8.3"

    name: _Line = setting(
        "", N_("Name"), N_("What people call it; without one its number stands here."),
        kind="text", high=200,
    )  # fmt: skip
    offset_mk: int = setting(
        0,
        N_("Correction"),
        N_("Added to what is measured, for the resistance of a long cable: -5 to 5 K."),
        kind="decimal",
        unit="K",
        low=-5000,
        high=5000,
    )


def model_of(address: str) -> type[S0Settings] | type[SensorSettings]:
    """Return what can be set of the input `address`."""
    return SensorSettings if address in SENSORS else S0Settings


def prefix(address: str) -> str:
    """Return how the board's settings of the input `address` begin: "S0-1" is "s0.1."."""
    kind, _, number = address.lower().partition("-")
    return f"{kind}.{number}."
