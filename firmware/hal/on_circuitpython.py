"""The hardware under CircuitPython: `Hal` of contract.py, from the same table of one board.

Type-checked against CircuitPython's stubs, not run. What CircuitPython has no hardware for is left
out, as a part that is not fitted: segments on a PIO, displays, converters, networks. `asyncio` is
the library adafruit-circuitpython-asyncio. Files can be kept only where boot.py has made the drive
writable for code (`storage.remount("/", False)`).
"""

import asyncio
import binascii
import gc
import time

import analogio
import busio
import countio
import digitalio
import microcontroller
import usb_cdc

from firmware import kept_values
from firmware.hal.line_times import LATENCY_MS, checked, look_ms, silence
from shared import compat
from shared.compat import const, ticks_diff
from shared.errors import BadSetting

_FULL_UV = const(3300000)  # of the ADC, at 65535
_WATCHDOG_S = const(8)
_PIECE = const(64)  # bytes of the link before other tasks get their turn
_LOOK_MS = const(2)


def pin_of(number):
    """Return the pin with `number` of the chip: GPIO4 or IO4, whatever the port calls it."""
    pins = getattr(microcontroller, "pin")  # noqa: B009 - the stubs have none: it is the chip's
    for name in ("GPIO%d", "IO%d"):
        found = getattr(pins, name % number, None)
        if found is not None:
            return found
    raise BadSetting("this chip has no pin %d" % number)


def _digital(number, value=None):
    """Return a pin as an input with pull-up, or as an output that begins with `value`."""
    pin = digitalio.DigitalInOut(pin_of(number))
    if value is None:
        pin.switch_to_input(pull=digitalio.Pull.UP)
    else:
        pin.switch_to_output(value=bool(value))
    return pin


async def _sleep_ms(ms):
    await asyncio.sleep(ms / 1000)


class UartBus:
    """See `contract.BusUart`.

    `write` and `feed` block the other tasks: 105 ms for a selection at 2400.
    """

    latency_ms = LATENCY_MS

    def __init__(self, hal, settings):
        self._hal, self._settings = hal, settings
        self._uart = None
        self._last_us = hal.ticks_us()  # of the last byte, as well as we know
        self.baud = 2400

    def _opened(self):
        if self._uart is None:
            self._uart = busio.UART(
                pin_of(self._settings["tx"]),
                pin_of(self._settings["rx"]),
                baudrate=self.baud,
                bits=8,
                parity=busio.UART.Parity.EVEN,  # pyright: ignore - the stubs call it an int
                stop=1,
                timeout=0,
                receiver_buffer_size=1024,
            )
        return self._uart

    async def write(self, data):
        self._opened().write(data)
        self._last_us = self._hal.ticks_us()

    async def feed(self, data):
        await self.write(data)
        return len(data)

    async def read(self, count, timeout_ms):
        started = compat.ticks_ms()
        while True:
            data = self._look(count)
            left_ms = timeout_ms - ticks_diff(compat.ticks_ms(), started)
            if data or left_ms <= 0:
                return data
            await _sleep_ms(min(left_ms, look_ms(self.baud)))

    async def idle(self, us):
        return await silence(self._hal, us, self._last_us, self._look)

    def _look(self, count):
        uart = self._opened()
        there = min(count, uart.in_waiting)
        if not there:
            return b""
        self._last_us = self._hal.ticks_us()
        return uart.read(there) or b""

    async def set_baud(self, baud):
        self.baud = checked(baud)
        self._opened().baudrate = baud

    def flush_input(self):
        count = 0
        if self._uart:
            count = self._uart.in_waiting
            self._uart.reset_input_buffer()
        return count

    def close(self):
        if self._uart:
            self._uart.deinit()
        self._uart = None


class PulseCounter:
    """See `contract.PulseCounter`. It counts edges: bounces are kept away before the pin."""

    def __init__(self, hal, settings):
        self._counter = countio.Counter(
            pin_of(settings["pin"]), edge=countio.Edge.FALL, pull=digitalio.Pull.UP
        )

    def count(self):
        return self._counter.count

    def closed(self):
        return False  # the counter has the pin for itself


class AdcSupply:
    """See `contract.Supply`."""

    def __init__(self, hal, settings):
        self._volts = analogio.AnalogIn(pin_of(settings["volts"]))
        self._amps = analogio.AnalogIn(pin_of(settings["amps"]))
        self._divider = settings.get("divider", 20)
        self._ua_per_mv = settings.get("ua_per_mv", 500)
        switch = settings.get("switch")
        self._switch = None if switch is None else _digital(switch, 1)

    async def measure(self):
        pass  # the ADC is asked when a value is wanted: it takes microseconds

    def voltage_mv(self):
        return self._volts.value * _FULL_UV // 65535 * self._divider // 1000

    def current_ua(self):
        return self._amps.value * _FULL_UV // 65535 * self._ua_per_mv // 1000

    def switch(self, on):
        if self._switch:
            self._switch.value = bool(on)


