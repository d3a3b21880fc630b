"""The model of the RP2040's UART keeps to the datasheet where MicroPython's driver leans on it."""

import heapq
from collections.abc import Callable

from tests.fakes import pl011
from tests.fakes.pl011 import Line, Pl011

CLK_PERI = 48_000_000


class Alarm:
    def __init__(self, clock: "Clock", callback: Callable[[], None]) -> None:
        self._clock, self._callback = clock, callback
        self.turn = 0

    def schedule(self, ns: float) -> None:
        self.turn += 1
        heapq.heappush(self._clock.due, (self._clock.nanos + ns, id(self), self.turn, self))

    def cancel(self) -> None:
        self.turn += 1

    def ring(self, turn: int) -> None:
        if turn == self.turn:
            self._callback()


class Clock:
    def __init__(self) -> None:
        self.nanos = 0.0
        self.due: list[tuple[float, int, int, Alarm]] = []

    def create_alarm(self, callback: Callable[[], None]) -> Alarm:
        return Alarm(self, callback)

    def run(self, ns: float) -> None:
        end = self.nanos + ns
        while self.due and self.due[0][0] <= end:
            self.nanos, _, turn, alarm = heapq.heappop(self.due)
            alarm.ring(turn)
        self.nanos = end


class Bench:
    """A UART set to 2400 8E1 with FIFOs, as MicroPython sets it; what it did."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.level = False
        self.sent: list[tuple[int, int]] = []  # (ns at the start bit, byte)
        self.uart = Pl011(self.clock, lambda: CLK_PERI, self._interrupt, self._sending)
        for register, value in (
            (pl011.IBRD, 1250),
            (pl011.LCR_H, 0x76),
            (pl011.IFLS, 0x02),  # 4 received, 16 to send
            (pl011.IMSC, pl011.RX_INTERRUPT | pl011.TX_INTERRUPT | pl011.TIMEOUT_INTERRUPT),
        ):
            self.uart.write_uint32(register, value)

    def _interrupt(self, level: bool) -> None:
        self.level = level

    def _sending(self, byte: int, line: Line) -> None:
        assert line == Line(2400.0, 8, "E", 1)
        self.sent.append((round(self.clock.nanos), byte))

    def send(self, count: int) -> None:
        for byte in range(count):
            self.uart.write_uint32(pl011.DR, byte)


def test_enabling_the_transmit_interrupt_of_an_idle_uart_raises_nothing():
    bench = Bench()
    assert not bench.level
    bench.send(1)
    bench.clock.run(1e9)
    assert not bench.level


def test_the_transmit_interrupt_comes_when_the_fifo_falls_through_its_level():
    bench = Bench()
    bench.send(18)  # one leaves at once: 17 wait
    assert not bench.level
    bench.clock.run(11e9 / 2400)
    assert bench.level
    bench.uart.write_uint32(pl011.ICR, pl011.TX_INTERRUPT)
    bench.clock.run(1e9)
    assert not bench.level


def test_characters_take_their_time_and_busy_lasts_to_the_stop_bit():
    bench = Bench()
    bench.send(3)
    bench.clock.run(33e9 / 2400 - 10)
    assert [round(ns * 2400 / 11e9) for ns, _ in bench.sent] == [0, 1, 2]
    assert bench.uart.read_uint32(pl011.FR) & (pl011.BUSY | pl011.TX_EMPTY) == 0x88
    bench.clock.run(20)
    assert bench.uart.read_uint32(pl011.FR) & pl011.BUSY == 0


def test_receiving_tells_at_four_characters_or_after_32_bits_of_silence():
    bench = Bench()
    for byte in range(3):
        bench.uart.receive(byte)
    assert not bench.level
    bench.clock.run(31e9 / 2400)
    assert not bench.level
    bench.clock.run(2e9 / 2400)
    assert bench.uart.read_uint32(pl011.MIS) == pl011.TIMEOUT_INTERRUPT
    bench.uart.receive(3)
    assert bench.uart.read_uint32(pl011.MIS) & pl011.RX_INTERRUPT
    assert [bench.uart.read_uint32(pl011.DR) for _ in range(4)] == [0, 1, 2, 3]
    assert not bench.level


def test_the_33rd_character_that_nobody_fetched_is_lost_and_reported():
    bench = Bench()
    for byte in range(34):
        bench.uart.receive(byte)
    received = [bench.uart.read_uint32(pl011.DR) for _ in range(32)]
    assert received == list(range(32))
    bench.uart.receive(99)
    assert bench.uart.read_uint32(pl011.DR) == 99 | pl011.OVERRUN
