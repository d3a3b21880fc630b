"""Telnet COM Port Control (RFC 2217), the server's side: what a foreign master asks of the bus.

The M-Bus is 8E1 by its standard, at the rates below. A master that asks for another parity or rate
is answered what the line has and keeps, as the RFC wants it, so that the mistake shows where it was
made and not as silence of all meters. It owns no socket.
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
from shared.compat import const
from shared.mbus.timing import BAUD_RATES

_SIGNATURE, _CONTROL, _MODEM_STATE = 0, 5, 7
_SUSPEND, _RESUME, _LINE_MASK, _MODEM_MASK, _PURGE = 8, 9, 10, 11, 12
_READY = const(0xB0)  # carrier, data set ready, clear to send: always
_FIXED = {SET_SIZE: b"\x08", SET_PARITY: b"\x03", SET_STOP: b"\x01"}  # 8 bits, even, 1 stop bit
# SET-CONTROL 0..19 -> its answer. XON/XOFF would eat bytes of telegrams, and a BREAK is not sent;
# the lines of other flow controls are always ready, so these are agreed to.
_CONTROLS = b"\x01\x01\x01\x03\x06\x06\x06\x08\x08\x09\x0b\x0b\x0c\x0e\x0e\x0e\x10\x11\x12\x13"


class Server(Telnet):
    """One master. Send it `greeting()`, then `feed` it what arrives and send `take_replies()`.

    baud       what the master wants the bus to run at
    suspended  the master wants no bytes for the moment
    purge      the master wants what was received and not yet sent to be forgotten; set it back
    """

    def __init__(self, baud, signature=""):
        super().__init__((BINARY, NO_GO_AHEAD), (BINARY, NO_GO_AHEAD, COM_PORT))
        self.baud = baud
        self.suspended = False
        self.purge = False
        self._signature = signature.encode()

    def greeting(self):
        """Return the offers that open a connection."""
        return bytes(
            (IAC, DO, COM_PORT, IAC, WILL, BINARY, IAC, DO, BINARY)
            + (IAC, WILL, NO_GO_AHEAD, IAC, DO, NO_GO_AHEAD)
        )

    def heard(self, number, value):
        answer = value
        if number == SET_BAUD:
            asked = int.from_bytes(value, "big")
            if asked in BAUD_RATES:  # 0 only asks
                self.baud = asked
            answer = self.baud.to_bytes(4, "big")
        elif number in _FIXED:
            answer = _FIXED[number]
        elif number == _CONTROL and value:
            answer = _CONTROLS[value[0] : value[0] + 1]
        elif number == _SIGNATURE:
            answer = self._signature
        elif number in (_SUSPEND, _RESUME):
            self.suspended = number == _SUSPEND
        elif number == _PURGE:
            self.purge = True
        elif number not in (_LINE_MASK, _MODEM_MASK):
            return
        self.reply(command(number + ANSWER, answer))
        if number == _MODEM_MASK:
            self.reply(command(_MODEM_STATE + ANSWER, bytes((_READY,))))
