"""mpremote takes the twin for a board: every command that we and our users need."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.twin import Terminal, TwinProcess, running_twin

pytestmark = pytest.mark.twin
EVERY_BYTE = bytes(range(256)) * 5


@pytest.fixture(scope="module")
def twin() -> Iterator[TwinProcess]:
    with running_twin(firmware=False) as running:
        yield running


def test_eval_and_exec(twin: TwinProcess):
    assert twin.mpremote("eval", "6 * 7") == "42\n"
    assert twin.mpremote("exec", "import sys", "+", "exec", "print(sys.path)") == (
        "['', '.frozen', '/lib']\n"
    )


def test_an_exception_is_told_and_the_board_goes_on(twin: TwinProcess):
    with pytest.raises(subprocess.CalledProcessError) as failed:
        twin.mpremote("exec", "1 / 0")
    assert "ZeroDivisionError" in failed.value.stderr + failed.value.stdout
    assert twin.mpremote("eval", "1") == "1\n"


def test_run_a_script_of_the_computer(twin: TwinProcess, tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text("for i in range(3):\n    print(i)\n")
    assert twin.mpremote("run", str(script)) == "0\n1\n2\n"


def test_files_go_both_ways_unchanged(twin: TwinProcess, tmp_path: Path):
    here, back = tmp_path / "here.bin", tmp_path / "back.bin"
    here.write_bytes(EVERY_BYTE)
    twin.mpremote("mkdir", ":data", "+", "cp", str(here), ":data/it.bin")
    assert f"{len(EVERY_BYTE)} it.bin" in twin.mpremote("ls", ":data")
    assert "it.bin" in twin.mpremote("tree")
    digest = hashlib.sha256(EVERY_BYTE).hexdigest()
    assert digest in twin.mpremote("sha256sum", ":data/it.bin")
    twin.mpremote("cp", ":data/it.bin", str(back))
    assert back.read_bytes() == EVERY_BYTE
    twin.mpremote("rm", "-r", ":data")
    assert "data" not in twin.mpremote("ls")


def test_mount_carries_every_byte_both_ways(twin: TwinProcess, tmp_path: Path):
    """Ctrl-C and line ends among them: mpremote's file protocol is binary."""
    (tmp_path / "every.bin").write_bytes(EVERY_BYTE)
    (tmp_path / "three.txt").write_bytes(b"abc")  # its length goes as a 03h
    (tmp_path / "helper.py").write_text("ANSWER = 42\n")
    code = (
        "import os, helper\n"
        "print(helper.ANSWER, sorted(os.listdir()))\n"
        "data = open('every.bin', 'rb').read()\n"
        "open('copy.bin', 'wb').write(data)\n"
        "print(open('three.txt').read())\n"
    )
    answer = twin.mpremote("mount", str(tmp_path), "exec", code)
    assert "42 ['every.bin', 'helper.py', 'three.txt']" in answer
    assert "abc" in answer
    assert (tmp_path / "copy.bin").read_bytes() == EVERY_BYTE


def test_main_runs_after_reset_and_not_after_soft_reset(twin: TwinProcess, tmp_path: Path):
    main = tmp_path / "main.py"
    main.write_text("ran = True\n")
    twin.mpremote("cp", str(main), ":main.py")
    ran = ("resume", "exec", "print('ran' in globals())")
    try:
        twin.mpremote("soft-reset")
        assert twin.mpremote(*ran) == "False\n"
        twin.mpremote("reset")
        Terminal(twin.port).until(b">>> ")  # else mpremote's Ctrl-C may come before main.py
        assert twin.mpremote(*ran) == "True\n"
    finally:
        twin.mpremote("rm", ":main.py")


def test_soft_reset_forgets_ram_and_keeps_flash(twin: TwinProcess):
    twin.mpremote("exec", "kept = 1\nwith open('kept.txt', 'w') as f: f.write('here')")
    twin.mpremote("soft-reset")
    assert twin.mpremote("resume", "exec", "print('kept' in globals())") == "False\n"
    assert twin.mpremote("cat", ":kept.txt", "+", "rm", ":kept.txt").startswith("here")


def test_reset_followed_at_once_by_another_command(twin: TwinProcess):
    for _ in range(5):
        twin.mpremote("reset")
        assert twin.mpremote("eval", "1") == "1\n"


def test_a_second_user_of_the_port_is_refused(twin: TwinProcess):
    long_run = [*("exec", "import time; print('up'); time.sleep(20)")]
    command = ["mpremote", "connect", twin.port, *long_run]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout
        assert first.stdout.readline() == "up\n"
        with pytest.raises(subprocess.CalledProcessError) as refused:
            twin.mpremote("eval", "1")
        first.terminate()
    assert "in use" in refused.value.stderr + refused.value.stdout
    assert twin.mpremote("eval", "1") == "1\n"


def test_heap_and_flash_are_a_boards(twin: TwinProcess):
    heap, blocks = twin.mpremote(
        *("exec", "import gc, os; gc.collect()"),
        *("exec", "print(gc.mem_free() + gc.mem_alloc(), os.statvfs('/')[2])"),
    ).split()
    assert 280_000 < int(heap) < 400_000
    assert int(blocks) * 4096 < 1_500_000
