"""Finding and adding meters as their reader does it, with a fake core behind the page."""

import pytest
from playwright.sync_api import expect

from host.web.access import COOKIE
from tests.browser.test_accessibility import violations
from tests.fakes.scanned import found

pytestmark = pytest.mark.browser

PLAN = "serial;name;site\n60000001;Bath;Flat 1\n88888888;Attic;Roof\n"
FITS = """[document.documentElement, ...document.querySelectorAll(".card")]
  .every((one) => one.scrollWidth <= one.clientWidth)"""


def mark(page, number):
    return page.get_by_role("checkbox", name=f"Add: {60_000_000 + number}")


def name(page, number):
    return page.get_by_role("textbox", name=f"Name: {60_000_000 + number}")


def new(count):
    return [found(number, primary=100 + number) for number in range(1, count + 1)]


@pytest.mark.parametrize("width", [1280, 390])
def test_from_the_start_of_a_scan_to_the_added_meters(site, visit, width):
    page, other = visit("/scan", width=width), visit("/", width=width)
    page.get_by_role("button", name="Start the scan").press("Enter")
    expect(page.locator("#scan-progress")).to_contain_text("Scan under way")
    site.do(lambda: site.core.scan(new(2), permille=300, probes=40, collisions=7))
    expect(page.locator("#scan-progress")).to_contain_text("30%")
    expect(page.locator("#scan-progress")).to_contain_text("about 40 secs left")
    expect(page.locator("#found-add")).to_have_text("Add 2 meters")
    other.locator("#scan-chip a").click()
    expect(other.locator("#found-table tbody tr")).to_have_count(2)
    mark(page, 1).uncheck()
    name(page, 2).press_sequentially("Kit")
    site.do(lambda: site.core.scan(new(3), permille=600))
    expect(mark(page, 3)).to_be_checked()
    expect(mark(page, 1)).not_to_be_checked()
    expect(name(page, 2)).to_be_focused()
    page.keyboard.type("chen")
    expect(name(page, 2)).to_have_value("Kitchen")
    page.reload()
    page.wait_for_selector('body[data-live="open"]')
    expect(mark(page, 1)).not_to_be_checked()
    expect(name(page, 2)).to_have_value("Kitchen")
    page.get_by_role("button", name="Stop").press("Enter")
    expect(page.locator("#scan-progress")).to_contain_text("Stopped")
    expect(other.locator("#scan-chip")).to_be_empty()
    expect(page.locator("#found-add")).to_have_text("Add 2 meters")
    page.locator("#found-add").press("Enter")
    expect(page.get_by_text("2 meters were added.")).to_be_visible()
    expect(other.locator('[data-standing="known"]')).to_have_count(2)
    expect(page.get_by_role("link", name="Kitchen")).to_be_visible()
    expect(page.locator("#found-add")).to_have_text("Add 0 meters")
    page.get_by_role("button", name="mark all").press("Enter")
    expect(page.locator("#found-add")).to_have_text("Add 1 meter")
    for one in (page, other):
        assert one.evaluate(FITS), "nothing juts out"
        one.wait_for_selector('body[data-live="open"]')


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(1280, "light", "de"), (1280, "dark", "fr"), (390, "light", "fr"), (768, "light", "de")],
)
def test_axe_finds_nothing_in_any_state(site, visit, width, scheme, language):
    page = visit("/scan", width=width, scheme=scheme, language=language)
    assert violations(page) == [], "before the first scan"
    page.set_input_files(
        "#plan input[type=file]",
        files=[{"name": "list.csv", "mimeType": "text/csv", "buffer": PLAN.encode()}],
    )
    page.locator("#plan .button").first.press("Enter")
    expect(page.locator("#plan-summary strong")).to_contain_text("2")
    short = {"key": "bus_short", "detail": "80 mA"}
    moved = found(5, address="3", primary=3, secondary=None, bauds=[300])
    moved_too = found(6, address="4", primary=4, secondary=None, bauds=[300])
    hidden = found(4, address="99", primary=99, secondary=None, trouble="garbled_answer")
    rows = [*new(2), moved, moved_too, hidden]
    site.do(lambda: site.core.scan(rows, permille=300, error=short))
    expect(page.locator("#found-table tbody tr")).to_have_count(6)
    assert violations(page) == [], "while it runs and waits"
    site.do(lambda: site.core.scan(running=False, end="done", error=None))
    expect(page.locator("#scan-progress progress")).to_have_count(0)
    assert violations(page) == [], "when it is over"
    assert page.evaluate(FITS), "nothing juts out"
    page.locator('[value="primary"]').check()
    page.locator('[name="first"]').fill("300")
    page.locator("#scan-form .button--main").press("Enter")
    expect(page.locator("#range-problem")).to_be_visible()
    assert violations(page) == [], "when it is refused"
    visit.errors.clear()  # the 422 itself


def test_how_long_it_takes_follows_the_form(site, visit):
    page = visit("/scan")
    expect(page.locator("#scan-estimate")).to_contain_text("37 secs with 20 meters")
    page.get_by_role("radio", name="By primary address").check()
    expect(page.locator("#scan-estimate")).to_contain_text("about 2 mins")
    page.get_by_role("textbox", name="From").fill("240")
    expect(page.locator("#scan-estimate")).to_contain_text("secs")
    assert "csrf" not in page.url
    page.get_by_role("button", name="Start the scan").press("Enter")
    expect(page.locator("#scan-progress")).to_contain_text("by primary address")
    ((_, wanted),) = site.core.asked
    assert (wanted["by"], wanted["first"], wanted["last"]) == ("primary", 240, 250)
    page.wait_for_selector('body[data-live="open"]')


def test_without_javascript_the_essentials_work(site, chromium):
    context = chromium.new_context(java_script_enabled=False, locale="en")
    context.add_cookies([{"name": COOKIE, "value": site.sign_in("Olga"), "url": site.address}])
    page = context.new_page()
    page.goto(site.address + "/scan")
    page.get_by_role("button", name="Start the scan").click()
    site.do(lambda: site.core.scan(new(2)))
    site.do(lambda: site.core.scan(running=False, end="done"))
    while page.locator("#found-table tbody tr").count() != 2:
        page.goto(site.address + "/scan")
    mark(page, 1).uncheck()
    page.get_by_role("button", name="Add the marked meters").click()
    expect(page.get_by_text("1 meter was added.")).to_be_visible()
    page.get_by_role("textbox", name="Addresses").fill("201-203")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("3 meters were added.")).to_be_visible()
    context.close()
