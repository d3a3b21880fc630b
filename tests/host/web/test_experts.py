"""An expert switch hides SND_NKE, sub-codes and the like (UI rule 15): nothing is lost by it."""

import re

import pytest
from sqlalchemy.orm import Session

from host.settings.meter import MeterSettings
from host.settings.template import Kind, Template
from host.store import accounts, database, templates
from host.store.tables import MeterRow
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from shared.errors import LinkLost
from tests.fakes import installation
from tests.host.web.conftest import GERMAN, client_of, grant, send

EXPERT = [row.name for row in MeterSettings.rows() if row.expert]
USUAL = {"name": "Flat 1 heating", "site": "Ground floor left", "read_by": "primary"}
USUAL |= {"baud": "2400"}
ALL = USUAL | {"segment": "1", "snd_nke": "on", "settle_ms": "0", "retries": "2"}
ALL |= {"with_experts": "on"}
KIND = Kind("HYD", 7, 4)
OF_KIND = {"meter_type": None, "snd_nke": False, "application_reset": 5}


@pytest.fixture
def data(tmp_path):
    installation.install(tmp_path)
    return tmp_path


@pytest.fixture
def core(data):
    return CoreLine(data)


@pytest.fixture
def write(data):
    def work(change):
        engine = database.open_writer(database.database_path(data))
        with Session(engine) as session, session.begin():
            change(session)
        engine.dispose()

    return work


@pytest.fixture
def asked(core, monkeypatch, write):
    """What the core is asked; it grants everything, and keeps who is an expert."""
    found = grant(core, monkeypatch)
    granting = core.request

    def request(method, **params):
        if method == "users.set_expert":
            write(lambda s: accounts.set_expert(s, "Olga", params["id"], params["expert"]))
        return granting(method, **params)

    monkeypatch.setattr(core, "request", request)
    return found


@pytest.fixture
def client(data, core):
    return client_of(create_app(WebSettings(data), core), "Olga")


@pytest.fixture
def expert(write):
    """Have Olga be an expert."""

    def make(session):
        accounts.set_expert(session, "Olga", accounts.by_name(session, "Olga").id, True)

    return lambda: write(make)


def fields(page):
    return set(re.findall(r'<(?:input|select)[^>]* name="([a-z0-9_]+)"', page))


