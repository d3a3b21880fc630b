"""The twin's wiring but the M-Bus: one TCP connection to the plant's I/O port, for all its drivers.

tools/plant/io_port.py describes the lines of JSON. What the plant says goes to the callbacks of the
drivers; what drivers set is kept here and told again at each new connection, so either side may be
restarted. It connects by itself, and again after a loss.
"""

import asyncio
import json
import os

URL_VARIABLE = "MBUSLINK_IO"
_AGAIN_S = 1  # real time between two attempts to connect


def of(hal):
    """Return the connection of the twin `hal`, the same for all who ask; None if nothing is wired.

    The plant's warning that the power fails goes to `hal`.
    """
    if getattr(hal, "plant_io", None) is None:
        url = os.getenv(URL_VARIABLE)
        if url:
            io = hal.plant_io = PlantIo(url)
            io.listen("power", lambda word: hal.power_failing())
        else:
            hal.plant_io = None
    return hal.plant_io


class PlantIo:
    """`url` is tcp://HOST:PORT. connected: the plant is there."""

    def __init__(self, url):
        self._host, _, port = url.partition("://")[2].rpartition(":")
        self._port = int(port)
        self.connected = False
        self._callbacks = {}  # kind -> functions
        self._outputs = {}  # what was set last: (kind, number or name) -> line
        self._pending = []  # keys of outputs that the plant has not been told
        self._wake = asyncio.Event()
        self._task = None

    def listen(self, kind, callback):
        """Call `callback(value)` for each message of `kind`: "pt1000", "supply", "key", "power".

        For "s0" it is `callback(edges, t_us)`. Call this before the first message may come: when
        the driver is made.
        """
        self._callbacks.setdefault(kind, []).append(callback)
        self._start()

    def set(self, kind, value):
        """Set an output: `value` as in the plant's protocol, [number or name, state] or a state."""
        key = (kind, value[0] if isinstance(value, list) else None)
        line = json.dumps({kind: value})
        if self._outputs.get(key) != line:
            self._outputs[key] = line
            if key not in self._pending:
                self._pending.append(key)
            self._wake.set()
        self._start()

    def _start(self):
        # MicroPython takes tasks before its loop runs: drivers are made before.
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def _run(self):
        while True:
            try:
                await self._serve()
            except (OSError, EOFError):
                pass  # the plant is gone
            except Exception as error:  # the rim: whatever it said, begin anew
                print("plant_io:", repr(error))
            self.connected = False
            await asyncio.sleep(_AGAIN_S)

    async def _serve(self):
        """Talk with the plant until the connection ends."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        self._pending = list(self._outputs)
        self._wake.set()
        sending = asyncio.create_task(self._send(writer))
        self.connected = True
        try:
            while True:
                line = await reader.readline()
                if not line:
                    return
                self._hear(json.loads(line))
        finally:
            sending.cancel()
            writer.close()

    async def _send(self, writer):
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._pending:
                line = self._outputs[self._pending.pop(0)]
                writer.write(line.encode() + b"\n")
                await writer.drain()

    def _hear(self, message):
        t_us = message.pop("t_us", None)
        for kind in message:
            for callback in self._callbacks.get(kind, ()):
                if kind == "s0":
                    callback(message[kind], t_us)
                else:
                    callback(message[kind])
