"""From the button to the bus and back: plant, firmware on MicroPython, core, web, Chromium."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.fakes.plant import running_plant
from tests.fakes.real_host import PASSWORD, real_host, sign_in_first
from tests.fakes.twin import running_twin

pytestmark = [pytest.mark.browser, pytest.mark.twin]

SCALE = 20
PATIENCE_MS = 60_000
METERS: list[dict[str, Any]] = [
    {"profile": "water", "serial": 62140001, "primary": 1},
    {"profile": "water", "serial": 62140003, "primary": 1},  # an address of two
    {"profile": "heat", "serial": 62140003, "primary": 20},  # a number of two
    {"profile": "water", "serial": 11111111, "primary": 9, "baud": 300},
    {"profile": "fixed", "serial": 711342, "primary": 10},
]
PLAN = "serial;name;site;cost centre\n62140001;Bath;Flat 1;4711\n88888888;Attic;Roof;4712\n"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the pages of a house where nobody has ever searched."""
    with (
        running_plant(METERS, time_scale=SCALE) as plant,
        running_twin(bus=plant.rfc2217, time_scale=SCALE) as twin,
        real_host(tmp_path_factory.mktemp("h"), twin.port) as address,
    ):
        yield address


@pytest.fixture
def page(chromium):
    page = chromium.new_page(viewport={"width": 1280, "height": 900}, locale="en")
    page.set_default_timeout(PATIENCE_MS)
    yield page
    page.close()


def scan(page) -> None:
    page.get_by_role("button", name="Start the scan").click()
    expect(page.locator("#scan-progress")).to_contain_text("Finished", timeout=PATIENCE_MS)


def test_meters_are_searched_by_secondary_address_added_and_read(house: str, page) -> None:
    sign_in_first(page, house)
    page.get_by_role("button", name="Set up later").click()
    page.get_by_role("main").get_by_role("link", name="Find meters").click()
    expect(page.locator("#board-link")).to_have_text("Connected", timeout=PATIENCE_MS)
    page.set_input_files(
        "#plan input[type=file]",
        files=[{"name": "list.csv", "mimeType": "text/csv", "buffer": PLAN.encode()}],
    )
    page.get_by_role("button", name="Take over the list").click()
    page.get_by_role("checkbox", name="300", exact=True).check()
    scan(page)
    rows = page.locator("#found-table tbody tr")
    expect(rows).to_have_count(len(METERS) + 1, timeout=PATIENCE_MS)
    expect(page.locator('[data-standing="new"]')).to_have_count(len(METERS))
    slow = rows.filter(has_text="11111111")
    expect(slow).to_contain_text("300")
    expect(rows.filter(has_text="88888888")).to_contain_text("Not found")
    page.get_by_role("textbox", name="Name: 11111111").fill("Garden")
    page.get_by_role("button", name="Add 5 meters").click()
    expect(page.get_by_text("5 meters were added.")).to_be_visible()
    expect(page.locator('[data-standing="known"]')).to_have_count(len(METERS))
    page.get_by_role("link", name="See all meters").click()
    for name in ("Bath", "Garden"):
        row = page.locator("#meters tbody tr").filter(has_text=name)
        expect(row).to_contain_text("OK", timeout=PATIENCE_MS)
    expect(page.locator("#meters tbody tr").filter(has_text="Bath")).to_contain_text("Flat 1")


def test_a_range_of_primary_addresses_shows_an_address_of_two(house: str, page) -> None:
    page.goto(f"{house}/sign-in")
    page.get_by_label("User name").fill("Admin")
    page.locator('[name="password"]').fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{house}/scan")
    page.get_by_role("radio", name="By primary address").check()
    page.get_by_role("textbox", name="to").fill("12")
    scan(page)
    shared = page.locator('[data-standing="trouble"]')
    expect(shared).to_contain_text("Two meters may share this address.")
    expect(page.locator("#found-1-10")).to_contain_text("Known")
