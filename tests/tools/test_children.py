"""Child processes: their ready line, their faults in words, their end."""

import subprocess
import sys
import time

import pytest

from tools.children import Child
from tools.environment import ROOT, SetupError

READY = 'print(\'{"ready": true, "port": 7}\', flush=True)'


def alive(child: Child) -> bool:
    return child.ended() is None


def test_a_child_is_started_by_its_ready_line_and_stopped(tmp_path):
    child = Child("the child", ["-c", f"{READY}; import time; time.sleep(60)"], tmp_path / "log")
    assert child.start() == {"ready": True, "port": 7}
    assert alive(child)
    process = child._process
    child.stop()
    assert process is not None
    assert process.returncode is not None


def test_a_child_that_fails_is_told_with_its_last_words(tmp_path):
    child = Child(
        "the child", ["-c", "print('port 80 is taken'); raise SystemExit(3)"], tmp_path / "l"
    )
    with pytest.raises(SetupError, match=r"the child ended with status 3(.|\n)*port 80 is taken"):
        child.start()


def test_a_child_that_is_never_ready_is_stopped(tmp_path):
    child = Child("the child", ["-c", "import time; time.sleep(60)"], tmp_path / "log")
    with pytest.raises(SetupError, match="the child is not ready"):
        child.start(timeout_s=0.2)
    assert child.ended() is None  # there is none any more


def test_a_child_that_talks_much_after_it_is_ready_goes_on(tmp_path):
    talk = f"{READY}\nfor _ in range(4000): print('x' * 99)\nprint('END', flush=True)"
    child = Child("the child", ["-c", f"{talk}\nimport time; time.sleep(60)"], tmp_path / "log")
    child.start()
    deadline = time.monotonic() + 20
    while b"END" not in (tmp_path / "log").read_bytes()[-10:]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    child.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_a_child_ends_with_its_killed_parent(tmp_path):
    note = f"import os; open(r'{tmp_path}/pid', 'w').write(str(os.getpid()))"
    grandchild = f"{note}; {READY}; import time; time.sleep(60)"
    parent = (
        "from pathlib import Path\nfrom tools.children import Child\nimport time\n"
        f"Child('c', ['-c', {grandchild!r}], "
        f"Path(r'{tmp_path}/log')).start()\nprint('up', flush=True)\ntime.sleep(60)"
    )
    command = [sys.executable, "-c", parent]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        process.kill()
    deadline = time.monotonic() + 10
    while running(int((tmp_path / "pid").read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def running(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")
