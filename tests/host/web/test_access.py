"""Every route is in the table, and the table is what happens: route x role x CSRF x Origin."""

import itertools
import re
from dataclasses import replace

import pytest

from host.web import access
from host.web.routes import ACCESS, Level
from tests.fakes.web import sign_in
from tests.host.web.conftest import client_of, grant

TRIED = {
    "<int:template_id>": "1",
    "<path:filename>": "style.css",
    "<int:meter_id>": "1",
    "<int:number>": "1",
    "<int:user_id>": "2",
    "<int:unit_id>": "1",
    "<int:token_id>": "1",
    "<name>": "storage",
}
ATTACKS = ("no token", "a foreign token", "a foreign origin", "a foreign site")
PAGES = {route: level for route, level in ACCESS.items() if " /api/" not in route}
"""Those of the API are walked by `tests/host/web/api/test_api_access.py`."""
WHO = {None: Level.ANYBODY, "New": Level.SIGNED_IN, "Peter": Level.READER, "Olga": Level(3)}


def routes(app) -> set[str]:
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


@pytest.fixture
def asked(core, monkeypatch):
    """The requests that reach the core, which grants them."""
    core.link = "connected"
    return grant(core, monkeypatch, lambda method, _: method, meters=1)


def browser(app, name, monkeypatch):
    """Return a browser with a token for forms, in which the user `name` is signed in, if any."""
    if name == "New":  # Peter, who must choose a password first
        people = app.extensions["people"]
        real = people.user

        def user(number):
            found = real(number)
            return found and replace(found, must_change=True)

        client = client_of(app, "Peter")
        monkeypatch.setattr(people, "user", user)
    else:
        client = client_of(app, name) if name else app.test_client()
    return client


def token(client) -> str:
    for path in ("/sign-in", "/password", "/"):
        found = re.search(r'name="csrf" value="([^"]+)"', client.get(path).text)
        if found:
            return found[1]
    raise AssertionError("no form")


def address(route: str) -> tuple[str, str]:
    method, rule = route.split(" ", 1)
    for part, value in TRIED.items():
        rule = rule.replace(part, value)
    return method, rule


def outcome(answer) -> str:
    """Return in a word what became of a request."""
    if answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in"):
        return "sign in first"
    if answer.status_code == 303 and answer.headers["Location"] == "/password":
        return "choose a password first"
    return "refused" if answer.status_code == 403 else "let in"


def test_every_route_is_in_the_table_and_no_other(app):
    assert routes(app) == set(ACCESS)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("route", PAGES)
def test_who_is_let_in(app, asked, monkeypatch, route, who):
    client = browser(app, who, monkeypatch)
    method, path = address(route)
    fields = {"csrf": token(client)}
    if route == "POST /sign-out":
        outcomes = {Level.ANYBODY: "sign in first"}
        assert outcome(client.post(path, data=fields)) == outcomes.get(WHO[who], "sign in first")
        return
    answer = client.open(path, method=method, data=fields if method == "POST" else None)
    if who is None and ACCESS[route] > Level.ANYBODY:
        expected = "sign in first"
    elif who == "New" and ACCESS[route] > Level.SIGNED_IN:
        expected = "choose a password first"
    elif WHO[who] < ACCESS[route]:
        expected = "refused"
    else:
        expected = "let in"
    assert outcome(answer) == expected
    if expected != "let in":
        assert asked == [], "nothing reached the core"


@pytest.mark.parametrize(
    ("route", "who", "attack"),
    list(itertools.product([r for r in PAGES if r.startswith("POST")], WHO, ATTACKS)),
)
def test_a_change_from_elsewhere_is_refused_to_everybody(
    app, asked, monkeypatch, route, who, attack
):
    client = browser(app, who, monkeypatch)
    good = token(client)
    fields, headers = {"csrf": good}, {}
    match attack:
        case "no token":
            fields = {}
        case "a foreign token":
            fields = {"csrf": "x" + good}
        case "a foreign origin":
            headers = {"Origin": "http://evil.example"}
        case _:
            headers = {"Sec-Fetch-Site": "cross-site"}
    answer = client.post(address(route)[1], data=fields, headers=headers)
    assert answer.status_code == 403
    assert asked == []


def test_a_route_that_is_not_in_the_table_is_refused_to_everybody(app, monkeypatch):
    monkeypatch.delitem(ACCESS, "GET /export")
    assert client_of(app, "Olga").get("/export").status_code == 403


def test_where_one_wanted_to_go_is_remembered(app):
    client = app.test_client()
    assert client.get("/meters/1?reading=5").headers["Location"] == (
        "/sign-in?next=%2Fmeters%2F1%3Freading%3D5"
    )
    assert client.get("/").headers["Location"] == "/sign-in"
    assert client.get("/missing").headers["Location"] == "/sign-in?next=%2Fmissing"


def test_htmx_and_scripts_are_told_to_sign_in(app):
    client = app.test_client()
    htmx = {"HX-Request": "true", "HX-Current-URL": "http://localhost/meters/1?a=b"}
    answer = client.get("/export", headers=htmx)
    assert answer.headers["HX-Redirect"] == "/sign-in?next=%2Fmeters%2F1%3Fa%3Db"
    assert client.get("/export", headers={"Sec-Fetch-Dest": "empty"}).status_code == 401


def test_a_standard_user_sees_no_button_that_is_not_for_it(app):
    pages = ("/", "/meters/1", "/meters/14", "/export")
    client = client_of(app, "Peter")
    for path in pages:
        page = client.get(path).text
        posts = set(re.findall(r'(?:formaction|hx-post|action)="(/[^"]*)"', page))
        posts -= {"/language", "/sign-out", "/stay", "/export/data"}
        assert posts == set(), path
        assert "/users" not in page
        assert "/audit" not in page
    assert 'action="/readout"' in client_of(app, "Olga").get("/").text


def test_a_standard_user_is_told_why_it_may_not(app):
    answer = client_of(app, "Peter").get("/users", headers={"Accept-Language": "de"})
    assert answer.status_code == 403
    assert "Das darf nur ein Administrator." in answer.text


def test_what_is_asked_for_is_activity_and_what_is_not_ones_own_is_not(app):
    sessions = app.extensions["sessions"]
    client = client_of(app, "Olga")
    mine = client.get_cookie(access.COOKIE).value
    other = sign_in(app, "Olga")
    begun = sessions.clock()
    sessions.clock = lambda: begun + 300
    client.get("/")
    assert sessions.left_s(mine) == 600
    assert 299 < sessions.left_s(other) <= 300
