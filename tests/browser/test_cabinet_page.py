"""The plant's cabinet page: what the device shows is seen, its keys are pressed."""

import urllib.error
import urllib.request

import pytest

from tests.fakes.plant import RunningPlant, running_plant

pytestmark = pytest.mark.browser


@pytest.fixture
def plant():
    with running_plant(3, cabinet_port=0) as plant:
        yield plant


@pytest.fixture
def page(chromium, plant: RunningPlant):
    page = chromium.new_page(viewport={"width": 1000, "height": 760})
    page.goto(plant.addresses["cabinet"])
    page.wait_for_selector("#pulses button")
    yield page
    page.close()


def test_a_key_is_pressed_as_long_as_it_is_held(page, plant: RunningPlant):
    page.keyboard.down("e")
    page.wait_for_selector('[data-key="enter"][aria-pressed="true"]')
    page.mouse.move(0, 0)
    key = page.locator('[data-key="function"]')
    key.hover()
    page.mouse.down()
    page.wait_for_selector('[data-key="function"][aria-pressed="true"]')
    with page.expect_response("**/control"):
        pass
    assert plant.control("io")["keys"] == {"enter": True, "function": True}
    page.mouse.up()
    with page.expect_response(lambda answer: '"pressed":false' in (answer.request.post_data or "")):
        page.keyboard.up("e")
    assert plant.control("io")["keys"] == {"enter": False, "function": False}


def test_pulses_short_circuit_and_temperature_reach_the_plant(page, plant: RunningPlant):
    page.locator("#pulses button").nth(1).click()
    page.wait_for_selector("#pulses tr:nth-child(2) td:has-text('10') + td")
    assert plant.control("io")["pulses"] == [0, 10, 0, 0]
    with page.expect_response(lambda answer: '"short"' in (answer.request.post_data or "")):
        page.click("#short")
    assert plant.control("statistics")["short"]
    before = plant.control("io")["milliohms"][0]
    with page.expect_response(lambda answer: "celsius" in (answer.request.post_data or "")):
        page.locator("input[type=range]").first.press("ArrowRight")
    assert plant.control("io")["milliohms"][0] > before


def test_a_plant_that_has_ended_is_told(chromium):
    with running_plant(1, cabinet_port=0) as plant:
        page = chromium.new_page()
        page.goto(plant.addresses["cabinet"])
        page.wait_for_selector("#pulses button")
    page.wait_for_selector("#lost:not([hidden])")
    page.close()


@pytest.mark.parametrize(
    ("path", "kind", "body", "status"),
    [
        ("control", "text/plain", b'{"cmd": "short", "on": true}', 415),
        ("elsewhere", "application/json", b"{}", 404),
    ],
)
def test_another_page_cannot_command_the_plant(
    plant: RunningPlant, path: str, kind: str, body: bytes, status: int
):
    address = plant.addresses["cabinet"] + path
    request = urllib.request.Request(address, body, {"Content-Type": kind})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == status
    assert not plant.control("statistics")["short"]


@pytest.mark.parametrize("body", [b"{", b"[" * 5000, b'{"cmd": "x"}'])
def test_a_command_that_is_none_is_an_answer_too(plant: RunningPlant, body: bytes):
    address = plant.addresses["cabinet"] + "control"
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    assert b'"ok": false' in urllib.request.urlopen(request).read()
