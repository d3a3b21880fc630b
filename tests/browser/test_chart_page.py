"""The chart as its reader uses it: bars from 0, the keyboard, the picture, print, no JavaScript."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from host.web.access import COOKIE
from tests.browser.test_accessibility import violations
from tests.fakes import charted
from tests.fakes.web import Site

pytestmark = pytest.mark.browser

DAY = "/meters/1/chart?period=day&start=2026-03-30"
FLOW = f"{DAY}&value=5"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# The colour (r, g, b) at a place of the picture, in the units of its axes.
PIXEL = """
([x, y]) => {
  const canvas = document.querySelector("#chart canvas");
  const over = document.querySelector("#chart .u-over").getBoundingClientRect();
  const box = canvas.getBoundingClientRect();
  const chart = JSON.parse(document.getElementById("chart").dataset.chart);
  const scale = canvas.width / box.width;
  const left = over.left - box.left + over.width * (x + 0.5) / chart.labels.length;
  const top = over.top - box.top + over.height * (1 - y);
  const pen = canvas.getContext("2d");
  return [...pen.getImageData(left * scale, top * scale, 1, 1).data].slice(0, 3);
}
"""
ACCENT = [15, 107, 99]


@pytest.fixture
def site(tmp_path):
    charted.install(tmp_path)
    with Site(tmp_path) as site:
        yield site


def drawn(page) -> dict:
    return json.loads(page.locator("#chart").get_attribute("data-chart"))


def test_bars_stand_where_the_data_says_and_begin_at_0(visit):
    page = visit(f"{DAY}&with=none")
    expect(page.locator("#chart .uplot canvas")).to_be_visible()
    chart = drawn(page)
    assert chart["now"][3] == 2
    for place in (0, 3, 6):
        assert page.evaluate(PIXEL, [place, 0.02]) == ACCENT, "at its foot"
        assert page.evaluate(PIXEL, [place, 0.9]) == ACCENT, "nearly at its top"
        assert page.evaluate(PIXEL, [place + 0.5, 0.48]) != ACCENT, "between two"
    colours = {tuple(page.evaluate(PIXEL, [10, y / 50])) for y in range(10, 40)}
    assert len(colours) > 1, "an estimated bar is hatched"
    page.goto(page.url.replace("2026-03-30&with=none", "2026-03-29"))
    feet = [page.evaluate(PIXEL, [place, 0.02]) for place in (1, 2, 3)]
    assert [foot == ACCENT for foot in feet] == [True, False, True], "02:00 is left out that day"
    page.wait_for_selector('body[data-live="open"]')


def test_a_gap_of_a_line_is_not_drawn_over(visit):
    page = visit(f"{FLOW}&with=none")
    rows = 200
    lit = [
        any(page.evaluate(PIXEL, [place, y / rows]) == ACCENT for y in range(1, rows))
        for place in (4, 13)
    ]
    assert lit == [True, False]


def test_the_table_has_what_is_drawn(visit):
    page = visit(DAY)
    chart = drawn(page)
    cells = page.locator("#chart-table tbody td:nth-child(2) .number").all_inner_texts()
    assert [float(cell) for cell in cells] == chart["now"]
    assert page.locator("#chart-table tbody time").all_inner_texts() == chart["labels"]


def test_the_arrow_keys_lead_along_the_values(visit):
    page = visit(DAY)
    page.locator("#chart").focus()
    page.keyboard.press("ArrowRight")
    told = page.locator("#chart-told")
    expect(told).to_contain_text("00:00 – Consumption 2 kWh")
    expect(told).to_have_attribute("aria-live", "polite")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    expect(told).to_contain_text("22:00 – Consumption 2 kWh · Sunday, 29 March 2026 2 kWh")
    expect(page.locator("#chart-table tr.lit time")).to_have_text("22:00")
    page.keyboard.press("PageUp")
    expect(told).to_contain_text("15:00")
    expect(told).to_contain_text("(estimated, as readings are missing)")
    page.mouse.move(*_middle(page))
    expect(told).to_have_attribute("aria-live", "off")


def _middle(page) -> tuple[float, float]:
    box = page.locator("#chart .u-over").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_periods_by_keyboard_keep_the_place_and_the_address_the_state(visit):
    page = visit("/meters/1")
    page.get_by_role("link", name="Chart").press("Enter")
    page.locator("#earlier").press("Enter")
    expect(page.locator("#earlier")).to_be_focused()
    expect(page.locator("#chart-title")).to_contain_text("March 2026")
    page.get_by_role("link", name="Week").press("Enter")
    expect(page.locator("#period-week")).to_be_focused()
    page.locator('select[name="value"]').select_option(label="Flow temperature")
    page.get_by_label("Compared with").select_option("none")
    page.get_by_label("Starting on").fill("2026-03-28")
    page.get_by_role("button", name="Show").press("Enter")
    expect(page.locator("#chart-title")).to_contain_text("Flow temperature, 28 Mar")
    assert "value=5" in page.url
    assert "with=none" in page.url
    page.reload()
    expect(page.locator("#chart-title")).to_contain_text("Flow temperature, 28 Mar")
    page.wait_for_selector('body[data-live="open"]')


def test_picture_and_file_are_saved(visit):
    page = visit(DAY)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as picture").click()
    assert download.value.suggested_filename == "chart-1-1-day-2026-03-30.png"
    picture = Path(download.value.path()).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 5000
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as CSV").click()
    assert download.value.suggested_filename == "chart-1-1-day-2026-03-30.csv"


def test_it_is_printed_across_and_in_light_colours(visit):
    page = visit(DAY, scheme="dark")
    text = page.pdf(prefer_css_page_size=True)
    assert b"/MediaBox [0 0 841" in text, "A4 landscape"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(PIXEL, [0, 0.02]) == ACCENT
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(PIXEL, [0, 0.02]) == [79, 192, 178]


def test_without_javascript_the_table_and_the_summary_are_there(chromium, site):
    context = chromium.new_context(java_script_enabled=False, locale="en")
    context.add_cookies([{"name": COOKIE, "value": site.sign_in(), "url": site.address}])
    page = context.new_page()
    page.goto(site.address + DAY)
    expect(page.locator("#chart-table tbody tr")).to_have_count(24)
    expect(page.locator(".chart-summary")).to_contain_text("Consumption in this period")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    page.get_by_role("link", name="Earlier").click()
    expect(page.locator("#chart-title")).to_contain_text("29 March 2026")
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_axe_finds_nothing(site, visit, width, scheme):
    page = visit(FLOW, width=width, scheme=scheme)
    for path in (FLOW, DAY, "/meters/1/chart?period=year"):
        page.goto(site.address + path)
        page.wait_for_selector("#chart canvas")
        assert violations(page) == [], path
    page.wait_for_selector('body[data-live="open"]')


@pytest.mark.parametrize("language", ["de", "fr"])
@pytest.mark.parametrize("width", [1280, 800, 390])
def test_it_is_not_wider_than_its_window(site, visit, language, width):
    page = visit(DAY, width=width, language=language)
    for path in (FLOW, "/meters/1/chart?period=week&start=2026-03-28&value=5"):
        assert page.evaluate(OVERFLOW) == 0
        page.goto(site.address + path)
    assert page.evaluate(OVERFLOW) == 0
    page.set_viewport_size({"width": 500, "height": 900})
    expect(page.locator("#chart canvas")).to_be_visible()
    page.wait_for_selector('body[data-live="open"]')
