"""Which tools look after network and clock of this computer, and whether we may use them."""

from __future__ import annotations

import shutil

from host.system.chrony import Chrony
from host.system.clock import Clock
from host.system.network import Network
from host.system.network_manager import NetworkManager
from host.system.networkd import Networkd
from host.system.timesyncd import UNITS, Timesyncd
from host.system.tools import FOLDERS

NO_TOOL = "no_tool"
NOT_ALLOWED = "not_allowed"


async def network() -> tuple[Network | None, str]:
    """Return the tool; None with the reason (`NO_TOOL`, `NOT_ALLOWED`) when nothing can be set."""
    for tool in (NetworkManager(), Networkd()):
        if await tool.is_running():
            return (tool, "") if await tool.may() else (None, NOT_ALLOWED)
    return None, NO_TOOL


async def clock() -> tuple[Clock | None, str]:
    """Return the tool that keeps the clock, as `network` does.

    One that is switched off at the moment counts as well: it is the one that was installed.
    """
    tool: Chrony | Timesyncd | None = None
    if shutil.which("chronyd", path=FOLDERS):
        tool = Chrony()
    elif any(unit.exists() for unit in UNITS):
        tool = Timesyncd()
    if tool is None:
        return None, NO_TOOL
    return (tool, "") if tool.may() else (None, NOT_ALLOWED)
