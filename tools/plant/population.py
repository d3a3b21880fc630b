"""Who is on the bus: the demo's mix of meters, or the meters of a file."""

import json
from pathlib import Path
from random import Random
from typing import Any

from shared.mbus import addresses
from tools.plant import faults, profiles
from tools.plant.clock import BAUD_RATES
from tools.plant.meter import MOST_DELAY_BITS, Meter
from tools.plant.profiles import Contents, Profile

MOST_METERS = 250

# The order in which the demo's kinds of meters come; then again from the start. The first few
# show the greatest variety, for small plants.
DEMO = (
    "heat",
    "water",
    "electricity",
    "gas",
    "heat_cost_allocator",
    "climate",
    "three_telegrams",
    "fixed",
    "water",
    "heat_cost_allocator",
)

_KEYS = {
    "profile",
    "segment",
    "serial",
    "primary",
    "baud",
    "delay_bits",
    "delay_ms",
    "jitter_bits",
    "size",
    "fault",
    "status",
    "quirks",
}


def demo(
    kinds: dict[str, Profile], count: int, baud: int = 2400, seed: int = 0, segments: int = 1
) -> list[Meter]:
    """Return `count` (0..250) meters of all kinds, the same ones for the same `seed`.

    Numbers are unique and come in batches, as one delivery does; meter N has the primary address
    N, but every fourth one is as it left the factory, at 0, and can only be selected. The first is
    the CALEC ST of the manual, number 04800181. Answer delays differ from meter to meter. They
    are on `segments` (1..3) buses by turns.
    """
    if not 0 <= count <= MOST_METERS:
        raise ValueError(f"{count} meters: a plant has 0 to {MOST_METERS}")
    rng = Random(f"{seed}/population")
    next_serial = {name: kind.first_serial for name, kind in kinds.items()}
    meters: list[Meter] = []
    for number in range(1, count + 1):
        kind = kinds[DEMO[(number - 1) % len(DEMO)]]
        first = number == 1
        contents = Contents(
            kind, kind.identity(next_serial[kind.name]), 1.0 if first else rng.uniform(0.5, 1.6)
        )
        next_serial[kind.name] += rng.choice((1, 1, 1, 2, 3, 17))
        meters.append(
            Meter(
                contents,
                primary=0 if number % 4 == 0 else number,
                bauds=(baud,),
                delay_bits=kind.delay_bits + rng.uniform(0, 40),
                jitter_bits=3.0,
                seed=seed,
            )
        )
        meters[-1].segment = 1 + (number - 1) % segments
    return meters


def from_file(
    path: Path, kinds: dict[str, Profile], baud: int, seed: int, segments: int = 1
) -> list[Meter]:
    """Return the meters of a JSON file. ValueError names the file, the meter and what is wrong."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error
    if isinstance(rows, dict):
        rows = rows.get("meters")
    if not isinstance(rows, list) or len(rows) > MOST_METERS:
        raise ValueError(f"{path}: a list of at most {MOST_METERS} meters is wanted")
    meters: list[Meter] = []
    for number, row in enumerate(rows, 1):
        try:
            meters.append(make(row, kinds, baud, seed, segments))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: meter {number}: {error}") from error
    return meters


def make(
    row: Any, kinds: dict[str, Profile], baud: int = 2400, seed: int = 0, segments: int = 1
) -> Meter:
    """Return the meter that `row` (a dict, see README.md) describes. ValueError: what is wrong."""
    if not isinstance(row, dict) or row.get("profile") not in kinds:
        raise ValueError(f"no such profile in {row!r} ({', '.join(kinds)})")
    if unknown := set(row) - _KEYS:
        raise ValueError(f"no such key: {', '.join(sorted(unknown))}")
    kind = kinds[row["profile"]]
    serial = int(row.get("serial", kind.first_serial))
    primary = row.get("primary", 0)
    if not 0 <= serial <= 99_999_999:
        raise ValueError(f"serial {serial}: 8 digits")
    if not isinstance(primary, int) or not 0 <= primary <= addresses.HIGHEST_PRIMARY:
        raise ValueError(f"primary {primary!r}: 0 to {addresses.HIGHEST_PRIMARY}")
    segment = row.get("segment", 1)
    if not isinstance(segment, int) or not 1 <= segment <= segments:
        raise ValueError(f"segment {segment!r}: 1 to {segments}")
    bauds = row.get("baud", baud)
    bauds = tuple(bauds) if isinstance(bauds, list) else (bauds,)
    if not bauds or any(one not in BAUD_RATES for one in bauds):
        raise ValueError(f"baud {bauds}: some of {BAUD_RATES}")
    quirks = row.get("quirks", ())
    if bad := set(quirks) - set(profiles.QUIRKS):
        raise ValueError(f"no such quirk: {', '.join(bad)} ({', '.join(profiles.QUIRKS)})")
    meter = Meter(
        Contents(kind, kind.identity(serial), float(row.get("size", 1.0))),
        primary,
        bauds,
        _within(row, "delay_bits", kind.delay_bits, MOST_DELAY_BITS),
        _within(row, "delay_ms", 0.0, 60_000),
        _within(row, "jitter_bits", 0.0, MOST_DELAY_BITS),
        seed,
    )
    meter.segment = segment
    meter.quirks |= set(quirks)
    meter.fault = faults.check(row.get("fault"))
    meter.status = int(row.get("status", 0)) & 0xFF
    return meter


def _within(row: dict[str, Any], key: str, otherwise: float, most: float) -> float:
    value = row.get(key, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(f"{key} {value!r}: a number from 0 to {most}")
    return float(value)
