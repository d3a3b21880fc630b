"""What the scanner must do, written for CPython and MicroPython alike: no pytest in here.

Each `scenario_*` is a coroutine that asserts. `main` runs them all and prints one line each.
"""

import asyncio

from firmware.bus.buses import Buses
from firmware.bus.scanner import Scanner
from shared.errors import BadAddress, BadSetting, Busy
from shared.link.messages import BOARD
from shared.mbus.addresses import secondary_text
from tests.fakes.bus import FakeBus, FakeHal, FakeMeter


def header(number):
    return bytes(reversed(bytes.fromhex(f"{number:08}"))) + b"\x77\x04\x0e\x16"


def meters(count, first=12345670):
    """Return `count` meters with numbers in a row, at the primary addresses 1, 2, ..."""
    return [FakeMeter(i + 1, header(first + i)) for i in range(count)]


def texts(them):
    return sorted([secondary_text(meter.header) for meter in them])


class Bench:
    """A scanner whose task runs while the block does, its fake HAL, and what the host was told."""

    def __init__(self, *buses):
        self.hal = FakeHal(*[FakeBus(each) for each in buses])
        self.hal.boot = 7
        self.told = []
        self.buses = Buses(self.hal)
        self.scanner = Scanner(self.hal, self.buses, self._tell)

    def _tell(self, method, params):
        BOARD.check_notification(method, params)
        self.told.append(params)

    async def __aenter__(self):
        self._task = asyncio.create_task(self.scanner.run())
        return self

    async def __aexit__(self, kind, error, traceback):
        self._task.cancel()

    async def end(self, turns=1000000):
        """Wait until the scan is over; return its state."""
        for _ in range(turns):
            if not self.scanner.state()["running"]:
                return self.scanner.state()
            await asyncio.sleep(0)
        raise AssertionError("it does not end")

    async def until_found(self, count):
        while self.scanner.state()["found"] < count:  # noqa: ASYNC110
            await asyncio.sleep(0)

    def addresses(self):
        return sorted([row["address"] for row in self.scanner.found(0, 1000)])


class Always:
    """A `FakeBus.spoil` that spoils every answer."""

    def __init__(self, spoil):
        self._spoil = spoil

    def get(self, number):
        return self._spoil


def fails(kind, work, **arguments):
    try:
        work(**arguments)
    except kind as error:
        return str(error)
    raise AssertionError("nothing was raised")


async def scenario_finds_everybody_by_secondary_address():
    them = meters(23)
    for backward in (False, True):
        async with Bench(them) as bench:
            bench.scanner.start(backward=backward)
            state = await bench.end()
            assert (state["end"], state["error"], state["found"]) == ("done", None, 23)
            assert state["permille"] == 1000
            assert state["collisions"] > 2
            assert bench.addresses() == texts(them)
            assert bench.told[-1]["found"] == 23
            for row in bench.scanner.found(0, 1000):
                assert row["primary"] is not None
                assert row["trouble"] is None


async def scenario_finds_everybody_by_primary_address():
    them = meters(5)
    async with Bench(them) as bench:
        bench.scanner.start("primary", 2, 9)
        state = await bench.end()
        assert (state["end"], state["probes"]) == ("done", 8 + 4)  # the silent ones twice
        assert bench.addresses() == ["2", "3", "4", "5"]
        found = [row["secondary"] for row in bench.scanner.found(0, 9)]
        assert found == texts(them[1:])


async def scenario_a_meter_that_ignores_the_first_request_is_found():
    (them,) = meters(1)
    hear = them.hear
    asked = []

    def second(frame):
        answer = hear(frame)
        if frame[0] == 0x10 and frame[1] & 0x0F == 0x0B and answer:
            asked.append(frame)
            return answer if len(asked) > 1 else b""
        return answer

    them.hear = second
    async with Bench([them]) as bench:
        bench.scanner.start("primary", 1, 5)
        told = []
        while bench.scanner.state()["running"]:
            told.append(bench.scanner.state()["permille"])
            await asyncio.sleep(0)
        assert told == sorted(told)
        assert bench.addresses() == ["1"]


