"""An ordered restart while no host is there: what the board held only in RAM is there afterwards.

By itself the board keeps readings in flash after a minute without a host: the restart comes before.
"""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from host.core import client
from host.device.async_conversation import AsyncConversation
from tests.fakes.loop import in_loop
from tests.fakes.plant import running_plant
from tests.fakes.twin import Terminal, TwinProcess, running_twin
from tests.whole.test_kill_board import ROOT, link_to, read_all
from tests.whole.test_kill_core import start_core

pytestmark = pytest.mark.twin


def command(*words: str) -> None:
    """Run `python -m host restart`, as a person does."""
    run = [sys.executable, "-m", "host", "restart", *words]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "the board has kept everything and restarts\n"


async def order(twin: TwinProcess, *words: str) -> None:
    """Order a restart; return when the firmware runs again."""
    terminal = Terminal(twin.port)
    starts = twin.control("state")["starts"]
    await asyncio.to_thread(command, *words)
    while twin.control("state")["starts"] == starts:  # noqa: ASYNC110 - another process tells
        await asyncio.sleep(0.02)
    await asyncio.to_thread(terminal.until, b"\x1e")


async def all_kept(link: AsyncConversation) -> list[dict[str, Any]]:
    """Return all entries of the board's journal, none of which is acknowledged."""
    found: list[dict[str, Any]] = []
    place = (0, 0)
    while entries := (await link.call("journal.fetch", boot=place[0], after=place[1], limit=32))[
        "entries"
    ]:
        found += entries
        place = (entries[-1]["boot"], entries[-1]["number"])
    return found


@in_loop
async def test_an_ordered_restart_with_the_host_away_loses_nothing(tmp_path: Path) -> None:
    with running_plant(5) as plant, running_twin(plant.bus) as twin:
        port = f"tcp://{twin.serial_tcp[0]}:{twin.serial_tcp[1]}"
        async with link_to(twin) as link:
            told = await read_all(link, [str(meter["primary"]) for meter in plant.meters])
            await link.call("settings.set", values={"name": "Cellar", "language": "fr"})
            first = (await all_kept(link))[0]
            await link.call("journal.acknowledge", boot=first["boot"], number=first["number"])
        await order(twin, "--data", str(tmp_path), "--port", port)
        async with link_to(twin) as link:
            kept = await all_kept(link)
            settings = (await link.call("settings.get"))["values"]
    frames = {
        (entry["boot"], entry["number"]): bytes.fromhex("".join(entry["telegrams"]))
        for entry in kept
        if entry["kind"] == "meter"
    }
    assert frames == told
    assert (settings["name"], settings["language"]) == ("Cellar", "fr")
    started = [entry for entry in kept if entry["kind"] == "status"]
    # That of the first boot was acknowledged before the restart, and stays so.
    assert [(entry["boot"], entry["error"]["key"]) for entry in started] == [
        (first["boot"] + 1, "logger_started")
    ]
    assert first["error"]["key"] == "logger_started"


async def connected(data: Path) -> None:
    """Return when the core runs and has its board."""
    async with asyncio.timeout(30):
        while True:
            async with client.connect(data) as core:
                if core is not None and (await core.call("state"))["link"] == "connected":
                    return
            await asyncio.sleep(0.05)


@in_loop
async def test_through_the_core(tmp_path: Path) -> None:
    with running_twin() as twin:
        core = await start_core(tmp_path, f"tcp://{twin.serial_tcp[0]}:{twin.serial_tcp[1]}")
        try:
            await connected(tmp_path)
            await order(twin, "--data", str(tmp_path))
            await connected(tmp_path)
        finally:
            core.terminate()
            await core.wait()
