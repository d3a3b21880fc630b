"""Exports in the background as their reader uses them; once with the real core behind the page."""

import io
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from host.store import database
from host.web import exports
from tests.fakes import small_disk
from tests.fakes.real_host import real_host, sign_in_first
from tools.bench import history

pytestmark = pytest.mark.browser

PREPARE = "Prepare in the background"


def begin(page) -> None:
    page.get_by_role("button", name=PREPARE).press("Enter")


def test_it_is_begun_followed_in_two_browsers_and_stopped(site, visit):
    page, other = visit("/export"), visit("/")
    begin(page)
    expect(page.locator("#export-begun")).to_contain_text("being prepared")
    assert site.core.asked[0][0] == "export.start"
    assert "csrf" not in page.url
    site.do(lambda: site.core.export(1, done=12, total=40))
    expect(page.locator("#export-1")).to_contain_text("12 of 40")
    other.locator("#export-chip a").click()
    expect(other.locator("#export-1 progress")).to_have_attribute("value", "12")
    other.reload()
    expect(other.locator("#export-1")).to_contain_text("30%")
    page.get_by_role("button", name="Stop,").press("Enter")
    expect(other.locator("#export-1")).to_contain_text("Stopped")
    expect(other.locator("#export-chip")).to_be_empty()
    assert site.core.asked[-1] == ("export.stop", 1)
    other.wait_for_selector('body[data-live="open"]')


def test_a_deleted_file_comes_back_with_undo_and_the_keyboard_keeps_its_place(
    site, visit, monkeypatch
):
    site.do(lambda: site.core.export(1, state="done", bytes=1234567))
    page = visit("/export")
    page.get_by_role("button", name="Delete,").press("Enter")
    expect(page.get_by_role("button", name="Undo,")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#export-1")).to_contain_text("Ready")
    monkeypatch.setattr(exports, "UNDO_S", 1.0)
    page.get_by_role("button", name="Delete,").press("Enter")
    expect(page.get_by_role("button", name="Undo,")).to_be_focused()
    expect(page.locator("#export-1")).to_have_count(0)
    expect(page.locator("#exports")).to_be_focused()
    assert site.core.asked == [("export.delete", 1)]


def test_why_it_failed_is_told_and_that_the_core_is_away(site, visit):
    page = visit("/export")
    told = {"error_key": "disk_full", "error": "No space left on device"}
    site.do(lambda: site.core.export(1, state="failed", **told))
    expect(page.locator("#export-1")).to_contain_text("The disk is full.")
    site.do(site.core.stop)
    expect(page.locator("#core-notice")).to_contain_text("not running")
    begin(page)
    expect(page.locator("#export-begun")).to_contain_text("not running")
    visit.errors.clear()  # the 503 itself
    site.do(site.core.start)
    expect(page.locator("#export-1")).to_be_visible()


@pytest.fixture
def page(chromium):
    page = chromium.new_page(viewport={"width": 1280, "height": 900}, locale="en")
    yield page
    page.close()


def open_export(page, address: str) -> None:
    """Sign in for the first time, open the page and wait until the core behind it is there."""
    sign_in_first(page, address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Meters")
    page.goto(f"{address}/export")
    expect(page.locator("#board-link")).not_to_have_text("Service not running", timeout=30_000)


def test_from_the_button_to_the_file_through_the_real_core(tmp_path, page):
    history.fill(tmp_path / database.FILE_NAME, meters=2, days=40, cycle_s=3600)
    with real_host(tmp_path) as address:
        open_export(page, address)
        page.get_by_label("Flat 2").check()
        begin(page)
        expect(page.locator("#export-1")).to_contain_text("Ready", timeout=60_000)
        with page.expect_download() as download:
            page.get_by_role("link", name="Fetch,").click()
        assert download.value.suggested_filename == "DataExport.zip"
        with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
            (name,) = archive.namelist()
            assert archive.read(name).count(b"\r\n") == 1 + 40 * 24
        assert name.startswith("2-20000002-")


@pytest.mark.skipif(not small_disk.may_mount(), reason="root alone may mount a disk")
def test_a_full_disk_is_told_on_the_page(tmp_path, page):
    with small_disk.small_disk(tmp_path / "exports", 1):
        history.fill(tmp_path / database.FILE_NAME, meters=20, days=60, cycle_s=900)
        with real_host(tmp_path) as address:
            open_export(page, address)
            page.get_by_label("Format").select_option("full-db")
            begin(page)
            expect(page.locator("#export-1")).to_contain_text("The disk is full.", timeout=60_000)
