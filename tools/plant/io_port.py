"""The I/O port: what is wired to the device, over one TCP connection, as lines of JSON.

To the device:    {"s0": [[input, closed, us], ...], "t_us": us}   all edges up to t_us
                  {"pt1000": [sensor, milliohms or null]}   null: the circuit is open
                  {"supply": [segment, mV, uA]}   {"key": [name, pressed]}   {"power": "failing"}
From the device:  {"relay": [n, energised]}   {"led": [name, 0 off, 1 dim, 2 bright]}
                  {"lcd": [band, hex of 128 bytes]}   {"backlight": on}   {"supply": [segment, on]}
                  {"network": {...}}

At the start either side tells all it has. Times are microseconds of the plant's clock. There is one
device: a new connection takes the place of the old one, and with the last one its power is gone.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from tools.plant.clock import TICKS_PER_SECOND
from tools.plant.lcd import LCD_BYTES, WIDTH
from tools.plant.server import Pump
from tools.plant.wiring import KEYS, LEDS, RELAYS, Wiring

LONGEST_LINE = 16_384
_BATCH_S = 0.002  # real time in which edges are gathered into one line
_MARK_US = 20_000  # after the last edge, it is told that there was none since
_SAMPLE_S = 0.1  # real time between two looks at the current, which moves with the meters' answers


class IoPort:
    """The device's connection, and the timer that moves contacts and supply on."""

    def __init__(self, wiring: Wiring, pumps: list[Pump]) -> None:
        self.wiring = wiring
        self._pumps = pumps
        self._clock = pumps[0].clock
        self._connection: IoConnection | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._sampler: asyncio.TimerHandle | None = None
        self._mark_at_us: int | None = None
        self._told: dict[int, tuple[int, int]] = {}
        self.refused: list[str] = []  # the last lines of the device that made no sense
        self._obey: dict[str, Callable[..., None]] = {
            "relay": self._relay,
            "led": self._led,
            "lcd": self._lcd,
            "backlight": self._backlight,
            "supply": self._switch_supply,
            "network": self._network,
        }

    @property
    def connected(self) -> bool:
        """Tell whether a device is there, with its power on."""
        return self._connection is not None

    def now_us(self) -> int:
        """Return the plant's time in microseconds since its start."""
        return self._clock.now() * 1_000_000 // TICKS_PER_SECOND

    def stop(self) -> None:
        """Cut the connection and stop the timers."""
        for timer in (self._timer, self._sampler):
            if timer is not None:
                timer.cancel()
        self._timer = self._sampler = None
        if self._connection is not None:
            self._connection.cut()
            self._connection = None

    # --- the connection ---

    def arrived(self, connection: "IoConnection") -> None:
        """Take a device in, the old one out; tell it the state of everything."""
        if self._connection is not None:
            self._connection.cut()
            self._power_lost()
        self._connection = connection
        self.run()
        now_us = self.now_us()
        contacts = enumerate(self.wiring.contacts, 1)
        edges = [[number, int(contact.closed), now_us] for number, contact in contacts]
        self.tell({"s0": edges, "t_us": now_us})
        for number in range(1, len(self.wiring.milliohms) + 1):
            self.tell_sensor(number)
        for key in KEYS:
            self.tell_key(key)
        self._told = {}
        self._sample()

    def left(self, connection: "IoConnection") -> None:
        """The device is gone."""
        if connection is self._connection:
            self._connection = None
            self._power_lost()

    def _power_lost(self) -> None:
        self.wiring.power_lost()
        for pump, supply in zip(self._pumps, self.wiring.supplies, strict=True):
            supply.bus.set_power(True, pump.now())

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message to the device, if there is one."""
        if self._connection is not None:
            self._connection.send(message)

    def tell_sensor(self, number: int) -> None:
        """Tell the resistance of sensor `number` (from 1)."""
        self.tell({"pt1000": [number, self.wiring.milliohms[number - 1]]})

    def tell_key(self, key: str) -> None:
        """Tell whether `key` is pressed."""
        self.tell({"key": [key, self.wiring.keys[key]]})

    def tell_supplies(self) -> None:
        """Tell voltage and current of the segments that changed."""
        for segment, supply in enumerate(self.wiring.supplies, 1):
            reading = supply.reading()
            if self._told.get(segment) != reading:
                self._told[segment] = reading
                self.tell({"supply": [segment, *reading]})

    # --- time ---

    def run(self) -> None:
        """Move the contacts on to now, tell their edges, and sleep until more are due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now_us = self.now_us()
        edges = self.wiring.advance(now_us)
        if edges:
            self._mark_at_us = edges[-1][2] + _MARK_US
        if edges or (self._mark_at_us is not None and now_us >= self._mark_at_us):
            self.tell({"s0": edges, "t_us": now_us})
            if self._mark_at_us is not None and now_us >= self._mark_at_us:
                self._mark_at_us = None
        due = [at for at in (self.wiring.next_due(), self._mark_at_us) if at is not None]
        if due:
            wait_s = (min(due) - now_us) / 1e6 / self._clock.scale
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(_BATCH_S, wait_s), self.run)

    def _sample(self) -> None:
        if self._sampler is not None:
            self._sampler.cancel()
            self._sampler = None
        if self.connected:
            self.tell_supplies()
            self._sampler = asyncio.get_running_loop().call_later(_SAMPLE_S, self._sample)

    # --- what the device switches ---

    def obey(self, message: Any) -> None:
        """Do what a line of the device says; what makes no sense is kept in `refused`."""
        try:
            ((what, value),) = message.items()
            obey = self._obey[what]
            if isinstance(value, list):
                obey(*value)
            else:
                obey(value)
        except Exception as error:  # whatever a device sends, the plant goes on
            self.refused = [*self.refused[-9:], f"{str(message)[:200]}: {error!r}"]

    def _relay(self, number: int, energised: object) -> None:
        self.wiring.outputs.relays[range(1, RELAYS + 1).index(number)] = bool(energised)

    def _led(self, name: str, level: int) -> None:
        self.wiring.outputs.leds[LEDS[LEDS.index(name)]] = (0, 1, 2)[level]

    def _lcd(self, page: int, dots: str) -> None:
        band = bytes.fromhex(dots)
        start = range(0, LCD_BYTES, WIDTH)[range(8).index(page)]
        if len(band) != WIDTH:
            raise ValueError(f"{len(band)} bytes, {WIDTH} are wanted")
        shown = self.wiring.outputs.lcd
        self.wiring.outputs.lcd = shown[:start] + band + shown[start + WIDTH :]

    def _backlight(self, on: object) -> None:
        self.wiring.outputs.backlight = bool(on)

    def _switch_supply(self, segment: int, on: object) -> None:
        index = range(1, len(self.wiring.supplies) + 1).index(segment)
        self.wiring.supplies[index].bus.set_power(bool(on), self._pumps[index].now())
        self._pumps[index].run()
        self.tell_supplies()

    def _network(self, settings: dict[str, object]) -> None:
        self.wiring.outputs.network = dict(settings)


class IoConnection(asyncio.Protocol):
    """The socket around it."""

    def __init__(self, port: IoPort) -> None:
        self._port = port
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the place of the device."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._port.arrived(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place up."""
        self._port.left(self)

    def data_received(self, data: bytes) -> None:
        """Obey every whole line."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > LONGEST_LINE:
            self._transport.abort()
        for line in lines:
            try:
                message = json.loads(line)
            except (ValueError, RecursionError):
                message = line
            self._port.obey(message)

    def send(self, message: dict[str, Any]) -> None:
        """Send a line; a device that does not read is cut off."""
        if self._transport.get_write_buffer_size() > 64 * LONGEST_LINE:
            self._transport.abort()
        if not self._transport.is_closing():
            self._transport.write(json.dumps(message).encode() + b"\n")

    def cut(self) -> None:
        """Close the connection."""
        self._transport.abort()
