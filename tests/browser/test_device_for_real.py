"""From a button in the browser to the LCD of the board and back, through every process."""

import pytest

from tests.fakes.lcd_reader import read_lcd
from tests.fakes.plant import running_plant
from tests.fakes.real_host import real_host, sign_in_first
from tests.fakes.twin import running_twin

pytestmark = [pytest.mark.browser, pytest.mark.twin]

SCALE = 4
PATIENCE_MS = 60_000


def test_d7_d8_what_stands_on_the_lcd_is_seen_and_turned_in_the_browser(chromium, tmp_path):
    with (
        running_plant(2, time_scale=SCALE) as plant,
        running_twin(plant.bus, time_scale=SCALE, io=plant.io) as twin,
        real_host(tmp_path, twin.port) as address,
    ):
        page = chromium.new_page(viewport={"width": 1280, "height": 900}, locale="en")
        page.set_default_timeout(PATIENCE_MS)
        sign_in_first(page, address)
        page.wait_for_url(f"{address}/wizard/**")
        page.goto(f"{address}/device")
        page.get_by_role("img", name="Meters").wait_for()
        page.get_by_role("button", name="Function F").click()
        page.get_by_role("img", name="M-Bus").wait_for()
        assert "M-Bus" in read_lcd(bytes.fromhex(plant.control("lcd")["hex"]))
        page.get_by_text("Hold a key …").click()
        page.get_by_role("button", name="Enter, held").click()
        page.get_by_role("img", name="SCAN").wait_for()
        page.close()
