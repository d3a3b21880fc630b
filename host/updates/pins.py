"""The check of a board's table: what cannot work is found at the desk, not at the cabinet.

Each part is looked up in `drivers`, its pins and numbers in `chips`: a driver for another chip, a
setting that is missing or out of range, a pin that the chip does not have, that the board needs
itself or that cannot do what is asked of it, and whatever two parts would have for themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from host.updates.chips import CHIPS, led_out
from host.updates.drivers import (
    DRIVERS,
    NUMBERED,
    OUTPUTS,
    PIN_KINDS,
    RANGES,
    ROLES,
    SHARED,
    TEXTS,
    Driver,
)


@dataclass(frozen=True)
class Board:
    """The constants of boards/`name`.py."""

    name: str
    machines: tuple[str, ...]
    chip: str
    flash_kb: int
    rom_kb: int
    taken: tuple[tuple[tuple[int, ...], str, str], ...]
    parts: tuple[tuple[str, str, dict[str, Any]], ...]


def problems(board: Board, there: set[str]) -> list[str]:
    """Return what is wrong with the parts of `board`, one line each.

    there: the drivers that exist (firmware/hal/drivers).
    """
    if board.chip not in CHIPS:
        return [f"{board.name}: CHIP {board.chip!r} is not one of {', '.join(CHIPS)}"]
    found: list[str] = []
    used: dict[str, str] = {}  # "pin 5" -> who has it
    counts = dict.fromkeys(ROLES, 0)
    for role, driver, settings in board.parts:
        counts[role] = counts.get(role, 0) + 1
        part = f"{board.name}: {role} {counts[role]} ({driver})"
        if role not in ROLES:
            found.append(f"{part}: unknown role, expected one of {', '.join(ROLES)}")
        elif counts[role] > ROLES[role]:
            found.append(f"{part}: a board has at most {ROLES[role]} of this role")
        elif driver not in there:
            found.append(f"{part}: there is no firmware/hal/drivers/{driver}.py")
        else:
            found += [f"{part}: {line}" for line in _part(board, role, driver, settings)]
            found += [f"{part}: {line}" for line in _taken(part, driver, settings, used)]
    if not counts["bus"]:
        found.append(f"{board.name}: no part plays the role bus")
    elif counts["supply"] > counts["bus"]:
        few, many = counts["bus"], counts["supply"]
        found.append(f"{board.name}: {many} supplies for {few} M-Bus outputs: one each at most")
    return found


def kinds_of(driver: Driver, settings: dict[str, Any]) -> dict[str, str]:
    """Return name -> kind of what a part with these `settings` can have."""
    chosen = [way for way in driver.ways if next(iter(way)) in settings]
    return driver.settings | (chosen[0] if chosen else {})


def _part(board: Board, role: str, driver: str, settings: dict[str, Any]) -> list[str]:
    """What is wrong with one part, looked at alone."""
    if driver not in DRIVERS:
        return ["its settings are not described in host/updates/drivers.py"]
    row = DRIVERS[driver]
    if row.role != role:
        return [f"this driver plays the role {row.role}"]
    if board.chip not in row.chips:
        return [f"this driver runs on {' and '.join(row.chips)}, not on {board.chip}"]
    found: list[str] = []
    ways = [next(iter(way)) for way in row.ways]
    given = [name for name in ways if name in settings]
    if ways and not given:
        found.append(f"the setting {' or '.join(map(repr, ways))} is missing")
    elif len(given) > 1:
        found.append(f"{' and '.join(map(repr, given))}: only one of them")
    kinds = kinds_of(row, settings)
    if len(given) == 1 or not ways:
        found += [f"unknown setting {name!r}" for name in settings if name not in kinds]
    for name, kind in kinds.items():
        if name in settings:
            found += _setting(board, role, name, kind, settings)
        elif not kind.endswith("?"):
            found.append(f"the setting {name!r} is missing")
    return found


def _setting(board: Board, role: str, name: str, kind: str, settings: dict[str, Any]) -> list[str]:
    """What is wrong with the setting `name`, of `kind`."""
    value = settings[name]
    bare = kind.strip("?")
    if bare in TEXTS:
        return [] if isinstance(value, TEXTS[bare]) else [f"{name} = {value!r} is no {bare}"]
    if value is None and kind.endswith("?") and bare in PIN_KINDS:
        return []
    if not isinstance(value, int) or (isinstance(value, bool) and bare != "flag"):
        return [f"{name} = {value!r} is not a number"]
    if bare in PIN_KINDS:
        return _pin(board, role, name, bare, settings)
    legal = CHIPS[board.chip].numbers[bare] if bare in NUMBERED else RANGES.get(bare)
    if legal is not None and value not in legal:
        span = f"{legal[0]}..{legal[-1]}" if legal.step == 1 else " or ".join(map(str, legal))
        where = f" on {board.chip}" if bare in NUMBERED else ""
        return [f"{name} = {value}: expected {span}{where}"]
    return []


def _pin(board: Board, role: str, name: str, kind: str, settings: dict[str, Any]) -> list[str]:
    """What is wrong with pin `settings[name]`, used as `kind`."""
    chip, pin = CHIPS[board.chip], settings[name]
    if pin not in chip.pins:
        return [f"{name} = {pin}: the {board.chip} has no such pin"]
    for pins, what, allowed in board.taken:
        if pin in pins and role != allowed:
            return [f"{name} = {pin}: the board uses this pin for {what}"]
    if kind in OUTPUTS and pin in chip.inputs_only:
        return [f"{name} = {pin}: this pin is an input only"]
    if kind == "adc" and pin not in chip.adc:
        return [f"{name} = {pin}: no analogue input, expected one of {sorted(chip.adc)}"]
    legal = led_out(chip, kind, settings)
    if legal is not None and pin not in legal:
        bus = next(bus for bus in ("uart", "spi", "i2c") if bus in settings)
        return [f"{name} = {pin}: {kind} of {bus} {settings[bus]} is one of {sorted(legal)}"]
    return []


def _taken(part: str, driver: str, settings: dict[str, Any], used: dict[str, str]) -> list[str]:
    """Note in `used` what the part takes; return what another part has already."""
    found: list[str] = []
    kinds = kinds_of(DRIVERS[driver], settings) if driver in DRIVERS else {}
    for name, kind in kinds.items():
        value = settings.get(name)
        if not isinstance(value, int):
            continue
        for what, owner in _claims(f"{part}, {name}", kind.strip("?"), value, settings):
            before = used.setdefault(what, owner)
            if before != owner:
                found.append(f"{name} = {value}: {what} {before}")
    return found


def _claims(who: str, kind: str, value: int, settings: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a setting takes, and by whom: a second claim of the same words is no quarrel."""
    own = f"is taken by {who}"
    if kind in SHARED:
        line = f"{kind} of {_bus(settings)}"
        yield f"pin {value}", f"is taken by {line}"
        yield line, f"is at pin {value}"
    elif kind in PIN_KINDS:
        yield f"pin {value}", own
    elif kind in ("uart", "unit", "sm"):
        yield f"{NUMBERED[kind]} {value}", own
    elif kind == "sm2":
        yield f"{NUMBERED[kind]} {value}", own
        yield f"{NUMBERED[kind]} {value + 1}", own
    elif kind in ("input", "common_input", "referred_input"):
        chip = f"of the ADS1115 at address {settings.get('address')} of {_bus(settings)}"
        yield f"input {value} {chip}", "is a bus voltage" if kind == "common_input" else own
        if kind == "referred_input":
            yield f"input 3 {chip}", "is the reference of a PT1000"


def _bus(settings: dict[str, Any]) -> str:
    return next((f"{bus} {settings[bus]}" for bus in ("spi", "i2c") if bus in settings), "")
