"""Who may do what at the API: route x role x token or session x CSRF token x Origin."""

import itertools
from dataclasses import replace

import pytest

from host.web.guard import CSRF_HEADER
from host.web.rate import Rate
from host.web.routes import ACCESS, Level
from tests.fakes.token_holders import header
from tests.host.web.conftest import client_of, grant, token

ROUTES = {route: level for route, level in ACCESS.items() if " /api/" in route}
CHANGES = [route for route in ROUTES if not route.startswith("GET")]
TRIED = {"meter_id": "1", "user_id": "2", "unit_id": "1", "number": "1", "template_id": "1"}
WHO = {None: Level.ANYBODY, "New": Level.SIGNED_IN, "Peter": Level.READER, "Olga": Level(3)}
BY = ("token", "token that reads", "session")
ATTACKS = ("no CSRF token", "a foreign CSRF token", "a foreign origin", "a foreign site")


@pytest.fixture
def asked(core, monkeypatch):
    """The requests that reach the core, which grants them; that a token was used is none."""
    core.link = "connected"
    found = grant(core, monkeypatch, lambda method, _: method)
    return lambda: [method for method in found if method != "tokens.used"]


@pytest.fixture
def rate(app):
    app.extensions["rate"] = Rate(burst=100_000)


def address(route):
    method, rule = route.split(" ", 1)
    for name, value in TRIED.items():
        rule = rule.replace(f"<int:{name}>", value)
    return method, rule


def asker(app, who, by, monkeypatch):
    """Return a client and the headers with which `who` asks."""
    name = "Peter" if who == "New" else who
    client, headers = app.test_client(), {}
    if name and by == "session":
        client = client_of(app, name)
        headers = {CSRF_HEADER: token(client)}
    elif name:
        headers = header(name, read_only=by != "token")
    if who == "New":  # Peter, who must choose a password first
        people = app.extensions["people"]
        real = people.user

        def user(number):
            found = real(number)
            return found and replace(found, must_change=True)

        monkeypatch.setattr(people, "user", user)
    return client, headers


def send(client, route, headers):
    method, path = address(route)
    body = None if method in ("GET", "DELETE") else {}
    return client.open(path, method=method, json=body, headers=headers)


def outcome(answer):
    """Return the key of why a request was stopped, "let in" for one that was not."""
    if answer.status_code not in (401, 403):
        return "let in"
    assert answer.mimetype == "application/problem+json"
    return answer.json["key"]


@pytest.mark.parametrize(("who", "by"), list(itertools.product(WHO, BY)))
@pytest.mark.parametrize("route", ROUTES)
def test_who_is_let_in(app, asked, rate, monkeypatch, route, who, by):
    client, headers = asker(app, who, by, monkeypatch)
    got = outcome(send(client, route, headers))
    if who is None:
        expected = "sign_in_first"
    elif who == "New":
        expected = "password_first"
    elif WHO[who] < ROUTES[route]:
        expected = "not_allowed"
    elif by == "token that reads" and route in CHANGES:
        expected = "reads_only"
    else:
        expected = "let in"
    assert got == expected
    if expected != "let in":
        assert asked() == [], "nothing reached the core"


@pytest.mark.parametrize(("route", "attack"), list(itertools.product(CHANGES, ATTACKS)))
def test_a_change_from_elsewhere_in_a_session_is_refused(
    app, asked, rate, monkeypatch, route, attack
):
    client, headers = asker(app, "Olga", "session", monkeypatch)
    match attack:
        case "no CSRF token":
            headers = {}
        case "a foreign CSRF token":
            headers = {CSRF_HEADER: "x" + headers[CSRF_HEADER]}
        case "a foreign origin":
            headers |= {"Origin": "http://evil.example"}
        case _:
            headers |= {"Sec-Fetch-Site": "cross-site"}
    assert outcome(send(client, route, headers)) == "foreign_request"
    assert asked() == []


@pytest.mark.parametrize("route", CHANGES)
def test_with_a_token_another_site_is_refused_as_well(app, asked, rate, monkeypatch, route):
    client, headers = asker(app, "Olga", "token", monkeypatch)
    headers |= {"Origin": "http://evil.example"}
    assert outcome(send(client, route, headers)) == "foreign_request"
    assert asked() == []


def test_a_token_is_not_heeded_by_a_page(app):
    answer = app.test_client().get("/", headers=header("Olga"))
    assert answer.headers["Location"] == "/sign-in"


def test_a_wrong_token_is_refused_though_there_is_a_session(app):
    answer = client_of(app, "Olga").get(
        "/api/v1/meters", headers={"Authorization": "Bearer nonsense"}
    )
    assert (answer.status_code, answer.json["key"]) == (401, "token_wrong")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="mbuslink", error="invalid_token"'


def test_a_token_is_taken_from_no_address_and_no_cookie(app):
    client = app.test_client()
    client.set_cookie("mbuslink_session", "Olga")
    assert client.get("/api/v1/meters?access_token=Olga").status_code == 401


def test_who_asks_too_fast_has_to_wait(app):
    app.extensions["rate"] = Rate(burst=2, a_second=0.5)
    client = app.test_client()
    codes = [client.get("/api/v1/meters", headers=header("Olga")).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    late = client.get("/api/v1/meters", headers=header("Olga"))
    assert (late.json["key"], late.headers["Retry-After"]) == ("too_fast", "2")
    assert client.get("/api/v1/meters", headers=header("Peter")).status_code == 200


def test_who_tries_tokens_has_to_wait_and_holders_at_that_address_have_not(app):
    app.extensions["rate"] = Rate(burst=2, a_second=0.01)
    client = app.test_client()
    wrong = {"Authorization": "Bearer nonsense"}
    codes = [client.get("/api/v1/meters", headers=wrong).status_code for _ in range(3)]
    assert codes == [401, 401, 429]
    assert client.get("/api/v1/meters", headers=header("Olga")).status_code == 200


def test_what_there_is_not_is_told_in_the_way_of_the_api(program):
    assert program.problem("/nothing")["key"] == "not_found"
    assert program.problem("/meters/99999999999999999999")["key"] == "not_found"
    answer = program.ask("/meters/1", "PUT")
    assert (answer.status_code, answer.json["key"]) == (405, "wrong_method")
    assert "GET" in answer.headers["Allow"]
