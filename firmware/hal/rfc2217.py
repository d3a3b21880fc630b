"""Telnet COM Port Control (RFC 2217), the client's side of it: bytes in, bytes out.

It sets a converter's serial line to a baud rate and parity with 8 data bits and 1 stop bit, waits
for its acknowledgements, and keeps Telnet's own bytes apart from the line's. It owns no socket.
"""

from shared.compat import const

_IAC, _DONT, _DO, _WONT, _WILL, _SB, _SE = 255, 254, 253, 252, 251, 250, 240
_BINARY, _NO_GO_AHEAD, _COM_PORT = 0, 3, 44
_SET_BAUD, _SET_SIZE, _SET_PARITY, _SET_STOP = 1, 2, 3, 4
_ACKNOWLEDGED = const(100)  # a server answers command n by n + 100
_LONGEST = const(64)  # bytes of a sub-negotiation that are kept
_PARITY = {None: 1, 1: 2, 0: 3}  # machine.UART's names for none, odd, even


def escape(data):
    """Return `data` (bytes) as it goes through Telnet."""
    return data.replace(b"\xff", b"\xff\xff")


class Client:
    """One connection. Send `greeting()` and `settings()`, then `feed` it what arrives.

    replies  bytes that Telnet owes the other side; `take_replies` to send them
    refusal  why the converter cannot do what was asked, None as long as it can
    """

    def __init__(self):
        self.replies = b""
        self.refusal = None
        self._ours = {_BINARY, _NO_GO_AHEAD, _COM_PORT}
        self._theirs = {_BINARY, _NO_GO_AHEAD}
        self._wanted = {}  # command -> value not yet acknowledged
        self._state = self._data
        self._verb = 0
        self._sub = b""

    def greeting(self):
        """Return the offers that open a connection."""
        return bytes(
            (_IAC, _WILL, _COM_PORT, _IAC, _WILL, _BINARY, _IAC, _DO, _BINARY)
            + (_IAC, _WILL, _NO_GO_AHEAD, _IAC, _DO, _NO_GO_AHEAD)
        )

    def settings(self, baud, parity):
        """Return the request for `baud`, `parity` (0 even, 1 odd, None none) and 8 bits, 1 stop."""
        self._wanted = {_SET_BAUD: baud, _SET_SIZE: 8, _SET_PARITY: _PARITY[parity], _SET_STOP: 1}
        self.refusal = None
        out = b""
        for command in sorted(self._wanted):
            width = 4 if command == _SET_BAUD else 1
            value = escape(self._wanted[command].to_bytes(width, "big"))
            out += bytes((_IAC, _SB, _COM_PORT, command)) + value + bytes((_IAC, _SE))
        return out

    def settled(self):
        """Return whether the converter has acknowledged or refused all `settings`."""
        return not self._wanted or self.refusal is not None

    def take_replies(self):
        """Return `replies` and forget them."""
        replies, self.replies = self.replies, b""
        return replies

    def feed(self, data):
        """Take bytes from the connection; return those that came from the serial line."""
        if self._state == self._data and _IAC not in data:
            return data
        out = bytearray()
        for byte in data:
            self._state = self._state(byte, out)
        return bytes(out)

    # Each state takes a byte and returns the next state.
    def _data(self, byte, out):
        if byte == _IAC:
            return self._command
        out.append(byte)
        return self._data

    def _command(self, byte, out):
        if byte == _IAC:
            out.append(byte)
        elif byte == _SB:
            self._sub = b""
            return self._in_sub
        elif _WILL <= byte <= _DONT:
            self._verb = byte
            return self._option
        return self._data

    def _option(self, byte, out):
        offer = self._verb in (_DO, _DONT)
        known = self._ours if offer else self._theirs
        if byte == _COM_PORT and self._verb == _DONT:
            self.refusal = "it does not speak RFC 2217"
        if self._verb in (_DO, _WILL) and byte not in known:
            # Asked for something we did not offer: only COM-PORT is also good the other way.
            welcome = byte == _COM_PORT
            yes, no = (_WILL, _WONT) if offer else (_DO, _DONT)
            self.replies += bytes((_IAC, yes if welcome else no, byte))
            if welcome:
                known.add(byte)
        return self._data

    def _in_sub(self, byte, out):
        if byte == _IAC:
            return self._in_sub_command
        if len(self._sub) < _LONGEST:
            self._sub += bytes((byte,))
        return self._in_sub

    def _in_sub_command(self, byte, out):
        if byte == _SE:
            self._acknowledge(self._sub)
            return self._data
        if byte == _IAC and len(self._sub) < _LONGEST:
            self._sub += b"\xff"
        return self._in_sub

    def _acknowledge(self, sub):
        if len(sub) < 3 or sub[0] != _COM_PORT:
            return
        command = sub[1] - _ACKNOWLEDGED
        if command in self._wanted:
            asked, got = self._wanted.pop(command), int.from_bytes(sub[2:], "big")
            if got != asked:
                what = {_SET_BAUD: "baud", _SET_SIZE: "data bits", _SET_STOP: "stop bits"}
                name = what.get(command, "parity")
                self.refusal = "it keeps " + name + " " + str(got) + ", asked for " + str(asked)
