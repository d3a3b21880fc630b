"""The control port: every command, and everything that is refused."""

import json
import re
import socket
from pathlib import Path

import pytest

from shared.mbus import frames, report
from tests.fakes.plant import RunningPlant, running_plant
from tools.plant import control

README = Path(control.__file__).parent / "README.md"
METERS = [
    {"profile": "water", "primary": 1, "serial": 62140318},
    {"profile": "heat", "primary": 2},
    {"profile": "three_telegrams", "primary": 3},
    {"profile": "gas", "primary": 4},
]


@pytest.fixture
def plant():
    with running_plant(METERS, time_scale=10, start_s=1_795_000_000.0) as running:
        yield running


def ask(plant: RunningPlant, frame: bytes, wait_s: float = 0.5) -> bytes:
    """Send a frame to the bus and return the first whole frame that comes back, b"" for none."""
    with socket.create_connection(plant.bus_address, 5) as line:
        line.settimeout(wait_s)
        line.sendall(frame)
        receiver = frames.Receiver()
        try:
            while data := line.recv(4096):
                if found := receiver.feed(data):
                    return found[0]
        except TimeoutError:
            pass
        return b""


def read(plant: RunningPlant, primary: int) -> dict:
    return report.frame_as_dict(ask(plant, frames.short_frame(0x4B, primary)))


def talk(plant: RunningPlant, *lines: bytes) -> list[dict]:
    """Send lines to the control port; return as many answers."""
    with socket.create_connection(plant.control_address, 5) as connection:
        connection.sendall(b"".join(line + b"\n" for line in lines))
        with connection.makefile() as answers:
            return [json.loads(answers.readline()) for _ in lines]


def test_a_line_a_command_a_line_an_answer(plant):
    first, second = talk(plant, b'{"id": 7, "cmd": "statistics"}', b'{"cmd": "meters"}')
    assert (first["id"], first["ok"]) == (7, True)
    assert first["result"]["time_scale"] == 10
    assert [meter["profile"] for meter in second["result"]] == [row["profile"] for row in METERS]


def test_statistics_count_and_are_reset(plant):
    assert ask(plant, frames.short_frame(frames.SND_NKE, 1)) == frames.ACK
    figures = plant.control("statistics")
    assert (figures["bytes_down"], figures["bytes_up"], figures["frames_down"]) == (5, 1, 1)
    assert figures["requests"] == figures["answers"] == {"62140318AE4C6916": 1}
    assert 0 < figures["utilisation"] < 1
    plant.control("reset_statistics")
    figures = plant.control("statistics")
    assert (figures["bytes_down"], figures["requests"]) == (0, {})


def test_faults_are_set_and_taken_back(plant):
    nke = frames.short_frame(frames.SND_NKE, 1)
    assert plant.control("fault", meter=1, fault="silent") == 1
    assert ask(plant, nke, 0.1) == b""
    assert plant.control("fault", meter="62140318", fault=None) == 1
    assert ask(plant, nke) == frames.ACK
    assert plant.control("fault", meter="all", fault={"kind": "slow", "ms": 5}) == 4
    assert plant.control("fault", meter=[1, 2], fault=None) == 2
    assert [meter["fault"] for meter in plant.control("meters")] == [
        None,
        None,
        {"kind": "slow", "ms": 5},
        {"kind": "slow", "ms": 5},
    ]


def test_values_are_listed_set_and_given_back(plant):
    listed = plant.control("values", meter=1)
    assert [one["what"] for one in listed][:3] == ["Fabrication", "Timestamp", "Volume"]
    plant.control("set", meter=1, record=2, value=4711)
    assert read(plant, 1)["records"][2]["value"] == "4.711"
    plant.control("set", meter=1, record=2, value={"counter": 9, "per_hour": 0})
    assert read(plant, 1)["records"][2]["value"] == "0.009"
    plant.control("set", meter=1, record=2)
    assert read(plant, 1)["records"][2]["value"] != "0.009"


def test_status_and_primary_address_are_set(plant):
    plant.control("set", meter=1, status=0x10, primary=77)
    assert read(plant, 77)["status"] == "10"


def test_time_is_advanced(plant):
    before = read(plant, 1)["records"]
    assert plant.control("advance", seconds=86_400 * 30).startswith("2026-12-18")
    after = read(plant, 1)["records"]
    assert float(after[2]["value"]) - float(before[2]["value"]) > 10


def test_short_circuit_and_noise(plant):
    nke = frames.short_frame(frames.SND_NKE, 1)
    assert plant.control("short", on=True) is True
    assert plant.control("statistics")["current_ma"] > 500
    assert ask(plant, nke, 0.1) == b""
    plant.control("short", on=False)
    assert ask(plant, nke) == frames.ACK
    plant.control("noise", pulses_per_s=1000)
    assert len(ask(plant, frames.short_frame(0x4B, 2), 0.3)) <= 1, "a stray E5 at most"
    assert plant.control("statistics")["noise_pulses"] > 0
    plant.control("noise", pulses_per_s=0)


def test_the_line_of_the_plain_ports_is_set(plant):
    nke = frames.short_frame(frames.SND_NKE, 1)
    assert plant.control("bus", baud=300) == {"baud": 300, "parity": "E", "echo": False}
    assert ask(plant, nke, 0.1) == b""
    plant.control("bus", baud=2400, echo=True)
    assert ask(plant, nke) == nke
    plant.control("bus", echo=False)
    assert ask(plant, nke) == frames.ACK


