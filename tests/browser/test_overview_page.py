"""The overview as its reader uses it: live, by keyboard, in three languages, on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.fakes import installation

pytestmark = pytest.mark.browser


def names(page) -> list[str]:
    return page.locator("#meters tbody tr:visible td.name a").all_inner_texts()


def test_a_stored_reading_updates_its_row_without_a_reload(site, visit):
    page = visit()
    page.evaluate("window.stillHere = true")
    row = page.locator("#meter-2")
    expect(row).to_contain_text("312.456")
    site.do(site.core.stored, 2, installation.water("20000002", 777123))
    expect(row).to_contain_text("777.123")
    expect(row).to_contain_text("just now")
    assert page.evaluate("window.stillHere") is True


def test_an_updated_row_stays_filtered_sorted_and_focused(site, visit):
    page = visit("/?q=water&sort=-value")
    before = names(page)
    assert before == [
        "Flat 1 cold water", "Flat 2 cold water", "Flat 1 hot water", "Garden water", "20000010"
    ]  # fmt: skip
    page.locator("#meter-2 a").focus()
    site.do(site.core.stored, 2, installation.water("20000002", 1000))
    expect(page.locator("#meter-2")).to_contain_text("1.000")
    assert names(page) == [*before[1:], before[0]]
    expect(page.locator("#meter-2 a")).to_be_focused()
    expect(page.locator("#shown")).to_have_text("5 of 14 meters")


def test_the_language_is_switched_and_remembered(visit):
    page = visit("/?q=water")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Zähler")
    assert page.url.endswith("/?q=water"), "the filter stays"
    expect(page.locator("#meter-2")).to_contain_text("312,456")
    page.goto(page.url.split("?")[0] + "meters/1")
    expect(page.get_by_text("Vorlauftemperatur").first).to_be_visible()
    page.get_by_role("button", name="Français").click()
    expect(page.get_by_text("Température de départ").first).to_be_visible()
    page.wait_for_selector('body[data-live="open"]')


def test_the_filter_by_keyboard_alone(visit):
    page = visit()
    page.keyboard.press("/")
    expect(page.locator("#filter")).to_be_focused()
    page.keyboard.type("flat heat")
    assert names(page) == ["Flat 1 heating", "Flat 2 heating", "Flat 3 heating"]
    assert "q=flat+heat" in page.url
    page.keyboard.type(" nothing like this")
    expect(page.locator("#nothing")).to_be_visible()
    page.keyboard.press("Escape")
    assert len(names(page)) == 14
    assert "q=" not in page.url


def test_sorting_by_keyboard_and_by_address(visit):
    page = visit()
    header = page.locator('th[data-key="value"]')
    header.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(header).to_have_attribute("aria-sort", "ascending")
    page.keyboard.press("Enter")
    expect(header).to_have_attribute("aria-sort", "descending")
    assert page.url.endswith("?sort=-value")
    assert names(page)[0] == "Boiler"
    page.reload()
    assert names(page)[0] == "Boiler", "the address keeps the order"
    page.wait_for_selector('body[data-live="open"]')


def test_focus_is_visible(visit):
    page = visit()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"


def test_rows_are_cards_on_a_phone_and_still_a_table_for_a_screen_reader(visit):
    page = visit(width=390)
    expect(page.locator("#meter-1")).to_have_css("display", "grid")
    expect(page.get_by_role("table")).to_be_visible()
    assert page.get_by_role("row").count() == 15
    assert page.locator("#meter-1").get_by_role("cell").count() == 6, "two have no room"
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0


@pytest.mark.parametrize("language", ["de", "fr"])
@pytest.mark.parametrize("width", [1280, 800, 390])
def test_no_page_is_wider_than_its_window(site, visit, language, width):
    site.do(site.core.progress, 3, 14)
    site.do(lambda: site.core.export(1, done=310, total=1200))
    page = visit(width=width, language=language)
    expect(page.locator("#export-chip a")).to_be_visible()
    name = page.locator(".home-name")
    assert name.evaluate("name => name.scrollWidth - name.clientWidth") == 0, "it is cut"
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for path in ("/", "/meters/1", "/meters/6", "/meters/12", "/meters/13", "/export"):
        page.goto(site.address + path)
        assert page.evaluate(overflow) == 0, path
    page.wait_for_selector('body[data-live="open"]')


def test_read_all_shows_its_progress_and_survives_a_reload(site, visit):
    page = visit()
    page.get_by_role("button", name="Read all now").click()
    expect(page.locator("#job")).to_contain_text("0/14")
    site.do(site.core.progress, 5, 14)
    expect(page.locator("#job")).to_contain_text("5/14")
    page.reload()
    expect(page.locator("#job")).to_contain_text("5/14")
    site.do(site.core.finish)
    expect(page.locator("#job")).to_be_empty()
    assert site.core.asked == [("readout.start", None)]
    page.wait_for_selector('body[data-live="open"]')


def test_the_link_indicator_tells_of_logger_service_and_page(site, visit):
    page = visit()
    link = page.locator(".link")
    expect(link).to_have_text(re.compile("Connected"))
    site.do(site.core.link, "not_connected")
    expect(page.locator("#board-link")).to_have_text("Not connected")
    expect(page.locator("#core-notice")).to_contain_text("Check cable and power")
    site.do(site.core.link, "connected")
    expect(page.locator("#core-notice")).to_be_empty()
    site.do(site.core.stop)
    expect(page.locator("#board-link")).to_have_text("Service not running")
    site.do(site.core.start)
    expect(page.locator("#board-link")).to_have_text("Connected")


def test_the_page_says_when_its_connection_is_gone_and_connects_again(site, visit):
    page = visit()
    page.evaluate("window.stillHere = true")
    site.stop_web()
    page.wait_for_selector('body:not([data-live="open"])')
    expect(page.locator("[data-lost]")).to_be_visible()
    expect(page.locator("#board-link")).not_to_be_visible()
    site.start_web()
    page.wait_for_selector('body[data-live="open"]')
    expect(page.locator("[data-lost]")).to_be_hidden()
    site.do(site.core.stored, 2, installation.water("20000002", 777123))
    expect(page.locator("#meter-2")).to_contain_text("777.123")
    assert page.evaluate("window.stillHere") is True
    visit.errors.clear()  # the refused attempts to connect
