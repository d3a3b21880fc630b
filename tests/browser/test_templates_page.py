"""M9 as somebody does it who sets up one meter of many of a kind (manual 6.7)."""

import json

import pytest

from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser


def test_from_one_meter_to_all_of_its_kind(visit):
    page = visit("/meters/2/settings", language="de")
    page.get_by_label("Volumen: Bezeichnung", exact=True).fill("Kaltwasser <b>")
    page.get_by_label("Volumen: Einheit", exact=True).fill("l")
    page.get_by_label("Volumen: Faktor (teilt)", exact=True).fill("0,001")
    page.get_by_role("button", name="Werte speichern").click()
    page.wait_for_selector("table.values")
    page.goto(page.url.partition("?")[0] + "/settings")
    page.get_by_role("button", name="Als Vorlage speichern").click()
    page.wait_for_selector("#template-preview:has-text('4 von 5')")
    preview = page.inner_text("#template-preview")
    assert "Flat 2 cold water" in preview
    assert "Kaltwasser <b>: 254.100 l" in preview
    assert "Flat 1 heating" not in preview
    assert violations(page) == []

    page.get_by_label("Volumen: Faktor (teilt)", exact=True).fill("1")
    page.wait_for_selector("#template-preview:has-text('Kaltwasser <b>: 254,100 l')")
    page.get_by_label("Volumen: Faktor (teilt)", exact=True).fill("0,001")
    page.wait_for_selector("#template-preview:has-text('254.100 l')")
    page.get_by_role("button", name="Speichern und anwenden").click()
    page.wait_for_selector(".done:has-text('4 Zähler wurden geändert')")
    page.goto(page.url.split("/templates")[0])
    assert "254.100 l" in page.inner_text("#meter-5")
    assert "Kaltwasser <b>" in page.inner_text("#meter-5")


def test_a_template_goes_out_as_a_file_and_comes_back(visit, tmp_path):
    page = visit("/meters/1/settings", language="en")
    page.get_by_role("button", name="Save as a template").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as a file").click()
    text = download.value.path().read_text()
    assert json.loads(text)["templates"][0]["manufacturer"] == "AMT"
    page.get_by_role("button", name="Delete this template").click()
    page.wait_for_selector(".problem--done")
    half = tmp_path / "half.json"
    half.write_text(text[: len(text) // 2])
    page.get_by_label("File of templates (JSON)").set_input_files(half)
    page.get_by_role("button", name="Take over").click()
    page.wait_for_selector("[role=alert]:has-text('nothing was changed')")
    assert page.locator("table.rows").count() == 0
    whole = tmp_path / "whole.json"
    whole.write_text(text)
    page.get_by_label("File of templates (JSON)").set_input_files(whole)
    page.get_by_role("button", name="Take over").click()
    page.wait_for_selector("table.rows:has-text('AMT Flat 1 heating')")
    visit.errors.clear()  # the 422 itself


def test_a_deleted_template_is_had_back_on_a_phone(visit):
    page = visit("/meters/2/settings", language="fr", width=390)
    page.get_by_role("button", name="Enregistrer comme modèle").click()
    page.wait_for_selector("#template-preview")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Supprimer ce modèle").click()
    page.wait_for_selector(".empty")
    page.get_by_role("button", name="Rétablir").click()
    page.wait_for_selector("table.rows:has-text('HYD')")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_history_is_decoded_again_while_one_looks(visit):
    page = visit("/templates", language="de")
    page.get_by_role("button", name="Verlauf neu dekodieren").click()
    page.wait_for_selector("#redecoding:has-text('14 Ablesungen dekodiert')")
    page.get_by_role("button", name="Verlauf neu dekodieren").click()
    page.wait_for_selector("#redecoding:has-text('Jeder Wert wird gezeigt wie beim letzten Mal')")
    assert violations(page) == []
