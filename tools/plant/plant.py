"""The plant as a whole: the bus, its clock and its ports, started and stopped together."""

import asyncio
import time
from typing import Any

from tools.plant.bus import Bus
from tools.plant.cabinet import Cabinet
from tools.plant.clock import Clock, ticks
from tools.plant.control import Control, ControlConnection
from tools.plant.io_port import IoConnection, IoPort
from tools.plant.meter import Meter
from tools.plant.rfc2217 import Rfc2217Master
from tools.plant.server import Line, Master, Pty, Pump
from tools.plant.wire import Format
from tools.plant.wiring import Wiring
from tools.plant.wiring_control import WiringControl

# Silence that ends a master's unfinished frame: 33 bit times at 2400 baud, and 50 ms of real time
# for what the master's own operating system and network may put between two bytes.
_GAP_S = 33 / 2400
_GAP_REAL_S = 0.05


class Plant:
    """An installation that can be reached.

    `baud` is what the converter behind the TCP port and the pty is set to; `time_scale` how many
    times faster than real time everything runs; `start_s` the meters' time at the start (Unix
    seconds, default: now).
    """

    def __init__(
        self,
        meters: list[Meter],
        baud: int = 2400,
        time_scale: float = 1.0,
        seed: int = 0,
        start_s: float | None = None,
    ) -> None:
        gap = ticks(_GAP_S + _GAP_REAL_S * time_scale)
        self.bus = Bus(meters, time.time() if start_s is None else start_s, seed, gap)
        self.wiring = Wiring([self.bus], seed)
        self._time_scale = time_scale
        self._line = Line(Format(baud))
        self._servers: list[asyncio.Server] = []
        self._cabinet: Cabinet | None = None
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
    ) -> None:
        """Open the ports (0: any free, None: none). OSError names the port that is taken."""
        loop = asyncio.get_running_loop()
        self.pump = Pump(self.bus, Clock(self._time_scale))
        self.io = IoPort(self.wiring, [self.pump])
        self.control = Control(self.pump, self._line, WiringControl(self.io, self._time_scale))
        own_line = Line(self._line.format)  # RFC 2217 masters set their own
        self._lines = [self._line, own_line]
        wanted: list[tuple[str, str, int | None, Any]] = [
            ("bus", "tcp://", bus_port, lambda: Master(self.pump, self._line)),
            ("rfc2217", "rfc2217://", rfc2217_port, lambda: Rfc2217Master(self.pump, own_line)),
            ("io", "tcp://", io_port, lambda: IoConnection(self.io)),
            ("control", "", control_port, lambda: ControlConnection(self.control)),
        ]
        for name, scheme, port, protocol in wanted:
            if port is None:
                continue
            try:
                server = await loop.create_server(protocol, host, port)
            except (OSError, OverflowError) as error:
                await self.stop()
                reason = getattr(error, "strerror", None) or str(error)
                raise OSError(f"{name} port {port} on {host}: {reason}") from error
            self._servers.append(server)
            self.addresses[name] = f"{scheme}{host}:{server.sockets[0].getsockname()[1]}"
        if cabinet_port is not None:
            self._cabinet = Cabinet(self.control.run)
            try:
                self.addresses["cabinet"] = await self._cabinet.start(host, cabinet_port)
            except (OSError, OverflowError) as error:
                await self.stop()
                raise OSError(f"cabinet port {cabinet_port} on {host}: {error}") from error
        if pty:
            self.addresses["pty"] = Pty(self.pump, self._line).path

    async def stop(self) -> None:
        """Close the ports and stop the clock; connections are cut."""
        self.pump.stop()
        self.io.stop()
        if self._cabinet is not None:
            await self._cabinet.stop()
        for server in self._servers:
            server.close()
        for seat in [seat for line in self._lines for seat in line.seats]:
            seat.cut()
        for transport in list(self.control.connections):
            transport.abort()
        for _ in range(3):  # let connections that are just being made see that it is over
            await asyncio.sleep(0)

    def ready(self) -> dict[str, Any]:
        """Return what the ready line says: where the ports are and which meters there are."""
        meters = [
            {"primary": m.primary, "secondary": m.secondary, "profile": m.profile.name}
            for m in self.bus.meters
        ]
        return {"ready": True, **self.addresses, "meters": meters}