WRONG = [
    {},
    {"cmd": None},
    {"cmd": "explode"},
    {"cmd": "meters", "colour": 1},
    {"cmd": "values"},
    {"cmd": "values", "meter": 9},
    {"cmd": "values", "meter": "FFFFFFFF"},
    {"cmd": "values", "meter": None},
    {"cmd": "fault", "meter": 1, "fault": {"kind": "rude"}},
    {"cmd": "fault", "meter": 1, "fault": {"kind": []}},
    {"cmd": "fault", "meter": {}},
    {"cmd": "set", "meter": 1, "record": 99, "value": 1},
    {"cmd": "set", "meter": 1, "record": -1, "value": 1},
    {"cmd": "set", "meter": 1, "record": True, "value": 1},
    {"cmd": "set", "meter": 1, "record": 2, "value": "text"},
    {"cmd": "set", "meter": 1, "record": 2, "value": 1e99},
    {"cmd": "set", "meter": 1, "record": 2, "value": float("nan")},
    {"cmd": "set", "meter": 1, "record": 2, "value": {"counter": "x"}},
    {"cmd": "set", "meter": 1, "record": 2, "value": {"rate": 1, "curve": "none"}},
    {"cmd": "set", "meter": 3, "record": 24, "value": "x" * 300},
    {"cmd": "set", "meter": 4, "record": 8, "value": "x" * 191},
    {"cmd": "set", "meter": 1, "status": 256},
    {"cmd": "set", "meter": 1, "primary": 251},
    {"cmd": "advance"},
    {"cmd": "advance", "seconds": "1"},
    {"cmd": "advance", "seconds": 1e300},
    {"cmd": "advance", "seconds": float("nan")},
    {"cmd": "short"},
    {"cmd": "short", "on": 1},
    {"cmd": "noise", "pulses_per_s": -1},
    {"cmd": "noise", "pulses_per_s": 1e9},
    {"cmd": "bus", "baud": 1},
    {"cmd": "bus", "parity": "X"},
    {"cmd": "bus", "echo": 1},
]


def test_what_is_wrong_is_refused_and_changes_nothing(plant):
    before = plant.control("meters"), plant.control("values", meter=1)[2:3]
    for answer, request in zip(
        talk(plant, *(json.dumps(w).encode() for w in WRONG)), WRONG, strict=True
    ):
        assert answer["ok"] is False, request
        assert answer["error"], request
    after = plant.control("meters"), plant.control("values", meter=1)[2:3]
    assert [m["status"] for m in after[0]] == [m["status"] for m in before[0]]
    assert read(plant, 1)["ok"]
    assert read(plant, 4)["records"][8]["value"] == "KITCHEN 1"


def test_garbage_and_huge_lines_change_nothing(plant):
    garbage = [b"\xff\xfe\x00", b"{", b"[1, 2]", b"17", b"null", b"[" * 50_000, b'"' * 9]
    assert all(not answer["ok"] for answer in talk(plant, *garbage))
    huge = b'{"cmd": "' + b"x" * 10_000_000 + b'"}'
    long, fine = talk(plant, huge, b'{"cmd": "meters"}')
    assert (long["ok"], fine["ok"]) == (False, True)
    assert "longer" in long["error"]
    assert ask(plant, frames.short_frame(frames.SND_NKE, 1)) == frames.ACK


def test_the_readmes_examples_work(plant):
    text = README.read_text()
    examples = re.findall(r"^\{\"cmd\".*\}$", text, re.MULTILINE)
    commands = {json.loads(line)["cmd"] for line in examples}
    assert commands == set(plant.control("help"))
    for line, answer in zip(examples, talk(plant, *(e.encode() for e in examples)), strict=True):
        assert answer["ok"], (line, answer)


def test_segments_are_buses_of_their_own():
    with running_plant(meters=6, segments=3) as plant:
        assert [bus["segment"] for bus in plant.buses] == [1, 2, 3]
        assert plant.buses[0]["bus"] == plant.bus
        assert len({bus[way] for bus in plant.buses for way in ("bus", "rfc2217")}) == 6
        assert [meter["segment"] for meter in plant.meters] == [1, 1, 2, 2, 3, 3]
        with socket.create_connection(plant_address(plant.buses[1]["bus"]), timeout=5) as master:
            master.sendall(bytes.fromhex("10400242 16"))  # meter 2 is there,
            assert master.recv(1) == b"\xe5"
        with socket.create_connection(plant.bus_address, timeout=0.5) as master:
            master.sendall(bytes.fromhex("10400242 16"))  # and not here
            with pytest.raises(TimeoutError):
                master.recv(1)
        frames = [plant.control("statistics", segment=n)["frames_down"] for n in (1, 2, 3)]
        assert frames == [1, 1, 0]
        plant.control("short", on=True, segment=3)
        assert [plant.control("statistics", segment=n)["short"] for n in (1, 3)] == [False, True]
        assert plant.control("fault", meter=2, fault="silent") == 1
        with pytest.raises(ValueError, match="no meters have the address 2"):
            plant.control("values", meter=2, segment=1)
        with pytest.raises(ValueError, match="segment 4: 1 to 3"):
            plant.control("statistics", segment=4)


def plant_address(url: str) -> tuple[str, int]:
    host, port = url.removeprefix("tcp://").rsplit(":", 1)
    return host, int(port)


def test_a_population_says_who_is_where():
    rows = [{"profile": "water", "primary": 1}, {"profile": "heat", "primary": 1, "segment": 2}]
    with running_plant(rows, segments=2) as plant:
        assert [meter["segment"] for meter in plant.meters] == [1, 2]
        assert plant.control("values", meter=1, segment=2)
    with pytest.raises(ValueError, match="segment 2: 1 to 1"), running_plant(rows):
        pass
