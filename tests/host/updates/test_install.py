"""Installing on the twin through mpremote, as on a board."""

import hashlib
import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from host.updates import flash
from host.updates.build import build
from host.updates.install import Done, InstallError, install
from host.updates.on_board import LIST
from tests.fakes.twin import ROOT, Terminal, TwinProcess, running_twin
from tools.twin.supervisor import ROM_KB

pytestmark = pytest.mark.twin


@pytest.fixture(params=[ROM_KB, 0], ids=["ROM", "folders"])
def rom_kb(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture
def twin(rom_kb: int) -> Iterator[TwinProcess]:
    with running_twin(firmware=False, rom_kb=rom_kb) as running:
        yield running


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A small firmware that says which version it is."""
    contents = {
        "firmware/main.mpy": bytes(range(256)) * 40,
        "shared/deep/er/data.mpy": b"",
        "start.py": b"print('version', 1)\n",
        "main.py": (ROOT / "firmware" / "boot.py").read_bytes(),
    }
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in contents}


def tree(twin: TwinProcess) -> list[str]:
    return twin.mpremote("soft-reset", "tree").splitlines()[2:]


def version(files: dict[str, Path], number: int, then: str = "") -> None:
    files["start.py"].write_text(f"print('version', {number})\n{then}")


def prove(twin: TwinProcess) -> None:
    """Call the firmware good, as firmware/updater.py does after a while."""
    code = "w = open('slot').read().split()\nwith open('slot', 'w') as f: f.write(w[0])"
    twin.mpremote("exec", code)


def test_what_changed_is_sent_and_nothing_else(
    twin: TwinProcess, files: dict[str, Path], rom_kb: int
):
    said: list[str] = []
    assert install(twin.port, files, said.append) == Done("a", 4, 0)
    assert ("written 1 of 3 blocks of /a" if rom_kb else "installed a/firmware/main.mpy") in said
    assert install(twin.port, files, said.append) == Done("a", 0, 0)
    prove(twin)
    version(files, 2)
    said.clear()
    assert install(twin.port, files, said.append) == Done("b", 1, 2)
    installed = [line for line in said if line.startswith("installed ")]
    assert installed == ([] if rom_kb else ["installed b/start.py"])
    state = json.loads(twin.mpremote("exec", LIST))
    for path, file in files.items():
        place = path if path == "main.py" else f"b/{path}"
        assert state["files"][place] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_stale_and_old_files_go_and_others_stay(twin: TwinProcess, files: dict[str, Path]):
    twin.mpremote(
        *("mkdir", ":firmware", "+", "mkdir", ":kept", "+", "touch", ":firmware/old.mpy", "+"),
        *("mkdir", ":a", "+", "touch", ":a/stale.mpy", "+", "mkdir", ":b", "+"),
        *("touch", ":b/stale.mpy", "+", "touch", ":main.py.new", "+"),
        *("touch", ":kept/boot", "+", "touch", ":mine.py"),
    )
    twin.mpremote("exec", "with open('slot', 'w') as f: f.write('b')")
    install(twin.port, files, lambda line: None)
    there = "\n".join(tree(twin))
    assert "old.mpy" not in there
    assert ".new" not in there
    assert there.count("stale.mpy") == 1  # in b, which the board could still start
    assert "boot" in there
    assert "mine.py" in there


def test_the_board_runs_the_firmware_afterwards(twin: TwinProcess, files: dict[str, Path]):
    terminal = Terminal(twin.port)
    for _ in range(2):  # also when there is nothing to do
        install(twin.port, files, lambda line: None)
        terminal.until(b"version 1")
    prove(twin)
    version(files, 2)
    install(twin.port, files, lambda line: None)
    terminal.until(b"version 2")


def test_firmware_that_fails_gives_way_to_the_old_one(twin: TwinProcess, files: dict[str, Path]):
    install(twin.port, files, lambda line: None)
    prove(twin)
    version(files, 2, "import machine\nmachine.reset()\n")
    terminal = Terminal(twin.port)
    install(twin.port, files, lambda line: None)
    for _ in range(3):
        terminal.until(b"version 2")
    terminal.until(b"the firmware in /b did not start: back to /a")
    terminal.until(b"version 1")
    version(files, 3)
    assert install(twin.port, files, lambda line: None).slot == "b"
    terminal.until(b"version 3")


def test_firmware_that_hangs_is_ended_by_the_watchdog(twin: TwinProcess, files: dict[str, Path]):
    install(twin.port, files, lambda line: None)
    prove(twin)
    files["main.py"].write_text(files["main.py"].read_text().replace("= 8300", "= 300"))
    version(files, 2, "while True:\n    pass\n")
    terminal = Terminal(twin.port)
    install(twin.port, files, lambda line: None)
    for _ in range(3):
        terminal.until(b"version 2")
    terminal.until(b"version 1")


def test_firmware_that_raises_says_so_and_ctrl_c_leaves_the_repl_in_peace(
    twin: TwinProcess, files: dict[str, Path]
):
    files["main.py"].write_text(files["main.py"].read_text().replace("= 8300", "= 300"))
    version(files, 1, "raise ValueError('broken')\n")
    terminal = Terminal(twin.port)
    install(twin.port, files, lambda line: None)
    terminal.until(b"the firmware in /a failed:")
    terminal.until(b"ValueError: broken")
    starts = twin.control("state")["starts"]
    terminal.type(b"\x03")
    terminal.until(b">>> ")
    terminal.type(b"import time; time.sleep_ms(700); print(6 * 7)\r")
    terminal.until(b"\n42")
    assert twin.control("state")["starts"] == starts


@pytest.mark.parametrize("line", [1, 3, 6])
def test_power_cut_while_installing(
    twin: TwinProcess, files: dict[str, Path], line: int, monkeypatch: pytest.MonkeyPatch
):
    """At any flash write: test_steps. Here once more with the whole chain and a dead cable."""
    install(twin.port, files, lambda line: None)
    prove(twin)
    version(files, 2)
    files["firmware/main.mpy"].write_bytes(bytes(reversed(range(256))) * 40)
    files["more.mpy"] = files["firmware/main.mpy"]
    said: list[str] = []
    monkeypatch.setattr("host.updates.install.TIMEOUT_S", 3)

    def report(text: str) -> None:
        said.append(text)
        if len(said) == line:
            twin.control("kill")

    try:
        install(twin.port, files, report)
    except InstallError:
        pass
    terminal = Terminal(twin.port)
    twin.control("reset")
    terminal.until(b"version ")
    install(twin.port, files, lambda line: None)
    terminal.until(b"version 2")


def test_another_board_is_refused(twin: TwinProcess, files: dict[str, Path]):
    with pytest.raises(InstallError, match=r"says it is '(linux|darwin).*take another --board"):
        install(twin.port, files, lambda line: None, ("Raspberry Pi Pico W with RP2040",))
    assert "a/" not in "\n".join(tree(twin))


@pytest.mark.parametrize("rom_kb", [0])
def test_a_full_flash_is_told(twin: TwinProcess, files: dict[str, Path]):
    install(twin.port, files, lambda line: None)
    prove(twin)
    files["firmware/main.mpy"].write_bytes(bytes(100_000))
    code = "for i in range(99):\n with open('big%d' % i, 'wb') as f: f.write(bytes(20000))"
    with pytest.raises(subprocess.CalledProcessError):
        twin.mpremote("exec", code)
    terminal = Terminal(twin.port)
    with pytest.raises(InstallError, match="is full: remove files of your own"):
        install(twin.port, files, lambda line: None)
    terminal.until(b"version 1")
    twin.mpremote("rm", *(f":big{i}" for i in range(10)))
    assert install(twin.port, files, lambda line: None).slot == "b"


def test_firmware_that_outgrew_its_rom_is_told(files: dict[str, Path]):
    with running_twin(firmware=False, rom_kb=32) as twin:
        install(twin.port, files, lambda line: None)
        prove(twin)
        version(files, 2)
        install(twin.port, files, lambda line: None)
        prove(twin)
        files["firmware/main.mpy"].write_bytes(bytes(20_000))
        with pytest.raises(InstallError, match=r"is too big: .* 16384 of a slot in its ROM; give"):
            install(twin.port, files, lambda line: None)
        Terminal(twin.port).until(b"version 2")


def test_a_port_that_is_not_there(files: dict[str, Path]):
    with pytest.raises(InstallError, match="serial port /dev/nothing is not there: is the board"):
        install("/dev/nothing", files, lambda line: None)


def test_a_port_in_use(twin: TwinProcess, files: dict[str, Path]):
    with (
        serial.Serial(twin.port, exclusive=True),
        pytest.raises(InstallError, match=r"in use: stop the program that holds it"),
    ):
        install(twin.port, files, lambda line: None)


def test_a_board_that_is_silent(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("host.updates.install.TIMEOUT_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(InstallError, match=f"the board at {port} does not answer: press"):
            install(port, files, lambda line: None)


def test_over_tcp(twin: TwinProcess, files: dict[str, Path]):
    host, port = twin.serial_tcp
    assert install(f"tcp://{host}:{port}", files, lambda line: None).sent == 4
    assert "main.py" in "\n".join(tree(twin))


def test_the_command_tells_what_it_did(twin: TwinProcess, capsys: pytest.CaptureFixture[str]):
    assert flash.main(["--port", twin.port]) == 0
    assert f"firmware for twin in /a: {len(build('twin'))} files sent" in capsys.readouterr().out
    assert flash.main(["--port", twin.port, "--board", "pico_w"]) == 1
    assert "this firmware is for Raspberry Pi Pico W" in capsys.readouterr().err
    assert flash.main(["--port", "/dev/nothing"]) == 1
    assert capsys.readouterr().err == (
        "flash: serial port /dev/nothing is not there: is the board plugged in?\n"
    )
