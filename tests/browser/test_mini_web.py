"""The board's own page in a real browser, on the twin; and what it refuses."""

import asyncio
import json
import re
import socket
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from host.device.async_conversation import AsyncConversation
from shared.link.messages import BOARD
from tests.fakes.plant import RunningPlant, running_plant
from tests.fakes.twin import TwinProcess, running_twin
from tools.plant.profiles import Record

pytestmark = [pytest.mark.twin, pytest.mark.browser]

PAGE = Path(__file__).parents[2] / "firmware" / "web" / "mini_web.html"
HOSTILE = "<img src=x onerror=alert(1)>"
# A unit in plain text (EN 13757-3:2018 C.2): last character first.
PLAIN_TEXT = bytes((0x7C, len(HOSTILE))) + HOSTILE.encode()[::-1]


def ask(twin: TwinProcess, method: str, **params: Any) -> dict[str, Any]:
    """Ask the board over its link; in a thread, for the browser has the loop of this one."""
    found: list[dict[str, Any]] = []

    async def run() -> None:
        reader, writer = await asyncio.open_connection(*twin.serial_tcp)
        link = AsyncConversation(BOARD, reader, writer)
        running = asyncio.create_task(link.run())
        await link.call("hello", timeout_ms=10_000)
        found.append(await link.call(method, timeout_ms=20_000, **params))
        running.cancel()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    thread.join()
    return found[0]


def make_hostile(plant: RunningPlant) -> None:
    """Let the first meter have HTML for a unit, and in its customer's text."""
    contents = plant.meter(0).contents
    first, *others = contents.profile.telegrams
    unit = Record("Hostile", "int16", PLAIN_TEXT, 17)
    text = Record("Customer", "text", b"\xfd\x11", HOSTILE)
    contents.profile = contents.profile._replace(telegrams=[[unit, text, *first], *others])


@pytest.fixture(scope="module")
def plant():
    with running_plant(2, time_scale=5) as plant:
        make_hostile(plant)
        yield plant


@pytest.fixture(scope="module")
def board(plant: RunningPlant):
    with running_twin(plant.bus, 5, io=plant.io, lan=True) as twin:
        how = {"snd_nke": True, "application_reset": None, "retries": 3, "settle_ms": 0}
        for meter in plant.meters:
            address = str(meter["primary"])
            ask(twin, "meter.read", address=address, baud=2400, keep=True, **how)
        ask(twin, "settings.set", values={"name": HOSTILE})
        yield twin


@pytest.fixture
def visit(chromium, board: TwinProcess):
    """Open the page on a phone: visit(scheme=, answers={path: what the board is to say}).

    An answer is a function that changes the JSON, or None: nothing comes.
    """
    contexts: list[Any] = []
    errors: list[str] = []

    def open_page(scheme: str = "light", answers: Any = (), locale: str = "en-GB") -> Any:
        viewport = {"width": 390, "height": 844}
        context = chromium.new_context(viewport=viewport, locale=locale, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        for path, change in dict(answers).items():
            answer(page, path, change)
        page.goto(board.web)
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")  # a request may be under way
        context.close()
    assert errors == []


def answer(page: Any, path: str, change: Any) -> None:
    """Let the board say something else to requests of `path`: see `visit`."""

    def route(request: Any) -> None:
        if change is None:
            request.abort()
            return
        response = request.fetch()
        said = response.json()
        change(said)
        request.fulfill(response=response, json=said)

    page.route(path, route)


@pytest.fixture
def page(visit):
    page = visit()
    page.wait_for_selector("article", timeout=30_000)
    return page


def unlock(page: Any, board: TwinProcess) -> None:
    page.fill("#pin", ask(board, "web.state")["pin"])
    page.press("#pin", "Enter")
    page.wait_for_selector("#leave:visible", timeout=20_000)


def raw(board: TwinProcess, data: bytes, timeout_s: float = 15) -> bytes:
    """Send `data` to the page's port; return all that comes until it hangs up."""
    host, _, port = board.web.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=timeout_s) as line:
        line.sendall(data)
        answer = b""
        while piece := line.recv(4096):
            answer += piece
        return answer


