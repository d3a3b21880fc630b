"""A microcontroller's peripherals for the drivers' tests: `machine`, `rp2` and `network` as their
documentation promises them, on one virtual clock. Runs on MicroPython.

    lab = install(); from firmware.hal.drivers import uart; bus = uart.make(lab, {...})

The lab is the `hal` of the drivers and the hand at the pins. A call that would block a real board
without end fails here, and a call that the documentation does not know does not exist.
"""

import asyncio
import sys

from tests.fakes.pio import (
    JOIN_NONE,
    JOIN_RX,
    JOIN_TX,
    OUT_HIGH,
    OUT_LOW,
    SHIFT_LEFT,
    SHIFT_RIGHT,
    Machine,
    Program,
)

lab = None


class Lab:
    """levels: of the pins (1 when nothing drives them, as with a pull-up); microvolts: at pins."""

    def __init__(self):
        self.now_ns = 0
        self.levels = {}
        self.microvolts = {}
        self.handlers = {}
        self.machines = {}
        self.channels = []
        self.chips = {}  # ("i2c", bus, address) or ("spi", pin of CS) -> model
        self.uarts = {}
        self.spi_modes = {}
        self.pwm = {}
        self.power_fails = 0
        self.timers = {}  # number -> (period in ms, callback)

    # --- the drivers' hal ----------------------------------------------------------------------
    def ticks_ms(self):
        return self.now_ns // 1000000

    def ticks_us(self):
        return self.now_ns // 1000

    async def sleep_ms(self, ms):
        self.run_us(ms * 1000 or 20)  # a turn of the other tasks takes its time too
        await asyncio.sleep(0)

    def power_failing(self):
        self.power_fails += 1

    # --- the hand at the pins ------------------------------------------------------------------
    def drive(self, pin, level):
        """Put `level` on a pin from outside; its interrupt comes at once."""
        before = self.levels.get(pin, 1)
        self.levels[pin] = level
        handler, edges = self.handlers.get(pin, (None, 0))
        if handler and before != level and edges & (Pin.IRQ_RISING if level else Pin.IRQ_FALLING):
            handler(Pin(pin))

    def run_us(self, us):
        """Let time pass: each state machine makes its steps, in order, and DMA moves data."""
        end_ns = self.now_ns + us * 1000
        running = [m for m in self.machines.values() if m.running]
        while running:
            first = min(running, key=lambda m: m.due_ns)
            if first.due_ns >= end_ns:
                break
            self.now_ns = max(self.now_ns, first.due_ns)
            first.due_ns += first.period_ns
            first.core.step()
            if first.out is not None:
                self.levels[first.out] = first.core.level
            for channel in self.channels:
                channel.move()
        self.now_ns = end_ns


class Pin:
    IN, OUT, OPEN_DRAIN = 0, 1, 2
    PULL_UP, PULL_DOWN = 1, 2
    IRQ_RISING, IRQ_FALLING = 8, 4

    def __init__(self, number, mode=-1, pull=-1, value=None):
        self.number = number
        if value is not None:
            lab.levels[number] = value

    def value(self, value=None):
        if value is None:
            return lab.levels.get(self.number, 1)
        lab.levels[self.number] = value
        return None

    def irq(self, handler=None, trigger=12):
        lab.handlers[self.number] = (handler, trigger)


class ADC:
    def __init__(self, pin):
        self._number = pin.number

    def read_u16(self):
        return lab.microvolts[self._number] * 65535 // 3300000


class Timer:
    def __init__(self, number):
        self._number = number

    def init(self, period, callback):
        lab.timers[self._number] = (period, callback)


class PWM:
    def __init__(self, pin, freq, duty_u16):
        self._number = pin.number
        self.duty_u16(duty_u16)

    def duty_u16(self, duty):
        assert 0 <= duty <= 65535
        lab.pwm[self._number] = duty


