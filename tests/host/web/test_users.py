"""The pages of users and of changes, for administrators (manual 6.3.2-6.3.4)."""

import re

import pytest
from sqlalchemy.orm import Session

from host.store import accounts, audit, database, passwords
from host.web.access import COOKIE
from host.web.core_line import CoreLine
from shared.errors import Misuse
from tests.fakes.web import sign_in
from tests.host.web.test_access import token

NEW = "four words in a row"


@pytest.fixture
def client(site):
    client = site.server.app.test_client()
    client.set_cookie(COOKIE, sign_in(site.server.app, "Olga"))
    return client


def post(client, path, language="en", **fields):
    if "new" in fields:
        fields.setdefault("repeat", fields["new"])
    headers = {"Accept-Language": language}
    return client.post(path, data=fields | {"csrf": token(client)}, headers=headers)


def users(site):
    with database.reading(database.database_path(site.data)) as session:
        return {user.name: user for user in accounts.all(session)}


def test_a_user_is_added_and_can_sign_in(site, client):
    fields = {"name": "Jörg", "role": "standard", "new": NEW}
    assert post(client, "/users", **fields).headers["Location"] == "/users?done=added"
    added = users(site)["Jörg"]
    assert passwords.fits(added.password, NEW)
    assert (added.role, added.must_change) == ("standard", False)
    page = client.get("/users?done=added").text
    assert "The user was added." in page
    assert f'href="/users/{added.id}"' in page


@pytest.mark.parametrize(
    ("fields", "language", "text"),
    [
        ({"name": "Al"}, "de", "Der Name ist zu kurz"),
        ({"name": "olga"}, "de", "Es gibt schon einen Benutzer mit diesem Namen."),
        ({"role": ""}, "fr", "Aucun rôle sélectionné"),
        ({"new": "12"}, "en", "Password too short!"),
        ({"repeat": "another"}, "en", "The repeated password is another one."),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(site, client, fields, language, text):
    before = users(site)
    wanted = {"name": "Hausmeister", "role": "standard", "new": NEW} | fields
    answer = post(client, "/users", language, **wanted)
    assert answer.status_code == 422
    assert text in answer.text
    assert f'value="{wanted["name"]}"' in answer.text
    assert NEW not in answer.text
    assert users(site) == before


def test_role_and_password_of_others_are_changed(site, client):
    number = users(site)["Peter"].id
    assert post(client, f"/users/{number}/role", role="administrator").status_code == 303
    assert users(site)["Peter"].is_administrator
    answer = post(client, f"/users/{number}/password", new=NEW, must_change="on")
    assert answer.headers["Location"] == "/users?done=password"
    peter = users(site)["Peter"]
    assert passwords.fits(peter.password, NEW)
    assert peter.must_change
    assert "must choose a password" in client.get("/users").text


def test_others_are_deleted_but_neither_oneself_nor_the_last_administrator(site, client):
    known = users(site)
    assert "Delete Peter" in client.get(f"/users/{known['Peter'].id}").text
    assert post(client, f"/users/{known['Peter'].id}/delete").status_code == 303
    assert set(users(site)) == {"Olga"}
    own = known["Olga"].id
    for path in (f"/users/{own}/delete", f"/users/{own}/role", f"/users/{own}/password"):
        assert post(client, path, role="standard", new=NEW).status_code == 403
    assert client.get("/users/99").status_code == 404
    assert users(site)["Olga"] == known["Olga"]


def test_the_last_administrator_remains_also_when_two_are_at_it(site, client):
    """Olga's page is open while the command line makes her a standard user."""
    core, known = site.server.core, users(site)
    core.request("users.change_role", who="x", id=known["Peter"].id, role="administrator")
    core.request("users.change_role", who="x", id=known["Olga"].id, role="standard")
    assert post(client, f"/users/{known['Peter'].id}/delete").status_code == 403


def test_how_long_passwords_are_is_a_setting_and_told_at_the_form(site, client):
    fields = {"password_min": "10"}
    assert post(client, "/settings/users", **fields).headers["Location"].startswith("/settings?")
    assert "10 characters or more" in client.get("/users").text
    assert post(client, "/users", name="Jörg", role="standard", new="123456789").status_code == 422


def test_changes_are_told_newest_first_by_user_in_words(site, client):
    number = users(site)["Peter"].id
    post(client, f"/users/{number}/role", role="administrator")
    post(client, "/settings/users", password_min="10")
    engine = database.open_writer(database.database_path(site.data))
    with Session(engine) as session, session.begin():
        hostile = {"name": "<b>\u202eSüd"}
        before = {"name": "Rosenweg 12"}
        cycle = {"before": {"cycle_s": 900}, "after": {"cycle_s": 0}}
        audit.record(session, "Peter", "settings.changed", "readout", **cycle)
        audit.record(session, "Peter", "settings.changed", "site", before=before, after=hostile)
    engine.dispose()
    page = client.get("/audit", headers={"Accept-Language": "de"}).text
    rows = [re.sub(r"<[^>]*>|\s+", " ", row) for row in re.findall(r"<tr.*?</tr>", page, re.S)][1:]
    rows = [" ".join(row.split()) for row in rows]
    assert "Peter Einstellungen geändert Anlage Name Rosenweg 12 → &lt;b&gt;[U+202E]" in rows[0]
    assert "Auslesung Auslesezyklus 15 Minuten → ununterbrochen" in rows[1]
    assert (
        "Olga Einstellungen geändert Benutzer Kürzestes Passwort 8 Zeichen → 10 Zeichen" in rows[2]
    )
    assert "Olga Rolle geändert Peter Rolle Standardbenutzer → Administrator" in rows[3]
    assert "Erster Start Benutzer hinzugefügt Peter Rolle Standardbenutzer" in rows[4]
    own = client.get("/audit?who=Peter").text
    assert own.count("<tr") == 3
    assert "<b>" not in page


def test_many_changes_come_in_pages(site, client):
    engine = database.open_writer(database.database_path(site.data))
    with Session(engine) as session, session.begin():
        for number in range(120):
            audit.record(session, "command line", "meter.added", str(number), after={"baud": 300})
    engine.dispose()
    seen, path = [], "/audit?who=command+line"
    while path:
        page = client.get(path).text
        seen += re.findall(r"<strong>Meter added</strong> <span>(\d+)</span>", page)
        older = re.search(r'href="([^"]*)">Older', page)
        path = older and older[1].replace("&amp;", "&")
    assert seen == [str(number) for number in reversed(range(120))]


def test_a_change_that_names_nobody_is_a_mistake_of_ours(tmp_path):
    with pytest.raises(Misuse, match="for whom"):
        CoreLine(tmp_path).request("users.delete", id=1)
