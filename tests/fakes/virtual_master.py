"""A master in virtual time: no socket, no clock, every byte with the tick at which it was there."""

from tools.plant.bus import Bus, Port
from tools.plant.clock import ticks


class VirtualMaster:
    """Asks on a port of `bus` and waits until the bus rests again."""

    def __init__(self, bus: Bus, port: Port | None = None) -> None:
        self.bus = bus
        self.port = bus.add_port() if port is None else port
        self.arrivals: list[tuple[int, int]] = []  # (tick, byte) of the last answer
        self.sent_at = self.sent_until = 0

    def ask(self, data: bytes, rest_s: float = 0.1) -> bytes:
        """Send `data` after `rest_s` of silence; return all that comes until the bus rests."""
        self.send(data, rest_s)
        return self.wait()

    def send(self, data: bytes, rest_s: float = 0.1) -> None:
        """Send `data` after `rest_s` of silence."""
        self.bus.advance(self.bus.now + ticks(rest_s))
        self.port.inbox.clear()
        self.sent_at = self.bus.now
        self.bus.write(self.port, data, self.bus.now)
        self.sent_until = self.port.free_at

    def wait(self) -> bytes:
        """Let time pass from event to event until none is due; return what was received."""
        self.arrivals = []
        while (due := self.bus.next_due()) is not None:
            self.bus.advance(due)
            self.arrivals += [(self.bus.now, byte) for byte in self.port.inbox]
            self.port.inbox.clear()
        return bytes(byte for _, byte in self.arrivals)
