"""Our own master on the plant's bus, in virtual time: what they promise each other holds."""

from collections.abc import Generator

import pytest

from shared.errors import GarbledAnswer, NoAnswer
from shared.mbus import exchange
from shared.mbus.addresses import parse_address
from shared.mbus.line import Line
from tools.plant import population, profiles
from tools.plant.bus import Bus, Port
from tools.plant.master import Master

KINDS = profiles.load()


def read(address: str) -> Generator:
    return exchange.read_meter(Line(address), parse_address(address))


def drive(bus: Bus, port: Port, steps: Generator) -> list[bytes]:
    """Do what the exchange says (see `shared.mbus.line`), in virtual time."""
    return Master(bus, port).drive(steps)


@pytest.fixture
def bus() -> Bus:
    meters = population.demo(KINDS, 250)
    for number, meter in enumerate(meters, 1):
        meter.primary = number
    return Bus(meters, 1_795_000_000.0)


def test_reads_250_meters_in_both_ways_and_keeps_the_rules(bus):
    port = bus.add_port()
    for number, meter in enumerate(bus.meters):
        frames = drive(bus, port, read(meter.secondary if number % 4 else str(meter.primary)))
        assert len(frames) == len(meter.profile.telegrams)
        assert all(frame[5] == meter.primary for frame in frames)
    figures = bus.statistics.as_dict(bus.now)
    for count in ("idle_violations", "interruptions", "collisions", "flawed_down"):
        assert figures[count] == 0, count


def test_selects_the_meters_that_all_have_address_0(bus):
    for meter in bus.meters[:9]:
        meter.primary = 0
    port = bus.add_port()
    for meter in bus.meters[:9]:
        frames = drive(bus, port, read(meter.secondary))
        assert len(frames) == len(meter.profile.telegrams)


def test_gets_through_a_meter_that_answers_the_third_try(bus):
    port = bus.add_port()
    bus.meters[0].fault = {"kind": "nth", "n": 3}
    assert len(drive(bus, port, read("1"))) == 1


@pytest.mark.parametrize(
    ("fault", "error"), [("silent", NoAnswer), ("checksum", GarbledAnswer), ("rubbish", Exception)]
)
def test_a_fault_ends_in_its_error_and_the_next_meter_is_read(bus, fault, error):
    port = bus.add_port()
    bus.meters[0].fault = {"kind": fault}
    with pytest.raises(error):
        drive(bus, port, read("1"))
    assert len(drive(bus, port, read("2"))) == 1