def test_the_page_is_one_small_file():
    text = PAGE.read_text()
    assert PAGE.stat().st_size < 20_000
    assert "http:" not in text
    assert "src=" not in text


def test_everybody_sees_and_nobody_changes_without_the_pin(page):
    assert page.locator("article").count() == 2
    assert "36 V" in page.inner_text("#state")
    assert page.locator(".admin:visible").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_hostile_text_stays_text(page):
    assert page.inner_text("#name") == HOSTILE
    assert page.inner_text("dd:has-text('onerror')") == "17 " + HOSTILE  # a unit of a meter
    assert page.locator("img").count() == 0


@pytest.mark.parametrize(("language", "word"), [("de", "Zähler"), ("fr", "Compteurs")])
def test_other_languages(page, language: str, word: str):
    page.select_option("#lang", language)
    page.wait_for_selector(f"h2:has-text('{word}')")


def test_every_word_is_there_in_three_languages():
    text = PAGE.read_text()
    rows = [row.split("|") for row in text.split("`")[1].strip().split("\n")]
    assert all(len(row) == 4 and all(row) for row in rows)
    keys = {row[0] for row in rows}
    asked = set(re.findall(r"\bt\(\"(\w+)\"", text)) | set(re.findall(r"data-t=(\w+)", text))
    assert asked <= keys
    for *_, french in rows:
        assert not re.search(r" [;:?!]", french), french  # a narrow space that does not break
    for leaf in ("no_answer", "garbled_answer", "link_lost", "bus_short", "busy"):
        assert leaf in keys


def short_of(said: Any) -> None:
    supply = {"segment": 1, "state": "tripped", "voltage_mv": 0, "current_ua": 0}
    alarms = [{"segment": 1, "address": "", "key": "bus_overcurrent"}]
    alarms += [{"segment": 1, "address": str(n), "key": "meter_unreadable"} for n in range(9)]
    said["inputs.state"] |= {"supplies": [supply], "alarms": alarms, "alarm_count": 250}


def failed(said: Any) -> None:
    for meter in said["meters"]:
        meter["error"] = "garbled_answer"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible_also_with_errors_and_when_the_board_is_gone(visit, scheme: str):
    page = visit(scheme, {"**/state": short_of, "**/meters*": failed})
    page.wait_for_selector("article .bad", timeout=30_000)
    page.evaluate("set('alert', 'Refused', 'bad')")
    assert Axe().run(page).response["violations"] == []
    page.unroute("**/state")
    answer(page, "**/state", None)
    page.wait_for_selector("main.old", timeout=20_000)
    assert Axe().run(page).response["violations"] == []


def test_a_short_circuit_is_told_with_its_meters_relays_and_its_end(page, plant):
    plant.control("short", on=True)
    page.wait_for_selector("#alarms .bad:has-text('M-Bus 1 · short circuit')", timeout=20_000)
    page.wait_for_selector("#state dd.bad:has-text('switched off')")
    page.wait_for_selector("#state div:has-text('Relay 1') >> text=energised")
    plant.control("short", on=False)
    page.wait_for_selector("#alarms:not(:has-text('M-Bus'))", state="attached", timeout=60_000)
    page.wait_for_selector("#state dd.ok:has-text('36 V')", timeout=20_000)


def test_more_alarms_than_fit_are_counted(visit):
    page = visit(answers={"**/state": short_of})
    page.wait_for_selector("#alarms li:has-text('244 more')")
    assert page.locator("#alarms li").count() == 7


def test_inputs_that_are_switched_on_are_shown(page, board, plant):
    ask(board, "settings.set", values={"s0.1.active": True, "s0.1.unit": "m3", "t.1.active": True})
    plant.control("temperature", sensor=1, celsius="open")
    page.wait_for_selector("#state div:has-text('T-1') >> text=sensor open", timeout=20_000)
    plant.control("temperature", sensor=1, celsius=21.5)
    page.wait_for_selector("#state div:has-text('T-1') >> text=21.5 °C", timeout=20_000)
    assert page.inner_text("#state div:has-text('S0-1') dd").endswith(" m³")
    ask(board, "settings.set", values={"s0.1.active": False, "t.1.active": False})


