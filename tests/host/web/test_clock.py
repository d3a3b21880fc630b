"""L2: the page Date and time: how the clock is kept, servers tried before they are stored."""

from datetime import UTC, datetime

import pytest

from tests.host.web.conftest import GERMAN, client_of


@pytest.fixture
def browser(site):
    return client_of(site.server.app, "Olga")


@pytest.fixture
def keeping(site):
    """The clock behind the page."""
    return site.core.timekeeping


def send(browser, path, **fields):
    page = browser.get("/time").text
    token = page.split('name="csrf" value="')[1].split('"')[0]
    return browser.post(path, data={"csrf": token, **fields}, headers=GERMAN)


def test_l2_the_clock_and_how_it_is_kept_stand_on_the_page(browser):
    page = browser.get("/time", headers=GERMAN).text
    for text in ("29.03.2026, 01:30:00", "29.03.2026, 00:30:00", "Synchronisiert", "pool.example"):
        assert text in page
    assert "Diese Uhr geht 1,2 ms vor." in page
    assert 'name="at"' not in page, "set by hand while servers keep it"


def test_l2_the_switch_stands_as_the_computer_has_it(browser, keeping):
    assert 'value="on" aria-describedby="time-ntp-help" checked' in browser.get("/time").text
    keeping.clock.ntp = False
    assert 'value="on" aria-describedby="time-ntp-help">' in browser.get("/time").text


def test_l2_a_server_that_answers_is_stored_and_used(browser, keeping):
    answer = send(browser, "/time", ntp="on", servers=" ntp.example ")
    assert answer.headers["Location"].startswith("/time?done=saved&change=")
    page = browser.get("/time?done=saved", headers=GERMAN).text
    assert "Die Zeitserver sind gespeichert." in page
    assert 'name="servers" value="ntp.example"' in page
    assert keeping.clock.servers == ("ntp.example",)


def test_l2_one_that_does_not_is_stored_only_when_that_is_meant(browser, keeping):
    wanted = {"ntp": "on", "servers": "ntp.example other.example"}
    answer = send(browser, "/time", **wanted)
    assert answer.status_code == 422
    assert "antwortet nach 4,2 ms. Diese Uhr geht 12,3 ms nach." in answer.text
    assert "antwortet nicht." in answer.text
    assert "Trotzdem speichern" in answer.text
    assert 'value="ntp.example other.example"' in answer.text
    assert keeping.clock.used == 0
    assert send(browser, "/time", **wanted, anyway="1").status_code == 303
    browser.get("/time")
    assert keeping.clock.servers == ("ntp.example", "other.example")


def test_l2_a_test_alone_stores_nothing(browser, keeping):
    answer = send(browser, "/time/test", ntp="on", servers="ntp.example")
    assert answer.status_code == 200
    assert "antwortet nach 4,2 ms" in answer.text
    assert "Trotzdem speichern" not in answer.text
    assert keeping.clock.used == 0


def test_l2_what_is_no_server_is_told_where_it_stands(browser, keeping):
    answer = send(browser, "/time", ntp="on", servers="-x<b>")
    assert answer.status_code == 422
    assert "ist kein Server" in answer.text
    assert "<b>" not in answer.text


def test_l2_the_clock_is_set_by_hand_in_the_sites_time(browser, keeping):
    send(browser, "/time", servers="")
    assert 'data-zone="Europe/Zurich"' in browser.get("/time").text
    answer = send(browser, "/time/clock", at="2026-07-01T12:00:05")
    assert answer.headers["Location"] == "/time?done=set"
    assert keeping.clock.set_to == [datetime(2026, 7, 1, 10, 0, 5, tzinfo=UTC)]
    assert send(browser, "/time/clock", at="soon").status_code == 422
    assert "dieses Jahrhunderts" not in send(browser, "/time/clock", at="1980-01-01T00:00").text


def test_l2_while_servers_keep_it_nobody_sets_it(browser, keeping):
    answer = send(browser, "/time/clock", at="2026-07-01T12:00")
    assert answer.status_code == 422
    assert "Sie geht nach Zeitservern" in answer.text
    assert keeping.clock.set_to == []


@pytest.mark.parametrize(
    ("why", "told"), [("no_tool", "Installieren Sie chrony"), ("not_allowed", "als root")]
)
def test_l2_with_nothing_to_set_it_with_the_page_stays_read_only(browser, keeping, why, told):
    keeping.why = why
    page = browser.get("/time", headers=GERMAN).text
    assert told in page
    assert "01:30:00" in page
    assert 'name="servers"' not in page


def test_l2_what_the_computer_refuses_is_told(browser, keeping):
    keeping.clock.fails = True
    send(browser, "/time", ntp="on", servers="ntp.example")
    page = browser.get("/time", headers=GERMAN).text
    assert "Die Uhr geht nicht so" in page
    assert "fake: refused" in page


def test_l2_a_standard_user_sees_nothing_of_it(site):
    assert client_of(site.server.app, "Peter").get("/time").status_code == 403
