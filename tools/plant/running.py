"""A plant inside one's own process: `with running_plant(meters=20) as plant:`.

It runs in a thread with an event loop of its own, on free ports, and obeys the same control
commands as the program.
"""

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from tools.plant import population, profiles
from tools.plant.meter import Meter
from tools.plant.plant import Plant


class RunningPlant:
    """A plant that runs: its addresses, its meters and its controls."""

    def __init__(self, plant: Plant, loop: asyncio.AbstractEventLoop) -> None:
        self._plant = plant
        self._loop = loop
        self.addresses = plant.addresses
        self.bus: str = plant.addresses["bus"]  # tcp://127.0.0.1:PORT
        self.rfc2217: str = plant.addresses["rfc2217"]
        self.io: str = plant.addresses["io"]  # tcp://127.0.0.1:PORT
        self.buses: list[dict[str, Any]] = plant.buses  # one of each segment, the first as above
        self.pty: str | None = plant.addresses.get("pty")
        self.cable: str = plant.addresses.get("cable", "")  # tcp://, the device's end
        self.cable_pty: str = plant.addresses.get("cable_pty", "")  # the master's
        host, port = self.bus.removeprefix("tcp://").rsplit(":", 1)
        self.bus_address: tuple[str, int] = (host, int(port))
        host, port = plant.addresses["control"].rsplit(":", 1)
        self.control_address: tuple[str, int] = (host, int(port))
        self.meters: list[dict[str, Any]] = plant.ready()["meters"]

    def meter(self, index: int) -> Meter:
        """Return a meter of the first segment, to be changed before it is asked."""
        return self._plant.segments[0].bus.meters[index]

    def control(self, cmd: str, **arguments: Any) -> Any:
        """Run a control command and return its result; ValueError with the plant's message."""

        async def run() -> dict[str, Any]:
            return self._plant.control.run({"cmd": cmd, **arguments})

        answer = asyncio.run_coroutine_threadsafe(run(), self._loop).result(30)
        if not answer["ok"]:
            raise ValueError(answer["error"])
        return answer["result"]


@contextmanager
def running_plant(
    meters: int | list[dict[str, Any]] = 20,
    time_scale: float = 1.0,
    baud: int = 2400,
    seed: int = 0,
    start_s: float | None = None,
    pty: bool = False,
    bus_port: int = 0,
    cabinet_port: int | None = None,
    segments: int = 1,
    cable: bool = False,
) -> Generator[RunningPlant]:
    """Run a plant for the time of the block.

    `meters`: how many of the demo's mix, or the meters as a population file lists them. The rest
    is as the program's options.
    """
    kinds = profiles.load()
    if isinstance(meters, int):
        them = population.demo(kinds, meters, baud, seed, segments)
    else:
        them = [population.make(row, kinds, baud, seed, segments) for row in meters]
    plant = Plant(them, baud, time_scale, seed, start_s, segments)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="plant", daemon=True)
    thread.start()
    try:
        started = plant.start(bus_port=bus_port, pty=pty, cabinet_port=cabinet_port, cable=cable)
        asyncio.run_coroutine_threadsafe(started, loop).result(30)
        try:
            yield RunningPlant(plant, loop)
        finally:
            asyncio.run_coroutine_threadsafe(plant.stop(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
