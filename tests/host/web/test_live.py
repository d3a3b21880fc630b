"""The live connection over a real WebSocket: who may have it, and what it brings."""

import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from shared.errors import Busy
from tests.fakes import installation
from tests.fakes.scanned import found
from tests.fakes.web import Site

TIMEOUT_S = 10


@pytest.fixture
def site(tmp_path):
    installation.install(tmp_path)
    with Site(tmp_path) as site:
        yield site


def open_page(site, view="overview", language="en", **options):
    address = f"ws://127.0.0.1:{site.port}/live?view={view}&language={language}"
    name = options.pop("name", "Olga")
    headers = {"Cookie": site.cookie(name)} | options.pop("additional_headers", {})
    return connect(address, additional_headers=headers, **options)


def pieces_until(page, *parts):
    """Return the pieces that come, up to the first that holds all `parts`."""
    pieces = []
    while not pieces or not all(part in pieces[-1] for part in parts):
        pieces.append(page.recv(TIMEOUT_S))
    return pieces


def wait_for(page, *parts):
    """Return the next piece that holds all `parts`."""
    return pieces_until(page, *parts)[-1]


def test_who_connects_gets_the_whole_changing_part(site):
    with open_page(site, language="de") as page:
        wait_for(page, 'id="clock"')
        wait_for(page, '<tbody id="meter-rows"', "Flat 1 heating", "148.213", "Kaltwasser")
        wait_for(page, 'id="summary"', "Lesefehler")


def test_a_stored_reading_comes_as_a_new_row_in_each_language(site):
    with open_page(site, language="de") as german, open_page(site, language="fr") as french:
        wait_for(german, 'id="summary"')
        wait_for(french, 'id="summary"')
        site.do(site.core.stored, 2, installation.water("20000002", 777123))
        row = '<tr role="row" id="meter-2"'
        while not (piece := wait_for(german, "777,123")).startswith(row):
            assert piece.startswith("<tbody"), "the whole table, when the core has just come"
        wait_for(french, "777,123", "Eau froide")


def test_the_meter_page_gets_its_values_and_no_others(site):
    with open_page(site, view="meter-1") as page:
        wait_for(page, '<div id="meter-now"', "148,213")
        site.do(site.core.stored, 2, installation.water("20000002", 1))
        site.do(site.core.stored, 1, installation.heat("10000001", 148999))
        pieces = pieces_until(page, '<div id="meter-now"', "148,999")
        assert not any("20000002" in piece for piece in pieces)


def test_a_first_meter_is_told_to_the_empty_page(site):
    with open_page(site, view="overview-empty") as page:
        wait_for(page, 'id="job"')
        site.do(site.core.stored, 2, installation.water("20000002", 1))
        wait_for(page, "data-reload")


def test_the_state_of_the_link_comes_in_words(site):
    with open_page(site, view="page") as page:
        wait_for(page, 'id="board-link"', "Connected")
        site.do(site.core.link, "not_connected")
        wait_for(page, 'id="board-link"', "Not connected")
        wait_for(page, 'id="core-notice"', "The connection to the logger is gone.")
        site.do(site.core.link, "not_connected", "busy")
        wait_for(page, 'id="core-notice"', "The port of the logger is in use.")
        site.do(site.core.link, "not_connected", "protocol_mismatch")
        wait_for(page, 'id="core-notice"', "Install the firmware that came with this program")
        site.do(site.core.link, "connecting")
        wait_for(page, 'id="board-link"', "Connecting")


def test_readings_that_the_board_had_to_drop_are_told_for_a_week(site):
    now_ms = int(time.time() * 1000)
    with open_page(site, view="page") as page:
        wait_for(page, 'id="board-link"', "Connected")
        site.do(site.core.lose, 4321, now_ms - 3600_000)
        wait_for(page, 'id="core-notice"', "4,321 readings were lost")
        site.do(site.core.lose, 4322, now_ms - 8 * 86_400_000)
        wait_for(page, '<div id="core-notice"></div>')


def test_the_core_goes_and_comes_back(site):
    with open_page(site, view="page") as page:
        wait_for(page, 'id="board-link"', "Connected")
        site.do(site.core.stop)
        wait_for(page, 'id="board-link"', "Service not running")
        site.do(site.core.start)
        wait_for(page, 'id="board-link"', "Connected")


