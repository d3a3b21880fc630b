"""UI rule 1: the wizard is the settings pages in order, resumable, for administrators alone."""

import re

import pytest
from sqlalchemy.orm import Session

from host.settings.readout import ReadoutSettings
from host.settings.site import SiteSettings
from host.settings.wizard import ENDED, LATER, OPEN, Wizard
from host.store import accounts, database, meters, passwords, settings, wizard
from host.web.wizard import STEPS
from tests.fakes import installation
from tests.fakes.installation import PASSWORD
from tests.fakes.web import Site
from tests.host.web.conftest import GERMAN, client_of, send, token

PATHS = [step.path for step in STEPS]
NEW = "four words in a row"
HINT = "Die Einrichtung ist noch nicht abgeschlossen."


@pytest.fixture
def site(tmp_path):
    """The real server where nothing is set up, with a real core's services behind it."""
    installation.leave_empty(tmp_path)
    with Site(tmp_path) as site:
        site.do(site.connected)
        yield site


@pytest.fixture
def client(site):
    return client_of(site.server.app, "Olga")


def kept(site, work=wizard.load):
    with database.reading(database.database_path(site.data)) as session:
        return work(session)


def write(site, work):
    engine = database.open_writer(database.database_path(site.data))
    with Session(engine) as session, session.begin():
        work(session)
    engine.dispose()


def signed_in(site, name="Olga", **fields):
    """Sign in as `name`; return where that leads."""
    client = site.server.app.test_client()
    sent = {"csrf": form_token(client), "name": name, "password": PASSWORD, **fields}
    return client.post("/sign-in", data=sent).headers["Location"]


def form_token(client):
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)
    assert found is not None
    return found[1]


def lead(answer):
    assert answer.status_code == 303
    return answer.headers["Location"]


def here(page):
    """Return the step that a page says somebody is at."""
    found = re.findall(r'aria-current="step">.*?<span>(.*?) <small>', page, re.DOTALL)
    return found[0] if found else None


def test_the_first_password_leads_into_it(site):
    app = site.server.app

    def forget(session):
        user = accounts.by_name(session, "Olga")
        accounts.set_password(session, "x", user.id, passwords.make("123"), must_change=True)

    write(site, forget)
    client = client_of(app, "Olga")
    fields = {"csrf": token_at(client, "/password"), "current": "123", "new": NEW, "repeat": NEW}
    assert lead(client.post("/password", data=fields)) == "/wizard"
    assert lead(client.get("/wizard")) == PATHS[0]


def token_at(client, path):
    found = re.search(r'name="csrf" value="([^"]+)"', client.get(path).text)
    assert found is not None
    return found[1]


def test_the_sign_in_leads_there_as_long_as_it_is_open(site, client):
    assert signed_in(site) == "/wizard"
    assert signed_in(site, next="/export") == "/export"
    send(client, "/wizard", to="later")
    assert signed_in(site) == "/"


def test_a_standard_user_never_sees_it(site):
    assert signed_in(site, "Peter") == "/"
    reader = client_of(site.server.app, "Peter")
    assert HINT not in reader.get("/", headers=GERMAN).text
    for path in ("/wizard", *PATHS):
        answer = reader.get(path)
        assert answer.status_code == 403
        assert 'class="wizard"' not in answer.text
    assert reader.post("/wizard", data={"csrf": token(reader), "to": "ended"}).status_code == 403
    assert kept(site) == Wizard()


def test_where_something_is_set_up_nobody_is_led_there(site):
    write(site, lambda session: settings.save(session, SiteSettings(name="North")))
    assert signed_in(site) == "/"
    client = client_of(site.server.app, "Olga")
    assert HINT not in client.get("/", headers=GERMAN).text
    assert 'href="/wizard"' in client.get("/settings").text, "it can be opened all the same"


def test_once_begun_it_goes_on_though_a_setting_is_stored_by_another_way(site):
    signed_in(site)
    write(site, lambda session: settings.save(session, SiteSettings(name="North")))
    assert signed_in(site) == "/wizard"


