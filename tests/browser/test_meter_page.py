"""The meter page: values, telegram and bytes belong together, by mouse and by keyboard."""

import pytest
from playwright.sync_api import expect

from tests.fakes import installation

pytestmark = pytest.mark.browser


def expect_lit(page, text: str) -> None:
    """Wait until these bytes are lit: the page that is just live is drawn once more meanwhile."""
    page.wait_for_function(
        "text => [...document.querySelectorAll('.byte.lit')]"
        ".map((byte) => byte.textContent.trim()).join(' ') === text",
        arg=text,
    )


def test_pointing_at_a_record_lights_up_its_bytes(visit):
    page = visit("/meters/1")
    page.locator("#t1-r0").hover()
    expect_lit(page, "0C 06 13 82 14 00")
    page.locator(".byte").nth(8).hover()
    expect(page.locator("#t1-h7")).to_have_class("lit")


def test_the_keyboard_does_too(visit):
    page = visit("/meters/6")
    page.locator("#t2-h7").focus()
    expect_lit(page, "06 00 00 30")
    page.keyboard.press("Tab")
    expect_lit(page, "A8 15")


def test_a_new_reading_replaces_the_values_and_keeps_the_place(site, visit):
    page = visit("/meters/1")
    page.locator("#t1-r0").focus()
    site.do(site.core.stored, 1, installation.heat("10000001", 148999))
    expect(page.locator("#meter-now")).to_contain_text("148,999")
    expect(page.locator("#t1-r0")).to_be_focused()


def test_read_now_asks_for_this_meter(site, visit):
    page = visit("/meters/3")
    page.get_by_role("button", name="Read now").click()
    expect(page.locator("#job")).to_contain_text("0/1")
    assert site.core.asked == [("readout.start", [3])]


def test_a_refusal_is_told_on_the_page(site, visit):
    site.do(site.core.stop)
    page = visit("/meters/3")
    gone = "The readout service is not running."
    expect(page.locator("#core-notice")).to_contain_text(gone, timeout=20_000)
    page.get_by_role("button", name="Read now").click()
    expect(page.locator("#notice")).to_contain_text(gone, timeout=20_000)
    visit.errors.clear()  # the 503 itself
    site.do(site.core.start)


def test_the_csv_is_two_clicks_away(visit):
    page = visit("/meters/1")
    page.get_by_role("link", name="Download readings").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename.startswith("1-10000001-")


def test_a_hostile_meter_runs_nothing(visit):
    page = visit("/meters/13")
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    expect(page.get_by_text("<img src=x onerror=alert(1)>").first).to_be_visible()
    assert page.locator("main img").count() == 0
