"""W5: what is said against what was typed or chosen, by forms, in each language.

The pages are the real ones, and so are the services behind; see `host/texts/messages.md`.
"""

import io

import pytest

from host.texts.catalogue import LANGUAGES, gettext
from host.texts.words import CLOCK_REFUSALS, NETWORK_REFUSALS, PLAN_FAULTS, TIME_UNTOLD
from tests.fakes import installation
from tests.fakes.read_pages import plain
from tests.fakes.web import Site
from tests.host.web.conftest import client_of, token


class House:
    """Pages on a house of fourteen meters, and the computer behind."""

    def __init__(self, site):
        self.core, self.app = site.core, site.server.app
        self.client = client_of(self.app, "Olga")
        self.csrf = token(self.client)

    def read(self, path, language):
        return plain(self.client.get(path, headers={"Accept-Language": language}).text)

    def send(self, path, language="en", **fields):
        """Return the page that answers a form."""
        headers = {"Accept-Language": language}
        answer = self.client.post(path, data={"csrf": self.csrf, **fields}, headers=headers)
        return plain(answer.text)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forms")
    installation.install(folder)
    with Site(folder) as site:
        site.do(site.connected)
        yield House(site)


S0 = {"name": "", "medium": "electricity", "unit": "kWh", "weight_milli": "1", "start_milli": ""}
METER = {"name": "", "site": "", "read_by": "primary", "baud": "2400", "segment": "1"}
TYPED = {
    "range of a decimal": (
        ("/inputs/S0-1", S0 | {"weight_milli": "0"}),
        ("möglich sind 0,001 bis 1000000", "choose 0.001 to 1000000", "de 0,001 à 1000000"),
    ),
    "range of a number": (
        ("/settings/users", {"password_min": "2"}),
        ("möglich sind 3 bis 64 Zeichen", "choose 3 to 64 characters", "de 3 à 64 caractères"),
    ),
    "cycle": (
        ("/settings/readout", {"cycle_s": "5 s"}),
        ("5 s geht nicht; möglich sind 10 s bis 48 h", "5 s cannot be; choose 10 s to", "de 10 s"),
    ),
    "cycle of a meter": (
        ("/meters/1/settings", METER | {"cycle_s": "49 h"}),
        ("49 h geht nicht", "49 h cannot be; choose 10 s to 48 h", "49 h"),
    ),
    "reading date": (
        ("/settings/readout/dates", {"month": "13", "day": "31", "hour": "0"}),
        ("Ablesetag im Monat 13", "no reading date of month 13", "mois 13"),
    ),
    "time zone": (
        ("/settings/site", {"name": "", "site": "", "zone": "Mars/North"}),
        ("Mars/North ist keine Zeitzone", "Mars/North is no time zone", "Mars/North n’est pas"),
    ),
    "time server": (
        ("/time", {"ntp": "on", "servers": "not a name!"}),
        ("name!", "name!", "name!"),
    ),
    "address": (
        ("/scan/by-address", {"addresses": "1, 999", "baud": "2400"}),
        ("Das ist keine Adresse: 999", "This is no address: 999", "pas une adresse : 999"),
    ),
    "mask of a scan": (
        ("/scan", {"by": "secondary", "mask": "x", "baud": "2400"}),
        ("1 bis 8", "1 to 8", "1 à 8"),
    ),
    "no rate": (
        ("/scan", {"by": "secondary"}),
        ("mindestens eine Baudrate", "at least one baud rate", "au moins une vitesse"),
    ),
    "name of a unit": (
        ("/units", {"name": ""}),
        ("1 bis 100 Zeichen", "1 to 100 characters", "1 à 100 caractères"),
    ),
    "template of a meter never read": (
        ("/meters/14/template", {"name": "Kind"}),
        ("einmal aus", "Read the meter once", "une fois"),
    ),
    "network mask": (
        ("/network", {"interface": "eth0", "address": "192.168.1.30", "mask": "255.0.255.0"}),
        ("255.0.255.0 ist keine Maske", "255.0.255.0 is no mask", "255.0.255.0 n’est pas un"),
    ),
    "gateway": (
        (
            "/network",
            {"interface": "eth0", "address": "192.168.1.30", "mask": "/24", "gateway": "10.0.0.1"},
        ),
        ("außerhalb des Netzes 192.168.1.0/24", "outside", "192.168.1.0/24"),
    ),
}


