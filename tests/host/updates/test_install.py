"""Installing on the twin through mpremote, as on a board."""

import hashlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from host.updates import flash
from host.updates.build import build
from host.updates.install import InstallError, install
from tests.fakes.twin import TwinProcess, running_twin

pytestmark = pytest.mark.twin


@pytest.fixture
def twin() -> Iterator[TwinProcess]:
    with running_twin(firmware=False) as running:
        yield running


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A small firmware whose main tells which version it is."""
    names = ("firmware/main.mpy", "shared/deep/er/data.mpy", "main.py")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / names[0]).write_bytes(bytes(range(256)) * 40)
    (tmp_path / names[1]).write_bytes(b"")
    (tmp_path / names[2]).write_text("version = 1\n")
    return {name: tmp_path / name for name in names}


def tree(twin: TwinProcess) -> list[str]:
    return twin.mpremote("soft-reset", "tree").splitlines()[2:]


def test_what_changed_is_sent_and_nothing_else(twin: TwinProcess, files: dict[str, Path]):
    said: list[str] = []
    assert install(twin.port, files, said.append) == 3
    assert "installed firmware/main.mpy" in said
    assert install(twin.port, files, said.append) == 0
    files["main.py"].write_text("version = 2\n")
    said.clear()
    assert install(twin.port, files, said.append) == 1
    assert [line for line in said if line.startswith("installed")] == ["installed main.py"]
    for path, file in files.items():
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        assert digest in twin.mpremote("sha256sum", f":{path}")


def test_stale_and_half_written_files_go_and_others_stay(twin: TwinProcess, files: dict[str, Path]):
    twin.mpremote(
        *("mkdir", ":firmware", "+", "mkdir", ":kept", "+", "touch", ":firmware/old.mpy", "+"),
        *("touch", ":firmware/main.mpy.new", "+", "touch", ":kept/boot", "+", "touch", ":mine.py"),
    )
    install(twin.port, files, lambda line: None)
    there = "\n".join(tree(twin))
    assert "old.mpy" not in there
    assert ".new" not in there
    assert "boot" in there
    assert "mine.py" in there


def test_the_board_runs_the_firmware_afterwards(twin: TwinProcess, files: dict[str, Path]):
    starts = twin.control("state")["starts"]
    install(twin.port, files, lambda line: None)
    install(twin.port, files, lambda line: None)  # also when there was nothing to do
    assert twin.control("state")["starts"] >= starts + 2


def test_a_full_flash_is_told(twin: TwinProcess, files: dict[str, Path]):
    files["firmware/main.mpy"].write_bytes(bytes(100_000))
    code = "for i in range(99):\n with open('big%d' % i, 'wb') as f: f.write(bytes(20000))"
    with pytest.raises(subprocess.CalledProcessError):
        twin.mpremote("exec", code)
    with pytest.raises(InstallError, match="is full: remove files of your own"):
        install(twin.port, files, lambda line: None)
    twin.mpremote("rm", *(f":big{i}" for i in range(10)))
    said: list[str] = []
    assert install(twin.port, files, said.append) == 3
    assert "removed firmware/main.mpy.new" in said


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
    assert install(f"tcp://{host}:{port}", files, lambda line: None) == 3
    assert "main.py" in "\n".join(tree(twin))


def test_the_command_tells_what_it_did(twin: TwinProcess, capsys: pytest.CaptureFixture[str]):
    assert flash.main(["--port", twin.port]) == 0
    assert f"firmware for twin: {len(build('twin'))} files sent" in capsys.readouterr().out
    assert flash.main(["--port", "/dev/nothing"]) == 1
    assert capsys.readouterr().err == (
        "flash: serial port /dev/nothing is not there: is the board plugged in?\n"
    )
