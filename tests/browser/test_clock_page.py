"""L2 in a real browser: a server is tried before it is stored; the clock is set by hand."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

ZURICH = ZoneInfo("Europe/Zurich")

pytestmark = pytest.mark.browser


def test_l2_a_dead_server_is_told_and_saved_anyway(site, visit):
    page = visit("/time")
    page.get_by_label("Time servers", exact=True).fill("other.example")
    page.get_by_role("button", name="Test and save").click()
    page.get_by_text("does not answer.").wait_for()
    page.get_by_role("button", name="Save anyway").click()
    page.get_by_role("status").filter(has_text="The time servers are saved.").wait_for()
    assert page.get_by_label("Time servers", exact=True).input_value() == "other.example"
    assert site.core.timekeeping.clock.servers == ("other.example",)
    visit.errors.clear()  # the 422 itself


def test_l2_by_hand_with_the_browsers_time_until_it_is_changed(site, visit):
    site.core.timekeeping.clock.ntp = False
    page = visit("/time", language="de", width=390)
    field = page.get_by_label("Datum und Uhrzeit")
    shown = datetime.fromisoformat(field.input_value())
    now = datetime.now(ZURICH).replace(tzinfo=None)
    assert abs((now - shown).total_seconds()) < 60, "the browser's time, in the zone of the site"
    field.fill("2026-01-31T13:30:15")
    page.get_by_role("button", name="Uhr stellen").click()
    page.get_by_role("status").filter(has_text="Die Uhr ist gestellt.").wait_for()
    assert site.core.timekeeping.clock.set_to == [datetime(2026, 1, 31, 12, 30, 15, tzinfo=UTC)]
