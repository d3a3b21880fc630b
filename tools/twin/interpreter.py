"""One MicroPython process on a pseudo terminal, made to look like the REPL of a board.

Four things differ between the Unix port's REPL and a board's, and are settled here:

- Ctrl-C is a signal. A byte 03h is turned into SIGINT when the process has asked for that
  (`micropython.kbd_intr`), and is passed on as a byte when it has not: mpremote's mount sends
  binary data. Input that follows waits until the prompt is there, because the port throws away
  what is in its input queue when it goes back to the REPL.
- Ctrl-D ends the process; `on_exit` learns how, and whether the raw REPL was active.
- While it starts, a board's UART keeps what comes; here it waits too, from `machine.reset` until
  boot.py is through: a Ctrl-C would otherwise end a process that has no handler for it yet.
- A soft reset in the raw REPL comes back in the raw REPL: `start(raw=True)` goes there itself.

It refuses to know about cables, files and control sockets.
"""

import asyncio
import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import tty
from collections.abc import Callable

CTRL_A, CTRL_C = b"\x01", b"\x03"
PROMPTS = (b">>> ", b"\x04>")
RAW_BANNER = b"raw REPL; CTRL-B to exit\r\n"
FRIENDLY_BANNER = b'Type "help()" for more information.'
INTERRUPT_S = 1.0  # how long a program may take to give way to the prompt after Ctrl-C
HANG_S = 1.2  # after input comes, it is checked that the process still runs
INPUT_LIMIT = 65536  # bytes waiting for a program that does not read, before the cable is stopped


