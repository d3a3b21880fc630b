"""`add`: register meters, through the core where one runs, else in the database itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from host.commands.writing import as_writer
from host.core import client, registration
from host.settings.readout import check_baud, check_cycle


async def add(
    data: Path,
    addresses: Sequence[str],
    *,
    baud: int | None,
    cycle_s: int | None,
    segment: int | None = None,
    name: str | None,
    site: str | None,
) -> int:
    """Register meters and say which; return the exit status."""
    parsed = [registration.parse(address).text for address in addresses]
    settings: dict[str, Any] = {"baud": baud, "cycle_s": cycle_s, "name": name, "site": site}
    settings["segment"] = segment
    async with client.connect(data) as core:
        if core is not None:
            result = await core.call("meters.add", addresses=parsed, **settings)
            added, known = [meter["address"] for meter in result["added"]], result["known"]
        else:
            registered = await _register(data, parsed, settings)
            added = [meter.address for meter in registered.added]
            known = registered.known
    for address in added:
        print(f"{address}: registered")
    for address in known:
        print(f"{address}: was registered already")
    return 0


async def _register(
    data: Path, addresses: Sequence[str], settings: dict[str, Any]
) -> registration.Registered:
    """Register without a core: we are the writer for a moment."""
    if settings["baud"] is not None:
        check_baud(settings["baud"])
    if settings["cycle_s"] is not None:
        check_cycle(settings["cycle_s"])
    given = {name: value for name, value in settings.items() if value is not None}

    def work(session: Session) -> registration.Registered:
        return registration.register(session, addresses, **given)

    async with as_writer(data) as writer:
        return await writer.run(work)
