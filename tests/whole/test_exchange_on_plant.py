"""The exchange reads the plant's meters, timed to the bit, in virtual time."""

import pytest

from shared.errors import ApplicationError, GarbledAnswer, MbuslinkError, NoAnswer, WrongMeter
from shared.mbus import telegram
from shared.mbus.addresses import parse_address
from shared.mbus.exchange import Memory, read_meter
from shared.mbus.line import Line
from tools.plant import faults, population, profiles
from tools.plant.bus import Bus
from tools.plant.master import Master

KINDS = profiles.load()


class Reader(Master):
    """Reads meters on the plant's bus, and remembers what a reading left for the next."""

    def __init__(self, meters, baud=2400):
        super().__init__(Bus(meters, 1_800_000_000), baud=baud)
        self.baud = baud
        self.memories = {}

    def read_meter(self, address, **options):
        """Return the telegrams of the meter at `address` (text) and the `Line` used."""
        line = Line("meter " + address, self.baud)
        memory = self.memories.setdefault(address, Memory())
        return self.drive(read_meter(line, parse_address(address), memory=memory, **options)), line


def demo(count, baud=2400):
    """Return `count` of the demo's meters, each with a primary address of its own."""
    meters = population.demo(KINDS, count, baud)
    for number, meter in enumerate(meters, 1):
        meter.primary = number
    return meters


def meter_of(kind, **settings):
    return population.make({"profile": kind, "primary": 7, **settings}, KINDS)


@pytest.mark.parametrize("baud", [300, 2400, 9600])
@pytest.mark.parametrize("by", ["primary", "secondary"])
def test_every_meter_is_read_at_once_and_by_the_rules(baud, by):
    meters = demo(20, baud)
    master = Reader(meters, baud)
    for _ in range(2):
        for meter in meters:
            frames, line = master.read_meter(str(getattr(meter, by)))
            assert (line.retries, line.noise, line.strays) == (0, 0, 0)
            more = [bool(telegram.decode(frame).more) for frame in frames]
            assert more == [True] * (len(meter.profile.telegrams) - 1) + [False]
    figures = master.bus.statistics.as_dict(master.now)
    assert figures["idle_violations"] == figures["interruptions"] == figures["collisions"] == 0
    assert figures["utilisation"] > 0.8


def test_meters_that_share_a_primary_address_do_not_collide():
    """As delivered, all at 0: a selection must be enough."""
    meters = [meter_of("water", serial=12345670 + n, primary=0) for n in range(8)]
    master = Reader(meters)
    for meter in meters:
        frames, _ = master.read_meter(meter.secondary)
        assert len(frames) == 1
    assert master.bus.statistics.collisions == 0
    with pytest.raises((GarbledAnswer, WrongMeter)):
        master.read_meter("1234567F")  # eight meters at once


@pytest.mark.parametrize("quirk", sorted(profiles.QUIRKS))
@pytest.mark.parametrize("by", ["primary", "secondary"])
def test_meters_with_habits(quirk, by):
    meter = meter_of("three_telegrams", quirks=[quirk])
    master = Reader([meter, *demo(3)[1:]])
    for _ in range(3):
        frames, _ = master.read_meter(str(getattr(meter, by)))
        assert len(frames) == 3


FAULTS = [
    ("silent", "primary", NoAnswer),
    ("silent", "secondary", NoAnswer),
    ("checksum", "primary", GarbledAnswer),
    ("checksum", "secondary", GarbledAnswer),
    ("truncated", "primary", GarbledAnswer),
    ("wrong_address", "primary", WrongMeter),
    ("wrong_id", "secondary", WrongMeter),
    ("rubbish", "primary", GarbledAnswer),
    ("rubbish", "secondary", (GarbledAnswer, NoAnswer)),
    ("application_error", "primary", ApplicationError),
    ("application_error", "secondary", ApplicationError),
]


@pytest.mark.parametrize(("kind", "by", "error"), FAULTS)
def test_faults_have_names_and_heal(kind, by, error):
    meter = meter_of("three_telegrams")
    master = Reader([meter])
    address = str(getattr(meter, by))
    meter.fault = faults.check({"kind": kind})
    with pytest.raises(error):
        master.read_meter(address)
    meter.fault = faults.check({"kind": kind, "times": 1})
    frames, _ = master.read_meter(address)
    assert len(frames) == 3
    meter.fault = None
    frames, line = master.read_meter(address)
    assert len(frames) == 3
    assert line.retries == 0


@pytest.mark.parametrize("ms", [250, 300, 400, 500, 700, 1000])
def test_an_answer_too_late_is_not_taken_for_anothers(ms):
    late, meter = meter_of("water", primary=7), meter_of("three_telegrams", primary=8)
    late.fault = faults.check({"kind": "slow", "ms": ms})
    master = Reader([late, meter])
    with pytest.raises((NoAnswer, GarbledAnswer)):
        master.read_meter("7", retries=0)
    frames, _ = master.read_meter("8")
    assert len(frames) == 3
    assert all(frame[5] == 8 for frame in frames)


@pytest.mark.parametrize("by", ["primary", "secondary"])
def test_a_meter_that_answers_the_third_try(by):
    meter = meter_of("three_telegrams", fault={"kind": "nth", "n": 3})
    frames, _ = Reader([meter]).read_meter(str(getattr(meter, by)))
    assert len(frames) == 3


@pytest.mark.parametrize("per_second", [0.5, 5, 50])
def test_noise_gives_the_telegrams_or_a_named_error(per_second):
    meters = demo(8)
    master = Reader(meters)
    master.bus.set_noise(per_second, 0)
    read = 0
    for meter in meters:
        try:
            frames, _ = master.read_meter(str(meter.primary))
        except MbuslinkError:
            continue
        read += 1
        assert len(frames) == len(meter.profile.telegrams)
        assert all(telegram.decode(frame).id == meter.secondary[:8] for frame in frames)
    assert read == len(meters) or per_second > 0.5


def test_a_converter_with_echo():
    meters = demo(4)
    master = Reader(meters)
    master.port.echo = True
    for meter in meters:
        frames, line = master.read_meter(str(meter.primary))
        assert len(frames) == len(meter.profile.telegrams)
        assert line.echoes == line.requests
    assert master.bus.statistics.idle_violations == 0


def test_a_shorted_bus_is_no_answer_and_heals():
    master = Reader(demo(2))
    master.bus.set_short(True, master.now)
    with pytest.raises((NoAnswer, GarbledAnswer)):
        master.read_meter("1")
    master.bus.set_short(False, master.now)
    frames, _ = master.read_meter("1")
    assert frames
