"""What the bus worker must do, written for CPython and MicroPython alike: no pytest in here.

Each `scenario_*` is a coroutine that asserts. `python -m tests.firmware.bus.bus_scenarios`, by
either Python, runs them all and prints one line each.
"""

import asyncio

from firmware.bus.bus_worker import BusWorker
from shared.errors import (
    BadAddress,
    BadSetting,
    BusShort,
    GarbledAnswer,
    LinkLost,
    NoAnswer,
    WrongMeter,
)
from tests.fakes.bus import FakeBus, FakeHal, FakeMeter, telegram

HEADER = bytes((0x78, 0x03, 0x49, 0x11, 0x77, 0x04, 0x0E, 0x16))
OTHER = bytes((0x79, 0x03, 0x49, 0x11, 0x77, 0x04, 0x0E, 0x16))
TEXT = "1149037877040E16"


def make(*meters):
    """Return a worker and the fake HAL behind it, with `meters` on the bus."""
    hal = FakeHal(FakeBus(list(meters)))
    return BusWorker(hal), hal


async def fails(kind, work):
    """Await `work`; return the error, which must be of `kind`."""
    try:
        await work
    except kind as error:
        return error
    raise AssertionError("nothing was raised")


async def scenario_a_segment_that_is_cut_off_says_why_and_asks_nobody():
    class Guard:
        why = None

        def refuses(self, segment):
            return self.why

    worker, _ = make(FakeMeter(5, HEADER, 1))
    assert worker.cut_off is None
    worker.guard = Guard()
    await worker.read_meter("5")
    assert worker.cut_off is None
    asked = worker.counts()["requests"]
    worker.guard.why = "segment 1 is cut off: 700 mA"
    assert worker.cut_off == "segment 1 is cut off: 700 mA"
    await fails(BusShort, worker.read_meter("5"))
    assert worker.counts()["requests"] == asked


async def scenario_a_meter_is_not_blamed_for_a_short_circuit_since_it_was_asked():
    class Guard:
        looks = 0

        def refuses(self, segment):
            self.looks += 1
            return "segment 1 is cut off: 700 mA" if self.looks > 1 else None

    for heard in (b"", b"\x00\xff" * 9):
        worker, hal = make(FakeMeter(5, HEADER))
        hal.bus.spoil_next(9, lambda answer, heard=heard: heard)
        worker.guard = Guard()
        error = await fails(BusShort, worker.read_meter("5"))
        assert str(error) == "segment 1 is cut off: 700 mA"
        assert worker.counts()["no_answer"] == worker.counts()["garbled_answer"] == 0
        assert not worker.busy


async def scenario_reads_by_primary_and_secondary():
    meter = FakeMeter(5, HEADER, 3)
    worker, _ = make(FakeMeter(4, OTHER), meter)
    for address in ("5", TEXT, "11490378"):
        for _ in range(2):
            assert await worker.read_meter(address) == meter.telegrams
    counts = worker.counts()
    assert counts["readings"] == 6
    assert counts["answers"] > 20
    assert counts["noise"] == counts["strays"] == counts["no_answer"] == 0
    assert not worker.busy
    assert worker.lost is None


async def scenario_baud_rate_of_the_meter():
    meter = FakeMeter(5, HEADER)
    worker, hal = make(meter)
    await worker.read_meter("5", 300)
    assert hal.uart.baud == 300
    await worker.read_meter("5", 9600)
    assert hal.uart.baud == 9600


async def scenario_one_exchange_at_a_time():
    meters = [FakeMeter(1, HEADER, 2), FakeMeter(2, OTHER, 2)]
    worker, hal = make(meters[0], meters[1])
    results = await asyncio.gather(
        worker.read_meter("1"), worker.read_meter("2"), worker.read_meter("1")
    )
    assert results == [meters[0].telegrams, meters[1].telegrams, meters[0].telegrams]
    addresses = [frame[2] for frame in hal.bus.sent]
    assert addresses == [1] * 3 + [2] * 3 + [1] * 3


async def scenario_the_event_loop_goes_on():
    worker, _ = make()
    turns = 0

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await fails(NoAnswer, worker.read_meter("9"))
    counting.cancel()
    assert turns > 10


async def scenario_failures_are_counted_and_leave_the_worker_fit():
    meter = FakeMeter(5, HEADER)
    worker, hal = make(meter)
    error = await fails(NoAnswer, worker.read_meter("9"))
    assert "meter 9 at 2400 baud" in str(error)
    hal.bus.spoil_next(9, lambda answer: telegram(6, OTHER, 1))
    await fails(WrongMeter, worker.read_meter("5"))
    hal.bus.spoil_next(9, lambda answer: b"\x00\xff" * 9)
    await fails(GarbledAnswer, worker.read_meter("5"))
    hal.bus.spoil = {}
    assert await worker.read_meter("5") == meter.telegrams
    counts = worker.counts()
    assert (counts["no_answer"], counts["wrong_meter"], counts["garbled_answer"]) == (1, 1, 1)
    assert counts["readings"] == 1
    assert counts["noise"] > 0


