"""Signing in and out: who, from where, to where; nothing told to who is not."""

import re
import time

import pytest

from host.store import passwords
from host.web import people as people_module
from host.web.access import COOKIE
from tests.fakes.installation import PASSWORD
from tests.host.web.conftest import client_of
from tests.host.web.test_access import token


@pytest.fixture
def stranger(app):
    return app.test_client()


def sign_in(client, name="Olga", password=PASSWORD, language="en", **fields):
    fields |= {"name": name, "password": password, "csrf": token(client)}
    return client.post("/sign-in", data=fields, headers={"Accept-Language": language})


def test_the_right_name_and_password_lead_where_one_wanted(stranger):
    answer = sign_in(stranger, next="/meters/1?reading=2")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/meters/1?reading=2")
    assert "Flat 1 heating" in stranger.get("/").text


@pytest.mark.parametrize("name", ["olga", "OLGA", " Olga "])
def test_case_and_blanks_of_the_name_do_not_matter(stranger, name):
    assert sign_in(stranger, name).status_code == 303


@pytest.mark.parametrize("wanted", ["//evil.example", "http://evil.example/", "/\\evil.example"])
def test_they_lead_to_no_other_site(stranger, wanted):
    page = stranger.get("/sign-in", query_string={"next": wanted}).text
    assert 'name="next" value="/"' in page
    assert sign_in(stranger, next=wanted).headers["Location"] == "/"


def test_the_cookie_is_out_of_reach_and_new_at_each_sign_in(app, stranger):
    stranger.set_cookie(COOKIE, "chosen by somebody else")
    first = sign_in(stranger).headers.getlist("Set-Cookie")
    (cookie,) = [line for line in first if line.startswith(COOKIE)]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "chosen" not in cookie
    old = stranger.get_cookie(COOKIE).value
    sign_in(stranger)
    assert stranger.get_cookie(COOKIE).value != old
    assert app.extensions["sessions"].find(old) is None, "the one before has ended"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Benutzername oder Passwort falsch!"),
        ("en", "Incorrect user name or password!"),
        ("fr", "Nom d&#39;utilisateur ou mot de passe incorrect !"),
    ],
)
def test_a_wrong_password_gets_the_manuals_message_and_no_session(stranger, language, text):
    for name, password in (("Olga", "wrong"), ("Nobody", PASSWORD), ("", ""), ("Olga", "x" * 999)):
        stranger.application.extensions["attempts"].__init__()
        answer = sign_in(stranger, name, password, language)
        assert answer.status_code == 401
        assert text in answer.text
        assert stranger.get_cookie(COOKIE) is None
        assert password not in answer.text or not password


def test_after_a_few_the_wait_is_told_and_kept(stranger, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    for _ in range(3):
        answer = sign_in(stranger, password="wrong")
    assert answer.headers["Retry-After"] == "2"
    assert "wait 2 seconds" in answer.text
    early = sign_in(stranger)
    assert early.status_code == 429, "also with the right password"
    now[0] += 2
    assert sign_in(stranger).status_code == 303


def test_a_user_there_is_not_takes_as_long(stranger, monkeypatch):
    checked = []

    def fits(hashed, password):
        checked.append(hashed)
        return False

    monkeypatch.setattr(people_module.passwords, "fits", fits)
    sign_in(stranger, "Olga")
    sign_in(stranger, "Nobody")
    assert checked[0].startswith("$argon2id$")
    assert checked[1] == passwords.NOBODY


def test_signing_out_ends_the_session_on_the_server(client):
    stolen = client.get_cookie(COOKIE).value
    answer = client.post("/sign-out", data={"csrf": token(client)})
    assert answer.headers["Location"] == "/sign-in?out=1"
    assert "You are signed out." in client.get("/sign-in?out=1").text
    client.set_cookie(COOKIE, stolen)
    assert client.get("/").status_code == 303


def test_ten_idle_minutes_end_it_whatever_the_cookie_says(app, client):
    begun = time.time()
    app.extensions["sessions"].clock = lambda: begun + 599
    assert client.get("/").status_code == 200
    app.extensions["sessions"].clock = lambda: begun + 599 + 601
    assert client.get("/").headers["Location"] == "/sign-in"
    assert "ten minutes" in client.get("/sign-in?ended=1").text


def test_staying_is_asked_for_by_a_button(app, client):
    begun = time.time()
    mine = client.get_cookie(COOKIE).value
    csrf = token(client)
    app.extensions["sessions"].clock = lambda: begun + 560
    answer = client.post("/stay", data={"csrf": csrf}, headers={"HX-Request": "true"})
    assert answer.text.strip() == '<div id="idle"></div>'
    assert app.extensions["sessions"].left_s(mine) == 600
    assert client.post("/stay", data={"csrf": csrf}).headers["Location"] == "/"


def test_who_is_signed_in_passes_the_sign_in(client):
    assert client.get("/sign-in?next=/export").headers["Location"] == "/export"


def test_the_sign_in_tells_nothing_of_the_installation_but_its_name(stranger):
    page = stranger.get("/sign-in").text
    assert "Rosenweg 12" in page
    for part in ("Flat 1", "/live?", "core-notice", "Olga", 'id="clock"'):
        assert part not in page


def test_the_language_is_chosen_before_and_kept_with_the_user(app, stranger, core, monkeypatch):
    asked = []
    monkeypatch.setattr(core, "request", lambda method, **told: asked.append((method, told)))
    fields = {"language": "fr", "page": "/sign-in?next=%2Fexport", "csrf": token(stranger)}
    answer = stranger.post("/language", data=fields)
    assert answer.headers["Location"] == "/sign-in?next=%2Fexport"
    assert "Se connecter" in stranger.get("/sign-in").text
    assert asked == []
    client = client_of(app, "Peter")
    client.post("/language", data={"language": "de", "csrf": token(client)})
    assert asked == [("users.set_language", {"who": "Peter", "id": 2, "language": "de"})]


def test_a_watchdog_is_answered(stranger):
    answer = stranger.get("/health")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_who_comes_and_goes_and_who_was_refused_is_handed_to_the_audit(stranger, core, monkeypatch):
    asked = []
    monkeypatch.setattr(core, "request", lambda method, **told: asked.append((method, told)))
    sign_in(stranger, "OLGA", "wrong")
    sign_in(stranger, "olga")
    stranger.post("/sign-out", data={"csrf": token(stranger)})
    notes = [(told["what"], told["name"]) for method, told in asked if method == "signing.note"]
    assert notes == [("refused", "OLGA"), ("in", "Olga"), ("out", "Olga")]
    assert {told["address"] for _, told in asked} == {"127.0.0.1"}
    assert "wrong" not in str(asked)


def test_the_audit_tells_them_in_words(site):
    app = site.server.app
    olga, stranger = client_of(app, "Olga"), app.test_client()
    sign_in(stranger, "Peter", "wrong")
    sign_in(stranger, "Peter")
    stranger.post("/sign-out", data={"csrf": token(stranger)})
    page = olga.get("/audit", headers={"Accept-Language": "de"}).text
    rows = [re.sub(r"<[^>]*>|\s+", " ", row) for row in re.findall(r"<tr.*?</tr>", page, re.S)]
    told = [" ".join(row.split()) for row in rows[1:4]]
    assert "Peter Abgemeldet Adresse 127.0.0.1" in told[0]
    assert "Peter Angemeldet Adresse 127.0.0.1" in told[1]
    assert "Niemand angemeldet Anmeldung abgelehnt Peter Adresse 127.0.0.1 Wie oft 1" in told[2]
