"""What the logger must know over power cuts, steps of the clock and a flash that is full.

As `logger_scenarios`: for CPython and MicroPython alike, in virtual time.
"""

import asyncio
import gc

from tests.fakes.virtual_time import MemoryFlash
from tests.firmware.readout.logger_scenarios import DAY_S, NOON, Board, meter, pauses

DATE = NOON + 36 * 3600  # 2026-12-01 00:00
RULES = [[12, 1, 0]]
YEARS_S = 10 * 365 * DAY_S


async def scenario_a_power_cut_in_the_round_of_a_reading_date_loses_it_for_nobody():
    flash = MemoryFlash()
    board = Board(flash)
    board.clock.set_utc(DATE - 60)
    meters = [meter(n) for n in range(1, 10)]
    await board.give(meters, cycle_s=172800, dates=RULES)
    await board.run(30)
    board.bus.takes_ms = 20000
    board.bus.silent.add("2")
    await board.run(30 + 110)
    flash = flash.copy()
    before = [entry["address"] for entry in board.journal.entries if entry["kind"] == "date"]
    assert before == ["1", "3", "4", "5"]
    await board.off()
    board = Board(flash, boot=2)
    await board.run(20)  # one is read before the clock is known
    board.clock.set_utc(DATE + 600)
    await board.run(300)
    after = [entry["address"] for entry in board.journal.entries if entry["kind"] == "date"]
    assert len(set(after)) == len(after)
    assert sorted(set(before + after)) == [str(n) for n in range(1, 10)]
    assert len(before + after) <= 9 + 2  # those of the last minute are made again
    await board.run(DAY_S)
    flash = flash.copy()
    await board.off()
    board = Board(flash, boot=3)
    board.clock.set_utc(DATE + 3600)
    await board.run(3600)
    assert not [entry for entry in board.journal.entries if entry["kind"] == "date"]


async def scenario_the_readings_of_a_date_are_in_flash_before_it_is_noted_who_gave_them():
    board = Board()
    board.clock.set_utc(DATE - 60)
    await board.give([meter(1), meter(2)], cycle_s=172800, dates=RULES)
    await board.run(30)
    order = []
    save_pieces = board.flash.save_pieces

    async def flush():
        order.append("readings")
        board.journal.entries.append({"address": "late", "kind": "meter"})
        board.logger._plan.flags[1] |= 8  # one that owes again, or has paid just now
        board.logger._moments.paid()

    def save(name, pieces):
        order.append(name)
        save_pieces(name, pieces)

    board.journal.flush = flush
    board.flash.save_pieces = save
    await board.run(32)
    assert order[:2] == ["readings", "logger"]
    await board.off()


async def scenario_flash_without_room_costs_no_reading():
    board = Board()
    board.clock.set_utc(NOON)
    board.flash.full = True
    meters = [meter(n, per_day=96 if n % 2 else None) for n in range(1, 31)]
    answer = await board.give(meters, cycle_s=900)
    assert answer["revision"] == "00000001"
    await board.run(1000)
    assert [len(board.bus.seconds(str(n))) for n in range(1, 31)] == [2] * 30
    assert len(board.journal.entries) == 60
    assert board.logger.state()["late"] == 0
    assert 2 <= board.flash.refused <= 2 * 18  # once a minute
    board.flash.full = False
    await board.run(61)
    assert sorted(board.flash.files) == ["logger", "schedule"]
    writes = board.flash.writes
    await board.run(600)
    assert board.flash.writes == writes


async def scenario_a_meter_that_is_being_read_when_the_date_comes_is_read_again():
    board = Board(segments=2)
    board.clock.set_utc(DATE - 905)
    await board.give([meter(1), meter(2, segment=2)], cycle_s=900, dates=RULES)
    await board.run(899)
    board.buses[2].takes_ms = 30000  # from 5 s before the date until 25 s after it
    await board.call("readout.start", addresses=["2"])
    await board.run(120)
    assert board.journal.kinds("1")[-1] == "date"
    assert board.journal.kinds("2")[-1] == "date"
    assert board.journal.kinds("2").count("date") == 1
    await board.run(900)
    assert board.journal.kinds("2").count("date") == 1


