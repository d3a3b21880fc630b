"""The bus: masters' ports on one side, meters on the other, two wires between them.

Down, the master's voltage reaches every meter; up, the meters' currents reach every port as their
wired AND. Pure: it is moved on by `advance(now)` and never reads a clock. What a port has received
waits in its `inbox`. `next_due` says when something will happen by itself; None means that the bus
rests until it is spoken to.
"""

from collections import deque
from random import Random

from shared.mbus import addresses, frames
from tools.plant.clock import TICKS_PER_SECOND, ticks
from tools.plant.meter import Meter
from tools.plant.wire import MBUS, Character, Format, Signal, Uart, Wire

IDLE_BITS = 33  # EN 13757-2: the line rests so long before the master speaks
_MEMORY = ticks(0.05)  # a signal that ended so long ago concerns no character: 15 bits at 300 baud
_FOREVER = 1 << 62
_SHORT_START, _LONG_START = 0x10, 0x68

UNIT_LOAD_MA = 1.5
SPACE_MA = 15.0  # what a meter draws more while it sends a space
SHORT_MA = 600.0


class Port:
    """A master's place on the bus: its line settings, and what it has received."""

    def __init__(self, form: Format) -> None:
        self.inbox = bytearray()
        self.echo = False  # some level converters give the master its own bytes back
        self.free_at = 0  # the tick at which all that was written will be on the wire
        self.uart = Uart(form)
        self._begun = bytearray()  # the telegram that is being sent, as far as it is

    @property
    def format(self) -> Format:
        """The line settings of this port."""
        return self.uart.format

    @format.setter
    def format(self, form: Format) -> None:
        self.uart.format = form

    def follow(self, data: bytes, torn: bool) -> bool:
        """Follow what the master sends; return whether `data` goes on with a telegram begun before.

        `torn`: the pause before was so long that the next byte begins anew. Only short, control
        and long frames are telegrams; bytes between them belong to none.
        """
        goes_on = bool(self._begun)
        if torn:
            self._begun.clear()
        for byte in data:
            self._begun.append(byte)
            begun = self._begun
            if begun[0] == _LONG_START:
                whole = len(begun) > 1 and len(begun) >= begun[1] + 6
            else:
                whole = begun[0] != _SHORT_START or len(begun) == 5
            if whole:
                begun.clear()
        return goes_on


class _Ears:
    """What the meters of one baud rate hear: a UART, and the frames found in it."""

    def __init__(self, baud: int) -> None:
        self.baud = baud
        self.uart = Uart(Format(baud))
        self.framer = frames.Receiver()
        self.last_end = -_FOREVER
        self.starts: deque[tuple[int, int]] = deque(maxlen=frames.LONGEST)

    def feed(self, character: Character, gap: int) -> list[bytes]:
        """Take a character; return the frames it completes. A longer gap than `gap` ends a frame.

        A character with a wrong parity or stop bit spoils the frame it stands in.
        """
        if character.start - self.last_end > gap:
            self.framer.idle()
        self.starts.append((character.start, self.last_end))
        self.last_end = character.end
        if not character.good:
            self.framer.idle()
            return []
        return self.framer.feed(bytes((character.byte,)))

    def began(self, frame: bytes) -> tuple[int, int]:
        """Return the tick `frame`, just completed, began, and the end of what was before it."""
        return self.starts[-len(frame)]


