"""One meter as its master sees it: a frame goes in, an answer may come out.

The link layer and selection of EN 13757-2 and EN 13757-3: primary address, 253 (the selected
meter), 254 (anyone) and 255 (everyone, no answer); selection with wildcards; the frame count bit,
kept apart for 253 and for the rest; telegrams in sequence; application reset; baud rate. Pure:
time is passed in as ticks, chance comes from the meter's own seed.
"""

from random import Random
from typing import Any, NamedTuple

from shared.errors import MbuslinkError
from shared.mbus import addresses, frames
from tools.plant import faults
from tools.plant.clock import bit_ticks, ticks
from tools.plant.profiles import Contents, Identity, Profile

LEAST_DELAY_BITS = 11.0  # EN 13757-2:2018, 5.6: a meter answers after 11 to 330 bit times + 50 ms
MOST_DELAY_BITS = 330.0

BAUD_CODES = {0xB8 + n: 300 << n for n in range(8)}  # EN 13757-3:2018 Table 1: B8h 300, B9h 600 ...
BAUD_PROBATION_S = 120  # a new baud rate must be used within this time, or the old one is back

# How a C field is read, whatever its FCB and FCV.
_KIND = 0x4F
_NKE, _SND_UD, _REQ_UD1, _REQ_UD2 = 0x40, 0x43, 0x4A, 0x4B


class Reply(NamedTuple):
    """What a meter sends, and how many ticks after the end of the request it begins."""

    data: bytes
    delay: int


