"""Telnet around a serial line's bytes: what both sides of RFC 2217 share. It owns no socket.

It keeps Telnet's commands apart from the line's bytes, agrees to the options it offered itself,
refuses all others, and hands on what is said about the serial port (COM-PORT-OPTION).
"""

from shared.compat import const

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
BINARY, NO_GO_AHEAD, COM_PORT = 0, 3, 44
SET_BAUD, SET_SIZE, SET_PARITY, SET_STOP = 1, 2, 3, 4
ANSWER = const(100)  # a server answers command n by n + 100
_LONGEST = const(64)  # bytes of a sub-negotiation that are kept
_MOST_REPLIES = const(256)  # bytes owed at most: who asks for more is not answered


def escape(data):
    """Return `data` (bytes) as it goes through Telnet."""
    return data.replace(b"\xff", b"\xff\xff")


def command(number, value):
    """Return the sub-negotiation `number` of the serial port with `value` (bytes)."""
    return bytes((IAC, SB, COM_PORT, number)) + escape(value) + bytes((IAC, SE))


class Telnet:
    """One connection: `feed` it what arrives.

    replies  bytes that Telnet owes the other side; `take_replies` to send them
    ours, theirs  the options that each side was offered or asked by us: bytes
    """

    def __init__(self, ours, theirs):
        self.replies = b""
        self._ours = set(ours)
        self._theirs = set(theirs)
        self._state = self._data
        self._verb = 0
        self._sub = b""

    def refused(self, option):
        """The other side wants nothing of `option`."""

    def heard(self, number, value):
        """The other side said command `number` of the serial port with `value` (bytes)."""

    def take_replies(self):
        """Return `replies` and forget them."""
        replies, self.replies = self.replies, b""
        return replies

    def reply(self, data):
        """Owe the other side `data` (bytes)."""
        if len(self.replies) < _MOST_REPLIES:
            self.replies += data

    def feed(self, data):
        """Take bytes from the connection; return those of the serial line."""
        if self._state == self._data and IAC not in data:
            return data
        out = bytearray()
        for byte in data:
            self._state = self._state(byte, out)
        return bytes(out)

    # Each state takes a byte and returns the next state.
    def _data(self, byte, out):
        if byte == IAC:
            return self._command
        out.append(byte)
        return self._data

    def _command(self, byte, out):
        if byte == IAC:
            out.append(byte)
        elif byte == SB:
            self._sub = b""
            return self._in_sub
        elif WILL <= byte <= DONT:
            self._verb = byte
            return self._option
        return self._data

    def _option(self, byte, out):
        offer = self._verb in (DO, DONT)
        known = self._ours if offer else self._theirs
        if self._verb == DONT:
            self.refused(byte)
        if self._verb in (DO, WILL) and byte not in known:
            # Asked for something we did not offer: only COM-PORT is also good the other way.
            welcome = byte == COM_PORT
            yes, no = (WILL, WONT) if offer else (DO, DONT)
            self.reply(bytes((IAC, yes if welcome else no, byte)))
            if welcome:
                known.add(byte)
        return self._data

    def _in_sub(self, byte, out):
        if byte == IAC:
            return self._in_sub_command
        if len(self._sub) < _LONGEST:
            self._sub += bytes((byte,))
        return self._in_sub

    def _in_sub_command(self, byte, out):
        if byte == SE:
            sub = self._sub
            if len(sub) >= 2 and sub[0] == COM_PORT:
                self.heard(sub[1], sub[2:])
            return self._data
        if byte == IAC and len(self._sub) < _LONGEST:
            self._sub += b"\xff"
        return self._in_sub
