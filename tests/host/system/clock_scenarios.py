"""L2 with a real chrony beside a real time server: `python -m ... SCENARIO`, in its own network."""

import asyncio
import sys
from pathlib import Path

import pytest

from host.system import sntp
from host.system.chrony import Chrony
from host.system.clock import ClockState
from host.system.tools import run

# Neither touches the clock of this computer (-x).
SERVER = "local stratum 3\nallow\ncmdport 0\npidfile /run/server.pid\n"
CLIENT = "sourcedir /run/sources.d\nport 0\nbindcmdaddress /run/chrony/chronyd.sock\n"


async def begin(name: str, settings: str) -> None:
    file = Path(f"/run/{name}.conf")
    await asyncio.to_thread(file.write_text, settings)
    await run("chronyd", "-x", "-u", "root", "-f", str(file))


async def kept(*argv: str) -> str:
    """Run it, but for timedatectl, which wants the computer's first process to be systemd."""
    return "yes" if argv[0] == "timedatectl" else await run(*argv)


async def scenario_chrony() -> None:
    """A server that was given is gone by, and what it says is told."""
    await asyncio.to_thread(Path("/run/chrony").mkdir, 0o770)
    await begin("server", SERVER)
    await begin("client", CLIENT)
    clock = Chrony(kept, Path("/run/sources.d/mbuslink.sources"))
    assert await clock.state() == ClockState(ntp=True, synchronised=False)
    await clock.use(["127.0.0.1"], ntp=True)
    async with asyncio.timeout(30):
        while not (state := await clock.state()).synchronised:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert state.server == "127.0.0.1"
    assert state.offset_us is not None
    assert abs(state.offset_us) < 10_000


async def scenario_sntp() -> None:
    """A server answers, one that is not there does not."""
    await begin("server", SERVER)
    said = await sntp.ask("localhost")
    assert said.address == "127.0.0.1"
    assert abs(said.offset_us) < 10_000
    assert said.stratum == 3
    for server, port, why in (
        ("127.0.0.1", 9, sntp.NO_ANSWER),
        ("no.such.name.invalid", sntp.PORT, sntp.UNKNOWN_NAME),
    ):
        with pytest.raises(sntp.NoTime, match=why):
            await sntp.ask(server, port)


if __name__ == "__main__":
    asyncio.run(globals()[f"scenario_{sys.argv[1]}"]())
