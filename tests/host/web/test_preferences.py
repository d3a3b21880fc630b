"""The language: switched at any time, remembered, and no door to other sites."""

import pytest

from host.web.own_path import own_path
from tests.host.web.conftest import token


def choose(client, language: str, page: str = "/"):
    fields = {"language": language, "page": page, "csrf": token(client)}
    return client.post("/language", data=fields)


def test_the_language_is_remembered_against_the_browsers_own(client):
    assert "Zähler" in client.get("/", headers={"Accept-Language": "de-CH, fr;q=0.5"}).text
    assert choose(client, "fr").status_code == 303
    page = client.get("/", headers={"Accept-Language": "de"}).text
    assert '<html lang="fr"' in page
    assert "Compteurs" in page


def test_a_browser_of_another_language_gets_english(client):
    assert '<html lang="en"' in client.get("/", headers={"Accept-Language": "it"}).text


def test_the_switch_leads_back_to_the_page(client):
    assert choose(client, "de", "/meters/1?reading=5").headers["Location"] == "/meters/1?reading=5"
    assert choose(client, "xx").status_code == 400


@pytest.mark.parametrize(
    "address",
    ["//evil.example", "http://evil.example", "/\\evil.example", "evil", "", "/a\r\nb", "/a\tb"],
)
def test_it_leads_nowhere_else(address):
    assert own_path(address) == "/"
