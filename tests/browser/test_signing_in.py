"""Signing in as people do it: first with 123, then with one's own; idle; what a reader sees."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from host.store import accounts, audit, database
from tests.browser.test_accessibility import violations
from tests.fakes.installation import PASSWORD

pytestmark = pytest.mark.browser

NEW = "four words in a row"


@pytest.fixture
def factory(site):
    """The site as it leaves the factory: Admin with the password 123 is there alone."""
    engine = database.open_writer(database.database_path(site.data))
    with Session(engine) as session, session.begin():
        for row in session.query(accounts.UserRow).all():
            session.delete(row)
        session.flush()
        accounts.have_first(session)
    engine.dispose()
    return site


def sign_in(page, name, password, button="Sign in"):
    page.get_by_label(re.compile("User name|Benutzername")).fill(name)
    page.locator('[name="password"]').fill(password)
    page.get_by_role("button", name=button).click()


def live(page):
    page.wait_for_selector('body[data-live="open"]')


def test_the_first_sign_in_with_123_leads_only_to_a_new_password(factory, visit):
    page = visit("/meters/1", user=None)
    expect(page).to_have_title(re.compile("Sign in"))
    sign_in(page, "Admin", "123")
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a new password")
    page.goto(factory.address + "/")
    expect(page).to_have_url(re.compile("/password$"))
    page.get_by_label("Current password").fill("123")
    page.get_by_label("New password", exact=True).fill("12")
    page.get_by_label("Repeat the new password").fill("12")
    page.locator("form.card").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert")).to_contain_text("Password too short!")
    page.get_by_label("Current password").fill("123")
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("Repeat the new password").fill(NEW)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Meters")
    live(page)
    page.locator(".account summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    sign_in(page, "Admin", "123")
    expect(page.get_by_role("alert")).to_contain_text("Incorrect user name or password!")
    sign_in(page, "Admin", NEW)
    expect(page.get_by_role("heading", level=1)).to_have_text("Meters")
    live(page)
    visit.errors.clear()  # 401 and 422 are told there


def test_the_language_is_chosen_first_and_one_gets_where_one_wanted(site, visit):
    page = visit("/meters/1?reading=7#x", user=None)
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")
    page.goto(site.address + "/meters/1")
    sign_in(page, "Peter", PASSWORD, "Anmelden")
    expect(page).to_have_url(re.compile("/meters/1$"))
    expect(page.get_by_text("Vorlauftemperatur").first).to_be_visible()
    live(page)


def test_the_language_is_the_users_in_another_browser_too(site, visit):
    page = visit(user="Peter")
    page.get_by_role("button", name="Français").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Compteurs")
    live(page)
    other = visit("/", user=None)
    sign_in(other, "peter", PASSWORD)
    expect(other.get_by_role("heading", level=1)).to_have_text("Compteurs")
    live(other)


def test_a_standard_user_reads_and_sees_no_button_to_change_anything(site, visit):
    page = visit(user="Peter")
    expect(page.get_by_role("button", name="Read all now")).to_have_count(0)
    page.locator(".account summary").click()
    expect(page.get_by_role("link", name="Own password")).to_be_visible()
    expect(page.get_by_role("link", name="Users")).to_have_count(0)
    page.goto(site.address + "/meters/1")
    expect(page.get_by_role("heading", name="Values")).to_be_visible()
    expect(page.get_by_role("button", name="Read now")).to_have_count(0)
    page.goto(site.address + "/export")
    expect(page.get_by_role("button", name="Download")).to_be_visible()
    expect(page.get_by_role("button", name="Prepare in the background")).to_have_count(0)
    page.goto(site.address + "/users")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not allowed")
    live(page)
    visit.errors.clear()  # the 403 itself


def test_idle_for_nine_minutes_one_is_warned_and_may_stay(site, visit):
    sessions, look = site.server.app.extensions["sessions"], site.server.live.warn_idle
    begun = sessions.clock()
    page = visit("/meters/1")
    sessions.clock = lambda: begun + 545
    site.do(look)
    warning = page.locator("#idle [role=alert]")
    expect(warning).to_contain_text("You will be signed out in a minute.")
    assert violations(page) == []
    page.get_by_role("button", name="Stay signed in").press("Enter")
    expect(warning).to_have_count(0)
    site.do(look)
    sessions.clock = lambda: begun + 1140
    site.do(look)
    expect(warning).to_be_visible()
    sessions.clock = lambda: begun + 1146
    site.do(look)
    expect(page).to_have_url(re.compile(r"/sign-in\?ended=1&next=%2Fmeters%2F1$"))
    expect(page.get_by_text("ten minutes in which nothing was done")).to_be_visible()
    sign_in(page, "Olga", PASSWORD)
    expect(page).to_have_url(re.compile("/meters/1$"))
    live(page)


def test_signing_out_signs_every_page_of_this_session_out(site, visit):
    page = visit()
    other = page.context.new_page()
    other.goto(site.address + "/export")
    live(other)
    page.locator(".account summary").press("Enter")
    page.get_by_role("button", name="Sign out").press("Enter")
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    expect(other).to_have_url(re.compile(r"/sign-in\?ended=1"))


def test_the_menu_by_keyboard(visit):
    page = visit()
    summary = page.locator(".account summary")
    summary.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="My settings")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Own password")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Own password")).to_be_hidden()
    expect(summary).to_be_focused()
    summary.press("Enter")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("link", name="Own password")).to_be_hidden()


def test_an_administrator_adds_changes_and_deletes_a_user(site, visit):
    page = visit("/users")
    page.get_by_label("User name").fill("Hauswart")
    page.get_by_label(re.compile("Standard user")).check()
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("Repeat the new password").fill(NEW)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("The user was added.")).to_be_visible()
    page.get_by_role("link", name="Hauswart").click()
    page.get_by_label(re.compile("Administrator")).check()
    page.get_by_role("button", name="Apply").first.click()
    expect(page.get_by_role("row", name=re.compile("Hauswart.*Administrator"))).to_be_visible()
    page.get_by_role("link", name="Hauswart").click()
    page.get_by_text("Delete this user …").click()
    page.get_by_role("button", name="Delete Hauswart").click()
    expect(page.get_by_text("The user was deleted.")).to_be_visible()
    expect(page.get_by_role("link", name="Hauswart")).to_have_count(0)
    page.locator(".account summary").click()
    page.get_by_role("link", name="Changes").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("User deleted Hauswart")
    live(page)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "dark")])
def test_axe_finds_nothing_and_no_page_is_wider_than_its_window(site, visit, width, scheme):
    engine = database.open_writer(database.database_path(site.data))
    with Session(engine) as session, session.begin():
        facts = {"name": "x" * 190, "cycle_s": 60, "snd_nke": True}
        audit.record(session, "Olga", "meter.changed", "5", before={"baud": 1}, after={"baud": 2})
        audit.record(session, "command line", "meter.added", "2000001441485916", after=facts)
        accounts.add(session, "Olga", "W" * 60, "standard", "hash", must_change=True)
    engine.dispose()
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    page = visit(width=width, scheme=scheme, language="de")
    for path in ("/users", "/users/3", "/password", "/password?done=1", "/audit", "/audit?who=x"):
        page.goto(site.address + path)
        live(page)
        page.locator(".account summary").click()
        for details in page.locator("main details summary").all():
            details.click()
        page.locator(".account").evaluate("menu => menu.open = true")
        assert violations(page) == [], path
        assert page.evaluate(overflow) == 0, path
    page = visit("/sign-in?ended=1", width=width, scheme=scheme, language="fr", user=None)
    assert violations(page) == []
    sign_in_french = page.get_by_role("button", name="Se connecter")
    page.get_by_label("Nom d'utilisateur").fill("x")
    page.get_by_label("Mot de passe").fill("x")
    sign_in_french.click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate(overflow) == 0
    visit.errors.clear()  # the 401 itself