class Statistics:
    """What happened on the bus since `since` (a tick). Times are in ticks."""

    def __init__(self, since: int = 0) -> None:
        self.since = since
        self.bytes_down = self.bytes_up = self.frames_down = 0
        self.flawed_down = 0  # bytes from a master with a wrong parity or stop bit
        self.idle_violations = self.interruptions = self.collisions = self.pulses = 0
        self.gaps = self.longest_gap = 0  # pauses within a master's telegram, and the longest
        self.busy = 0
        self.busy_until = since
        self.began: int | None = None  # when the first byte of all went out
        self.answered = self.delays = 0  # requests that got an answer, and the pauses before these

    def occupy(self, start: int, end: int) -> None:
        """Count the time from `start` to `end` as used."""
        self.began = start if self.began is None else self.began
        self.busy += max(0, end - max(start, self.busy_until))
        self.busy_until = max(self.busy_until, end)

    def as_dict(self, now: int) -> dict[str, float | int]:
        """Return the figures at tick `now`; times in seconds, utilisation 0 to 1."""
        elapsed = max(1, now - self.since)
        busy = self.busy - max(0, self.busy_until - now)
        span = 0 if self.began is None else self.busy_until - self.began
        return {
            "elapsed_s": round(elapsed / TICKS_PER_SECOND, 3),
            "bytes_down": self.bytes_down,
            "bytes_up": self.bytes_up,
            "frames_down": self.frames_down,
            "answered": self.answered,
            "answer_delays_s": round(self.delays / TICKS_PER_SECOND, 6),
            "span_s": round(span / TICKS_PER_SECOND, 6),
            "flawed_down": self.flawed_down,
            "utilisation": round(max(0, busy) / elapsed, 4),
            "idle_violations": self.idle_violations,
            "interruptions": self.interruptions,
            "gaps": self.gaps,
            "longest_gap_s": round(self.longest_gap / TICKS_PER_SECOND, 6),
            "collisions": self.collisions,
            "noise_pulses": self.pulses,
        }


