"""The scan page: the form, what was found, adding it, and what is said against it."""

import asyncio
import io
import re

import pytest
from sqlalchemy.orm import Session

from host.readout import planned
from host.readout.planned import Planned
from host.store import database
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from shared.errors import Busy, LinkLost
from tests.fakes import installation
from tests.fakes.scanned import Scanned, found
from tests.host.web.conftest import GERMAN, client_of, send, token


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data folder of this file alone: it has a planned list, and a meter read by its number."""
    folder = tmp_path_factory.mktemp("scan")
    installation.install(folder)
    return folder


@pytest.fixture
def core(data):
    line = CoreLine(data)
    line.link = "connected"
    return line


@pytest.fixture
def client(data, core):
    return client_of(create_app(WebSettings(data), core), "Olga")


@pytest.fixture
def board():
    return Scanned()


@pytest.fixture
def asked(core, board, monkeypatch):
    """What the core is asked for, which it grants."""
    calls = []

    def request(method, **params):
        calls.append((method, params))
        if method == "scan.start":
            board.restart()
            board.run(0)
            return board.state
        return {"added": [{"id": 99, "address": "99"}], "known": [], "changed": 1}

    monkeypatch.setattr(core, "request", request)
    return calls


@pytest.fixture
def see(core, board):
    """See what a board has found: see(rows, end=...)."""

    def look(rows, **changes):
        board.run(rows, **changes)
        asyncio.run(core.scans.learn(board.ask))

    return look


@pytest.fixture
def plan(data):
    """Have a planned list: plan(Planned...)."""

    def keep(*wanted):
        engine = database.open_writer(database.database_path(data))
        with Session(engine) as session, session.begin():
            planned.save(session, wanted)
        engine.dispose()

    yield keep
    keep()


def piece(page, start, end):
    return page.partition(start)[2].partition(end)[0]


def row(page, key):
    return piece(page, f'id="found-{key}"', "</tr>")


def test_before_the_first_scan_the_page_says_what_to_do(client):
    page = client.get("/scan", headers=GERMAN).text
    assert "Suche starten" in page
    assert "37 Sek." in page
    assert "<table" not in page
    assert re.search(r'value="2400" checked', page)


def test_a_scan_is_started_as_the_form_says(client, asked):
    answer = send(client, "/scan", by="primary", first="3", last="9", baud=["300", "2400"])
    assert (answer.status_code, answer.headers["Location"]) == (303, "/scan#scan-progress")
    (method, wanted), *_ = asked
    assert (method, wanted["by"], wanted["first"], wanted["last"]) == (
        "scan.start",
        "primary",
        3,
        9,
    )
    assert wanted["bauds"] == [300, 2400]
    page = client.get("/scan", headers=GERMAN).text
    assert "Suche läuft" in page
    assert 'form="stop-form"' in page
    assert 'id="scan-chip"><a' in client.get("/").text
    send(client, "/scan/stop")
    assert asked[-1] == ("scan.stop", {"who": "Olga"})


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "Bereichsfehler"), ("en", "Range error"), ("fr", "Erreur dans la plage")],
)
def test_a_wrong_range_is_refused_in_place_with_the_manuals_words(client, asked, language, text):
    fields = {"csrf": token(client), "by": "primary", "first": "9", "last": "3", "baud": "300"}
    answer = client.post("/scan", data=fields, headers={"Accept-Language": language})
    assert answer.status_code == 422
    assert text in piece(answer.text, 'id="range-problem"', "</p>")
    assert 'name="first" value="9"' in answer.text
    assert re.search(r'value="300" checked', answer.text)
    assert asked == []


def test_a_mask_and_no_rate_at_all_are_refused(client, asked):
    answer = send(client, "/scan", by="secondary", mask='"><script>')
    assert 'id="mask-problem"' in answer.text
    assert 'id="bauds-problem"' in answer.text
    assert "<script>" not in answer.text
    assert asked == []


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Busy("a scan is under way; stop it first"), "Eine Suche läuft bereits."),
        (Busy("the bus is in use: level converter"), "Der Pegelwandler ist eingeschaltet."),
        (Busy("the bus is in use: something"), "Der M-Bus ist belegt."),
        (LinkLost("cable"), "Die Verbindung zum Logger ist unterbrochen."),
        (TimeoutError(), "Der Logger hat nicht rechtzeitig geantwortet."),
    ],
)
def test_what_is_said_against_a_scan_is_told_with_cause_and_next_step(
    client, core, monkeypatch, error, text
):
    def request(_method, **_params):
        raise error

    monkeypatch.setattr(core, "request", request)
    answer = send(client, "/scan", by="secondary", mask="6214", baud="300")
    assert answer.status_code == 503
    assert text in answer.text
    assert 'value="6214"' in answer.text, "what was typed stays"


def test_without_a_board_it_is_told_at_once(client, core, asked):
    core.link = "not_connected"
    assert send(client, "/scan", baud="2400").status_code == 503
    assert asked == []


def test_a_bus_that_is_shorted_and_nobody_found_are_explained(client, see):
    short = {"key": "bus_short", "detail": "segment 1: 80 mA"}
    see([], error=short)
    page = client.get("/scan", headers=GERMAN).text
    assert "zu viel Strom" in page
    assert "geht von selbst weiter" in page
    see([], error=None, running=False, end="done")
    assert "Es wurde kein Zähler gefunden." in client.get("/scan", headers=GERMAN).text


def test_each_found_meter_says_what_it_is_and_the_new_ones_are_marked(client, see):
    new = found(1, primary=81)
    known = found(2, address="2", primary=2, secondary=None)
    moved = found(3, address="3", primary=3, secondary=None, bauds=[300])
    hidden = found(4, address="99", primary=99, secondary=None, trouble="garbled_answer")
    see([new, known, moved, hidden])
    page = client.get("/scan", headers=GERMAN).text
    one = row(page, "1-" + new["address"])
    for word in ("Neu", "Wasser", "HYD", "60000001", "primär 81", "2400", "checked"):
        assert word in one
    assert "Bekannt" in row(page, "1-2")
    assert 'type="checkbox"' not in row(page, "1-2")
    assert "mit 2400 Baud erfasst, mit 300 gefunden" in row(page, "1-3")
    assert "Zwei Zähler haben vermutlich diese Adresse." in row(page, "1-99")
    assert 'type="checkbox"' not in row(page, "1-99")


def test_the_marked_ones_are_added_with_their_rates_and_names(client, see, asked):
    see([found(1, primary=81), found(2, primary=82, bauds=[300]), found(3, primary=83)])
    first, second = ("1-" + found(n)["address"] for n in (1, 2))
    fields = {"meter": [first, second, "1-99", "x"], f"name-{first}": " Bad ", f"name-{second}": ""}
    answer = send(client, "/scan/add", **fields)
    assert answer.headers["Location"] == "/scan?added=1&known=0&at=found#found"
    ((method, params),) = asked
    assert method == "meters.add_each"
    assert [(one["address"], one["baud"], one["name"]) for one in params["meters"]] == [
        (found(1)["address"], 2400, "Bad"),
        (found(2)["address"], 300, ""),
    ]
    page = client.get("/scan?added=2&known=1&at=found", headers=GERMAN).text
    assert "2 Zähler wurden hinzugefügt. 1 war schon erfasst." in page


def test_nothing_marked_adds_nothing(client, see, asked):
    see([found(1, primary=81)])
    answer = send(client, "/scan/add")
    assert answer.status_code == 422
    assert "Es ist kein Zähler markiert." in answer.text
    assert asked == []


def test_a_change_is_taken_over_alone_or_with_the_others(client, see, asked):
    rates = [found(n, address=str(n), primary=n, secondary=None, bauds=[300]) for n in (2, 3)]
    see(rates)
    assert "Alle 2 Änderungen übernehmen" in client.get("/scan", headers=GERMAN).text
    send(client, "/scan/take-over", take="1-3")
    send(client, "/scan/take-over", take="all")
    send(client, "/scan/take-over", take="1-99")
    wanted = [[one["address"] for one in params["meters"]] for _, params in asked]
    assert wanted == [["3"], ["2", "3"]]
    assert asked[0][1]["meters"][0]["baud"] == 300


def test_the_list_names_the_found_and_tells_the_missing_and_the_unexpected(
    client, see, asked, plan
):
    plan(
        Planned("60000001FFFFFFFF", "Bad", "EG", "4711"),
        Planned("88888888FFFFFFFF", "<script>", "Dach"),
    )
    assert "<table" not in client.get("/scan").text, "before a scan nobody is missing"
    see([found(1, primary=81), found(2, primary=82)], running=False, end="done")
    page = client.get("/scan", headers=GERMAN).text
    first, second = ("1-" + found(n)["address"] for n in (1, 2))
    assert 'value="Bad"' in row(page, first)
    assert "EG · 4711" in row(page, first)
    assert "nicht auf der Liste" in row(page, second)
    missing = row(page, "plan-88888888FFFFFFFF")
    assert "Nicht gefunden" in missing
    assert "checked" not in missing
    assert "<script>" not in missing
    assert "Gefunden: 1, nicht gefunden: 1, nicht auf der Liste: 1." in page
    assert "Nicht alle Zähler der Liste wurden gefunden." in page
    send(client, "/scan/add", meter=[first, "plan-88888888FFFFFFFF"])
    bath, attic = asked[0][1]["meters"]
    assert (bath["name"], bath["site"], bath["cost_centre"]) == ("Bad", "EG", "4711")
    assert (attic["address"], attic["site"]) == ("88888888FFFFFFFF", "Dach")


def test_a_list_is_taken_over_whole_or_refused_with_its_lines(client, asked):
    file = (io.BytesIO("Seriennummer;Name\n62140003;Küche\n".encode()), "x.csv")
    assert send(client, "/scan/plan", file=file).status_code == 303
    assert asked == [
        (
            "plan.change",
            {"meters": planned.as_rows([Planned("62140003FFFFFFFF", "Küche")]), "who": "Olga"},
        )
    ]
    for data, text in (
        ("Seriennummer;Name\n1;Küche".encode("cp1252"), "Zeile 2: Das ist kein UTF-8-Text"),
        (b"Seriennummer;Name\n<b>;x\n1", "Zeile 2: Das ist keine Seriennummer"),
        (b"", "Die Datei nennt keinen Zähler."),
    ):
        answer = send(client, "/scan/plan", file=(io.BytesIO(data), "x.csv"))
        assert answer.status_code == 422
        assert text in answer.text
        assert "<b>" not in answer.text
    assert send(client, "/scan/plan").status_code == 422
    assert len(asked) == 1
    send(client, "/scan/plan/delete")
    assert asked[-1] == ("plan.change", {"meters": [], "who": "Olga"})


def test_a_file_that_is_too_large_says_so(client, asked):
    file = (io.BytesIO(b"x" * 70_000), "x.csv")
    answer = send(client, "/scan/plan", file=file)
    assert (answer.status_code, "zu groß" in answer.text) == (413, True)


@pytest.mark.parametrize(
    ("language", "header"),
    [
        ("de", "Seriennummer;Name;Standort;Kostenstelle"),
        ("en", "Serial number;Name;Site;Cost centre"),
        ("fr", "Numéro de série;Nom;Lieu;Centre de coûts"),
    ],
)
def test_the_header_that_the_page_shows_is_understood(client, language, header):
    assert header in client.get("/scan", headers={"Accept-Language": language}).text
    (one,) = planned.read_csv(f"{header}\n1;a;b;c\n".encode())
    assert (one.name, one.site, one.cost_centre) == ("a", "b", "c")


def test_meters_are_entered_by_their_addresses(client, asked):
    fields = {"addresses": "1-2, 12345678", "baud": "300", "segment": "2", "name": "Flat"}
    answer = send(client, "/scan/by-address", **fields)
    assert answer.headers["Location"].endswith("at=by-address#by-address")
    ((_, params),) = asked
    assert [(one["address"], one["name"]) for one in params["meters"]] == [
        ("1", "Flat 1"), ("2", "Flat 2"), ("12345678FFFFFFFF", "Flat 12345678")
    ]  # fmt: skip
    assert {(one["baud"], one["segment"]) for one in params["meters"]} == {(300, 2)}
    send(client, "/scan/by-address", addresses="5", baud="x", name="Attic")
    (five,) = asked[-1][1]["meters"]
    assert (five["name"], five["baud"]) == ("Attic", 2400)


@pytest.mark.parametrize(
    ("addresses", "text"),
    [
        ("9-3", "Bereichsfehler: 9-3"),
        ("<b>", "Das ist keine Adresse: &lt;b&gt;"),
        (",", "eine Adresse"),
    ],
)
def test_a_wrong_address_is_told_in_place(client, asked, addresses, text):
    answer = send(client, "/scan/by-address", addresses=addresses, name="Attic")
    assert answer.status_code == 422
    assert text in piece(answer.text, 'id="addresses-problem"', "</p>")
    assert 'value="Attic"' in answer.text
    assert asked == []


def test_how_long_it_takes_is_told_as_the_form_changes(client):
    answer = client.get("/scan/estimate?by=primary&first=1&last=250&baud=300", headers=GERMAN)
    assert "etwa" in answer.text
    assert "<html" not in answer.text
    assert "etwa" not in client.get("/scan/estimate?by=primary&first=9&last=1&baud=300").text
