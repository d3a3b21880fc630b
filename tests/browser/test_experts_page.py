"""The expert switch, by keyboard and in the form that it is for (UI rule 15)."""

import pytest

from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("de", 390), ("fr", 390)])
def test_the_switch_in_the_form_keeps_what_was_typed(site, visit, language, width):
    page = visit("/meters/1/settings", language=language, width=width)
    form = page.locator("form").filter(has=page.locator("#meter-name"))
    name, retries, switch = form.locator("#meter-name"), form.locator("#meter-retries"), ".experts"
    assert retries.count() == 0
    assert violations(page) == []
    name.fill("Half a thought")
    page.locator(f"{switch} button").press("Enter")
    retries.wait_for()
    assert name.input_value() == "Half a thought"
    assert form.get_by_role("checkbox", name="SND_NKE").is_checked()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    form.get_by_role("checkbox", name="SND_NKE").uncheck()
    name.press("Enter")  # saves, and does not press the switch
    page.wait_for_url("**/meters/1*")
    page.goto(f"{site.address}/meters/1/settings")
    page.locator(f"{switch} button").click()
    page.locator("#meter-retries").wait_for(state="detached")
    assert page.locator("#meter-name").input_value() == "Half a thought"
    assert "SND_NKE" in page.locator(".experts strong").inner_text()


def test_it_is_among_ones_own_settings(site, visit):
    page = visit("/preferences")
    page.get_by_label("Show the settings for experts").check()
    page.locator("form", has_text="For experts").get_by_role("button", name="Save").click()
    page.wait_for_selector(".done")
    page.goto(f"{site.address}/scan")
    assert page.get_by_label("Search backwards").is_visible()
    assert violations(page) == []
    other = visit("/preferences", user="Peter", language="de")
    other.get_by_role("radio", name="Français").check()
    other.get_by_role("button", name="Speichern").click()
    other.wait_for_selector('html[lang="fr"] .done')
