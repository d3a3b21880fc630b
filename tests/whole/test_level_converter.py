"""The level converter as a foreign master meets it: twin, plant, and pyMeterBus unchanged."""

import asyncio
import json
import subprocess
import sys
import time
from typing import Any

import meterbus
import pytest
import serial

from shared.mbus import addresses, frames, telegram
from tests.fakes.plant import RunningPlant, running_plant
from tests.fakes.twin import TwinProcess, running_twin
from tests.firmware.test_main import link_to

pytestmark = pytest.mark.twin

METERS: list[dict[str, Any]] = [
    {"profile": "water", "primary": 2, "serial": 62140318},
    {"profile": "heat", "primary": 1, "serial": 4800181},
    {"profile": "water", "primary": 9, "serial": 62140321, "baud": 9600},
]


@pytest.fixture(scope="module")
def site():
    with (
        running_plant(METERS, cable=True) as plant,
        running_twin(plant.rfc2217, io=plant.io, lan=True, serial_door=plant.cable) as twin,
    ):
        yield plant, twin


def ask(twin: TwinProcess, method: str, **params: Any) -> dict[str, Any]:
    async def run() -> dict[str, Any]:
        async with link_to(twin) as link:
            await link.call("hello", timeout_ms=5000)
            return await link.call(method, timeout_ms=20_000, **params)

    return asyncio.run(run())


def until(twin: TwinProcess, **wanted: Any) -> dict[str, Any]:
    """Ask for the converter's state until it is as `wanted`."""

    async def run() -> dict[str, Any]:
        async with link_to(twin) as link, asyncio.timeout(20):
            await link.call("hello", timeout_ms=5000)
            while True:
                state = await link.call("converter.state", timeout_ms=5000)
                if all(state[name] == value for name, value in wanted.items()):
                    return state
                await asyncio.sleep(0.05)

    return asyncio.run(run())


@pytest.fixture
def converter(site: tuple[RunningPlant, TwinProcess]):
    plant, twin = site
    ask(twin, "converter.start", baud=None, segment=None)
    yield plant, twin
    ask(twin, "converter.stop")
    until(twin, active=False, master=None)


def open_port(url: str, baud: int = 2400, **how: Any) -> Any:
    """Open `url`; the converter's doors need a moment after it was switched on."""
    end = time.monotonic() + 10
    while True:
        try:
            return serial.serial_for_url(url, baud, 8, "E", 1, timeout=1, **how)
        except serial.SerialException:
            assert time.monotonic() < end
            time.sleep(0.02)


def ask_meter(port: Any) -> bytes:
    answer = meterbus.recv_frame(port, 1)
    assert answer, "no answer"
    return bytes(answer)


def read_by_py_meter_bus(port: Any, plant: RunningPlant) -> None:
    """Read each meter by both addresses."""
    for meter in plant.meters[:2]:
        meterbus.send_ping_frame(port, meter["primary"])
        assert ask_meter(port) == b"\xe5"
        meterbus.send_request_frame(port, meter["primary"])
        assert ask_meter(port)[5] == meter["primary"]
        meterbus.send_select_frame(port, meter["secondary"])
        assert ask_meter(port) == b"\xe5"
        meterbus.send_request_frame(port, meterbus.ADDRESS_NETWORK_LAYER)
        assert meterbus.load(ask_meter(port)).secondary_address == meter["secondary"]
        meterbus.send_ping_frame(port, meterbus.ADDRESS_NETWORK_LAYER)
        assert ask_meter(port) == b"\xe5"


@pytest.mark.parametrize("door", ["converter", "rfc2217"])
def test_py_meter_bus_reads_through_it(converter, door: str):
    plant, twin = converter
    plant.control("reset_statistics")
    with open_port(getattr(twin, door)) as port:
        read_by_py_meter_bus(port, plant)
        state = until(twin, master="127.0.0.1")
        assert state["received"] > 100
        assert state["baud"] == 2400
        assert plant.control("statistics")["gaps"] == 0
    until(twin, active=True, master=None)


@pytest.fixture(scope="module")
def slow_site():
    """At 300 baud, where a busy computer is quick: a byte takes 37 ms."""
    meters = [row | {"baud": 300} for row in METERS[:2]]
    with (
        running_plant(meters, baud=300, cable=True) as plant,
        running_twin(plant.rfc2217, io=plant.io, lan=True, serial_door=plant.cable) as twin,
    ):
        ask(twin, "converter.start", baud=300, segment=None)
        yield plant, twin


