"""L3: the page of the inputs: what each shows, how it is switched, what was known of it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from host.store import database, known_inputs, meters
from host.store.known_inputs import KnownInputs
from host.web.supply import Told
from shared import board_settings
from shared.errors import BadSetting, LinkLost
from tests.fakes import installation
from tests.fakes.core import counters, measured
from tests.host.web.conftest import GERMAN, client_of, grant, send

AT = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
S0 = {"name": "", "medium": "electricity", "unit": "kWh", "weight_milli": "0,5"}


@pytest.fixture
def data(tmp_path):
    """S0-1 was switched on once, and of the board it is known how it was at noon."""
    installation.install(tmp_path)
    engine = database.open_writer(database.database_path(tmp_path))
    s0 = counters()
    s0[0] |= {"active": True, "pulses": 1234, "milli": 5_123_456, "unit": "kWh"}
    values = {"s0.1.active": True, "s0.1.unit": "kWh", "s0.1.weight_milli": 500}
    kept = board_settings.defaults() | values
    with Session(engine) as session, session.begin():
        meters.add(session, "S0-1", name="Lift <b>")
        at_ms = int(AT.timestamp() * 1000)
        known_inputs.keep(session, KnownInputs(at_ms, kept, measured(s0=s0)))
    engine.dispose()
    return tmp_path


@pytest.fixture
def asked(core, monkeypatch):
    def note(method, params):
        assert params.pop("who") == "Olga"
        return method, params

    return grant(core, monkeypatch, note, meter=15)


def test_l3_while_the_board_is_away_the_page_shows_what_was_known_and_says_so(client):
    page = client.get("/inputs", headers=GERMAN).text
    assert (
        "Der Logger ist nicht verbunden: So waren seine Eingänge am 15.01.2026, 13:00:00." in page
    )
    assert '5.123,456</span> <span class="unit">kWh</span>' in page
    assert "Impulse: 1.234" in page
    assert "Lift &lt;b&gt;" in page
    assert 'name="weight_milli" value="0,5"' in page
    assert 'class="input-now input-now--on stale"' in page
    assert page.count("input-now--on") == 3, "S0-1 and both sensors"


def test_l3_what_the_board_tells_now_comes_before_what_was_known(client, core):
    core.link = "connected"
    fault = {"sensor": 2, "active": True, "state": "open", "milli_celsius": None}
    told = measured(s0=counters())
    told["temperatures"][1] = fault
    core.inputs = Told(datetime.now(UTC), told)
    page = client.get("/inputs", headers=GERMAN).text
    assert "Der Logger ist nicht verbunden" not in page
    assert "5.123,456" not in page
    assert "21,5</span>" in page
    assert "Es ist kein Fühler angeschlossen." in page
    assert "Prüfen Sie beide Adern" in page


def test_l3_a_sensor_that_is_off_has_no_fault(client, core):
    told = measured()
    told["temperatures"][1] |= {"active": False, "state": "open", "milli_celsius": None}
    core.inputs = Told(datetime.now(UTC), told)
    page = client.get("/inputs", headers=GERMAN).text
    assert "Es ist kein Fühler angeschlossen." in page
    assert "Prüfen Sie beide Adern" not in page


def test_l3_an_input_is_set_and_switched_on_with_the_reading_of_its_meter(client, asked):
    answer = send(client, "/inputs/S0-2", **S0 | {"name": " Cellar ", "start_milli": "5123,4"})
    assert answer.headers["Location"] == "/inputs?done=on&of=S0-2#S0-2"
    send(client, "/inputs/S0-1", **S0, start_milli="")
    send(client, "/inputs/T-2", name="", offset_mk="-0,3")
    answer = send(client, "/inputs/T-2/off")
    assert answer.headers["Location"] == "/inputs?done=off&of=T-2#T-2"
    s0 = {"medium": "electricity", "unit": "kWh", "weight_milli": 500, "active": True}
    assert asked == [
        (
            "board.set_input",
            {"address": "S0-2", "name": "Cellar", "values": s0 | {"start_milli": 5_123_400}},
        ),
        ("board.set_input", {"address": "S0-1", "name": "", "values": s0}),
        (
            "board.set_input",
            {"address": "T-2", "name": "", "values": {"offset_mk": -300, "active": True}},
        ),
        ("board.set_input", {"address": "T-2", "name": None, "values": {"active": False}}),
    ]
    page = client.get("/inputs?done=off&of=T-2", headers=GERMAN).text
    assert page.count("Ausgeschaltet. Was gelesen wurde, bleibt erhalten.") == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"weight_milli": "0"}, "möglich sind 0,001 bis 1000000"),
        ({"weight_milli": "1.234"}, "hier wird eine Zahl erwartet"),
        ({"start_milli": "viel"}, "hier wird eine Zahl erwartet"),
        ({"unit": "l"}, "was der Zähler jetzt zeigt"),
    ],
)
def test_l3_what_cannot_be_is_told_at_its_field_and_kept_in_it(client, asked, changes, told):
    answer = send(client, "/inputs/S0-1", **S0 | {"start_milli": ""} | changes)
    assert answer.status_code == 422
    assert told in answer.text
    assert asked == []
    assert 'value="electricity" selected' in answer.text


@pytest.mark.parametrize(
    ("error", "told"),
    [(LinkLost("unplugged"), "Die Verbindung zum Logger"), (BadSetting("x"), "Einstellung")],
)
def test_l3_what_the_core_says_against_it_is_told(client, core, monkeypatch, error, told):
    def request(_method, **_params):
        raise error

    monkeypatch.setattr(core, "request", request)
    answer = send(client, "/inputs/T-1", name="typed before", offset_mk="0")
    assert answer.status_code == 503
    assert told in answer.text
    assert 'value="typed before"' in answer.text


def test_l3_an_input_that_there_is_not(client, asked):
    assert send(client, "/inputs/S0-5").status_code == 404
    assert send(client, "/inputs/7/off").status_code == 404


def test_w3_a_standard_user_sees_nothing_of_it(app):
    peter = client_of(app, "Peter")
    assert peter.get("/inputs").status_code == 403
    assert "/inputs" not in peter.get("/").text
