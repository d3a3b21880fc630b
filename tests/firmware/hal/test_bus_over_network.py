"""The M-Bus over TCP and RFC 2217, on real MicroPython against real sockets."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import serial
import serial.rfc2217

from tests.fakes.small_python import run_on_micropython

pytestmark = pytest.mark.twin

# The firmware's end: `slept` is the bus time that writes asked for, no test waits for it.
PRELUDE = """
import asyncio, time
from firmware.hal.bus_over_network import NetworkBus
from shared.errors import MbuslinkError
slept = []
class Hal:
    ticks_ms = staticmethod(time.ticks_ms)
    ticks_us = staticmethod(time.ticks_us)
    async def sleep_ms(self, ms):
        slept.append(ms)
async def read_all(bus, count):
    data = b""
    while len(data) < count:
        more = await bus.read(256, 5000)
        if not more:
            break
        data += more
    return data.hex()
async def failure(coroutine):
    try:
        await coroutine
    except MbuslinkError as error:
        return error.key + ": " + str(error)
def run(steps, url, baud=2400, scale=1):
    tell(asyncio.run(steps(NetworkBus(Hal(), url, baud, 0, scale))))
"""


def on_board(steps: str, url: str, options: str = "") -> Any:
    """Run the lines `steps` with `bus` on MicroPython; return what they return."""
    body = "".join(f"    {line}\n" for line in steps.strip().splitlines())
    return run_on_micropython(f"{PRELUDE}async def steps(bus):\n{body}run(steps, {url!r}{options})")


class Server:
    """Serves one connection after the other with `handle(connection, index)` in a thread."""

    def __init__(self, handle: Callable[[socket.socket, int], None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self._handle = handle
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, contextlib.suppress(ConnectionError):
                self._handle(connection, self.connections)

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(handle: Callable[[socket.socket, int], None]) -> Server:
        servers.append(Server(handle))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def echo(connection: socket.socket, index: int = 0) -> None:
    while data := connection.recv(4096):
        connection.sendall(data)


def test_bytes_go_out_and_come_back(serve: Callable[..., Server]):
    steps = """
await bus.write(bytes(range(256)))
return await read_all(bus, 256), (await bus.read(1, 0)).hex()
"""
    assert on_board(steps, f"tcp://{serve(echo).address}") == [bytes(range(256)).hex(), ""]


def test_read_returns_what_is_there_up_to_its_count(serve: Callable[..., Server]):
    steps = """
await bus.write(b"abcdef")
first = await bus.read(4, 5000)
return [first.decode(), (await bus.read(4, 5000)).decode()]
"""
    assert on_board(steps, f"tcp://{serve(echo).address}") == ["abcd", "ef"]


@pytest.mark.parametrize(("baud", "ms"), [(300, 9350), (2400, 1169), (9600, 293)])
def test_write_lasts_as_long_as_the_wire_needs(serve: Callable[..., Server], baud: int, ms: int):
    """255 characters of 11 bits, rounded up."""
    steps = f"await bus.set_baud({baud})\nawait bus.write(bytes(255))\nreturn slept"
    assert on_board(steps, f"tcp://{serve(echo).address}") == [ms]


def test_flush_input_forgets_what_came(serve: Callable[..., Server]):
    def greet(connection: socket.socket, index: int) -> None:
        connection.sendall(bytes(3000))
        connection.recv(1)
        echo(connection)

    steps = """
await bus.set_baud(2400)
count = 0
while count < 3000:
    await asyncio.sleep_ms(1)
    count += bus.flush_input()
await bus.write(b"1234")
return [count, (await bus.read(9, 5000)).decode(), bus.flush_input()]
"""
    assert on_board(steps, f"tcp://{serve(greet).address}") == [3000, "234", 0]


def test_nobody_there_is_link_lost_by_name():
    steps = "return [await failure(bus.write(b'1')), await failure(bus.write(b'2'))]"
    said = "link_lost: bus tcp://127.0.0.1:1: ECONNREFUSED; is the converter on, its address right?"
    assert on_board(steps, "tcp://127.0.0.1:1") == [said, said]


def test_the_last_bytes_come_before_the_loss(serve: Callable[..., Server]):
    def answer_and_hang_up(connection: socket.socket, index: int) -> None:
        connection.sendall(connection.recv(3))

    steps = """
