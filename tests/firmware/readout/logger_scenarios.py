"""What the logger must do, written for CPython and MicroPython alike: no pytest in here.

Each `scenario_*` is a coroutine that asserts; time is virtual. `python -m
tests.firmware.readout.logger_scenarios`, by either Python, runs them all and prints one line each.
"""

import asyncio
import gc

from firmware.clock import Clock
from firmware.readout.logger import Logger
from firmware.readout.plan import Plan
from shared.compat import ticks_add
from shared.errors import BadAddress, BadSetting, BusShort
from shared.link.messages import BOARD
from tests.fakes.virtual_time import MemoryFlash, MemoryJournal, VirtualBuses, VirtualHal

NOON = 1795953600  # 2026-11-29 12:00:00 UTC, a Sunday
DAY_S = 86400


def meter(address, **more):
    """Return a meter of a schedule."""
    more["address"] = str(address)
    return more


class Board:
    """A board with its logger; `told` is what it told a host last."""

    def __init__(self, flash=None, segments=1, boot=1, ticks_at_start=0, inputs=None):
        self.flash = flash or MemoryFlash()
        self.hal = VirtualHal(boot, ticks_at_start)
        self.clock = Clock(self.hal)
        self.buses = VirtualBuses(self.hal, segments)
        self.bus = self.buses[1]
        self.journal = MemoryJournal()
        self.told = []
        self.heard = []
        self.reported = []
        self.logger = Logger(
            self.hal,
            self.clock,
            self.buses,
            self.journal,
            self._tell,
            inputs,
            self,
            self.flash,
        )
        self._task = asyncio.create_task(self.logger.run())

    def _tell(self, method, params):
        BOARD.check_notification(method, params)
        self.told = self.told[-30:]  # a board's heap would not hold all
        self.told.append(params)

    def note(self, entry):
        if len(self.heard) < 5:
            self.heard.append((entry["address"], entry["error"] is None))

    def report(self, key, detail):
        self.reported.append(key)

    def keep_only(self, wanted):
        self.heard = [heard for heard in self.heard if wanted(1, heard[0])]

    async def call(self, method, **params):
        BOARD.check_params(method, params)
        result = await self.logger.handlers()[method](params)
        BOARD.check_result(method, result)
        return result

    async def give(self, meters, cycle_s=900, revision="00000001", dates=(), offsets=(), piece=20):
        """Hand over a schedule as a host does; return the last answer."""
        for first in range(0, max(1, len(meters)), piece):
            answer = await self.call(
                "schedule.set",
                revision=revision,
                cycle_s=cycle_s,
                dates=list(dates),
                offsets=list(offsets),
                total=len(meters),
                first=first,
                meters=meters[first : first + piece],
            )
        return answer

    async def run(self, seconds):
        await self.hal.run(seconds)

    async def off(self):
        self._task.cancel()
        await asyncio.sleep(0)


def kept_revision(flash):
    plan = Plan()
    plan.load(flash)
    return plan.revision


async def fails(kind, work):
    try:
        await work
    except kind as error:
        return str(error)
    raise AssertionError("nothing was raised")


def pauses(moments):
    return [moments[i + 1] - moments[i] for i in range(len(moments) - 1)]


async def scenario_reads_at_once_and_then_on_the_full_cycle():
    board = Board()
    board.clock.set_utc(NOON + 100)
    answer = await board.give([meter(1), meter(2)])
    assert answer["revision"] == "00000001"
    assert answer["too_short"] is None
    await board.run(3600)
    assert board.bus.seconds("1") == [0, 800, 1700, 2600, 3500]
    assert board.bus.addresses()[:4] == ["1", "2", "1", "2"]
    entry = board.journal.entries[0]
    assert entry["kind"] == "meter"
    assert entry["utc_s"] == NOON + 100
    assert board.heard[0] == ("1", True)


async def scenario_every_setting_of_a_meter_reaches_the_bus():
    board = Board()
    await board.give(
        [
            meter(1, baud=300, snd_nke=False, application_reset=16, settle_ms=12, retries=5),
            meter("1149037877040E16", baud=9600, application_reset=-1),
            meter(3),
        ]
    )
    await board.run(10)
    how = board.bus.how
    assert [how[0][name] for name in ("baud", "snd_nke", "application_reset")] == [300, False, 16]
    assert [how[0][name] for name in ("settle_ms", "retries")] == [12, 5]
    assert [how[1][name] for name in ("baud", "snd_nke", "application_reset")] == [9600, True, -1]
    assert [how[2][name] for name in ("baud", "application_reset", "retries")] == [2400, None, 2]


