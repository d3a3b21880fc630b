"""M5, per value, as somebody does it: typed, seen at once, saved, and shown everywhere."""

import pytest

pytestmark = pytest.mark.browser


def test_a_factor_is_seen_while_it_is_typed_and_everywhere_once_it_is_saved(visit):
    overview = visit("/", language="de")
    page = visit("/meters/1/settings", language="de")
    page.get_by_label("Energie: Bezeichnung", exact=True).fill("Wärme <b>Wohnung</b>")
    page.get_by_label("Energie: Einheit", exact=True).fill("MWh")
    page.get_by_label("Energie: Faktor (teilt)", exact=True).fill("1000000")
    page.wait_for_selector("#shown-1:has-text('148,213')")
    page.get_by_role("button", name="Werte speichern").click()
    page.wait_for_selector("h2:has-text('Werte')")
    first = page.locator("table.values tbody tr").first
    assert "Wärme <b>Wohnung</b>" in first.inner_text()
    assert "148,213 MWh" in first.inner_text()
    assert "Der Zähler meldet 148213000 Wh, Faktor 1000000" in first.inner_text()
    overview.wait_for_selector("#meter-1 .unit:has-text('MWh')")  # live, without a reload
    assert "148,213" in overview.inner_text("#meter-1")


def test_a_new_reading_comes_in_with_its_factor(visit, site):
    from tests.fakes import installation

    page = visit("/meters/2/settings", language="en")
    page.get_by_label("Volume: Factor (divides)", exact=True).fill("0.001")
    page.get_by_role("button", name="Save the values").click()
    page.wait_for_selector("table.values")
    site.do(site.core.stored, 2, installation.water("20000002", 400_001))
    page.wait_for_selector("table.values tr:has-text('400,001 m³')")


def test_a_wrong_factor_stays_with_the_reason_on_a_phone(visit):
    page = visit("/meters/1/settings", language="fr", width=390)
    field = page.get_by_label("Volume: Facteur (diviseur)", exact=True)
    field.fill("3")
    page.wait_for_selector("#shown-2:has-text('impossible')")
    page.get_by_role("button", name="Enregistrer les valeurs").click()
    page.wait_for_selector("#factor-2-problem")
    assert field.input_value() == "3"
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    visit.errors.clear()  # the 422 itself
