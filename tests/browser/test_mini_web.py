"""The board's own page in a real browser, on the twin; and what it refuses."""

import asyncio
import json
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
def board():
    with (
        running_plant(2, time_scale=5) as plant,
        running_twin(plant.bus, 5, io=plant.io, lan=True) as twin,
    ):
        make_hostile(plant)
        how = {"snd_nke": True, "application_reset": None, "retries": 3, "settle_ms": 0}
        for meter in plant.meters:
            address = str(meter["primary"])
            ask(twin, "meter.read", address=address, baud=2400, keep=True, **how)
        ask(twin, "settings.set", values={"name": HOSTILE})
        yield twin


@pytest.fixture
def page(chromium, board: TwinProcess):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(board.web)
    page.wait_for_selector("article", timeout=30_000)
    yield page
    context.close()
    assert errors == []


def unlock(page: Any, board: TwinProcess) -> None:
    page.fill("#pin", ask(board, "web.state")["pin"])
    page.press("#pin", "Enter")
    page.wait_for_selector("#in:not([hidden])", timeout=20_000)


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
    page.wait_for_selector(f"h2:text-is('{word}')")


def test_accessible(page):
    assert Axe().run(page).response["violations"] == []


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