async def scenario_its_start_is_reported_once_even_when_its_task_starts_again():
    board = Board()
    await board.run(1)
    assert board.reported == ["logger_started"]
    await board.off()
    again = asyncio.create_task(board.logger.run())
    await board.run(1)
    assert board.reported == ["logger_started"]
    again.cancel()
    await asyncio.sleep(0)


async def scenario_own_cycle_beside_the_common_one():
    board = Board()
    board.clock.set_utc(NOON)
    await board.give([meter(1), meter(2, cycle_s=60)])
    await board.run(1000)
    assert board.bus.seconds("1") == [0, 900]
    assert len(board.bus.seconds("2")) == 17


async def scenario_a_cycle_runs_without_a_clock_and_aligns_when_it_comes():
    board = Board()
    await board.give([meter(1)], cycle_s=600)
    await board.run(1300)
    assert board.bus.seconds("1") == [0, 600, 1200]
    assert board.journal.entries[0]["utc_s"] is None
    board.clock.set_utc(NOON + 200)  # at 1300: the full ten minutes are at 1700
    await board.run(1700)
    assert board.bus.seconds("1")[3:] == [1700, 2300, 2900]


async def scenario_a_step_of_an_hour_changes_nothing():
    for step in (3600, -3600):
        board = Board()
        board.clock.set_utc(NOON)
        await board.give([meter(1)])
        await board.run(2000)
        board.clock.set_utc(NOON + 2000 + step)
        await board.run(5000)
        assert pauses(board.bus.seconds("1")) == [900] * 7


async def scenario_the_counter_wraps():
    board = Board(ticks_at_start=ticks_add(0, -5000))
    await board.give([meter(1)], cycle_s=10)
    await board.run(60)
    assert pauses(board.bus.seconds("1")) == [10] * 6
    assert board.logger.state()["last"]["duration_ms"] < 1000


async def scenario_weeks_over_several_wraps():
    board = Board()
    await board.give([meter(1)], cycle_s=172800)
    await board.run(60 * DAY_S)
    assert pauses(board.bus.seconds("1")) == [172800] * 30


async def scenario_continuous_readout_without_a_pause():
    board = Board()
    board.clock.set_utc(NOON)
    await board.give([meter(1), meter(2), meter(3, cycle_s=60)], cycle_s=0)
    await board.run(61)
    assert len(board.bus.asked) >= 121
    assert board.bus.addresses()[:6] == ["1", "2", "3", "1", "2", "1"]
    assert len(board.bus.seconds("3")) == 2


async def scenario_a_battery_is_read_n_times_a_day_whatever_happens():
    flash = MemoryFlash()
    read, at = [], 0
    for boot in range(1, 40):  # it restarts every five hours, and is asked again and again
        board = Board(flash, boot=boot)
        if boot == 1:
            await board.give([meter(1, per_day=2), meter(2)])
        if boot % 3:
            board.clock.set_utc(NOON + at)
        for _ in range(5):
            answer = await board.call("readout.start", addresses=None)
            assert answer["due"] >= 1
            await board.run(3600)
        read += [at + second for second in board.bus.seconds("1")]
        at += 5 * 3600
        await board.off()
    assert len(read) > 8
    for first in read:
        assert len([moment for moment in read if first <= moment < first + DAY_S]) <= 2


async def scenario_a_battery_keeps_its_rhythm_over_a_restart_when_the_clock_comes():
    flash = MemoryFlash()
    board = Board(flash)
    board.clock.set_utc(NOON)
    await board.give([meter(1, per_day=4)])
    await board.run(3 * 3600)
    assert board.bus.seconds("1") == [0]
    await board.off()
    board = Board(flash, boot=2)
    await board.run(3600)
    board.clock.set_utc(NOON + 4 * 3600)
    await board.run(4 * 3600)
    assert board.bus.seconds("1") == [3 * 3600]  # six hours after the first, not after the restart


async def scenario_a_reading_by_hand_counts_against_the_battery():
    board = Board()
    board.clock.set_utc(NOON)
    await board.give([meter(1, per_day=1)])
    await board.run(20 * 3600)
    board.logger.read_by_hand(1, "001")
    await board.run(23 * 3600)
    assert board.bus.seconds("1") == [0]
    await board.run(2 * 3600)
    assert len(board.bus.seconds("1")) == 2


