"""How meters are read unless one has settings of its own (manual 6.4.4)."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import BadSetting

CYCLE_S_MIN = 10
CYCLE_S_MAX = 172_800
BAUDS = (300, 600, 1200, 2400, 4800, 9600)


@dataclass(frozen=True, slots=True)
class ReadoutSettings:
    """cycle_s: seconds from one readout of all meters to the next, 10 s to 48 h.

    Raises `BadSetting` for a value out of its range.
    """

    cycle_s: int = 900

    def __post_init__(self) -> None:
        check_cycle(self.cycle_s)


def check_cycle(cycle_s: int) -> None:
    """Raise `BadSetting` unless `cycle_s` is a readout cycle in seconds."""
    if not CYCLE_S_MIN <= cycle_s <= CYCLE_S_MAX:
        raise BadSetting(
            f"readout cycle {cycle_s} s: choose {CYCLE_S_MIN} s to {CYCLE_S_MAX} s (48 h)"
        )


def check_baud(baud: int) -> None:
    """Raise `BadSetting` unless the bus knows the rate `baud`."""
    if baud not in BAUDS:
        raise BadSetting(f"{baud} baud: choose one of {', '.join(map(str, BAUDS))}")
