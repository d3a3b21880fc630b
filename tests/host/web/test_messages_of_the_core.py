"""W5: what the core says against a wish, and of exports and meters, in each language.

The pages are the real ones; the fake core says no. What real boards and buses say is read in
`tests/whole/test_messages_of_the_bus.py` and beside it; see `host/texts/messages.md`.
"""

import pytest
from sqlalchemy.orm import Session

from host.store import database
from host.store.tables import MeterRow
from host.texts.errors import SENSOR_FAULTS
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from shared.errors import BadSetting, Busy, RemoteError, from_key
from tests.fakes import installation
from tests.fakes.read_pages import explained, plain, soon
from tests.fakes.scanned import found
from tests.fakes.web import Site
from tests.host.web.test_messages_of_forms import CHANGE, House


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("core")
    installation.install(folder)
    with Site(folder) as site:
        site.do(site.connected)
        house = House(site)
        house.site = site
        yield house


@pytest.fixture
def refuse(house, monkeypatch):
    """Have the core answer every request with an error."""

    def refuse(error):
        def request(method, **_):
            raise error

        monkeypatch.setattr(house.site.server.core, "request", request)

    return refuse


@pytest.mark.parametrize(
    "key", ["bad_address", "bad_setting", "busy", "deadline_exceeded", "remote_error"]
)
def test_what_stands_against_a_readout(house, refuse, key):
    refuse(from_key(key, "in English"))
    explained(lambda language: house.send("/readout", language), key)


@pytest.mark.parametrize(
    ("path", "error", "key"),
    [
        ("/scan", Busy("the bus is in use: by itself"), "bus_held"),
        ("/scan/by-address", Busy("5 is registered already"), "address_taken"),
        ("/export/background", Busy("another export is under way"), "export_busy"),
        ("/export/background/1/stop", BadSetting("1: no such export"), "export_gone"),
        ("/network", RemoteError("system_fault: nmcli: x"), "system_fault"),
        ("/time/clock", RemoteError("system_fault: timedatectl: x"), "system_fault"),
    ],
)
def test_what_is_in_the_way_of_a_change(house, monkeypatch, path, error, key):
    real = house.site.server.core.request

    def request(method, **wanted):
        if method.endswith(".state"):
            return real(method, **wanted)
        raise error

    monkeypatch.setattr(house.site.server.core, "request", request)
    fields = {"by": "secondary", "baud": "2400", "addresses": "77", "at": "2026-03-29T10:00"}
    if path == "/network":
        fields |= CHANGE
    explained(lambda language: house.send(path, language, **fields), key)


@pytest.mark.parametrize("key", ["disk_full", "export_failed"])
def test_why_an_export_failed(house, key):
    house.site.do(lambda: house.core.export(1, state="failed", error_key=key, error="x"))
    soon(lambda: any(job.error_key == key for job in house.app.extensions["exports"].jobs))
    explained(lambda language: house.read("/export", language), key)


def test_a_meter_that_acknowledges_and_sends_nothing(house):
    house.site.do(
        lambda: house.core.scan([found(77, trouble="no_answer", secondary=None)], end="done")
    )
    soon(lambda: house.site.server.core.scans.rows)
    explained(lambda language: house.read("/scan", language), "no_data")


def test_a_firmware_that_does_not_fit(house):
    house.site.do(house.core.link, "not_connected", "protocol_mismatch")
    soon(lambda: house.site.server.core.link_error)
    explained(lambda language: house.read("/", language), "protocol_mismatch")
    explained(lambda language: house.send("/readout", language), "protocol_mismatch")
    house.site.do(house.core.link, "connected")
    house.site.do(house.site.connected)


def test_the_readout_service_does_not_run(tmp_path):
    installation.install(tmp_path)
    with Site(tmp_path) as site:
        site.do(site.connected)
        house = House(site)
        site.do(site.core.stop)
        soon(lambda: site.server.core.link == "core_away")
        explained(lambda language: house.read("/", language), "core_away")
        explained(lambda language: house.send("/readout", language), "core_away")
        site.do(site.core.start)


def test_the_database_is_missing(tmp_path):
    client = create_app(WebSettings(tmp_path), CoreLine(tmp_path)).test_client()

    def read(language):
        return plain(client.get("/", headers={"Accept-Language": language}).text)

    explained(read, "store_fault")


@pytest.mark.parametrize("key", ["frame_error", "decode_error"])
def test_a_meter_whose_answer_cannot_be_understood(house, key):
    engine = database.open_writer(database.database_path(house.site.data))
    with Session(engine) as session, session.begin():
        meter = session.get_one(MeterRow, 5)
        meter.state, meter.error_key, meter.error_detail = "error", key, "68 xx"
    engine.dispose()
    explained(lambda language: house.read("/meters/5", language), key)


def test_a_sensor_that_nobody_measures(house):
    house.core.inputs["temperatures"][0] |= {"state": "missing", "milli_celsius": None}
    house.site.do(house.core.tell_inputs)
    missing = SENSOR_FAULTS["missing"]
    soon(lambda: plain(missing.what) in house.read("/inputs", "en"))
    explained(lambda language: house.read("/inputs", language), missing)