class Meter:
    """A meter: its identity, its address and its link state.

    `bauds`: the rates it listens at; more than one means that it finds out by itself. `delay_bits`
    and `delay_ms` together are its answer delay, `jitter_bits` its random spread to either side.
    """

    def __init__(
        self,
        contents: Contents,
        primary: int,
        bauds: tuple[int, ...] = (2400,),
        delay_bits: float | None = None,
        delay_ms: float = 0.0,
        jitter_bits: float = 0.0,
        seed: object = 0,
    ) -> None:
        self.contents = contents
        self.primary = primary
        self.segment = 1  # the bus it is on
        self.bauds = bauds
        self.delay_bits = contents.profile.delay_bits if delay_bits is None else delay_bits
        self.delay_ms = delay_ms
        self.jitter_bits = jitter_bits
        self.quirks = set(contents.profile.quirks)
        self.fault: dict[str, Any] | None = None
        self.status = 0
        self.last_reset: int | None = None  # sub-code of the last application reset, -1 for none
        self.requests = self.answers = 0
        self._random = Random(f"{seed}/{self.secondary}")
        self._access_no = self._random.randrange(256)
        self._all = list(range(len(self.profile.telegrams)))
        self._probation: tuple[tuple[int, ...], int] | None = None
        self.lose_power()

    @property
    def profile(self) -> Profile:
        """The kind of meter this is."""
        return self.contents.profile

    @property
    def identity(self) -> Identity:
        """Who the meter says it is."""
        return self.contents.identity

    @property
    def secondary(self) -> str:
        """The secondary address as text, 16 hex digits."""
        return addresses.secondary_text(self.identity.header)

    def lose_power(self) -> None:
        """Forget the link state, as after a short circuit of the bus."""
        self.selected = False
        self.busy_until = -1  # deaf until this tick: it is answering
        self._fcb: dict[bool, bool | None] = {False: None, True: None}
        self._set: list[bytes] = []
        self._next = 0
        self._sent: bytes | None = None
        self._tries = 0
        self._chosen = self._all
        self._woken = False

    def listens(self, baud: int, now: int) -> bool:
        """Tell whether the meter understands `baud` at tick `now`."""
        if self._probation and now > self._probation[1]:
            self.bauds, self._probation = self._probation[0], None
        return baud in self.bauds

    def hear(self, frame: bytes, baud: int, now: int, clock_s: float) -> Reply | None:
        """Take a whole valid frame that ended at tick `now`; return what the meter answers.

        `clock_s` is the meter's own time (Unix seconds). The caller has asked `listens`.
        """
        if now < self.busy_until or len(frame) < 5:
            return None
        short = frame[0] != 0x68
        control, address = (frame[1], frame[2]) if short else (frame[4], frame[5])
        kind = control & _KIND
        if not short and kind == _SND_UD and address == addresses.SELECTED and frame[6] == 0x52:
            data = self._select(frame[7:-2])
        elif self._is_meant(address):
            self._probation = None
            self.requests += 1
            if short:
                data = self._short(kind, control, address == addresses.SELECTED, clock_s)
            else:
                data = self._user_data(frame[6], frame[7:-2], now) if kind == _SND_UD else b""
        else:
            return None
        return None if address == addresses.EVERYONE else self._reply(data, baud, now)

    def _is_meant(self, address: int) -> bool:
        if address == addresses.SELECTED:
            return self.selected
        return address in (self.primary, addresses.ANYONE, addresses.EVERYONE)

    def _reply(self, data: bytes, baud: int, now: int) -> Reply | None:
        """Put the meter's delay and its fault on the answer."""
        if not data:
            return None
        self._tries += data != frames.ACK
        answer = faults.apply(faults.Answer(data, 0, self._tries), self.fault, self._random)
        if not answer.data:
            return None
        if data != frames.ACK:
            self._tries = 0
        bits = self.delay_bits + self._random.uniform(-self.jitter_bits, self.jitter_bits)
        bit = bit_ticks(baud)
        delay = max(round(LEAST_DELAY_BITS * bit), round(bits * bit) + ticks(self.delay_ms / 1000))
        self.answers += 1
        length = len(answer.data) * 11 * bit
        self.busy_until = now + delay + answer.delay + length
        return Reply(answer.data, delay + answer.delay)

    def _select(self, data: bytes) -> bytes:
        """Be selected, or not, by the bytes after CI 52h (EN 13757-3:2018, selection).

        Eight bytes, or more: a fabrication number (DIF 0Ch VIF 78h, BCD, wildcard F) narrows it.
        """
        chosen = len(data) >= 8 and addresses.matches(data[:8], self.identity.header)
        if chosen and len(data) > 8:
            header = self.identity.header
            wanted = data[10:14] + header[4:]
            chosen = len(data) == 14 and data[8:10] == b"\x0c\x78"
            chosen = chosen and addresses.matches(wanted, header)
        self.selected = chosen
        if chosen:
            self.requests += 1
            self._probation = None
            self._fcb[True] = None
            if "keeps_place" not in self.quirks:
                self._rewind()
        return frames.ACK if chosen else b""

    def _short(self, kind: int, control: int, by_selection: bool, clock_s: float) -> bytes:
        if kind == _NKE:
            return self._reset_link(by_selection)
        if kind == _REQ_UD2:
            if "needs_nke" in self.quirks and not self._woken:
                return b""
            return self._request(control, by_selection, clock_s)
        # No data of class 1: a meter without an alarm acknowledges.
        return frames.ACK if kind == _REQ_UD1 else b""

    def _reset_link(self, by_selection: bool) -> bytes:
        """SND_NKE: forget the frame count bit; at 253 the selection ends too."""
        self._fcb[by_selection] = None
        self._woken = True
        if by_selection:
            self.selected = False
        if not (by_selection and "keeps_place" in self.quirks):
            self._rewind()
        return b"" if "no_nke" in self.quirks else frames.ACK

    def _request(self, control: int, by_selection: bool, clock_s: float) -> bytes:
        """REQ_UD2: the same frame count bit asks for the last telegram again, byte for byte."""
        if control & frames.FCV:
            bit = bool(control & frames.FCB)
            repeated = self._fcb[by_selection] == bit and self._sent is not None
            self._fcb[by_selection] = bit
            if repeated:
                return self._sent or b""
        if self._next == 0:
            try:
                self._take_values(clock_s)
            except (ArithmeticError, TypeError, ValueError, MbuslinkError):
                # A value that its coding cannot carry: the meter says that it has a fault.
                return frames.long_frame(frames.RSP_UD, self.primary, 0x70, b"\x00")
        self._sent = self._set[self._next]
        self._next = (self._next + 1) % len(self._set)
        if self._next == 0:
            self._woken = False
        return self._sent

    def _take_values(self, clock_s: float) -> None:
        """Make the set of telegrams anew, from the values at `clock_s`."""
        made = self.contents.telegrams(
            clock_s, self.primary, self._access_no, self.status, self._chosen
        )
        ci = self.profile.ci
        self._set = [frames.long_frame(frames.RSP_UD, self.primary, ci, data) for data in made]
        self._access_no = (self._access_no + len(made)) & 0xFF

    def _rewind(self) -> None:
        """Begin the sequence of telegrams anew with the next request."""
        self._next = 0
        self._sent = None

    def _user_data(self, ci: int, data: bytes, now: int) -> bytes:
        """SND_UD: what the CI field asks for; an unknown one is not acknowledged."""
        if ci == 0x50:
            self.last_reset = data[0] if data else -1
            self._choose(data[0] if data else 0)
            self._rewind()
        elif ci in BAUD_CODES:
            if self.bauds != (BAUD_CODES[ci],):
                self._probation = (self.bauds, now + ticks(BAUD_PROBATION_S))
            self.bauds = (BAUD_CODES[ci],)
        elif ci == 0x51:
            if data[:2] == b"\x01\x7a" and len(data) == 3 and data[2] <= addresses.HIGHEST_PRIMARY:
                self.primary = data[2]
        elif ci != 0x54:  # synchronise action: nothing to do, but acknowledged
            return b""
        return frames.ACK

    def _choose(self, sub_code: int) -> None:
        """Application reset: bits 7-4 say which telegrams, bits 3-0 with which to begin."""
        wanted = self.profile.applications.get(sub_code >> 4, self._all)
        begin = sub_code & 0x0F
        self._chosen = wanted[begin:] if begin < len(wanted) else wanted
