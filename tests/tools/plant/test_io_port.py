"""The plant's I/O port as a device sees it: contacts, sensors, supply, keys, outputs."""

import itertools
import json
import socket

import pytest

from shared.mbus import frames
from tests.fakes.plant import RunningPlant, running_plant

REST_US = 20_000


class Device:
    """The other end of the I/O port."""

    def __init__(self, plant: RunningPlant) -> None:
        host, _, port = plant.io.removeprefix("tcp://").rpartition(":")
        self.socket = socket.create_connection((host, int(port)), 5)
        self._lines = self.socket.makefile()

    def hear(self) -> dict:
        line = self._lines.readline()
        assert line, "the plant hung up"
        return json.loads(line)

    def until(self, kind: str, wanted=None):
        """Return the value of the next message of `kind` (that is `wanted`, if given)."""
        while True:
            message = self.hear()
            if kind in message and wanted in (None, message[kind]):
                return message[kind]

    def edges(self, at_least: int = 1) -> list:
        """Return the edges told until `at_least` so many are there and the contacts rest.

        They rest when a message tells a time well after the last edge: of its own, or with it.
        """
        edges = []
        while True:
            message = self.hear()
            edges += message.get("s0", [])
            rested_us = message.get("t_us", 0) - edges[-1][2] if edges else 0
            if rested_us >= REST_US and len(edges) >= at_least:
                return edges

    def say(self, *messages: object) -> None:
        for message in messages:
            self.socket.sendall(json.dumps(message).encode() + b"\n")

    def power_off(self) -> None:
        self._lines.close()
        self.socket.close()


@pytest.fixture
def plant():
    with running_plant(3, time_scale=10) as running:
        yield running


@pytest.fixture
def device(plant):
    one = Device(plant)
    yield one
    one.power_off()


def io_when(plant: RunningPlant, right) -> dict:
    """Return the state of the wiring as soon as `right(state)`; pytest's time-out ends the wait."""
    while not right(state := plant.control("io")):
        pass
    return state


def test_the_state_of_everything_comes_first(device):
    first = device.hear()
    assert [edge[:2] for edge in first["s0"]] == [[1, 0], [2, 0], [3, 0], [4, 0]]
    assert device.until("pt1000") == [1, 1_083_762]
    assert device.until("pt1000")[0] == 2
    assert device.until("key") == ["enter", False]
    assert device.until("supply") == [1, 36_000, 4_500]


def test_pulses_are_told_edge_by_edge_with_their_times(plant, device):
    device.hear()
    plant.control("pulses", input=2, count=3, pulse_ms=40, pause_ms=60)
    edges = device.edges(at_least=6)
    assert [(n, closed) for n, closed, _ in edges] == [(2, 1), (2, 0)] * 3
    times = [at for _, _, at in edges]
    assert [b - a for a, b in itertools.pairwise(times)] == [
        40_000,
        60_000,
        40_000,
        60_000,
        40_000,
    ]
    assert plant.control("io")["pulses"] == [0, 3, 0, 0]


def test_bounce_and_glitches_stay_around_the_pulses(plant, device):
    device.hear()
    plant.control("pulses", input="all", count=5, bounce_ms=4, glitch_ms=3)
    edges = device.edges()  # a glitch every 15 ms: they rest at the end only
    assert plant.control("io")["pulses"] == [5, 5, 5, 5]
    for number in range(1, 5):
        own = [(at, closed) for n, closed, at in edges if n == number]
        assert own == sorted(own)
        assert len(own) > 5 * 6
        stood = [(b[0] - a[0], a[1]) for a, b in itertools.pairwise(own)]
        long = [closed for us, closed in stood if us > 8_000]
        assert long.count(1) == 10, "a pulse is two long halves around its glitch"
        assert own[-1][1] == 0


def test_a_burst_of_bounce_is_no_pulse(plant, device):
    device.hear()
    plant.control("bounce", input=1, ms=200, longest_ms=3)
    edges = device.edges()
    assert len(edges) > 50
    assert edges[-1][1] == 0
    assert plant.control("io")["pulses"] == [0, 0, 0, 0]


def test_a_contact_is_held_by_hand(plant, device):
    device.hear()
    plant.control("contact", input=4, closed=True)
    while not (edges := device.until("s0")):
        pass
    assert edges[0][:2] == [4, 1]
    assert plant.control("io")["closed"] == [False, False, False, True]


def test_sensors(plant, device):
    plant.control("temperature", sensor=2, celsius=-20)
    assert device.until("pt1000", [2, 921_599])
    plant.control("temperature", sensor=2, celsius="open")
    assert device.until("pt1000", [2, None])
    plant.control("temperature", sensor=1, celsius="short")
    assert device.until("pt1000", [1, 1_500])


