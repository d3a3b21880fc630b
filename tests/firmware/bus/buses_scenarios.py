"""What several M-Bus outputs must do together, on both Pythons: no pytest in here.

Each `scenario_*` is a coroutine that asserts. `main` runs them all and prints one line each.
"""

import asyncio

from firmware.bus.buses import Buses
from shared.errors import BadSetting, NoAnswer
from shared.mbus.addresses import parse_address, secondary_text
from shared.mbus.exchange import read_meter
from tests.fakes.bus import FakeBus, FakeHal, FakeMeter

HEADER = bytes((0x78, 0x03, 0x49, 0x11, 0x77, 0x04, 0x0E, 0x16))
OTHER = bytes((0x79, 0x03, 0x49, 0x11, 0x77, 0x04, 0x0E, 0x16))


def make(segments=2):
    """Return `Buses` with a meter 5 on each segment, the meters, and the fake HAL."""
    meters = [FakeMeter(5, HEADER if i % 2 else OTHER, 2) for i in range(segments)]
    hal = FakeHal(*[FakeBus([meter]) for meter in meters])
    return Buses(hal), meters, hal


async def fails(kind, work):
    """Await `work`; return the error, which must be of `kind`."""
    try:
        await work
    except kind as error:
        return error
    raise AssertionError("nothing was raised")


async def turns(count):
    for _ in range(count):
        await asyncio.sleep(0)


async def scenario_each_segment_has_its_meters():
    buses, meters, hal = make(3)
    results = await asyncio.gather(
        *[buses.read_meter(i, "5", baud=300 * i, retries=0) for i in (1, 2)]
    )
    assert results == [meters[0].telegrams, meters[1].telegrams]
    assert [uart.baud for uart in hal.uarts] == [300, 600, 2400]
    assert [counts["readings"] for counts in buses.counts()] == [1, 1, 0]
    for segment in (0, 4):
        error = await fails(BadSetting, buses.read_meter(segment, "5"))
        assert "this board has 3" in str(error)


async def scenario_segments_are_read_at_the_same_time():
    buses, _, _ = make(2)
    order = []

    async def read(segment):
        for _ in range(3):
            await buses.read_meter(segment, "5")
            order.append(segment)

    await asyncio.gather(read(1), read(2))
    assert order[:2] in ([1, 2], [2, 1])
    assert buses.busy is False


async def scenario_quiet_falls_between_telegrams_and_lasts():
    buses, meters, hal = make(2)
    reading = [asyncio.create_task(buses.read_meter(i, "5")) for i in (1, 2)]
    while not (hal.uarts[0].bus.sent and hal.uarts[1].bus.sent):  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert buses.gate.telegrams == 2
    async with buses.quiet():
        assert buses.gate.telegrams == 0
        assert not reading[0].done()  # in the middle of a reading
        assert not reading[1].done()
        sent = [len(uart.bus.sent) for uart in hal.uarts]
        await turns(50)
        assert sent == [len(uart.bus.sent) for uart in hal.uarts]
    assert await reading[0] == meters[0].telegrams
    assert await reading[1] == meters[1].telegrams
    assert buses.gate.telegrams == 0


async def scenario_quiet_costs_no_telegram_and_no_window_after_a_failure():
    buses, meters, hal = make(1)
    await fails(NoAnswer, buses.read_meter(1, "9", retries=0))
    assert buses.gate.telegrams == 0
    async with buses.quiet():
        pass
    asking = asyncio.create_task(buses.read_meter(1, "5"))
    while not hal.bus.sent:  # noqa: ASYNC110
        await asyncio.sleep(0)
    asking.cancel()
    try:
        await asking
    except asyncio.CancelledError:
        pass
    async with buses.quiet():  # a cancelled telegram does not keep the gate for ever
        pass
    assert await buses.read_meter(1, "5") == meters[0].telegrams


