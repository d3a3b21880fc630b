"""W5: faults of bus, meters and board, made at the plant and read on the pages in each language.

Plant, firmware on MicroPython, core and pages are the real ones. Which message of the manual each
test proves stands in `host/texts/messages.md`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from host.texts.catalogue import LANGUAGES, gettext
from host.texts.errors import SENSOR_FAULTS
from host.texts.words import STATUS_MESSAGES
from shared.errors import BadSetting
from tests.fakes.loop import in_loop
from tests.fakes.plant import RunningPlant, running_plant
from tests.fakes.read_pages import Pages, explained, plain
from tests.fakes.real_host import real_host
from tests.fakes.twin import TwinProcess, running_twin
from tests.whole.test_faults import ask

pytestmark = [pytest.mark.twin, pytest.mark.timeout(180)]

SCALE = 20
METERS: list[dict[str, Any]] = [
    {"profile": "water", "serial": 62140001, "primary": 1},
    {"profile": "heat", "serial": 62140002, "primary": 2},
]
MOMENTS = {
    "de": r"\d\d\.\d\d\.\d{4}, \d\d:\d\d:\d\d",
    "en": r"\d+ [A-Z][a-z]+ \d{4}, \d\d:\d\d:\d\d",
    "fr": r"\d+ [a-zéû.]+ \d{4}, \d\d:\d\d:\d\d",
}
ADDRESSES = {
    "de": "Zähler Bad (Adresse 1) Festgestellt ",
    "en": "Meter Bad (address 1) Noticed ",
    "fr": "Compteur Bad (adresse 1) Constaté ",
}


class House:
    """An installation: its wires, its board, its pages."""

    def __init__(self, plant: RunningPlant, twin: TwinProcess, data: Path, pages: Pages) -> None:
        self.plant, self.twin, self.data, self.pages = plant, twin, data, pages

    def readout(self, meter: int) -> None:
        """Read a meter now, as soon as no readout is under way."""
        while "in use" in self.pages.send(f"/meters/{meter}/readout"):
            pass


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data: Path = tmp_path_factory.mktemp("h")
    with (
        running_plant(METERS, time_scale=SCALE) as plant,
        running_twin(bus=plant.rfc2217, time_scale=SCALE, io=plant.io) as twin,
        real_host(data, twin.port) as address,
    ):
        house = House(plant, twin, data, Pages(address))
        house.pages.send("/scan/by-address", addresses="1", baud="2400", name="Bad")
        house.pages.send("/scan/by-address", addresses="2", baud="2400")
        house.pages.until("/", "62140001", "62140002")
        yield house


def test_the_logger_started(house: House) -> None:
    for language in LANGUAGES:
        text = plain(gettext(language, STATUS_MESSAGES["logger_started"]))
        assert re.search(f"{MOMENTS[language]} {text}", house.pages.read("/messages", language))


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        ("silent", "no_answer"),
        ("checksum", "garbled_answer"),
        ("wrong_address", "wrong_meter"),
        ("application_error", "application_error"),
    ],
)
def test_a_meter_that_cannot_be_read_is_named_with_since_when(
    house: House, fault: str, key: str
) -> None:
    house.plant.control("fault", meter=1, fault=fault)
    try:
        house.readout(1)
        house.pages.explains("/meters/1", key)
        for language in LANGUAGES:
            page = house.pages.read("/meters/1", language)
            assert re.search(re.escape(ADDRESSES[language]) + MOMENTS[language], page), page
            text = gettext(language, STATUS_MESSAGES["meter_unreadable"])
            said = plain(text.replace("{meter}", " 62140001 Bad "))
            told = house.pages.read("/messages?number=8", language)
            assert said.replace(" :", ":") in told.replace(" :", ":")
        house.pages.explains("/messages?number=8", key)
    finally:
        house.plant.control("fault", meter=1, fault=None)
        house.readout(1)
        house.pages.until("/?state=error", "2 OK")


def test_a_fault_that_a_meter_reports_of_itself(house: House) -> None:
    house.plant.control("set", meter=2, status=0x0C)
    house.readout(2)
    house.pages.explains("/meters/2", "alarm")
    house.plant.control("set", meter=2, status=0)
    status = {
        "de": "Zähler 62140002 meldet eine Störung. Batterie oder Versorgung schwach, Dauerhafter",
        "en": "Meter 62140002 reports a fault. Battery or supply low, Permanent error",
        "fr": "Le compteur 62140002 signale un défaut. Pile ou alimentation faible, Erreur perm",
    }
    for language, text in status.items():
        assert text in house.pages.read("/messages?number=10", language)


@pytest.mark.parametrize(
    ("key", "extra_ma", "voltage_mv"),
    [("bus_load_high", 380, 36_000), ("bus_voltage_wrong", 0, 20_500)],
)
def test_a_line_that_carries_too_much_or_has_a_wrong_voltage(
    house: House, key: str, extra_ma: int, voltage_mv: int
) -> None:
    house.plant.control("supply", segment=1, extra_ma=extra_ma, voltage_mv=voltage_mv)
    try:
        _status_1_is_told(house, key, f"{voltage_mv / 1000:.1f}")
    finally:
        house.plant.control("supply", segment=1, extra_ma=0, voltage_mv=36_000)


def test_a_short_circuit_and_its_end(house: House) -> None:
    pages = house.pages
    pages.send("/messages/clear")
    house.plant.control("short", on=True)
    try:
        _status_1_is_told(house, "bus_overcurrent", "2.5")
        pages.send("/scan", by="primary", first="1", last="2", baud="2400")
        pages.explains("/scan", "bus_short")
    finally:
        house.plant.control("short", on=False)
    over = STATUS_MESSAGES["bus_recovered"]
    pages.until("/messages?number=1", over)
    for language in LANGUAGES:
        assert gettext(language, over) in pages.read("/messages?number=1", language)
    pages.until("/scan", "Finished", "Found 2")


def _status_1_is_told(house: House, key: str, volts: str) -> None:
    """Expect the message in each language, with the line, its voltage and what to do."""
    text = STATUS_MESSAGES[key]
    house.pages.until("/messages?number=1", text)
    for language in LANGUAGES:
        page = house.pages.read("/messages?number=1", language)
        told = volts if language == "en" else volts.replace(".", ",")
        colon = " ?: " if language == "fr" else ": "
        wanted = f"{re.escape(plain(gettext(language, text)))} Segment 1{colon}{told} V, \\d+ mA"
        assert re.search(wanted, page), (wanted, page)


def test_a_board_without_power_or_cable(house: House) -> None:
    house.twin.control("unplug")
    try:
        house.pages.explains("/", "link_lost")
        explained(lambda language: house.pages.send("/readout", language), "link_lost")
    finally:
        house.twin.control("replug")
    house.pages.connected()


def test_a_port_that_another_program_holds(
    house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with real_host(tmp_path_factory.mktemp("second"), house.twin.port) as address:
        pages = Pages(address)
        pages.explains("/", "port_in_use")
        explained(lambda language: pages.send("/readout", language), "port_in_use")


@pytest.mark.parametrize(
    ("celsius", "state"), [("open", "open"), ("short", "short"), (120, "range")]
)
def test_a_temperature_sensor_that_is_broken(house: House, celsius: str | int, state: str) -> None:
    house.pages.send("/inputs/T-1", offset_mk="0")
    house.plant.control("temperature", sensor=1, celsius=celsius)
    house.pages.explains("/inputs", SENSOR_FAULTS[state])


def test_a_board_without_a_level_converter_says_so(house: House) -> None:
    @in_loop
    async def switch() -> None:
        with pytest.raises(BadSetting, match="has no level converter"):
            await ask(house.data, "board.converter", what="on", who="Admin")

    switch()
