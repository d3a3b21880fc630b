"""`network`: the computer's network, shown, changed on trial, kept and had back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from host import log
from host.commands import configuring
from host.core import client
from host.core.events import Events
from host.core.network_trial import NetworkTrial
from host.settings.network import REASONS, NetworkSettings
from host.store import place
from host.store.writer import Writer
from shared.errors import LinkLost


async def network(data: Path, what: str, given: Sequence[str], *, as_json: bool) -> int:
    """Do `what` ("state", "try" what is `given`, "keep" or "undo"); return 0.

    given: "address=192.168.1.20" each, what is not given is as stored. Raises `BadSetting`.
    """
    log.configure("network", quiet=True)
    async with client.connect(data) as core:
        if what == "state":
            state = await (core.call("network.state") if core else _looked_up(data))
            print(json.dumps(state) if as_json else told(state))
            return 0
        values = configuring.parsed([f"network.{one}" for one in given]).get("network")
        configuring.stored(data, NetworkSettings).changed(**(values or {}))
        if core is None:
            raise LinkLost("no host runs, so nobody would take a change back: start it first")
        if what == "try":
            await core.call("network.try", values=values)
            print("it is changed now, and had back in a minute unless you say: network keep")
        elif what == "keep":
            await core.call("network.keep", at=None)
            print("it is kept")
        else:
            await core.call("network.undo")
            print("it is as it was before")
    return 0


async def _looked_up(data: Path) -> dict[str, Any]:
    """Return what the core would say."""
    writer = Writer(place.of(data))
    try:
        return await NetworkTrial(writer, Events(), data).state()
    finally:
        await writer.close()


def told(state: Mapping[str, Any]) -> str:
    """Return the state in lines."""
    why = REASONS.get(state["why"], state["why"])
    lines = [f"looked after by {state['tool']}" if state["tool"] else f"read only: {why}"]
    for one in state["interfaces"]:
        link = "connected" if one["link"] else "no cable"
        lines += ["", f"{one['name']}  {one['mac']}  {link}"]
        lines.append(f"  address  {', '.join(one['addresses']) or '-'}")
        lines.append(f"  gateway  {one['gateway'] or '-'}")
        lines.append(f"  DNS      {', '.join(one['dns']) or '-'}")
        if one["setup"]:
            lines.append(f"  set to   {_set_to(one['setup'])}")
    if trial := state["trial"]:
        left = f"{trial['left_ms'] // 1000} s"
        lines += ["", f"{trial['interface']} is had back in {left} unless you say: network keep"]
    return "\n".join(lines)


def _set_to(setup: Mapping[str, Any]) -> str:
    dns = f" DNS {', '.join(setup['dns'])}" if setup["dns"] else ""
    if setup["dhcp"]:
        return f"DHCP{dns}"
    gateway = f" gateway {setup['gateway']}" if setup["gateway"] else ""
    return f"{setup['address']} mask {setup['mask']}{gateway}{dns}"
