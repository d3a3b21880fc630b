"""W4: M-Bus voltage and current and two temperatures in the banner, live, in words when wrong."""

from datetime import UTC, datetime

import pytest

from host.texts.locale import words
from host.web import live, supply
from host.web.supply import Temperature, Told, Trouble
from tests.fakes import installation
from tests.fakes.core import measured
from tests.fakes.web import Site
from tests.host.web.test_live import open_page, wait_for

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)


def figures(language="de", **changes):
    return supply.figures(Told(AT, measured(**changes)), words(language))


def segment(number, state, millivolts, microamperes):
    return {
        "segment": number,
        "state": state,
        "voltage_mv": millivolts,
        "current_ua": microamperes,
    }


def sensor(number, state, milli=None, *, active=True):
    return {"sensor": number, "active": active, "state": state, "milli_celsius": milli}


def test_w4_figures_are_rounded_and_written_as_the_language_does():
    shown = figures()
    assert (shown.volts, shown.milliamperes) == ("36,1", "21")
    assert shown.temperatures == [Temperature(1, "21,5", ""), Temperature(2, "0,0", "")]
    assert (shown.at, shown.troubles) == (AT, [])
    assert figures("en").volts == "36.1"


def test_w4_nothing_is_made_up_where_nothing_is_measured():
    for shown in (supply.figures(None, words("fr")), figures(supplies=[], temperatures=[])):
        assert (shown.volts, shown.milliamperes) == ("", "")
        assert shown.temperatures == [Temperature(1, "", ""), Temperature(2, "", "")]


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "Kurzschluss"), ("en", "Short circuit"), ("fr", "Court-circuit")],
)
def test_w4_a_short_circuit_is_told_in_words(language, text):
    shown = figures(language, supplies=[segment(1, "tripped", 120, 0)])
    assert shown.troubles == [Trouble(text, True)]


def test_w4_of_several_segments_the_one_in_trouble_is_named():
    three = [
        segment(1, "ok", 36000, 20_000),
        segment(2, "tripped", 0, 0),
        segment(3, "high", 35_000, 380_600),
    ]
    shown = figures("en", supplies=three)
    assert (shown.volts, shown.milliamperes) == ("35.0", "401")
    assert shown.troubles == [
        Trouble("Segment 2: Short circuit", True),
        Trouble("Segment 3: High current", False),
    ]


def test_w4_open_and_short_sensors_are_told_in_words():
    shown = figures("fr", temperatures=[sensor(1, "open"), sensor(2, "short")])
    assert [one.trouble for one in shown.temperatures] == ["coupée", "court-circuitée"]
    off = figures(temperatures=[sensor(1, "missing", active=False)])
    assert off.temperatures[0] == Temperature(1, "", "")


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "SUPPLY_S", 0.05)
    installation.install(tmp_path)
    with Site(tmp_path) as site:
        site.do(site.connected)
        yield site


def test_w4_the_banner_follows_the_board_while_somebody_looks(site):
    assert site.core.asked_inputs == 0
    with open_page(site, view="page", language="de") as page:
        wait_for(page, 'id="supply"', "36,1", "21,5", "0,0")
        site.core.inputs = measured(supplies=[segment(1, "tripped", 0, 0)])
        wait_for(page, 'id="supply"', "Kurzschluss")


def test_w4_old_figures_are_grey_with_their_age_when_the_board_is_away(site):
    with open_page(site, view="page") as page:
        piece = wait_for(page, 'id="supply"', "36.1")
        assert 'class="supply"' in piece
        site.do(site.core.link, "not_connected")
        piece = wait_for(page, 'class="supply stale"', "36.1")
        assert 'data-stale-s="0"' in piece
        assert "<time" in piece
        site.core.inputs = measured(supplies=[segment(1, "ok", 40_000, 0)])
        site.do(site.core.link, "connected")
        wait_for(page, 'class="supply"', "40.0")
