"""L1: the page Network: how it is, the form, a change on trial, and who may confirm it."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from host.core import kept_settings
from host.settings.network import NetworkRefused
from host.store import database
from host.web.access import COOKIE
from shared.errors import Busy, RemoteError
from tests.fakes.computer import FakeComputer
from tests.fakes.web import sign_in
from tests.host.web.conftest import GERMAN, client_of, grant, send

ETH0: dict[str, Any] = {
    "name": "eth0",
    "mac": "02:00:5e:00:00:20",
    "link": True,
    "addresses": ["192.168.1.20/24"],
    "gateway": "192.168.1.1",
    "dns": ["192.168.1.1"],
    "setup": {
        "dhcp": False,
        "address": "192.168.1.20",
        "mask": "255.255.255.0",
        "gateway": "192.168.1.1",
        "dns": ["192.168.1.1"],
    },
}
STATE: dict[str, Any] = {
    "tool": "NetworkManager",
    "why": "",
    "interfaces": [ETH0],
    "trial": None,
    "last": None,
}
TRIAL = {"interface": "eth0", "address": "192.168.1.30", "left_ms": 41_500, "who": "Olga"}
TYPED = {
    "interface": "eth0",
    "address": "192.168.1.30",
    "mask": "/24",
    "gateway": "192.168.1.1",
    "dns1": "",
    "dns2": "",
}


@pytest.fixture
def asked(core, monkeypatch):
    """What the core is asked, which it grants; it says that all is as in `STATE`."""
    return grant(core, monkeypatch, **STATE)


def refuse(core, monkeypatch, error: Exception, **state: Any) -> None:
    def request(method: str, **_params: Any) -> dict[str, Any]:
        if method == "network.state":
            return STATE | state
        raise error

    monkeypatch.setattr(core, "request", request)


def test_l1_what_is_now_and_what_is_set_stand_on_the_page(client, asked):
    page = client.get("/network", headers=GERMAN).text
    for text in ("192.168.1.20/24", "02:00:5e:00:00:20", "Kabel verbunden", "Feste Adresse"):
        assert text in page
    assert 'name="address" value="192.168.1.20"' in page
    assert "NetworkManager" in page


def test_l1_the_form_is_tried_as_it_was_typed(client, asked):
    answer = send(client, "/network", **TYPED)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/network")
    assert asked[-1] == ("network.try", {"values": TYPED | {"dhcp": False}, "who": "Olga"})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"mask": "255.0.255.0"}, "ist keine Maske"),
        ({"gateway": "10.0.0.1"}, "liegt außerhalb des Netzes 192.168.1.0/24"),
        ({"address": "192.168.1.255"}, "möglich sind 192.168.1.1 bis 192.168.1.254"),
        ({"address": "1.1.1.1<b>"}, "ist keine IPv4-Adresse"),
        ({"dns1": "x"}, "ist keine IPv4-Adresse"),
    ],
    ids=str,
)
def test_l1_what_cannot_be_is_told_where_it_stands_and_kept_in_it(client, asked, changes, told):
    answer = send(client, "/network", **TYPED | changes)
    assert answer.status_code == 422
    assert told in answer.text
    assert "<b>" not in answer.text
    (name,) = changes
    assert f'value="{changes[name].replace("<b>", "&lt;b&gt;")}"' in answer.text
    assert [method for method, _ in asked if method == "network.try"] == []


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (NetworkRefused("address_taken", "02:aa"), 422, "Diese Adresse ist vergeben"),
        (NetworkRefused("trial_running"), 422, "Eine andere Änderung wartet"),
        (RemoteError("system_fault: nmcli: x"), 503, "Dieser Rechner hat die Änderung abgelehnt"),
        (Busy("disk"), 503, "Das ist gerade in Gebrauch."),
    ],
    ids=str,
)
def test_l1_what_the_core_says_against_it_is_told(client, core, monkeypatch, error, status, told):
    refuse(core, monkeypatch, error)
    answer = send(client, "/network", **TYPED)
    assert answer.status_code == status
    assert told in answer.text
    assert 'name="address" value="192.168.1.30"' in answer.text


def test_l1_a_change_counts_down_and_leads_to_the_new_address(client, core, monkeypatch):
    monkeypatch.setattr(core, "request", lambda *_, **__: STATE | {"trial": TRIAL})
    page = client.get("/network", headers=GERMAN, base_url="http://localhost:8080").text
    assert "Noch 41 s" in page
    assert 'href="http://192.168.1.30:8080/network"' in page
    assert "Behalten" not in page
    assert 'name="address"' not in page
    assert client.get("/network/trial").json == {"left_ms": 41_500}


def test_l1_it_is_confirmed_with_the_address_where_it_was_reached(app, core, monkeypatch):
    asked = grant(core, monkeypatch, **STATE | {"trial": TRIAL})
    client = client_of(app, "Olga")
    new = {"HTTP_HOST": "192.168.1.30:8080", "SERVER_NAME": "192.168.1.30"}
    client.set_cookie(COOKIE, sign_in(app), domain="192.168.1.30")
    page = client.get("/network", headers=GERMAN, environ_overrides=new).text
    assert "Behalten" in page
    send(client, "/network/keep")
    method, params = asked[-1]
    assert (method, params["at"]) == ("network.keep", ["localhost", "localhost"])
    token = page.split('name="csrf" value="')[1].split('"')[0]
    client.post("/network/keep", data={"csrf": token}, environ_overrides=new)
    assert asked[-1][1]["at"] == ["192.168.1.30", "192.168.1.30"]


@pytest.mark.parametrize("why", ["no_tool", "not_allowed"])
def test_l1_with_nothing_to_set_it_with_the_page_says_so_and_stays_read_only(
    client, core, monkeypatch, why
):
    told = STATE | {"tool": "", "why": why, "interfaces": [ETH0 | {"setup": None}]}
    monkeypatch.setattr(core, "request", lambda *_, **__: told)
    page = client.get("/network", headers=GERMAN).text
    assert "192.168.1.20/24" in page
    assert "NetworkManager" in page or "als root" in page
    assert 'name="address"' not in page


def test_l1_what_is_stored_and_not_in_use_waits_in_the_form(site):
    engine = database.open_writer(database.database_path(site.data))
    with Session(engine) as session, session.begin():
        stored = TYPED | {"dhcp": False, "mask": "255.255.255.0"}
        kept_settings.change(session, {"network": stored}, "Olga")
    engine.dispose()
    client = client_of(site.server.app, "Olga")
    page = client.get("/network", headers=GERMAN).text
    assert "nicht in Gebrauch" in page
    assert 'name="address" value="192.168.1.30"' in page
    computer: FakeComputer = site.core.computer
    assert computer.network.used == []


def test_l1_the_other_interface_is_chosen(site):
    client = client_of(site.server.app, "Olga")
    assert "/network?interface=eth1" in client.get("/network").text
    page = client.get("/network?interface=eth1").text
    assert 'name="interface" value="eth1"' in page


def test_l1_while_the_core_is_away_the_page_says_so(client):
    answer = client.get("/network", headers=GERMAN)
    assert answer.status_code == 503
    assert "Netzwerk" in answer.text


def test_l1_a_standard_user_sees_nothing_of_it(app, asked):
    assert client_of(app, "Peter").get("/network").status_code == 403


def test_who_waits_for_a_trial_is_told_that_the_core_is_away(client):
    answer = client.get("/network/trial", headers=GERMAN)
    assert answer.status_code == 503
    assert "500" not in answer.text