def test_every_meter_of_the_schedule_is_listed_and_its_readout_counted(page, board, plant):
    keys = ("segment", "baud", "cycle_s", "per_day", "snd_nke", "application_reset", "settle_ms")
    addresses = [str(meter["primary"]) for meter in plant.meters] + ["77"]  # nobody has 77
    meters = [{"address": a, "retries": 0, **dict.fromkeys(keys)} for a in addresses]
    plan = {"cycle_s": 900, "dates": [], "offsets": [], "first": 0}
    ask(board, "schedule.set", revision="00000077", total=3, meters=meters, **plan)
    page.wait_for_selector("#state div:has-text('Last readout') >> text=✓ 2 · ✗ 1", timeout=30_000)
    page.reload()
    page.wait_for_selector("#many:text-is('Meters (3)')", timeout=20_000)
    page.wait_for_selector("article:has-text('77') >> text=no answer")
    page.wait_for_selector("#alarms li:text-is('✗ 77 · cannot be read')")
    ask(board, "schedule.set", revision="00000078", total=2, meters=meters[:2], **plan)
    page.wait_for_selector("#alarms:empty", state="attached", timeout=20_000)
    page.reload()
    page.wait_for_selector("#many:text-is('Meters (2)')", timeout=20_000)


def test_a_refusal_is_seen_where_one_is_and_in_ones_language(visit, board):
    page = visit(locale="fr-FR")
    page.wait_for_selector("article", timeout=30_000)
    unlock(page, board)
    if page.is_checked("#dhcp"):
        page.click("#dhcp")
    page.fill("#address", "192.168.7.255")
    page.fill("#mask", "255.255.255.0")
    page.press("#mask", "Enter")
    page.wait_for_selector("#alert:not(:empty)", timeout=20_000)
    said = page.inner_text("#alert")
    assert said == "✗ Refusé\u202f: Adresse 192.168.7.255 n’est pas valable"
    assert page.evaluate("scrollY") > 300
    box = page.locator("#alert").bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] < 844
    busy = {"error": {"key": "busy", "detail": "the bus is in use: level converter"}}
    page.route("**/ask", lambda route: route.fulfill(status=429, json=busy))
    page.click("#go")
    page.wait_for_selector("#alert:has-text('le bus est occupé')")


def test_the_language_is_the_boards_until_one_is_chosen(visit, board):
    ask(board, "settings.set", values={"language": "fr"})
    page = visit()
    page.wait_for_selector("h2:text-is('Compteurs (2)')", timeout=20_000)
    page.wait_for_selector("dt:text-is('Énergie')")
    page.select_option("#lang", "de")
    page.wait_for_selector("dt:text-is('Energie')")
    page.reload()
    page.wait_for_selector("h2:text-is('Zustand')")
    ask(board, "settings.set", values={"language": "en"})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("4294967295", "4,294,967,295"),
        ("123456789012345678", "123,456,789,012,345,678"),
        ("-9999999999.999", "-9,999,999,999.999"),
        ("0.000001", "0.000001"),
    ],
)
def test_no_digit_of_a_value_is_lost(page, text: str, shown: str):
    assert page.evaluate(f"number({text!r})") == shown


def test_a_board_that_never_answered_is_not_gone_for_fifty_years(visit):
    page = visit(answers={"**/state": None})
    page.wait_for_selector("#live.bad", timeout=20_000)
    found = re.fullmatch(r"▲ No connection for (\d+) s", page.inner_text("#live"))
    assert found
    assert int(found[1]) < 30


