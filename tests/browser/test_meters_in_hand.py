"""Meters chosen in the table, deleted and had back; one of them set up anew."""

import pytest
from playwright.sync_api import expect

from tests.fakes import installation

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
def test_several_are_chosen_deleted_and_had_back(visit, site, width):
    page = visit(width=width)
    page.get_by_role("checkbox", name="Choose Boiler").check()
    page.get_by_role("checkbox", name="Choose Stairs climate").check()
    site.do(site.core.stored, 7, installation.heat("10000007", 1_240_099))  # drawn anew meanwhile
    page.wait_for_selector("#meter-7 .value:has-text('1,240,099')")
    assert page.get_by_role("checkbox", name="Choose Boiler").is_checked()
    assert page.inner_text("#chosen-count") == "2 meters chosen"
    assert page.get_attribute("#chosen-export", "href") == "/export?meter=7&meter=9"
    page.get_by_role("button", name="Delete").click()
    page.wait_for_selector(".problem--done")
    assert "2 meters were deleted" in page.inner_text(".problem--done")
    expect(page.locator("#meters tbody tr")).to_have_count(12)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector(".problem--done", state="detached")
    expect(page.locator("#meters tbody tr")).to_have_count(14)


def test_a_meter_gets_a_name_a_cycle_and_a_note(visit):
    page = visit("/meters/10")
    page.get_by_role("link", name="Settings", exact=True).last.click()
    page.get_by_label("Name").fill("Laundry")
    page.get_by_label("Own readout cycle").fill("1 h")
    page.get_by_label("Comment").fill("behind the dryer")
    page.get_by_label("Comment").press("Enter")
    page.wait_for_selector("#meter-now")
    assert page.inner_text("h1") == "Laundry"
    facts = page.inner_text("dl.facts.card")
    assert "1 hour" in facts
    assert "behind the dryer" in facts
