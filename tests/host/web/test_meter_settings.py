"""A meter's settings, another meter in its place, meters deleted and had back."""

import pytest
from sqlalchemy.orm import Session

from host.settings.meter import MeterSettings
from host.store import database
from host.store.tables import MeterRow
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from shared.errors import BadSetting
from tests.fakes import installation
from tests.host.web.conftest import GERMAN, client_of, grant, send

FIELDS = {
    "name": "Flat 1 heating",
    "site": "Ground floor left",
    "read_by": "primary",
    "baud": "2400",
    "segment": "1",
    "snd_nke": "on",
    "settle_ms": "0",
    "retries": "2",
    "with_experts": "on",
}


@pytest.fixture
def asked(core, monkeypatch):
    """What the core is asked, which it grants."""
    return grant(core, monkeypatch)


def test_every_setting_has_its_field(client):
    page = client.get("/meters/1/settings", headers=GERMAN).text
    for row in MeterSettings.rows():
        assert (f'id="meter-{row.name}-help"' in page) != row.expert
    assert 'value="Flat 1 heating"' in page
    assert '<option value="2400" selected>' in page
    assert '<option value="22">Kaltwasser</option>' in page
    assert client.get("/meters/99/settings").status_code == 404


def test_only_what_is_another_now_is_changed(client, asked):
    answer = send(client, "/meters/1/settings", **FIELDS)
    assert answer.headers["Location"] == "/meters/1"
    assert asked == []
    send(
        client,
        "/meters/1/settings",
        **FIELDS | {"cycle_s": "5 min", "per_day": "4", "baud": "300", "meter_type": "22"},
    )
    without = {name: value for name, value in FIELDS.items() if name != "snd_nke"}
    send(client, "/meters/1/settings", **without | {"comment": "behind the boiler"})
    assert [params["changes"] for _, params in asked] == [
        {"meter_type": 22, "cycle_s": 300, "per_day": 4, "baud": 300},
        {"comment": "behind the boiler", "snd_nke": False},
    ]
    assert asked[0][1]["addresses"] == ["1"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"cycle_s": "3 s"}, "10 s bis 48 h"),
        ({"per_day": "0"}, "möglich sind 1 bis 8640"),
        ({"baud": "1000"}, "wählen Sie eines von 300"),
        ({"application_reset": "x"}, "eine ganze Zahl"),
    ],
)
def test_a_wrong_value_is_told_at_its_field(client, asked, fields, told):
    answer = send(client, "/meters/1/settings", **FIELDS | fields)
    assert answer.status_code == 422
    assert told in answer.text
    assert asked == []


def test_what_the_core_refuses_is_told_and_what_was_typed_stays(client, core, monkeypatch):
    def request(_method, **_params):
        raise BadSetting("1: its other address is not known; read the meter once")

    monkeypatch.setattr(core, "request", request)
    answer = send(client, "/meters/1/settings", **FIELDS | {"read_by": "secondary", "name": "X"})
    assert answer.status_code == 503
    assert "read the meter once" in answer.text
    assert 'value="X"' in answer.text


def test_another_meter_in_its_place_is_told_until_somebody_confirms(tmp_path):

    installation.install(tmp_path)
    engine = database.open_writer(database.database_path(tmp_path))
    with Session(engine) as session, session.begin():
        session.get_one(MeterRow, 1).changed_from = "99999999FFFFFFFF"
    engine.dispose()
    core = CoreLine(tmp_path)
    asked = []
    core.request = lambda method, **params: asked.append((method, params)) or {}
    client = client_of(create_app(WebSettings(tmp_path), core), "Olga")
    assert "99999999" in client.get("/meters/1", headers=GERMAN).text
    assert "anderer Zähler" not in client.get("/meters/2", headers=GERMAN).text
    assert send(client, "/meters/1/confirm").status_code == 303
    wanted = {"who": "Olga", "addresses": ["1"], "changes": {"changed_from": None}}
    assert asked == [("meters.change", wanted)]


def test_meters_are_deleted_together_and_had_back(client, asked):
    answer = send(client, "/meters/delete", meter=["3", "14", "999"])
    assert answer.headers["Location"] == "/?deleted=3&deleted=2000001441485916"
    page = client.get(answer.headers["Location"], headers=GERMAN).text
    assert "2 Zähler wurden gelöscht" in page
    assert send(client, "/meters/restore", address=["3", "x"]).headers["Location"] == "/"
    assert asked == [
        ("meters.delete", {"who": "Olga", "addresses": ["3", "2000001441485916"]}),
        ("meters.restore", {"who": "Olga", "addresses": ["3"]}),
    ]
    assert send(client, "/meters/delete", meter="999").status_code == 404
    assert send(client, "/meters/restore", address="<b>").status_code == 400
    assert "<b>" not in client.get("/?deleted=<b>").text
