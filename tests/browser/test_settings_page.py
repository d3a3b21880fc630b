"""The page Settings as somebody uses it who has just moved in."""

import json

import pytest

from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser


def test_name_and_zone_are_seen_on_every_page(visit):
    page = visit("/settings")
    page.get_by_label("Name").fill("North wing")
    page.get_by_label("Site").fill("Hall 3")
    page.get_by_label("Time zone").fill("America/New_York")
    page.get_by_label("Time zone").press("Enter")
    assert page.get_by_role("status").filter(has_text="Saved.").is_visible()
    page.get_by_role("link", name="Meters", exact=True).click()
    page.wait_for_selector("#meters")
    assert page.inner_text(".home-name") == "North wing Hall 3"
    assert "America/New_York" in page.inner_text("#clock")


def test_a_wrong_value_is_told_where_it_stands(visit):
    page = visit("/settings", language="de")
    cycle = page.get_by_label("Auslesezyklus")
    cycle.fill("3 s")
    cycle.press("Enter")
    page.wait_for_selector(".field--wrong")
    assert cycle.input_value() == "3 s"
    assert "10 s bis 48 h" in page.inner_text("#readout-cycle_s-problem")
    cycle.fill("5 min")
    cycle.press("Enter")
    page.wait_for_selector("#readout .done")
    assert page.get_by_label("Auslesezyklus").input_value() == "5 min"
    visit.errors.clear()  # the 422 itself


def test_a_reading_date_comes_and_goes(visit):
    page = visit("/settings", language="fr", width=390)
    page.locator('select[name="hour"]').select_option("23:00")
    page.get_by_role("button", name="Ajouter").click()
    page.wait_for_selector("#dates .rules")
    assert "dernier jour de chaque mois, 23:00" in page.inner_text("#dates .rules")
    page.get_by_role("button", name="Supprimer : dernier jour").click()
    page.wait_for_selector("#dates .rules", state="detached")


def test_the_configuration_is_kept_and_taken_over(visit, tmp_path):
    page = visit("/settings")
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as a file").click()
    assert download.value.suggested_filename.startswith("Configuration_Rosenweg-12_")
    kept = json.loads(download.value.path().read_text())
    kept["chapters"]["site"]["name"] = "South wing"
    file = tmp_path / "kept.json"
    file.write_text(json.dumps(kept))
    page.get_by_label("Take over from a file").set_input_files(file)
    page.get_by_role("button", name="Take over", exact=True).click()
    page.wait_for_selector("#configuration .done")
    assert page.inner_text(".home-name") == "South wing"


def test_what_was_saved_is_undone_by_keyboard(visit):
    page = visit("/settings", width=390)
    name = page.get_by_label("Name")
    before = name.input_value()
    name.fill("North wing")
    name.press("Enter")
    offer = page.get_by_role("status", name="What was changed")
    assert f"{before} → North wing" in offer.inner_text()
    assert violations(page) == []
    offer.get_by_role("button", name="Undo").press("Enter")
    page.get_by_text("Put back:").wait_for()
    assert page.get_by_label("Name").input_value() == before
    page.goto(page.url.partition("/settings")[0] + "/audit")
    page.get_by_role("button", name="Undo: Settings changed").first.press("Enter")
    page.get_by_text("Put back:").wait_for()
    assert violations(page) == []
    assert page.inner_text(".home-name").startswith("North wing")
