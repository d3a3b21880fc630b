"""Consumer units on the pages, and what a standard user in one sees: everywhere the same meters."""

import io
import zipfile

import pytest
from sqlalchemy.orm import Session

from host.store import accounts, database, units
from host.web import sight
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from shared.errors import Busy
from tests.fakes import installation
from tests.host.web.conftest import GERMAN, client_of, grant, send

MINE, OTHER = 2, 3


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Peter, a standard user, is in a unit with the meters 2 and 5."""
    folder = tmp_path_factory.mktemp("units")
    installation.install(folder)
    engine = database.open_writer(database.database_path(folder))
    with Session(engine) as session, session.begin():
        flat = units.add(session, "Olga", "Flat <2>", "first floor")
        peter = accounts.by_name(session, "Peter")
        units.set_meters(session, "Olga", flat.id, [MINE, 5])
        units.set_users(session, "Olga", flat.id, [peter.id])
    engine.dispose()
    (folder / "exports" / "1").mkdir(parents=True)
    (folder / "exports" / "1" / "DataExport.zip").write_bytes(b"PK of all meters")
    return folder


@pytest.fixture
def peter(app):
    return client_of(app, "Peter")


def test_the_overview_has_the_units_meters_alone(client, peter):
    assert client.get("/").text.count('id="meter-') == 14 + 1  # and the table's body
    page = peter.get("/").text
    assert page.count('id="meter-') == 2 + 1
    assert "Flat 1 cold water" in page
    assert "Flat 1 heating" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/meters/{}",
        "/meters/{}/chart",
        "/meters/{}/chart.json",
        "/meters/{}/chart.csv",
        "/export/data?meter={}",
    ],
)
def test_another_meter_is_as_one_there_is_not(client, peter, path):
    assert client.get(path.format(OTHER)).status_code == 200
    assert peter.get(path.format(MINE)).status_code == 200
    assert peter.get(path.format(OTHER)).status_code == 404
    assert peter.get(path.format(99)).status_code == 404


def test_a_reading_of_another_meter_is_not_shown_at_ones_own(app, peter):
    with sight.looking(None):
        (other, *_) = app.extensions["meters"].readings(OTHER, 1)
    assert peter.get(f"/meters/{MINE}?reading={other.id}").status_code == 404
    assert peter.get(f"/meters/{OTHER}?reading={other.id}").status_code == 404


def test_an_export_of_everything_has_the_units_meters_alone(client, peter):
    def names(browser):
        answer = browser.get("/export/data")
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            return [name.partition("-")[0] for name in archive.namelist()]

    assert len(names(client)) == 13
    assert names(peter) == ["2", "5"]
    page = peter.get("/export").text
    assert "Flat 1 heating" not in page
    assert 'id="exports"' not in page


def test_an_export_is_of_a_unit_alone_if_wanted(client, peter):
    def names(browser, query):
        answer = browser.get(f"/export/data?{query}")
        if answer.status_code != 200:
            return answer.status_code
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            return [name.partition("-")[0] for name in archive.namelist()]

    assert "Flat &lt;2&gt;</option>" in client.get("/export").text
    assert names(client, "unit=1") == ["2", "5"]
    assert names(client, "unit=1&medium=heat") == []
    assert names(client, "unit=2") == 404
    assert names(peter, "unit=1") == ["2", "5"]
    assert names(peter, "unit=2") == 404, "no unit of theirs"


def test_a_file_with_all_meters_is_for_those_who_see_all(client, peter):
    path = "/export/background/1/DataExport.zip"
    assert client.get(path).status_code == 200
    assert peter.get(path).status_code == 404


def test_where_nobody_has_said_who_looks_nothing_is_shown(app):
    assert app.extensions["meters"].rows() == []
    assert app.extensions["meters"].row(MINE) is None
    assert app.extensions["meters"].readings(MINE, 1) == []


def test_units_are_listed_with_how_many_are_in_them(client):
    page = client.get("/units", headers=GERMAN).text
    assert "Flat &lt;2&gt;" in page
    assert 'data-label="Zähler">2<' in page
    assert 'data-label="Benutzer">1<' in page
    page = client.get("/units/1", headers=GERMAN).text
    assert page.count(" checked") == 3
    assert client.get("/units/9").status_code == 404


@pytest.fixture
def asked(core, monkeypatch):
    """What the core is asked to change, which it grants."""

    def note(method, params):
        assert params.pop("who") == "Olga"
        return method, params

    return grant(core, monkeypatch, note, id=7)


def test_a_unit_is_added_filled_called_otherwise_and_deleted(client, asked):
    answer = send(client, "/units", name=" Shop ", description="street")
    assert answer.headers["Location"] == "/units/7?done=added"
    send(client, "/units/1/members", meter=["2", "5"], user=[])
    send(client, "/units/1/members", meter=["2", "4"], user=["2"])
    send(client, "/units/1", name="Flat 2", description="")
    assert send(client, "/units/1/delete").headers["Location"] == "/units?done=deleted"
    assert asked == [
        ("units.add", {"name": "Shop", "description": "street"}),
        ("units.set_users", {"id": 1, "users": []}),
        ("units.set_meters", {"id": 1, "meters": [2, 4]}),
        ("units.change", {"id": 1, "name": "Flat 2", "description": ""}),
        ("units.delete", {"id": 1}),
    ]


@pytest.mark.parametrize("path", ["/units", "/units/1"])
def test_a_name_that_cannot_be_is_told_and_what_was_typed_stays(client, core, monkeypatch, path):
    def request(_method, **_params):
        raise Busy("Shop: there is a consumer unit of this name already")

    monkeypatch.setattr(core, "request", request)
    for name, told in (("", "1 bis 100 Zeichen"), ("Shop", "gibt es schon")):
        answer = send(client, path, name=name, description="typed before")
        assert answer.status_code == 422
        assert told in answer.text
        assert 'value="typed before"' in answer.text


def test_a_unit_that_empties_shows_nothing(tmp_path):
    installation.install(tmp_path)
    engine = database.open_writer(database.database_path(tmp_path))
    with Session(engine) as session, session.begin():
        flat = units.add(session, "Olga", "Flat", "")
        units.set_users(session, "Olga", flat.id, [accounts.by_name(session, "Peter").id])
    engine.dispose()
    app = create_app(WebSettings(tmp_path), CoreLine(tmp_path))
    assert 'id="meter-1"' not in client_of(app, "Peter").get("/").text