def text(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def test_what_is_for_experts_is_hidden_until_it_is_wanted(client, expert):
    page = client.get("/meters/1/settings", headers=GERMAN).text
    assert "SND_NKE" in page, "what is hidden is named"
    assert fields(page).isdisjoint({*EXPERT, "with_experts"})
    expert()
    page = client.get("/meters/1/settings", headers=GERMAN).text
    assert fields(page) > {*EXPERT, "with_experts"}
    assert "ausblenden" in page


def test_it_is_marked_in_the_model():
    assert EXPERT == ["segment", "snd_nke", "application_reset", "settle_ms", "retries"]


def test_what_is_set_and_hidden_is_told(client, write):
    assert "Anders als üblich" not in client.get("/meters/1/settings", headers=GERMAN).text

    def change(session):
        row = session.get_one(MeterRow, 1)
        row.snd_nke, row.application_reset, row.settle_ms = False, -1, 1500

    write(change)
    page = text(client.get("/meters/1/settings", headers=GERMAN).text)
    assert "Anders als üblich: SND_NKE vor jeder Auslesung: nein, " in page
    assert re.search(r"Subcode: -1, Pause nach den Resets: 1\S?500\sms", page)


def test_hidden_they_stay_as_they_are_stored(client, asked, write):
    def change(session):
        row = session.get_one(MeterRow, 1)
        row.snd_nke, row.application_reset, row.retries = False, 5, 0

    write(change)
    send(client, "/meters/1/settings", **USUAL | {"comment": "boiler"})
    assert [params["changes"] for _, params in asked] == [{"comment": "boiler"}]


def test_one_that_is_named_is_meant_all_the_same(client, asked):
    send(client, "/meters/1/settings", **USUAL | {"retries": "5", "snd_nke": ""})
    assert [params["changes"] for _, params in asked] == [{"snd_nke": False, "retries": 5}]
    answer = send(client, "/meters/1/settings", **USUAL | {"retries": "99"})
    assert answer.status_code == 422
    assert 'id="meter-retries-problem"' in answer.text, "what is wrong is shown, hidden or not"


@pytest.mark.parametrize("is_expert", [False, True])
def test_a_form_means_what_it_had_whatever_was_switched_since(client, asked, expert, is_expert):
    if is_expert:
        expert()
    without = {name: value for name, value in ALL.items() if name != "snd_nke"}
    send(client, "/meters/1/settings", **without)
    send(client, "/meters/1/settings", **USUAL | {"comment": "boiler"})
    assert [params["changes"] for _, params in asked] == [
        {"snd_nke": False},
        {"comment": "boiler"},
    ]


def test_the_switch_in_a_form_keeps_what_was_typed(client, asked):
    typed = USUAL | {"comment": "half a thought", "cycle_s": "3 s"}
    page = send(client, "/meters/1/settings", **typed, switch_expert="on").text
    assert fields(page) > set(EXPERT)
    assert 'value="half a thought"' in page
    assert 'value="3 s"' in page
    assert re.search(r'name="snd_nke"[^>]* checked', page), "as it is stored"
    assert [method for method, _ in asked] == ["users.set_expert"]
    page = send(client, "/meters/1/settings", **ALL, switch_expert="off").text
    assert fields(page).isdisjoint(EXPERT)


def test_a_core_that_is_away_is_told_and_what_was_typed_stays(client, core, monkeypatch):
    def request(_method, **_params):
        raise LinkLost("gone")

    monkeypatch.setattr(core, "request", request)
    answer = send(client, "/meters/1/settings", **USUAL | {"name": "X"}, switch_expert="on")
    assert answer.status_code == 503
    assert 'value="X"' in answer.text
    assert send(client, "/preferences/expert", expert="on").status_code == 503


def test_everybody_switches_for_itself(client, data, core, asked):
    peter = client_of(create_app(WebSettings(data), core), "Peter")
    page = client.get("/preferences", headers=GERMAN).text
    assert "Einstellungen für Fachleute einblenden" in page
    assert send(client, "/preferences/expert", expert="on").status_code == 303
    assert asked == [("users.set_expert", {"who": "Olga", "id": 1, "expert": True})]
    assert re.search(r'name="expert"[^>]* checked', client.get("/preferences").text)
    send(client, "/preferences/expert")
    assert not re.search(r'name="expert"[^>]* checked', client.get("/preferences").text)
    page = peter.get("/preferences", headers=GERMAN).text
    assert "Sprache" in page
    assert "Fachleute" not in page, "a reader is not shown what it may not do"
    assert send(peter, "/preferences/expert", expert="on").status_code == 403


def test_a_driver_template_keeps_what_is_hidden(client, write, asked):
    write(lambda session: templates.add(session, "Olga", Template("Water", KIND, OF_KIND, {})))
    page = text(client.get("/templates/1", headers=GERMAN).text)
    assert "Anders als üblich: SND_NKE vor jeder Auslesung: nein" in page
    send(client, "/templates/1", name="Wasser", do="save")
    ((_, params),) = asked
    assert params["template"]["meter"] == OF_KIND


def test_a_scan_has_its_switch_and_is_usual_without(client, asked, expert):
    page = client.get("/scan", headers=GERMAN).text
    assert fields(page).isdisjoint({"segment", "backward"})
    assert "Rückwärts suchen" in page
    page = send(client, "/scan", by="primary", first="7", last="9", switch_expert="on").text
    assert fields(page) > {"segment", "backward", "with_experts"}
    assert 'value="7"' in page


def test_the_api_has_them_all_the_same(client, asked):
    told = client.get("/api/v1/meters/1/settings").json
    assert set(EXPERT) < told.keys()