await bus.write(b"abc")
await asyncio.sleep_ms(50)  # answer and end come at once
return [(await bus.read(9, 5000)).decode(), await failure(bus.read(9, 5000))]
"""
    said, lost = on_board(steps, f"tcp://{serve(answer_and_hang_up).address}")
    assert said == "abc"
    assert "ECONNRESET" in lost


def test_a_lost_line_is_told_once_and_opened_again(serve: Callable[..., Server]):
    def hang_up_first(connection: socket.socket, index: int) -> None:
        if index == 1:
            connection.recv(1)
        else:
            echo(connection)

    server = serve(hang_up_first)
    steps = """
await bus.write(b"1")
lost = await failure(bus.read(1, 5000))
still = await failure(bus.read(1, 5000))
await bus.write(b"2")
return [lost, still, (await bus.read(1, 5000)).decode()]
"""
    url = f"tcp://{server.address}"
    lost, still, answer = on_board(steps, url)
    assert lost.startswith(f"link_lost: bus {url}: ECONNRESET; ")
    assert still == f"link_lost: bus {url}: it is not open"
    assert answer == "2"
    assert server.connections == 2


def test_latency_grows_with_the_time_scale():
    assert on_board("return bus.latency_ms", "tcp://127.0.0.1:1", ", scale=10") == 500


@pytest.mark.parametrize("url", ["", "com3", "tcp://host", "http://host:80", "tcp://:5"])
def test_an_address_that_is_none_is_a_bad_setting(url: str):
    code = PRELUDE + (
        f"try:\n    NetworkBus(Hal(), {url!r}, 2400, 0, 1)\n"
        "except MbuslinkError as error:\n    tell(error.key + ': ' + str(error))\n"
    )
    assert run_on_micropython(code).startswith(f"bad_setting: bus {url!r}: expected tcp://")


def test_a_baud_rate_that_is_none_is_a_bad_setting():
    said = on_board("return await failure(bus.set_baud(19200))", "tcp://127.0.0.1:1")
    assert said.startswith("bad_setting: baud rate 19200")


class Converter:
    """A serial port with its output tied to its input, behind pyserial's RFC 2217 server."""

    def __init__(self) -> None:
        self.port = serial.serial_for_url("loop://", timeout=0)

    def __call__(self, connection: socket.socket, index: int) -> None:
        connection.settimeout(0.005)

        class Outward:
            write = staticmethod(connection.sendall)

        manager = serial.rfc2217.PortManager(self.port, Outward())
        while True:
            try:
                data = connection.recv(1024)
                if not data:
                    return
                self.port.write(b"".join(manager.filter(data)))
            except TimeoutError:
                pass
            except OSError:
                return
            if back := self.port.read(1024):
                connection.sendall(b"".join(manager.escape(back)))


def test_rfc2217_sets_the_line_and_carries_every_byte(serve: Callable[..., Server]):
    converter = Converter()
    server = serve(converter)
    steps = """
await bus.write(bytes(range(256)))
return await read_all(bus, 256)
"""
    assert on_board(steps, f"rfc2217://{server.address}") == bytes(range(256)).hex()
    line = converter.port
    assert (line.baudrate, line.bytesize, line.parity, line.stopbits) == (2400, 8, "E", 1)


def test_rfc2217_changes_the_baud_rate_on_an_open_line(serve: Callable[..., Server]):
    converter = Converter()
    server = serve(converter)
    steps = """
await bus.write(b"1")
first = await read_all(bus, 1)
await bus.set_baud(9600)
await bus.write(b"2")
return first + await read_all(bus, 1)
"""
    assert on_board(steps, f"rfc2217://{server.address}") == b"12".hex()
    assert converter.port.baudrate == 9600
    assert server.connections == 1


def test_rfc2217_refused_is_told(serve: Callable[..., Server]):
    def plain_telnet(connection: socket.socket, index: int) -> None:
        connection.sendall(bytes((255, 254, 44)))  # DONT COM-PORT-OPTION
        while connection.recv(4096):
            pass

    url = f"rfc2217://{serve(plain_telnet).address}"
    said = on_board("return await failure(bus.write(b'1'))", url)
    assert said == f"bad_setting: bus {url}: it does not speak RFC 2217"


def test_rfc2217_that_never_answers_is_link_lost(serve: Callable[..., Server]):
    def silent(connection: socket.socket, index: int) -> None:
        while connection.recv(4096):
            pass

    url = f"rfc2217://{serve(silent).address}"
    said = on_board("return await failure(bus.write(b'1'))", url)
    assert said.startswith(f"link_lost: bus {url}: no answer to the settings")
