"""The twin as a piece of hardware: power, cable, reset, and what it says when it cannot run."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.twin import NO_BUS, ROOT, Terminal, TwinProcess, running_twin

pytestmark = pytest.mark.twin


@pytest.fixture
def twin() -> Iterator[TwinProcess]:
    with running_twin(firmware=False) as running:
        yield running


def prompt(twin: TwinProcess) -> Terminal:
    terminal = Terminal(twin.port)
    terminal.type(b"\r")
    terminal.until(b">>> ")
    return terminal


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_ctrl_d_is_a_soft_reset(twin: TwinProcess):
    twin.mpremote("exec", "with open('main.py', 'w') as f: f.write('print(\"main ran\")')")
    terminal = prompt(twin)
    terminal.type(b"\x04")
    terminal.until(b"MPY: soft reboot\r\n")
    terminal.until(b"main ran\n")
    terminal.until(b">>> ")


def test_ctrl_c_breaks_a_program_that_never_looks(twin: TwinProcess):
    terminal = prompt(twin)
    terminal.type(b"exec(\"print('runs')\\nwhile True: pass\")\r")
    terminal.until(b"runs\n")
    terminal.type(b"noise\x03\x03print(1 + 1)\r")
    assert b"KeyboardInterrupt" in terminal.until(b">>> ")
    terminal.until(b"2\n")


def test_a_killed_interpreter_starts_again_with_its_flash(twin: TwinProcess):
    twin.mpremote("exec", "with open('kept.txt', 'w') as f: f.write('here')")
    before = twin.control("state")
    twin.control("kill")
    wait_for(lambda: twin.control("state")["starts"] == before["starts"] + 1)
    assert twin.control("state")["pid"] != before["pid"]
    assert "here" in twin.mpremote("cat", ":kept.txt")


def test_unplugging_hangs_up_and_replugging_gives_the_same_path(twin: TwinProcess):
    terminal = prompt(twin)
    state = twin.control("state")
    assert not twin.control("unplug")["plugged"]
    assert not os.path.lexists(twin.port)
    assert terminal.is_hung_up()
    assert twin.control("replug")["plugged"]
    assert twin.mpremote("resume", "eval", "1") == "1\n"
    assert twin.control("state") == state  # the board itself never noticed


def test_a_host_that_takes_nothing_does_not_stop_the_board(twin: TwinProcess):
    terminal = prompt(twin)
    terminal.type(b"for i in range(100): _ = print('x' * 4000)\r\r")
    terminal.until(b"x" * 100)
    starts = twin.control("state")["starts"]
    terminal.type(b"import machine; machine.reset()\r")  # comes to it when it has said all
    wait_for(lambda: twin.control("state")["starts"] > starts)


def test_sigterm_leaves_nothing_behind():
    with running_twin(firmware=False) as twin:
        prompt(twin)
        pid = twin.control("state")["pid"]
        twin.stop()
        assert twin.process.returncode == 0
        assert not Path(f"/proc/{pid}").exists()
        assert sorted(p.name for p in twin.directory.iterdir()) == [
            "flash.img",
            "lock",
            "rom.img",
            "unique_id",
        ]


def test_the_interpreter_ends_with_a_killed_supervisor(twin: TwinProcess):
    pid = twin.control("state")["pid"]
    twin.process.send_signal(signal.SIGKILL)
    twin.process.wait()
    wait_for(lambda: not _runs(pid))


def test_idle_takes_no_time(twin: TwinProcess):
    prompt(twin)
    pid = twin.control("state")["pid"]
    before = _cpu_s(pid) + _cpu_s(twin.process.pid)
    time.sleep(1)
    assert _cpu_s(pid) + _cpu_s(twin.process.pid) - before < 0.1


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        ([], {"MBUSLINK_MICROPYTHON": "/no/such"}, "MBUSLINK_MICROPYTHON=/no/such is no program"),
        (["--bus", "usb://x"], {}, "expected tcp://HOST:PORT or rfc2217://HOST:PORT"),
        (["--time-scale", "0"], {}, "expected 1 to 1000"),
        (["--dir", "/dev/null/x"], {}, "/dev/null/x"),
    ],
)
def test_what_cannot_run_says_why(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], said: str
):
    done = _twin(["--dir", str(tmp_path), "--bus", NO_BUS, *arguments], environment)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_twin_on_the_same_directory_is_refused(twin: TwinProcess):
    done = _twin(["--dir", str(twin.directory), "--bus", NO_BUS], {})
    assert done.returncode == 2
    assert f"{twin.directory} is in use by another twin" in done.stderr
    assert twin.mpremote("eval", "1") == "1\n"


def _twin(arguments: list[str], environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tools.twin", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=20,
    )


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except OSError:
        return False


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