@pytest.mark.parametrize("path", PATHS)
def test_every_step_stays_inside(client, path):
    page = client.get(path, headers=GERMAN).text
    sent_to = set(re.findall(r'(?:formaction|hx-get|action)="(/[^"]*)"', page))
    sent_to -= {"/language", "/sign-out", "/stay"}
    assert sent_to
    assert all(one.startswith("/wizard") for one in sent_to), sent_to
    assert 'class="crumbs"' not in page
    assert page.count("Sie sind hier") == 1
    assert page.count("<small>Offen</small>") == len(STEPS) - 1
    assert page.count('aria-current="step"') == 1


def test_a_step_saved_goes_to_the_next_and_is_done(site, client):
    answer = send(client, PATHS[0], name="North", site="Hall 3", zone="Europe/Zurich")
    assert lead(answer) == "/wizard/network"
    assert kept(site) == Wizard(OPEN, "network", ("site",))
    page = client.get("/wizard/network", headers=GERMAN).text
    assert here(page) == "Netzwerk"
    assert re.search(r"Sprache und Ort <small>Erledigt</small>", page)
    assert lead(send(client, "/wizard/settings/readout", cycle_s="1 h")) == "/wizard/scan"
    assert kept(site, lambda s: settings.load(s, ReadoutSettings)).cycle_s == 3600
    assert kept(site).done == ("site", "readout")


def test_what_cannot_be_is_told_in_its_step(site, client):
    answer = send(client, PATHS[0], zone="Mars/Olympus")
    assert answer.status_code == 422
    assert here(answer.text) == "Sprache und Ort"
    assert "Mars/Olympus ist keine Zeitzone" in answer.text
    assert 'id="readout-cycle_s"' not in answer.text
    assert kept(site) == Wizard()


@pytest.mark.parametrize("name", ["storage", "users", "network", "time", "none"])
def test_it_has_no_other_chapter(client, name):
    assert client.get(f"/wizard/settings/{name}").status_code == 404


def test_the_network_goes_on_when_it_is_confirmed(site, client):
    site.core.computer.lease = "127.0.0.1/8"
    fields = {"interface": "eth0", "dhcp": "on", "mask": "255.255.255.0"}
    assert lead(send(client, "/wizard/network", **fields)) == "/wizard/network"
    site.do(site.core.computer.pass_s, 2)
    assert lead(send(client, "/wizard/network/undo")) == "/wizard/network"
    send(client, "/wizard/network", **fields)
    site.do(site.core.computer.pass_s, 2)
    assert kept(site).done == ()
    new = {"SERVER_NAME": "127.0.0.1"}
    sent = {"csrf": token(client)}
    kept_it = client.post("/wizard/network/keep", data=sent, environ_overrides=new)
    assert lead(kept_it) == "/wizard/time"
    assert kept(site) == Wizard(OPEN, "time", ("network",))


def test_the_new_address_is_that_of_the_step(site, client):
    fields = {"interface": "eth0", "address": "192.168.1.30", "mask": "255.255.255.0"}
    send(client, "/wizard/network", **fields)
    page = client.get("/wizard/network").text
    assert 'href="http://192.168.1.30/wizard/network">http://192.168.1.30</a>' in page
    assert 'data-page="/wizard/network"' in page


def test_the_clock_by_hand_can_be_set_before_it_goes_on(site, client):
    assert lead(send(client, "/wizard/time", servers="")).startswith("/wizard/time?done=saved")
    assert kept(site).at == "site"
    answer = send(client, "/wizard/time/clock", at="2026-01-31T13:30:15")
    assert lead(answer) == "/wizard/settings/readout"
    assert kept(site) == Wizard(OPEN, "readout", ("time",))


def test_time_servers_go_on_at_once(site, client):
    assert lead(send(client, "/wizard/time", ntp="on", servers="")) == "/wizard/settings/readout"


def test_meters_are_added_without_leaving_and_with_one_the_step_is_done(site, client):
    page = client.get("/wizard/scan", headers=GERMAN).text
    assert "Schritt überspringen" in page
    sent = send(client, "/wizard/scan/by-address", addresses="5", baud="2400", segment="1")
    assert lead(sent) == "/wizard/scan?added=1&known=0&at=by-address#by-address"
    page = client.get("/wizard/scan", headers=GERMAN).text
    assert "Weiter</button>" in page
    assert "Schritt überspringen" not in page
    page = client.get("/wizard/network", headers=GERMAN).text
    assert re.search(r"Zähler <small>Erledigt</small>", page)


