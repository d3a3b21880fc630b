"""One's own password: the rules in the reader's words, and what ends with the old one."""

import pytest

from host.store import accounts, audit, database, passwords
from host.web.access import COOKIE
from tests.fakes.installation import PASSWORD
from tests.fakes.web import sign_in
from tests.host.web.test_access import token

NEW = "four words in a row"


@pytest.fixture
def client(site):
    client = site.server.app.test_client()
    client.set_cookie(COOKIE, sign_in(site.server.app, "Peter"))
    return client


def change(client, current=PASSWORD, new=NEW, repeat=None, language="en"):
    fields = {"current": current, "new": new, "repeat": new if repeat is None else repeat}
    fields["csrf"] = token(client)
    return client.post("/password", data=fields, headers={"Accept-Language": language})


def stored(site, name="Peter"):
    with database.reading(database.database_path(site.data)) as session:
        return accounts.by_name(session, name)


def test_it_is_changed_and_every_other_session_ends(site, client):
    old = client.get_cookie(COOKIE).value
    app = site.server.app
    elsewhere, others = sign_in(app, "Peter"), sign_in(app, "Olga")
    answer = change(client)
    assert answer.headers["Location"] == "/password?done=1"
    assert "The password was changed." in client.get("/password?done=1").text
    assert passwords.fits(stored(site).password, NEW)
    sessions = app.extensions["sessions"]
    assert sessions.find(old) is None
    assert sessions.find(elsewhere) is None
    assert sessions.find(others)
    assert client.get("/").status_code == 200, "this browser goes on, with a new session"
    with database.reading(database.database_path(site.data)) as session:
        entry = audit.newest(session, 1)[0]
    assert (entry.who, entry.what, entry.which) == ("Peter", "user.password_set", "Peter")


@pytest.mark.parametrize(
    ("fields", "language", "text"),
    [
        ({"repeat": "another"}, "fr", "Le mot de passe répété ne correspond pas."),
        ({"new": "12"}, "fr", "Mot de passe trop court ! Il faut au moins 3 caractères."),
        ({"new": "1234567"}, "de", "Dieser Logger verlangt mindestens 8 Zeichen."),
        ({"new": "x" * 201}, "en", "The password is too long"),
        ({"current": "wrong"}, "de", "Das aktuelle Passwort ist falsch."),
        ({"new": PASSWORD}, "en", "The new password is the one before."),
    ],
)
def test_what_is_wrong_is_told_in_words(site, client, fields, language, text):
    before = stored(site)
    answer = change(client, language=language, **fields)
    assert answer.status_code == 422
    assert text in answer.text
    assert stored(site) == before


def test_guessing_the_current_one_is_slowed(client):
    for _ in range(3):
        assert "is wrong" in change(client, current="guess").text
    assert "Too many tries" in change(client).text


def test_without_a_core_it_cannot_be_changed_and_that_is_told(site, client):
    site.do(site.core.stop)
    site.server.core._line = None
    assert "readout service is not running" in change(client).text
    site.do(site.core.start)


def test_a_password_that_others_know_leads_only_to_a_new_one(site, client):
    number = stored(site).id
    client.delete_cookie(COOKIE)
    site.server.core.request(
        "users.set_password", who="Olga", id=number, password="given by Olga", must_change=True
    )
    fields = {"name": "Peter", "password": "given by Olga", "next": "/export"}
    answer = client.post("/sign-in", data=fields | {"csrf": token(client)})
    assert answer.headers["Location"] == "/password"
    page = client.get("/password").text
    assert "is known to others" in page
    assert "/live?" not in page
    assert client.get("/").headers["Location"] == "/password"
    assert change(client, current="given by Olga", new="given by Olga").status_code == 422
    assert change(client, current="given by Olga").headers["Location"] == "/"
    assert client.get("/").status_code == 200


def test_a_password_set_by_somebody_else_or_a_user_deleted_ends_the_sessions(site, client):
    number = stored(site).id
    site.server.core.request(
        "users.set_password", who="Olga", id=number, password=NEW, must_change=False
    )
    assert client.get("/").status_code == 303
    client.set_cookie(COOKIE, sign_in(site.server.app, "Peter"))
    assert client.get("/").status_code == 200
    site.server.core.request("users.delete", who="Olga", id=number)
    assert client.get("/").status_code == 303
