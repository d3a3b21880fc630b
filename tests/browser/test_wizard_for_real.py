"""From 123 to the first value: every step with the real core, and restarts of the host between.

Network and clock are this computer's and left alone here; `test_wizard_page` sets those of a fake.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from host.store import audit, database
from tests.fakes.plant import running_plant
from tests.fakes.real_host import PASSWORD, real_host, sign_in_first
from tests.fakes.twin import running_twin

pytestmark = [pytest.mark.browser, pytest.mark.twin]

SCALE = 20
PATIENCE_MS = 60_000
METERS: list[dict[str, Any]] = [
    {"profile": "water", "serial": 62140001, "primary": 1},
    {"profile": "heat", "serial": 62140003, "primary": 20},
]


@pytest.fixture
def port() -> Iterator[str]:
    """The port of a board with two meters on its bus."""
    with (
        running_plant(METERS, time_scale=SCALE) as plant,
        running_twin(bus=plant.rfc2217, time_scale=SCALE) as twin,
    ):
        yield twin.port


@pytest.fixture
def browse(chromium):
    """Give a new browser, in which nobody is signed in."""
    contexts = []

    def new():
        contexts.append(chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en"))
        contexts[-1].set_default_timeout(PATIENCE_MS)
        return contexts[-1].new_page()

    yield new
    for context in contexts:
        context.close()


def sign_in(page, address: str, name: str = "Admin", password: str = PASSWORD) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("User name").fill(name)
    page.locator('[name="password"]').fill(password)
    page.get_by_role("button", name="Sign in").click()


def at(page, step: str) -> None:
    expect(page.locator('.wizard [aria-current="step"]')).to_contain_text(step)


def test_from_the_factory_password_to_the_first_value(tmp_path: Path, port: str, browse) -> None:
    page = browse()
    with real_host(tmp_path, port) as address:
        sign_in_first(page, address)
        at(page, "Language and site")
        page.get_by_label("Name").fill("North wing")
        page.get_by_label("Time zone").fill("Europe/Zurich")
        page.get_by_role("button", name="Save and go on").click()
        at(page, "Network")
    with real_host(tmp_path, port) as address:
        page = browse()
        sign_in(page, address)
        at(page, "Network")
        expect(page.locator(".step--done")).to_contain_text("Language and site Done")
        expect(page.locator(".home-name")).to_have_text("North wing")
        page.get_by_role("button", name="Skip this step").click()
        at(page, "Date and time")
        page.get_by_role("button", name="Skip this step").click()
        at(page, "Readout cycle")
        page.get_by_label("Readout cycle").fill("30 s")
        page.get_by_role("button", name="Save and go on").click()
        at(page, "Meters")
    with real_host(tmp_path, port) as address:
        page = browse()
        sign_in(page, address)
        at(page, "Meters")
        expect(page.locator("#board-link")).to_have_text("Connected", timeout=PATIENCE_MS)
        page.get_by_role("button", name="Start the scan").click()
        expect(page.locator("#scan-progress")).to_contain_text("Finished", timeout=PATIENCE_MS)
        page.get_by_role("button", name="Add 2 meters").click()
        expect(page.get_by_text("2 meters were added.")).to_be_visible()
        page.get_by_role("button", name="Next").click()
        at(page, "Summary")
        for fact in ("North wing", "Europe/Zurich", "30 seconds"):
            expect(page.locator(".set")).to_contain_text(fact)
        page.get_by_role("button", name="See all meters").click()
        expect(page.locator("#meters tbody tr")).to_have_count(2)
        for row in page.locator("#meters tbody tr").all():
            expect(row).to_contain_text("OK", timeout=PATIENCE_MS)
        expect(page.get_by_text("The setup is not finished yet.")).to_have_count(0)
        sign_in(browse(), address)
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_have_text("Meters")
    with database.reading(database.database_path(tmp_path)) as session:
        told = [(one.who, one.what) for one in audit.newest(session, 20)]
    assert ("Admin", "wizard.ended") in told


def test_a_standard_user_is_not_led_there_and_may_not_go(tmp_path: Path, browse) -> None:
    page, other = browse(), browse()
    with real_host(tmp_path) as address:
        sign_in_first(page, address)
        at(page, "Language and site")
        page.goto(f"{address}/users")
        page.get_by_label("User name").fill("Peter")
        for label in ("New password", "Repeat the new password"):
            page.get_by_label(label, exact=True).fill(PASSWORD)
        page.get_by_label("Standard user").check()
        page.get_by_label("Must be changed at the first sign-in").uncheck()
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_text("The user was added.")).to_be_visible()
        sign_in(other, address, "Peter")
        expect(other.get_by_role("heading", level=1)).to_have_text("Meters")
        expect(other.get_by_text("The setup is not finished yet.")).to_have_count(0)
        other.goto(f"{address}/wizard")
        expect(other.get_by_role("heading", level=1)).to_have_text("Not allowed")
        page.goto(address)
        expect(page.get_by_text("The setup is not finished yet.")).to_be_visible()