def test_a_master_on_tcp_that_writes_byte_by_byte_tears_no_telegram(slow_site):
    plant, twin = slow_site
    until(twin, active=True, baud=300)
    plant.control("reset_statistics")
    header = addresses.parse_address(plant.meters[0]["secondary"]).secondary
    select = frames.long_frame(frames.SND_UD, 253, 0x52, header)
    with open_port(twin.converter, 300) as port:
        start = time.monotonic()
        for n, byte in enumerate(select):
            time.sleep(max(0, start + (n + 1) * 11 / 300 - time.monotonic()))
            port.write(bytes((byte,)))
        assert port.read(1) == b"\xe5"
    until(twin, master=None)
    assert plant.control("statistics")["gaps"] == 0


def test_py_meter_bus_reads_through_the_serial_port_and_no_telegram_is_torn(slow_site):
    plant, twin = slow_site
    plant.control("reset_statistics")
    with serial.Serial(plant.cable_pty, 300, timeout=3) as port:
        meterbus.send_select_frame(port, plant.meters[0]["secondary"])
        assert ask_meter(port) == b"\xe5"
        meterbus.send_request_frame(port, meterbus.ADDRESS_NETWORK_LAYER)
        answer = meterbus.load(ask_meter(port))
        assert answer.secondary_address == plant.meters[0]["secondary"]
        until(twin, master="serial port")
    figures = plant.control("statistics")
    assert (figures["gaps"], figures["longest_gap_s"]) == (0, 0)
    assert figures["idle_violations"] == 0


def test_raw_bytes_pass_unchanged_at_9600_without_echo(converter):
    plant, twin = converter
    meter = plant.meters[2]
    with open_port(twin.rfc2217, 9600) as port:
        for _ in range(5):
            address = meter["primary"]
            port.write(bytes((0x10, 0x5B, address, (0x5B + address) & 0xFF, 0x16)))
            head = port.read(4)
            assert head[:1] == head[3:] == b"\x68"
            frame = head + port.read(head[1] + 2)
            assert telegram.decode(frame).id == meter["secondary"][:8]
        assert until(twin)["baud"] == 9600


def test_a_second_master_is_turned_away(converter):
    _, twin = converter
    with open_port(twin.converter):
        until(twin, master="127.0.0.1")
        with open_port(twin.converter) as second, pytest.raises(serial.SerialException):
            second.read(2)


def test_a_wrong_parity_is_refused_where_it_was_asked_for(converter):
    _, twin = converter
    until(twin, active=True)
    open_port(twin.rfc2217).close()
    until(twin, master=None)
    with pytest.raises(ValueError, match="remote rejected"):
        serial.serial_for_url(twin.rfc2217, 2400, 8, "N", 1, timeout=1)


def test_logging_rests_meanwhile_and_goes_on_afterwards(site):
    plant, twin = site
    ask(twin, "converter.start", baud=300, segment=1)
    until(twin, active=True, baud=300)
    asked = {"baud": 2400, "snd_nke": True, "application_reset": None}
    asked |= {"retries": 1, "settle_ms": 0, "keep": False}

    async def read() -> None:
        async with link_to(twin) as link:
            await link.call("hello", timeout_ms=5000)
            address = str(plant.meters[0]["primary"])
            reading = asyncio.ensure_future(
                link.call("meter.read", timeout_ms=20_000, address=address, **asked)
            )
            await link.call("converter.state", timeout_ms=5000)
            assert not reading.done()  # the bus is the master's
            await link.call("converter.stop", timeout_ms=5000)
            assert (await reading)["error"] is None

    asyncio.run(read())


def test_the_command_line_switches_it(site, tmp_path):
    _, twin = site
    for what, active in (("on", True), ("state", True), ("off", None), ("state", None)):
        command = [sys.executable, "-m", "host", "converter", what, "--json"]
        command += ["--data", str(tmp_path), "--port", f"tcp://127.0.0.1:{twin.serial_tcp[1]}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert active is None or json.loads(done.stdout)["active"] is active
    until(twin, active=False)


def test_it_ends_by_itself(site):
    _, twin = site
    ask(twin, "settings.set", values={"converter.idle_s": 1})
    ask(twin, "converter.start", baud=None, segment=None)
    until(twin, active=False)
    ask(twin, "settings.set", values={"converter.idle_s": 900, "converter.end_on_close": True})
    ask(twin, "converter.start", baud=None, segment=None)
    with open_port(twin.converter):
        until(twin, active=True, master="127.0.0.1")
    until(twin, active=False)
    ask(twin, "settings.set", values={"converter.end_on_close": False})