class UART:
    """docs/library/machine.UART: `read(n)` waits for n bytes, so asking for more than `any` fails.

    sent: what left it; `arrive` puts bytes into it.
    """

    def __init__(self, number, baudrate, bits, parity, stop, tx, rx, timeout, rxbuf, txbuf):
        assert (bits, parity, stop, timeout) == (8, 0, 1, 0)
        self.baudrate, self._room, self._rxbuf = baudrate, txbuf, rxbuf
        self._received = b""
        self._done_ns = 0
        self.sent = b""
        self.closed = False
        lab.uarts[number] = self

    def _waiting(self):
        """How many bytes are still to be sent."""
        character_ns = 11000000000 // self.baudrate
        return max(0, -(-(self._done_ns - lab.now_ns) // character_ns))

    def write(self, data):
        assert not self.closed
        room = min(len(data), self._room - self._waiting())
        if room <= 0:
            return None
        self.sent += bytes(data[:room])
        start_ns = max(self._done_ns, lab.now_ns)
        self._done_ns = start_ns + room * 11000000000 // self.baudrate
        return room

    def txdone(self):
        return self._waiting() == 0

    def any(self):
        return len(self._received)

    def read(self, count):
        assert count <= self.any(), "read would wait"
        data, self._received = self._received[:count], self._received[count:]
        return data or None

    def arrive(self, data):
        self._received = (self._received + data)[: self._rxbuf]

    def deinit(self):
        self.closed = True


class I2C:
    def __init__(self, number, sda, scl, freq):
        self._number = number

    def writeto_mem(self, address, register, data):
        self._chip(address).write(register, data)

    def readfrom_mem(self, address, register, count):
        return self._chip(address).read(register, count)

    def _chip(self, address):
        chip = lab.chips.get(("i2c", self._number, address))
        if chip is None:
            raise OSError(5)  # EIO: nobody acknowledges
        return chip


class SPI:
    """Every chip whose CS is low hears; modes are checked by the chips.

    As on the RP2040, all objects of one number are the same SPI: the last `init` decides.
    """

    def __init__(self, number, baudrate=1000000, sck=None, mosi=None, miso=None):
        self._number = number
        self.init(baudrate)

    def init(self, baudrate=1000000, polarity=0, phase=0):
        lab.spi_modes[self._number] = 2 * polarity + phase

    @property
    def mode(self):
        return lab.spi_modes[self._number]

    def _chip(self):
        low = [lab.chips[key] for key in lab.chips if key[0] == "spi" and not Pin(key[1]).value()]
        assert len(low) <= 1, "two chips are selected"
        return low[0] if low else None

    def write(self, data):
        chip = self._chip()
        if chip:
            chip.hear(bytes(data), self.mode)

    def read(self, count):
        chip = self._chip()
        return chip.say(count) if chip else bytes(count)


class Ads1115:
    """TI SBAS444: one conversion after the other; a result is there when its time has passed.

    microvolts: at its four inputs; ppm: the error of its gain in each range
    """

    def __init__(self):
        self.microvolts = [0, 0, 0, 0]
        self.ppm = [0, 0, 0, 0, 0, 0]
        self._result = self._next = 0
        self._ready_ns = 0

    def write(self, register, data):
        word = data[0] << 8 | data[1]
        assert register == 1
        assert word & 0xC103 == 0xC103, "single shot, single-ended, comparator off"
        range_uv = (6144000, 4096000, 2048000, 1024000, 512000, 256000)[word >> 9 & 7]
        rate = (8, 16, 32, 64, 128, 250, 475, 860)[word >> 5 & 7]
        microvolts = self.microvolts[word >> 12 & 3]
        microvolts += microvolts * self.ppm[word >> 9 & 7] // 1000000
        self._next = min(32767, microvolts * 32768 // range_uv)
        self._ready_ns = lab.now_ns + 1000000000 // rate

    def read(self, register, count):
        assert (register, count) == (0, 2)
        if lab.now_ns >= self._ready_ns:
            self._result = self._next
        return (self._result & 0xFFFF).to_bytes(2, "big")


class Max31865:
    """Maxim 19-6478: modes 1 and 3; converts only with its bias on for a while. ohms: None open."""

    def __init__(self, milliohms, reference_mohm=4300000):
        self.milliohms, self._reference = milliohms, reference_mohm
        self.alive = True
        self._config = self._register = 0
        self._biased_ns = self._ready_ns = None
        self._steps = 0

    def hear(self, data, mode):
        assert mode in (1, 3)
        self._register = data[0] & 0x7F
        if data[0] & 0x80 and self.alive:
            assert self._register == 0
            self._configure(data[1])

    def _configure(self, value):
        if not value & 0x80:
            self._biased_ns = None
        elif self._biased_ns is None:
            self._biased_ns = lab.now_ns
        if value & 0x20:
            assert self._biased_ns is not None
            assert lab.now_ns - self._biased_ns >= 10000000, "bias needs time"
            ohms = self.milliohms
            self._steps = 0x7FFF if ohms is None else ohms * 32768 // self._reference
            self._ready_ns = lab.now_ns + 62500000
        self._config = value & ~0x22

    def say(self, count):
        if not self.alive:
            return b"\xff" * count
        if self._register == 0:
            return bytes((self._config, 0))[:count]
        assert lab.now_ns >= self._ready_ns, "read before it was converted"
        word = self._steps << 1 | (self._steps == 0x7FFF)
        return word.to_bytes(2, "big")


class Counter:
    RISING, FALLING = 1, 2

    def __init__(self, unit, pin, edge, filter_ns):
        assert filter_ns <= 12787, "the filter has ten bits of 80 MHz"
        self._count = 0
        lab.handlers[pin.number] = (self._edge, Pin.IRQ_FALLING)

    def _edge(self, pin):
        self._count += 1

    def value(self):
        return self._count


class StateMachine:
    """rp2.StateMachine on `pio.Machine`."""

    def __init__(
        self, number, program, freq, in_base=None, out_base=None, set_base=None, jmp_pin=None
    ):
        assert freq > 125000000 // 65536, "the divider has 16 bits"
        assert jmp_pin is None or jmp_pin.number == in_base.number
        reader = in_base.value if in_base else None
        self.core = Machine(program, reader)
        self.out = out_base.number if out_base else None
        self.period_ns = 1000000000 // freq
        self.due_ns = lab.now_ns
        self.running = False
        self.request = (number >> 2) * 8 + (number & 3)
        lab.machines[number] = self
        if self.out is not None:
            lab.levels[self.out] = self.core.level

    def active(self, value):
        self.running = bool(value)
        self.due_ns = lab.now_ns

    def put(self, value):
        assert len(self.core.tx) < self.core.tx_depth, "put would wait"
        self.core.tx.append(value)

    def get(self):
        assert self.core.rx, "get would wait"
        return self.core.rx.pop(0)

    def rx_fifo(self):
        return len(self.core.rx)

    def tx_fifo(self):
        return len(self.core.tx)

    def exec(self, code):
        words = {
            0xA0C1: ("mov", "isr", "x"),
            0x8000: ("push", "noblock"),
            0x80A0: ("pull",),
            0xA027: ("mov", "x", "osr"),
        }[code]
        assert self.core.execute(words) is not None, "it stalls"


class DMA:
    """rp2.DMA: half words between memory and the FIFO of a state machine."""

    def __init__(self):
        self.count = 0
        self._live = False
        self._from = self._to = self._ctrl = None
        lab.channels.append(self)

    def pack_ctrl(self, **fields):
        assert fields["size"] == 1
        assert fields["bswap"] is False
        return fields

    def config(self, read=None, write=None, count=None, ctrl=None, trigger=False):
        import uctypes

        if read is not None:
            self._from = read if isinstance(read, StateMachine) else uctypes.addressof(read)
        if write is not None:
            self._to = write
        self._ctrl = ctrl or self._ctrl
        self.count = self.count if count is None else count
        self._live = self._live or trigger

    def active(self, value=None):
        if value is not None:
            self._live = bool(value)
        return self._live

    @property
    def write(self):
        return self._to

    def move(self):
        """Move what the FIFOs allow."""
        import uctypes

        while self._live and self.count:
            receiving = isinstance(self._from, StateMachine)
            machine = self._from if receiving else self._to
            assert self._ctrl["treq_sel"] == machine.request + (4 if receiving else 0)
            core = machine.core
            if receiving:
                if not core.rx:
                    return
                place = uctypes.bytearray_at(self._to, 2)
                value = core.rx.pop(0)
                place[0], place[1] = value & 0xFF, value >> 8 & 0xFF
                size = 1 << self._ctrl["ring_size"]
                assert self._ctrl["ring_sel"]
                self._to = self._to & ~(size - 1) | (self._to + 2) & (size - 1)
            else:
                if len(core.tx) >= core.tx_depth:
                    return
                place = uctypes.bytearray_at(self._from, 2)
                value = place[0] | place[1] << 8
                core.tx.append(value | value << 16)  # a narrow write fills the word
                self._from += 2
            self.count -= 1
        if self._live and not self.count:
            self._live = False


class Interface:
    """`ipconfig` of 1.23: DHCP gives an address a second after it is asked, where a server is."""

    def __init__(self, *arguments, **settings):
        self.arguments, self.settings = arguments, settings
        self.server = True
        self.joined = None
        self._address = ("0.0.0.0", "0.0.0.0")
        self._gateway = "0.0.0.0"
        self._asked_ns = None

    def active(self, value):
        assert value

    def ipconfig(self, name=None, **changes):
        if name == "addr4":
            asked = self._asked_ns
            if asked is not None and self.server and lab.now_ns - asked >= 1000000000:
                self._address, self._gateway = ("10.0.0.7", "255.255.255.0"), "10.0.0.1"
            return self._address
        if name == "gw4":
            return self._gateway
        if "dhcp4" in changes:
            self._asked_ns = lab.now_ns if changes["dhcp4"] else None
        if "addr4" in changes:
            if changes["addr4"][0].count(".") != 3:
                raise ValueError("invalid arguments")
            self._address, self._gateway = changes["addr4"], changes["gw4"]
        return None

    def isconnected(self):
        return self._address[0] != "0.0.0.0"

    def connect(self, ssid, key):
        self.joined = (ssid, key)

    def disconnect(self):
        self.joined = None


class Module:
    """A module made of attributes."""

    def __init__(self, **attributes):
        for name in attributes:
            setattr(self, name, attributes[name])


_dns = ["0.0.0.0"]


def _network_ipconfig(name=None, **changes):
    if name == "dns":
        return _dns[0]
    _dns[0] = changes["dns"]
    return None


def asm_pio(**settings):
    return lambda function: Program(function, settings)


def install(counter=True):
    """Begin a new lab and put the modules in place; return the lab."""
    global lab
    lab = Lab()
    machine = Module(Pin=Pin, ADC=ADC, Timer=Timer, PWM=PWM, UART=UART, I2C=I2C, SPI=SPI)
    if counter:
        machine.Counter = Counter
    pio = Module(
        SHIFT_LEFT=SHIFT_LEFT,
        SHIFT_RIGHT=SHIFT_RIGHT,
        OUT_LOW=OUT_LOW,
        OUT_HIGH=OUT_HIGH,
        JOIN_NONE=JOIN_NONE,
        JOIN_TX=JOIN_TX,
        JOIN_RX=JOIN_RX,
    )
    sys.modules["machine"] = machine
    sys.modules["rp2"] = Module(PIO=pio, asm_pio=asm_pio, StateMachine=StateMachine, DMA=DMA)
    sys.modules["network"] = Module(
        WIZNET5K=Interface,
        WLAN=Interface,
        LAN=Interface,
        STA_IF=0,
        PHY_LAN8720=1,
        ipconfig=_network_ipconfig,
    )
    for name in list(sys.modules):
        if name.startswith("firmware.hal.drivers.") or name in (
            "firmware.hal.ads1115",
            "firmware.hal.nic",
        ):
            del sys.modules[name]
    return lab
