"""L3: an input is switched on in the browser, is a meter at once, and shows live what it counts."""

import pytest

pytestmark = pytest.mark.browser


def test_l3_an_input_is_switched_on_counts_live_and_is_switched_off(site, visit):
    page = visit("/settings")
    page.get_by_role("link", name="Inputs", exact=True).click()
    page.wait_for_selector('body[data-live="open"]')
    card = page.locator("#S0-2")
    card.get_by_text("Switch on …").click()
    card.get_by_label("Name").fill("Terrace water")
    card.get_by_label("Medium").select_option("Water")
    card.get_by_label("Unit").select_option("m³")
    card.get_by_label("Value of one pulse").fill("0.01")
    card.get_by_label("Reading of the meter now").fill("5123.456")
    card.get_by_role("button", name="Switch on").click()
    card.get_by_text("Switched on: it is read with the meters from now on.").wait_for()
    assert card.locator(".input-value .number").inner_text() == "5,123.456"
    page.wait_for_selector('body[data-live="open"]')
    row = site.core.inputs["s0"][1]
    row |= {"pulses": 1, "milli": 5_123_466, "pulsed_ms": page.evaluate("Date.now()")}
    site.do(site.core.tell_inputs)
    card.get_by_text("5,123.466").wait_for()
    assert "Pulses: 1" in card.inner_text()
    assert "just now" in card.inner_text()
    page.get_by_role("link", name="Its readings S0 input 2").click()
    page.get_by_role("heading", name="Terrace water").wait_for()
    page.go_back()
    card.get_by_role("button", name="Switch off").click()
    card.get_by_text("Switched off. What was read stays.").wait_for()
    page.goto(site.address)
    assert page.locator("#meters tbody tr", has_text="Terrace water").count() == 1


def test_l3_a_broken_sensor_tells_the_next_step_when_it_breaks(site, visit):
    page = visit("/inputs")
    site.core.inputs["temperatures"][0] |= {"state": "open", "milli_celsius": None}
    site.do(site.core.tell_inputs)
    page.locator("#T-1").get_by_text("Check both wires").wait_for()
    assert page.locator("#supply").get_by_text("open").is_visible()


def test_l3_while_the_board_is_away_the_last_values_stay(site, visit):
    page = visit("/inputs")
    site.do(site.core.tell_inputs)
    page.locator("#T-1 .number", has_text="21.5").wait_for()
    site.do(site.core.link, "not_connected")
    page.get_by_text("The logger is away: this is how its inputs were on").wait_for()
    assert page.locator("#T-1 .input-now.stale .number").inner_text() == "21.5"


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_l3_nothing_is_wider_than_the_page(visit, width):
    page = visit("/inputs", width=width, language="fr")
    for summary in page.locator(".input-cards summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
