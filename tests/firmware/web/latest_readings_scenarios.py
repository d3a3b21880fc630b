"""What the board's own page remembers of each meter: for CPython and MicroPython alike.

Each `scenario_*` is a coroutine that asserts; test_latest_readings.py runs them.
"""

import asyncio

from firmware.web.gist import gist
from firmware.web.latest_readings import LatestReadings
from firmware.web.recall import recall
from tests.firmware.web.telegrams import OTHER_TELEGRAM, TELEGRAM


def entry(address, telegram=TELEGRAM, error=None, at=1000, segment=1):
    return {
        "kind": "meter",
        "segment": segment,
        "address": address,
        "utc_s": at,
        "telegrams": [] if error else [telegram],
        "error": error and {"key": error, "detail": ""},
    }


async def scenario_the_latest_reading_of_each_meter_by_its_number():
    latest = LatestReadings()
    for address in ("10", "9", "1149037877040E16", "250", "0249037877040E16"):
        latest.add(entry(address))
    latest.add(entry("3", segment=2))
    latest.add(entry("9", OTHER_TELEGRAM, at=2000))
    latest.add({"kind": "status"})
    latest.add({"kind": "input"})
    assert len(latest) == 6
    rows = latest.page(0, 20)
    assert [row[:2] for row in rows] == [
        (1, "9"),
        (1, "10"),
        (1, "250"),
        (1, "0249037877040E16"),
        (1, "1149037877040E16"),
        (2, "3"),
    ]
    assert rows[0][2:] == (2000, None, gist(OTHER_TELEGRAM))
    assert [row[1] for row in latest.page(4, 1)] == ["1149037877040E16"]
    assert latest.page(6, 20) == []


async def scenario_a_meter_that_fails_keeps_what_was_read_last():
    latest = LatestReadings()
    latest.add(entry("5"))
    latest.add(entry("5", error="no_answer", at=3000))
    latest.add(entry("6", error="garbled_answer", at=3000))
    assert latest.page(0, 2) == [
        (1, "5", 1000, "no_answer", gist(TELEGRAM)),
        (1, "6", None, "garbled_answer", b""),
    ]
    latest.add(entry("6", at=4000))
    assert latest.page(1, 1) == [(1, "6", 4000, None, gist(TELEGRAM))]


async def scenario_all_meters_of_the_schedule_are_there_before_they_are_read():
    latest = LatestReadings()
    latest.add(entry("9"))
    latest.add(entry("200"))
    for revision, numbers in (("00000001", range(1, 251)), ("00000002", range(9, 12))):
        latest.begin()
        for number in numbers:
            latest.expect(1, str(number))
            if number == 10:
                latest.add(entry("10"))  # the logger reads on meanwhile
        latest.end(revision)
        assert latest.revision == revision
        assert [int(row[1]) for row in latest.page(0, 250)] == list(numbers)
    assert [row[2] for row in latest.page(0, 250)] == [1000, 1000, None]


async def scenario_a_read_of_250_meters_stays_and_takes_little_memory():
    latest = LatestReadings()
    for number in range(260):
        latest.add(entry(str(10000000 + number) + "00000000", at=1000 + number))
    assert len(latest) == 250
    assert latest.page(0, 1)[0][1] == "1000001000000000"
    wanted = gist(TELEGRAM)
    for first in range(0, 250, 10):
        assert [row[4] for row in latest.page(first, 10)] == 10 * [wanted]
    assert sum([len(row) for row in latest._rows]) < 250 * 80


class Journal:
    """Entries in their order; boot 7 runs."""

    boot = 7

    def __init__(self, entries):
        self.entries = entries

    async def fetch(self, boot, after, limit):
        place = (boot, after)
        found = [each for each in self.entries if (each["boot"], each["number"]) > place]
        return found[:limit]


def kept(boot, number, address, **how):
    made = entry(address, **how)
    made.update(boot=boot, number=number)
    return made


async def scenario_after_a_restart_the_last_readings_come_out_of_the_journal():
    for first in (1, 300):  # what came before has been acknowledged
        old = [kept(6, first + n, str(n % 5), at=1000 + n) for n in range(23)]
        old.append(kept(6, first + 23, "4", error="no_answer", at=5000))
        old.insert(0, kept(5, 9, "200", at=900))
        old.append(kept(7, 1, "201"))
        journal = Journal(old)
        latest = LatestReadings()
        latest.add(entry("2", OTHER_TELEGRAM, at=9000))
        latest.add(entry("3", error="bus_short", at=9000))
        await recall(journal, latest)
        assert [row[1:] for row in latest.page(0, 5)] == [
            ("0", 1020, None, gist(TELEGRAM)),
            ("1", 1021, None, gist(TELEGRAM)),
            ("2", 9000, None, gist(OTHER_TELEGRAM)),
            ("3", 1018, "bus_short", gist(TELEGRAM)),
            ("4", 1019, None, gist(TELEGRAM)),
        ]
        earlier = [("200", 900, None, gist(TELEGRAM))] if first == 1 else []
        assert [row[1:] for row in latest.page(5, 9)] == earlier  # 250 numbers are looked through
    for entries in ([], [kept(7, 1, "201")]):
        latest = LatestReadings()
        await recall(Journal(entries), latest)
        assert len(latest) == 0


SCENARIOS = [value for name, value in sorted(globals().items()) if name.startswith("scenario_")]


def main():
    for scenario in SCENARIOS:
        asyncio.run(scenario())
        print("ok", scenario.__name__)
