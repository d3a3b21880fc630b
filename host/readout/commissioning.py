"""What a scan found beside what is registered: pure, for the core, the pages and the commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from host.store.meters import Identity, Meter
from shared.mbus import addresses
from shared.mbus.addresses import parse_address

HIGHEST_PRIMARY = 250  # above: selected meter, any meter, broadcast (EN 13757-2)

_matches = cast(Any, addresses).matches


class Found(Protocol):
    """A meter that a scan found; see `host.device.facts.FoundMeter`."""

    @property
    def address(self) -> str: ...
    @property
    def secondary(self) -> str | None: ...
    @property
    def primary(self) -> int | None: ...
    @property
    def bauds(self) -> Sequence[int]: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """What a found meter is to the registered ones.

    word: "new", "known" or "changed". meter: the registered one, None for a new one. differences:
    of "changed", some of "baud", "primary" and "meter": another one at its place.
    """

    word: str
    meter: Meter | None
    differences: tuple[str, ...] = ()


def standing(found: Found, known: Sequence[Meter]) -> Standing:
    """Return what `found` is to the `known` meters.

    It is the meter with its number, else the one at its place: the same address, or the same
    primary address. There another meter may have taken the place of the one that was read.
    """
    same = [meter for meter in known if _is_same(found, meter)]
    place = [meter for meter in known if meter.address == found.address] or [
        meter for meter in known if meter.address == str(found.primary)
    ]
    chosen = (same or place)[:1]
    if not chosen:
        return Standing("new", None)
    meter = chosen[0]
    differences = tuple(
        what
        for what, differs in (
            ("baud", meter.baud not in found.bauds),
            ("primary", bool(same) and _differ(meter.primary, found.primary)),
            ("meter", not same and bool(meter.secondary and found.secondary)),
        )
        if differs
    )
    return Standing("changed" if differences else "known", meter, differences)


def best_baud(bauds: Sequence[int]) -> int:
    """Return the rate to read a meter at that answered at `bauds`: 2400, else the highest."""
    return 2400 if 2400 in bauds else max(bauds)


def identity_of(secondary: str | None, primary: int | None) -> Identity:
    """Return what an address tells of its meter. secondary: 16 digits, F in what is not known."""
    place = primary if primary is not None and primary <= HIGHEST_PRIMARY else None
    if secondary is None:
        return Identity(primary=place)
    maker, version, medium = secondary[8:12], secondary[12:14], secondary[14:]
    return Identity(
        primary=place,
        secondary=secondary,
        manufacturer=None if maker == "FFFF" else _letters(maker),
        serial=secondary[:8],
        version=None if version == "FF" else int(version, 16),
        medium=None if medium == "FF" else int(medium, 16),
    )


def _letters(maker: str) -> str:
    """Return the three letters of a manufacturer (EN 62056-21) from its two bytes on the wire."""
    code = int.from_bytes(bytes.fromhex(maker), "little")
    return "".join(chr((code >> shift & 31) + 64) for shift in (10, 5, 0))


def is_meter(secondary: str | None, other: str | None) -> bool:
    """Tell whether two secondary addresses (16 digits, F in what is not known) fit one meter.

    None, or a primary address, fits nobody.
    """
    if secondary is None or other is None or len(secondary) < 16 or len(other) < 16:
        return False
    return bool(_matches(_header(secondary), _header(other)))


def _is_same(found: Found, meter: Meter) -> bool:
    """Tell whether they have one number, as far as both say who they are."""
    if found.secondary is None or meter.secondary is None:
        return found.secondary is not None and meter.address == found.secondary
    return is_meter(found.secondary, meter.secondary)


def _header(secondary: str) -> bytes:
    header = parse_address(secondary).secondary
    assert header is not None
    return header


def _differ(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one != other
