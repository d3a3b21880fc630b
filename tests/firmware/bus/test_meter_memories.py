"""What is remembered of meters: exact, bounded, and the same on MicroPython."""

import pytest

from firmware.bus.meter_memories import MeterMemories
from tests.fakes.small_python import run_on_micropython


def test_meters_and_segments_are_told_apart():
    memories = MeterMemories()
    assert memories.get(1, "5") is None
    memories.put(1, "5", 17, 250)
    memories.put(2, "5", 2**32 - 1, 0)
    memories.put(1, "5", 18, 240)
    assert memories.get(1, "5") == (18, 240)
    assert memories.get(2, "5") == (2**32 - 1, 0)
    assert memories.get(3, "5") is memories.get(1, "6") is None


def test_a_full_bus_is_remembered_whole():
    memories = MeterMemories()
    for number in range(300):
        memories.put(1 + number % 3, f"{number:08}FFFFFFFF", number, 2 * number)
    for number in range(300):
        assert memories.get(1 + number % 3, f"{number:08}FFFFFFFF") == (number, 2 * number)


def test_more_meters_than_a_bus_has_are_forgotten_and_do_no_harm():
    memories = MeterMemories()
    for number in range(1000):
        memories.put(1, str(number), number, 1)
        assert memories.get(1, str(number)) == (number, 1)
    assert sum(memories.get(1, str(number)) is not None for number in range(1000)) <= 300


@pytest.mark.twin
def test_on_micropython_it_takes_less_than_5_kb():
    code = """
import gc
from firmware.bus.meter_memories import MeterMemories
gc.collect(); before = gc.mem_free()
memories = MeterMemories()
for number in range(250):
    memories.put(1, "%08dFFFFFFFF" % number, number, 7)
gc.collect()
tell([before - gc.mem_free(), memories.get(1, "00000249FFFFFFFF"), memories.get(1, "1")])
"""
    taken, known, unknown = run_on_micropython(code)
    assert taken < 5000
    assert known == [249, 7]
    assert unknown is None


def test_one_segment_is_reset_and_its_durations_stay():
    memories = MeterMemories()
    memories.put(1, "5", 17, 250)
    memories.put(2, "5", 18, 260)
    memories.reset(1, 1)
    assert memories.get(1, "5") == (1, 250)
    assert memories.get(2, "5") == (18, 260)
