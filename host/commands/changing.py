"""`change`, `delete` and `cycle`: how meters are read, through the core or in the database itself.

Each ends with a warning when the bus can hardly meet what is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from host import assemble
from host.commands import configuring
from host.commands.writing import write
from host.core import client, registration
from host.settings.meter import check_changes
from host.settings.readout import ReadoutSettings
from host.store import database, meters, settings


async def change(data: Path, addresses: Sequence[str], changes: Mapping[str, Any]) -> int:
    """Change the settings of these meters, of all or of none; return the exit status."""
    check_changes(changes)
    texts = [registration.parse(address).text for address in addresses]
    async with client.connect(data) as core:
        if core is not None:
            await core.call("meters.change", addresses=texts, changes=dict(changes))
        else:
            await write(data, lambda session: registration.change(session, texts, changes))
    for text in texts:
        print(f"{text}: changed")
    return _warn(data)


async def delete(data: Path, addresses: Sequence[str], *, undo: bool = False) -> int:
    """Delete these meters with their readings, or have them back; return the exit status.

    All or none.
    """
    texts = [registration.parse(address).text for address in addresses]
    async with client.connect(data) as core:
        if core is not None:
            await core.call("meters.restore" if undo else "meters.delete", addresses=texts)
        elif undo:
            await write(data, lambda session: registration.restore(session, texts))
        else:
            now = datetime.now(UTC)
            await write(data, lambda session: registration.delete(session, texts, now))
    for text in texts:
        if undo:
            print(f"{text}: back with its readings")
        else:
            print(f"{text}: deleted with its readings; for a day --undo brings it back")
    return 0


async def cycle(data: Path, cycle_s: int) -> int:
    """Keep the common cycle (s, 0 for no pause); return the exit status."""
    await configuring.change(data, {"readout": {"cycle_s": cycle_s}})
    print("cycle: without pause" if not cycle_s else f"cycle: {cycle_s} s")
    return _warn(data)


def _warn(data: Path) -> int:
    """Say what the bus can hardly meet."""
    with database.reading(database.existing(data)) as session:
        cycle_s = settings.load(session, ReadoutSettings).cycle_s
        assemble.warn_of_cycle(meters.all(session), cycle_s)
    return 0