def test_a_scan_shows_how_far_it_is_and_at_which_rates(visit, board):
    scan: dict[str, Any] = {"permille": 0, "left_s": None}

    def scanning(said: Any) -> None:
        fresh = {"number": 1, "running": True, "baud": 300, "found": 6, "probes": 41}
        said["scan.state"] |= fresh | scan

    page = visit(answers={"**/state": scanning})
    page.wait_for_selector("#scan:has-text('300 Bd · 41 probes · 6 found')", timeout=20_000)
    assert page.get_attribute("#bar", "value") is None  # moves to and fro
    scan.update(permille=250, left_s=245)
    page.wait_for_selector("#scan:has-text('4 min left')")
    assert page.get_attribute("#bar", "value") == "250"
    page.unroute("**/state")
    unlock(page, board)
    asked: list[Any] = []

    def note(route: Any) -> None:
        asked.append(route.request.post_data_json["params"]["bauds"])
        route.fulfill(json={"result": {}})

    page.route("**/ask", note)
    for choice in ("300", "300–9600"):
        page.select_option("#baud", choice)
        with page.expect_request("**/ask"):
            page.click("#go")
    assert asked == [[300], [9600, 4800, 2400, 1200, 600, 300]]


def test_a_wrong_pin_is_told_and_the_right_one_lets_scan(page, board):
    page.fill("#pin", "abc")
    right = ask(board, "web.state")["pin"]
    page.fill("#pin", "000000" if right != "000000" else "000001")
    page.press("#pin", "Enter")
    page.wait_for_selector("#alert:not(:empty)", timeout=20_000)
    time.sleep(1.1)  # whoever was wrong has to wait
    unlock(page, board)
    page.click("#go")
    page.wait_for_selector("#halt:enabled", timeout=20_000)
    page.click("#halt")
    page.wait_for_selector("#go:enabled", timeout=20_000)
    page.click("#leave")
    page.wait_for_selector("#enter:not([hidden])", timeout=20_000)


def test_changes_need_origin_session_and_token(board):
    def status(**headers: str) -> int:
        body = json.dumps({"method": "scan.start", "params": {}}).encode()
        wanted = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(board.web + "/ask", body, wanted)
        try:
            return urllib.request.urlopen(request, timeout=15).status
        except urllib.error.HTTPError as error:
            return error.code

    assert status() == 403
    assert status(Origin=board.web) == 403
    assert status(Origin="http://evil.example") == 403
    assert status(Origin=board.web, Host="evil.example") == 421


def test_large_and_strange_requests_are_refused(board):
    head = b"POST /enter HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5120\r\n\r\n"
    assert b" 413 " in raw(board, head + b"x" * 5120)
    assert b" 431 " in raw(board, b"GET / HTTP/1.1\r\nX: " + b"y" * 8500)
    assert b" 400 " in raw(board, b"nonsense\r\n\r\n")


def test_a_fifth_connection_and_a_slow_one_are_hung_up_on(board):
    host, _, port = board.web.removeprefix("http://").rpartition(":")
    lines = [socket.create_connection((host, int(port)), timeout=15) for _ in range(4)]
    try:
        for line in lines:
            line.sendall(b"GET / HT")  # and then nothing
        assert b" 503 " in raw(board, b"")
        assert all(line.recv(100) == b"" for line in lines)  # after their five seconds
    finally:
        for line in lines:
            line.close()
    assert b" 200 " in raw(board, b"GET /state HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")


def test_what_a_scan_finds_is_listed(page, board):
    unlock(page, board)
    page.click("#go")
    page.wait_for_selector("#scan:has-text('Done')", timeout=60_000)
    page.wait_for_selector("#found li:nth-child(2)")
    secondaries = [row["address"] for row in ask(board, "scan.found", after=0, limit=16)["meters"]]
    for line, secondary in zip(
        page.locator("#found li").all_inner_texts(), secondaries, strict=True
    ):
        assert line.startswith(secondary)
        assert line.endswith("2400 Bd")


