"""Telnet COM Port Control (RFC 2217), the client's side of it: bytes in, bytes out.

It sets a converter's serial line to a baud rate and parity with 8 data bits and 1 stop bit, and
waits for its acknowledgements. It owns no socket.
"""

from firmware.hal.telnet import (
    ANSWER,
    BINARY,
    COM_PORT,
    DO,
    IAC,
    NO_GO_AHEAD,
    SET_BAUD,
    SET_PARITY,
    SET_SIZE,
    SET_STOP,
    WILL,
    Telnet,
    command,
)

_PARITY = {None: 1, 1: 2, 0: 3}  # machine.UART's names for none, odd, even
_WHAT = {SET_BAUD: "baud", SET_SIZE: "data bits", SET_PARITY: "parity", SET_STOP: "stop bits"}


class Client(Telnet):
    """One connection. Send `greeting()` and `settings()`, then `feed` it what arrives.

    refusal  why the converter cannot do what was asked, None as long as it can
    """

    def __init__(self):
        super().__init__((BINARY, NO_GO_AHEAD, COM_PORT), (BINARY, NO_GO_AHEAD))
        self.refusal = None
        self._wanted = {}  # command -> value not yet acknowledged

    def greeting(self):
        """Return the offers that open a connection."""
        return bytes(
            (IAC, WILL, COM_PORT, IAC, WILL, BINARY, IAC, DO, BINARY)
            + (IAC, WILL, NO_GO_AHEAD, IAC, DO, NO_GO_AHEAD)
        )

    def settings(self, baud, parity):
        """Return the request for `baud`, `parity` (0 even, 1 odd, None none) and 8 bits, 1 stop."""
        self._wanted = {SET_BAUD: baud, SET_SIZE: 8, SET_PARITY: _PARITY[parity], SET_STOP: 1}
        self.refusal = None
        out = b""
        for number in sorted(self._wanted):
            width = 4 if number == SET_BAUD else 1
            out += command(number, self._wanted[number].to_bytes(width, "big"))
        return out

    def settled(self):
        """Return whether the converter has acknowledged or refused all `settings`."""
        return not self._wanted or self.refusal is not None

    def refused(self, option):
        if option == COM_PORT:
            self.refusal = "it does not speak RFC 2217"

    def heard(self, number, value):
        number -= ANSWER
        if number in self._wanted and value:
            asked, got = self._wanted.pop(number), int.from_bytes(value, "big")
            if got != asked:
                self.refusal = "it keeps %s %d, asked for %d" % (_WHAT[number], got, asked)
