"""After a change the page offers to undo it (UI rules 6 and 7), as does the audit."""

import http.client
import re
from urllib.parse import urlencode

import pytest

from host.settings.site import SiteSettings
from host.store import audit, database, meters, settings
from tests.host.web.conftest import GERMAN

FORMS = {
    "site": {"name": "Rosenweg 12", "site": "", "zone": "Europe/Zurich"},
    "meter": {"name": "Flat 1 heating", "site": "Ground floor left", "read_by": "primary"},
}
FORMS["meter"] |= {"baud": "2400"}


class Browser:
    """A German browser without JavaScript, in which the user `name` is signed in at `site`."""

    def __init__(self, site, name="Olga"):
        self.site = site
        self.cookie = site.cookie(name)
        self.page = self.get("/")[1]

    def get(self, path):
        return self._send("GET", path)

    def post(self, path, *fields, **more):
        """Send a form and follow where it leads; return (status, address, page)."""
        csrf = re.search(r'name="csrf" value="([^"]+)"', self.page)[1]
        body = urlencode([("csrf", csrf), *fields, *more.items()])
        status, page, address = self._send("POST", path, body)
        if status == 303:
            return (*self.get(address.partition("#")[0])[:2], address)
        return status, page, address

    def _send(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=20)
        headers = {**GERMAN, "Cookie": self.cookie}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        page, cookies = answer.read().decode(), answer.headers.get_all("Set-Cookie") or []
        for one in cookies:
            self.cookie += "; " + one.partition(";")[0]
        connection.close()
        return answer.status, page, answer.headers.get("Location", "")


def read(site, work):
    with database.reading(database.database_path(site.data)) as session:
        return work(session)


def button(page):
    """Return the fields of the form that undoes what the page tells, None where there is none."""
    told = page.partition('class="problem problem--done undo"')[2]
    form = re.search(r'<form method="post" action="/audit/undo">.*?</form>', told, re.DOTALL)
    if not form:
        return None
    return re.findall(r'name="(page|change)" value="([^"]*)"', form[0])


@pytest.fixture
def browser(site):
    return Browser(site)


def test_what_was_changed_is_told_and_put_back_without_javascript(site, browser):
    _, page, address = browser.post("/settings/site", **FORMS["site"] | {"name": "Nord"})
    assert address.endswith("#site")
    told = "<dt>Name</dt><dd><del>Rosenweg 12</del>"
    assert told in page
    assert "<ins>Nord</ins>" in page
    status, page, address = browser.post("/audit/undo", *button(page))
    assert (status, address.startswith("/settings?saved=site&undone=1&change=")) == (200, True)
    assert address.endswith("#site")
    assert "Zurückgenommen" in page
    assert read(site, lambda s: settings.load(s, SiteSettings)).name == "Rosenweg 12"
    browser.post("/audit/undo", *button(page))
    assert read(site, lambda s: settings.load(s, SiteSettings)).name == "Nord"


def test_a_form_that_changes_nothing_offers_nothing(browser):
    page = browser.post("/settings/site", **FORMS["site"])[1]
    assert "Gespeichert" in page
    assert button(page) is None


def test_who_came_later_is_not_overwritten(site, browser):
    page = browser.post("/settings/site", **FORMS["site"] | {"name": "Nord"})[1]
    offered = button(page)
    _, page, address = browser.post("/settings/site", **FORMS["site"] | {"name": "Süd"})
    later, earlier = dict(button(page))["change"], dict(offered)["change"]
    status, page, _ = browser.post("/audit/undo", *offered)
    assert status == 409
    assert "seither erneut geändert" in page
    assert read(site, lambda s: settings.load(s, SiteSettings)).name == "Süd"
    page = browser.get(address.partition("#")[0].replace(later, earlier))[1]
    assert "seither erneut geändert" in page, "the page says so instead of offering it"
    assert button(page) is None


def test_settings_of_a_meter_and_its_values_lead_back_to_its_page(site, browser):
    page = browser.post("/meters/1/settings", **FORMS["meter"] | {"cycle_s": "5 min"})[1]
    assert "Eigener Auslesezyklus" in page
    _, page, address = browser.post("/audit/undo", *button(page))
    assert address.startswith("/meters/1?undone=1&change=")
    assert read(site, lambda s: meters.get(s, 1)).cycle_s is None
    form = browser.get("/meters/1/settings")[1]
    keys = re.findall(r'name="(key-\d+)" value="([^"]+)"', form)
    page = browser.post("/meters/1/values", *keys, ("designation-1", "Flur"))[1]
    assert "<ins>Bezeichnung: Flur</ins>" in page
    browser.post("/audit/undo", *button(page))
    assert "Flur" not in browser.get("/meters/1")[1]


def test_the_audit_offers_it_where_it_still_applies(site, browser):
    browser.post("/settings/site", **FORMS["site"] | {"name": "Nord"})
    browser.post("/settings/site", **FORMS["site"] | {"name": "Süd"})
    page = browser.get("/audit")[1]
    offered = re.findall(r'<button[^>]*name="change" value="(\d+)" aria-label="([^"]+)"', page)
    assert len(offered) == 1
    assert offered[0][1].startswith("Rückgängig machen: Einstellungen geändert")
    number = offered[0][0]
    _, page, address = browser.post("/audit/undo", ("change", number), ("page", "/audit"))
    assert address.startswith("/audit?undone=1&change=")
    assert "<ins>Nord</ins>" in page
    assert read(site, lambda s: audit.newest(s, 1))[0].who == "Olga"


def test_a_reader_is_offered_nothing(site, browser):
    address = browser.post("/meters/1/settings", **FORMS["meter"] | {"comment": "boiler"})[2]
    peter = Browser(site, "Peter")
    status, page, _ = peter.get(address)
    assert status == 200
    assert "<ins>" not in page
    assert button(page) is None
    assert peter.post("/audit/undo", ("change", "1"))[0] == 403


@pytest.mark.parametrize("wanted", ["x", "0", "-1", "9" * 30, "999999", "1&change=<b>"])
def test_what_names_no_change_offers_nothing(browser, wanted):
    status, page, _ = browser.get(f"/settings?saved=site&change={wanted}")
    assert status == 200
    assert button(page) is None
    assert "<b>" not in page


def test_it_leads_nowhere_else(browser):
    page = browser.post("/settings/site", **FORMS["site"] | {"name": "Nord"})[1]
    change = dict(button(page))["change"]
    address = browser.post("/audit/undo", ("change", change), ("page", "https://evil.example"))[2]
    assert address.startswith("/?undone=1&change=")
