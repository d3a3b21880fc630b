"""W5: what can be said of a scan, made at the plant and read on the pages in each language.

Plant, firmware on MicroPython, core and pages are the real ones. Which message of the manual each
test proves stands in `host/texts/messages.md`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from host.texts.catalogue import LANGUAGES
from tests.fakes.loop import in_loop
from tests.fakes.plant import RunningPlant, running_plant
from tests.fakes.read_pages import Pages, explained
from tests.fakes.real_host import real_host
from tests.fakes.twin import TwinProcess, running_twin
from tests.whole.test_faults import ask

pytestmark = [pytest.mark.twin, pytest.mark.timeout(180)]

SCALE = 20
METERS: list[dict[str, Any]] = [
    {"profile": "water", "serial": 62140001, "primary": 1},
    {"profile": "water", "serial": 62140003, "primary": 9},
    {"profile": "heat", "serial": 62140004, "primary": 9},
    {"profile": "water", "serial": 11111111, "primary": 12, "baud": 300},
]
PLAN = "serial;name\n62140001;Bath\n11111111;Garden\n"


class House:
    """An installation that is searched."""

    def __init__(self, plant: RunningPlant, twin: TwinProcess, data: Path, pages: Pages) -> None:
        self.plant, self.twin, self.data, self.pages = plant, twin, data, pages

    def begin(self, first: int, last: int, baud: int = 2400, language: str = "en") -> str:
        """Start a scan of primary addresses; return the page that comes."""
        wanted = {"by": "primary", "first": first, "last": last, "baud": baud}
        return self.pages.send("/scan", language, **wanted)

    def scan(self, first: int, last: int, baud: int = 2400) -> None:
        """Scan to the end."""
        assert "Under way" in self.begin(first, last, baud)
        self.pages.until("/scan", "Finished")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data = tmp_path_factory.mktemp("h")
    with (
        running_plant(METERS, time_scale=SCALE) as plant,
        running_twin(bus=plant.rfc2217, time_scale=SCALE, lan=True) as twin,
        real_host(data, twin.port) as address,
    ):
        pages = Pages(address)
        pages.connected()
        yield House(plant, twin, data, pages)


@pytest.mark.parametrize(("first", "last", "baud"), [(200, 201, 2400), (12, 12, 9600)])
def test_no_meter_is_found_where_none_is_connected_or_at_another_rate(
    house: House, first: int, last: int, baud: int
) -> None:
    house.scan(first, last, baud)
    house.pages.explains("/scan", "nothing_found")


def test_an_address_that_was_given_twice(house: House) -> None:
    house.scan(1, 10)
    house.pages.explains("/scan", "address_twice")
    for language, address in (("de", "primär 9"), ("en", "primary 9"), ("fr", "primaire 9")):
        assert address in house.pages.read("/scan", language)


def test_who_of_the_planned_list_talks_at_another_rate_is_missing(house: House) -> None:
    assert "2 meters" in house.pages.send("/scan/plan", file=PLAN)
    house.scan(1, 12)
    house.pages.explains("/scan", "not_all_found")
    for language, word in (("de", "Nicht gefunden"), ("en", "Not found"), ("fr", "Introuvable")):
        page = house.pages.read("/scan", language)
        assert word in page
        assert "11111111" in page
    house.pages.send("/scan/plan/delete")


def test_a_wrong_range(house: House) -> None:
    for language, title, why in (
        ("de", "Bereichsfehler", "1 bis 250"),
        ("en", "Range error", "1 to 250"),
        ("fr", "Erreur dans la plage", "1 à 250"),
    ):
        for first, last in ((9, 3), (0, 5), (1, 251)):
            page = house.begin(first, last, language=language)
            assert title in page
            assert why in page.partition(title)[2]


def test_a_scan_while_another_is_under_way(house: House) -> None:
    house.begin(1, 250)
    explained(lambda language: house.begin(1, 2, language=language), "scan_busy")
    house.pages.send("/scan/stop")
    house.pages.until("/scan", "Stopped")


def test_the_level_converter_has_the_bus(house: House) -> None:
    @in_loop
    async def switch(what: str) -> None:
        await ask(house.data, "board.converter", what=what, who="Admin")

    switch("on")
    try:
        explained(lambda language: house.begin(1, 2, language=language), "converter_on")
    finally:
        switch("off")


def test_the_board_restarts_in_the_midst_of_it(house: House) -> None:
    house.begin(1, 250)
    house.pages.until("/scan", "Under way", "Found 1")
    house.twin.control("reset")
    house.pages.explains("/scan", "logger_restarted")
    for language in LANGUAGES:
        assert "62140001" in house.pages.read("/scan", language), "what was found stays"
