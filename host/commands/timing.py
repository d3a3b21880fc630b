"""`time`: the computer's clock, a time server tried, the clock set by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from host import log
from host.commands import syntax
from host.commands.writing import as_writer
from host.core import client
from host.core.clock import ClockServices
from host.settings.accounts import COMMAND_LINE
from host.settings.clock import REASONS
from host.store.tables import from_ms, to_ms
from shared.errors import BadSetting

_TRIED = {
    "unknown_name": "there is no such name",
    "no_answer": "no answer",
    "no_time": "it has no time itself",
}


async def clock(data: Path, what: str, given: str | None, *, as_json: bool) -> int:
    """Do `what` ("state", "test" a server or "set" a moment that is `given`).

    Returns the exit status: 1 for a server that does not tell the time. Raises `BadSetting`.
    """
    log.configure("time", quiet=True)
    if what != "state" and given is None:
        raise BadSetting(f"{what}: which {'server' if what == 'test' else 'moment'}?")
    moment = syntax.moment(given or "") if what == "set" else datetime.now(UTC)
    async with AsyncExitStack() as stack:
        core = await stack.enter_async_context(client.connect(data))
        own = None if core else ClockServices(await stack.enter_async_context(as_writer(data)))

        async def ask(method: str, **params: Any) -> dict[str, Any]:
            if own is None:
                assert core is not None
                return await core.call(method, **params)
            who = {"who": COMMAND_LINE} if method == "time.set" else {}
            return await own.handlers()[method](**params, **who)

        if what == "test":
            said = await ask("time.test", server=given or "")
            print(json.dumps(said) if as_json else _tried(said))
            return 0 if said["answer"] else 1
        if what == "set":
            await ask("time.set", at_ms=to_ms(moment))
        state = await ask("time.state")
        print(json.dumps(state) if as_json else _told(state))
    return 0


def _tried(said: Mapping[str, Any]) -> str:
    answer = said["answer"]
    if answer is None:
        return _TRIED[said["why"]]
    delay = f"{answer['delay_us'] / 1000:.1f} ms"
    return f"{answer['address']} answers after {delay}: {_offset(answer['offset_us'])}"


def _told(state: Mapping[str, Any]) -> str:
    lines = [f"{from_ms(state['now_ms']):%Y-%m-%d %H:%M:%S} UTC"]
    if not state["tool"]:
        lines.append(f"read only: {REASONS.get(state['why'], state['why'])}")
    elif not state["ntp"] and not state["fault"]:
        lines.append(f"set by hand; {state['tool']} is off")
    elif not state["synchronised"] and not state["fault"]:
        lines.append(f"{state['tool']} is on, and not synchronised")
    elif state["synchronised"]:
        lines.append(f"synchronised with {state['server']} by {state['tool']}")
    if state["offset_us"] is not None:
        lines.append(_offset(state["offset_us"]))
    if state["last_ms"] is not None:
        lines.append(f"compared last at {from_ms(state['last_ms']):%Y-%m-%d %H:%M:%S} UTC")
    if state["fault"]:
        lines.append(state["fault"])
    return "\n".join(lines)


def _offset(us: int) -> str:
    return f"this clock is {abs(us) / 1000:.1f} ms {'slow' if us > 0 else 'fast'}"
