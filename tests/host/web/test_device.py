"""D7, D8: the page of the device: its LCD as a picture with words, its keys for administrators."""

import pytest

from host.texts.words import GESTURES
from host.web import lcd
from shared.errors import LinkLost
from shared.link import messages
from tests.host.web.conftest import GERMAN, client_of, grant, send

DARK = ["00" * 128] * 8
PANEL = {"display": True, "lit": True, "leds": [1, 2], "bands": DARK, "text": "3 meters\n<b>"}


def test_d7_dots_become_boxes_from_the_top_left():
    bands = list(DARK)
    bands[0] = "01" * 3 + "00" * 124 + "80"
    bands[7] = "00" * 127 + "80"
    assert lcd.path(bands) == "M0 0h3v1h-3zM127 7h1v1h-1zM127 63h1v1h-1z"
    assert lcd.path(DARK) == ""


def test_d7_the_picture_has_its_words_for_those_who_do_not_see_it(client, core):
    core.link, core.panel = "connected", PANEL
    page = client.get("/device", headers=GERMAN).text
    assert 'aria-label="Anzeige des Loggers: 3 meters, &lt;b&gt;"' in page
    assert 'class="lcd lcd--lit"' in page
    assert 'SCAN <span class="hidden">hell</span>' in page
    core.link = "not_connected"
    page = client.get("/device", headers=GERMAN).text
    assert "Der Logger ist nicht verbunden: Dies war zuletzt zu sehen." in page
    core.panel, core.link = {**PANEL, "display": False}, "connected"
    assert "Dieser Logger hat keine Anzeige." in client.get("/device", headers=GERMAN).text


def test_d8_keys_are_pressed_by_their_names(client, core, monkeypatch):
    asked = grant(core, monkeypatch)
    for gesture in GESTURES:
        assert send(client, "/device/keys", gesture=gesture).status_code == 200
        assert asked[-1] == ("panel.press", {"gesture": gesture, "who": "Olga"})
    assert send(client, "/device/keys", gesture="hammer").status_code == 400
    assert set(GESTURES) == set(filter(None, messages.GESTURES))


def test_d8_a_board_that_is_away_cannot_be_pressed(client, core, monkeypatch):
    def request(_method, **_params):
        raise LinkLost("unplugged")

    monkeypatch.setattr(core, "request", request)
    answer = send(client, "/device/keys", gesture="enter")
    assert answer.status_code == 503
    assert "Die Verbindung zum Logger" in answer.text


@pytest.mark.parametrize("path", ["/device", "/device/keys"])
def test_w3_a_standard_user_neither_sees_nor_presses(app, path):
    peter = client_of(app, "Peter")
    answer = peter.get(path) if path == "/device" else send(peter, path, gesture="enter")
    assert answer.status_code == 403
