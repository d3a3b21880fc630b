"""Who a scan found, as lines of a table: beside what is registered and what is planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from host.readout import commissioning
from host.readout.commissioning import identity_of
from host.readout.planned import Planned, match
from host.readout.telegrams import medium_text
from host.store.meters import Identity, Meter
from host.web.display import visible
from host.web.media import icon_of
from host.web.scans import Found

MISSING = "missing"
TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Line:
    """A meter that was found, or is missing (`found` is None).

    standing: "new", "known", "changed", "trouble" (who it is stayed hidden) or "missing". meter:
    the registered one. differences: of "changed". planned: what the list says of it.
    is_unexpected: there is a list and it is not on it.
    """

    key: str
    standing: str
    found: Found | None = None
    meter: Meter | None = None
    differences: tuple[str, ...] = ()
    planned: Planned | None = None
    is_unexpected: bool = False

    @property
    def identity(self) -> Identity:
        """What it says of itself, or the list of it."""
        if self.found is not None:
            return identity_of(self.found.secondary, self.found.primary)
        assert self.planned is not None
        if len(self.planned.address) <= 3:
            return Identity(primary=int(self.planned.address))
        return identity_of(self.planned.address, None)

    @property
    def address(self) -> str:
        """What it is read by, and registered under when it is added."""
        if self.found is not None:
            return self.found.address
        assert self.planned is not None
        return self.planned.address

    @property
    def may_be_added(self) -> bool:
        return self.standing == "new" or (self.standing == MISSING and self.meter is None)

    @property
    def medium(self) -> str:
        """The msgid of the medium, "" while it is not known."""
        code = self.identity.medium
        return "" if code is None else medium_text(code) or ""

    @property
    def medium_icon(self) -> str:
        return icon_of(self.identity.medium)

    @property
    def known_name(self) -> str:
        """What the registered meter is called."""
        meter = self.meter
        return visible(meter.name or meter.serial or meter.address) if meter else ""

    @property
    def own_name(self) -> str:
        """The name that the list gives it, "" for none."""
        return self.planned.name if self.planned else ""

    @property
    def called(self) -> str:
        """What tells this meter from the others, for who cannot see the table."""
        return self.identity.serial or self.address

    def wanted(self, name: str | None = None) -> dict[str, Any]:
        """Return it as `meters.add_each` wants it. name: None for that of the list."""
        planned, found = self.planned, self.found
        return {
            "address": self.address,
            "baud": commissioning.best_baud(found.bauds) if found else 2400,
            "segment": found.segment if found else 1,
            "name": self.own_name if name is None else name,
            "site": planned.site if planned else "",
            "cost_centre": planned.cost_centre if planned else "",
        }

    def otherwise(self) -> dict[str, Any]:
        """Return what differs as `meters.take_over` wants it; only of "changed"."""
        assert self.meter is not None
        assert self.found is not None
        has = self.differences
        return {
            "address": self.meter.address,
            "baud": commissioning.best_baud(self.found.bauds) if "baud" in has else None,
            "primary": self.found.primary if "primary" in has else None,
            "secondary": self.found.secondary if "meter" in has else None,
        }


@dataclass(frozen=True, slots=True)
class Lines:
    """All lines: who was found in the order of the scan, then who of the list was not."""

    lines: Sequence[Line]
    planned: int

    def count(self, standing: str) -> int:
        return sum(line.standing == standing for line in self.lines)

    @property
    def unexpected(self) -> int:
        return sum(line.is_unexpected for line in self.lines)

    @property
    def takeable(self) -> Sequence[Line]:
        """Those whose rate or address can be taken over together, without a look at each."""
        changed = [line for line in self.lines if line.standing == "changed"]
        return [line for line in changed if "meter" not in line.differences]


def lines(found: Sequence[Found], known: Sequence[Meter], plan: Sequence[Planned]) -> Lines:
    """Return the lines of the table. found: none before a scan, then nobody is missing either."""
    pairs = match(plan, found)
    by_key = {pairs[one.address].key: one for one in plan if one.address in pairs}
    table: list[Line] = []
    for one in found:
        planned = by_key.get(one.key)
        unexpected = bool(plan) and planned is None
        told = commissioning.standing(one, known)
        standing = TROUBLE if one.trouble else told.word
        table.append(
            Line(one.key, standing, one, told.meter, told.differences, planned, unexpected)
        )
    for one in plan:
        if one.address not in pairs:
            meter = next((meter for meter in known if _is_planned(meter, one)), None)
            table.append(Line(f"plan-{one.address}", MISSING, None, meter, planned=one))
    return Lines(table, len(plan))


def _is_planned(meter: Meter, planned: Planned) -> bool:
    """Tell whether a registered meter is the planned one."""
    if meter.address == planned.address:
        return True
    return commissioning.is_meter(planned.address, meter.secondary)
