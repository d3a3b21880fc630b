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
from tests.fakes.plant import running_plant
from tests.fakes.twin import TwinProcess, running_twin

pytestmark = [pytest.mark.twin, pytest.mark.browser]

PAGE = Path(__file__).parents[2] / "firmware" / "mini_web.html"
HOSTILE = "<img src=x onerror=alert(1)>"


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


@pytest.fixture(scope="module")
def board():
    with (
        running_plant(2, time_scale=5) as plant,
        running_twin(plant.bus, 5, io=plant.io, lan=True) as twin,
    ):
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
    assert page.locator("#name img").count() == 0


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
