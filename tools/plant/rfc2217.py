"""The bus behind an RFC 2217 port: a level converter whose baud rate and parity the master sets.

The protocol is pyserial's `PortManager`. The settings are real: at another baud rate or parity than
the meters', what is sent is garbage to them, and their answers are garbage to the master.
"""

import asyncio
from typing import Any

from serial.rfc2217 import PortManager

from tools.plant.bus import Port
from tools.plant.server import Master, Pump

_LONGEST_OPTION = 256  # bytes of a telnet suboption; a longer one is an attack or garbage


class _Line:
    """The port as `PortManager` wants to see it: attributes with pyserial's names and values."""

    cts = dsr = cd = True
    ri = False
    xonxoff = rtscts = dtr = rts = break_condition = False

    def __init__(self, pump: Pump, port: Port) -> None:
        self._pump = pump
        self._port = port

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "break_condition" and value:
            self._pump.bus.send_break(self._port, self._pump.now())
        if name in _SETTINGS:
            field, least, most = _SETTINGS[name]
            if isinstance(value, str) is not isinstance(least, str) or not least <= value <= most:
                raise ValueError(f"{name} {value!r}")
            whole = int(value) if isinstance(value, float) else value
            self._port.format = self._port.format._replace(**{field: whole})
        else:
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        if name in _SETTINGS:
            return getattr(self._port.format, _SETTINGS[name][0])
        raise AttributeError(name)

    def reset_input_buffer(self) -> None:
        """Forget what was received and not yet handed out."""
        self._port.inbox.clear()

    def reset_output_buffer(self) -> None:
        """Nothing to do: what was written is on the wire already."""


# pyserial's attribute: (field of Format, least, most)
_SETTINGS: dict[str, tuple[str, Any, Any]] = {
    "baudrate": ("baud", 50, 115_200),
    "parity": ("parity", "E", "S"),
    "bytesize": ("data_bits", 5, 8),
    "stopbits": ("stop_bits", 1, 2),
}


class Rfc2217Master(Master):
    """A connection that carries line settings beside the bytes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place at the bus and begin to negotiate."""
        super().connection_made(transport)
        if self.seat is not None:
            line: Any = _Line(self.pump, self.seat.port)  # all of a Serial that it touches
            writer: Any = self.transport
            self._manager = PortManager(line, writer)

    def data_received(self, data: bytes) -> None:
        """Take the telnet commands out; the rest goes on the wire."""
        if self.seat is None:
            return
        try:
            plain = b"".join(self._manager.filter(data))
        except Exception:  # PortManager trips over malformed options in many ways
            self.transport.abort()
            return
        if len(self._manager.suboption or b"") > _LONGEST_OPTION:
            self.transport.abort()
            return
        self.seat.take(plain)

    def outgoing(self, data: bytes) -> bytes:
        """Return received bytes with the telnet escape doubled."""
        return data.replace(b"\xff", b"\xff\xff")
