"""What the API tells: the same as the pages, exactly, to whoever may see it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from host.store import accounts, database, units
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from tests.fakes import installation, token_holders
from tests.host.web.api.conftest import Program

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_the_list_comes_in_pages_that_miss_none(program):
    path, found = "/meters?limit=5", []
    while path:
        told = program.get(path.removeprefix("/api/v1"))
        assert len(told["meters"]) <= 5
        found += [meter["id"] for meter in told["meters"]]
        path = told["next"]
    assert found == [meter["id"] for meter in program.get("/meters")["meters"]]
    assert len(found) == 14


def test_the_list_is_filtered_by_state_and_text(program):
    assert [one["name"] for one in program.get("/meters?state=alarm")["meters"]] == ["Boiler"]
    found = program.get("/meters?q=flat%201&limit=2")
    assert [one["name"] for one in found["meters"]] == ["Flat 1 heating", "Flat 1 cold water"]
    assert "q=flat+1" in found["next"]


def test_a_meter_tells_exact_numbers_and_moments_in_utc(program):
    meter = program.get("/meters/1")
    assert (meter["name"], meter["serial"], meter["medium"]) == (
        "Flat 1 heating",
        "10000001",
        "Heat: Outlet",
    )
    assert MOMENT.fullmatch(meter["last_read_at"])
    assert meter["main"]["value"] == "148213000"
    assert (meter["main"]["unit"], meter["main"]["numeric"]) == ("Wh", True)
    values = program.get("/meters/1/values")
    assert values["at"] == meter["last_read_at"]
    assert [one["number"] for one in values["values"]] == list(range(1, len(values["values"]) + 1))
    flow = next(one for one in values["values"] if one["quantity"] == "Volume flow")
    assert (flow["value"], flow["unit"]) == ("0.12345670163631439208984375", "m³/h")
    customer = next(one for one in values["values"] if one["quantity"] == "Customer")
    assert (customer["value"], customer["numeric"]) == ("Kunde 12", False)


def test_one_that_was_never_read_has_no_values(program):
    assert program.get("/meters/14/values") == {"at": None, "status": [], "values": []}
    assert program.get("/meters/14/readings") == {"readings": [], "next": None}
    since = "2026-01-01T00:00:00Z"
    assert program.problem(f"/meters/14/history?from={since}")["key"] == "not_found"


def test_raw_telegrams_come_newest_first_in_pages(program):
    first = program.get("/meters/1/readings?limit=1")
    second = program.get(first["next"].removeprefix("/api/v1"))
    assert second["next"] is None
    assert first["readings"][0]["at"] > second["readings"][0]["at"]
    frame = bytes.fromhex(first["readings"][0]["telegrams"][0])
    assert (frame[0], frame[-1]) == (0x68, 0x16)


def test_the_numbers_of_a_value_are_those_of_its_readings(program):
    since = "2026-01-01T00:00:00Z"
    told = program.get(f"/meters/1/numbers?from={since}&limit=1")
    rest = program.get(told["next"].removeprefix("/api/v1"))
    numbers = [one["value"] for one in told["numbers"] + rest["numbers"]]
    assert numbers == ["148210000", "148213000"]
    assert rest["next"] is None


def test_the_history_is_that_of_the_charts(program):
    now = datetime.now(UTC)
    since = (now - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = program.get(f"/meters/1/history?from={since}&by=hour&value=1")
    assert (told["is_counter"], told["zone"], told["value"]["number"]) == (True, "Europe/Zurich", 1)
    assert sum(int(one["gained"] or 0) for one in told["periods"]) == 3000
    flow = program.get(f"/meters/1/history?from={since}&by=hour&value=3")
    assert not flow["is_counter"]
    read = [one for one in flow["periods"] if one["readings"]]
    assert sum(one["readings"] for one in read) == 2
    assert {one["low"] for one in read} == {"4711"}


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/meters?limit=0", "query.limit"),
        ("/meters?limit=1e2", "query.limit"),
        ("/meters?limit=1&limit=2", "query.limit"),
        ("/meters?colour=red", "query.colour"),
        ("/meters/1?x=1", "query.x"),
        ("/meters?state=well", "query.state"),
        ("/meters/1/history", "query.from"),
        ("/meters/1/history?from=2026-01-01", "query.from"),
        ("/meters/1/history?from=2026-01-01T00:00:00", "query.from"),
        ("/meters/1/history?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "query.to"),
        ("/meters/1/history?from=1970-01-01T00:00:00Z&by=hour", "query.to"),
    ],
)
def test_what_cannot_be_asked_is_named(program, path, where):
    problem = program.problem(path)
    assert (problem["status"], problem["key"]) == (422, "wrong_values")
    assert [one["where"] for one in problem["errors"]] == [where]


def test_a_problem_speaks_the_callers_language(program):
    titles = {
        language: program.problem("/meters?limit=0", Accept_Language=language)["title"]
        for language in ("de", "en", "fr")
    }
    assert titles == {
        "de": "Manche Werte gehen nicht.",
        "en": "Some values cannot be.",
        "fr": "Certaines valeurs sont impossibles.",
    }
    assert program.problem("/meters?limit=0")["type"] == "/api#wrong_values"


def test_while_the_core_is_away_what_is_stored_is_told(program):
    assert program.get("/state")["link"] == "core_away"
    assert program.get("/meters/1")["name"] == "Flat 1 heating"
    assert program.problem("/inputs")["key"] == "core_away"
    assert program.problem("/readout", "POST", {})["status"] == 503


def test_settings_are_told_without_secrets(program):
    told = program.get("/settings")
    assert told["site"]["name"] == "Rosenweg 12"
    assert told["readout"] == {"cycle_s": 900, "dates": []}


@pytest.fixture
def tenant(tmp_path):
    """Peter, a standard user whose unit has the meters 2 and 5."""
    installation.install(tmp_path)
    (tmp_path / "exports" / "1").mkdir(parents=True)
    (tmp_path / "exports" / "1" / "DataExport.zip").write_bytes(b"PK of all meters")
    engine = database.open_writer(database.database_path(tmp_path))
    with Session(engine) as session, session.begin():
        flat = units.add(session, "Olga", "Flat 2", "")
        units.set_meters(session, "Olga", flat.id, [2, 5])
        peter = accounts.by_name(session, "Peter")
        units.set_users(session, "Olga", flat.id, [peter.id])
    engine.dispose()
    app = create_app(WebSettings(tmp_path), CoreLine(tmp_path))
    token_holders.known(app)
    return Program(app, "Peter")


def test_a_standard_user_in_a_unit_sees_its_meters_alone(tenant):
    assert [one["id"] for one in tenant.get("/meters")["meters"]] == [2, 5]
    assert [one["id"] for one in tenant.get("/meters?unit=1")["meters"]] == [2, 5]
    since = "from=2026-01-01T00:00:00Z"
    for path in ("", "/values", "/readings", f"/history?{since}", f"/numbers?{since}"):
        assert tenant.problem(f"/meters/1{path}")["key"] == "not_found"
        assert tenant.ask(f"/meters/2{path}").status_code == 200
    assert tenant.get("/exports") == {"exports": []}
    assert tenant.problem("/exports/1/file")["key"] == "not_found"
