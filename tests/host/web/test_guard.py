"""Nobody else's page gets in: Host, Origin, CSRF token, and the headers that bind the browser."""

import pytest

from host.web.guard import host_allowed, origin_allowed
from tests.host.web.conftest import token


@pytest.mark.parametrize("path", ["/", "/meters/1", "/export", "/missing", "/static/style.css"])
def test_every_answer_carries_the_headers(client, path):
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example"])
def test_a_foreign_host_header_is_refused(client, host):
    assert client.get("/", headers={"Host": host}).status_code == 400


def test_host_and_origin():
    assert host_allowed("127.0.0.1:8080")
    assert host_allowed("localhost")
    assert host_allowed("[::1]:8080")
    assert not host_allowed("")
    assert not host_allowed("[bad")
    assert origin_allowed("http://127.0.0.1:8080", "127.0.0.1:8080")
    assert origin_allowed(None, "127.0.0.1:8080")
    assert origin_allowed("http://127.0.0.1", "127.0.0.1"), "at port 80"
    assert not origin_allowed("http://127.0.0.1:9090", "127.0.0.1:8080")
    assert not origin_allowed("null", "127.0.0.1:8080")


@pytest.mark.parametrize(
    "path", ["/readout", "/meters/1/readout", "/language", "/scan/stop", "/scan/plan/delete"]
)
def test_a_change_needs_the_token_of_this_browser(client, path):
    fields = {"language": "de"}
    assert client.post(path, data=fields).status_code == 403
    good = token(client)
    assert client.post(path, data=fields | {"csrf": "x" + good}).status_code == 403
    assert client.post(path, data=fields | {"csrf": good}).status_code in (303, 503)
    assert client.post(path, data=fields, headers={"X-CSRF-Token": good}).status_code in (303, 503)


def test_a_change_from_a_foreign_page_is_refused_even_with_the_token(client):
    fields = {"language": "de", "csrf": token(client)}
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post("/language", data=fields, headers=headers).status_code == 403


def test_the_cookies_are_out_of_reach_of_scripts(client):
    fields = {"language": "de", "csrf": token(client)}
    answer = client.post("/language", data=fields)
    cookies = client.get("/missing").headers.getlist("Set-Cookie")
    cookies += answer.headers.getlist("Set-Cookie")
    assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie for cookie in cookies)