async def scenario_the_slow_rate_takes_the_most_of_a_scan():
    async with Bench([]) as bench:
        bench.scanner.start("primary", 1, 9, bauds=(300, 9600))
        before = 0
        while bench.scanner.state()["running"] and bench.scanner.state()["baud"] == 300:
            before = bench.scanner.state()["permille"]
            await asyncio.sleep(0)
        assert 850 < before < 950
        assert (await bench.end())["permille"] == 1000


async def scenario_two_meters_at_one_primary_address_are_told():
    them = meters(3)
    them[2].primary = 2
    async with Bench(them) as bench:
        bench.hal.bus.spoil_next(50, lambda answer: answer[:20] + b"\x00" * (len(answer) > 50))
        bench.scanner.start("primary", 2, 2)
        await bench.end()
        (row,) = bench.scanner.found(0, 9)
        assert (row["address"], row["secondary"], row["trouble"]) == ("2", None, "garbled_answer")


async def scenario_a_meter_found_at_two_rates_is_one():
    async with Bench(meters(1)) as bench:
        bench.scanner.start(bauds=(300, 2400))
        await bench.end()
        (row,) = bench.scanner.found(0, 9)
        assert row["bauds"] == (300, 2400)


async def scenario_stop_keeps_what_was_found():
    async with Bench(meters(20)) as bench:
        bench.scanner.start("primary")
        await bench.until_found(7)
        bench.scanner.stop()
        state = await bench.end()
        assert state["end"] == "stopped"
        assert 7 <= state["found"] < 20
        assert 0 < state["permille"] < 1000
        assert len(bench.scanner.found(0, 100)) == state["found"]
        bench.scanner.start("primary", 20, 20)
        assert (await bench.end())["found"] == 1


async def scenario_segments_are_scanned_at_the_same_time():
    parts = [meters(6), meters(5, 30000000), []]
    async with Bench(*parts) as bench:
        bench.scanner.start()
        await bench.end()
        rows = bench.scanner.found(0, 100)
        assert bench.addresses() == texts(parts[0] + parts[1])
        segments = [row["segment"] for row in rows]
        assert (segments.count(1), segments.count(2)) == (6, 5)
        assert segments != sorted(segments)
        bench.scanner.start(segment=2)
        await bench.end()
        assert bench.addresses() == texts(parts[1])


async def scenario_nobody_reads_in_between():
    async with Bench(meters(3)) as bench:
        bench.scanner.start("primary", 1, 9)
        await bench.until_found(1)
        assert bench.buses.held_by == "scan"
        await bench.buses.read_meter(1, "3")
        assert not bench.scanner.state()["running"] or bench.buses.held_by is None
        assert (await bench.end())["found"] == 3


async def scenario_a_lost_bus_is_waited_for():
    them = meters(9)
    async with Bench(them) as bench:
        bench.hal.uart.unplugged = True
        bench.scanner.start()
        for _ in range(200):
            await asyncio.sleep(0)
        assert bench.scanner.state()["running"]
        bench.hal.uart.unplugged = False
        bench.hal.uart.lose_at_read = 30
        state = await bench.end()
        assert state["end"] == "done"
        assert bench.addresses() == texts(them)


async def scenario_a_bus_that_stays_lost_can_be_stopped():
    async with Bench([]) as bench:
        bench.hal.uart.unplugged = True
        bench.scanner.start()
        await asyncio.sleep(0)
        bench.scanner.stop()
        assert (await bench.end())["end"] == "stopped"


class Guard:
    """A guard that cuts the segment off while `why` says so."""

    why = None

    def refuses(self, segment):
        return self.why


