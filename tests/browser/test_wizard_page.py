"""UI rule 1 in a real browser, where nothing is set up: put off, by keyboard, on phones."""

import pytest
from playwright.sync_api import expect

from host.web.wizard import STEPS
from tests.browser.test_accessibility import violations
from tests.fakes import installation
from tests.fakes.web import Site

pytestmark = pytest.mark.browser

PATHS = [step.path for step in STEPS]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def site(tmp_path):
    """The site where nothing is set up."""
    installation.leave_empty(tmp_path)
    with Site(tmp_path) as site:
        yield site


def heading(page):
    return page.get_by_role("heading", level=1)


def live(page):
    page.wait_for_selector('body[data-live="open"]')


def current(page):
    return page.locator('.wizard [aria-current="step"]')


def test_a_network_change_is_confirmed_inside_and_goes_on(site, visit):
    site.core.computer.lease = "127.0.0.1/8"  # what the browser reaches
    page = visit("/wizard/network")
    page.get_by_label("Automatic (DHCP)").check()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_selector("#trial")
    expect(current(page)).to_contain_text("Network")
    site.do(site.core.computer.pass_s, 2)
    page.get_by_role("button", name="Keep it").click()
    expect(heading(page)).to_have_text("Date and time")
    expect(page.locator(".step--done")).to_contain_text("Network Done")
    assert site.core.computer.network.setups["eth0"].dhcp
    live(page)


def test_one_that_nobody_confirms_is_taken_back_and_the_step_is_there_again(site, visit):
    page = visit("/wizard/network")
    page.clock.install()
    page.get_by_label("IP address").fill("192.168.1.30")
    page.get_by_label("Gateway").fill("")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_selector("#trial")
    link = page.get_by_role("link", name="http://192.168.1.30")
    assert link.get_attribute("href").endswith("/wizard/network")
    site.do(site.core.computer.pass_s, 2)
    site.stop_web()  # the old address answers no more
    page.clock.fast_forward(61_000)
    page.get_by_text("The time is over").wait_for()
    site.do(site.core.computer.pass_s, 58)
    site.start_web()
    page.get_by_text("Nobody confirmed the change, so it was taken back.").wait_for()
    expect(page).to_have_url(f"{site.address}/wizard/network")
    expect(current(page)).to_contain_text("You are here")
    visit.errors.clear()  # what it could not reach meanwhile


def test_by_keyboard_alone_from_the_first_step_to_the_overview(site, visit):
    page = visit("/wizard")
    name = page.get_by_label("Name")
    name.focus()
    page.keyboard.type("North wing")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Network")
    for step in ("Date and time", "Readout cycle", "Find meters", "Summary"):
        page.get_by_role("button", name="Skip this step").press("Enter")
        expect(heading(page)).to_have_text(step)
    page.get_by_role("button", name="Readout cycle").press("Enter")
    expect(heading(page)).to_have_text("Readout cycle")
    page.get_by_role("button", name="Back").press("Enter")
    expect(heading(page)).to_have_text("Date and time")
    page.get_by_role("button", name="Summary").press("Enter")
    page.get_by_role("button", name="See all meters").press("Enter")
    expect(heading(page)).to_have_text("Meters")
    expect(page.locator(".home-name")).to_have_text("North wing")
    live(page)


def test_put_off_the_hint_leads_back_and_is_dismissed_for_good(site, visit):
    page = visit("/wizard", language="fr", width=390)
    page.get_by_role("button", name="Passer cette étape").click()
    expect(heading(page)).to_have_text("Réseau")
    page.get_by_role("button", name="Configurer plus tard").click()
    expect(heading(page)).to_have_text("Compteurs")
    page.get_by_role("link", name="La poursuivre").click()
    expect(heading(page)).to_have_text("Réseau")
    page.get_by_role("link", name="Compteurs", exact=True).click()
    page.get_by_role("button", name="Ne plus afficher").click()
    expect(page.get_by_role("link", name="La poursuivre")).to_have_count(0)
    page.get_by_role("link", name="Paramètres").click()
    page.get_by_role("link", name="Mise en service").click()
    expect(heading(page)).to_have_text("Langue et site")
    page.get_by_role("button", name="Quitter la mise en service").click()
    expect(heading(page)).to_have_text("Compteurs")
    expect(page.get_by_role("link", name="La poursuivre")).to_have_count(0)
    live(page)


def test_the_language_is_chosen_in_the_first_step(visit):
    page = visit("/wizard")
    page.get_by_role("main").get_by_role("button", name="Deutsch").click()
    expect(heading(page)).to_have_text("Sprache und Ort")
    live(page)


def test_without_javascript(chromium, site):
    context = chromium.new_context(java_script_enabled=False, locale="en")
    context.add_cookies(
        [{"name": "mbuslink_session", "value": site.sign_in(), "url": site.address}]
    )
    page = context.new_page()
    page.goto(f"{site.address}/wizard")
    page.get_by_label("Time zone").fill("Europe/Zurich")
    page.get_by_role("button", name="Save and go on").click()
    expect(heading(page)).to_have_text("Network")
    page.get_by_role("button", name="Meters", exact=False).last.click()
    page.get_by_label("Addresses").fill("1-3")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("3 meters were added.")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(heading(page)).to_have_text("Summary")
    context.close()


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(1440, "light", "de"), (1440, "dark", "fr"), (768, "light", "en"), (390, "dark", "de")],
)
def test_axe_finds_nothing_and_no_step_is_wider_than_its_window(
    site, visit, width, scheme, language
):
    page = visit("/wizard", width=width, scheme=scheme, language=language)
    for path in (*PATHS, "/"):
        page.goto(site.address + path)
        live(page)
        assert violations(page) == [], path
        assert page.evaluate(OVERFLOW) == 0, path