async def scenario_reading_dates():
    board = Board()
    board.clock.set_utc(NOON)  # Sunday the 29th; Berlin is an hour ahead
    await board.give(
        [meter(1), meter(2, per_day=1)],
        cycle_s=172800,
        dates=[[0, 31, 23]],
        offsets=[[0, 3600]],
    )
    await board.run(35 * 3600)
    date_s = 34 * 3600  # Monday the 30th at 22:00 UTC
    assert board.bus.seconds("1") == [0, date_s]
    assert board.journal.kinds("1") == ["meter", "date"]
    assert board.bus.seconds("2") == [0, date_s]
    await board.run(DAY_S)
    assert board.journal.kinds("1")[2:] == ["meter"]


async def scenario_a_reading_date_is_made_up_within_a_day_and_never_twice():
    flash = MemoryFlash()
    date = NOON + 36 * 3600  # 2026-12-01 00:00
    rules = [[12, 1, 0]]
    board = Board(flash)
    board.clock.set_utc(NOON)
    await board.give([meter(1)], dates=rules)
    await board.run(60)
    await board.off()
    board = Board(flash, boot=2)  # it was off when the date came
    await board.run(60)
    board.clock.set_utc(date + 3600)
    board.bus.silent.add("1")
    await board.run(10)
    board.bus.silent.clear()
    await board.run(900)
    assert board.journal.kinds("1")[-2:] == ["meter", "date"]  # failed, then owed
    board.clock.set_utc(date - 1800)  # put back over the date
    await board.run(3600)
    assert board.journal.kinds("1").count("date") == 1
    await board.off()
    board = Board(flash, boot=3)
    board.clock.set_utc(date + 7200)
    await board.run(3600)
    assert "date" not in board.journal.kinds("1")


async def scenario_a_new_date_does_not_reach_back():
    board = Board()
    board.clock.set_utc(NOON)
    await board.give([meter(1)], dates=[[11, 29, 11]])
    await board.run(1000)
    assert set(board.journal.kinds("1")) == {"meter"}


async def scenario_the_schedule_survives_a_reset():
    flash = MemoryFlash()
    board = Board(flash)
    whole = {"revision": "00000001", "cycle_s": 900, "dates": [[0, 31, 12]], "total": 250}
    whole["offsets"] = [[0, 3600], [NOON, 0]]
    for first in range(0, 250, 25):
        meters = [meter(first + n, baud=300, cycle_s=120) for n in range(1, 26)]
        await board.call("schedule.set", first=first, meters=meters, **whole)
    before = (await board.call("schedule.get", first=248))["schedule"]
    await board.off()
    board = Board(flash, boot=2)
    after = (await board.call("schedule.get", first=248))["schedule"]
    assert after == before
    assert after["total"] == 250
    assert [m["address"] for m in after["meters"]] == ["249", "250"]
    assert after["meters"][0]["cycle_s"] == 120
    await board.run(2)
    assert board.bus.addresses()[:3] == ["1", "2", "3"]


async def scenario_a_damaged_schedule_is_no_schedule():
    flash = MemoryFlash()
    board = Board(flash)
    await board.give([meter(1), meter(2)])
    whole = flash.files["schedule"]
    await board.off()
    for cut in (0, 1, 20, len(whole) - 1):
        flash.files["schedule"] = whole[:cut]
        assert kept_revision(flash) is None
    flash.files["schedule"] = whole[:-6] + b"\x55" + whole[-5:]
    assert kept_revision(flash) is None
    flash.files["schedule"] = whole
    assert kept_revision(flash) == "00000001"


async def scenario_nothing_is_in_force_before_the_last_piece():
    board = Board()
    await board.give([meter(1)])
    await board.run(2)
    pieces = {"revision": "00000002", "cycle_s": 60, "dates": [], "offsets": [], "total": 2}
    answer = await board.call("schedule.set", first=0, meters=[meter(5)], **pieces)
    assert (answer["revision"], answer["meters"]) == ("00000001", 1)
    assert "not next" in await fails(
        BadSetting, board.call("schedule.set", first=2, meters=[meter(6)], **pieces)
    )
    await fails(BadSetting, board.call("schedule.set", first=1, meters=[meter(6)], **pieces))
    await fails(BadAddress, board.call("schedule.set", first=0, meters=[meter(251)], **pieces))
    assert board.logger.state()["revision"] == "00000001"