def test_the_supply_shows_faults_and_obeys(plant, device):
    device.until("supply", [1, 36_000, 4_500])
    plant.control("short", on=True)
    assert device.until("supply") == [1, 2_500, 600_000]
    device.say({"supply": [1, False]})
    assert device.until("supply") == [1, 0, 0]
    plant.control("short", on=False)
    device.say({"supply": [1, True]})
    assert device.until("supply") == [1, 36_000, 4_500]
    plant.control("supply", extra_ma=400, voltage_mv=30_000)
    assert device.until("supply") == [1, 30_000, 404_500]


def test_a_segment_without_voltage_is_silent(plant, device):
    nke = frames.short_frame(frames.SND_NKE, 1)
    with socket.create_connection(plant.bus_address, 5) as line:
        device.say({"supply": [1, False]})
        io_when(plant, lambda state: state["powered"] == [False])
        line.sendall(nke)
        line.settimeout(0.1)
        with pytest.raises(TimeoutError):
            line.recv(1)
        device.power_off()  # nobody holds it off any more
        io_when(plant, lambda state: state["powered"] == [True])
        line.settimeout(5)
        line.sendall(nke)
        assert line.recv(1) == frames.ACK


def test_keys_are_pressed_for_a_time(plant, device):
    device.until("key", ["function", False])
    plant.control("key", key="both", ms=50)
    assert [device.until("key") for _ in range(4)] == [
        ["enter", True],
        ["function", True],
        ["enter", False],
        ["function", False],
    ]
    plant.control("key", key="enter")
    assert device.until("key") == ["enter", True]
    plant.control("key", key="enter", pressed=False)
    assert device.until("key") == ["enter", False]


def test_the_power_fails(plant, device):
    device.hear()
    plant.control("power_failing")
    assert device.until("power") == "failing"


def test_outputs_are_shown_until_the_power_is_gone(plant, device):
    device.say(
        {"relay": [2, True]},
        {"led": ["scan", 2]},
        {"lcd": [7, (b"\x01" + bytes(127)).hex()]},
        {"network": {"dhcp": True}},
        {"backlight": True},
    )
    state = io_when(plant, lambda state: state["backlight"])
    assert state["relays"] == [False, True]
    assert state["leds"] == {"read": 0, "scan": 2}
    assert state["network"] == {"dhcp": True}
    assert plant.control("lcd")["text"] == "\n" * 28 + "▀\n\n\n"
    device.power_off()
    state = io_when(plant, lambda state: not state["connected"])
    assert state["relays"] == [False, False]
    assert state["leds"] == {"read": 0, "scan": 0}
    assert not state["backlight"]
    assert plant.control("lcd")["text"] == "\n" * 31


def test_a_new_device_takes_the_place_of_the_old(plant, device):
    device.say({"relay": [1, True]})
    io_when(plant, lambda state: state["relays"][0])
    second = Device(plant)
    second.hear()
    assert plant.control("io")["relays"] == [False, False]
    with pytest.raises((AssertionError, ConnectionError)):
        device.until("never")
    second.power_off()


@pytest.mark.parametrize(
    "message",
    [
        "text",
        {},
        {"relay": [3, True]},
        {"relay": [0, True]},
        {"relay": 1},
        {"led": ["power", 1]},
        {"led": ["read", 3]},
        {"lcd": [0, "00"]},
        {"lcd": [8, "00" * 128]},
        {"lcd": 7},
        {"supply": [2, True]},
        {"network": 1},
        {"explode": 1},
        {"relay": [1, True], "led": ["read", 1]},
    ],
)
def test_a_message_without_sense_is_kept_and_changes_nothing(plant, device, message):
    device.say(message)
    state = io_when(plant, lambda state: state["refused"])
    assert len(state["refused"]) == 1
    assert state["relays"] == [False, False]
    assert state["leds"] == {"read": 0, "scan": 0}


@pytest.mark.parametrize(
    ("cmd", "arguments"),
    [
        ("pulses", {"input": 5}),
        ("pulses", {"input": 1, "count": -1}),
        ("pulses", {"input": 1, "pulse_ms": 0}),
        ("pulses", {"input": 1, "bounce_ms": 20}),
        ("pulses", {"input": 1, "glitch_ms": 20}),
        ("bounce", {"input": 1, "ms": -1}),
        ("contact", {"input": 1, "closed": 1}),
        ("temperature", {"sensor": 3, "celsius": 20}),
        ("temperature", {"sensor": 1, "celsius": "cold"}),
        ("temperature", {"sensor": 1, "celsius": 900}),
        ("supply", {"segment": 2}),
        ("supply", {"extra_ma": -1}),
        ("key", {"key": "any"}),
        ("key", {"key": "enter", "ms": -1}),
    ],
)
def test_what_cannot_be_is_refused(plant, cmd, arguments):
    with pytest.raises(ValueError, match=r"."):
        plant.control(cmd, **arguments)