def test_progress_of_a_readout(site):
    with open_page(site, view="page") as page:
        wait_for(page, 'id="board-link"', "Connected")
        site.do(site.core.progress, 3, 14)
        wait_for(page, 'id="job"', "3/14", '<progress max="14" value="3"')
        site.do(site.core.progress, 9, 14)
        wait_for(page, 'id="job"', "9/14")
        site.do(site.core.finish)
        wait_for(page, '<div id="job" role="status"></div>')


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
def test_a_foreign_page_gets_no_live_connection(site, origin):
    with pytest.raises(InvalidStatus), open_page(site, origin=origin):
        pass


def test_our_own_page_does(site):
    with open_page(site, origin=site.address) as page:
        wait_for(page, 'id="clock"')


def test_a_foreign_host_and_another_path_get_none(site):
    with (
        pytest.raises(InvalidStatus),
        open_page(site, additional_headers={"Host": "evil.example"}),
    ):
        pass
    with pytest.raises(InvalidStatus), connect(f"ws://127.0.0.1:{site.port}/other"):
        pass


def test_text_of_a_meter_is_harmless_on_the_wire_too(site):
    with open_page(site) as page:
        piece = wait_for(page, '<tbody id="meter-rows"')
        assert "<script" not in piece
        assert "\u202e" not in piece


def test_the_core_is_asked_from_a_page(site):
    line = site.server.core
    with open_page(site, view="page") as page:
        wait_for(page, 'id="board-link"', "Connected")
    assert line.request("readout.start", meters=[1], who="Olga")["meters"] == 1
    site.core.refuse = Busy("under way")
    with pytest.raises(Busy):
        line.request("readout.start", meters=None, who="Olga")
    assert site.core.asked == [("readout.start", [1]), ("readout.start", None)]


def test_without_a_session_one_is_told_to_sign_in_and_the_connection_ends(site):
    for cookie in ("", "mbuslink_session=stolen"):
        with open_page(site, additional_headers={"Cookie": cookie}) as page:
            assert (
                page.recv(TIMEOUT_S) == '<div id="idle" data-signed-out="/sign-in?ended=1"></div>'
            )
            with pytest.raises(ConnectionClosed) as closed:
                page.recv(TIMEOUT_S)
            assert closed.value.rcvd.code == 4401


@pytest.mark.parametrize("how", ["sign out", "password", "delete", "idle"])
def test_it_ends_with_its_session_and_no_other_does(site, how):
    app, request = site.server.app, site.server.core.request
    site.do(site.connected)
    token = site.sign_in("Peter")
    headers = {"Cookie": f"mbuslink_session={token}"}
    peter = next(user for user in app.extensions["people"].all() if user.name == "Peter")
    sessions = app.extensions["sessions"]
    with open_page(site, view="page", additional_headers=headers) as page, open_page(site) as other:
        wait_for(page, 'id="board-link"')
        wait_for(other, 'id="summary"')
        match how:
            case "sign out":
                sessions.end(token)
            case "password":
                request(
                    "users.set_password", who="x", id=peter.id, password="x" * 9, must_change=False
                )
            case "delete":
                request("users.delete", who="Olga", id=peter.id)
            case _:
                sessions.find(token).active_at -= 601
                site.do(site.server.live.warn_idle)
        wait_for(page, "data-signed-out")
        with pytest.raises(ConnectionClosed):
            page.recv(TIMEOUT_S)
        site.do(site.core.stored, 2, installation.water("20000002", 777123))
        wait_for(other, "777.123")


def test_what_is_sent_is_no_activity_and_a_minute_before_the_end_it_is_told(site):
    sessions, live = site.server.app.extensions["sessions"], site.server.live
    begun = sessions.clock()
    with open_page(site, view="page", language="de") as page:
        wait_for(page, 'id="board-link"')
        sessions.clock = lambda: begun + 539
        site.do(live.show, ("clock",))
        site.do(live.warn_idle)
        sessions.clock = lambda: begun + 541
        site.do(live.warn_idle)
        assert not [p for p in pieces_until(page, 'role="alert"')[:-1] if 'id="idle"' in p]
        for session in sessions._sessions.values():
            session.active_at = begun + 542
        site.do(live.warn_idle)
        wait_for(page, '<div id="idle"></div>')


