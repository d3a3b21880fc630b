"""L4: the status messages as somebody uses them who looks after the building."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from host.store.status_messages import Said

pytestmark = pytest.mark.browser

NOW = datetime.now(UTC)


def test_l4_messages_are_filtered_grow_by_themselves_are_deleted_and_had_back(site, visit):
    site.do(site.core.say, Said("logger_started", NOW), Said("bus_overcurrent", NOW))
    page = visit()
    page.get_by_role("link", name="Messages", exact=True).click()
    page.wait_for_selector('body[data-live="open"]')
    page.get_by_label("Type").select_option("Error")
    page.get_by_label("Number").select_option("8 – Meter: readout failed")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/messages?number=8&type=error")
    page.wait_for_selector('body[data-live="open"]')
    said = Said("meter_unreadable", NOW, 1, "10000001", "no_answer", "1: nothing came")
    site.do(site.core.say, said)
    row = page.locator("#messages tbody tr", has_text="10000001")
    row.wait_for()
    assert page.locator("#messages tr", has_text="M-Bus").count() == 0
    row.get_by_text("What to do").click()
    assert row.get_by_text("Check the wiring of the meter").is_visible()
    row.get_by_role("link", name="10000001").click()
    page.wait_for_url("**/meters/1")
    page.goto(site.address + "/messages")
    before = page.locator("#messages tbody tr").count()
    page.get_by_role("button", name="Delete all").click()
    page.get_by_text("All messages were deleted.").wait_for()
    expect(page.locator("#messages tbody tr")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url("**/messages")
    expect(page.locator("#messages tbody tr")).to_have_count(before)


@pytest.mark.parametrize("width", [390, 1280])
def test_l4_nothing_is_wider_than_the_page(site, visit, width):
    said = Said("meter_unreadable", NOW, 1, "10000001", "no_answer", "1: nothing came")
    site.do(site.core.say, said, Said("bus_load_high", NOW, detail="segment 1: 35000 mV, 380 mA"))
    page = visit("/messages", width=width, language="fr")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
