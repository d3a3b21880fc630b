"""What the firmware may ask of the hardware: every call, its unit, its range and its errors.

This page is the contract, not code that runs: it stays on the computer. `on_micropython` obeys it
on boards and on the twin, fakes in tests/fakes obey it in tests, and a test compares the calls.
A body here raises NotImplementedError, so that whoever takes a class of this page for one that
works finds out at its first call, and is not answered with None.

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

    async def feed(self, data):
        """Put `data` (1..256 bytes) behind what is still being sent; return how many were taken.

        Returns at once, with fewer or 0 while the buffer of the line is full. Bytes that are fed
        before the last one has left the wire follow it without a gap. `read` may be called before
        they are out, `write` and `set_baud` not. Raises LinkLost as `write` does.
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

    async def idle(self, us):
        """Wait until nothing was on the line for `us` (0..2**24) microseconds; return b"" then.

        Silence is counted from the end of the last byte sent or received, as well as that is known:
        what has already passed is not waited for again. Bytes that come end the wait, 1..64 of them
        are returned. Raises LinkLost as `read` does.
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


class Supply:
    """What feeds one segment of the M-Bus and measures it: the values of the last `measure`."""

    async def measure(self):
        """Measure voltage and current; other tasks run meanwhile. It takes 10 ms at most."""
        raise NotImplementedError

    def voltage_mv(self):
        """Return the voltage between the bus wires in mV, 0..60000."""
        raise NotImplementedError

    def current_ua(self):
        """Return the current into the bus in uA, 0..2000000."""
        raise NotImplementedError

    def switch(self, on):
        """Feed the bus, or cut it off."""
        raise NotImplementedError


class PulseCounter:
    """One S0 input (IEC 62053-31), debounced: pulses of 30 ms count, those under 3 ms do not."""

    def count(self):
        """Return the pulses since boot, 0..2**63: never less than before."""
        raise NotImplementedError

    def closed(self):
        """Return whether the contact is closed now."""
        raise NotImplementedError


class Thermometer:
    """One PT1000 input."""

    async def milliohms(self):
        """Return the resistance in milliohm, 0..10000000; None while the wire is open.

        Raises LineFault when the converter chip does not answer.
        """
        raise NotImplementedError


class Relay:
    """One relay's coil."""

    def set(self, energised):
        raise NotImplementedError


class Keys:
    """The two buttons: levels as the pins show them, bounces included."""

    def enter(self):
        """Return whether Enter is pressed now."""
        raise NotImplementedError

    def function(self):
        """Return whether Function is pressed now."""
        raise NotImplementedError


class Leds:
    """The LEDs "read" and "scan"."""

    def set(self, name, brightness):
        """`brightness`: 0 off, 1 dim, 2 bright."""
        raise NotImplementedError


class Display:
    """The LCD: 128 x 64 dots."""

    async def show(self, buffer, anew=False):
        """Show `buffer`: 1024 bytes, framebuf.MONO_VLSB, a 1 is a dark dot.

        Sends what has changed, with other tasks running in between; `anew` sets the display up
        again and sends everything, for one that was disturbed. OSError when it does not answer.
        """
        raise NotImplementedError

    def backlight(self, on):
        """Switch the light on or off; where the dots themselves shine, the picture."""
        raise NotImplementedError


class Network:
    """The board's place in the LAN. Addresses are texts such as "192.168.1.17"."""

    async def configure(self, dhcp, address, mask, gateway, dns):
        """Take this address, or ask DHCP for one. BadSetting, LinkLost when it cannot be had."""
        raise NotImplementedError

    def addresses(self):
        """Return a dict: "up" (bool), "address", "mask", "gateway", "dns" (text, "" for none)."""
        raise NotImplementedError

    def endpoint(self, port):
        """Return (host, port) where a server for TCP `port` listens, None when it is not wanted.

        On a board that is ("0.0.0.0", port); the twin has other ports of the computer.
        """
        raise NotImplementedError


class Wifi:
    """A `Network` by radio has this call beside those."""

    def join(self, ssid, key):
        """Leave the present network, and join `ssid` (1..32 bytes) unless it is "".

        key: "" for an open network. Returns at once; `addresses` tells when it is up. OSError when
        the radio refuses.
        """
        raise NotImplementedError


class Hal:
    """One board.

    board      its name, as in boards/: "twin"
    unique_id  text of hex digits, burnt into the chip: the same for the board's whole life
    boot       which start this is, 1..2**30: one higher at each reset, soft reset or power-up, kept
               in flash. After the flash was wiped it starts anew at a random place, so that (boot,
               number) of a journal entry never comes twice.
    scale      the firmware's milliseconds in a real one: 1 on a board
    segments   how many M-Bus outputs have a line of their own, 1..3
    supplies, pulse_counters, thermometers, relays  lists of `Supply` (one a segment),
               `PulseCounter` (up to 4), `Thermometer` and `Relay` (up to 2); empty where not fitted
    display, keys, leds, network  `Display`, `Keys`, `Leds`, `Network`, None where not fitted
    converter  a second `LinkStream`: the port for a foreign master, None where not fitted
    """

    board = ""
    unique_id = ""
    boot = 0
    scale = 1
    segments = 1
    supplies = ()
    pulse_counters = ()
    thermometers = ()
    relays = ()
    display = None
    keys = None
    leds = None
    network = None
    converter = None

    def ticks_ms(self):
        """Return a millisecond counter that wraps: compare by `shared.compat.ticks_diff` only."""
        raise NotImplementedError

    def ticks_us(self):
        """Return a microsecond counter that wraps, after 17.9 minutes at the earliest.

        Compare by `shared.compat.ticks_diff` only, and moments under 8.9 minutes apart.
        """
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

    def open_bus(self, segment=1):
        """Return the `BusUart` of M-Bus output `segment` (1..`segments`), always the same.

        The line itself is opened by the first `write` or `set_baud`, at 8E1. Raises BadSetting for
        a segment that the board has not.
        """
        raise NotImplementedError

    def link_stream(self):
        """Return the `LinkStream` to the host."""
        raise NotImplementedError

    def on_power_failing(self, callback):
        """Have `callback()` called when the supply goes: some 10 ms are left to keep something."""
        raise NotImplementedError

    def power_failing(self):
        """Call them: for the driver that sees the supply go."""
        raise NotImplementedError

    def watchdog(self):
        """Feed the watchdog: a firmware that does not for 8 s is reset."""
        raise NotImplementedError

    def free_heap(self):
        """Return the free bytes of the heap after a collection, a second ago at most."""
        raise NotImplementedError

    def reset(self):
        """Restart the board as if its power had been cut and restored. Does not return."""
        raise NotImplementedError
