"""One's own tokens on their page, from the first to what they let in and no longer do."""

import re

from host.store import audit
from host.web.access import COOKIE
from tests.host.web.conftest import GERMAN, client_of, send
from tests.host.web.conftest import token as csrf

SECRET = re.compile(r"<p><code>(mbl_[\w-]+)</code></p>")


def made(client, **fields):
    """Create a token by the form; return what is shown of it."""
    answer = send(client, "/tokens", **({"name": "Grafana", "may": "read", "days": "30"} | fields))
    assert answer.status_code == 200, answer.text
    return SECRET.search(answer.text)[1]


def status(site, secret, method="GET", path="/api/v1/meters"):
    headers = {"Authorization": f"Bearer {secret}"}
    return site.server.app.test_client().open(path, method=method, headers=headers).status_code


def test_a_token_is_created_shown_once_used_and_revoked(site):
    client = client_of(site.server.app, "Olga")
    secret = made(client)
    assert status(site, secret) == 200
    page = client.get("/tokens", headers=GERMAN).text
    assert secret not in page
    assert "Grafana" in page
    assert "Darf nur lesen" in page
    assert "nie</td>" not in page, "it was used"
    number = re.search(r"/tokens/(\d+)/revoke", page)[1]
    answer = send(client, f"/tokens/{number}/revoke")
    assert answer.headers["Location"] == "/tokens?done=revoked"
    assert status(site, secret) == 401
    told = site.server.app.extensions["people"].changes(2, who=None, below=None)
    assert [(one.who, one.what) for one in told] == [
        ("Olga", "token.revoked"),
        ("Olga", "token.added"),
    ]
    assert all(isinstance(one, audit.Entry) and secret not in str(one) for one in told)


def test_nobody_revokes_the_token_of_another(site):
    secret = made(client_of(site.server.app, "Olga"))
    peter = client_of(site.server.app, "Peter")
    assert send(peter, "/tokens/1/revoke").status_code == 303
    assert status(site, secret) == 200
    assert "Grafana" not in peter.get("/tokens").text


def test_it_ends_with_the_password(site):
    client = client_of(site.server.app, "Peter")
    secret = made(client)
    fields = {"current": "a good password", "new": "a better password"}
    assert send(client, "/password", **fields, repeat=fields["new"]).status_code == 303
    assert status(site, secret) == 401
    assert client.get_cookie(COOKIE)


def test_what_cannot_be_is_told_in_the_readers_words(site):
    client = client_of(site.server.app, "Olga")
    wanted = {"may": "read", "days": "30"}
    assert "1 bis 60 Zeichen" in send(client, "/tokens", **wanted, name=" ").text
    made(client)
    answer = send(client, "/tokens", **wanted, name="Grafana")
    assert answer.status_code == 422
    assert "schon ein Token dieses Namens" in answer.text
    assert SECRET.search(answer.text) is None


def test_its_name_is_no_markup(site):
    client = client_of(site.server.app, "Olga")
    send(client, "/tokens", name="<script>", may="read", days="0")
    page = client.get("/tokens").text
    assert "<script>" not in page.partition("<main")[2]
    assert csrf(client)