async def scenario_who_is_asked_for_while_it_is_read_is_read_again():
    board = Board()
    board.clock.set_utc(NOON)
    await board.give([meter(1)])
    await board.run(0.2)
    await board.call("readout.start", addresses=["1"])
    await board.run(10)
    assert board.bus.seconds("1") == [0, 0]


async def scenario_a_clock_that_was_wrongly_ahead_costs_no_reading_date():
    for given_while_wrong in (False, True):
        for restarts in (False, True):
            flash = MemoryFlash()
            board = Board(flash)
            if not given_while_wrong:
                board.clock.set_utc(NOON)
                await board.give([meter(n) for n in range(1, 6)], dates=[[0, 1, 0]])
                await board.run(100)
            board.clock.set_utc(NOON + YEARS_S)
            if given_while_wrong:
                await board.give([meter(n) for n in range(1, 6)], dates=[[0, 1, 0]])
            await board.run(5)
            if restarts:
                await board.run(70)
                await board.off()
                board = Board(flash.copy(), boot=2)
            board.clock.set_utc(DATE - 100)
            await board.run(90)
            board.journal.entries.clear()
            await board.run(100)
            kinds = [board.journal.kinds(str(n)) for n in range(1, 6)]
            assert kinds == [["date"]] * 5
            await board.off()


async def scenario_a_date_that_the_clock_has_put_off_again_waits_for_its_moment():
    board = Board()
    board.clock.set_utc(DATE - 3600)
    await board.give([meter(n) for n in range(1, 6)], dates=RULES)
    await board.run(60)
    board.bus.takes_ms = 2000
    board.clock.set_utc(DATE + 10)  # an hour ahead, for three seconds
    await board.run(3)
    board.clock.set_utc(DATE - 3000)
    await board.run(3000 + 1000)
    dates = [entry for entry in board.journal.entries if entry["kind"] == "date"]
    assert sorted(entry["address"] for entry in dates) == ["1", "2", "3", "4", "5"]
    assert [entry["utc_s"] >= DATE for entry in dates] == [True] * 5


async def scenario_a_reading_date_is_owed_for_a_day_and_no_longer():
    board = Board()
    board.clock.set_utc(DATE - 60)
    await board.give([meter(1), meter(2)], dates=RULES)
    await board.run(30)
    board.bus.silent.add("1")
    await board.run(DAY_S)
    board.bus.silent.clear()
    board.journal.entries.clear()
    await board.run(3600)
    assert set(board.journal.kinds("1")) == {"meter"}
    await board.off()
    flash = MemoryFlash()
    board = Board(flash)
    board.clock.set_utc(NOON)
    await board.give([meter(1)], dates=RULES)
    await board.run(60)
    await board.off()
    board = Board(flash.copy(), boot=2)  # it was off for more than a day
    board.clock.set_utc(DATE + DAY_S + 10)
    await board.run(3600)
    assert set(board.journal.kinds("1")) == {"meter"}


async def scenario_moments_are_kept_also_after_the_clock_went_back():
    flash = MemoryFlash()
    board = Board(flash)
    board.clock.set_utc(NOON + YEARS_S)
    board.bus.takes_ms = 10000
    await board.give([meter(1, cycle_s=0), meter(3, cycle_s=0), meter(2, per_day=1)])
    await board.run(100)
    board.clock.set_utc(NOON)
    await board.run(72)
    flash = flash.copy()
    await board.off()
    board = Board(flash, boot=2)
    board.bus.takes_ms = 60000
    board.clock.set_utc(NOON + 3600)
    await board.run(22 * 3600 + 1800)
    assert board.bus.seconds("2") == []
    await board.run(1800)
    assert len(board.bus.seconds("2")) == 1


