"""The USB cable of the twin: a pseudo terminal at a fixed path, and a TCP port if asked for.

What the board sends goes to both; what either sends goes to the board. A host that does not take
its bytes stops the board for at most half a second, then bytes are dropped, as USB serial does.
Unplugging closes everything a host could hold; replugging makes a new terminal at the same path.
"""

import asyncio
import os
import pty
import tty
from collections.abc import Callable
from pathlib import Path

OUTPUT_LIMIT = 65536
HOST_ABSENT_S = 0.5


class Cable:
    """`on_input(bytes) -> bool` gets the host's bytes; False there stops reading until `resume`.

    `on_full()` and `on_free()` ask the board to stop and to go on sending.
    """

    def __init__(
        self,
        path: Path,
        on_input: Callable[[bytes], bool],
        on_full: Callable[[], None],
        on_free: Callable[[], None],
    ):
        self._path = path
        self._on_input, self._on_full, self._on_free = on_input, on_full, on_free
        self._loop = asyncio.get_running_loop()
        self._master = self._slave = -1
        self._output = bytearray()
        self._absent = self._reading = self._writing = False
        self._timer: asyncio.TimerHandle | None = None
        self._clients: set[asyncio.StreamWriter] = set()

    @property
    def plugged(self) -> bool:
        return self._master >= 0

    def plug(self) -> None:
        """Make the terminal and the link to it; nothing when it is there."""
        if self.plugged:
            return
        # Our own hold on the slave keeps the terminal alive between two hosts.
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        new = self._path.with_name(self._path.name + ".new")
        new.unlink(missing_ok=True)
        new.symlink_to(os.ttyname(self._slave))
        new.replace(self._path)
        self.resume()

    def unplug(self) -> None:
        """Hang up on every host; what was on its way is lost."""
        if not self.plugged:
            return
        self._path.unlink(missing_ok=True)
        self._stop()
        self._watch_writable(False)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1
        for client in self._clients:
            client.transport.abort()
        self._output.clear()
        self._free()

    # --- board to host -------------------------------------------------------------------------
    def write(self, data: bytes) -> None:
        """Send `data` to the host, or drop it when no cable or no host is there."""
        for client in self._clients:
            if client.transport.get_write_buffer_size() < OUTPUT_LIMIT:
                client.write(data)
        if not self.plugged:
            return
        self._output += data
        self._flush()
        if self._absent:
            self._output.clear()
            self._watch_writable(False)
        elif len(self._output) > OUTPUT_LIMIT and not self._timer:
            self._on_full()
            self._timer = self._loop.call_later(HOST_ABSENT_S, self._give_up)

    def _flush(self) -> None:
        try:
            while self._output:
                del self._output[: os.write(self._master, self._output[:4096])]
                self._absent = False
        except BlockingIOError:
            pass
        self._watch_writable(bool(self._output))
        if len(self._output) < OUTPUT_LIMIT:
            self._free()

    def _give_up(self) -> None:
        self._absent = True
        self._output.clear()
        self._watch_writable(False)
        self._free()

    def _free(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
            self._on_free()

    def _watch_writable(self, wanted: bool) -> None:
        if wanted and not self._writing:
            self._loop.add_writer(self._master, self._flush)
        elif self._writing and not wanted:
            self._loop.remove_writer(self._master)
        self._writing = wanted

    # --- host to board -------------------------------------------------------------------------
    def resume(self) -> None:
        """Go on reading what the host sends."""
        if self.plugged and not self._reading:
            self._loop.add_reader(self._master, self._read)
            self._reading = True

    def _stop(self) -> None:
        if self._reading:
            self._loop.remove_reader(self._master)
            self._reading = False

    def _read(self) -> None:
        try:
            data = os.read(self._master, 4096)
        except (BlockingIOError, OSError):
            return
        if not self._on_input(data):
            self._stop()

    # --- the same bytes over TCP ---------------------------------------------------------------
    async def serve_tcp(self, host: str, port: int) -> int:
        """Listen at `host`:`port` (0 takes a free one); return the port. OSError when taken."""
        server = await asyncio.start_server(self._serve, host, port)
        return server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._clients or not self.plugged:  # a serial port has one user
            writer.transport.abort()
            return
        self._clients.add(writer)
        try:
            while data := await reader.read(4096):
                while not self._on_input(data):
                    data = b""
                    await asyncio.sleep(0.01)
        except OSError:
            pass
        finally:
            self._clients.discard(writer)
            writer.close()
