"""The plant as a whole: its buses, their clock and ports, started and stopped together."""

import asyncio
import time
from functools import partial
from typing import Any

from tools.plant.cabinet import Cabinet
from tools.plant.cable import Cable, CableEnd
from tools.plant.clock import Clock
from tools.plant.control import Control, ControlConnection
from tools.plant.io_port import IoConnection, IoPort
from tools.plant.meter import Meter
from tools.plant.rfc2217 import Rfc2217Master
from tools.plant.segment import Segment
from tools.plant.server import Master, Pty
from tools.plant.wiring import Wiring
from tools.plant.wiring_control import WiringControl


class Plant:
    """An installation that can be reached.

    `baud` is what the converter behind the TCP port and the pty is set to; `time_scale` how many
    times faster than real time everything runs; `start_s` the meters' time at the start (Unix
    seconds, default: now); `segments` (1 to 3) how many buses there are, which `meter.segment`
    chooses from.
    """

    def __init__(
        self,
        meters: list[Meter],
        baud: int = 2400,
        time_scale: float = 1.0,
        seed: int = 0,
        start_s: float | None = None,
        segments: int = 1,
    ) -> None:
        start_s = time.time() if start_s is None else start_s
        self.segments: list[Segment] = []
        for number in range(1, segments + 1):
            there = [meter for meter in meters if meter.segment == number]
            self.segments.append(Segment(number, there, baud, time_scale, start_s, seed))
        self.wiring = Wiring([segment.bus for segment in self.segments], seed)
        self._time_scale = time_scale
        self._servers: list[asyncio.Server] = []
        self._cabinet: Cabinet | None = None
        self._cable: Cable | None = None
        self.addresses: dict[str, str] = {}

    async def start(
        self,
        bus_port: int | None = 0,
        rfc2217_port: int | None = 0,
        control_port: int | None = 0,
        pty: bool = False,
        host: str = "127.0.0.1",
        io_port: int | None = 0,
        cabinet_port: int | None = None,
        cable: bool = False,
    ) -> None:
        """Open the ports (0: any free, None: none). OSError names the port that is taken.

        The ports of further segments follow those of the first, where these are not any free ones.
        """
        clock = Clock(self._time_scale)
        for segment in self.segments:
            segment.start(clock)
        self.io = IoPort(self.wiring, [segment.pump for segment in self.segments])
        self.control = Control(self.segments, WiringControl(self.io, self._time_scale))
        self.buses: list[dict[str, Any]] = []
        for segment in self.segments:
            ports: dict[str, Any] = {"segment": segment.number}
            for name, first, protocol in (
                ("bus", bus_port, partial(Master, segment.pump, segment.line)),
                ("rfc2217", rfc2217_port, partial(Rfc2217Master, segment.pump, segment.own_line)),
            ):
                scheme = "tcp://" if name == "bus" else "rfc2217://"
                port = first + segment.number - 1 if first else first
                ports[name] = await self._open(name, scheme, host, port, protocol)
            if pty:
                ports["pty"] = Pty(segment.pump, segment.line).path
            self.buses.append({name: at for name, at in ports.items() if at is not None})
        first = self.buses[0]
        self.addresses = {name: first[name] for name in ("bus", "rfc2217", "pty") if name in first}
        for name, scheme, port, protocol in (
            ("io", "tcp://", io_port, partial(IoConnection, self.io)),
            ("control", "", control_port, partial(ControlConnection, self.control)),
        ):
            address = await self._open(name, scheme, host, port, protocol)
            if address is not None:
                self.addresses[name] = address
        if cable:
            self._cable = Cable(self._time_scale)
            end = await self._open("cable", "tcp://", host, 0, partial(CableEnd, self._cable))
            self.addresses |= {"cable": str(end), "cable_pty": self._cable.path}
        if cabinet_port is not None:
            self._cabinet = Cabinet(self.control.run)
            try:
                self.addresses["cabinet"] = await self._cabinet.start(host, cabinet_port)
            except (OSError, OverflowError) as error:
                await self.stop()
                raise OSError(f"cabinet port {cabinet_port} on {host}: {error}") from error

    async def _open(
        self, name: str, scheme: str, host: str, port: int | None, protocol: Any
    ) -> str | None:
        """Listen at `port`; return the address, None where none is wanted."""
        if port is None:
            return None
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(protocol, host, port)
        except (OSError, OverflowError) as error:
            await self.stop()
            reason = getattr(error, "strerror", None) or str(error)
            raise OSError(f"{name} port {port} on {host}: {reason}") from error
        self._servers.append(server)
        return f"{scheme}{host}:{server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Close the ports and stop the clock; connections are cut."""
        for segment in self.segments:
            segment.pump.stop()
        self.io.stop()
        if self._cable is not None:
            self._cable.close()
        if self._cabinet is not None:
            await self._cabinet.stop()
        for server in self._servers:
            server.close()
        for segment in self.segments:
            for seat in [*segment.line.seats, *segment.own_line.seats]:
                seat.cut()
        for transport in list(self.control.connections):
            transport.abort()
        for _ in range(3):  # let connections that are just being made see that it is over
            await asyncio.sleep(0)

    def ready(self) -> dict[str, Any]:
        """Return what the ready line says: where the ports are and which meters there are."""
        meters = [
            {
                "primary": meter.primary,
                "secondary": meter.secondary,
                "profile": meter.profile.name,
                "segment": segment.number,
            }
            for segment in self.segments
            for meter in segment.bus.meters
        ]
        return {"ready": True, **self.addresses, "buses": self.buses, "meters": meters}
