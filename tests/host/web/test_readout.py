""" "Read now" goes to the core; what the core says against it is told to the reader."""

import pytest

from shared.errors import Busy, LinkLost
from tests.host.web.conftest import grant, token

HTMX = {"HX-Request": "true"}


@pytest.fixture
def asked(core, monkeypatch):
    """The requests that reach the core, which grants them."""
    return grant(core, monkeypatch, meters=1)


def test_all_meters_and_one(client, asked):
    fields = {"csrf": token(client)}
    assert client.post("/readout", data=fields).headers["Location"] == "/"
    assert client.post("/meters/3/readout", data=fields).headers["Location"] == "/meters/3"
    answer = client.post("/readout", data=fields, headers=HTMX)
    assert (answer.status_code, answer.text.strip()) == (200, "")
    assert asked == [
        ("readout.start", {"who": "Olga", "meters": None}),
        ("readout.start", {"who": "Olga", "meters": [3]}),
        ("readout.start", {"who": "Olga", "meters": None}),
    ]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Busy("a readout is under way"), "Das ist gerade in Gebrauch."),
        (LinkLost("cable"), "Die Verbindung zum Logger ist unterbrochen."),
        (TimeoutError(), "Der Logger hat nicht rechtzeitig geantwortet."),
    ],
)
def test_a_refusal_is_explained(client, core, monkeypatch, error, text):
    def request(method, **params):
        raise error

    monkeypatch.setattr(core, "request", request)
    fields = {"csrf": token(client)}
    for headers in ({}, HTMX):
        answer = client.post("/readout", data=fields, headers=headers | {"Accept-Language": "de"})
        assert answer.status_code == 503
        assert text in answer.text
        assert ("<html" in answer.text) == (not headers)


def test_without_a_board_it_is_told_at_once(client, core, asked):
    core.link = "not_connected"
    answer = client.post("/readout", data={"csrf": token(client)}, headers=HTMX)
    assert "Check cable and power of the logger" in answer.text
    assert asked == []


def test_without_a_core_nothing_can_be_read(client):
    answer = client.post("/readout", data={"csrf": token(client)}, headers=HTMX)
    assert "The readout service is not running." in answer.text
