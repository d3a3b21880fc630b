"""What the firmware may ask of the hardware: every call, its unit, its range and its errors.

This page is the contract, not code that runs: it stays on the computer. `on_micropython` obeys it
on boards and on the twin, fakes in tests/fakes obey it in tests, and a test compares the calls.

Time is the firmware's own: `ticks_ms`, `sleep_ms` and every `timeout_ms` count the same
milliseconds. On a board they are real ones; on the twin they run `--time-scale` times faster,
together with the plant. Only UTC is the world's and never scaled.

Coroutines are marked `async`; every other call returns at once.
"""


class BusUart:
    """The serial line to the level converter of one M-Bus output: 8 data bits, 1 stop bit.

    One owner at a time: calls of one object must not overlap.

    baud        bits per second now set: 300, 600, 1200, 2400, 4800 or 9600
    latency_ms  what this path may add between the wire and `read` (network, converter, scheduler),
                in the firmware's milliseconds, 0..; every answer window is longer by this much
    """

    baud = 2400
    latency_ms = 0

    async def write(self, data):
        """Send `data` (1..261 bytes) and return when its last stop bit has left the wire.

        The line is opened first if it is not open; bytes received meanwhile wait for `read`.
        Raises LinkLost, naming the line, when it cannot be opened or breaks: nothing or only part
        was sent then, and the next call opens it again.
        """
        raise NotImplementedError

    async def read(self, count, timeout_ms):
        """Return 1..`count` received bytes as soon as any come, b"" after `timeout_ms` of none.

        `count` 1..1024; `timeout_ms` 0.. (0 only looks). A byte with wrong parity or a framing
        error is passed on or dropped, as the hardware does: the frame's checksum tells.
        Raises LinkLost, naming the line, when the line is lost; it stays lost until `write` or
        `set_baud` opens it again.
        """
        raise NotImplementedError

    async def set_baud(self, baud):
        """Send and receive at `baud` from now on; nothing may be on its way in either direction.

        Where the other side of the line keeps the baud rate (tcp://), only our own timing changes.
        Raises BadSetting for a rate not in the list above or refused by the converter, LinkLost
        when the line cannot be opened.
        """
        raise NotImplementedError

    def flush_input(self):
        """Forget all bytes received and not yet read; return how many they were."""
        raise NotImplementedError

    def close(self):
        """Give the line back. The next `write` opens it again."""
        raise NotImplementedError


class LinkStream:
    """The bytes of the link to the host: the board's console (USB serial, or UART 0).

    A Ctrl-C (03h) among them never arrives here: it stops the firmware and leaves the REPL to
    mpremote. Records of the link hold no control characters but RS and LF.
    """

    async def read(self, count):
        """Return 1..`count` bytes (`count` 1..1024) as soon as there are any; waits without end."""
        raise NotImplementedError

    async def write(self, data):
        """Send all of `data` (bytes, any length). With no host listening it is dropped."""
        raise NotImplementedError


class Hal:
    """One board.

    board      its name, as in boards/: "twin"
    unique_id  text of hex digits, burnt into the chip: the same for the board's whole life
    boot       which start this is, 1..2**30: one higher at each reset, soft reset or power-up, kept
               in flash. After the flash was wiped it starts anew at a random place, so that (boot,
               number) of a journal entry never comes twice.
    """

    board = ""
    unique_id = ""
    boot = 0

    def ticks_ms(self):
        """Return a millisecond counter that wraps: compare by `shared.compat.ticks_diff` only."""
        raise NotImplementedError

    async def sleep_ms(self, ms):
        """Let other tasks run for at least `ms` milliseconds (0..2**29)."""
        raise NotImplementedError

    def utc_s(self):
        """Return seconds since 1970-01-01 UTC, or None until `set_utc` was called in this boot."""
        raise NotImplementedError

    def set_utc(self, utc_s):
        """Set the clock to `utc_s` seconds since 1970-01-01 UTC (0..2**40)."""
        raise NotImplementedError

    def open_bus(self, baud=2400, parity=0):
        """Return the `BusUart` of the M-Bus. `parity`: 0 even (M-Bus), 1 odd, None none.

        The line itself is opened by the first `write` or `set_baud`. Raises BadSetting, naming it,
        when the board or the twin's settings give no usable line.
        """
        raise NotImplementedError

    def link_stream(self):
        """Return the `LinkStream` to the host."""
        raise NotImplementedError

    def free_heap(self):
        """Return the free bytes of the heap after a collection."""
        raise NotImplementedError

    def reset(self):
        """Restart the board as if its power had been cut and restored. Does not return."""
        raise NotImplementedError
