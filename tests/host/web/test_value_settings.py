"""M5, per value: edited on the meter's page, seen on every page (UI.md 11)."""

import json

import pytest
from sqlalchemy.orm import Session

from host.settings.value import ValueKey, ValueSettings
from host.store import database, meters, value_settings
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from tests.fakes import installation
from tests.host.web.conftest import GERMAN, client_of, grant, send

HEAT = ValueSettings(designation="Heat <1>", unit="MWh", factor="1000000", phase=2, month=7)


@pytest.fixture(scope="module")
def set_up(tmp_path_factory):
    """A folder in which the energy of meter 1 and the volume of meter 2 have settings."""
    folder = tmp_path_factory.mktemp("own")
    installation.install(folder)
    engine = database.open_writer(database.database_path(folder))
    with Session(engine) as session, session.begin():
        first, second = (meters.get(session, number) for number in (1, 2))
        value_settings.change(session, "Olga", first, {ValueKey("0c06", 0): HEAT})
        litres = ValueSettings(factor="0.001", unit="l")
        value_settings.change(session, "Olga", second, {ValueKey("0c13", 0): litres})
    engine.dispose()
    return folder


@pytest.fixture
def olga(set_up):
    return client_of(create_app(WebSettings(set_up), CoreLine(set_up)), "Olga")


def test_the_overview_shows_the_value_as_it_is_set(olga):
    page = olga.get("/", headers=GERMAN).text
    assert '<span class="number">148,213</span> <span class="unit">MWh</span>' in page
    assert "<small>Heat &lt;1&gt;</small>" in page
    assert '<span class="number">312.456</span> <span class="unit">l</span>' in page


def test_the_meter_shows_it_with_what_the_meter_says_and_the_factor(olga):
    page = olga.get("/meters/1", headers=GERMAN).text
    assert "Heat &lt;1&gt;" in page
    assert '<span class="tag">L2</span> <span class="tag">Speicher 7</span>' in page
    assert "<small>Der Zähler meldet 148213000 Wh, Faktor 1000000</small>" in page
    explained = page[page.index('id="telegram-1"') :]
    assert "Heat" not in explained, "the raw telegram is told raw"
    assert "148213000 Wh" in explained


def test_a_chart_is_in_the_unit_that_is_set(olga):
    figures = olga.get("/meters/1/chart.json?value=1&period=day").json
    assert figures["unit"] == "MWh"
    gained = [number for number in figures["now"] if number]
    assert sum(gained) == pytest.approx(0.003, abs=0.003)
    page = olga.get("/meters/1/chart").text
    assert "Heat &lt;1&gt;" in page
    csv = olga.get("/meters/1/chart.csv").text
    assert "(MWh)" in csv.splitlines()[0]


def test_an_export_of_the_page_has_it_too(olga):
    answer = olga.get("/export/data?meter=1&kind=json")
    assert answer.status_code == 200
    found = json.loads(answer.text)
    assert found["values"][0]["name"] == "Heat <1> / Monat 7 / Phase 2"
    assert found["readings"][-1]["values"][0] == 148.213


def test_a_program_gets_it_with_what_the_meter_says(olga):
    answer = olga.get("/api/v1/meters?limit=1")
    assert answer.status_code == 200
    main = answer.json["meters"][0]["main"]
    assert (main["designation"], main["value"], main["unit"]) == ("Heat <1>", "148.213", "MWh")
    assert (main["raw"], main["factor"], main["phase"], main["storage"]) == (
        *("148213000", "1000000"),
        *(2, 7),
    )


def test_the_form_has_a_line_for_each_value_and_what_is_set_in_it(olga):
    page = olga.get("/meters/1/settings", headers=GERMAN).text
    assert page.count('name="key-') == 14
    assert 'name="key-1" value="0c06.0"' in page
    assert 'name="designation-1" value="Heat &lt;1&gt;"' in page
    assert 'name="factor-1" value="1000000"' in page
    assert '<option value="2" selected>L2</option>' in page
    assert "Nach der ersten Ablesung" in olga.get("/meters/14/settings", headers=GERMAN).text


def fields(page, **changes):
    known = dict.fromkeys(("designation", "unit", "factor", "phase", "tariff", "month"), "")
    return {f"{name}-1": text for name, text in (known | changes).items()} | {"key-1": page}


def test_only_values_that_are_others_now_are_changed(olga, monkeypatch):
    asked = grant(olga.application.extensions["core"], monkeypatch)
    answer = send(olga, "/meters/2/values", **fields("0c13.0", unit="l", factor="0,001"))
    assert answer.headers["Location"] == "/meters/2"
    assert asked == []
    send(olga, "/meters/2/values", **fields("0c13.0", unit="hl", factor="0,01", tariff="3"))
    send(olga, "/meters/2/values", **fields("0c13.0"))
    assert [params["values"] for _, params in asked] == [
        [{"head": "0c13", "nth": 0, "unit": "hl", "factor": "0.01", "tariff": 3}],
        [{"head": "0c13", "nth": 0}],
    ]
    assert asked[0][0] == "meters.change_values"
    assert asked[0][1]["address"] == "2"


def test_what_cannot_be_is_told_at_its_field_and_stays_in_it(olga, monkeypatch):
    asked = grant(olga.application.extensions["core"], monkeypatch)
    answer = send(olga, "/meters/2/values", **fields("0c13.0", factor="1.000", tariff="x"))
    assert answer.status_code == 422
    assert 'value="1.000"' in answer.text
    assert 'id="factor-1-problem"' in answer.text
    assert "ohne Rest" in answer.text
    assert 'id="tariff-1-problem"' in answer.text
    assert asked == []


def test_what_is_typed_is_shown_before_it_is_saved(olga):
    sent = fields("0c13.0", unit="<b>", factor="1000")
    page = send(olga, "/meters/2/values/preview", **sent).text
    assert 'id="shown-1" hx-swap-oob="true"' in page
    assert '<span class="number">0,312456</span> <span class="unit">&lt;b&gt;</span>' in page
    page = send(olga, "/meters/2/values/preview", **fields("0c13.0", factor="7")).text
    assert "nicht möglich" in page


def test_a_standard_user_changes_nothing(set_up):
    peter = client_of(create_app(WebSettings(set_up), CoreLine(set_up)), "Peter")
    assert send(peter, "/meters/2/values", **fields("0c13.0")).status_code == 403
    assert "Faktor 1000000" in peter.get("/meters/1", headers=GERMAN).text
