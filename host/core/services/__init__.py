"""The one table of what `core` does for the other processes, over DATA/core.sock.

The same kind of table and conversation as on the link to the board. `web`, `bacnet` and the command
line read the database themselves; whatever changes something is a call here, so there is one
writer, one place of validation and one stream of events. A module here for each group of rows.

Whatever changes something says for whom (`who`), and is written down in the audit.

Moments are milliseconds since 1970 UTC (`_ms`). Every event of the core arrives as notification
`event`: its `type` is the class name in `host.core.events`, the other fields are the class's.
"""

from pathlib import Path

from host.core.services import board, computer, jobs, meters, people, state
from host.core.services.fields import (
    MOST_ADDRESSES,
    MOST_EXPORTS,
    MOST_INTERFACES,
    MOST_METERS,
    MOST_USERS,
    has_who,
)
from shared.link.table import Table, choice, notification, open_group

__all__ = [
    "CHANGES",
    "EXPORTS",
    "EXPORT_FILE",
    "MOST_ADDRESSES",
    "MOST_EXPORTS",
    "MOST_INTERFACES",
    "MOST_METERS",
    "MOST_USERS",
    "OWN_PASSWORD",
    "SERVICES",
    "SOCKET_NAME",
    "socket_path",
]

SOCKET_NAME = "core.sock"
EXPORTS = "exports"
"""The folder in the data folder that has one folder for each export, named by its number."""
EXPORT_FILE = "DataExport.zip"
OWN_PASSWORD = "users.set_own_password"  # noqa: S105 - a method

_EVENT = notification(
    "event",
    open_group(
        (
            "type",
            choice(
                "LinkChanged",
                "ReadingsStored",
                "MeterChanged",
                "ReadoutStarted",
                "ReadoutFinished",
                "FaultChanged",
                "ScanChanged",
                "ExportChanged",
                "SettingsChanged",
                "UnitChanged",
                "PlanChanged",
                "UserChanged",
                "StatusChanged",
                "RedecodingChanged",
                "InputsChanged",
                "PanelChanged",
            ),
        )
    ),
)
_METHODS = (
    *state.ROWS,
    *meters.ROWS,
    *jobs.ROWS,
    *board.ROWS,
    *computer.ROWS,
    *people.ROWS,
)

SERVICES = Table("services", (*_METHODS, _EVENT))
CHANGES = frozenset(str(name) for _, name, params, _ in _METHODS if has_who(params))
"""The methods that change something: these are told for whom."""


def socket_path(data: Path) -> Path:
    """Return where the core listens in the data folder `data`."""
    return data / SOCKET_NAME
