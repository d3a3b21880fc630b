"""When a master's bytes leave for the bus, at every baud rate, with masters that are late."""

from random import Random

import pytest

from firmware.converter.outbox import START_BITS, START_US, Outbox
from shared.mbus import frames
from shared.mbus.timing import BAUD_RATES

SELECT = frames.long_frame(frames.SND_UD, 253, 0x52, b"\xff" * 8)
LONGEST = frames.long_frame(frames.SND_UD, 1, 0x51, bytes(range(252)))
REQUEST = frames.short_frame(frames.REQ_UD2, 16)
START = 1_073_000_000  # the ticks wrap in the middle of the tests


def character_us(baud: int) -> float:
    return 11e6 / baud


def serial_master(data: bytes, baud: int, at_us: float = 0, late_us=lambda: 0) -> list:
    """Return (time, byte) as a serial port has received the bytes of `data`."""
    return [
        (at_us + (n + 1) * character_us(baud) + late_us(), bytes((byte,)))
        for n, byte in enumerate(data)
    ]


def on_the_bus(arrivals: list, baud: int, look_us: int = 2000) -> list[tuple[float, float, bytes]]:
    """Let a line look for bytes every `look_us`; return what leaves: start, end, bytes."""
    outbox = Outbox(baud)
    waiting = sorted(arrivals, key=lambda one: one[0])
    bursts: list[tuple[float, float, bytes]] = []
    now = 0
    while waiting or len(outbox):
        now += look_us
        while waiting and waiting[0][0] <= now:
            outbox.put(waiting.pop(0)[1], baud, (START + now) % (1 << 30))
        piece = outbox.due((START + now) % (1 << 30))
        if not piece:
            continue
        outbox.fed(len(piece), (START + now) % (1 << 30))
        length = len(piece) * character_us(baud)
        if bursts and now <= bursts[-1][1]:
            start, end, before = bursts[-1]
            bursts[-1] = (start, end + length, before + piece)
        else:
            bursts.append((now, now + length, piece))
    return bursts


@pytest.mark.parametrize("baud", BAUD_RATES)
@pytest.mark.parametrize("telegram", [REQUEST, SELECT, LONGEST])
def test_a_telegram_that_comes_byte_by_byte_leaves_in_one_piece(baud: int, telegram: bytes):
    random = Random(baud)
    for late_us in (0, 5000, START_US - 3000):
        arrivals = serial_master(telegram, baud, 0, lambda most=late_us: random.randint(0, most))
        arrivals.sort(key=lambda one: one[0])
        order = [(at, bytes((telegram[n],))) for n, (at, _) in enumerate(arrivals)]
        assert [burst[2] for burst in on_the_bus(order, baud)] == [telegram]


@pytest.mark.parametrize("baud", BAUD_RATES)
def test_a_master_whose_clock_is_slow_by_seven_thousandths_tears_nothing(baud: int):
    arrivals = [(at * 1.007, byte) for at, byte in serial_master(LONGEST, baud)]
    assert [burst[2] for burst in on_the_bus(arrivals, baud)] == [LONGEST]


@pytest.mark.parametrize("baud", BAUD_RATES)
def test_a_whole_telegram_leaves_at_once_and_a_begun_one_within_the_start(baud: int):
    ((start, _, _),) = on_the_bus([(1000, SELECT)], baud)
    assert start == 2000
    ((start, _, _),) = on_the_bus(serial_master(LONGEST, baud), baud)
    assert start <= character_us(baud) + START_US + START_BITS * 1e6 / baud + 4000


@pytest.mark.parametrize("baud", BAUD_RATES)
@pytest.mark.parametrize("first", [SELECT, LONGEST, b"\x55" * 60])
@pytest.mark.parametrize("pause_bits", [33, 40, 330])
def test_the_rest_between_two_telegrams_is_not_eaten_up(baud: int, first: bytes, pause_bits: int):
    end = len(first) * character_us(baud)
    arrivals = serial_master(first, baud)
    for second in (REQUEST, SELECT):
        later = serial_master(second, baud, end + pause_bits * 1e6 / baud)
        one, other = on_the_bus(arrivals + later, baud)
        assert (one[2], other[2]) == (first, second)
        assert other[0] - one[1] >= 33e6 / baud - 1000


def test_two_telegrams_at_once_get_the_rest_that_the_bus_needs():
    one, other = on_the_bus([(0, SELECT + REQUEST)], 2400)
    assert (one[2], other[2]) == (SELECT, REQUEST)
    assert other[0] - one[1] >= 33e6 / 2400 - 1000


def test_bytes_that_are_no_telegram_pass_in_one_piece():
    for raw in (b"\x55" * 528, b"\x68\x05\x06\x68" + bytes(40), bytes(range(0x11, 0x60)), b"\xe5"):
        assert [burst[2] for burst in on_the_bus(serial_master(raw, 2400), 2400)] == [raw]


def test_after_a_torn_telegram_the_next_leaves_whole():
    arrivals = serial_master(SELECT[:9], 2400) + serial_master(SELECT, 2400, 500_000)
    assert [burst[2] for burst in on_the_bus(arrivals, 2400)] == [SELECT[:9], SELECT]


def test_a_line_that_takes_less_gets_the_rest_later_and_never_too_much():
    outbox = Outbox(9600)
    outbox.put(LONGEST, 9600, 0)
    assert outbox.due(0) == LONGEST[:256]
    outbox.fed(100, 0)
    due = outbox.due(10)
    assert LONGEST[100:].startswith(due)
    assert 150 < len(due) <= 156
    outbox.fed(0, 10)
    assert len(outbox) == 161


def test_what_a_new_master_says_is_not_taken_for_what_the_last_one_said():
    outbox = Outbox(2400)
    outbox.put(SELECT, 2400, 0)
    piece = outbox.due(0)
    outbox.clear()
    outbox.put(REQUEST, 2400, 1)
    outbox.fed(len(piece), 2)
    assert len(outbox) == len(REQUEST)
