"""W4: voltage, current and temperatures on every page, in one line on a phone."""

import pytest

from tests.fakes.core import measured

pytestmark = pytest.mark.browser


def test_w4_the_figures_stand_in_one_line_and_a_short_circuit_in_words(site, visit):
    page = visit("/export", width=390, language="fr")
    page.locator("#supply", has_text="36,1").wait_for()
    parts = "[...document.querySelectorAll('#supply dd')]"
    tops = page.evaluate(f"{parts}.map((part) => part.getBoundingClientRect().top)")
    assert len(set(tops)) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    supply = {"segment": 1, "state": "tripped", "voltage_mv": 0, "current_ua": 0}
    site.core.inputs = measured(supplies=[supply])
    site.do(site.core.link, "connecting")
    site.do(site.core.link, "connected")
    page.locator("#supply .chip", has_text="Court-circuit").wait_for()
    site.do(site.core.link, "not_connected")
    page.locator("#supply.stale .since").wait_for()