def test_back_skip_and_another_browser(site, client):
    assert lead(send(client, "/wizard", to="network")) == "/wizard/network"
    assert lead(send(client, "/wizard", to="time")) == "/wizard/time"
    page = client.get("/wizard/time").text
    assert 'name="to" value="network">Back</button>' in page
    assert 'name="to" value="readout">Skip this step</button>' in page
    other = client_of(site.server.app, "Olga")
    assert lead(other.get("/wizard")) == "/wizard/time"
    assert kept(site) == Wizard(OPEN, "time")


def test_put_off_a_hint_stands_on_the_overview_until_it_is_dismissed(site, client):
    send(client, "/wizard", to="time")
    assert lead(send(client, "/wizard", to="later")) == "/"
    page = client.get("/", headers=GERMAN).text
    assert HINT in page
    assert page.count('href="/wizard"') == 1
    assert lead(client.get("/wizard")) == "/wizard/time"
    assert lead(send(client, "/wizard", to="ended")) == "/"
    assert HINT not in client.get("/", headers=GERMAN).text
    assert kept(site).state == ENDED


def test_the_summary_ends_it_and_it_can_be_opened_again(site, client):
    send(client, PATHS[0], name="<b>North", zone="Europe/Zurich")
    assert lead(send(client, "/wizard", to="summary")) == "/wizard/summary"
    page = client.get("/wizard/summary", headers=GERMAN).text
    assert "&lt;b&gt;North" in page
    assert "Europe/Zurich" in page
    assert "15 Minuten" in page
    for link in ("/users", "/settings/configuration", "/"):
        assert f'href="{link}"' in page
    assert HINT not in client.get("/", headers=GERMAN).text
    assert signed_in(site) == "/"
    assert lead(client.get("/wizard")) == PATHS[0]
    send(client, "/wizard", to="time")
    page = client.get("/wizard/time", headers=GERMAN).text
    assert "Einrichtung verlassen" in page
    assert re.search(r"Sprache und Ort <small>Erledigt</small>", page)
    assert HINT not in client.get("/", headers=GERMAN).text, "not once more"


def test_the_way_elsewhere_is_refused(site, client):
    assert send(client, "/wizard", to="elsewhere").status_code == 400
    assert send(client, "/wizard").status_code == 400


def test_without_the_core_it_is_told_and_nothing_is_lost(site, client):
    csrf = token(client)
    site.do(site.core.stop)
    answer = client.post("/wizard", data={"csrf": csrf, "to": "time"}, headers=GERMAN)
    assert answer.status_code == 503
    assert "Der Auslesedienst läuft nicht." in answer.text
    assert signed_in(site) == "/wizard"
    assert client.get("/wizard/time").status_code == 503
    site.do(site.core.start)


def test_a_new_zone_is_suggested_and_a_stored_one_is_not_touched(site, client, monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Paris")
    page = client.get(PATHS[0]).text
    assert 'value="Europe/Paris" autocomplete' in page
    assert "zone.js" in page
    write(site, lambda session: settings.save(session, SiteSettings(zone="Europe/Zurich")))
    page = client.get(PATHS[0]).text
    assert 'value="Europe/Zurich" autocomplete' in page
    assert "zone.js" not in page


def test_a_chapter_has_an_address_of_its_own_outside_as_well(client):
    assert lead(client.get("/settings/readout")) == "/settings#readout"
    assert client.get("/settings/network").status_code == 404
    assert lead(send(client, "/settings/readout", cycle_s="1 h")).startswith("/settings?saved=")


def test_a_put_off_one_is_open_again_with_the_next_step(site, client):
    send(client, "/wizard", to="later")
    assert kept(site).state == LATER
    send(client, PATHS[0], name="North")
    assert kept(site) == Wizard(OPEN, "network", ("site",))


def test_a_meter_alone_hides_it_too(site, client):
    write(site, lambda session: meters.add(session, "1"))
    assert HINT not in client.get("/", headers=GERMAN).text
