"""Entering meters by their addresses, on the bus already or not (manual 6.4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from host.readout import reader
from host.readout.commissioning import HIGHEST_PRIMARY, identity_of
from host.settings.accounts import COMMAND_LINE
from host.settings.value import ValueKey, ValueSettings
from host.store import audit, meters, value_settings
from host.store.meters import Meter
from shared.errors import BadAddress, BadSetting
from shared.mbus.addresses import Address, parse_address

_DECODED = ("primary", "secondary", "manufacturer", "serial", "version", "medium", "state")

KEPT_DELETED = timedelta(days=1)
"""So long a deleted meter can be had back."""


@dataclass(frozen=True, slots=True)
class Registered:
    """`added`: the new meters; `known`: addresses that were registered already and stay as is."""

    added: Sequence[Meter]
    known: Sequence[str]


def register(
    session: Session,
    addresses: Sequence[str],
    *,
    baud: int = 2400,
    cycle_s: int | None = None,
    segment: int = 1,
    name: str = "",
    site: str = "",
    cost_centre: str = "",
    who: str = COMMAND_LINE,
) -> Registered:
    """Register the meters with these addresses for `who`: all of them, or none.

    addresses: "0".."250", or 8 or 16 hex digits. Raises `BadAddress` for the first that is none of
    these, or that is the broadcast or selection address.
    """
    added: list[Meter] = []
    known: list[str] = []
    for address in dict.fromkeys(parse(text) for text in addresses):
        if meters.by_address(session, address.text) is not None:
            known.append(address.text)
            continue
        named = address.secondary is not None and not address.has_wildcards()
        added.append(
            meters.add(
                session,
                address.text,
                primary=address.primary,
                secondary=address.text if named else None,
                name=name,
                site=site,
                cost_centre=cost_centre,
                baud=baud,
                cycle_s=cycle_s,
                segment=segment,
            )
        )
        facts = {"name": name, "site": site, "baud": baud, "cycle_s": cycle_s, "segment": segment}
        if cost_centre:
            facts["cost_centre"] = cost_centre
        audit.record(session, who, "meter.added", address.text, after=facts)
    return Registered(added, known)


def register_each(
    session: Session, wanted: Sequence[Mapping[str, Any]], who: str = COMMAND_LINE
) -> Registered:
    """Register meters, each with its `address` and its own settings: all, or none; see above."""
    added: list[Meter] = []
    known: list[str] = []
    for one in wanted:
        settings = {name: value for name, value in one.items() if name != "address"}
        registered = register(session, [one["address"]], **settings, who=who)
        added += registered.added
        known += registered.known
    return Registered(added, known)


def change(
    session: Session,
    addresses: Sequence[str],
    changes: Mapping[str, Any],
    who: str = COMMAND_LINE,
) -> Sequence[Meter]:
    """Change the meters at these addresses for `who`, all or none.

    changes: by the names of `MeterSettings`. Raises `BadAddress` for an unknown meter, `BadSetting`
    for one that cannot be read by the kind of address wanted, `Busy` when another one has that.
    """
    changed: list[Meter] = []
    kept = {name: value for name, value in changes.items() if name != "read_by"}
    for address in addresses:
        meter = _known(address, meters.by_address(session, address))
        before = _facts(meter, changes)
        wanted = changes.get("read_by", meter.read_by)
        if wanted != meter.read_by:
            meter = _known(address, meters.readdress(session, address, _other(meter)))
        meter = _known(address, meters.change(session, meter.address, kept))
        after = _facts(meter, changes)
        audit.record(session, who, "meter.changed", address, before=before, after=after)
        changed.append(meter)
    return changed


def change_values(
    session: Session,
    address: str,
    settings: Mapping[ValueKey, ValueSettings],
    who: str = COMMAND_LINE,
) -> Meter:
    """Give values of the meter at this address other settings for `who`; return the meter.

    Raises `BadAddress` for an unknown meter.
    """
    meter = _known(address, meters.by_address(session, address))
    value_settings.change(session, who, meter, settings)
    return _known(address, meters.by_address(session, address))


def reassess(session: Session, who: str = COMMAND_LINE) -> Sequence[Meter]:
    """Have what today's decoder says of the meters' newest readings; return those now others."""
    changed: list[Meter] = []
    for before in meters.all(session):
        after = reader.again(session, before)
        if after != before:
            facts = (_facts(before, _DECODED), _facts(after, _DECODED))
            audit.record(
                session, who, "meter.changed", after.address, before=facts[0], after=facts[1]
            )
            changed.append(after)
    return changed


def take_over(
    session: Session, wanted: Sequence[Mapping[str, Any]], who: str = COMMAND_LINE
) -> Sequence[Meter]:
    """Note what a scan found to be otherwise of meters, all or none, for `who`.

    wanted: for each the `address` it is registered under, and `baud`, `primary` and `secondary` as
    they are now, None for as before. One that is read by another primary address than the one it
    has now is read by that. Raises `BadAddress` for an unknown one, `Busy` when another meter has
    its new address.
    """
    taken: list[Meter] = []
    names = ("address", "baud", "primary", "secondary", "changed_from")
    for one in wanted:
        before = _known(one["address"], meters.by_address(session, one["address"]))
        identity = identity_of(one["secondary"], one["primary"])
        address = before.address
        if identity.primary is not None and parse(address).secondary is None:
            address = _moved(session, address, str(identity.primary))
        meter = _known(address, meters.take_over(session, address, identity, baud=one["baud"]))
        audit.record(
            session, who, "meter.changed", before.address,
            before=_facts(before, names), after=_facts(meter, names),
        )  # fmt: skip
        taken.append(meter)
    return taken


def _moved(session: Session, address: str, now: str) -> str:
    """Have the meter at this address read by the address it has `now`, and return that."""
    if now != address:
        _known(address, meters.readdress(session, address, now))
    return now


def delete(
    session: Session, addresses: Sequence[str], at: datetime, who: str = COMMAND_LINE
) -> Sequence[Meter]:
    """Delete the meters at these addresses with their readings, all or none; see `change`.

    They can be had back (`restore`) for `KEPT_DELETED` from `at` on.
    """
    deleted: list[Meter] = []
    for address in addresses:
        meter = _known(address, meters.delete(session, address, at))
        before = _facts(meter, ("name", "site", "serial"))
        audit.record(session, who, "meter.deleted", address, before=before)
        deleted.append(meter)
    return deleted


def restore(session: Session, addresses: Sequence[str], who: str = COMMAND_LINE) -> Sequence[Meter]:
    """Have the deleted meters at these addresses back, all or none.

    Raises `BadAddress` for one that was not deleted, or too long ago.
    """
    restored: list[Meter] = []
    for address in addresses:
        meter = meters.restore(session, parse(address).text)
        if meter is None:
            raise BadAddress(f"{address}: no deleted meter of this address is left")
        audit.record(session, who, "meter.restored", meter.address)
        restored.append(meter)
    return restored


def known(session: Session, address: str) -> Meter:
    """Return the meter at this address. Raises `BadAddress` when there is none."""
    return _known(address, meters.by_address(session, parse(address).text))


def _other(meter: Meter) -> str:
    """Return the address of the other kind. Raises `BadSetting` when it is not known."""
    if meter.read_by == "secondary" and meter.primary is not None:
        return parse(str(meter.primary)).text
    if meter.read_by == "primary" and meter.secondary is not None:
        return meter.secondary
    raise BadSetting(f"{meter.address}: its other address is not known; read the meter once")


def _facts(meter: Meter, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(meter, name) for name in names}


def _known(address: str, meter: Meter | None) -> Meter:
    if meter is None:
        raise BadAddress(f"{address}: not registered; python -m host state lists the meters")
    return meter


def parse(text: str) -> Address:
    """Return the address that `text` means, if a meter can be registered under it.

    Raises `BadAddress`, also for 253 and 254, which mean whoever is there.
    """
    address = parse_address(text)
    if address.primary is not None and address.primary > HIGHEST_PRIMARY:
        raise BadAddress(f"{text}: means any meter; register 0 to 250 or a secondary address")
    return address
