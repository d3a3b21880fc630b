"""`export`: the Standard CSV of the meters, straight from the database."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from host.export import folder
from host.export.csv_standard import Format
from host.store import database, meters
from host.store.meters import Meter
from shared.errors import BadAddress
from shared.mbus.addresses import parse_address


def export(
    data: Path,
    out: Path,
    *,
    addresses: Sequence[str] | None,
    since: datetime | None,
    until: datetime | None,
    form: Format,
) -> int:
    """Write the Standard CSV of the meters into `out` and say which files; return the status."""
    with database.reading(database.existing(data)) as session:
        chosen = meters.all(session)
        if addresses is not None:
            chosen = _chosen(chosen, addresses)
        try:
            written = folder.write(
                session, out, chosen, since=since, until=until, now=datetime.now(UTC), form=form
            )
        except OSError as error:
            print(f"mbuslink: {out}: {error.strerror}; choose another --out", file=sys.stderr)
            return 1
    for file in written:
        print(file)
    if len(written) < len(chosen):
        count = len(chosen) - len(written)
        print(f"mbuslink: {count} of {len(chosen)} meters have no readings", file=sys.stderr)
    return 0


def _chosen(known: Sequence[Meter], addresses: Sequence[str]) -> list[Meter]:
    by_address = {meter.address: meter for meter in known}
    wanted = [parse_address(address).text for address in addresses]
    missing = [address for address in wanted if address not in by_address]
    if missing:
        raise BadAddress(f"{missing[0]}: not registered; python -m host state lists the meters")
    return [by_address[address] for address in dict.fromkeys(wanted)]