@pytest.mark.parametrize("case", TYPED)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_typed_wrong_is_named_with_what_can_be(house, case, language):
    (path, fields), texts = TYPED[case]
    page = house.send(path, language, **fields)
    assert texts[LANGUAGES.index(language)].replace("’", "'") in page.replace("’", "'")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_factor_that_leaves_a_rest(house, language):
    page = house.client.get("/meters/1/settings").text
    key = page.partition('name="key-1" value="')[2].partition('"')[0]
    told = house.send("/meters/1/values", language, **{"key-1": key, "factor-1": "3"})
    assert ("0.001" if language == "en" else "0,001") in told.partition("1/60")[0][-60:]


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_and_files_that_cannot_be_taken(house, language):
    house.send("/units", name="Flat 1")
    taken = "There is a consumer unit of this name already."
    assert gettext(language, taken) in house.send("/units", language, name="flat 1")
    file = (io.BytesIO(b"{"), "t.json")
    told = house.send("/templates/import", language, file=file)
    assert gettext(language, "This file cannot be taken over; nothing was changed.") in told


PLANS = {
    "empty": (b"", ""),
    "not_utf8": (b"serial\n\xff", ""),
    "no_header": (b"colour\nred", ""),
    "header_twice": (b"serial;serial number\n1;2", "serial"),
    "quotes": (b'serial\n"1', ""),
    "columns": (b"serial;name\n1", "1 / 2"),
    "no_address": (b"serial;name\n;Bath", ""),
    "bad_serial": (b"serial\n123456789", "123456789"),
    "bad_address": (b"address\n251", "251"),
    "twice": (b"serial\n7\n7", "00000007 (2)"),
    "signs": ("serial;name\n1;\u202eB".encode(), "[U+202E]B"),
    "long": (b"serial;name\n1;" + b"x" * 201, "x" * 100),
    "too_many": (b"address\n" + b"\n".join(b"%08d" % n for n in range(1, 252)), "250"),
}


@pytest.mark.parametrize("key", PLAN_FAULTS)
def test_what_is_wrong_with_a_planned_list(house, key):
    data, what = PLANS[key]
    for language in LANGUAGES:
        page = house.send("/scan/plan", language, file=(io.BytesIO(data), "a.csv"))
        text = plain(gettext(language, PLAN_FAULTS[key]).replace("{what}", what))
        assert text in page, (language, text)


CHANGE = {"interface": "eth0", "address": "192.168.1.30", "mask": "/24", "gateway": "192.168.1.1"}


def network(house, key):
    """Bring it about that the network is not changed; return what then shows why, by language."""
    computer = house.core.computer
    match key:
        case "no_tool" | "not_allowed":
            computer.why = key
            return lambda language: house.read("/network", language)
        case "no_trial":
            return lambda language: house.send("/network/keep", language)
        case "not_from_there" | "trial_running":
            house.send("/network", **CHANGE)
            path = "/network/keep" if key == "not_from_there" else "/network"
            return lambda language: house.send(path, language, **CHANGE)
        case "interface_unknown":
            return lambda language: house.send("/network", language, **CHANGE | {"interface": "x"})
        case _:
            computer.taken = {CHANGE["address"]: "02:aa"}
            return lambda language: house.send("/network", language, **CHANGE)


@pytest.mark.parametrize("key", [key for key in NETWORK_REFUSALS if key != "nothing_set"])
def test_why_the_network_is_not_changed(house, key):
    try:
        read = network(house, key)
        told = NETWORK_REFUSALS[key]
        for language in LANGUAGES:
            page = read(language)
            assert all(plain(gettext(language, text)) in page for text in told), (language, page)
    finally:
        house.core.computer.why, house.core.computer.taken = "", {}
        house.send("/network/undo")


def clock(house, key):
    keeping = house.core.timekeeping
    if key in ("no_tool", "not_allowed"):
        keeping.why = key
        return lambda language: house.read("/time", language)
    keeping.clock.ntp = key == "ntp_on"
    at = "1980-01-01T00:00" if key == "moment_far" else "2026-03-29T10:00"
    return lambda language: house.send("/time/clock", language, at=at)


@pytest.mark.parametrize("key", CLOCK_REFUSALS)
def test_why_the_clock_is_not_set(house, key):
    try:
        read = clock(house, key)
        for language in LANGUAGES:
            page = read(language)
            for text in CLOCK_REFUSALS[key]:
                assert plain(gettext(language, text)) in page, (language, page)
    finally:
        house.core.timekeeping.why, house.core.timekeeping.clock.ntp = "", True


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_time_server_that_is_silent_and_one_that_answers(house, language):
    wanted = {"ntp": "on", "servers": "ntp.example other.example"}
    page = house.send("/time/test", language, **wanted)
    assert gettext(language, TIME_UNTOLD["no_answer"]) in page
    assert ("4.2" if language == "en" else "4,2") + "\N{NO-BREAK SPACE}ms" in page.replace(
        " ms", "\N{NO-BREAK SPACE}ms"
    )