class Interpreter:
    """`start` it, `write` to it; `on_output(bytes)`, `on_reset()` and `on_exit(code, raw)` report.

    `code` is the exit status, negative for the signal that ended the process; `raw` whether the raw
    REPL was active.
    """

    def __init__(
        self,
        command: list[str],
        on_output: Callable[[bytes], None],
        on_reset: Callable[[], None],
        on_exit: Callable[[int, bool], None],
        on_drain: Callable[[], None],
    ):
        self._command = command
        self._on_output, self._on_reset = on_output, on_reset
        self._on_exit, self._on_drain = on_exit, on_drain
        self._loop = asyncio.get_running_loop()
        self._process: subprocess.Popen[bytes] | None = None
        self._master = self._pipe = -1
        self._reading = self._writing = self._booted = self._entering_raw = False
        self._interrupted = False  # a Ctrl-C was sent and no prompt has come since
        self._held: asyncio.TimerHandle | None = None
        self._checking: asyncio.TimerHandle | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self._input = bytearray()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self, environment: dict[str, str], raw: bool = False) -> None:
        """Start the process; `raw` enters the raw REPL before anything is shown or taken."""
        self._master, slave = pty.openpty()
        _set_program_mode(slave)
        self._pipe, child_pipe = os.pipe()
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env={**environment, "MBUSLINK_TWIN_PIPE": str(child_pipe)},
                pass_fds=(child_pipe,),
                preexec_fn=_own_terminal,
            )
        finally:
            os.close(slave)
            os.close(child_pipe)
        os.set_blocking(self._master, False)
        os.set_blocking(self._pipe, False)
        self._booted = False
        self._tail = b""
        self._raw = self._entering_raw = raw
        self._held = None
        self._interrupted = False
        self.resume_output()
        self._loop.add_reader(self._pipe, self._read_pipe)

    def kill(self) -> None:
        """End the process at once, as a power cut does. `on_exit` follows."""
        if self._process:
            self._process.kill()

    def close(self) -> None:
        """End the process and report nothing more."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._release()

    # --- output --------------------------------------------------------------------------------
    def pause_output(self) -> None:
        """Let the process wait when it writes: nobody takes its output at the moment."""
        if self._reading:
            self._loop.remove_reader(self._master)
            self._reading = False

    def resume_output(self) -> None:
        if not self._reading and self._master >= 0:
            self._loop.add_reader(self._master, self._read)
            self._reading = True

    def _read(self) -> None:
        try:
            data = os.read(self._master, 65536)
        except BlockingIOError:
            return
        except OSError:  # EIO: the last holder of the other side is gone
            data = b""
        if not data:
            self._ended()
            return
        self._tail = (self._tail + data)[-4096:]
        if self._entering_raw:
            self._enter_raw()
            return
        self._track_raw()
        if self._tail.endswith(PROMPTS):
            self._interrupted = False
            if self._held:
                self._let_go()
        self._on_output(data)

    def _track_raw(self) -> None:
        raw, friendly = self._tail.rfind(RAW_BANNER), self._tail.rfind(FRIENDLY_BANNER)
        if raw != friendly:
            self._raw = raw > friendly

    def _enter_raw(self) -> None:
        """Hide the start of the friendly REPL; go on when the raw one is there."""
        if self._tail.endswith(b">>> "):
            os.write(self._master, CTRL_A)
        at = self._tail.find(RAW_BANNER + b">")
        if at >= 0:
            self._entering_raw = False
            self._on_output(self._tail[at:])
            self._pump()

    # --- input ---------------------------------------------------------------------------------
    def write(self, data: bytes) -> bool:
        """Pass `data` to the process; False asks the caller to wait for `on_drain`."""
        self._input += data
        self._pump()
        if self._checking is None:
            self._checking = self._loop.call_later(HANG_S, self._check_hang)
        return len(self._input) < INPUT_LIMIT

    def _pump(self) -> None:
        self._hear_of_reset()
        if self._held or self._entering_raw or not self._booted:
            return
        if CTRL_C in self._input and self._catches_interrupt():
            # What stands before it would go to a program that is being stopped.
            del self._input[: self._input.index(CTRL_C) + 1]
            self._held = self._loop.call_later(INTERRUPT_S, self._let_go)
            self._tail = b""
            self._interrupted = True
            os.kill(self._running().pid, signal.SIGINT)
            return
        try:
            while self._input:
                del self._input[: os.write(self._master, self._input[:4096])]
        except BlockingIOError:
            pass
        except OSError:  # the process is ending: `_read` will hear of it
            self._input.clear()
        self._watch_writable(bool(self._input))
        if len(self._input) < INPUT_LIMIT:
            self._on_drain()

    def _watch_writable(self, wanted: bool) -> None:
        if wanted and not self._writing:
            self._loop.add_writer(self._master, self._pump)
        elif self._writing and not wanted:
            self._loop.remove_writer(self._master)
        self._writing = wanted

    def _let_go(self) -> None:
        if self._held:
            self._held.cancel()
            self._held = None
        self._pump()

    def _check_hang(self) -> None:
        """Start a process again that hangs: the port can lock itself out when a Ctrl-C comes early.

        It has one thread and knows no other reason to wait for a lock.
        """
        self._checking = None
        if self._waits_for_lock():
            print("twin: micropython hung, restarted", file=sys.stderr, flush=True)
            if self._interrupted:
                self._input[:0] = CTRL_C  # it got lost: for the process that comes
            self.kill()

    def _waits_for_lock(self) -> bool:
        try:
            with open(f"/proc/{self.pid}/wchan") as place:
                return place.read().startswith("futex")
        except OSError:  # no /proc, or the process has ended
            return False

    def _running(self) -> subprocess.Popen[bytes]:
        """The process, where there must be one."""
        assert self._process is not None
        return self._process

    def _catches_interrupt(self) -> bool:
        """Whether Ctrl-C is to break the program: it has a handler for SIGINT then."""
        try:
            with open(f"/proc/{self._running().pid}/status") as status:
                caught = next(line for line in status if line.startswith("SigCgt:"))
            return bool(int(caught.split()[1], 16) & 1 << signal.SIGINT - 1)
        except (OSError, StopIteration):  # no /proc: the terminal mode tells program from REPL
            return bool(termios.tcgetattr(self._master)[3] & termios.ISIG)

    # --- the end -------------------------------------------------------------------------------
    def _hear_of_reset(self) -> None:
        """Take a word that waits: what is typed behind a reset is for the board that comes."""
        if self._booted and select.select([self._pipe], [], [], 0)[0]:
            self._read_pipe()

    def _read_pipe(self) -> None:
        """Take the words of rom/machine.py: b booted, r reset, w and milliseconds the watchdog."""
        try:
            said = os.read(self._pipe, 4096)
        except BlockingIOError:  # `_hear_of_reset` was here since the loop saw that it waits
            return
        fed = re.findall(rb"w(\d+)\n", said)
        if fed:
            self._watch(int(fed[-1]))
        if b"r" in said:
            self._booted = False
            self._on_reset()
        elif b"b" in said:
            self._booted = True
            self._pump()
        if not said:
            self._loop.remove_reader(self._pipe)

    def _watch(self, patience_ms: int) -> None:
        """Reset a board that does not feed its watchdog again within `patience_ms`."""
        if self._watchdog:
            self._watchdog.cancel()
        self._watchdog = self._loop.call_later(patience_ms / 1000, self._on_reset)

    def _ended(self) -> None:
        process = self._running()
        try:
            code = process.wait(1)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        self._release()
        self._on_exit(code, self._raw)

    def _release(self) -> None:
        for timer in (self._held, self._watchdog):
            if timer:
                timer.cancel()
        self._held = self._watchdog = None
        self.pause_output()
        self._watch_writable(False)
        self._loop.remove_reader(self._pipe)
        os.close(self._master)
        os.close(self._pipe)
        self._master = self._pipe = -1
        self._process = None
        self._booted = False


def _set_program_mode(slave: int) -> None:
    """The terminal while a program runs: bytes as they are. ISIG stays on only as its mark."""
    tty.setraw(slave)
    mode = termios.tcgetattr(slave)
    mode[3] |= termios.ISIG
    for key in (termios.VINTR, termios.VQUIT, termios.VSUSP):
        mode[6][key] = b"\0"
    termios.tcsetattr(slave, termios.TCSANOW, mode)


def _own_terminal() -> None:
    """In the child: a session on this terminal, so that it ends (SIGHUP) with the supervisor."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