class PinRelay:
    """See `contract.Relay`."""

    def __init__(self, hal, settings):
        self._inverted = bool(settings.get("inverted", 0))
        self._pin = _digital(settings["pin"], self._inverted)

    def set(self, energised):
        self._pin.value = bool(energised) != self._inverted


class PinKeys:
    """See `contract.Keys`."""

    def __init__(self, hal, settings):
        self._enter, self._function = _digital(settings["enter"]), _digital(settings["function"])

    def enter(self):
        return not self._enter.value

    def function(self):
        return not self._function.value


class PinLeds:
    """See `contract.Leds`: dim is as bright as bright."""

    def __init__(self, hal, settings):
        self._leds = {name: _digital(number, 0) for name, number in settings.items()}

    def set(self, name, brightness):
        self._leds[name].value = brightness > 0


DRIVERS = {
    "uart": UartBus,
    "pulse_pio": PulseCounter,
    "pulse_pcnt": PulseCounter,
    "pulse_irq": PulseCounter,
    "adc_supply": AdcSupply,
    "relay_pin": PinRelay,
    "keys_pins": PinKeys,
    "leds_pins": PinLeds,
}


class ConsoleStream:
    """The USB console. See `contract.LinkStream`."""

    def __init__(self, serial):
        self._serial = serial

    async def read(self, count):
        while not self._serial.in_waiting:
            await _sleep_ms(_LOOK_MS)
        return self._serial.read(min(count, self._serial.in_waiting))

    async def write(self, data):
        view = memoryview(data)
        for start in range(0, len(view), _PIECE):
            self._serial.write(view[start : start + _PIECE])
            await asyncio.sleep(0)


class Hal:
    """`board`: a module of boards/. Made once: it counts the boot. See `contract.Hal`."""

    scale = 1

    def __init__(self, board):
        self.board = board.NAME
        self.unique_id = binascii.hexlify(microcontroller.cpu.uid).decode()
        self.boot = kept_values.next_boot()
        self._utc = None  # (utc_s, time.monotonic_ns() when it was set)
        self._power_failing = []
        parts = {}
        for role, driver, settings in board.PARTS:
            if driver in DRIVERS:
                parts.setdefault(role, []).append(DRIVERS[driver](self, settings))
        self._buses = parts.get("bus", [])
        self.segments = len(self._buses)
        self.supplies = parts.get("supply", [])
        self.pulse_counters = parts.get("pulse", [])
        self.thermometers = []
        self.relays = parts.get("relay", [])
        self.keys = parts["keys"][0] if "keys" in parts else None
        self.leds = parts["leds"][0] if "leds" in parts else None
        self.display = self.network = self.converter = None

    def ticks_us(self):
        return time.monotonic_ns() // 1000 & 0x3FFFFFFF

    def ticks_ms(self):
        # Not supervisor.ticks_ms: it wraps at 2**29, our differences at 2**30.
        return compat.ticks_ms()

    async def sleep_ms(self, ms):
        await _sleep_ms(ms)

    def utc_s(self):
        if self._utc is None:
            return None
        utc_s, at_ns = self._utc
        return utc_s + (time.monotonic_ns() - at_ns) // 1000000000

    def set_utc(self, utc_s):
        self._utc = utc_s, time.monotonic_ns()

    def open_bus(self, segment=1):
        if not 1 <= segment <= self.segments:
            raise BadSetting("segment %d: this board has %d" % (segment, self.segments))
        return self._buses[segment - 1]

    def link_stream(self):
        serial = usb_cdc.data or usb_cdc.console
        if serial is None:
            raise BadSetting("USB serial is switched off in boot.py")
        return ConsoleStream(serial)

    def on_power_failing(self, callback):
        self._power_failing.append(callback)

    def power_failing(self):
        for callback in self._power_failing:
            callback()

    def watchdog(self):
        dog = microcontroller.watchdog
        if dog:
            if dog.mode is None:
                from watchdog import WatchDogMode

                dog.timeout = _WATCHDOG_S
                dog.mode = WatchDogMode.RESET
            dog.feed()

    def free_heap(self):
        gc.collect()
        return gc.mem_free()  # pyright: ignore - CPython's gc, of which the stubs know, has none

    def reset(self):
        microcontroller.reset()
