"""Child processes that say on standard output when they are ready, and never outlive us."""

import contextlib
import ctypes
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tools.environment import ROOT, SetupError

PR_SET_PDEATHSIG = 1  # linux/prctl.h
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """Between fork and exec: ask Linux for SIGTERM should the parent die without stopping us."""
    if _prctl is not None:
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """`python ARGUMENTS` with its output in a log file, started by `start`, ended by `stop`.

    name: what people call it ("the plant"). log: the file that takes everything it says.
    """

    def __init__(self, name: str, arguments: list[str], log: Path) -> None:
        self.name = name
        self.arguments = arguments
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, timeout_s: float = 30) -> dict[str, Any]:
        """Start it and return its ready line (a JSON object with "ready": true).

        Raises SetupError with the last lines of its log when it ends, or is not ready in time.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, *self.arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is ours: we stop the children in order
            preexec_fn=_die_with_parent,
        )
        answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(
            target=self._listen, args=(self._process, answers), name=self.name, daemon=True
        ).start()
        try:
            ready = answers.get(timeout=timeout_s)
        except queue.Empty:
            ready = None
        if ready is not None:
            return ready
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
        status = self.ended()
        self.stop()
        tail = "\n".join(self.log.read_text(errors="replace").strip().splitlines()[-12:])
        how = "is not ready" if status is None else f"ended with status {status}"
        raise SetupError(f"{self.name} {how}; it said:\n{tail}\nAll of it: {self.log}")

    def _listen(
        self, process: "subprocess.Popen[bytes]", answers: "queue.Queue[dict[str, Any] | None]"
    ) -> None:
        """Copy all that it says into the log, and hand over the ready line; None at its end."""
        assert process.stdout
        with process.stdout, self.log.open("wb", buffering=0) as log:
            for line in process.stdout:
                log.write(line)
                if line.startswith(b'{"ready"'):
                    answers.put(json.loads(line))
        answers.put(None)

    def ended(self) -> int | None:
        """Return its exit status when it has ended by itself, else None."""
        return self._process.poll() if self._process else None

    def stop(self, timeout_s: float = 10) -> None:
        """SIGTERM, and SIGKILL to its whole group when it has not ended in `timeout_s`."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
