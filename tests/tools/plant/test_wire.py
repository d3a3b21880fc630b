"""Bits on a wire, and what a UART makes of them."""

import pytest

from tools.plant.clock import BAUD_RATES, TICKS_PER_SECOND, bit_ticks
from tools.plant.wire import MBUS, Format, Signal, Uart, Wire

BIT = bit_ticks(2400)


def received(*signals: Signal, form: Format = MBUS) -> bytes:
    wire = Wire()
    for signal in signals:
        wire.add(signal)
    return bytes(c.byte for c in Uart(form).receive(wire.signals, 10 * TICKS_PER_SECOND))


def at(start: int, data: bytes, form: Format = MBUS) -> Signal:
    return Signal.of_bytes(start, data, form)


def test_every_baud_rate_divides_the_tick_into_whole_halves_of_bits():
    for baud in BAUD_RATES:
        assert TICKS_PER_SECOND % baud == 0
        assert bit_ticks(baud) % 2 == 0


def test_characters_follow_each_other_without_a_gap():
    data = bytes(range(256))
    characters = Uart(MBUS).receive([at(1000, data)], TICKS_PER_SECOND * 10)
    assert [c.byte for c in characters] == list(data)
    assert all(c.good for c in characters)
    assert [c.end for c in characters] == [1000 + 11 * BIT * (n + 1) for n in range(256)]


def test_a_character_is_there_only_when_its_stop_bit_is_over():
    uart = Uart(MBUS)
    signal = at(0, b"\xe5\x10")
    assert uart.next_end([signal]) == 11 * BIT
    assert uart.receive([signal], 11 * BIT - 1) == []
    assert [c.byte for c in uart.receive([signal], 11 * BIT)] == [0xE5]
    assert uart.next_end([signal]) == 22 * BIT


def test_sampled_bit_by_bit_a_lone_sender_reads_the_same():
    data = bytes(range(256))
    far_away = Signal.pulse(0, 1)  # overlaps nothing; makes no difference either
    plain = at(5000, data)
    plain.format = None  # forbids the quick way
    assert received(far_away, plain) == received(at(5000, data)) == data


@pytest.mark.parametrize("offset", [0, 1, BIT // 4, BIT // 2 - 1])
def test_acknowledgements_less_than_half_a_bit_apart_merge_into_one(offset):
    assert received(at(0, b"\xe5"), at(offset, b"\xe5")) == b"\xe5"


@pytest.mark.parametrize("offset", [BIT // 2 + 1, BIT, 3 * BIT, 6 * BIT + 50, 9 * BIT])
def test_acknowledgements_further_apart_are_garbled(offset):
    heard = received(at(0, b"\xe5"), at(offset, b"\xe5"))
    assert heard not in (b"\xe5", b"\xe5\xe5")


def test_simultaneous_characters_are_the_wired_and():
    for one, other in ((0xFF, 0x0F), (0x55, 0xAA), (0xE5, 0x68), (0x12, 0x34)):
        assert received(at(0, bytes((one,))), at(0, bytes((other,)))) == bytes((one & other,))


def test_the_parity_bit_of_a_collision_can_betray_it():
    for one, other, good in ((0x07, 0x03, True), (0x01, 0x02, False), (0x07, 0x0B, False)):
        heard = Uart(MBUS).receive([at(0, bytes((one,))), at(0, bytes((other,)))], 12 * 11 * BIT)
        parity = one.bit_count() & other.bit_count() & 1
        assert good == (parity == (one & other).bit_count() & 1)
        assert [(c.byte, c.good) for c in heard] == [(one & other, good)]


def test_another_parity_or_baud_rate_is_garbage():
    data = b"\x10\x40\x01\x41\x16"
    assert received(at(0, data), form=Format(9600)) != data
    assert received(at(0, data), form=Format(300)) != data
    odd = Uart(Format(2400, "O")).receive([at(0, data)], TICKS_PER_SECOND)
    assert [c.byte for c in odd] == list(data)
    assert not any(c.good for c in odd)
    none = Uart(Format(2400, "N")).receive([at(0, data)], TICKS_PER_SECOND)
    assert [c.good for c in none] == [byte.bit_count() % 2 == 1 for byte in data]
    sent_without = Uart(MBUS).receive([at(0, data, Format(2400, "N"))], TICKS_PER_SECOND)
    assert not all(c.good for c in sent_without)


def test_a_spike_shorter_than_half_a_bit_starts_nothing():
    assert received(Signal.pulse(100, 100 + BIT // 2 - 1)) == b""
    assert received(Signal.pulse(100, 100 + BIT)) != b""


def test_a_break_is_one_flawed_zero_and_the_next_character_is_heard():
    break_, after = Signal.pulse(0, 22 * BIT), at(30 * BIT, b"\xe5")
    heard = Uart(MBUS).receive([break_, after], TICKS_PER_SECOND)
    assert [(c.byte, c.good) for c in heard] == [(0, False), (0xE5, True)]


def test_a_signal_that_is_cut_loses_its_rest():
    signal = at(0, b"\xe5\xe5\xe5")
    signal.cut(12 * BIT)
    assert received(signal)[:1] == b"\xe5"
    assert received(signal) != b"\xe5\xe5\xe5"
    assert signal.level(13 * BIT) == 1


def test_the_wire_forgets_what_is_over():
    wire = Wire()
    wire.add(at(0, b"\xe5"))
    wire.add(at(TICKS_PER_SECOND, b"\xe5"))
    wire.forget(TICKS_PER_SECOND // 2)
    assert len(wire.signals) == 1