async def scenario_writers_do_not_starve_the_bus():
    buses, meters, hal = make(1)
    ended = False
    writes = 0

    async def write():
        nonlocal writes
        while not ended:
            async with buses.quiet():
                await asyncio.sleep(0)
                writes += 1

    writers = [asyncio.create_task(write()) for _ in range(3)]
    before = len(hal.bus.sent)
    for _ in range(4):
        assert await buses.read_meter(1, "5") == meters[0].telegrams
    ended = True
    await asyncio.gather(*writers)
    telegrams = len(hal.bus.sent) - before
    assert telegrams == 12
    assert telegrams - 2 <= writes <= telegrams + 8  # by turns


async def scenario_a_writer_that_is_cancelled_leaves_the_gate_open():
    buses, meters, _ = make(1)
    await buses.gate.begin()

    async def write():
        async with buses.quiet():
            raise AssertionError("a telegram is on the line")

    writing = asyncio.create_task(write())
    await turns(3)
    writing.cancel()
    try:
        await writing
    except asyncio.CancelledError:
        pass
    buses.gate.end()
    assert await buses.read_meter(1, "5") == meters[0].telegrams


async def scenario_a_bus_that_is_held_is_read_afterwards():
    buses, meters, hal = make(2)
    async with buses.hold("level converter", 2) as held:
        assert buses.held_by == "level converter"
        assert buses[1].held_by is None
        reading = asyncio.create_task(buses.read_meter(2, "5"))
        await turns(20)
        assert hal.uarts[1].bus.sent == []
        assert await buses.read_meter(1, "5") == meters[0].telegrams
        assert held.uart(2) is hal.uarts[1]
        error = await fails(BadSetting, held.run(1, "mine", 2400, None))
        assert "not held by level converter" in str(error)
    assert await reading == meters[1].telegrams
    assert hal.uarts[1].bus.idle_us[0] >= 193000  # the holder may have left an answer on its way
    assert buses.held_by is None


async def scenario_a_holder_runs_exchanges_of_his_own():
    buses, meters, _ = make(2)
    meter = parse_address("5")
    async with buses.hold("scan") as held:
        for segment in (1, 2):
            frames = await held.run(segment, "scan", 2400, lambda line: read_meter(line, meter))
            assert frames == meters[segment - 1].telegrams


async def scenario_two_holders_of_all_buses_take_turns():
    buses, _, _ = make(3)
    now = []

    async def hold(name):
        for _ in range(3):
            async with buses.hold(name):
                assert not now
                now.append(name)
                await turns(5)
                now.pop()

    await asyncio.gather(hold("one"), hold("two"))


async def scenario_a_hold_given_up_gives_back_what_it_had():
    buses, meters, _ = make(2)
    async with buses.hold("converter", 2):

        async def hold():
            async with buses.hold("scan"):
                raise AssertionError("segment 2 is held")

        waiting = asyncio.create_task(hold())
        await turns(5)
        assert buses[1].held_by == "scan"
        waiting.cancel()
        try:
            await waiting
        except asyncio.CancelledError:
            pass
        assert buses[1].held_by is None
        assert await buses.read_meter(1, "5") == meters[0].telegrams


async def scenario_durations_of_good_readings_are_known():
    """Not those of the first, which finds out how the meter behaves, and of those that fail."""
    buses, meters, _ = make(1)
    worker = buses[1]
    secondary = secondary_text(meters[0].header)
    for address in ("5", secondary):
        worker.forget()
        assert worker.duration_ms(address) is None
        await worker.read_meter(address)
        assert worker.duration_ms(address) is None
        await worker.read_meter(address)
        slow = worker.duration_ms(address)
        await worker.read_meter(address, 9600)
        assert 0 < worker.duration_ms(address) < slow
    assert worker.duration_ms("005") == worker.duration_ms("5")
    worker.forget()  # a scan was here: the next reading finds out anew
    before = worker.duration_ms(secondary)
    await worker.read_meter(secondary)
    assert worker.duration_ms(secondary) == before
    await fails(NoAnswer, worker.read_meter("7", retries=0))
    assert worker.duration_ms("7") is None
    meters[0].hear = lambda frame: b""
    await fails(NoAnswer, worker.read_meter(secondary))
    assert worker.duration_ms(secondary) == before


SCENARIOS = [value for name, value in sorted(globals().items()) if name.startswith("scenario_")]


def main():
    for scenario in SCENARIOS:
        asyncio.run(scenario())
        print("ok", scenario.__name__)