def propose(page: Any, address: str) -> None:
    if page.is_checked("#dhcp"):
        page.click("#dhcp")
    page.fill("#address", address)
    page.fill("#mask", "255.255.255.0")
    page.fill("#gateway", "0.0.0.0")
    page.press("#gateway", "Enter")
    page.wait_for_selector(f"#net dd:text-is('{address}')", timeout=20_000)
    page.wait_for_selector("#wait:not(:empty)", timeout=20_000)


def test_a_new_network_is_kept_when_confirmed_and_else_taken_back(page, board):
    unlock(page, board)
    propose(page, "192.168.7.20")
    page.click("#keep")
    page.wait_for_selector("#wait:empty", state="attached", timeout=20_000)
    assert ask(board, "settings.get")["values"]["network.address"] == "192.168.7.20"
    propose(page, "192.168.7.99")
    assert ask(board, "settings.get")["values"]["network.address"] == "192.168.7.20"
    page.wait_for_selector("#net dd:text-is('192.168.7.20')", timeout=40_000)  # nobody confirms
    page.fill("#address", "192.168.7.255")
    page.press("#address", "Enter")
    page.wait_for_selector("#alert:has-text('192.168.7.255')", timeout=20_000)


def test_name_and_key_of_a_wifi_are_asked_for_where_there_is_one(page, board):
    unlock(page, board)
    assert not page.is_visible("#ssid")

    def with_radio(route: Any) -> None:
        answer = route.fetch()
        state = answer.json()
        state["network.state"] |= {"ssid": "plant room", "key_set": True}
        route.fulfill(response=answer, json=state)

    asked: list[Any] = []

    def propose(route: Any) -> None:
        asked.append(route.request.post_data_json["params"])
        route.fulfill(json={"result": {}})

    page.route("**/state", with_radio)
    page.route("**/ask", propose)
    page.wait_for_selector("#ssid:visible")
    assert page.input_value("#ssid") == "plant room"
    assert page.input_value("#key") == ""
    with page.expect_request("**/ask"):
        page.click("#netform button")
    page.reload()
    page.wait_for_selector("#ssid:visible")
    page.fill("#ssid", "guests")
    page.fill("#key", "a good key")
    with page.expect_request("**/ask"):
        page.click("#netform button")
    wanted = [("plant room", None), ("guests", "a good key")]
    assert [(params["ssid"], params["key"]) for params in asked] == wanted


def test_memory_that_is_short_is_told(page):
    page.route("**/meters*", lambda route: route.fulfill(status=503, body=""))
    page.reload()
    page.wait_for_selector("#meters .warn:has-text('No memory')")


def test_a_restart_that_was_confirmed(page, board):
    starts = board.control("state")["starts"]
    unlock(page, board)
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#restart")
    page.wait_for_selector("#enter:not([hidden])", timeout=40_000)  # sessions end with a start
    assert board.control("state")["starts"] == starts + 1


def test_what_was_read_before_a_restart_is_shown_while_no_meter_answers(page, board, plant):
    starts = board.control("state")["starts"]
    plant.control("fault", meter="all", fault="silent")
    ask(board, "board.restart")
    while board.control("state")["starts"] == starts:
        page.wait_for_timeout(100)
    with page.expect_response(lambda response: response.ok, timeout=40_000):
        pass  # it serves its page again
    page.reload()
    page.wait_for_selector("article >> nth=1 >> text=Volume", timeout=40_000)
    assert page.locator("article dl div").count() > 3
    plant.control("fault", meter="all", fault=None)


@pytest.mark.slow
def test_the_heap_stays_level_over_a_thousand_requests(board):
    def free() -> int:
        """Return the least of the free bytes over a few looks: others come and go."""
        return min(ask(board, "board.state")["heap_free"] for _ in range(3))

    def look(times: int) -> None:
        for number in range(times):
            path = ("/state", "/meters", "/found", "/state?" + str(number))[number % 4]
            request = urllib.request.Request(board.web + path)
            with urllib.request.urlopen(request, timeout=15) as answer:
                json.load(answer)

    found: list[int] = []
    for _ in range(4):
        look(250)
        found.append(free())
    assert found[3] > min(found[1:3]) - 4096, found  # a block lost by each request were 16 KB
