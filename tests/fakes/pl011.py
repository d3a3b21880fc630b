"""A UART of the RP2040, ARM's PL011 (RP2040 datasheet 4.2), in the time of an emulated chip.

rp2040py 0.3.6 has one that sends each character at once, at no baud rate, and that asserts the
transmit interrupt for as long as it is enabled. The chip asserts it when the FIFO falls through its
trigger level; MicroPython enables it in `machine.UART(...)` and never gets out of its handler
again. This one takes its place: both FIFOs with their levels, the receive time-out, characters as
long as the divisors and the line control say. It knows no DMA, no flow control and no break.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

DEPTH = 32
LEVELS = (4, 8, 16, 24, 28)  # of UARTIFLS: 1/8, 1/4, 1/2, 3/4, 7/8 of the depth
TIMEOUT_BITS = 32  # 4.2.6.4

DR, FR, IBRD, FBRD, LCR_H, CR = 0x00, 0x18, 0x24, 0x28, 0x2C, 0x30
IFLS, IMSC, RIS, MIS, ICR, DMACR = 0x34, 0x38, 0x3C, 0x40, 0x44, 0x48
RESET_VALUES = {IBRD: 0, FBRD: 0, LCR_H: 0, CR: 0x300, IFLS: 0x12, IMSC: 0, DMACR: 0}

TX_EMPTY, RX_FULL, TX_FULL, RX_EMPTY, BUSY = 1 << 7, 1 << 6, 1 << 5, 1 << 4, 1 << 3
RX_INTERRUPT, TX_INTERRUPT, TIMEOUT_INTERRUPT = 1 << 4, 1 << 5, 1 << 6
PARITY, EVEN, TWO_STOPS, FIFOS = 1 << 1, 1 << 2, 1 << 3, 1 << 4
OVERRUN = 1 << 11  # in UARTDR


class Line(NamedTuple):
    """How the divisors and UARTLCR_H are set."""

    baud: float
    data_bits: int
    parity: str  # N, E or O
    stop_bits: int

    @property
    def character_ns(self) -> float:
        """The length of a whole character."""
        return (1 + self.data_bits + (self.parity != "N") + self.stop_bits) * 1e9 / self.baud


class Pl011:
    """The registers, as rp2040py's bus reaches a peripheral, and the two pins.

    clock: `create_alarm(callback)` -> what has `schedule(ns)` and `cancel()`
    clock_hz(): clk_peri. interrupt(level): the line to the processor
    sending(byte, line): called when the start bit of a character begins; `receive` takes one when
        its stop bit has come.
    """

    def __init__(
        self,
        clock: Any,
        clock_hz: Callable[[], int],
        interrupt: Callable[[bool], None],
        sending: Callable[[int, Line], None],
    ) -> None:
        self._clock_hz = clock_hz
        self._interrupt = interrupt
        self._sending = sending
        self._shifted = clock.create_alarm(self._next_character)
        self._timeout = clock.create_alarm(self._time_out)
        self._clear()

    def _clear(self) -> None:
        self._registers = dict(RESET_VALUES)
        self._raised = 0  # UARTRIS
        self._to_send: deque[int] = deque()
        self._received: deque[int] = deque()
        self._shifting = False
        self._overrun = 0

    def reset(self) -> None:
        """Do what a reset of the chip does to the block."""
        self._shifted.cancel()
        self._timeout.cancel()
        self._clear()
        self._interrupt(False)

    @property
    def line(self) -> Line:
        """The settings in force."""
        control = self._registers[LCR_H]
        parity = ("E" if control & EVEN else "O") if control & PARITY else "N"
        divisor = self._registers[IBRD] + self._registers[FBRD] / 64
        baud = self._clock_hz() / 16 / divisor if divisor else 1.0
        return Line(baud, 5 + (control >> 5 & 3), parity, 2 if control & TWO_STOPS else 1)

    def receive(self, byte: int) -> None:
        """Take a whole character from the line; one too many is lost, as on the chip."""
        if len(self._received) >= self._depth:
            self._overrun = OVERRUN
            return
        self._received.append(byte | self._overrun)
        self._overrun = 0
        if len(self._received) >= self._level(3):
            self._raised |= RX_INTERRUPT
        self._timeout.cancel()
        self._timeout.schedule(TIMEOUT_BITS * 1e9 / self.line.baud)
        self._tell()

    # --- the registers, as rp2040py asks for them ---

    def read_uint32(self, offset: int) -> int:
        if offset == DR:
            return self._take()
        if offset == FR:
            return self._flags()
        if offset == RIS:
            return self._raised
        if offset == MIS:
            return self._raised & self._registers[IMSC]
        return self._registers.get(offset, 0)

    def write_uint32(self, offset: int, value: int) -> None:
        if offset == DR:
            self._put(value & 0xFF)
        elif offset == ICR:
            self._raised &= ~value
        elif offset in self._registers:
            self._registers[offset] = value
        self._tell()

    def write_uint32_atomic(self, offset: int, value: int, kind: int) -> None:
        """`kind`: 0 write, 1 XOR, 2 set, 3 clear (2.1.2)."""
        now = self.read_uint32(offset) if kind else 0
        self.write_uint32(offset, (value, now ^ value, now | value, now & ~value)[kind])

    # --- inside ---

    @property
    def _depth(self) -> int:
        return DEPTH if self._registers[LCR_H] & FIFOS else 1

    def _level(self, shift: int) -> int:
        """The trigger level of the FIFO whose field of UARTIFLS is at `shift`."""
        return LEVELS[min(4, self._registers[IFLS] >> shift & 7)] if self._depth > 1 else 1

    def _flags(self) -> int:
        return (
            TX_EMPTY * (not self._to_send)
            | TX_FULL * (len(self._to_send) >= self._depth)
            | RX_EMPTY * (not self._received)
            | RX_FULL * (len(self._received) >= self._depth)
            | BUSY * (self._shifting or bool(self._to_send))
        )

    def _put(self, byte: int) -> None:
        if len(self._to_send) >= self._depth:
            return
        self._to_send.append(byte)
        if len(self._to_send) > self._level(0):
            self._raised &= ~TX_INTERRUPT
        if not self._shifting:
            self._next_character()

    def _next_character(self) -> None:
        self._shifting = bool(self._to_send)
        if self._shifting:
            level = self._level(0)
            above = len(self._to_send) > level
            byte = self._to_send.popleft()
            if above and len(self._to_send) <= level:  # the transition, not the level
                self._raised |= TX_INTERRUPT
            self._shifted.schedule(self.line.character_ns)
            self._sending(byte, self.line)
        self._tell()

    def _take(self) -> int:
        if not self._received:
            return 0
        value = self._received.popleft()
        if len(self._received) < self._level(3):
            self._raised &= ~RX_INTERRUPT
        if not self._received:
            self._raised &= ~TIMEOUT_INTERRUPT
            self._timeout.cancel()
        self._tell()
        return value

    def _time_out(self) -> None:
        if self._received:
            self._raised |= TIMEOUT_INTERRUPT
            self._tell()

    def _tell(self) -> None:
        self._interrupt(bool(self._raised & self._registers[IMSC]))