class Bus:
    """The installation. `start_s` is the meters' time (Unix seconds) at tick 0.

    `gap` is the silence in ticks that ends a master's unfinished frame; `tolerance` is how many
    ticks early a scaled shell hands bytes out, so that no master is blamed for it.
    """

    def __init__(
        self,
        meters: list[Meter],
        start_s: float,
        seed: object = 0,
        gap: int = ticks(0.064),
        tolerance: int = 0,
    ) -> None:
        self.meters = meters
        self.ports: list[Port] = []
        self.start_s = start_s
        self.gap = gap
        self.tolerance = tolerance
        self.now = 0
        self.statistics = Statistics()
        self.noise_per_s = 0.0
        self.short: Signal | None = None
        self.powered = True
        self._down = Wire()
        self._up = Wire()
        self._ears: dict[int, _Ears] = {}
        self._answers_end = -_FOREVER  # the end of the last answer that is known of
        self._random = Random(f"{seed}/bus")
        self._next_pulse: int | None = None
        for meter in meters:
            self._grow_ears(meter.bauds, 0)

    def add_port(self, form: Format = MBUS) -> Port:
        """Return a new port for a master."""
        port = Port(form)
        port.uart.position = port.free_at = self.now
        self.ports.append(port)
        return port

    def remove_port(self, port: Port) -> None:
        """Take a port off the bus."""
        self.ports.remove(port)

    def clock_s(self, now: int) -> float:
        """Return the meters' time (Unix seconds) at tick `now`."""
        return self.start_s + now / TICKS_PER_SECOND

    # --- what masters and the world do ---

    def write(self, port: Port, data: bytes, now: int) -> None:
        """Let a master send `data`, from tick `now` or as soon as its last bytes are out."""
        if not data:
            return
        self.advance(now)
        start = max(now, port.free_at)
        pause = start - port.free_at
        if port.follow(data, pause > self.gap):
            self._check_gap(pause, port.format)
        elif start > port.free_at:
            self._check_idle(port, start)
        signal = Signal.of_bytes(start, data, port.format, port)
        port.free_at = signal.end
        self._down.add(signal)
        self.statistics.bytes_down += len(data)
        self.statistics.occupy(start, signal.end)

    def send_break(self, port: Port, now: int, bits: int = 22) -> None:
        """Let a master hold the line low for `bits` bit times (EN 13757-2: 22 to 33 at most)."""
        self.advance(now)
        start = max(now, port.free_at)
        port.free_at = start + bits * port.format.bit
        self._down.add(Signal.pulse(start, port.free_at, port))

    def _check_gap(self, pause: int, form: Format) -> None:
        """A master goes on with its telegram: its bytes must follow each other at once.

        EN 13757-2 takes the frames of EN 60870-5-1, FT 1.2, which admits no idle line between the
        characters of a frame. Half a bit is what a UART cannot tell.
        """
        if pause > max(form.bit // 2, self.tolerance):
            self.statistics.gaps += 1
            self.statistics.longest_gap = max(self.statistics.longest_gap, pause)

    def _check_idle(self, port: Port, start: int) -> None:
        """A master begins to send: was the bus at rest long enough?"""
        under_way = [s for s in self._up.signals if isinstance(s.source, Meter) and s.end > start]
        if under_way:
            self.statistics.interruptions += 1
        if any(s.start <= start for s in under_way):
            self.statistics.idle_violations += 1
            return
        ended = [s.end for s in self._up.signals if isinstance(s.source, Meter) and s.end <= start]
        if ended and start - max(ended) < IDLE_BITS * port.format.bit - self.tolerance:
            self.statistics.idle_violations += 1

    def set_short(self, on: bool, now: int) -> None:
        """Short the bus, or end the short circuit: the meters lose their power."""
        self.advance(now)
        if on == (self.short is not None):
            return
        if self.short is not None:
            self.short.end = now
            self.short.bit = max(1, now - self.short.start)
            self.short = None
            for port in self.ports:  # they waited for the end of a signal that had none
                port.uart.position = min(port.uart.position, now)
            return
        self._silence(now)
        self.short = Signal.pulse(now, _FOREVER, self)
        self._up.add(self.short)

    def set_power(self, on: bool, now: int) -> None:
        """Switch the voltage of the bus: without it the meters are dead."""
        self.advance(now)
        if self.powered and not on:
            self._silence(now)
        self.powered = on

    def _silence(self, now: int) -> None:
        """Take the meters' power away, in the middle of what they are sending."""
        for signal in self._up.signals:
            if isinstance(signal.source, Meter):
                signal.cut(now)
        for meter in self.meters:
            meter.lose_power()

    def set_noise(self, pulses_per_s: float, now: int) -> None:
        """Let `pulses_per_s` spikes a second (mean) fall on both wires; 0 ends it."""
        self.advance(now)
        self.noise_per_s = pulses_per_s
        self._next_pulse = None
        self._plan_pulse(now)

    def _plan_pulse(self, now: int) -> None:
        if self.noise_per_s > 0:
            self._next_pulse = now + ticks(self._random.expovariate(self.noise_per_s)) + 1

    def _pulse(self, at: int) -> None:
        """Put a spike of a quarter to three bits at 2400 baud on both wires."""
        end = at + self._random.randrange(64, 768)
        self.statistics.pulses += 1
        self._up.add(Signal.pulse(at, end))
        self._down.add(Signal.pulse(at, end))
        self._plan_pulse(at)

    def reset_statistics(self, now: int) -> None:
        """Count from tick `now` on, the meters' requests and answers too."""
        self.advance(now)
        self.statistics = Statistics(now)
        for meter in self.meters:
            meter.requests = meter.answers = 0

    def current_ma(self, resting: bool = False) -> float:
        """Return the current of the bus now: unit loads, spaces being sent, or the short.

        `resting`: without the spaces.
        """
        if not self.powered:
            return 0.0
        if self.short is not None:
            return SHORT_MA
        if resting:
            return UNIT_LOAD_MA * len(self.meters)
        low = [s for s in self._up.signals if isinstance(s.source, Meter) and not s.level(self.now)]
        return UNIT_LOAD_MA * len(self.meters) + SPACE_MA * len(low)

    # --- time ---

    def advance(self, now: int) -> None:
        """Move the bus on to tick `now`; ports then hold all they received until then."""
        now = max(now, self.now)
        if self._next_pulse is not None:  # noise of a time nobody lived through is not made up
            self._next_pulse = max(self._next_pulse, now - TICKS_PER_SECOND)
        while self._next_pulse is not None and self._next_pulse <= now:
            self._pulse(self._next_pulse)
        self.now = now
        if self._down.signals:
            self._hear(now)
        for port in self.ports:
            self._deliver(port, now)
        self._down.forget(now - _MEMORY)
        self._up.forget(now - _MEMORY)

    def next_due(self) -> int | None:
        """Return the tick at which something will happen by itself, None for nothing."""
        due: list[int | None] = [self._next_pulse]
        if self._down.signals:
            due += [ears.uart.next_end(self._down.signals) for ears in self._ears.values()]
        for port in self.ports:
            signals = self._heard_by(port)
            if signals:
                due.append(port.uart.next_end(signals))
            if port.free_at > self.now:
                due.append(port.free_at)
        return min((tick for tick in due if tick is not None), default=None)

    def _heard_by(self, port: Port) -> list[Signal]:
        if not port.echo:
            return self._up.signals
        return [s for s in self._down.signals if s.source is port] + self._up.signals

    def _deliver(self, port: Port, now: int) -> None:
        signals = self._heard_by(port)
        own = None if port.echo else [s for s in self._down.signals if s.format is not None]
        received = port.uart.receive(signals, now, own)
        port.inbox += bytes([character.byte for character in received])

    def _grow_ears(self, bauds: tuple[int, ...], since: int) -> None:
        """Listen at `bauds` from tick `since` on."""
        for baud in bauds:
            if baud not in self._ears:
                self._ears[baud] = _Ears(baud)
                self._ears[baud].uart.position = since

    def _hear(self, now: int) -> None:
        """Let the meters hear what was sent down, in the order in which it ended."""
        heard: list[tuple[int, int, _Ears, Character]] = []
        for ears in self._ears.values():
            for character in ears.uart.receive(self._down.signals, now):
                heard.append((character.end, ears.baud, ears, character))
        for _, _, ears, character in sorted(heard, key=lambda one: one[:2]):
            self.statistics.flawed_down += not character.good
            for frame in ears.feed(character, self.gap):
                self._dispatch(frame, ears, character.end)

    def _dispatch(self, frame: bytes, ears: _Ears, end: int) -> None:
        """Hand a whole frame to the meters it may concern, and put their answers on the wire."""
        start, before = ears.began(frame)
        self.statistics.frames_down += 1
        bit = Format(ears.baud).bit
        if start - before < IDLE_BITS * bit - self.tolerance and before > self._answers_end:
            self.statistics.idle_violations += 1
        if self.short is not None or not self.powered:
            return
        clock_s = self.clock_s(end)
        form = Format(ears.baud)
        answers: list[Signal] = []
        for meter in self.meters:
            if not meter.listens(ears.baud, end):
                continue
            reply = meter.hear(frame, ears.baud, end, clock_s)
            self._grow_ears(meter.bauds, end)
            if reply is not None:
                answers.append(Signal.of_bytes(end + reply.delay, reply.data, form, meter))
        self._answer(answers, end)

    def _answer(self, answers: list[Signal], asked: int) -> None:
        """Put what the meters answer to a frame that ended at `asked` on the wire.

        It counts as one collision at most.
        """
        collided = False
        if answers:
            self.statistics.answered += 1
            self.statistics.delays += min(signal.start for signal in answers) - asked
        for signal in sorted(answers, key=lambda one: one.start):
            collided |= signal.start < self._answers_end
            self._answers_end = max(self._answers_end, signal.end)
            self._up.add(signal)
            self.statistics.bytes_up += len(signal.data)
            self.statistics.occupy(signal.start, signal.end)
        self.statistics.collisions += collided


def find(meters: list[Meter], text: str) -> Meter:
    """Return the one meter that `text` (primary address, or secondary, wildcards too) names.

    BadAddress for a bad text; KeyError when no meter, or more than one, has this address.
    """
    address = addresses.parse_address(text)
    if address.secondary is None:
        found = [meter for meter in meters if meter.primary == address.primary]
    else:
        found = [m for m in meters if addresses.matches(address.secondary, m.identity.header)]
    if len(found) != 1:
        raise KeyError(f"{len(found) or 'no'} meters have the address {text}")
    return found[0]
