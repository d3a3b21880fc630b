from firmware.clock import Clock
from tests.fakes.virtual_time import VirtualHal


def test_it_counts_from_the_start_until_it_is_set():
    hal = VirtualHal()
    clock = Clock(hal)
    steps = []
    clock.watch(steps.append)
    assert (clock.known, clock.now_s()) == (False, 1)
    hal.now_ms = 99_999
    assert clock.now_s() == 100
    clock.set_utc(1_800_000_000)
    hal.now_ms += 5000
    assert (clock.known, clock.now_s()) == (True, 1_800_000_005)
    clock.set_utc(1_800_003_605)
    assert steps == [1_799_999_900, 3600]