def test_buttons_are_drawn_for_administrators_alone_and_anew_with_the_role(site):
    site.do(site.connected)
    site.do(lambda: site.core.export(1))
    headers = {"Cookie": site.cookie("Peter")}
    with (
        open_page(site, view="export") as admin,
        open_page(site, view="export", additional_headers=headers) as reader,
    ):
        assert "/stop" in wait_for(admin, 'id="exports"')
        assert "/stop" not in wait_for(reader, 'id="exports"')
        number = {u.name: u.id for u in site.server.app.extensions["people"].all()}["Peter"]
        site.server.core.request("users.change_role", who="Olga", id=number, role="administrator")
        wait_for(reader, "data-reload")


def test_a_scan_is_seen_everywhere_while_it_runs(site):
    with open_page(site, view="scan", language="de") as scan, open_page(site, view="page") as other:
        wait_for(scan, 'id="scan-progress"', "Noch keine")
        site.do(lambda: site.core.scan(2, permille=250))
        wait_for(scan, 'id="scan-progress"', 'value="250"', "noch etwa 40 Sek.")
        wait_for(scan, 'id="found"', "60000001", "60000002")
        wait_for(other, 'id="scan-chip"', "25%", 'href="/scan')
        site.do(lambda: site.core.scan(running=False, end="done", permille=1000))
        wait_for(scan, 'id="scan-progress"', "Beendet")
        wait_for(other, '<div id="scan-chip"></div>')


def test_an_added_meter_is_known_in_the_result_at_once(site):
    with open_page(site, view="scan") as page:
        site.do(lambda: site.core.scan([found(1, primary=81)]))
        wait_for(page, 'id="found"', 'data-standing="new"')
        meter = {"address": found(1)["address"], "baud": 2400, "segment": 1}
        texts = dict.fromkeys(("name", "site", "cost_centre"), "")
        site.server.core.request("meters.add_each", meters=[meter | texts], who="Olga")
        wait_for(page, 'id="found"', 'data-standing="known"')


def test_a_scan_outlives_the_core_and_its_board(site):
    with open_page(site, view="scan") as page:
        site.do(lambda: site.core.scan(2))
        wait_for(page, 'id="found"', "60000002")
        site.do(site.core.stop)
        wait_for(page, '<div id="scan-chip"></div>')
        wait_for(page, 'id="scan-progress"', "The connection is gone.")
        site.do(site.core.scanned.restart)
        site.do(site.core.start)
        wait_for(page, 'id="scan-progress"', "The logger restarted during the scan.")
        wait_for(page, 'id="found"', "60000002")


def test_a_reader_sees_that_a_scan_runs_and_no_more(site):
    headers = {"Cookie": site.cookie("Peter")}
    with open_page(site, view="scan", additional_headers=headers) as reader:
        site.do(lambda: site.core.scan(2))
        pieces = pieces_until(reader, 'id="scan-chip"', "chip--job")
        site.do(lambda: site.core.scan(running=False, end="done"))
        pieces += pieces_until(reader, '<div id="scan-chip"></div>')
        site.do(site.core.link, "connecting")
        pieces += pieces_until(reader, 'id="board-link"', "Connecting")
        assert not any('href="/scan' in piece or "60000001" in piece for piece in pieces)


def test_a_user_in_a_unit_gets_its_meters_alone_and_the_page_anew_when_they_change(site):
    def unit(method, **wanted):
        return site.do(lambda: site.server.core._line.call(method, who="Olga", **wanted))

    site.do(site.connected)
    flat = unit("units.add", name="Flat", description="")["id"]
    unit("units.set_meters", id=flat, meters=[2])
    with open_page(site, name="Peter") as peter, open_page(site) as olga:
        table = wait_for(peter, '<tbody id="meter-rows"')
        assert table.count('<tr role="row"') == 14, "in no unit yet"
        unit("units.set_users", id=flat, users=[2])
        wait_for(peter, "data-reload")
        site.do(site.core.stored, 3, installation.water("20000003", 777123))
        wait_for(olga, "777.123")
        site.do(site.core.stored, 2, installation.water("20000002", 888123))
        for piece in pieces_until(peter, "888.123"):
            assert "777.123" not in piece
    with open_page(site, "meter-3", name="Peter") as peter:
        site.do(site.core.stored, 2, installation.water("20000002", 999123))
        assert all("20000003" not in piece for piece in pieces_until(peter, 'id="job"'))