async def scenario_a_short_circuit_is_waited_for_and_shown():
    them = meters(9)
    async with Bench(them) as bench:
        guard = Guard()
        bench.buses.guard_by(guard)
        bench.scanner.start()
        await bench.until_found(2)
        them_hear = [meter.hear for meter in them]
        for meter in them:
            meter.hear = lambda frame: b""
        guard.why = "segment 1 is cut off: 700 mA"
        for _ in range(200):
            await asyncio.sleep(0)
        state = bench.scanner.state()
        assert state["running"]
        assert state["error"] == {"key": "bus_short", "detail": guard.why}
        BOARD.check_result("scan.state", state)
        assert bench.told[-1]["error"]["key"] == "bus_short"
        for meter, hear in zip(them, them_hear):  # noqa: B905 - MicroPython has no strict
            meter.hear = hear
        guard.why = None
        state = await bench.end()
        assert (state["end"], state["error"]) == ("done", None)
        assert bench.addresses() == texts(them)


async def scenario_a_scan_behind_somebody_who_has_the_bus_is_refused():
    async with Bench(meters(1)) as bench:
        async with bench.buses.hold("level converter"):
            assert "level converter" in fails(Busy, bench.scanner.start)
        bench.scanner.start()
        assert (await bench.end())["found"] == 1


async def scenario_a_scan_that_waits_for_the_bus_can_be_stopped():
    async with Bench(meters(1)) as bench:
        for turns in (0, 1, 20):
            bench.scanner.start()
            async with bench.buses.hold("level converter"):  # before the scan has it
                for _ in range(turns):
                    await asyncio.sleep(0)
                bench.scanner.stop()
                state = await bench.end(turns=1000)
                assert (state["end"], state["error"]) == ("stopped", None)
        bench.scanner.start()
        assert (await bench.end())["found"] == 1


async def scenario_a_line_that_only_answers_rubbish_fails_with_its_reason():
    async with Bench([]) as bench:
        bench.hal.bus.spoil = Always(lambda answer: b"\x00\x55")
        bench.scanner.start()
        state = await bench.end()
        assert state["end"] == "failed"
        assert state["error"]["key"] == "garbled_answer"


async def scenario_misuse_is_refused_and_starts_nothing():
    async with Bench(meters(1)) as bench:
        start = bench.scanner.start
        assert "range error" in fails(BadSetting, start, by="primary", first=9, last=3)
        assert "range error" in fails(BadSetting, start, by="primary", last=251)
        assert "range error" in fails(BadSetting, start, by="primary", first=0, last=0)
        fails(BadSetting, start, bauds=(1000,))
        fails(BadSetting, start, bauds=())
        fails(BadSetting, start, segment=2)
        fails(BadSetting, start, by="name")
        fails(BadAddress, start, mask="17")
        fails(BadAddress, start, mask="xyz")
        assert bench.scanner.state()["number"] == 0
        start()
        fails(Busy, start)
        assert (await bench.end())["found"] == 1


async def scenario_the_host_starts_asks_and_stops():
    them = meters(20)
    async with Bench(them) as bench:
        handlers = bench.scanner.handlers()

        async def call(method, **params):
            BOARD.check_params(method, params)
            result = await handlers[method](params)
            BOARD.check_result(method, result)
            return result

        whole = {"mask": "FFFFFFFF", "backward": False, "bauds": [2400], "segment": None}
        started = await call("scan.start", by="secondary", first=1, last=250, **whole)
        assert started["running"]
        assert started["number"] == 1
        await bench.end()
        seen = []
        while True:
            page = await call("scan.found", after=len(seen), limit=16)
            if not page["meters"]:
                break
            seen += [row["address"] for row in page["meters"]]
        assert sorted(seen) == texts(them)
        await call("scan.stop")
        assert (await call("scan.state"))["end"] == "done"


SCENARIOS = [value for name, value in sorted(globals().items()) if name.startswith("scenario_")]


def main():
    for scenario in SCENARIOS:
        asyncio.run(scenario())
        print("ok", scenario.__name__)


if __name__ == "__main__":
    main()