async def scenario_no_power_cut_gives_a_battery_more_than_its_budget():
    """It is cut in the midst of reading many, at any second; the clock comes at once or never."""
    for known in ((True, True), (True, False, True), (False, True)):
        for second in range(1, 15, 3):
            flash = MemoryFlash()
            read, at = [], 0
            for boot, is_known in enumerate(known):
                board = Board(flash, boot=boot + 1)
                if is_known:
                    board.clock.set_utc(NOON + at)
                if not boot:
                    await board.give([meter(n, per_day=1) for n in range(1, 31)])
                lives_s = second if boot == 0 else 25 * 3600
                await board.run(lives_s)
                read += [(at + ms // 1000, address) for ms, address in board.bus.asked]
                flash = flash.copy()
                await board.off()
                at += lives_s
            for number in range(1, 31):
                moments = [moment for moment, address in read if address == str(number)]
                assert not [pause for pause in pauses(moments) if pause < DAY_S], moments


async def scenario_noting_batteries_takes_one_write_for_all_that_wait():
    board = Board()
    board.clock.set_utc(NOON)
    await board.give([meter(n, per_day=24) for n in range(1, 41)], cycle_s=3600)
    await board.run(60)
    before = board.flash.writes
    await board.run(3600)
    assert len(board.bus.asked) == 80
    assert board.flash.writes - before <= 3


async def scenario_batteries_with_the_same_address_on_two_segments_are_two():
    flash = MemoryFlash()
    board = Board(flash, segments=2)
    board.clock.set_utc(NOON)
    await board.give([meter(1, per_day=4), meter(1, per_day=4, segment=2)])
    await board.run(3600)
    board.logger.read_by_hand(2, "1")  # an hour after the other
    await board.run(2)
    await board.off()
    board = Board(flash.copy(), segments=2, boot=2)
    board.clock.set_utc(NOON + 2 * 3600)
    await board.run(5 * 3600 - 60)
    assert board.buses[1].seconds("1") == [4 * 3600]
    assert board.buses[2].seconds("1") == []


async def scenario_a_reading_by_hand_is_noted_at_once_though_the_bus_never_rests():
    flash = MemoryFlash()
    board = Board(flash)
    board.clock.set_utc(NOON)
    board.bus.takes_ms = 10000
    await board.give([meter(1, cycle_s=0), meter(2, per_day=24)])
    await board.run(3000)
    board.logger.read_by_hand(1, "2")
    await board.run(1)
    await board.off()
    board = Board(flash.copy(), boot=2)
    board.bus.takes_ms = 10000
    board.clock.set_utc(NOON + 3100)
    await board.run(3400)
    assert board.bus.seconds("2") == []


async def scenario_a_step_of_an_hour_costs_and_doubles_nothing():
    """Several meters, own cycles, a battery, the inputs and a reading date; both ways."""
    for step in (3600, -3600):
        await _stepped(step)


async def _stepped(step):
    logged = []

    class Inputs:
        def log(self):
            logged.append(board.hal.now_ms // 1000)

    board = Board(inputs=Inputs())
    board.journal.most = 280
    board.clock.set_utc(DATE - 7200)
    await board.give([meter(1), meter(2), meter(3, cycle_s=60), meter(4, per_day=24)], dates=RULES)
    await board.run(2000)
    board.clock.set_utc(DATE - 7200 + 2000 + step)
    await board.run(2000)
    board.clock.set_utc(DATE - 7200 + 4000)
    await board.run(8000)
    for address in ("1", "2", "3", "4"):
        asked = [at for at in board.bus.seconds(address) if at // 10 * 10 != 7200]
        whole = {"3": 60, "4": 3600}.get(address, 900)
        for pause in pauses(asked):
            assert pause >= whole - 1, (step, address, asked)
        assert len(asked) >= 12000 // whole - 1, (step, address, asked)
    assert pauses(logged) == [900] * (len(logged) - 1), (step, logged)
    assert len(logged) in (13, 14)
    dates = [board.journal.kinds(str(n)).count("date") for n in (1, 2)]
    assert dates == [1, 1]
    await board.off()


SCENARIOS = [value for name, value in sorted(globals().items()) if name.startswith("scenario_")]


def main():
    for scenario in SCENARIOS:
        asyncio.run(scenario())
        print("ok", scenario.__name__)
        asyncio.new_event_loop()  # MicroPython would go on with the tasks that are left
        gc.collect()


if __name__ == "__main__":
    main()
