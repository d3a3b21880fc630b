"""L4: the page of status messages: texts of the manual in three languages, filter, delete, undo."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from sqlalchemy.orm import Session
from websockets.sync.client import connect

from host.store import accounts, database, status_messages, units
from host.store.status_messages import Said
from host.texts import words as names
from host.texts.catalogue import gettext
from host.web.access import COOKIE
from shared.status_codes import ROWS, SEVERITIES
from tests.fakes import installation
from tests.fakes.web import Site, sign_in
from tests.host.web.test_access import token
from tests.host.web.test_live import pieces_until

AT = datetime(2026, 11, 27, 22, 30, tzinfo=UTC)


@pytest.fixture
def site(tmp_path):
    installation.install(tmp_path)
    with Site(tmp_path) as site:
        site.do(site.connected)
        write(site, lambda session: status_messages.clear(session, "test"))
        yield site


@pytest.fixture
def client(site):
    return client_of(site, "Olga")


def client_of(site, name):
    client = site.server.app.test_client()
    client.set_cookie(COOKIE, sign_in(site.server.app, name))
    return client


def write(site, work):
    engine = database.open_writer(database.database_path(site.data))
    with Session(engine) as session, session.begin():
        work(session)
    engine.dispose()


def shown(client, query="", language="en"):
    """Return the messages of the page as texts."""
    page = client.get(f"/messages{query}", headers={"Accept-Language": language}).text
    found = re.findall(r'<tr role="row" id="message-.*?</tr>', page, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in found]


def test_l4_every_message_has_its_text_number_and_type():
    assert {key for _, key, *_ in ROWS} == set(names.STATUS_MESSAGES)
    assert {number for number, *_ in ROWS} == set(names.STATUS_NUMBERS) == set(range(11))
    assert set(SEVERITIES) == set(names.SEVERITIES)


@pytest.mark.parametrize("language", ["de", "en", "fr"])
def test_l4_messages_speak_the_language_of_the_page(site, client, language):
    site.do(site.core.say, *(Said(key, AT, which="4711") for _, key, *_ in ROWS))
    rows = shown(client, language=language)
    assert len(rows) == len(ROWS)
    for _, key, severity, *_ in ROWS:
        text = gettext(language, names.STATUS_MESSAGES[key]).replace("{meter}", " 4711 ")
        kind = gettext(language, names.SEVERITIES[severity])
        wanted = " ".join(text.split()).replace(" :", ":")
        fitting = [row for row in rows if wanted in row.replace(" :", ":")]
        assert len(fitting) == 1, (key, rows)
        assert fitting[0].startswith(kind)


def test_l4_a_message_links_its_meter_and_tells_what_to_do(site, client):
    said = Said("meter_unreadable", AT, 1, "10000001", "no_answer", "1: nothing came <b>")
    site.do(site.core.say, said)
    page = client.get("/messages", headers={"Accept-Language": "fr"}).text
    assert '<a href="/meters/1">10000001 <span>Flat 1 heating</span></a>' in page
    assert "Le compteur ne répond pas." in page
    assert "Que faire ?" in page
    assert "nothing came &lt;b&gt;" in page
    assert "27 nov. 2026, 23:30:00" in page  # in the zone of the site
    assert 'title="27 nov. 2026, 22:30:00 UTC"' in page


def test_l4_the_supply_and_the_status_are_told_in_words(site, client):
    site.do(
        site.core.say,
        Said("bus_overcurrent", AT, detail="segment 2: 11840 mV, 1512 mA"),
        Said("meter_fault", AT, 7, "10000007", detail="0x0c"),
        Said("meter_fault", AT, 7, "10000007"),
    )
    flags, status, short = shown(client, language="de")
    assert "Segment 2: 11,8 V, 1.512 mA" in short
    assert "Was tun?" in short
    assert "Batterie oder Versorgung schwach, Dauerhafter Fehler Was tun?" in status
    assert "Seine Fehlerkennung ist gesetzt. Was tun?" in flags


SENDERS_TO_COME = ("cloud_upload_failed", "server_upload_failed", "mail_failed")


def test_w5_whatever_is_no_mere_news_tells_cause_and_next_step(site, client):
    for _, key, severity, *_ in ROWS:
        if severity != "info" and key not in SENDERS_TO_COME:
            cause = "no_answer" if key == "meter_unreadable" else ""
            site.do(site.core.say, Said(key, AT, which="4711", cause=cause))
    rows = shown(client, language="de")
    assert len(rows) == 5
    assert all("Was tun?" in row for row in rows), rows


def test_l4_the_filter_stands_in_the_address(site, client):
    site.do(site.core.say, *(Said(key, AT) for _, key, *_ in ROWS if key != "meter_fault"))
    assert len(shown(client, "?number=1")) == 4
    assert len(shown(client, "?number=1&type=error")) == 1
    assert len(shown(client, "?number=evil&type=%3Cb%3E")) == len(ROWS) - 1
    page = client.get("/messages?number=1&type=error").text
    assert '<option value="1" selected>1 – M-Bus overcurrent</option>' in page
    assert 'href="/messages?number=1&amp;type=error"' in page  # refresh keeps it
    assert "No message fits this filter." in client.get("/messages?number=10").text


def test_l4_older_messages_are_on_further_pages(site, client):
    site.do(site.core.say, *(Said("mail_failed", AT, detail=str(n)) for n in range(150)))
    assert len(shown(client)) == 100
    assert 'href="/messages?skip=100"' in client.get("/messages").text
    assert len(shown(client, "?skip=100")) == 50


def test_l4_all_are_deleted_and_had_back(site, client):
    site.do(site.core.say, Said("logger_started", AT))
    answer = client.post("/messages/clear", data={"csrf": token(client)})
    assert answer.headers["Location"] == "/messages?cleared"
    page = client.get("/messages?cleared").text
    assert "All messages were deleted." in page
    assert "No message yet." in page
    client.post("/messages/restore", data={"csrf": token(client)})
    assert len(shown(client)) == 1


def test_l4_a_standard_user_reads_and_sees_only_its_meters(site):
    def own_unit(session):
        (peter,) = [user for user in accounts.all(session) if user.name == "Peter"]
        unit = units.add(session, "Olga", "Flat 1", "")
        units.set_meters(session, "Olga", unit.id, [1])
        units.set_users(session, "Olga", unit.id, [peter.id])

    site.do(
        site.core.say,
        Said("logger_started", AT),
        Said("meter_unreadable", AT, 1, "10000001"),
        Said("meter_unreadable", AT, 2, "20000002"),
    )
    client = client_of(site, "Peter")
    assert len(shown(client)) == 3
    assert "/messages/clear" not in client.get("/messages?cleared").text
    write(site, own_unit)
    assert "20000002" not in client.get("/messages").text
    assert len(shown(client)) == 2
    with live(site, "messages--", "Peter") as page:
        assert "20000002" not in pieces_until(page, '<section id="messages"')[-1]


def live(site, view, name="Olga"):
    address = f"ws://127.0.0.1:{site.port}/live?view={view}&language=de"
    return connect(address, additional_headers={"Cookie": site.cookie(name)})


def test_l4_a_new_message_comes_by_itself_through_the_filter(site):
    with live(site, "messages-8-error") as page:
        pieces_until(page, '<section id="messages"', "Keine Meldung passt")
        site.do(site.core.say, Said("logger_started", AT), Said("meter_unreadable", AT, 3, "77"))
        piece = pieces_until(page, '<section id="messages"', "77")[-1]
        assert "gestartet" not in piece
