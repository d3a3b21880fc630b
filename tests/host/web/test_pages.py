"""Every page in every language: whole, translated, and with nothing a meter wrote in it raw."""

import re
from html.parser import HTMLParser

import pytest
from sqlalchemy.orm import Session

from host.store import database
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from tests.fakes import installation
from tests.host.web.conftest import client_of

PAGES = ("/", "/meters/1", "/meters/6", "/meters/7", "/meters/12", "/meters/13", "/meters/14")
PAGES += ("/export", "/export?meter=3", "/scan", "/scan?added=3&known=1", "/missing")
PAGES += ("/meters/1/chart", "/meters/1/chart?value=5&period=day", "/meters/14/chart")
PAGES += ("/password", "/password?done=1", "/users", "/users?done=added", "/users/2", "/audit")
VOID = {"meta", "link", "img", "input", "br", "wbr", "use", "path"}


class Wellformed(HTMLParser):
    """Collects scripts, styles and handlers, and checks that elements close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.inline: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        self.inline += [name for name in names if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.inline.append(tag)
        self.ids += [names["id"]] if names.get("id") else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["de", "en", "fr"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole(client, path, language):
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == (404 if path == "/missing" else 200)
    page = Wellformed(answer.text)
    assert page.open == []
    assert page.inline == [], "the content security policy forbids what is inline"
    assert len(page.ids) == len(set(page.ids)), "an id stands for one element"
    assert f'<html lang="{language}"' in answer.text


def test_a_meter_row_shows_what_the_overview_promises(client):
    row = re.search(r'<tr role="row" id="meter-1".*?</tr>', client.get("/").text, re.DOTALL)
    assert row is not None
    text = row[0]
    for part in ("state--ok", "#state-ok", "OK", "Flat 1 heating", "AMT", "10000001", "#heat"):
        assert part in text
    assert "148,213" in text
    assert "kWh" in text


def test_numbers_dates_and_words_follow_the_language(client):
    german = client.get("/meters/1", headers={"Accept-Language": "de"}).text
    assert "148.213" in german
    assert "Vorlauftemperatur" in german
    assert "22.11.2026, 17:30:00" in german
    french = client.get("/meters/1", headers={"Accept-Language": "fr"}).text
    assert "148\u202f213" in french
    assert "Température de départ" in french


def test_a_value_older_than_three_cycles_is_greyed(tmp_path):
    installation.install(tmp_path)
    app = create_app(WebSettings(tmp_path), CoreLine(tmp_path))
    page = client_of(app, "Olga").get("/").text
    assert '<tr role="row" id="meter-11" class="stale"' in page
    assert '<tr role="row" id="meter-12" class=""' in page, "40 minutes are within three cycles"


@pytest.mark.parametrize("language", ["de", "en", "fr"])
def test_an_error_says_what_which_since_when_why_and_what_next(client, language):
    page = client.get("/meters/12", headers={"Accept-Language": language}).text
    parts = {
        "de": ("antwortet nicht", "Flat 3 heating", "Festgestellt", "Verdrahtung", "Baudrate"),
        "en": ("does not answer", "Flat 3 heating", "Noticed", "wiring", "baud rate"),
        "fr": ("ne répond pas", "Flat 3 heating", "Constaté", "câblage", "vitesse"),
    }
    for part in parts[language]:
        assert part in page
    assert "nothing within 188 ms" in page


def test_an_alarm_names_the_bits_of_the_status(client):
    page = client.get("/meters/7", headers={"Accept-Language": "de"}).text
    assert "problem--alarm" in page
    assert "Dauerhafter Fehler" in page


def test_the_telegram_is_explained_record_by_record(client):
    page = client.get("/meters/1").text
    row = re.search(r'<tr[^>]*id="t1-r0".*?</tr>', page, re.DOTALL)
    assert row is not None
    cells = [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<td.*?</td>", row[0])]
    assert cells == ["19", "Energy", "0C", "06", "13 82 14 00", "103 Wh", "148213000 Wh"]
    dump = re.findall(r'<span class="byte[^"]*" data-part="r0">(..)</span>', page)
    assert " ".join(dump) == "0C 06 13 82 14 00"


def test_every_byte_of_a_telegram_belongs_to_a_line(client):
    page = client.get("/meters/6").text
    parts = re.findall(r'<span class="byte[^"]*" data-part="([^"]*)">', page)
    assert len(parts) > 100
    assert "" not in parts


def test_text_of_a_meter_is_shown_not_obeyed(client):
    for path in ("/", "/meters/13"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "\u202e" not in page
        assert "\x07" not in page
        assert "[U+202E]&lt;script&gt;alert(1)&lt;/script&gt;[U+0007]" in page
    assert "[U+001B][31m" in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_an_earlier_reading_can_be_looked_at(client):
    newest = client.get("/meters/1").text
    number = re.findall(r"/meters/1\?reading=(\d+)", newest)[-1]
    earlier = client.get(f"/meters/1?reading={number}").text
    assert "148,210" in earlier
    assert "An earlier readout" in earlier
    assert client.get(f"/meters/2?reading={number}").status_code == 404
    assert client.get("/meters/99").status_code == 404


def test_without_a_core_the_pages_open_and_say_so(client):
    page = client.get("/").text
    assert "Flat 1 heating" in page
    assert "The readout service is not running." in page


def test_an_empty_installation_names_the_next_action(tmp_path):
    installation.migrate.upgrade(database.database_path(tmp_path))
    with Session(database.open_writer(database.database_path(tmp_path))) as session:
        for name, role in installation.USERS.items():
            installation.add_user(session, name, role)
        session.commit()
    app = create_app(WebSettings(tmp_path), CoreLine(tmp_path))
    assert 'href="/scan"' in client_of(app, "Olga").get("/").text
    page = client_of(app, "Peter").get("/").text
    assert "An administrator can add meters" in page
    assert 'href="/scan"' not in page


@pytest.mark.parametrize("content", [None, b"SQLite format 3\0" + b"rubbish" * 300])
def test_a_database_that_cannot_be_read_gets_a_page_of_its_own(tmp_path, content):
    if content:
        database.database_path(tmp_path).write_bytes(content)
    app = create_app(WebSettings(tmp_path), CoreLine(tmp_path))
    answer = app.test_client().get("/", headers={"Accept-Language": "de"})
    assert answer.status_code == 503
    assert "Die Datenbank kann nicht gelesen werden." in answer.text


def test_static_files_are_kept_by_the_browser_until_they_are_others(client):
    address = re.search(r'href="(/static/style\.css\?\d+)"', client.get("/").text)
    assert address is not None, "its age is in it"
    assert client.get(address[1]).headers["Cache-Control"] == "public, max-age=31536000"
    assert client.get("/").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/meters/1?reading=", "/messages?skip=", "/audit?before=", "/templates?applied="]
)
@pytest.mark.parametrize("number", ["9" * 30, "-1", "x", "4611686018427387904"])
def test_a_number_that_nothing_has_is_no_fault_of_ours(client, path, number):
    assert client.get(path + number).status_code in (200, 404)
