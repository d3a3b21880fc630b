"""Which tool looks after the network of this computer, and whether we may use it."""

from __future__ import annotations

from host.system.network import Network
from host.system.network_manager import NetworkManager
from host.system.networkd import Networkd

NO_TOOL = "no_tool"
NOT_ALLOWED = "not_allowed"


async def network() -> tuple[Network | None, str]:
    """Return the tool; None with the reason (`NO_TOOL`, `NOT_ALLOWED`) when nothing can be set."""
    for tool in (NetworkManager(), Networkd()):
        if await tool.is_running():
            return (tool, "") if await tool.may() else (None, NOT_ALLOWED)
    return None, NO_TOOL