async def scenario_a_schedule_takes_twice_its_memory_only_while_it_comes():
    board = Board()
    await board.give([meter(1)])
    assert board.logger._coming is None
    pieces = {"revision": "00000002", "cycle_s": 60, "dates": [], "offsets": [], "total": 2}
    await board.call("schedule.set", first=0, meters=[meter(5)], **pieces)
    assert board.logger._coming is not None
    await fails(BadSetting, board.call("schedule.set", first=2, meters=[meter(6)], **pieces))
    assert board.logger._coming is None


async def scenario_a_new_schedule_reads_only_who_is_new():
    board = Board()
    board.clock.set_utc(NOON)
    await board.give([meter(1), meter(2)])
    await board.run(10)
    await board.give([meter(2), meter(3), meter(1)], revision="00000002")
    await board.run(10)
    assert board.bus.addresses() == ["1", "2", "3"]
    await board.run(890)
    assert sorted(board.bus.addresses()[3:]) == ["1", "2", "3"]


async def scenario_a_schedule_that_changes_in_a_reading_harms_nothing():
    board = Board()
    board.clock.set_utc(NOON)
    await board.give([meter(1), meter(2)])
    await board.run(0.2)
    await board.give([meter(3)], revision="00000002")
    await board.run(5)
    assert board.bus.addresses() == ["1", "3"]
    assert len(board.journal.entries) == 2
    assert board.logger.state()["round"] is None


async def scenario_every_meter_answering_rubbish_does_not_stop_the_round():
    board = Board()
    board.clock.set_utc(NOON)
    meters = [meter(n) for n in range(1, 21)]
    board.bus.rubbish = {m["address"] for m in meters}
    await board.give(meters)
    await board.run(950)
    last = board.logger.state()["last"]
    assert (last["total"], last["done"], last["failed"]) == (20, 20, 20)
    assert len(board.journal.entries) == 40
    errors = [entry["error"] for entry in board.journal.entries]
    assert {error["key"] for error in errors} == {"garbled_answer"}
    assert errors[:20] == errors[20:]  # rubbish itself takes no room in the journal
    assert board.heard[0] == ("1", False)
    board.bus.rubbish.clear()
    await board.run(900)
    assert board.logger.state()["last"]["failed"] == 0


async def scenario_segments_are_read_at_the_same_time():
    board = Board(segments=3)
    board.clock.set_utc(NOON)
    await board.give([meter(n, segment=1 + n % 3) for n in range(1, 31)])
    await board.run(5.2)
    assert [len(worker.asked) for worker in board.buses.workers] == [10, 10, 10]
    assert board.logger.state()["last"]["duration_ms"] == 5000


async def scenario_a_segment_that_is_not_there_fails_its_meters_alone():
    board = Board()
    await board.give([meter(1, segment=3), meter(2)])
    await board.run(2)
    errors = [entry["error"] for entry in board.journal.entries]
    assert "segment 3" in errors[0]["detail"]
    assert errors[1] is None


async def scenario_a_short_circuit_holds_up_its_segment_and_nothing_else():
    board = Board(segments=2)
    board.clock.set_utc(NOON)
    await board.give([meter(1, cycle_s=0), meter(2), meter(3, cycle_s=10, segment=2)], 60)
    await board.run(10.2)
    for _ in range(2):  # on, off, on, off
        board.bus.cut_off = "segment 1 is cut off: 700 mA"
        before = len(board.bus.asked)
        other = len(board.buses[2].asked)
        await board.run(180)
        assert len(board.bus.asked) == before
        assert len(board.buses[2].asked) >= other + 17
        assert board.logger.state()["next_due_s"] == 0
        board.bus.cut_off = None
        await board.run(2)
        assert {"1", "2"} == set(board.bus.addresses()[before:])
    assert not [entry for entry in board.journal.entries if entry["error"]]


async def scenario_a_segment_cut_off_as_a_meter_is_asked_stops_nothing():
    board = Board(segments=2)
    await board.give([meter(1, cycle_s=0), meter(2, cycle_s=0, segment=2)])

    async def read_meter(address, **how):
        raise BusShort("segment 1 is cut off: 700 mA")  # known only now, and nothing was awaited

    board.bus.read_meter = read_meter
    await board.run(60)
    assert len(board.buses[2].asked) >= 119
    errors = [e["error"]["key"] for e in board.journal.entries if e["error"]]
    assert 1 <= len(errors) <= 7
    assert set(errors) == {"bus_short"}


