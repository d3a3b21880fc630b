"""The plant as a program: its ready line, its exit statuses, its end."""

import json
import signal
import socket
import subprocess
import sys

import pytest

from shared.mbus import frames

PROGRAM = [sys.executable, "-m", "tools.plant"]


def started(*options: str) -> subprocess.Popen:
    return subprocess.Popen([*PROGRAM, *options], stdout=subprocess.PIPE, text=True)


def run(*options: str) -> subprocess.CompletedProcess:
    return subprocess.run([*PROGRAM, *options], capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_says_where_it_is_and_stops_clean(end):
    with started("--meters", "3", "--time-scale", "20", "--pty") as process:
        ready = json.loads(process.stdout.readline())
        assert ready["ready"] is True
        assert ready["bus"].startswith("tcp://127.0.0.1:")
        assert ready["rfc2217"].startswith("rfc2217://127.0.0.1:")
        assert ready["pty"].startswith("/dev/")
        assert ready["meters"][0] == {
            "primary": 1,
            "secondary": "04800181B405C004",
            "profile": "heat",
            "segment": 1,
        }
        for name in ("bus", "io", "control"):
            host, port = ready[name].removeprefix("tcp://").split(":")
            connection = socket.create_connection((host, int(port)), 5)
            if name == "bus":
                connection.sendall(frames.short_frame(frames.SND_NKE, 1))
                assert connection.recv(1) == frames.ACK
        process.send_signal(end)
        assert process.wait(10) == 0


def test_a_taken_port_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for option in ("bus", "rfc2217", "io", "control"):
            ended = run(f"--{option}-port", str(port))
            assert ended.returncode == 2
            assert f"{option} port {port}" in ended.stderr
            assert "in use" in ended.stderr
            assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--meters", "251"],
        ["--meters", "x"],
        ["--bus-port", "70000"],
        ["--time-scale", "0"],
        ["--baud", "1234"],
        ["--population", "/nowhere/site.json"],
        ["--start", "yesterday"],
        ["--host", "256.1.1.1"],
    ],
)
def test_a_wrong_option_ends_with_2_and_a_reason(options):
    ended = run(*options)
    assert ended.returncode == 2
    assert options[1] in ended.stderr
    assert "Traceback" not in ended.stderr


def test_lists_its_profiles():
    ended = run("--list-profiles")
    assert ended.returncode == 0
    assert "CALEC ST" in ended.stdout
