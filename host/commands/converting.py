"""`converter`: the board's level converter, switched on and off, and how it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from host import log
from host.commands import direct
from host.core import client


async def converter(data: Path, what: str, *, port: str | None, as_json: bool) -> int:
    """Do `what` ("on", "off" or "state"), then print the converter's state; return 0."""
    log.configure("converter", quiet=True)
    async with client.connect(data) as core:
        if core is not None:
            state: dict[str, Any] = (await core.call("board.converter", what=what))["converter"]
        elif port is not None:
            async with direct.connected(port) as board:
                state = await board.converter(what)
        else:
            raise direct.neither(data)
    if as_json:
        print(json.dumps(state))
        return 0
    print("on: logging rests" if state["active"] else "off")
    if state["active"]:
        print(f"{state['baud']} baud, segment {state['segment']}")
        print(f"master: {state['master'] or 'nobody'}")
        print(f"{state['sent']} bytes sent, {state['received']} received")
    if state["trouble"]:
        print(state["trouble"])
    return 0