async def scenario_continuous_readout_of_an_absent_segment_stops_nothing():
    board = Board()
    await board.give([meter(1, segment=3, cycle_s=0), meter(2, cycle_s=20)])
    await board.run(100)
    assert board.bus.seconds("2") in ([0, 20, 40, 60, 80], [0, 20, 40, 60, 80, 100])
    assert 5 <= len(board.journal.kinds("1")) <= 12


async def scenario_held_up_it_waits_and_catches_up_once():
    board = Board()
    board.clock.set_utc(NOON)
    await board.give([meter(1), meter(2)])
    await board.run(10)
    board.bus.held_by = "scan"
    await board.run(7200)
    assert len(board.bus.asked) == 2
    assert board.logger.state()["held"]
    board.bus.held_by = None
    await board.run(60)
    assert len(board.bus.asked) == 4
    assert board.logger.state()["late"] == 14
    await board.run(900)
    assert len(board.bus.asked) == 6


async def scenario_due_first_and_nobody_starves():
    """A bus that is too slow reads everybody equally often."""
    board = Board()
    board.clock.set_utc(NOON)
    await board.give([meter(n, cycle_s=10 if n < 3 else None) for n in range(1, 41)], cycle_s=15)
    await board.run(400)
    counts = [len(board.bus.seconds(str(n))) for n in range(1, 41)]
    assert max(counts) - min(counts) <= 2


async def scenario_read_now_goes_before_what_is_due():
    board = Board()
    board.clock.set_utc(NOON)
    await board.give([meter(n) for n in range(1, 21)])
    await board.run(2.2)
    assert await board.call("readout.start", addresses=["20", "77"]) == {"due": 1, "spent": 0}
    await board.run(20)
    assert board.bus.addresses().index("20") < 20
    await board.call("readout.start", addresses=["3"])
    await board.run(1)
    assert board.bus.addresses()[-1] == "3"
    await board.run(900)
    assert len(board.bus.seconds("3")) == 3  # its slot was not taken from it


async def scenario_a_cycle_that_cannot_be_met_is_told_of_with_the_shortest_that_can():
    board = Board()
    board.clock.set_utc(NOON)
    meters = [meter(n, baud=300) for n in range(1, 61)]
    told = (await board.give(meters, cycle_s=240))["too_short"]
    assert "segment 1" in told["reason"]
    assert 270 < told["shortest_cycle_s"] < 400
    board.bus.takes_ms = 100  # they prove quicker than thought
    await board.run(40)
    assert board.logger.state()["too_short"] is None
    board.bus.takes_ms = 5000
    await board.run(900)
    assert board.logger.state()["too_short"]["shortest_cycle_s"] == 300
    told = (await board.give([meter(1, cycle_s=10), meter(2)], revision="2" * 8))["too_short"]
    assert told is None
    board.bus.takes_ms = 11000
    await board.run(60)
    assert board.logger.state()["too_short"]["shortest_cycle_s"] is None


async def scenario_rounds_are_told_from_begin_to_end():
    board = Board()
    board.clock.set_utc(NOON)
    await board.give([meter(n) for n in range(1, 9)])
    await board.run(10)
    progress = [state["round"]["done"] for state in board.told if state["round"]]
    assert progress[0] == 0
    assert progress == sorted(progress)
    assert len(progress) <= 18
    assert board.told[-1]["last"]["done"] == 8
    assert board.told[-1]["next_due_s"] in range(888, 900)


async def scenario_inputs_are_logged_with_the_common_cycle():
    class Inputs:
        def log(self):
            board.journal.add({"address": "S0-1", "kind": "input"})

    board = Board(inputs=Inputs())
    board.clock.set_utc(NOON)
    await board.give([meter(1)])
    await board.run(1850)
    assert board.journal.kinds("S0-1") == ["input"] * 3


SCENARIOS = [value for name, value in sorted(globals().items()) if name.startswith("scenario_")]


def main():
    for scenario in SCENARIOS:
        asyncio.run(scenario())
        print("ok", scenario.__name__)
        asyncio.new_event_loop()  # MicroPython would go on with the tasks that are left
        gc.collect()


if __name__ == "__main__":
    main()