async def scenario_misuse_sends_nothing():
    worker, hal = make()
    await fails(BadAddress, worker.read_meter("251"))
    await fails(BadSetting, worker.read_meter("5", 1000))
    await fails(BadSetting, worker.read_meter("5", retries=99))
    assert hal.bus.sent == []
    assert not worker.busy


async def scenario_a_line_lost_while_idle_is_opened_again():
    meter = FakeMeter(5, HEADER)
    worker, hal = make(meter)
    await worker.read_meter("5")
    hal.uart.lose_at_read = 0  # the other side closed: the next read finds out
    assert await worker.read_meter("5") == meter.telegrams
    assert hal.uart.opens == 2


async def scenario_a_line_lost_in_an_exchange_costs_a_retry():
    """A converter that hangs up after every answer is read all the same."""
    for at in range(1, 5):
        meter = FakeMeter(5, HEADER)
        worker, hal = make(meter)
        hal.uart.lose_at_read = at
        assert await worker.read_meter("5") == meter.telegrams
        assert hal.uart.opens == 2
        assert worker.lost is None


async def scenario_a_line_that_stays_away_fails_the_exchange_and_then_heals():
    meter = FakeMeter(5, HEADER)
    worker, hal = make(meter)

    def unplug(answer):
        hal.uart.unplugged = hal.uart.lost = True
        return answer

    hal.bus.spoil_next(1, unplug)
    error = await fails(LinkLost, worker.read_meter("5"))
    assert "plant" in str(error)
    assert worker.lost == str(error)
    await fails(LinkLost, worker.read_meter("5"))
    assert worker.counts()["link_lost"] == 2
    hal.uart.unplugged = False
    assert await worker.read_meter("5") == meter.telegrams
    assert worker.lost is None


async def scenario_a_line_that_hangs_up_on_every_request_is_lost_not_silent():
    worker, hal = make()
    hal.uart.lose_each_read = True
    error = await fails(LinkLost, worker.read_meter("5"))
    assert "closed by the other side" in str(error)


async def scenario_what_piles_up_behind_a_babbling_line_is_thrown_away():
    meter = FakeMeter(5, HEADER)
    worker, hal = make(meter)
    hal.bus.spoil_next(1, lambda answer: b"\x00\xff" * 850)
    await fails(GarbledAnswer, worker.read_meter("5"))
    assert await worker.read_meter("5") == meter.telegrams
    assert hal.uart.opens == 2


async def scenario_a_cancelled_exchange_leaves_a_window_of_silence():
    """The meter that was asked may still answer: nobody else is asked into its answer."""
    meter = FakeMeter(5, HEADER)
    worker, hal = make(FakeMeter(4, OTHER), meter)
    asking = asyncio.create_task(worker.read_meter("4"))
    while not hal.bus.sent:  # noqa: ASYNC110
        await asyncio.sleep(0)
    asking.cancel()
    try:
        await asking
    except asyncio.CancelledError:
        pass
    assert await worker.read_meter("5") == meter.telegrams
    assert hal.bus.idle_us[1] >= 193000
    assert hal.bus.idle_us[2] < 193000


async def scenario_latency_widens_the_window():
    meter = FakeMeter(5, HEADER)
    worker, hal = make(meter)
    hal.uart.latency_ms = 300
    hal.bus.spoil_next(9, lambda answer: [(400000, answer)])
    assert await worker.read_meter("5") == meter.telegrams
    assert worker.counts()["retries"] == 0


async def scenario_ten_years_of_ticks_change_nothing():
    """Read just before, at and after each wrap of the milliseconds, now and then for ten years."""
    meter = FakeMeter(5, HEADER)
    worker, hal = make(meter)
    period_us = 1000 << 30
    await worker.read_meter("5")
    for wrap in range(1, 294, 73):
        for offset_us in (-400000, -1, 0, 3000000, period_us // 2 - 1000):
            hal.bus.now_us = max(hal.bus.now_us, wrap * period_us + offset_us)
            before = len(hal.bus.sent)
            assert await worker.read_meter("5") == meter.telegrams
            assert len(hal.bus.sent) == before + 2
            assert min(hal.bus.idle_us[before:]) >= 13750
            assert 0 < worker.duration_ms("5") < 500


async def scenario_others_have_the_loop_without_the_bus_losing_a_telegram():
    """Somebody asks for the state at every turn: the same telegrams, as long, as with nobody."""
    spans = []
    for storm in (False, True):
        meter = FakeMeter(5, HEADER, 3)
        worker, hal = make(meter)
        asked = 0

        async def ask(worker=worker):
            nonlocal asked
            while True:
                worker.counts()
                asked += 1
                await asyncio.sleep(0)

        asking = asyncio.create_task(ask()) if storm else None
        for _ in range(20):
            assert await worker.read_meter("5") == meter.telegrams
        if asking:
            asking.cancel()
            assert asked > 500
        counts = worker.counts()
        assert counts["retries"] == counts["noise"] == counts["strays"] == 0
        spans.append((hal.bus.now_us, len(hal.bus.sent)))
    assert spans[0] == spans[1]


SCENARIOS = [value for name, value in sorted(globals().items()) if name.startswith("scenario_")]


def main():
    for scenario in SCENARIOS:
        asyncio.run(scenario())
        print("ok", scenario.__name__)


if __name__ == "__main__":
    main()
