"""The shells: TCP, RFC 2217 and pty, several masters, hostile ones, a clean end."""

import socket
import time
from random import Random

import pytest
import serial

from shared.mbus import frames
from tests.fakes.plant import running_plant

METERS = [{"profile": "water", "primary": 1}, {"profile": "heat", "primary": 2}]
NKE = frames.short_frame(frames.SND_NKE, 1)


@pytest.fixture
def plant():
    with running_plant(METERS, time_scale=10, pty=True) as running:
        yield running


def connected(plant) -> socket.socket:
    line = socket.create_connection(plant.bus_address, 5)
    line.settimeout(2)
    return line


def whole_frame(line: socket.socket) -> bytes:
    receiver = frames.Receiver()
    while True:
        data = line.recv(4096)
        assert data, "hung up"
        if found := receiver.feed(data):
            return found[0]


def still_well(plant) -> bool:
    with connected(plant) as line:
        line.sendall(NKE)
        return line.recv(10) == frames.ACK


def test_all_masters_hear_all_answers(plant):
    with connected(plant) as one, connected(plant) as other:
        assert still_well(plant)
        assert one.recv(10) == other.recv(10) == frames.ACK


def test_the_bus_can_be_read_through_a_pty(plant):
    with serial.Serial(plant.pty, 2400, timeout=2) as line:
        line.write(frames.short_frame(0x4B, 2))
        assert frames.check_frame(line.read(169)) == "long"
    with serial.Serial(plant.pty, 9600, timeout=0.2) as line:
        line.write(NKE)
        assert line.read(1) == b"", "the pty's speed counts"
    with serial.Serial(plant.pty, 2400, timeout=2) as line:
        line.write(NKE)
        assert line.read(1) == frames.ACK


def test_real_time_is_kept():
    with running_plant(METERS[1:]) as plant, connected(plant) as line:
        begun = time.monotonic()
        line.sendall(frames.short_frame(0x4B, 2))
        answer = whole_frame(line)
        least = (5 + len(answer)) * 11 / 2400 + 11 / 2400
        assert time.monotonic() - begun >= least


def test_a_megabyte_of_garbage_is_slowed_down_and_forgotten(plant):
    with connected(plant) as line:
        line.setblocking(False)
        sent = 0
        try:
            while sent < 50_000_000:
                sent += line.send(b"\x68\x00\xff\xe5" * 10_000)
        except BlockingIOError:
            pass
        assert sent < 50_000_000, "the plant does not take more than the wire"
    plant.control("short", on=True)
    plant.control("short", on=False)
    assert plant.control("statistics")["bytes_down"] < 1_000_000


def test_too_many_masters_are_turned_away(plant):
    lines = [connected(plant) for _ in range(20)]
    try:
        refused = 0
        for line in lines[15:]:
            line.settimeout(0.5)
            try:
                refused += line.recv(1) == b""
            except ConnectionResetError:
                refused += 1
            except TimeoutError:
                pass
        assert refused == 5, "the pty has the sixteenth place"
    finally:
        for line in lines:
            line.close()


def test_malformed_rfc2217_options_end_the_connection_only(plant):
    host, port = plant.rfc2217.removeprefix("rfc2217://").split(":")
    for bad in (
        b"\xff\xfa\x2c\x03\x63\xff\xf0",  # parity 99
        b"\xff\xfa\x2c\x01\x00\xff\xf0",  # half a baud rate
        b"\xff\xfa" + b"x" * 100_000,
        b"\xff\xf0",
        Random(1).randbytes(500),
    ):
        with socket.create_connection((host, int(port)), 5) as line:
            line.settimeout(5)
            try:
                line.sendall(bad)
                line.shutdown(socket.SHUT_WR)
                while line.recv(4096):
                    pass
            except ConnectionError:
                pass
    with serial.serial_for_url(plant.rfc2217, 2400, parity="E", timeout=2) as line:
        line.write(NKE)
        assert line.read(1) == frames.ACK


def test_rfc2217_settings_change_while_connected(plant):
    with serial.serial_for_url(plant.rfc2217, 2400, parity="E", timeout=0.3) as line:
        for change, answer in (
            ({"parity": "O"}, b""),
            ({"parity": "E", "baudrate": 4800}, b""),
            ({"baudrate": 2400}, frames.ACK),
            ({"bytesize": 7}, b""),
            ({"bytesize": 8}, frames.ACK),
        ):
            line.apply_settings({**line.get_settings(), **change})
            line.write(NKE)
            assert line.read(1) == answer, change
            time.sleep(0.02)


def test_masters_are_hung_up_on_when_the_plant_stops():
    with running_plant(METERS) as plant:
        line = connected(plant)
        line.sendall(NKE)
        assert line.recv(1) == frames.ACK
    with line:
        try:
            assert line.recv(1) == b""
        except ConnectionResetError:
            pass
